"""What every chat channel must do, told as scenes: plain functions over a `Stage`, whatever the platform.

A channel joins by writing a `Driver` (its platform's stand-in, with people in it) and adding it to `DRIVERS` in test_contract.py.
A driver starts its channel's own door, reads with its `prepare` and sends with its carrier; `ChatHarness` runs the loops.

    class TelegramDriver:
        channel = "telegram"
        abilities = Abilities(edits=True, …)

        async def start(self, harness: ChatHarness) -> None:
            …                                           # the fake server, then our door to it
            await harness.work(Channel("telegram", door.prepare), door.carrier)
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tests.bots.harness import ChatHarness

JOINER = "\u2060"  # what defuses names; left out when texts are compared


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the platform can do; scenes that need more are skipped for it."""

    replies: bool = True  # native replies or threads
    photos: bool = True
    albums: bool = False  # several photos as one message
    edits: bool = True  # people edit, and our messages are edited
    deletes: bool = True  # the bot hears when a person deletes
    buttons: bool = True
    links: bool = True  # accounts are linked with a code
    styles: bool = True  # words come and go with styles
    downtime: bool = True  # what is said while nothing of ours works on it is worked on later


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as a person sees it. `id` is the platform's; `buttons` are labels; `photos` counts pictures shown with it."""

    id: str
    text: str
    from_bot: bool
    buttons: tuple[str, ...] = ()
    answers: str = ""  # the message it is a native reply to, or the first of its thread
    photos: int = 0
    bold: tuple[str, ...] = ()  # the stretches that are shown bold


class Person(Protocol):
    """Somebody in their private chat with the bot. What they do returns the id of the message they made."""

    account: str
    place: str

    async def say(self, text: str, *, bold: str = "") -> str:
        """Writes; the stretch `bold` of it in bold, by the platform's own means."""
        ...

    async def photo(self, *photos: bytes, caption: str = "") -> str: ...

    async def reply(self, to: Shown, text: str) -> str:
        """Answers a message natively."""
        ...

    async def edit(self, message_id: str, text: str) -> None: ...

    async def delete(self, message_id: str) -> None: ...

    async def press(self, shown: Shown, label: str) -> None: ...

    async def seen(self) -> Sequence[Shown]:
        """What stands in the chat now, oldest first; joiners of defused names left as they are."""
        ...

    async def wait_for(self, text: str, *, seconds: float = 5.0) -> Shown:
        """The latest message of the bot with this text in it, compared without joiners; fails with all that stands there."""
        ...


class Driver(Protocol):
    """One channel and its platform's stand-in."""

    channel: str
    abilities: Abilities

    async def start(self, harness: ChatHarness) -> None:
        """Starts the platform and our door, and has the harness work."""
        ...

    async def stop(self) -> None:
        """Stops our door and the platform; the harness is stopped already."""
        ...

    async def person(self, handle: str) -> Person:
        """Somebody new on the platform, not linked to any member yet (on the console: that member)."""
        ...

    async def redeliver(self) -> None:
        """The platform delivers its last event a second time, and we have taken it."""
        ...


@dataclass(slots=True)
class Stage:
    """A scene's surroundings: alice, whom bob follows, both with a linked chat."""

    driver: Driver
    harness: ChatHarness
    alice: Person
    bob: Person


async def stage_with(driver: Driver, harness: ChatHarness) -> Stage:
    """The driver started, alice and bob linked."""
    await driver.start(harness)
    stage = Stage(driver, harness, await link(driver, harness, "alice"), await link(driver, harness, "bob"))
    await harness.idle()
    harness.begin()
    return stage


async def link(driver: Driver, harness: ChatHarness, handle: str) -> Person:
    """A member in their chat, linked by a code where the platform links."""
    person = await driver.person(handle)
    if driver.abilities.links:
        await person.say(f"link {harness.link_code(handle, driver.channel)}")
        await person.wait_for(f"you are @{handle}")
    return person


# Scenes


async def a_code_links_a_chat_once(stage: Stage) -> None:
    """A code links one chat; a second person can't use it, and nothing of theirs is published."""
    carol, eve = await stage.driver.person("carol"), await stage.driver.person("eve")
    code = stage.harness.link_code("carol", stage.driver.channel)
    await carol.say(f"link {code}")
    await carol.wait_for("you are @carol")
    await eve.say(f"link {code}")
    await eve.wait_for("does not work any more")
    await carol.say("I am here")
    await carol.wait_for("Published")
    assert [post.markdown for post in stage.harness.posts()] == ["I am here"]


async def a_stranger_is_told_once_how_to_join(stage: Stage) -> None:
    """Somebody unknown gets one help message a day, and nothing is published."""
    eve = await stage.driver.person("eve")
    await eve.say("Buy my pills")
    await eve.wait_for("I don't know you yet")
    await eve.say("Buy my pills now")
    await stage.harness.received(2)
    await stage.harness.idle()
    assert len([one for one in await eve.seen() if one.from_bot]) == 1
    assert stage.harness.posts() == []


