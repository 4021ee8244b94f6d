"""What becomes of stored mail: duplicates, replies by every way, machines, photos. What their answers change is test_changing."""

import asyncio
import io
import os
import signal
from email.message import EmailMessage

import pytest
from PIL import Image
from sqlalchemy import func, select

from gateway.core.ledger.inbox import Claim
from gateway.core.messages import InboundMessage
from gateway.core.store.models import Media, Member, Post
from gateway.core.writing import blogs
from gateway.core.writing.posting import renditions
from gateway.email import letters
from tests.conftest import Cast, Clock
from tests.email.mailhouse import MailHouse, letter, photo, signed, wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOB = "bob@example.com"


async def published(post: MailHouse, **more: str) -> Post:
    """alice's first post, made by mail."""
    await post.send(letter(**more))
    await post.settled()
    return post.posts()[-1]


def from_bob(text: str, to: str = "bob@post.example.org", **more: str) -> EmailMessage:
    return letter(text, sender="Bob <bob@example.com>", to=to, message_id="<from-bob@example.com>", **more)


# Duplicates


async def test_the_same_mail_again_is_one_post(post: MailHouse) -> None:
    raw = wire(letter())
    assert (await post.send(raw)).startswith("250 ")
    await post.settled()
    assert (await post.send(b"Received: from elsewhere\r\n by here; today\r\n" + raw)).startswith("250 ")
    assert await post.outcomes() == ["published"]
    assert len(post.posts()) == 1


async def test_two_mails_with_one_message_id_are_two_posts(post: MailHouse) -> None:
    await post.send(letter("First.\n"))
    await post.send(letter("Second.\n"))
    assert await post.outcomes() == ["published", "published"]
    assert [made.markdown for made in post.posts()] == ["First.", "Second."]


async def test_one_mail_to_two_blogs_of_one_member_is_a_post_on_each(post: MailHouse, cast: Cast) -> None:
    post.house.database.writer.run(
        lambda s: blogs.create(s, s.get_one(Member, cast.alice), post.house.now(), name="harbour")
    )
    assert (await post.send(letter(), "alice@post.example.org", "harbour@post.example.org")).startswith("250 ")
    assert await post.outcomes() == ["published", "published"]


async def test_a_mail_is_accepted_when_one_of_its_recipients_takes_it(post: MailHouse) -> None:
    assert (await post.send(letter(), "bob@post.example.org", "alice@post.example.org")).startswith("250 ")
    assert await post.outcomes() == ["published"]
    assert [(one.code, one.recipient) for one in post.refusals()] == [("550 5.7.1", "bob@post.example.org")]


# Replies


async def test_a_reply_to_a_notification_is_a_reply_though_it_went_to_the_blog(post: MailHouse, cast: Cast) -> None:
    hello = await published(post, text="Hello @bob\n")
    [notice] = post.mails(BOB)
    assert notice.header("Reply-To") == post.reply_address(hello.id, cast.bob)
    mail = from_bob("Hi!\n\nOn Wed, Alice wrote:\n> Hello @bob\n", In_Reply_To=notice.header("Message-ID"))
    await post.send(mail, "bob@post.example.org", mail_from=BOB)
    assert (await post.outcome()).status == "replied"
    reply = post.posts()[-1]
    assert (reply.reply_to_id, reply.markdown, reply.title) == (hello.id, "Hi!", "")


async def test_a_reply_by_the_older_of_two_references_finds_its_post(post: MailHouse) -> None:
    hello = await published(post)
    mail = from_bob("Hi!\n", In_Reply_To="<lost@example.com>", References="<one@example.com> <lost@example.com>")
    await post.send(mail, "bob@post.example.org", mail_from=BOB)
    assert (await post.outcome()).status == "replied"
    assert post.posts()[-1].reply_to_id == hello.id


