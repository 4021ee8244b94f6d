"""Mail with wishes and files, from the wire to the blog."""

from email.message import EmailMessage

import pytest
from sqlalchemy import select

from gateway.core.store.models import Blog, Media, Post
from gateway.core.writing import blogs
from gateway.core.writing.posting import renditions
from gateway.email.workers import Workers
from tests.conftest import Cast
from tests.core.hands import member
from tests.core.writing import media_samples as samples
from tests.core.writing.media_samples import SECRET, everything_in
from tests.email.mailhouse import MailHouse, letter, photo, wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALICE = "alice@example.com"


def with_files(text: str, *files: tuple[bytes, str, str]) -> EmailMessage:
    message = letter(text)
    for data, kind, name in files:
        main, _, sub = kind.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message


async def test_what_was_asked_for_in_subject_text_and_address_is_done(post: MailHouse) -> None:
    text = "category: Sea, Boats\nslug: evening-light\n\nThe last ferry.\n\n#Harbour\n"
    message = letter(text, subject="[newsletter no] Evening light", to="alice+nochats+travel@post.example.org")
    await post.send(message, "alice+nochats+travel@post.example.org")
    assert (await post.outcome()).status == "published"
    [made] = post.posts()
    assert (made.title, made.markdown, made.path) == ("Evening light", "The last ferry.", "/2026/11/25/evening-light")
    assert (made.newsletter, made.in_chats) == (False, False)
    with post.house.database.read() as session:
        names = [one.name for one in session.get_one(Post, made.id).categories]
    assert names == ["Boats", "Harbour", "Sea"]
    told = post.mails(ALICE)[-1].text
    assert "“+travel” in the address means nothing here" in told


async def test_a_mail_for_later_waits_and_says_until_when(post: MailHouse) -> None:
    await post.send(letter("date: 2026-12-24 18:00\n\nMerry.\n"))
    done = await post.outcome()
    assert done.status == "answered"
    assert post.posts() == []
    [waiting] = post.posts("draft")
    assert waiting.publish_at is not None
    told = post.mails(ALICE)[-1]
    assert told.header("Subject").startswith("Scheduled: Harbour")
    assert "Thursday, 24 December 2026, 18:00 (UTC)" in told.text


async def test_an_option_makes_a_draft_and_a_line_of_the_text_counts_more(post: MailHouse) -> None:
    await post.send(letter(message_id="<a@example.com>"), "alice+draft@post.example.org")
    await post.settled()
    await post.send(letter("status: publish\n\nOut.\n"), "alice+draft@post.example.org")
    await post.settled()
    assert [one.markdown for one in post.posts("draft")] == ["Hello from the harbour."]
    assert [one.markdown for one in post.posts()] == ["Out."]


async def test_a_reply_takes_no_directives(post: MailHouse, cast: Cast) -> None:
    await post.send(letter())
    await post.settled()
    address = post.reply_address(post.posts()[0].id, cast.bob)
    answer = letter("category: no\n\nHi!\n", sender="Bob <bob@example.com>", to=address, message_id="<b@example.com>")
    await post.send(answer, address, mail_from="bob@example.com")
    assert (await post.outcome()).status == "replied"
    assert "category: no" in post.posts()[-1].markdown


@pytest.mark.parametrize("way", ["setting", "option"])
async def test_the_half_that_was_chosen_is_the_post(post: MailHouse, cast: Cast, way: str) -> None:
    message = letter("The *plain* half.\n")
    message.add_alternative("<p>The <b>other</b> half.</p>", subtype="html")
    if way == "setting":
        post.house.database.writer.run(
            lambda s: blogs.change(s, s.get_one(Blog, cast.blog), member(s, "alice"), mail_body="text")
        )
    await post.send(message, "alice@post.example.org" if way == "setting" else "alice+text@post.example.org")
    await post.settled()
    assert post.posts()[0].markdown == "The *plain* half."


async def test_sound_film_and_papers_are_published_clean_and_what_cannot_be_is_told(post: MailHouse) -> None:
    message = with_files(
        "alt: The bay at noon\n\nLook.\n",
        (samples.mp4(brand=b"qt  "), "video/quicktime", "IMG_1.MOV"),
        (samples.mp3(), "audio/mpeg", "song.mp3"),
        (samples.pdf(), "application/pdf", "paper.pdf"),
        (b"PK\3\4 zipped", "application/zip", "old.zip"),
        (b"Rar!\x1a\x07\x00 packed", "application/vnd.rar", "older.rar"),
        (b"%PDF-1.7 broken", "application/pdf", "broken.pdf"),
        (photo(), "image/jpeg", "bay.jpg"),
    )
    await post.send(message)
    assert (await post.outcome()).status == "published"
    [made] = post.posts()
    assert made.markdown == "Look."
    with post.house.database.read() as session:
        media = session.scalars(select(Media).where(Media.post_id == made.id).order_by(Media.position)).all()
        kept = [(one.kind, one.filename, one.alt) for one in media]
        blobs = [size.blob for one in media for size in renditions(one)]
    assert kept == [
        ("video", "IMG_1.MOV", ""),
        ("audio", "song.mp3", ""),
        ("file", "paper.pdf", ""),
        ("image", "bay.jpg", "The bay at noon"),
    ]
    for blob in blobs:
        published = everything_in(post.house.blobs.get(blob))
        assert SECRET not in published
        assert b"Secret Camera" not in published
    told = post.mails(ALICE)[-1].text
    assert "“old.zip” was left out" in told
    assert "“older.rar” was left out" in told
    assert " ".join(told.split()).count("PDF and plain text work.") == 1
    assert "“broken.pdf” is damaged or incomplete" in told


async def test_a_picture_in_the_html_itself_is_published_like_any_other(post: MailHouse) -> None:
    message = letter("x")
    data = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    message.add_alternative(
        f'<p>Before <b>it</b></p><img src="data:image/png;base64,{data}" alt="A dot"><p>After</p>', subtype="html"
    )
    await post.send(message)
    assert (await post.outcome()).status == "published"
    with post.house.database.read() as session:
        [media] = session.scalars(select(Media)).all()
        assert (media.kind, media.inline, media.alt) == ("image", True, "A dot")
    html = post.posts()[0].html
    assert html.index("Before") < html.index("/media/") < html.index("After")


async def test_a_picture_that_is_refused_leaves_no_broken_mark(post: MailHouse) -> None:
    message = letter("x")
    message.add_alternative('<p>Before <b>it</b></p><p><img src="cid:bad" alt="bad"></p><p>After</p>', subtype="html")
    _, html = message.iter_parts()
    assert isinstance(html, EmailMessage)
    html.add_related(b"\xff\xd8\xff nonsense", "image", "jpeg", cid="<bad>", filename="bad.jpg")
    await post.send(message)
    assert (await post.outcome()).status == "published"
    assert "<img" not in post.posts()[0].html
    assert "bad.jpg" in post.mails(ALICE)[-1].text


async def test_a_file_that_takes_too_long_costs_the_file_and_not_the_mail() -> None:
    message = with_files(
        "Words.\n", (samples.slow_pdf(), "application/pdf", "slow.pdf"), (photo(), "image/jpeg", "a.jpg")
    )
    pool = Workers(1, cpu_seconds=1)
    await pool.start()
    try:
        made = await pool.read(wire(message))
    finally:
        await pool.stop()
    slow, picture = made.files
    assert made.post_text == "Words."
    assert not slow.renditions
    assert "takes too long to prepare" in slow.notes[0]
    assert picture.renditions