async def plain_words_are_a_post_and_the_answer_says_who_sees_it(stage: Stage) -> None:
    """Words become a post on the blog; the answer says where it is and who can see it."""
    await stage.alice.say("Hello from my chat")
    answer = await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    assert (post.markdown, post.kind, post.source) == ("Hello from my chat", "post", stage.driver.channel)
    assert "public on your blog, and in the timelines of people who follow you" in answer.text
    assert f"https://alice.example.org{post.path}" in answer.text
    assert post.short_reference in answer.text


async def styles_come_and_go(stage: Stage) -> None:
    """Bold words are bold on the blog, and bold for who is told."""
    await stage.alice.say("Quite *a* long day", bold="long")
    await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    assert "<strong>long</strong>" in post.html
    assert "*a*" in post.html
    told = await stage.bob.wait_for("Quite")
    assert "long" in told.bold
    assert "Quite *a* long day" in told.text


async def a_follower_is_told_with_a_reference(stage: Stage) -> None:
    """Whoever follows is told in their chat, with the short reference that works everywhere."""
    await stage.alice.say("News for my followers")
    told = await stage.bob.wait_for("News for my followers")
    [post] = stage.harness.posts()
    assert f"[{post.short_reference}]" in told.text
    assert "Alice" in told.text


async def a_native_reply_is_a_reply(stage: Stage) -> None:
    """Answering a told post natively is a reply to it; its author is told in the thread, and answers the same way."""
    await stage.alice.say("What do you think?")
    told = await stage.bob.wait_for("What do you think?")
    await stage.bob.reply(told, "I like it")
    await stage.bob.wait_for("Your reply to Alice is out")
    heard = await stage.alice.wait_for("I like it")
    assert heard.answers
    await stage.alice.reply(heard, "Thank you, Bob")
    await stage.bob.wait_for("Thank you, Bob")
    post, reply, second = stage.harness.posts()
    assert (reply.kind, reply.reply_to_id, reply.conversation_id) == ("reply", post.id, post.id)
    assert (second.kind, second.reply_to_id, second.conversation_id) == ("reply", reply.id, post.id)


async def a_reply_by_reference_is_a_reply(stage: Stage) -> None:
    """`reply k7f …` answers the post, with or without brackets."""
    await stage.alice.say("Answer me")
    await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    await stage.bob.say(f"reply [{post.short_reference}] Here I am")
    await stage.bob.wait_for("Your reply to Alice is out")
    assert [(one.kind, one.reply_to_id, one.markdown) for one in stage.harness.posts()[1:]] == [
        ("reply", post.id, "Here I am")
    ]


async def an_edit_changes_the_post_and_the_told_copies(stage: Stage) -> None:
    """An edited message edits its post, and the messages that told people of it."""
    said = await stage.alice.say("Helo everybody")
    await stage.bob.wait_for("Helo everybody")
    await stage.alice.edit(said, "Hello everybody")
    await stage.bob.wait_for("Hello everybody")
    await stage.harness.idle()
    assert [post.markdown for post in stage.harness.posts()] == ["Hello everybody"]
    assert not any("Helo" in one.text for one in await stage.bob.seen())


async def a_deleted_message_deletes_its_post(stage: Stage) -> None:
    """Deleting the message that made a post deletes the post, and what told people of it."""
    said = await stage.alice.say("Oh no")
    await stage.bob.wait_for("Oh no")
    await stage.alice.delete(said)
    await stage.alice.wait_for("Deleted")
    await stage.harness.idle()
    assert [post.status for post in stage.harness.posts()] == ["deleted"]
    assert not any("Oh no" in one.text for one in await stage.bob.seen())


async def a_button_deletes_a_post(stage: Stage) -> None:
    """The confirmation's button deletes the post, and what told people of it."""
    await stage.alice.say("Short-lived")
    answer = await stage.alice.wait_for("Published")
    await stage.bob.wait_for("Short-lived")
    await stage.alice.press(answer, "Delete")
    await stage.alice.wait_for("Deleted")
    await stage.harness.idle()
    assert [post.status for post in stage.harness.posts()] == ["deleted"]
    assert not any("Short-lived" in one.text for one in await stage.bob.seen())


async def a_held_mail_is_decided_by_a_button(stage: Stage) -> None:
    """Whether to publish a mail is asked in the chat too; the button does what it says, and a second press is told so."""
    stage.harness.hold_mail("alice", "Papers")
    asked = await stage.alice.wait_for("A message came for your blog: “Papers”")
    assert stage.harness.became("Papers") == "held"
    await stage.alice.press(asked, "Throw it away")
    await stage.alice.wait_for("“Papers” was thrown away")
    assert stage.harness.became("Papers") == "rejected"
    await stage.alice.press(asked, "Publish")
    await stage.alice.wait_for("not waiting any more")


async def a_photo_is_on_the_post_and_shown_to_followers(stage: Stage) -> None:
    """A photo with words is a post with a photo, and who is told sees it."""
    await stage.alice.photo(stage.harness.jpeg(), caption="My garden")
    await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    assert (post.markdown, post.photos) == ("My garden", 1)
    told = await stage.bob.wait_for("My garden")
    assert told.photos == 1