@pytest.mark.parametrize("mark", ["Re: ", "AW: ", "Antw: ", "RE:", "Re[2]: "])
async def test_a_reference_in_the_subject_of_a_reply_says_which_post(post: MailHouse, mark: str) -> None:
    hello = await published(post)
    mail = from_bob("Hi!\n", subject=f"{mark}Alice wrote: Harbour [{hello.short_reference}]")
    await post.send(mail, "bob@post.example.org", mail_from=BOB)
    assert (await post.outcome()).status == "replied"
    assert post.posts()[-1].reply_to_id == hello.id


@pytest.mark.parametrize("subject", ["Tips for [{}]", "Re: [{}] and others", "A long title, indeed: the tale of [{}]"])
async def test_a_reference_elsewhere_in_a_title_stays_a_title(post: MailHouse, subject: str) -> None:
    hello = await published(post)
    title = subject.format(hello.short_reference)
    await post.send(from_bob("Hi!\n", subject=title), "bob@post.example.org", mail_from=BOB)
    assert (await post.outcome()).status == "published"
    assert post.posts()[-1].title == title


async def test_a_reference_to_a_post_that_is_gone_publishes_nothing(post: MailHouse) -> None:
    hello = await published(post)
    await post.send(letter(f"delete {hello.short_reference}\n", subject=""), "do@post.example.org")
    await post.settled()
    subject = f"Re: Harbour [{hello.short_reference}]"
    await post.send(from_bob("Hi!\n", subject=subject), "bob@post.example.org", mail_from=BOB)
    assert (await post.outcome()).status == "rejected"
    assert post.posts() == []
    assert "Your reply was not published" in post.mails(BOB)[-1].text


async def test_a_reply_to_all_is_one_reply_and_no_post(post: MailHouse, cast: Cast) -> None:
    hello = await published(post)
    address = post.reply_address(hello.id, cast.bob)
    mail = from_bob("Hi!\n", to=f"{address}, bob@post.example.org")
    await post.send(mail, "bob@post.example.org", address, mail_from=BOB)
    assert await post.outcomes() == ["published", "ignored", "replied"]
    assert [made.kind for made in post.posts()] == ["post", "reply"]


@pytest.mark.parametrize("blog_first", [True, False])
async def test_a_reply_to_all_that_comes_in_two_parts_is_one_reply_and_no_post(
    post: MailHouse, cast: Cast, blog_first: bool
) -> None:
    hello = await published(post)
    address = post.reply_address(hello.id, cast.bob)
    mail = from_bob("Hi!\n", to=f"{address}, bob@post.example.org")
    ways = ["bob@post.example.org", address] if blog_first else [address, "bob@post.example.org"]
    for way in ways:
        await post.send(mail, way, mail_from=BOB)
        await post.settled()
    assert await post.outcomes() == ["published", "replied", "ignored"]
    assert [(made.kind, made.reply_to_id) for made in post.posts()] == [("post", None), ("reply", hello.id)]


async def test_a_conversation_by_mail_keeps_its_thread(post: MailHouse, cast: Cast) -> None:
    hello = await published(post, text="Hello @bob\n")
    [notice] = post.mails(BOB)
    address = post.reply_address(hello.id, cast.bob)
    await post.send(from_bob("Hi!\n", to=address, In_Reply_To=notice.header("Message-ID")), address, mail_from=BOB)
    await post.settled()
    told = post.mails("alice@example.com")[-1]
    assert told.header("Subject").startswith("Re: Harbour [")
    assert told.header("In-Reply-To") == "<one@example.com>"
    assert told.header("From") == '"Bob (Demo Town)" <do@post.example.org>'
    reply = post.posts()[-1]
    assert told.header("Reply-To") == post.reply_address(reply.id, cast.alice)


# Machines and loops


