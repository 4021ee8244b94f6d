"""How updates come in: stored before they are confirmed, known when they come again, never fatal."""

import asyncio
import logging

import pytest

from gateway.core.desk.verbs import PRIVATE
from gateway.core.words import speaking, t
from tests.bots.telegram.conftest import TelegramStage


async def test_an_update_is_confirmed_only_after_it_is_stored(stage: TelegramStage) -> None:
    """While the database takes nothing, updates stay at Telegram; then they are stored once."""
    writer = stage.harness.house.database.writer
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(session: object) -> None:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(60)

    blocked = [writer.submit(hold, ack=True) for _ in range(3)]  # as many as PostgreSQL has writer threads
    polls = stage.calls("getUpdates")
    stage.alice.chat.say("Hold on to this")
    updates = stage.fake.home().updates
    assert len(updates.pending) == 1
    await asyncio.sleep(0)
    assert stage.calls("getUpdates") <= polls + 1
    release.set()
    for future in blocked:
        await asyncio.wrap_future(future)
    await stage.alice.wait_for("Published")
    await stage.harness.until(lambda: not updates.pending, "confirming")
    assert len(stage.harness.posts()) == 1


async def test_a_replayed_update_makes_one_post(stage: TelegramStage) -> None:
    """Promise 14: the door dies after storing and before confirming; the next one gets the update again."""
    await stage.driver.close_door()
    stage.alice.chat.say("Once only")
    update = stage.fake.home().updates.everything[-1]
    stage.driver.open_door()
    await stage.alice.wait_for("Published")
    await stage.driver.close_door()
    stage.fake.home().updates.put_again(update)
    stage.driver.open_door()
    await stage.harness.until(lambda: not stage.fake.home().updates.pending, "taking it again")
    await stage.harness.idle()
    assert [post.markdown for post in stage.harness.posts()] == ["Once only"]
    assert len([one for one in stage.alice.chat.answers if "Published" in one.text]) == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"message": {"message_id": "not a message"}},
        {"message": ["no", "dict"]},
        {"message": {"message_id": 1, "date": "never", "chat": {"id": 1}}},
        {"callback_query": {"id": "1"}},
        {"my_chat_member": None},
        {"something_new": {"chat": {"id": 5}}},
        {},
    ],
)
async def test_a_bad_update_is_set_aside_and_stops_nothing(stage: TelegramStage, bad: dict[str, object]) -> None:
    await stage.driver.again({"update_id": 809_999_999, **bad})
    stage.alice.chat.say("After a bad one")
    await stage.alice.wait_for("Published")
    await stage.harness.idle()
    [row] = [row for row in stage.harness.inbound() if row.unique_key.endswith(":809999999")]
    assert row.status in {"rejected", "ignored"}
    assert row.reason


async def test_the_door_goes_on_after_failures_and_says_each_once(
    stage: TelegramStage, caplog: pytest.LogCaptureFixture
) -> None:
    """502, 429, 409, a cut connection and a refused token delay updates and lose none."""
    await stage.driver.close_door()
    for status in (502, 502, 409, 401):
        stage.fake.fail_next("getUpdates", status=status)
    stage.fake.fail_next("getUpdates", status="disconnect")
    with caplog.at_level(logging.INFO, "postroom.telegram"):
        stage.driver.open_door()
        stage.alice.chat.say("Still here")
        await stage.alice.wait_for("Published")
    said = [record.getMessage() for record in caplog.records if record.name == "postroom.telegram"]
    assert sum("Bad Gateway" in words for words in said) == 1
    assert any("Another program fetches this bot's updates" in words for words in said)
    assert any("does not accept the bot's token (setting telegram_token)" in words for words in said)
    assert said[-1] == "Telegram: all is well again."


async def test_the_door_stops_at_once_in_the_middle_of_a_long_poll(stage: TelegramStage) -> None:
    polls = stage.calls("getUpdates")
    assert polls
    await asyncio.wait_for(stage.driver.close_door(), 10)  # and no poll of the door ends before


async def test_no_log_holds_the_token_or_a_file_path(stage: TelegramStage, caplog: pytest.LogCaptureFixture) -> None:
    """Not at any level, with a photo fetched, an error of sending, and a door that starts anew."""
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "httpx"):  # which a start of Postroom quietens
        await stage.driver.close_door()
        stage.fake.fail_next("getUpdates", status=401)
        stage.driver.open_door()
        stage.fake.fail_next("sendMessage", status=502, chat_id=stage.alice.chat.id)
        await stage.alice.photo(stage.harness.jpeg(), caption="Secret place")
        await stage.bob.wait_for("Secret place")
    secret = stage.fake.token.partition(":")[2]
    assert any("httpx" in record.name for record in caplog.records)
    assert secret not in caplog.text
    assert "photos/file_" not in caplog.text
    assert not any(secret in row.reason for row in stage.harness.inbound())
    assert not any(secret in row.reason for row in stage.harness.deliveries())


async def test_the_command_menus_are_set_for_each_kind_of_chat_and_language(stage: TelegramStage) -> None:
    """What only the asker may see stands in no group's menu; German comes from the catalogue."""
    set_to = stage.fake.home().commands
    scopes, languages = ("all_private_chats", "all_group_chats", "default"), ("", "de")
    assert set(set_to) == {(scope, language) for scope in scopes for language in languages}
    menus = {where: {one["command"]: one["description"] for one in menu} for where, menu in set_to.items()}
    private, group = menus["all_private_chats", ""], menus["all_group_chats", ""]
    assert private["follow"] == "follow somebody (follow @name)"
    assert {"post", "reply", "timeline", "help"} <= private.keys()
    assert private.keys() - group.keys() == PRIVATE
    with speaking("de"):
        assert menus["all_private_chats", "de"]["follow"] == f"{t('follow somebody')} (follow @name)"
    assert menus["all_private_chats", "de"]["follow"] != private["follow"]
