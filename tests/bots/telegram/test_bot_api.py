"""What we send is the Bot API, and so is every update that the fake can make: judged by those who know neither.

aiogram and python-telegram-bot judge always, the published JSON where TEST_CORPORA has it.
"""

import ast
import inspect
import io
from collections.abc import Callable, Mapping
from typing import Any

import aiogram.types
import pytest
import telegram
from PIL import Image

from gateway.bots.telegram.api import KINDS
from tests.bots.telegram.conftest import TelegramStage
from tests.fakes import telegram_chats
from tests.fakes.telegram import TelegramFake
from tests.fakes.telegram_chats import Chat
from tests.fakes.telegram_spec import Spec, published
from tests.fakes.wire import Json

FILE = {"file_id": "f1", "file_unique_id": "f", "file_size": 9}
SIZE = {"width": 640, "height": 480}
ANSWER = {"voter_count": 0}
CONTENTS: dict[str, Json] = {
    "voice": {"voice": FILE | {"duration": 3, "mime_type": "audio/ogg"}, "caption": "tea"},
    "audio": {"audio": FILE | {"duration": 3, "performer": "bob", "title": "Tea", "file_name": "tea.mp3"}},
    "video": {"video": FILE | SIZE | {"duration": 3}, "caption": "tea"},
    "video_note": {"video_note": FILE | {"length": 240, "duration": 3}},
    "sticker": {"sticker": FILE | SIZE | {"type": "regular", "is_animated": False, "is_video": False}},
    "location": {"location": {"longitude": 13.4, "latitude": 52.5}},
    "venue": {"venue": {"location": {"longitude": 13.4, "latitude": 52.5}, "title": "Tea", "address": "Street 1"}},
    "contact": {"contact": {"phone_number": "+4930123", "first_name": "Eve"}},
    "dice": {"dice": {"emoji": "🎲", "value": 6}},
    "forward_origin": {"text": "x", "forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Eve"}},
    "quote": {"text": "x", "quote": {"text": "tea", "position": 0}},
    "new title": {"new_chat_title": "Tea"},
}


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 400)).save(out, "JPEG")
    return out.getvalue()


def alice(fake: TelegramFake) -> Chat:
    return fake.private_chat(first_name="Alice", username="alice_on_telegram")


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    """One database will do here; the contract's scenes run on both."""
    return new_database("sqlite")


def animation(fake: TelegramFake) -> None:
    """Which comes as a document besides, for programs that know no animations."""
    file = fake.home().files.add("animations", b"tea", "tea.mp4", "video/mp4")
    alice(fake).send(animation=file | SIZE | {"duration": 3}, document=file)


def edit_photo(fake: TelegramFake) -> None:
    chat = alice(fake)
    chat.edit(chat.photo(jpeg(), "tea").id, "more tea", photo=jpeg())


def press(fake: TelegramFake) -> None:
    chat = alice(fake)
    keyboard = {"inline_keyboard": [[{"text": "Undo", "callback_data": "undo"}]]}
    chat.press(chat.post_by_bot({"text": "Published.", "reply_markup": keyboard})["message_id"], "Undo")


def reply(fake: TelegramFake) -> None:
    chat = alice(fake)
    chat.say("yes", reply_to=chat.post_by_bot({"text": "Tea?"})["message_id"])


def edit_in_channel(fake: TelegramFake) -> None:
    channel = fake.channel("Tea", "tea_channel")
    channel.edit(channel.say("tea").id, "more tea")


def block_and_unblock(fake: TelegramFake) -> None:
    chat = alice(fake)
    chat.block()
    chat.unblock()


SHAPES: dict[str, tuple[str, Callable[[TelegramFake], object]]] = {
    "text": (
        "message",
        lambda fake: alice(fake).say("/start tea", entities=[{"type": "bold", "offset": 7, "length": 3}]),
    ),
    "photo": ("message", lambda fake: alice(fake).photo(jpeg(), "tea")),
    "album": ("message", lambda fake: alice(fake).album([jpeg(), jpeg()], "tea")),
    "document": ("message", lambda fake: alice(fake).document(b"tea", "tea.txt", "text/plain", "tea")),
    "animation": ("message", animation),
    "reply": ("message", reply),
    "in a group": ("message", lambda fake: fake.group("Tea", privacy=False).say("hi", by=fake.person("Bob"))),
    "migration": ("message", lambda fake: fake.migrate(fake.group("Tea"), fake.person("Bob"))),
    "edited text": ("edited_message", lambda fake: (chat := alice(fake)).edit(chat.say("tea").id, "more tea")),
    "edited photo": ("edited_message", edit_photo),
    "in a channel": ("channel_post", lambda fake: fake.channel("Tea").photo(jpeg(), "tea")),
    "edited in a channel": ("edited_channel_post", edit_in_channel),
    "button": ("callback_query", press),
    "blocked": ("my_chat_member", block_and_unblock),
    "taken in": ("my_chat_member", lambda fake: fake.channel("Tea").take_bot_in(fake.person("Bob"))),
    "thrown out": ("my_chat_member", lambda fake: fake.channel("Tea").block()),
} | {name: ("message", lambda fake, content=content: alice(fake).send(**content)) for name, content in CONTENTS.items()}