async def several_photos_are_one_post(stage: Stage) -> None:
    """Photos sent together are one post, in their order."""
    photos = [stage.harness.jpeg(width=width) for width in (300, 310, 320)]
    await stage.alice.photo(*photos, caption="Three of them")
    await stage.harness.received(len(photos))
    stage.harness.forward(seconds=3)
    await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    assert (post.markdown, post.widths) == ("Three of them", (300, 310, 320))


async def an_event_that_comes_twice_counts_once(stage: Stage) -> None:
    """A second delivery of the same event makes no second post and no second answer."""
    await stage.alice.say("Only once")
    await stage.alice.wait_for("Published")
    await stage.driver.redeliver()
    await stage.harness.idle()
    assert len(stage.harness.posts()) == 1
    assert len([one for one in await stage.alice.seen() if "Published" in one.text]) == 1
    assert len([one for one in await stage.bob.seen() if "Only once" in one.text]) == 1


async def an_unknown_command_publishes_nothing(stage: Stage) -> None:
    """A command that does not exist gets the nearest one suggested."""
    await stage.alice.say("!tiemline")
    answer = await stage.alice.wait_for("There is no command")
    assert "timeline" in answer.text
    assert stage.harness.posts() == []


async def the_timeline_shows_posts_with_their_references(stage: Stage) -> None:
    """`timeline` lists what the people one follows wrote."""
    await stage.alice.say("First words")
    await stage.alice.wait_for("Published")
    await stage.bob.say("timeline")
    answer = await stage.bob.wait_for("Your timeline")
    [post] = stage.harness.posts()
    assert "First words" in answer.text
    assert f"[{post.short_reference}]" in answer.text


async def people_follow_and_are_helped(stage: Stage) -> None:
    """`follow @name` and `help` are answered."""
    await stage.alice.say("follow @bob")
    await stage.alice.wait_for("You follow Bob now")
    await stage.alice.say("help follow")
    answer = await stage.alice.wait_for("follow somebody")
    assert "follow @name" in answer.text.replace(JOINER, "")
    await stage.bob.say("Bob writes too")
    await stage.alice.wait_for("Bob writes too")


async def a_long_text_arrives_whole(stage: Stage) -> None:
    """What is longer than the platform's messages comes in several, with every word, in order."""
    words = [f"word{number}" for number in range(1500)]
    reference = stage.harness.publish("alice", " ".join(words))
    await stage.bob.say(f"thread {reference}")
    await stage.bob.wait_for("Answer with")
    await stage.harness.idle()
    text = " ".join(one.text for one in await stage.bob.seen() if one.from_bot)
    told = text[text.rindex("word0 ") :].split()
    assert [word for word in told if word.startswith("word") and word[4:].isdigit()] == words


async def no_name_in_a_post_notifies_anybody(stage: Stage) -> None:
    """Names in what we send are defused, so that no platform takes them for its own members'."""
    await stage.alice.say("Greetings to @everyone and @channel")
    told = await stage.bob.wait_for("Greetings to")
    assert "@everyone" not in told.text
    assert "Greetings to @everyone and @channel" in told.text.replace(JOINER, "")


async def what_was_said_while_nobody_worked_is_done_later(stage: Stage) -> None:
    """A message that is stored when the process ends is a post after the next start, once."""
    await stage.harness.rest()
    await stage.alice.say("Is anybody there?")
    await stage.harness.received(1)
    assert stage.harness.posts() == []
    await stage.harness.resume()
    await stage.alice.wait_for("Published")
    assert [post.markdown for post in stage.harness.posts()] == ["Is anybody there?"]


Scene = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Play:
    """A scene and the abilities that it needs."""

    scene: Scene
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return str(getattr(self.scene, "__name__", "scene"))

    def fits(self, abilities: Abilities) -> bool:
        return all(getattr(abilities, need) for need in self.needs)


PLAYS = (
    Play(a_code_links_a_chat_once, ("links",)),
    Play(a_stranger_is_told_once_how_to_join, ("links",)),
    Play(plain_words_are_a_post_and_the_answer_says_who_sees_it),
    Play(styles_come_and_go, ("styles",)),
    Play(a_follower_is_told_with_a_reference, ("links",)),
    Play(a_native_reply_is_a_reply, ("replies",)),
    Play(a_reply_by_reference_is_a_reply),
    Play(an_edit_changes_the_post_and_the_told_copies, ("edits",)),
    Play(a_deleted_message_deletes_its_post, ("deletes",)),
    Play(a_button_deletes_a_post, ("buttons", "links")),
    Play(a_held_mail_is_decided_by_a_button, ("buttons", "links")),
    Play(a_photo_is_on_the_post_and_shown_to_followers, ("photos",)),
    Play(several_photos_are_one_post, ("albums",)),
    Play(an_event_that_comes_twice_counts_once, ("links",)),
    Play(an_unknown_command_publishes_nothing),
    Play(the_timeline_shows_posts_with_their_references),
    Play(people_follow_and_are_helped, ("links",)),
    Play(a_long_text_arrives_whole),
    Play(no_name_in_a_post_notifies_anybody, ("links",)),
    Play(what_was_said_while_nobody_worked_is_done_later, ("downtime",)),
)
