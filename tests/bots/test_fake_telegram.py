"""The Telegram of our own speaks the Bot API: shown with the real python-telegram-bot, judged by aiogram's models."""

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import telegram
from aiohttp import web
from PIL import Image
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, MessageEntity, Update
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.ext import ApplicationBuilder
from telegram.request import HTTPXRequest

from tests.fakes.telegram import TelegramFake
from tests.fakes.wire import Json, Loopback

ROOT = Path(__file__).parents[2]
PLAIN = {"trust_env": False, "verify": False}  # loopback without TLS: loading certificates took most of the time
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def durations(monkeypatch: pytest.MonkeyPatch) -> None:
    """python-telegram-bot warns at every RetryAfter unless told that durations are wanted as timedelta."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def fake() -> AsyncIterator[TelegramFake]:
    async with TelegramFake(judge=True) as fake:
        yield fake


@pytest.fixture
async def bot(fake: TelegramFake) -> AsyncIterator[telegram.Bot]:
    async with connected(fake) as bot:
        yield bot


def connected(fake: TelegramFake, token: str = "", read_timeout: float = 5) -> telegram.Bot:
    request = HTTPXRequest(read_timeout=read_timeout, httpx_kwargs=PLAIN)
    polling = HTTPXRequest(httpx_kwargs=PLAIN)
    return telegram.Bot(
        token or fake.token,
        base_url=fake.base_url,
        base_file_url=fake.base_file_url,
        request=request,
        get_updates_request=polling,
    )


def jpeg(width: int = 640, height: int = 480, colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG")
    return out.getvalue()


KEYBOARD = InlineKeyboardMarkup(
    [
        [InlineKeyboardButton("Undo", callback_data="undo:k7f")],
        [InlineKeyboardButton("Open", url="https://a.example.org/")],
    ]
)


class TestUpdates:
    async def test_what_a_person_says_is_fetched_until_its_offset_confirms_it(
        self, fake: TelegramFake, bot: telegram.Bot
    ) -> None:
        alice = fake.private_chat(first_name="Alice", username="alice")
        said = alice.say("Hello @bob, see https://example.org and /help")
        first = await bot.get_updates()
        again = await bot.get_updates()
        assert first[0].message is not None
        assert first[0].message.message_id == said.id
        assert first[0].message.from_user is not None
        assert first[0].message.from_user.username == "alice"
        assert [entity.type for entity in first[0].message.entities] == ["mention", "url", "bot_command"]
        assert [one.update_id for one in again] == [one.update_id for one in first]
        assert await bot.get_updates(offset=first[-1].update_id + 1, timeout=0) == ()

    async def test_raw_updates_are_fetched_past_the_library_which_would_parse_them(self, fake: TelegramFake) -> None:
        """One update that python-telegram-bot cannot read must not hide the others."""
        fake.home().updates.put_again({"update_id": 809_999_999, "message": {"message_id": "not a message"}})
        fake.private_chat().say("after a bad one")
        async with HTTPXRequest(httpx_kwargs=PLAIN) as request:
            query = urlencode({"timeout": 0, "allowed_updates": json.dumps(["message"])})
            raw = await request.post(f"{fake.base_url}{fake.token}/getUpdates?{query}")
        assert isinstance(raw, list)
        assert [one["message"].get("text") for one in raw] == [None, "after a bad one"]

    async def test_an_application_without_an_updater_speaks_to_it(self, fake: TelegramFake) -> None:
        application = (
            ApplicationBuilder()
            .token(fake.token)
            .base_url(fake.base_url)
            .base_file_url(fake.base_file_url)
            .updater(None)
            .build()
        )
        async with application:
            chat = fake.private_chat()
            chat.say("hello")
            update = Update.de_json(fake.home().updates.pending[0], application.bot)
            assert update.message is not None
            await update.message.reply_text("heard", do_quote=True)
        assert chat.answers[0].reply_to == chat.messages[0].id

    async def test_a_long_poll_ends_with_the_next_update(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        chat = fake.private_chat()
        poll = asyncio.create_task(bot.get_updates(timeout=20))
        await _called(fake, "getUpdates")
        chat.say("now")
        updates = await asyncio.wait_for(poll, 60)
        assert updates[0].message is not None
        assert updates[0].message.text == "now"

    async def test_a_second_poll_ends_the_first_with_a_conflict(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        poll = asyncio.create_task(bot.get_updates(timeout=20))
        await _called(fake, "getUpdates")
        await bot.get_updates(timeout=0)
        with pytest.raises(Conflict, match=r"(?i)terminated by other getUpdates"):
            await asyncio.wait_for(poll, 60)

    async def test_only_allowed_kinds_are_queued(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        await bot.get_updates(timeout=0, allowed_updates=["edited_message"])
        chat = fake.private_chat()
        said = chat.say("one")
        chat.edit(said.id, "two")
        updates = await bot.get_updates(timeout=0)
        assert [one.edited_message.text for one in updates if one.edited_message] == ["two"]
        assert len(updates) == 1

    async def test_a_negative_offset_keeps_only_the_last(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        chat = fake.private_chat()
        for word in ("one", "two", "three"):
            chat.say(word)
        assert [one.message.text for one in await bot.get_updates(offset=-1) if one.message] == ["three"]
        assert len(fake.home().updates.pending) == 1

    async def test_an_update_can_come_a_second_time_under_its_id(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        fake.private_chat().say("once")
        (first,) = await bot.get_updates()
        await bot.get_updates(offset=first.update_id + 1, timeout=0)
        fake.home().updates.put_again(fake.home().updates.everything[0])
        (again,) = await bot.get_updates()
        assert again.update_id == first.update_id

    async def test_the_clock_gives_the_dates(self) -> None:
        async with TelegramFake(judge=True, clock=lambda: NOON) as fake, connected(fake) as bot:
            chat = fake.private_chat()
            assert (await bot.send_message(chat.id, "noon")).date == NOON


class TestWhatPeopleDo:
    async def test_an_album_is_several_updates_with_one_group_and_one_caption(
        self, fake: TelegramFake, bot: telegram.Bot
    ) -> None:
        chat = fake.private_chat()
        parts = chat.album([jpeg(), jpeg(colour="red")], "Two photos")
        chat.photo(jpeg(colour="blue"), album=parts[0].album)  # a late part
        messages = [one.message for one in await bot.get_updates() if one.message]
        assert len({message.media_group_id for message in messages}) == 1
        assert [message.caption for message in messages] == ["Two photos", None, None]

    async def test_a_photo_is_downloaded_in_its_sizes(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        fake.private_chat().photo(jpeg(1600, 900), "Wide")
        (update,) = await bot.get_updates()
        assert update.message is not None
        assert [size.width for size in update.message.photo] == [90, 320, 800, 1280]
        file = await update.message.photo[-1].get_file()
        data = await file.download_as_bytearray()
        assert Image.open(io.BytesIO(data)).size == (1280, 720)

    async def test_a_document_is_downloaded_as_it_was_sent(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        fake.private_chat().document(b"%PDF-1.7 \x00", "notes.pdf", "application/pdf", "My notes")
        (update,) = await bot.get_updates()
        assert update.message is not None
        assert update.message.document is not None
        file = await update.message.document.get_file()
        assert bytes(await file.download_as_bytearray()) == b"%PDF-1.7 \x00"

    async def test_edits_replies_presses_and_blocking_reach_the_bot(
        self, fake: TelegramFake, bot: telegram.Bot
    ) -> None:
        bob = fake.private_chat(first_name="Bob")
        sent = await bot.send_message(bob.id, "A post by Alice", reply_markup=KEYBOARD)
        reply = bob.say("Lovely", reply_to=sent.message_id)
        bob.edit(reply.id, "Lovely!")
        press = bob.press(sent.message_id, "Undo")
        bob.block()
        bob.unblock()
        message, edited, query, blocked, back = await bot.get_updates()
        assert message.message is not None
        assert message.message.reply_to_message is not None
        assert message.message.reply_to_message.message_id == sent.message_id
        assert edited.edited_message is not None
        assert (edited.edited_message.message_id, edited.edited_message.text) == (reply.id, "Lovely!")
        assert query.callback_query is not None
        assert query.callback_query.data == "undo:k7f"
        assert blocked.my_chat_member is not None
        assert blocked.my_chat_member.new_chat_member.status == "kicked"
        assert back.my_chat_member is not None
        assert back.my_chat_member.new_chat_member.status == "member"
        await query.callback_query.answer("Undone", show_alert=True)
        assert (press.answered, press.text, press.alert) == (True, "Undone", True)
        with pytest.raises(BadRequest, match=r"(?i)query is too old"):
            await query.callback_query.answer("again")

    async def test_privacy_mode_shows_the_bot_only_commands_and_replies_to_it(
        self, fake: TelegramFake, bot: telegram.Bot
    ) -> None:
        bob = fake.person("Bob", "bob")
        group = fake.group("Walkers")
        sent = await bot.send_message(group.id, "Hello all")
        group.say("just chatting", by=bob)
        group.say("/post@postroom_test_bot Here", by=bob)
        group.say("/post@another_bot There", by=bob)
        group.say("thanks", by=bob, reply_to=sent.message_id)
        texts = [one.message.text for one in await bot.get_updates() if one.message]
        assert texts == ["/post@postroom_test_bot Here", "thanks"]

    async def test_a_channel_posts_without_a_person(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        channel = fake.channel("News", "news")
        channel.edit(channel.say("One").id, "Two")
        posted, edited = await bot.get_updates()
        assert posted.channel_post is not None
        assert posted.channel_post.from_user is None
        assert edited.edited_channel_post is not None
        assert (await bot.send_message("@news", "From the bot")).chat.id == channel.id

    async def test_a_location_is_any_content(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        fake.private_chat().send(location={"latitude": 59.9, "longitude": 10.7})
        (update,) = await bot.get_updates()
        assert update.message is not None
        assert update.message.location is not None


class TestSending:
    async def test_the_person_sees_text_with_styles_counted_in_utf16(
        self, fake: TelegramFake, bot: telegram.Bot
    ) -> None:
        chat = fake.private_chat()
        await bot.send_message(chat.id, "  👋 hi", entities=[MessageEntity("bold", 5, 2)])
        (seen,) = chat.messages
        assert (seen.text, seen.entities) == ("👋 hi", ({"type": "bold", "offset": 3, "length": 2},))

    async def test_html_becomes_entities(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        chat = fake.private_chat()
        await bot.send_message(chat.id, '<b>A &amp; <i>B</i></b> <a href="https://x.example/">c</a>', parse_mode="HTML")
        (seen,) = chat.messages
        assert seen.text == "A & B c"
        assert [(one["type"], one["offset"], one["length"]) for one in seen.entities] == [
            ("bold", 0, 5),
            ("italic", 4, 1),
            ("text_link", 6, 1),
        ]

    @pytest.mark.parametrize(
        ("html", "words"),
        [
            ("<h1>no</h1>", 'unsupported start tag "h1" at byte offset 0'),
            ("<b>no", "find end tag corresponding to start tag"),
            ("no</b>", "unexpected end tag at byte offset 2"),
            ("<b><i>no</b></i>", 'expected "</i>", found "</b>"'),
            ("1 < 2", "unclosed start tag at byte offset 2"),
        ],
    )
    async def test_html_that_telegram_cannot_read(
        self, fake: TelegramFake, bot: telegram.Bot, html: str, words: str
    ) -> None:
        with pytest.raises(BadRequest, match=f"(?i){words}"):
            await bot.send_message(fake.private_chat().id, html, parse_mode="HTML")

    async def test_photos_albums_and_documents_go_up_as_multipart(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        chat = fake.private_chat()
        photo = await bot.send_photo(chat.id, jpeg(), caption="One", reply_markup=KEYBOARD)
        await bot.send_photo(chat.id, photo.photo[-1].file_id)
        await bot.send_media_group(chat.id, [InputMediaPhoto(jpeg(), caption="Two"), InputMediaPhoto(jpeg())])
        await bot.send_document(chat.id, b"text", filename="a.txt")
        one, again, two, three, document = chat.messages
        assert one.button("Undo").data == "undo:k7f"
        assert Image.open(io.BytesIO(one.file)).size == (640, 480)
        assert again.file == one.file
        assert two.album == three.album != ""
        assert (document.file, document.raw["document"]["file_name"]) == (b"text", "a.txt")

    async def test_edits_and_deletes_change_what_the_person_sees(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        chat = fake.private_chat()
        text = await bot.send_message(chat.id, "Draft", reply_markup=KEYBOARD)
        photo = await bot.send_photo(chat.id, jpeg(), caption="Old")
        gone = await bot.send_message(chat.id, "Gone soon")
        await bot.edit_message_text("Final", chat.id, text.message_id)
        await bot.edit_message_caption(chat.id, photo.message_id, caption="New")
        await bot.edit_message_reply_markup(chat.id, photo.message_id, reply_markup=KEYBOARD)
        await bot.delete_message(chat.id, gone.message_id)
        assert [(one.text, bool(one.buttons), one.edited) for one in chat.messages] == [
            ("Final", False, True),
            ("New", True, True),
        ]

    async def test_answers_in_a_chat_are_awaited(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        chat = fake.private_chat()
        chat.say("published?")
        waiting = asyncio.create_task(chat.wait_for("published"))
        await bot.send_message(chat.id, "It is published.")
        assert (await waiting).text == "It is published."
        with pytest.raises(AssertionError, match=r"bot: 'It is published\.'"):
            await chat.wait_for("never said", timeout=0.01)

    async def test_commands_actions_and_chats(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        chat = fake.private_chat(first_name="Bob")
        await bot.set_my_commands([("post", "Publish a post"), ("help", "What I can do")])
        assert [one.command for one in await bot.get_my_commands()] == ["post", "help"]
        await bot.send_chat_action(chat.id, "typing")
        assert chat.actions == ["typing"]
        assert (await bot.get_chat(chat.id)).first_name == "Bob"
        with pytest.raises(BadRequest, match=r"(?i)BOT_COMMAND_INVALID"):
            await bot.set_my_commands([("Post it", "No")])

    async def test_json_bodies_are_read_as_well_as_forms(self, fake: TelegramFake) -> None:
        chat = fake.private_chat()
        body = {"chat_id": chat.id, "text": "hi", "reply_markup": KEYBOARD.to_dict()}
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = (await client.post(f"{fake.base_url}{fake.token}/sendmessage", json=body)).json()
        assert answer["ok"] is True
        assert chat.messages[0].button("Open").url == "https://a.example.org/"


SMILE = "😀"
REFUSALS: list[tuple[Json, str]] = [
    ({"text": "x" * 4097}, "message is too long"),
    ({"text": SMILE * 2049}, "message is too long"),
    ({"text": " \n"}, "text is empty"),
    ({"text": "x", "entities": [MessageEntity("bold", 0, 2)]}, "ends after the end of the text"),
    ({"text": SMILE, "entities": [MessageEntity("bold", 1, 1)]}, "in a middle of a UTF-16 symbol"),
    ({"text": SMILE, "entities": [MessageEntity("bold", 0, 1)]}, "in a middle of a UTF-16 symbol"),
    ({"text": "x", "entities": [MessageEntity("bold", -1, 1)]}, "incorrect offset"),
    ({"text": "x", "reply_parameters": telegram.ReplyParameters(7)}, "message to be replied not found"),
    (
        {"text": "x", "reply_markup": InlineKeyboardMarkup([[InlineKeyboardButton("a", callback_data="é" * 33)]])},
        "BUTTON_DATA",
    ),
    (
        {"text": "x", "reply_markup": InlineKeyboardMarkup([[InlineKeyboardButton("a", url="http://localhost/")]])},
        "Wrong HTTP URL",
    ),
]


class TestRefusals:
    @pytest.mark.parametrize(("wrong", "words"), REFUSALS)
    async def test_what_the_bot_api_does_not_allow(
        self, fake: TelegramFake, bot: telegram.Bot, wrong: Json, words: str
    ) -> None:
        chat = fake.private_chat()
        with pytest.raises(BadRequest, match=f"(?i){words}"):
            await bot.send_message(chat.id, **wrong)
        assert chat.messages == []

    async def test_the_largest_text_and_caption_pass(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        chat = fake.private_chat()
        await bot.send_message(chat.id, "x" * 4096)
        await bot.send_photo(chat.id, jpeg(), caption="x" * 1024)
        with pytest.raises(BadRequest, match=r"(?i)caption is too long"):
            await bot.send_photo(chat.id, jpeg(), caption="x" * 1025)

    async def test_a_reply_to_a_lost_message_goes_out_when_that_is_allowed(
        self, fake: TelegramFake, bot: telegram.Bot
    ) -> None:
        chat = fake.private_chat()
        lost = telegram.ReplyParameters(7, allow_sending_without_reply=True)
        await bot.send_message(chat.id, "still said", reply_parameters=lost)
        assert chat.messages[0].reply_to is None

    async def test_unknown_chats_lost_messages_and_edits_that_change_nothing(
        self, fake: TelegramFake, bot: telegram.Bot
    ) -> None:
        chat = fake.private_chat()
        sent = await bot.send_message(chat.id, "same")
        said = chat.say("mine")
        with pytest.raises(BadRequest, match=r"(?i)chat not found"):
            await bot.send_message(1, "x")
        with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
            await bot.edit_message_text("same", chat.id, sent.message_id)
        with pytest.raises(BadRequest, match=r"(?i)message to edit not found"):
            await bot.edit_message_text("x", chat.id, 7)
        with pytest.raises(BadRequest, match=r"(?i)message can't be edited"):
            await bot.edit_message_text("x", chat.id, said.id)
        with pytest.raises(BadRequest, match=r"(?i)message to delete not found"):
            await bot.delete_message(chat.id, 7)
        with pytest.raises(BadRequest, match=r"(?i)there is no caption"):
            await bot.edit_message_caption(chat.id, sent.message_id, caption="x")
        with pytest.raises(BadRequest, match=r"(?i)IMAGE_PROCESS_FAILED"):
            await bot.send_photo(chat.id, b"not a picture")

    async def test_a_message_older_than_two_days_stays(self) -> None:
        now = [NOON]
        async with TelegramFake(judge=True, clock=lambda: now[0]) as fake, connected(fake) as bot:
            chat = fake.private_chat()
            sent = await bot.send_message(chat.id, "old")
            now[0] = NOON.replace(day=5)
            with pytest.raises(BadRequest, match=r"(?i)can't be deleted for everyone"):
                await bot.delete_message(chat.id, sent.message_id)

    async def test_blocked_and_thrown_out(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        chat, group = fake.private_chat(), fake.group("Walkers")
        chat.block()
        group.block()
        with pytest.raises(Forbidden, match=r"(?i)bot was blocked by the user"):
            await bot.send_message(chat.id, "x")
        with pytest.raises(Forbidden, match=r"(?i)bot was kicked from the group chat"):
            await bot.send_message(group.id, "x")

    async def test_a_migrated_group_says_where_it_went(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        group = fake.group("Walkers")
        new = fake.migrate(group, by=fake.person("Bob"))
        with pytest.raises(ChatMigrated) as moved:
            await bot.send_message(group.id, "x")
        assert moved.value.new_chat_id == new.id
        assert [one.message.migrate_to_chat_id for one in await bot.get_updates() if one.message] == [new.id, None]

    async def test_wrong_tokens(self, fake: TelegramFake) -> None:
        with pytest.raises(InvalidToken, match=r"(?i)rejected by the server"):
            await connected(fake, "5100000001:wrong").__aenter__()
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{fake.base_url}nonsense/getMe")).status_code == 404
            unknown = await client.get(f"{fake.base_url}{fake.token}/makeTea")
            assert (unknown.status_code, unknown.json()["description"]) == (404, "Not Found")
            assert (await client.get(f"{fake.base_file_url}{fake.token}/photos/none.jpg")).status_code == 404

    async def test_two_bots_do_not_share_chats(self, fake: TelegramFake) -> None:
        token = fake.add_bot("second_bot")
        chat = fake.private_chat(token=token)
        chat.say("for the second")
        async with connected(fake) as first, connected(fake, token) as second:
            assert await first.get_updates(timeout=0) == ()
            assert len(await second.get_updates()) == 1
            with pytest.raises(BadRequest, match=r"(?i)chat not found"):
                await first.send_message(chat.id, "x")


class TestFailures:
    async def test_a_429_is_for_one_chat_and_once(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        alice, bob = fake.private_chat(), fake.private_chat()
        fake.fail_next("sendMessage", status=429, retry_after=3, chat_id=alice.id)
        await bot.send_message(bob.id, "flows")
        with pytest.raises(RetryAfter) as told:
            await bot.send_message(alice.id, "waits")
        assert told.value.retry_after == timedelta(seconds=3)
        await bot.send_message(alice.id, "goes")
        assert [one.text for one in alice.messages] == ["goes"]

    async def test_server_errors_and_asked_for_refusals(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        chat = fake.private_chat()
        fake.fail_next("sendMessage", status=502)
        fake.fail_next("*", status=403, description="Forbidden: user is deactivated")
        with pytest.raises(NetworkError, match=r"(?i)Bad Gateway"):
            await bot.send_message(chat.id, "x")
        with pytest.raises(Forbidden, match=r"(?i)user is deactivated"):
            await bot.send_message(chat.id, "x")
        assert chat.messages == []

    async def test_a_timeout_after_sending_has_sent(self, fake: TelegramFake) -> None:
        chat = fake.private_chat()
        async with connected(fake, read_timeout=0.5) as bot:
            fake.fail_next("sendMessage", status="timeout after send")
            with pytest.raises(TimedOut):
                await bot.send_message(chat.id, "arrived all the same")
        assert [one.text for one in chat.messages] == ["arrived all the same"]

    async def test_a_cut_connection_before_and_after(self, fake: TelegramFake, bot: telegram.Bot) -> None:
        chat = fake.private_chat()
        fake.fail_next("sendMessage", status="disconnect")
        fake.fail_next("sendMessage", status="disconnect after send")
        for _ in range(2):
            with pytest.raises(NetworkError):
                await bot.send_message(chat.id, "x")
        assert len(chat.messages) == 1
        assert [one.status for one in fake.requests if one.method == "sendMessage"] == [0, 0]


class TestWebhook:
    async def test_updates_are_posted_with_the_secret_until_they_are_taken(
        self, fake: TelegramFake, bot: telegram.Bot
    ) -> None:
        hook = await Hook.start(answers=[503, 200])
        try:
            await bot.set_webhook(hook.url, secret_token="s3cret")
            chat = fake.private_chat()
            chat.say("first")
            chat.say("second")
            bodies = [await asyncio.wait_for(hook.came.get(), 60) for _ in range(3)]
            updates = [Update.de_json(json.loads(body), bot) for _, body in bodies]
            assert [one.message.text for one in updates if one.message] == ["first", "first", "second"]
            assert {secret for secret, _ in bodies} == {"s3cret"}
            info = await bot.get_webhook_info()
            assert info.last_error_message == "Wrong response from the webhook: 503 Service Unavailable"
            with pytest.raises(Conflict, match=r"(?i)webhook is active"):
                await bot.get_updates(timeout=0)
            await bot.delete_webhook(drop_pending_updates=True)
            assert await bot.get_updates(timeout=0) == ()
        finally:
            await hook.server.stop()

    async def test_a_webhook_must_be_https_outside_loopback(self, bot: telegram.Bot) -> None:
        with pytest.raises(BadRequest, match=r"(?i)HTTPS URL must be provided"):
            await bot.set_webhook("http://example.org/hook")


class TestJudge:
    async def test_a_request_outside_the_bot_api_fails_the_test(self) -> None:
        fake = TelegramFake(judge=True)
        await fake.__aenter__()
        async with httpx.AsyncClient(trust_env=False) as client:
            body = {"chat_id": fake.private_chat().id, "text": "x", "colour": "red"}
            await client.post(f"{fake.base_url}{fake.token}/sendMessage", json=body)
        with pytest.raises(AssertionError, match=r"not in the Bot API: \.colour"):
            await fake.__aexit__(None, None, None)

    async def test_an_update_outside_the_bot_api_fails_the_test(self) -> None:
        fake = TelegramFake(judge=True)
        await fake.__aenter__()
        fake.private_chat().send(location={"longitude": 1})
        with pytest.raises(AssertionError, match="latitude"):
            await fake.__aexit__(None, None, None)


def test_the_fakes_need_nothing_that_is_installed_for_tests_only() -> None:
    """`make demo` runs them with the runtime dependencies."""
    blocked = "import sys; sys.modules.update(dict.fromkeys(['aiogram', 'pydantic', 'pytest', 'hypothesis'])); "
    code = blocked + "import tests.fakes.telegram as t, tests.fakes.slack as s; t.TelegramFake(), s.SlackFake()"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


class Hook:
    """A webhook that gives the listed answers, then 200."""

    def __init__(self, answers: list[int]) -> None:
        self.answers = answers
        self.came: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        app = web.Application()
        app.router.add_post("/hook", self._take)
        self.server = Loopback(app)

    @classmethod
    async def start(cls, answers: list[int]) -> "Hook":
        hook = cls(answers)
        await hook.server.start()
        return hook

    @property
    def url(self) -> str:
        return f"{self.server.url}/hook"

    async def _take(self, request: web.Request) -> web.Response:
        await self.came.put((request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""), await request.read()))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)


async def _called(fake: TelegramFake, method: str) -> None:
    async with asyncio.timeout(60):
        while not any(one.method == method for one in fake.requests):
            await asyncio.sleep(0)
