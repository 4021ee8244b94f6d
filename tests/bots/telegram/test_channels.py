"""Telegram channels bound to a blog: by who may post there, and for as long; what is posted there is published, edits follow."""

from collections.abc import Callable

import pytest

from tests.bots.telegram.conftest import TelegramStage
from tests.core.hands import deliveries
from tests.fakes.telegram_chats import Chat
from tests.fakes.wire import Json


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    """One database will do here; the contract's scenes run on both."""
    return new_database("sqlite")


def alice(stage: TelegramStage) -> Json:
    assert stage.alice.chat.who is not None
    return stage.alice.chat.who


async def bound(stage: TelegramStage) -> Chat:
    """A channel of alice's that is bound to her blog."""
    channel = stage.fake.channel("Garden news", "garden_news")
    channel.promote(alice(stage), "creator")
    await stage.alice.say("bind @garden_news")
    asked = await stage.alice.wait_for("Bind the channel “Garden news” to your blog?")
    assert "whatever anybody posts there is published" in asked.text
    await stage.alice.press(asked, "Yes, bind it")
    await stage.alice.wait_for("is bound to your blog")
    await stage.harness.idle()
    stage.harness.begin()
    return channel


async def test_posts_of_a_bound_channel_are_posts_and_edits_edit_them(stage: TelegramStage) -> None:
    """Confirmed in private, for a channel is no place for that; and no word there is a command."""
    channel = await bound(stage)
    said = channel.say("delete everything: spring is here")
    told = await stage.alice.wait_for("Published")
    assert [post.markdown for post in stage.harness.posts()] == ["delete everything: spring is here"]
    assert channel.answers == []
    await stage.bob.wait_for("spring is here")
    channel.edit(said.id, "Spring is here")
    await stage.alice.wait_for("Changed, everywhere")
    assert stage.harness.posts()[0].markdown == "Spring is here"
    await stage.alice.reply(told, "delete")
    await stage.alice.wait_for("Deleted")


async def test_who_wants_to_be_asked_first_is_asked_in_private_of_what_is_posted_in_their_channel(
    stage: TelegramStage,
) -> None:
    channel = await bound(stage)
    await stage.alice.say("ask on")
    await stage.alice.wait_for("From now on you are asked")
    said = channel.say("Spring is near")
    await stage.alice.wait_for("Publish this?")
    channel.say("yes")  # no answer to it, but the next post
    channel.edit(said.id, "Spring is here")
    await stage.alice.wait_for("The draft is changed")
    assert channel.answers == []
    assert [(post.markdown, post.status) for post in stage.harness.posts()] == [
        ("Spring is here", "draft"),
        ("yes", "draft"),
    ]
    await stage.alice.press(await stage.alice.wait_for("Publish this?"), "Publish")
    await stage.alice.wait_for("Published")
    assert [post.status for post in stage.harness.posts()] == ["draft", "published"]


async def test_an_album_in_a_bound_channel_is_one_post(stage: TelegramStage) -> None:
    channel = await bound(stage)
    channel.album([stage.harness.jpeg(width=width) for width in (300, 310)], "Two")
    await stage.harness.received(2)
    stage.harness.forward(seconds=3)
    await stage.alice.wait_for("Published")
    assert [(post.markdown, post.widths) for post in stage.harness.posts()] == [("Two", (300, 310))]


async def test_what_is_not_the_channels_own_is_passed_over(stage: TelegramStage) -> None:
    channel = await bound(stage)
    channel.send(text="Eve's", forward_origin={"type": "hidden_user", "date": 1, "sender_user_name": "Eve"})
    channel.send(location={"longitude": 13.4, "latitude": 52.5})
    stage.fake.channel("Another").say("Not bound")
    await stage.harness.received(3)
    await stage.harness.idle()
    assert [row.status for row in stage.harness.inbound()[-3:]] == ["ignored"] * 3
    assert stage.harness.posts() == []


@pytest.mark.parametrize("status", ["member", "administrator", "nobody"])
async def test_who_may_not_post_there_binds_nothing(stage: TelegramStage, status: str) -> None:
    """An admin may lack the right to post; and a press of an old question is checked, too."""
    channel = stage.fake.channel("Garden news", "garden_news")
    if status != "nobody":
        channel.promote(alice(stage), status, may_post=False)
    await stage.alice.say("bind @garden_news")
    await stage.alice.wait_for("I can't see that you may post in this channel")
    channel.promote(alice(stage))
    await stage.alice.say("bind @garden_news")
    asked = await stage.alice.wait_for("Bind the channel")
    channel.promote(alice(stage), "left")
    await stage.alice.press(asked, "Yes, bind it")
    await stage.harness.received(3)
    await stage.harness.idle()
    channel.say("Hello")
    await stage.harness.received(4)
    await stage.harness.idle()
    assert stage.harness.posts() == []


