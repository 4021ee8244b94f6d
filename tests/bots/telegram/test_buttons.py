"""The buttons under what people are told on Telegram: reply, mute, block."""

from collections.abc import Callable

import pytest

from gateway.core.desk.grammar import Command, press
from tests.bots.telegram.conftest import TelegramStage
from tests.fakes.telegram_chats import Seen


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    """One database will do here; the contract's scenes run on both."""
    return new_database("sqlite")


async def told(stage: TelegramStage, words: str = "What do you think?") -> Seen:
    """What bob is told of a post of alice's."""
    await stage.alice.say(words)
    shown = await stage.bob.wait_for(words)
    await stage.harness.idle()
    return stage.bob.chat.message(int(shown.id))


async def test_a_notice_has_buttons_that_telegram_takes(stage: TelegramStage) -> None:
    notice = await told(stage)
    [post] = stage.harness.posts()
    acts = [button for row in notice.buttons for button in row if button.data]
    assert [(one.label, one.data) for one in acts] == [
        ("Reply", f"reply {post.short_reference}"),
        ("Mute", "mute alice"),
        ("Block", "block alice"),
    ]


async def test_reply_opens_an_answer_and_what_is_answered_is_the_reply(stage: TelegramStage) -> None:
    notice = await told(stage)
    stage.bob.chat.press(notice.id, "Reply")
    asked = await stage.bob.wait_for("What do you reply to Alice?")
    sent = [one.params for one in stage.fake.requests if one.method == "sendMessage"][-1]
    assert sent["reply_markup"]["force_reply"] is True
    await stage.harness.idle()
    assert len(stage.harness.posts()) == 1
    await stage.bob.reply(asked, "I like it")
    await stage.bob.wait_for("Your reply to Alice is out")
    post, reply = stage.harness.posts()
    assert (reply.reply_to_id, reply.markdown) == (post.id, "I like it")


async def test_mute_mutes(stage: TelegramStage) -> None:
    notice = await told(stage)
    stage.bob.chat.press(notice.id, "Mute")
    await stage.bob.wait_for("@alice is muted")
    await stage.alice.say("Anybody there?")
    await stage.alice.wait_for("Published")
    await stage.harness.received(3)
    await stage.harness.idle()
    assert not any("Anybody there?" in one.text for one in stage.bob.chat.answers)


async def test_block_asks_first(stage: TelegramStage) -> None:
    notice = await told(stage)
    stage.bob.chat.press(notice.id, "Block")
    asked = await stage.bob.wait_for("Block Alice (@alice)?")
    assert "Nothing is changed yet" in asked.text
    await stage.bob.press(asked, asked.buttons[0])
    await stage.bob.wait_for("@alice is blocked")


async def test_an_album_stays_an_album(stage: TelegramStage) -> None:
    """With a link only, which stands in its caption."""
    stage.alice.chat.album([stage.harness.jpeg(width=width) for width in (300, 310)], "Two")
    await stage.harness.received(2)
    stage.harness.forward(seconds=3)
    first = await stage.bob.chat.wait_for(lambda one: one.from_bot and "Two" in one.text)
    assert first.album
    assert not first.buttons


def test_the_longest_name_fits_a_button_and_a_press_is_understood() -> None:
    action = f"block {'a' * 32} sure"
    assert len(action.encode()) <= 64
    assert press(action) == Command("block", "a" * 32, "sure")
    assert press("link 3k9v") == Command("link", "3k9v")
