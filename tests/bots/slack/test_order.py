"""Each event one to five times, in any order: one post, one answer, and the last word counts."""

import random

import pytest
from sqlalchemy import func, select

from gateway.bots.slack.arrivals import take
from gateway.bots.slack.order import YOUNG, word_of
from gateway.core.store.models import SlackMessage
from tests.bots.slack.conftest import Slacking
from tests.bots.slack.scenes import check, check_answers, played
from tests.fakes.wire import Json


@pytest.fixture
async def apart(slack: Slacking) -> Slacking:
    """Slack tells us nothing by itself: the test brings it."""
    await slack.driver.close_door()
    return slack


async def test_in_any_order_there_is_one_post_with_the_last_words_and_one_answer(apart: Slacking) -> None:
    chance = random.Random(4)
    scenes = [played(apart, number, chance) for number in range(20)]
    events = [event for scene in scenes for event in scene.events for _ in range(chance.randint(1, 5))]
    chance.shuffle(events)
    for event in events:
        await take(apart.harness.house, event)
    await apart.harness.until(lambda: all(one.status != "received" for one in apart.harness.inbound()), "all read")
    await apart.harness.idle()
    for scene in scenes:
        check(apart, scene)
    check_answers(apart)


async def test_an_edit_before_its_message_is_taken_for_it_with_its_files(apart: Slacking) -> None:
    ts = apart.alice.files((apart.harness.jpeg(width=321), "a.jpg", "image/jpeg"), text="Helo")
    apart.alice.dm.edit(ts, "Hello")
    said, changed = [one for one in apart.fake.events if "bot_id" not in one["event"]][-2:]
    await take(apart.harness.house, changed)
    await apart.alice.wait_for("Published")
    await take(apart.harness.house, said)
    await apart.harness.idle()
    assert [(post.markdown, post.widths[0]) for post in apart.harness.posts()] == [("Hello", 321)]
    assert apart.harness.inbound()[-1].status == "ignored"
    assert "before it came" in apart.harness.inbound()[-1].reason


async def test_words_with_files_are_edited_and_deleted_and_the_files_stay_and_go_with_them(slack: Slacking) -> None:
    photo = (slack.harness.jpeg(width=321), "a.jpg", "image/jpeg")
    ts = slack.alice.files(photo, (b"Wind\n", "b.csv", "text/csv"), text="Helo")
    await slack.bob.wait_for("Helo")
    await slack.harness.idle()
    slack.harness.forward(seconds=5)  # the file took its turn, too
    await slack.alice.edit(ts, "Hello")
    await slack.bob.wait_for("Hello")
    [post] = slack.harness.posts()
    assert (post.markdown, post.photos) == ("Hello", 2)
    slack.harness.forward(seconds=5)
    await slack.alice.delete(ts)
    await slack.alice.wait_for("Deleted")
    await slack.harness.idle()
    assert [post.status for post in slack.harness.posts()] == ["deleted"]
    assert not any("Hello" in one.text or one.files for one in slack.bob.dm.answers if "alice" in one.text.lower())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_edit_of_what_made_no_post_or_is_long_forgotten_makes_none(apart: Slacking) -> None:
    house = apart.harness.house
    asked = apart.alice.dm.say("timeline")
    apart.alice.dm.edit(asked.ts, "Not a timeline")
    said, changed = [one for one in apart.fake.events if "bot_id" not in one["event"]][-2:]
    await take(house, said)
    await take(house, changed)
    old = apart.alice.dm.say("An old one")
    apart.alice.dm.edit(old.ts, "An old one, edited today")
    _, late = [one for one in apart.fake.events if "bot_id" not in one["event"]][-2:]
    late["event"]["message"]["edited"]["ts"] = f"{float(old.ts) + YOUNG:.6f}"
    await take(house, late)
    await apart.harness.idle()
    assert apart.harness.posts() == []


async def test_an_edit_before_its_message_counts_in_a_channel_only_when_it_mentions_the_bot(apart: Slacking) -> None:
    """Whatever else people change there was said to others."""
    house, town = apart.harness.house, apart.fake.channel("town", apart.alice.person)
    for words in ("post: hush", f"<@{apart.fake.world.app.user_id}> post: hear"):
        said = town.say("x")
        town.edit(said.ts, words)
        await take(house, apart.fake.events[-1])
    mention = town.message(said.ts).raw | {"type": "app_mention", "channel": town.id}
    apart.fake.tell(mention)
    await take(house, apart.fake.events[-1])
    await apart.harness.until(lambda: apart.harness.posts(), "publishing")
    await apart.harness.idle()
    assert [post.markdown for post in apart.harness.posts()] == ["hear"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_was_heard_is_forgotten_after_an_hour(apart: Slacking) -> None:
    def known() -> int:
        with apart.harness.house.database.read() as session:
            return session.scalar(select(func.count()).select_from(SlackMessage)) or 0

    before = known()
    assert before >= 2  # the two that linked
    apart.harness.forward(minutes=61)
    apart.alice.dm.say("Later")
    await take(apart.harness.house, apart.fake.events[-1])
    assert known() == 1


def test_what_says_nothing_of_a_person_s_message_has_no_place() -> None:
    events: tuple[Json, ...] = (
        {},
        {"type": "message", "channel": "D1", "ts": 5},
        {"type": "message", "channel": "D1", "ts": "1.2", "bot_id": "B1"},
        {"type": "message", "subtype": "message_changed", "channel": "D1", "message": {"ts": "1.2", "text": "a"}}
        | {"previous_message": {"ts": "1.2", "text": "a"}},
        {"type": "reaction_added"},
    )
    for event in events:
        assert word_of({"event": event}, "T1") is None