@pytest.mark.parametrize("shape", SHAPES)
def test_both_libraries_read_every_update_that_the_fake_makes(shape: str) -> None:
    kind, do = SHAPES[shape]
    fake = TelegramFake(judge=True)
    do(fake)
    updates = fake.home().updates.everything
    assert updates[-1].keys() == {"update_id", kind}
    assert fake.faults == []
    for update in updates:
        theirs = aiogram.types.Update.model_validate(update)
        assert theirs.event_type == next(name for name in update if name != "update_id")
        ours = telegram.Update.de_json(update, None)
        assert unread(ours.to_dict(), update) == []


def unread(read: Any, sent: Any, path: str = "update") -> list[str]:
    """What python-telegram-bot has not kept of an update."""
    if isinstance(sent, Mapping):
        return [
            fault
            for name, value in sent.items()
            for fault in (unread(read[name], value, f"{path}.{name}") if name in read else [f"{path}.{name}"])
        ]
    if isinstance(sent, list):
        return [fault for at, value in enumerate(sent) for fault in unread(read[at], value, f"{path}[{at}]")]
    return []


def test_the_table_has_every_kind_of_update_that_the_fake_makes_and_the_door_asks_for() -> None:
    tree = ast.parse(inspect.getsource(telegram_chats))
    calls = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("updates.put")
    ]
    words = [node.value for call in calls for node in ast.walk(call.args[0]) if isinstance(node, ast.Constant)]
    made = {word for word in words if word in aiogram.types.Update.model_fields}
    assert len(calls) == 6
    assert made == {kind for kind, _ in SHAPES.values()}
    assert made >= set(KINDS)


SPEC: Json = {
    "methods": {
        "sendTea": {
            "fields": [
                {"name": "chat_id", "types": ["Integer", "String"], "required": True},
                {"name": "sugar", "types": ["Integer"], "required": False},
                {"name": "hot", "types": ["Boolean"], "required": False},
                {"name": "cup", "types": ["InputFile"], "required": True},
                {"name": "guests", "types": ["Array of Guest"], "required": False},
            ]
        }
    },
    "types": {
        "Guest": {"subtypes": ["Friend", "Stranger"]},
        "Friend": {"fields": [{"name": "name", "types": ["String"], "required": True}]},
        "Stranger": {"fields": [{"name": "id", "types": ["Integer"], "required": True}]},
    },
}


@pytest.mark.parametrize(
    ("params", "faults"),
    [
        ({"chat_id": 1, "sugar": 2, "hot": True, "guests": [{"name": "bob"}, {"id": 7}]}, []),
        ({"chat_id": "1", "sugar": "2", "hot": "true", "cup": "attach://cup"}, []),
        ({}, ["sendTea.chat_id: missing"]),
        ({"chat_id": 1, "milk": 1}, ["sendTea.milk: unknown"]),
        ({"chat_id": 1, "sugar": "two"}, ["sendTea.sugar: no Integer: 'two'"]),
        ({"chat_id": 1, "sugar": True}, ["sendTea.sugar: no Integer: True"]),
        ({"chat_id": 1, "hot": 1}, ["sendTea.hot: no Boolean: 1"]),
        ({"chat_id": 1, "guests": {"name": "bob"}}, ["sendTea.guests: no array"]),
        ({"chat_id": 1, "guests": [{"name": 5}]}, ["sendTea.guests[0].name: no String: 5"]),
        ({"chat_id": 1, "guests": ["bob"]}, ["sendTea.guests[0]: no Friend"]),
    ],
)
def test_the_judge_by_json_finds_what_is_wrong(params: Json, faults: list[str]) -> None:
    assert Spec(SPEC).call("sendTea", params) == faults


def test_the_judge_by_json_knows_no_other_methods_and_judges_objects() -> None:
    assert Spec(SPEC).call("sendCoffee", {}) == ["sendCoffee: no such method"]
    assert Spec(SPEC).value({"id": 7}, "Guest") == []
    assert Spec(SPEC).value({"id": "7"}, "Stranger") == ["Stranger.id: no Integer: '7'"]


async def test_the_published_json_judges_every_scene(stage: TelegramStage) -> None:
    """It is in the judge of every fake; a fault fails the test in which it is made."""
    spec = published()
    if spec is None:
        pytest.skip("TEST_CORPORA names no folder with telegram/bot-api.json")
    before = spec.judged
    stage.alice.chat.photo(stage.harness.jpeg(), "Tea **and** more")
    await stage.alice.wait_for("Published")
    assert spec.judged > before
    assert stage.fake.faults == []
    assert spec.call("sendMessage", {"chat_id": 1}) == ["sendMessage.text: missing"]
