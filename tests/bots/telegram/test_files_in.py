"""Files that people send on Telegram: each kind becomes part of a post, cleaned; what can't is answered with what to do."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway.core.store.models import Media
from gateway.core.writing import posting
from tests.bots.telegram.conftest import TelegramStage
from tests.core.writing import media_samples as samples
from tests.fakes.wire import Json

FILE = {"file_id": "f1", "file_unique_id": "f"}
LARGEST = 20 * 1024 * 1024


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    """One database will do here; the contract's scenes run on both."""
    return new_database("sqlite")


def files_of(stage: TelegramStage) -> list[tuple[str, str, bytes]]:
    """Kind, name and bytes of every published file, in order."""
    with stage.harness.house.database.read() as session:
        kept = [
            (one.kind, one.filename, posting.renditions(one)[0].blob)
            for one in session.scalars(select(Media).order_by(Media.id))
        ]
    return [(kind, name, stage.harness.house.blobs.get(blob)) for kind, name, blob in kept]


KINDS: dict[str, tuple[Callable[[TelegramStage], object], str, str]] = {
    "document": (
        lambda stage: stage.alice.chat.document(samples.pdf(), "notes.pdf", "application/pdf", "Listen"),
        "file",
        "notes.pdf",
    ),
    "music": (
        lambda stage: stage.alice.chat.file("audio", samples.mp3(), "audio/mpeg", "Listen", name="tea.mp3"),
        "audio",
        "tea.mp3",
    ),
    "voice": (
        lambda stage: stage.alice.chat.file("voice", samples.opus(), "audio/ogg", "Listen"),
        "audio",
        "voice.ogg",
    ),
    "video": (
        lambda stage: stage.alice.chat.file("video", samples.mp4(), "video/mp4", "Listen", width=64, height=48),
        "video",
        "video.mp4",
    ),
    "animation": (
        lambda stage: stage.alice.chat.file("animation", samples.mp4(), "video/mp4", "Listen", width=64, height=48),
        "video",
        "animation.mp4",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_is_published_without_its_metadata_and_reaches_followers(stage: TelegramStage, kind: str) -> None:
    send, kept_as, name = KINDS[kind]
    send(stage)
    await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    [(found, filename, data)] = files_of(stage)
    assert (post.markdown, found, filename) == ("Listen", kept_as, name)
    assert samples.SECRET not in samples.everything_in(data)
    told = await stage.bob.chat.wait_for(lambda one: one.from_bot and "Listen" in one.text)
    assert {"document", "audio", "video"} & told.raw.keys()


async def test_a_round_video_message_is_a_post(stage: TelegramStage) -> None:
    stage.alice.chat.file("video_note", samples.mp4(), "", length=240)
    await stage.alice.wait_for("Published")
    [(kind, name, _)] = files_of(stage)
    assert (kind, name) == ("video", "video note.mp4")


async def test_several_documents_sent_together_are_one_post(stage: TelegramStage) -> None:
    for number in range(2):
        name = f"{number}.pdf"
        stage.alice.chat.file("document", samples.pdf(), "application/pdf", "Two" * number, name=name, album="9")
    await stage.harness.received(2)
    stage.harness.forward(seconds=3)
    await stage.alice.wait_for("Published")
    assert [post.markdown for post in stage.harness.posts()] == ["Two"]
    assert [name for _, name, _ in files_of(stage)] == ["0.pdf", "1.pdf"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"sticker": FILE | {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}},
         "A sticker can't be a post. Send words, or a photo."),
        ({"location": {"longitude": 13.4, "latitude": 52.5}}, "Write the name of the place, or send a link to a map."),
        ({"venue": {"location": {"longitude": 13.4, "latitude": 52.5}, "title": "Tea", "address": "Street 1"},
          "location": {"longitude": 13.4, "latitude": 52.5}}, "Write the name of the place, or send a link to a map."),
        ({"contact": {"phone_number": "+4930123", "first_name": "Eve"}}, "A contact is somebody's private data"),
        ({"poll": {"id": "5", "question": "Tea?", "options": [], "total_voter_count": 0, "is_closed": False,
                   "is_anonymous": True, "type": "regular", "allows_multiple_answers": False}},
         "Ask in words: people answer with replies."),
        ({"dice": {"emoji": "🎲", "value": 6}}, "Write what you threw."),
    ],
    ids=["sticker", "location", "venue", "contact", "poll", "dice"],
)  # fmt: skip
async def test_what_no_post_can_hold_is_answered_with_what_to_do(
    stage: TelegramStage, content: Json, told: str
) -> None:
    await stage.driver.again({"update_id": 809_000_001, "message": _said(stage, content)})
    answer = await stage.alice.wait_for(told)
    assert answer.text.endswith("Nothing was published.")
    assert stage.harness.posts() == []
    assert stage.harness.inbound()[-1].status == "rejected"


def _said(stage: TelegramStage, content: Json) -> Json:
    """As the platform brings it; put in unjudged, for the judges want more of a poll than the bot reads."""
    return {
        "message_id": 77,
        "date": 1_700_000_000,
        "chat": stage.alice.chat.about,
        "from": stage.alice.chat.who,
    } | content


async def test_a_file_over_the_limit_is_left_out_with_what_to_do(stage: TelegramStage) -> None:
    large = stage.harness.jpeg() + b"\0" * LARGEST
    stage.alice.chat.document(large, "large.jpg", "image/jpeg", "With words")
    answer = await stage.alice.wait_for("Published")
    assert "“large.jpg” is larger than the 20 MB that Telegram lets bots fetch. It was left out." in answer.text
    assert "mail it to your blog's address" in answer.text
    stage.alice.chat.document(large, "large.jpg", "image/jpeg")
    await stage.alice.wait_for("mail it to your blog's address. Nothing was published.")
    assert [(post.markdown, post.photos) for post in stage.harness.posts()] == [("With words", 0)]


async def test_what_cannot_be_cleaned_is_left_out_in_words(stage: TelegramStage) -> None:
    stage.alice.chat.document(b"\xff\xd8\xff\xe0 no more of it", "torn.jpg", "image/jpeg")
    answer = await stage.alice.wait_for("Nothing was published")
    assert "“torn.jpg” could not be read as a picture" in answer.text
    stage.alice.chat.document(b"MZ\x90\x00 a program", "tea.exe", "application/octet-stream", "Try this")
    answer = await stage.alice.wait_for("Published")
    assert "Postroom cannot publish .exe files" in answer.text
