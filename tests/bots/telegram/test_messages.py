"""What people send on Telegram: photos, albums, files, other kinds, groups, forwards, blocking; and what becomes of it."""

from collections.abc import Callable

import pytest

from tests.bots.telegram.conftest import TelegramStage


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    """One database will do here; the contract's scenes run on both."""
    return new_database("sqlite")


async def test_an_album_with_a_late_part_is_one_post_in_order(stage: TelegramStage) -> None:
    """The wait begins anew with each part; the order is that of the chat."""
    photos = [stage.harness.jpeg(width=width) for width in (300, 310, 320)]
    parts = stage.alice.chat.album(photos[:2], "Three of them")
    await stage.harness.received(2)
    stage.harness.forward(seconds=2)
    stage.alice.chat.photo(photos[2], album=parts[0].album)
    await stage.harness.received(3)
    stage.harness.forward(seconds=2)
    await stage.harness.idle()
    assert stage.harness.posts() == []
    stage.harness.forward(seconds=1)
    await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    assert (post.markdown, post.widths) == ("Three of them", (300, 310, 320))
    assert [row.status for row in stage.harness.inbound()[-3:]] == ["published", "merged", "merged"]


async def test_an_album_reaches_followers_as_one_and_every_photo_of_it_can_be_answered(stage: TelegramStage) -> None:
    stage.alice.chat.album([stage.harness.jpeg(width=width) for width in (300, 310)], "Two")
    await stage.harness.received(2)
    stage.harness.forward(seconds=3)
    first = await stage.bob.chat.wait_for(lambda one: one.from_bot and "Two" in one.text)
    second = await stage.bob.chat.wait_for(lambda one: one.album == first.album and one.id != first.id)
    await stage.harness.idle()
    assert first.album
    stage.bob.chat.say("The second one!", reply_to=second.id)
    await stage.bob.wait_for("Your reply to Alice is out")


async def test_a_deleted_post_takes_its_whole_album_out_of_chats(stage: TelegramStage) -> None:
    stage.alice.chat.album([stage.harness.jpeg(width=width) for width in (300, 310, 320)], "Not for long")
    await stage.harness.received(3)
    stage.harness.forward(seconds=3)
    await stage.bob.wait_for("Not for long")
    await stage.alice.wait_for("Published")
    await stage.harness.idle()
    [post] = stage.harness.posts()
    await stage.alice.say(f"delete {post.short_reference}")
    await stage.alice.wait_for("Deleted")
    await stage.harness.idle()
    assert not any("photo" in one.raw for one in stage.bob.chat.messages)


async def test_an_edited_caption_edits_the_post_and_the_copies(stage: TelegramStage) -> None:
    said = stage.alice.chat.photo(stage.harness.jpeg(), "My gardn")
    told = await stage.bob.wait_for("My gardn")
    stage.alice.chat.edit(said.id, "My garden")
    await stage.bob.wait_for("My garden")
    assert stage.bob.chat.message(int(told.id)).text.startswith("Alice wrote:\n\nMy garden")
    assert stage.harness.posts()[0].photos == 1


async def test_an_edit_that_changes_nothing_is_ignored(stage: TelegramStage) -> None:
    said = stage.alice.chat.say("The same")
    await stage.alice.wait_for("Published")
    stage.alice.chat.edit(said.id, "The same")
    await stage.harness.received(2)
    await stage.harness.idle()
    assert stage.harness.inbound()[-1].status == "ignored"
    assert stage.calls("editMessageText") == 0


async def test_a_picture_sent_as_a_file_is_a_photo(stage: TelegramStage) -> None:
    stage.alice.chat.document(stage.harness.jpeg(width=500), "garden.JPG", "application/octet-stream", "As a file")
    await stage.alice.wait_for("Published")
    assert stage.harness.posts()[0].widths == (500,)


