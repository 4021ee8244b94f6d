"""Scenes of one message's life, and what must have come of them however their events came."""

import random
from dataclasses import dataclass

from tests.bots.slack.conftest import Slacking
from tests.fakes.wire import Json

LIVES = ("", "e", "ee", "eee", "d", "ed", "eed")  # said, then edited so often, then perhaps deleted


@dataclass(frozen=True, slots=True)
class Scene:
    number: int
    life: str
    events: tuple[Json, ...]
    with_photo: bool

    @property
    def mark(self) -> str:
        return f"scene{self.number}x"

    @property
    def last(self) -> str:
        return f"{self.mark} take {self.life.count('e')}"


def played(slack: Slacking, number: int, chance: random.Random) -> Scene:
    """alice plays it; the events are those that Slack has for us."""
    before, life, with_photo = len(slack.fake.events), chance.choice(LIVES), chance.random() < 0.2
    words = f"scene{number}x take"
    if with_photo:
        photo = (slack.harness.jpeg(width=321), "a.jpg", "image/jpeg")
        ts = slack.alice.files(photo, text=f"{words} 0")
    else:
        ts = slack.alice.dm.say(f"{words} 0").ts
    for turn in range(life.count("e")):
        slack.alice.dm.edit(ts, f"{words} {turn + 1}")
    if life.endswith("d"):
        slack.alice.dm.delete(ts)
    return Scene(number, life, tuple(slack.fake.events[before:]), with_photo)


def check(slack: Slacking, scene: Scene) -> None:
    """One post with the last words; at most one, and none that is seen, when it was deleted."""
    mine = [post for post in slack.harness.posts() if post.markdown.startswith(f"{scene.mark} ")]
    if scene.life.endswith("d"):
        assert [post.status for post in mine if post.status == "published"] == [], scene
        assert len(mine) <= 1, scene
    else:
        assert [(post.status, post.markdown, post.photos) for post in mine] == [
            ("published", scene.last, int(scene.with_photo))
        ], scene


def check_answers(slack: Slacking, *, doubtful: int = 0) -> None:
    """One confirmation for every post that is there, none or one for one that was deleted, and no more second ones than doubtful deliveries."""
    posts = [post.status for post in slack.harness.posts()]
    confirmed = [one for one in slack.alice.dm.answers if "Published" in one.text]
    assert posts.count("published") <= len(confirmed) <= len(posts) + doubtful