async def test_a_channel_has_one_blog(stage: TelegramStage) -> None:
    channel = await bound(stage)
    channel.promote(stage.bob.chat.who or {})
    await stage.bob.say("bind @garden_news")
    await stage.bob.wait_for("This channel is bound to another blog")


async def test_a_channel_whose_binder_may_no_longer_post_there_is_free(stage: TelegramStage) -> None:
    """Without anything being posted there first."""
    channel = await bound(stage)
    channel.promote(alice(stage), "left")
    channel.promote(stage.bob.chat.who or {})
    await stage.bob.say("bind @garden_news")
    await stage.bob.press(await stage.bob.wait_for("Bind the channel"), "Yes, bind it")
    await stage.bob.wait_for("is bound to your blog")
    await stage.alice.wait_for("is no longer bound to your blog")


async def test_bind_said_in_the_channel_asks_its_admin_in_private(stage: TelegramStage) -> None:
    channel = stage.fake.channel("Secret garden")
    channel.promote(stage.fake.person("Eve"), "creator")
    channel.promote(alice(stage))
    channel.say("/bind")
    asked = await stage.alice.wait_for("Bind the channel “Secret garden”")
    await stage.alice.press(asked, "Yes, bind it")
    await stage.alice.wait_for("is bound to your blog")
    channel.say("Hello")
    await stage.alice.wait_for("Published")
    assert [post.markdown for post in stage.harness.posts()] == ["Hello"]


async def test_bind_said_in_the_channel_again_and_again_asks_once_a_day(stage: TelegramStage) -> None:
    """For anybody who may post there can say it."""
    channel = stage.fake.channel("Garden news")
    channel.promote(alice(stage))
    for _ in range(3):
        channel.say("bind")
    await stage.harness.received(3)
    await stage.harness.idle()
    asked = [one for one in stage.alice.chat.answers if "Bind the channel" in one.text]
    assert len(asked) == 1
    await stage.alice.say(f"bind {channel.id}")
    await stage.alice.chat.wait_for("Bind the channel", after=asked[0].id)
    stage.harness.forward(days=1)
    begun = stage.alice.chat.answers[-1].id
    channel.say("bind")
    await stage.alice.chat.wait_for("Bind the channel", after=begun)


async def test_bind_said_just_before_the_bot_is_sent_away_holds_up_nothing(stage: TelegramStage) -> None:
    channel = stage.fake.channel("Garden news")
    channel.promote(alice(stage))
    channel.say("bind")
    channel.block()
    await stage.harness.received(2)
    await stage.harness.idle()
    assert [row.status for row in stage.harness.inbound()[-2:]] == ["ignored", "recorded"]


async def test_who_takes_the_bot_in_is_asked(stage: TelegramStage) -> None:
    channel = stage.fake.channel("Garden news")
    channel.promote(alice(stage))
    channel.take_bot_in(alice(stage))
    await stage.alice.wait_for("Bind the channel “Garden news”")


async def test_unbind_ends_it(stage: TelegramStage) -> None:
    channel = await bound(stage)
    await stage.alice.say("unbind")
    await stage.alice.wait_for("is no longer bound to your blog")
    channel.say("Hello")
    await stage.harness.received(2)
    await stage.harness.idle()
    assert stage.harness.posts() == []
    await stage.alice.say("unbind @garden_news")
    await stage.alice.wait_for("No such channel is bound")


@pytest.mark.parametrize("how", ["thrown out", "no admin any more", "unlinked"])
async def test_it_ends_by_itself_and_its_owner_is_told(stage: TelegramStage, how: str) -> None:
    """In their chats; by mail, when they have none any more."""
    channel = await bound(stage)
    if how == "thrown out":
        channel.block()
        channel.blocked = False
    elif how == "no admin any more":
        channel.promote(alice(stage), "member")
    else:
        await stage.alice.say("unlink")
        await stage.alice.wait_for("no longer linked")
    channel.say("Hello")
    if how != "unlinked":
        await stage.alice.wait_for("is no longer bound to your blog")
    await stage.harness.received(2 - (how == "no admin any more"))
    await stage.harness.idle()
    assert stage.harness.posts() == []
    mailed = [row for row in deliveries(stage.harness.house, "closed") if row.channel == "email"]
    assert [row.recipient for row in mailed] == ["alice@example.com"] * (how == "unlinked")
    assert all("is no longer bound to your blog" in row.payload["answer"]["text"] for row in mailed)


async def test_bind_without_a_channel_says_how(stage: TelegramStage) -> None:
    await stage.alice.say("bind")
    await stage.alice.wait_for("make the bot an admin of your channel")