@pytest.mark.parametrize(
    ("headers", "mail_from", "why"),
    [
        ({"Auto_Submitted": "auto-replied"}, "alice@example.com", "a machine sent it"),
        ({"Precedence": "bulk"}, "alice@example.com", "in bulk or to a list"),
        ({"List_Id": "Sailors <sailors.example.com>"}, "alice@example.com", "mailing list"),
        (
            {"subject": "Automatic reply: Harbour", "In_Reply_To": "<told@post.example.org>"},
            "alice@example.com",
            "automatic reply",
        ),
        ({}, "", "no sender to answer"),
    ],
)
async def test_mail_from_machines_is_accepted_and_ignored_with_the_reason(
    post: MailHouse, headers: dict[str, str], mail_from: str, why: str
) -> None:
    post.dns.publish_key()
    assert (await post.send(letter(**headers), mail_from=mail_from)).startswith("250 " if mail_from else "550 ")
    if not mail_from:
        assert (await post.send(signed(wire(letter())), mail_from="")).startswith("250 ")
    done = await post.outcome()
    assert done.status == "ignored"
    assert done.reason.startswith("It was not posted, because ")
    assert why in done.reason
    assert (post.posts(), post.mails("alice@example.com")) == ([], [])


async def test_an_absence_note_about_a_notification_goes_nowhere(post: MailHouse, cast: Cast) -> None:
    hello = await published(post, text="Hello @bob\n")
    address = post.reply_address(hello.id, cast.bob)
    before = len(post.mails(BOB))
    await post.send(from_bob("I am away.\n", to=address, Auto_Submitted="auto-replied"), address, mail_from=BOB)
    assert (await post.outcome()).status == "ignored"
    assert len(post.mails(BOB)) == before


