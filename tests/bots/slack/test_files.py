"""Files that people share in Slack: published, or left out in words."""

import asyncio
import io
import wave

from sqlalchemy import select

from gateway.core.store.models import Media
from tests.bots.slack.conftest import Slacking
from tests.fakes.wire import Json


async def test_several_photos_in_one_message_are_one_post_in_their_order(slack: Slacking) -> None:
    photos = [slack.harness.jpeg(width=width) for width in (300, 310, 320)]
    await slack.alice.photo(*photos, caption="Three of them")
    await slack.alice.wait_for("Published")
    [post] = slack.harness.posts()
    assert (post.markdown, post.widths) == ("Three of them", (300, 310, 320))


async def test_files_of_every_kind_are_published_and_a_refused_one_costs_no_words(slack: Slacking) -> None:
    files = (
        (slack.harness.jpeg(), "a.jpg", "image/jpeg"),
        (b"MZ", "b.mp4", "video/mp4"),
        (b"Wind, waves\n3,1.5\n", "c.csv", "text/csv"),
        (a_sound(), "d.wav", "audio/x-wav"),
    )
    slack.alice.files(*files, text="Three of four")
    answer = await slack.alice.wait_for("Published")
    assert "“b.mp4” is empty or damaged. It was left out." in answer.text
    assert [post.markdown for post in slack.harness.posts()] == ["Three of four"]

    def kinds() -> list[str]:
        with slack.harness.house.database.read() as session:
            return list(session.scalars(select(Media.kind).order_by(Media.position)))

    assert await asyncio.to_thread(kinds) == ["image", "file", "audio"]


def a_sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\1" * 800)
    return out.getvalue()


async def test_a_file_without_words_that_can_not_be_published_is_refused_in_words(slack: Slacking) -> None:
    slack.alice.dm.file(b"MZ\0\0", "setup.exe", content_type="application/octet-stream")
    answer = await slack.alice.wait_for("setup.exe")
    assert "Nothing was published" in answer.text
    assert slack.harness.posts() == []


async def test_words_do_not_wait_for_ever_for_a_file_that_slack_can_not_give(slack: Slacking) -> None:
    slack.fake.fail_next("download", status=503, times=2)
    slack.alice.dm.file(slack.harness.jpeg(), "photo.jpg", "Words first")
    await slack.harness.received(1)
    await slack.harness.until(lambda: "503" in slack.harness.inbound()[-1].reason, "waiting")
    slack.harness.forward(hours=2)
    answer = await slack.alice.wait_for("Published")
    assert "It was left out." in answer.text
    assert [(post.markdown, post.photos) for post in slack.harness.posts()] == [("Words first", 0)]


async def test_a_file_of_which_only_the_id_comes_is_asked_for(slack: Slacking) -> None:
    slack.alice.dm.file(slack.harness.jpeg(), "shared.jpg", "From afar", readable=False)
    await slack.alice.wait_for("Published")
    assert [post.photos for post in slack.harness.posts()] == [1]


async def test_the_sign_in_page_is_not_taken_for_a_photo(slack: Slacking) -> None:
    """Without files:read Slack gives a page with status 200 in place of the file."""
    slack.fake.world.app.scopes -= {"files:read"}
    slack.alice.dm.file(slack.harness.jpeg(), "photo.jpg", "Words stay")
    answer = await slack.alice.wait_for("Published")
    assert "“photo.jpg” could not be read: Slack did not let me read it. It was left out." in answer.text
    assert [(post.markdown, post.photos) for post in slack.harness.posts()] == [("Words stay", 0)]


async def test_a_photo_waits_while_slack_can_not_give_it(slack: Slacking) -> None:
    slack.fake.fail_next("download", status=503)
    slack.alice.dm.file(slack.harness.jpeg(), "photo.jpg", "Later")
    await slack.harness.received(1)
    await slack.harness.until(lambda: "503" in slack.harness.inbound()[-1].reason, "waiting")
    assert slack.harness.inbound()[-1].attempts == 0
    slack.harness.forward(seconds=30)
    await slack.alice.wait_for("Published")
    assert [post.photos for post in slack.harness.posts()] == [1]


async def test_the_token_goes_to_slack_only(slack: Slacking) -> None:
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    file = {"id": "F1", "name": "a.jpg", "mimetype": "image/jpeg", "size": 1}
    for url in (f"http://127.0.0.1:{port}/a.jpg", "https://slack.com.example.org/a.jpg", "file:///etc/passwd"):
        message: Json = {"type": "message", "subtype": "file_share", "user": slack.alice.person.id, "text": "Look"}
        ts = slack.fake.world.ts()
        slack.fake.tell(
            message | {"files": [file | {"url_private_download": url}], "channel": slack.alice.dm.id, "ts": ts}
        )
    await slack.harness.received(3)
    await slack.harness.idle()
    server.close()
    await server.wait_closed()
    assert asked == []
    assert [post.photos for post in slack.harness.posts()] == [0, 0, 0]
