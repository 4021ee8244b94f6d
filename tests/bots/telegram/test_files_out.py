"""Files on their way out: played, shown or offered as Telegram can, and linked when they are too large for it."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.bots.telegram.pages import pages
from gateway.core.messages import Answer, Attached, Button, Outgoing, Picture
from tests.bots.telegram.conftest import TelegramStage

OPEN = ((Button("Open", url="https://alice.example.org/x"),),)


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    """What is sent does not depend on the database."""
    return new_database("sqlite")


async def sent(stage: TelegramStage, answer: Answer) -> list[dict[str, Any]]:
    """The messages that came of an answer."""
    before = len(stage.alice.chat.answers)
    result = await stage.driver.door.carrier.send(Outgoing(1, "answer", "telegram", stage.alice.place, answer))
    assert result.status == "sent"
    return [one.raw for one in stage.alice.chat.answers[before:]]


def a_file(stage: TelegramStage, kind: Any, content_type: str, name: str) -> Attached:
    blob = stage.harness.house.blobs.put(name.encode())
    return Attached(kind, blob, content_type, name, f"https://example.org/media/{name}", 9)


async def test_a_post_of_one_file_is_one_message_with_its_words_and_button(stage: TelegramStage) -> None:
    plan = a_file(stage, "file", "application/pdf", "plan.pdf")
    [message] = await sent(stage, Answer("**alice** wrote:", attached=(plan,), buttons=OPEN, short_reference="k7f"))
    assert message["document"]["file_name"] == "plan.pdf"
    assert message["caption"] == "alice wrote:\n\n[k7f]"
    assert message["reply_markup"]["inline_keyboard"][0][0]["text"] == "Open"


@pytest.mark.parametrize(
    ("kind", "content_type", "name", "shown"),
    [
        ("audio", "audio/mpeg", "song.mp3", "audio"),
        ("audio", "audio/ogg", "birds.ogg", "document"),
        ("video", "video/mp4", "walk.mp4", "video"),
        ("video", "video/webm", "walk.webm", "document"),
        ("file", "text/plain", "notes.txt", "document"),
    ],
)
async def test_what_telegram_plays_is_played_and_the_rest_is_a_document(
    stage: TelegramStage, kind: str, content_type: str, name: str, shown: str
) -> None:
    [message] = await sent(stage, Answer("Listen", attached=(a_file(stage, kind, content_type, name),)))
    assert message[shown]["file_name"] == name


async def test_several_files_follow_the_words_and_the_photo(stage: TelegramStage) -> None:
    photo = Picture(stage.harness.house.blobs.put(stage.harness.jpeg()), "image/jpeg", "", size=900)
    files = (a_file(stage, "file", "text/plain", "a.txt"), a_file(stage, "audio", "audio/mpeg", "b.mp3"))
    first, *rest = await sent(stage, Answer("Look", pictures=(photo,), attached=files))
    assert first["caption"] == "Look"
    assert first["photo"]
    assert ["document" in one or "audio" in one for one in rest] == [True, True]


async def test_a_photo_above_ten_megabytes_is_a_document(stage: TelegramStage) -> None:
    blob = stage.harness.house.blobs.put(stage.harness.jpeg())
    [message] = await sent(stage, Answer("Large", pictures=(Picture(blob, "image/jpeg", "", size=10_000_001),)))
    assert message["document"]["file_name"] == "photo.jpg"
    assert message["caption"] == "Large"


def test_what_is_above_fifty_megabytes_is_linked_in_the_words() -> None:
    film = Attached("video", "0" * 64, "video/mp4", "long_walk.mp4", "https://example.org/media/w.mp4", 50_000_001)
    [page] = pages(Answer("See", attached=(film,)))
    assert page.file is None
    assert page.words == "See\n\nlong_walk.mp4"
    assert [entity.url for entity in page.entities] == ["https://example.org/media/w.mp4"]


async def test_a_file_that_telegram_refuses_becomes_a_link(stage: TelegramStage) -> None:
    stage.fake.fail_next("sendDocument", status=400, description="Bad Request: wrong file")
    [message] = await sent(stage, Answer("Read", attached=(a_file(stage, "file", "application/pdf", "plan.pdf"),)))
    assert message["text"] == "Read\n\nplan.pdf: https://example.org/media/plan.pdf"


async def test_a_file_that_is_no_longer_kept_is_left_out(stage: TelegramStage) -> None:
    gone = Attached("file", "0" * 64, "application/pdf", "plan.pdf", "https://example.org/media/x", 9)
    [message] = await sent(stage, Answer("Read", attached=(gone,)))
    assert message["text"] == "Read"