async def test_a_forward_is_not_published_as_ones_own_words(stage: TelegramStage) -> None:
    eve = stage.fake.person("Eve")
    origin = {"type": "user", "date": 1_700_000_000, "sender_user": eve}
    stage.alice.chat.send(text="Eve's private words", forward_origin=origin)
    await stage.alice.wait_for("This message was forwarded")
    assert stage.harness.posts() == []


async def test_files_wait_while_telegram_is_down(stage: TelegramStage) -> None:
    """A photo that can't be fetched now is fetched later, and no attempt is counted."""
    stage.fake.fail_next("getFile", status=502)
    stage.alice.chat.photo(stage.harness.jpeg(), "Later")
    await stage.harness.received(1)
    await stage.harness.idle()
    [row] = stage.harness.inbound()[-1:]
    assert (row.status, row.attempts) == ("received", 0)
    stage.harness.forward(seconds=21)
    await stage.alice.wait_for("Published")
    assert stage.harness.posts()[0].photos == 1


async def test_entities_become_markdown_by_utf16_offsets(stage: TelegramStage) -> None:
    stage.alice.chat.say("😀 <b>bold</b> and <i>so on</i>", parse_mode="HTML")
    await stage.alice.wait_for("Published")
    assert stage.harness.posts()[0].markdown == "😀 **bold** and _so on_"


async def test_names_with_underscores_and_references_in_brackets_are_understood(stage: TelegramStage) -> None:
    reference = stage.harness.publish("alice", "Answer me")
    stage.bob.chat.say(f"/reply [{reference}] Two * two")
    await stage.bob.wait_for("Your reply to Alice is out")
    assert stage.harness.posts()[1].html == "<p>Two * two</p>\n"
    stage.bob.chat.say("/follow @no_body_")
    await stage.bob.wait_for("There is no member called @no_body_")