async def test_a_mail_that_runs_in_circles_is_refused(post: MailHouse) -> None:
    hops = b"".join(b"Received: from a by b; Wed, 25 Nov 2026 12:00:00 +0000\r\n" for _ in range(52))
    assert (await post.send(hops + wire(letter()))).startswith("554 5.4.6 ")
    assert (await post.send(hops[: len(hops) // 2] + wire(letter()))).startswith("250 ")


async def test_a_mail_that_kills_its_reader_is_dead_after_three_tries_and_others_go_on(post: MailHouse) -> None:
    """The worker is killed in the middle of the mail each time, as a mail that kills its reader would do."""
    tried = []

    async def prepare(held: Claim) -> InboundMessage:
        if b"killer" not in (held.raw or b""):
            return await letters.prepare(post.house, post.workers, held)
        tried.append(held.attempts)
        await post.workers.prepare_file(b"nothing", "nothing.txt")  # the worker is up, and idle
        [pid] = post.workers.pids
        os.kill(pid, signal.SIGSTOP)
        reading = asyncio.ensure_future(letters.prepare(post.house, post.workers, held))
        while not any(worker.busy for worker in post.workers._workers):
            await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        return await reading

    await post.rest()
    post.prepare = prepare
    post.work()
    await post.send(letter("A killer.\n"))
    clock = post.house.now
    assert isinstance(clock, Clock)
    for _ in range(3):
        await post.settled()
        clock.forward(minutes=1)
    await post.settled()
    await post.send(letter("Harmless.\n", sender=BOB), "bob@post.example.org", mail_from=BOB)
    await post.settled()
    first, second = post.inbox()
    assert (first.status, tried) == ("dead", [1, 2, 3])
    assert "Tried 3 times" in first.reason
    assert second.status == "published"
    assert first.raw is not None


# Secret addresses


async def test_a_forwarded_header_does_not_publish_the_secret_address(post: MailHouse, cast: Cast) -> None:
    address = post.secret_address(cast.blog)
    hidden = address.split("@")[0].split(".")[1]
    quoted = f"status: publish\n\nLook!\n\n---------- Forwarded message ---------\nFrom: Bob <bob@example.com>\nTo: <{address}>\nSubject: x\n\nHi\n"
    mail = letter(quoted, to=address, subject=f"Fwd: {address}")
    mail.add_alternative(
        f'<p>status: publish</p><p>Look!</p><p>To: <b><a href="mailto:{address}">{address}</a></b></p>', subtype="html"
    )
    await post.send(mail, address)
    made = await published(post, text=f"And {address}\n", message_id="<two@example.com>", subject=f"Fw: {address}")
    await post.send(
        letter(f"Answer {address}\n", message_id="<three@example.com>"), post.reply_address(made.id, cast.alice)
    )
    await post.send(
        letter(f"edit {made.short_reference} Now {address}\n", subject="x", message_id="<four@example.com>"),
        "do@post.example.org",
    )
    assert await post.outcomes() == ["published", "published", "replied", "edited"]
    for one in post.posts():
        assert hidden not in f"{one.title} {one.markdown} {one.html} {one.path}"
        assert "alice.…@post.example.org" in one.markdown
    for told in post.mails("alice@example.com"):
        assert hidden not in f"{told.header('Subject')} {told.text}"


# Photos


def photo_letter(data: bytes, *, inline: bool) -> EmailMessage:
    """A mail whose photo stands between two paragraphs, or hangs on its end."""
    message = letter("Before.\n\nAfter.\n")
    if inline:
        message.add_alternative('<p>Before.</p><p><img src="cid:lake" alt="The lake"></p><p>After.</p>', subtype="html")
        _, html = message.iter_parts()
        assert isinstance(html, EmailMessage)
        html.add_related(data, "image", "jpeg", cid="<lake>", filename="lake.jpg")
    else:
        message.add_attachment(data, maintype="image", subtype="jpeg", filename="lake.jpg")
    return message


@pytest.mark.parametrize("inline", [True, False])
async def test_a_photo_is_published_without_what_the_camera_wrote(post: MailHouse, inline: bool) -> None:
    await post.send(photo_letter(photo(size=(2000, 1500)), inline=inline))
    made = (await post.outcome()).post_id
    with post.house.database.read() as session:
        [media] = session.scalars(select(Media).where(Media.post_id == made)).all()
        html = session.get_one(Post, made).html
        sizes = renditions(media)
    assert (media.kind, media.filename, media.inline) == ("image", "lake.jpg", inline)
    assert len(sizes) > 1
    for size in sizes:
        data = post.house.blobs.get(size.blob)
        assert b"Secret Camera" not in data
        image = Image.open(io.BytesIO(data))
        assert (image.size, dict(image.getexif())) == ((size.width, size.height), {})
    url = post.house.community.media_url(sizes[0].blob)
    assert (url in html) == inline
    if inline:
        assert html.index("Before.") < html.index(url) < html.index("After.")
        assert 'alt="The lake"' in html
        assert "cid:" not in html


async def test_large_mail_is_kept_beside_the_database_and_read_from_there(post: MailHouse) -> None:
    noise = Image.effect_noise((700, 500), 90)
    file = io.BytesIO()
    noise.save(file, "JPEG", quality=95)
    await post.send(photo_letter(file.getvalue(), inline=False))
    done = await post.outcome()
    assert (done.status, done.raw) == ("published", None)
    assert done.raw_blob is not None
    assert done.raw_size == len(post.house.blobs.get(done.raw_blob)) > 100_000


async def test_a_photo_that_cannot_be_read_loses_no_words_and_is_told(post: MailHouse) -> None:
    await post.send(photo_letter(photo()[:300], inline=False))
    assert (await post.outcome()).status == "published"
    [told] = post.mails("alice@example.com")
    assert "lake.jpg" in told.text
    assert post.posts()[0].markdown.startswith("Before.")
    with post.house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Media)) == 0


async def test_a_photo_without_words_is_a_post_of_its_subject(post: MailHouse) -> None:
    message = letter("", subject="At the lake")
    message.add_attachment(photo(), maintype="image", subtype="jpeg", filename="lake.jpg")
    await post.send(message)
    assert (await post.outcome()).status == "published"
    [made] = post.posts()
    assert (made.title, made.markdown) == ("", "At the lake")


async def test_a_mail_with_nothing_in_it_is_told_so(post: MailHouse) -> None:
    await post.send(letter("\n", subject=""))
    assert (await post.outcome()).status == "rejected"
    assert "nothing to publish" in post.mails("alice@example.com")[-1].text