class TestGroups:
    async def test_only_what_is_said_to_the_bot_counts(self, stage: TelegramStage) -> None:
        """Words among people are ignored, even a command for another bot; `/post` and `@bot post: …` are obeyed."""
        group = stage.fake.group("Walkers", privacy=False)
        alice = stage.alice.chat.who
        for text in ("Just talking", "/post@another_bot Not for us", "/unknown thing", "@bob hello"):
            group.say(text, by=alice)
        await stage.harness.received(4)
        await stage.harness.idle()
        assert stage.harness.posts() == []
        assert group.answers == []
        group.say("/post@postroom_test_bot Said in a group", by=alice)
        await group.wait_for("Published")
        group.say("@postroom_test_bot post: And again", by=alice)
        await stage.harness.until(lambda: len(stage.harness.posts()) == 2, "a second post")
        assert [post.markdown for post in stage.harness.posts()] == ["Said in a group", "And again"]

    async def test_what_people_say_under_the_bots_messages_is_not_published(self, stage: TelegramStage) -> None:
        """With the bot named it is a reply; a command under a message means that message's post."""
        group = stage.fake.group("Walkers")
        alice, bob = stage.alice.chat.who, stage.bob.chat.who
        group.say("/post We meet at nine", by=alice)
        told = await group.wait_for("Published")
        await stage.harness.idle()
        group.say("nice", by=bob, reply_to=told.id)
        group.say("/settings", by=alice, reply_to=told.id)
        await group.wait_for("Ask me that in private")
        await stage.harness.idle()
        assert [row.status for row in stage.harness.inbound()[-2:]] == ["ignored", "rejected"]
        group.say("@postroom_test_bot I come too", by=bob, reply_to=told.id)
        await group.wait_for("Your reply to Alice is out")
        group.say("edit: We meet at ten", by=alice, reply_to=told.id)
        await group.wait_for("Changed")
        assert [post.markdown for post in stage.harness.posts()] == ["We meet at ten", "I come too"]

    async def test_a_code_is_not_taken_in_a_group(self, stage: TelegramStage) -> None:
        group = stage.fake.group("Walkers")
        carol = stage.fake.person("Carol")
        group.say(f"/link {stage.harness.link_code('carol', 'telegram')}", by=carol)
        await stage.harness.received(1)
        await stage.harness.idle()
        assert group.answers == []
        assert stage.harness.inbound()[-1].status == "rejected"

    async def test_an_answer_goes_to_the_supergroup_that_a_group_became(self, stage: TelegramStage) -> None:
        """The command was said in the group; before its answer went out, the group had another id."""
        group = stage.fake.group("Walkers")
        stage.fake.fail_next("sendMessage", status=429, retry_after=2, chat_id=group.id)
        group.say("/following", by=stage.alice.chat.who)
        await stage.harness.until(lambda: "2 seconds" in stage.harness.deliveries()[-1].reason, "waiting")
        new = stage.fake.migrate(group, by=stage.alice.chat.who or {})
        await new.wait_for("You follow nobody yet")
        await stage.harness.idle()
        sent = stage.harness.deliveries()[-1]
        assert (sent.status, sent.recipient) == ("sent", str(new.id))
        assert "recorded" in [row.status for row in stage.harness.inbound()[-2:]]

    async def test_an_answer_that_finds_the_group_moved_follows_it_and_can_be_answered_there(
        self, stage: TelegramStage
    ) -> None:
        """Nobody has read the update that says so; the refusal of the old place does."""
        group, alice = stage.fake.group("Walkers"), stage.alice.chat.who or {}
        stage.fake.fail_next("sendMessage", status=429, retry_after=2, chat_id=group.id)
        group.say("/post Over the hills", by=alice)
        await stage.harness.until(lambda: "2 seconds" in stage.harness.deliveries()[-1].reason, "waiting")
        await stage.driver.close_door()
        new = stage.fake.migrate(group, by=alice)
        stage.harness.forward(seconds=3)
        confirmed = await new.wait_for(lambda one: one.from_bot)
        await stage.harness.until(lambda: stage.harness.deliveries()[-1].recipient == str(new.id), "moving")
        stage.driver.open_door()
        new.say("/delete", by=alice, reply_to=confirmed.id)
        await stage.harness.until(lambda: stage.harness.posts()[-1].status == "deleted", "deleting")

    async def test_bots_and_channels_are_not_heard(self, stage: TelegramStage) -> None:
        group = stage.fake.group("Walkers", privacy=False)
        robot = stage.fake.person("Robot") | {"is_bot": True}
        group.say("/post I am a bot", by=robot)
        stage.fake.channel("News").say("/post A channel's post")
        await stage.harness.received(2)
        await stage.harness.idle()
        assert [row.status for row in stage.harness.inbound()[-2:]] == ["ignored", "ignored"]


async def test_a_blocked_bot_is_silent_until_it_is_unblocked(stage: TelegramStage) -> None:
    stage.bob.chat.block()
    await stage.harness.received(1)
    await stage.harness.idle()
    stage.harness.publish("alice", "While you were away")
    await stage.harness.idle()
    assert stage.harness.deliveries("post") == []
    stage.bob.chat.unblock()
    await stage.harness.received(2)
    await stage.harness.idle()
    stage.harness.publish("alice", "Welcome back")
    await stage.bob.wait_for("Welcome back")


async def test_a_pressed_button_is_answered_and_then_obeyed(stage: TelegramStage) -> None:
    stage.alice.chat.say("Short-lived")
    answer = await stage.alice.wait_for("Published")
    press = stage.alice.chat.press(int(answer.id), "Delete")
    await stage.alice.wait_for("Deleted")
    assert press.answered
    assert (press.text, press.alert) == ("", False)


async def test_a_late_press_still_does_what_it_says(stage: TelegramStage) -> None:
    """Telegram refuses to hear that an old press was noticed; the press counts all the same."""
    stage.alice.chat.say("Short-lived")
    answer = await stage.alice.wait_for("Published")
    stage.fake.fail_next("answerCallbackQuery", status=400, description="Bad Request: query is too old")
    stage.alice.chat.press(int(answer.id), "Delete")
    await stage.alice.wait_for("Deleted")
