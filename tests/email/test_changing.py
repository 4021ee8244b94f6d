"""Changing one's mind by mail: by answering one's own confirmation, however the mail program does that, and by its button."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from itertools import count, product
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.store.models import Blog, Media, Member, Post
from gateway.core.writing import blogs
from gateway.email.workers import Workers
from tests.conftest import Cast, Clock
from tests.core.hands import choose, do, publish
from tests.email.mailhouse import MailHouse, letter, photo

pytestmark = pytest.mark.asyncio(loop_scope="session")

_numbers = count()
ALICE, BOB, DO, BLOG = "alice@example.com", "bob@example.com", "do@post.example.org", "alice@post.example.org"


@pytest_asyncio.fixture(loop_scope="session")
async def patient(house: House, cast: Cast, workers: Workers, tmp_path: Path) -> AsyncIterator[MailHouse]:
    """The cast's house, where people hear of a post after a minute and of a reply after five seconds."""
    community = replace(house.community, undo_posts=timedelta(seconds=60), undo_replies=timedelta(seconds=5))
    async with MailHouse(replace(house, community=community), workers, tmp_path) as opened:
        yield opened


async def published(post: MailHouse, text: str = "Hello from the harbour.\n", **more: str) -> Post:
    """alice's newest post, made by mail."""
    await post.send(letter(text, message_id=f"<{next(_numbers)}@example.com>", **more))
    await post.settled()
    return post.posts()[-1]


def answer(post: MailHouse, text: str, *, to: str = DO, forgetful: bool = False, html: bool = False) -> EmailMessage:
    """alice's answer to the last mail she got from us, with our words quoted; a `forgetful` program keeps nothing but the subject."""
    told = post.mails(ALICE)[-1]
    assert told.header("Reply-To") == DO
    quoted = "".join(f"> {line}\n" for line in told.text.splitlines())
    threads = {} if forgetful else {"In_Reply_To": told.header("Message-ID")}
    said = letter(
        f"{text}\n\nOn Wed, 25 Nov 2026 at 12:00, Demo Town wrote:\n{quoted}",
        to=to,
        subject=f"Re: {told.header('Subject')}",
        message_id=f"<answer-{next(_numbers)}@example.com>",
        **threads,
    )
    if html:
        said.set_content(f"<div>{text}</div><br><blockquote type='cite'>{told.html}</blockquote>", subtype="html")
    return said


async def say(post: MailHouse, text: str, *, to: str = DO, **how: bool) -> tuple[str, str]:
    """Answers; gives what became of it, and what alice was told then."""
    before = len(post.mails(ALICE))
    assert (await post.send(answer(post, text, to=to, **how), to)).startswith("250 ")
    outcome = (await post.outcome()).status
    told = post.mails(ALICE)
    return outcome, told[-1].text if len(told) > before else ""


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("delete", "deleted"),
        ("Delete.", "deleted"),
        ("edit: Hello from the *lighthouse*.", "edited"),
        ("title: At the lighthouse", "edited"),
        ("Thank you!", "rejected"),
        ("undoing is hard", "rejected"),
    ],
)
async def test_an_answer_to_ones_own_confirmation_changes_that_post_or_nothing(
    post: MailHouse, clock: Clock, word: str, outcome: str
) -> None:
    """To `do` or to the blog, threaded or by the subject alone, as text or HTML; a later post stays as it is."""
    for to, how in product((DO, BLOG), ({}, {"forgetful": True}, {"html": True})):
        first = await published(post)
        raw = answer(post, word, to=to, **how)
        later = await published(post, "A later post.\n", subject="Later")
        clock.forward(days=1)  # what is refused is told once a day
        await post.send(raw, to)
        assert (await post.outcome()).status == outcome, (to, how)
        now = {one.id: (one.title, one.markdown) for one in post.posts()}
        assert now[later.id] == ("Later", "A later post.")
        if outcome == "deleted":
            assert first.id not in now, (to, how)
        elif outcome == "rejected":
            assert now[first.id] == ("Harbour", "Hello from the harbour.")
            assert "Nothing was published." in post.mails(ALICE)[-1].text
        else:
            title, text = now[first.id]
            assert (title == "Harbour", text == "Hello from the harbour.") == (
                word.startswith("edit"),
                word.startswith("title"),
            )


async def test_a_title_that_ends_like_our_subjects_is_no_answer(post: MailHouse) -> None:
    made = await published(post)
    for mark in ("Note", "Fwd", "On"):
        mail = await published(post, "More.\n", subject=f"{mark}: Harbour [{made.short_reference}]")
        assert (mail.id != made.id, mail.markdown) == (True, "More."), mark
    assert (await post.outcome()).status == "published"


@pytest.mark.parametrize(
    ("text", "title", "words"),
    [
        ("edit:\ntitle: At the lighthouse\nHello from up here.", "At the lighthouse", "Hello from up here."),
        ("edit: title: At the lighthouse\n\nHello from up here.", "At the lighthouse", "Hello from up here."),
        ("edit:\nTitle: At the lighthouse", "At the lighthouse", "Hello from the harbour."),
        ("edit:\nHello.\n\ntitle: not at the top", "Harbour", "Hello.\n\ntitle: not at the top"),
    ],
)
async def test_an_edit_may_bring_a_title_above_its_words(post: MailHouse, text: str, title: str, words: str) -> None:
    await published(post)
    assert (await say(post, text))[0] == "edited"
    [made] = post.posts()
    assert (made.title, made.markdown) == (title, words)


async def test_an_edit_keeps_the_photos_and_says_that_new_ones_are_not_added(post: MailHouse) -> None:
    message = letter()
    message.add_attachment(photo(), maintype="image", subtype="jpeg", filename="lake.jpg")
    await post.send(message)
    await post.settled()
    again = answer(post, "edit: Better words.")
    again.add_attachment(photo("red"), maintype="image", subtype="jpeg", filename="red.jpg")
    await post.send(again, DO)
    assert (await post.outcome()).status == "edited"
    with post.house.database.read() as session:
        assert session.scalars(select(Media.filename)).all() == ["lake.jpg"]
    [made] = post.posts()
    assert made.markdown == "Better words."
    assert "files of this message were not added" in " ".join(post.mails(ALICE)[-1].text.split())


async def test_undo_within_its_time_leaves_no_trace_and_later_it_is_refused(
    patient: MailHouse, clock: Clock, cast: Cast
) -> None:
    await published(patient, "Hello @bob\n")
    assert await say(patient, "undo") == ("deleted", patient.mails(ALICE)[-1].text)
    assert "Nobody was told of it." in patient.mails(ALICE)[-1].text
    clock.forward(minutes=2)
    await patient.settled()
    assert patient.mails(BOB) == []

    await published(patient, "Hello again @bob\n")
    confirmed = answer(patient, "undo")
    clock.forward(minutes=2)
    await patient.settled()
    assert len(patient.mails(BOB)) == 1
    await patient.send(confirmed, DO)
    assert (await patient.outcome()).status == "rejected"
    [made] = patient.posts()
    assert "too late to undo" in patient.mails(ALICE)[-1].text
    assert f"Send delete {made.short_reference}" in " ".join(patient.mails(ALICE)[-1].text.replace("`", "").split())


async def test_nobody_changes_a_post_by_answering_somebody_elses_confirmation(post: MailHouse) -> None:
    await published(post)
    for number, word in enumerate(("delete", "edit: Mine now", "undo", "title: Mine")):
        raw = answer(post, word)
        raw.replace_header("From", "Bob <bob@example.com>")
        raw.replace_header("Message-ID", f"<bob{number}@example.com>")
        await post.send(raw, DO, mail_from=BOB)
        assert (await post.outcome()).status == "rejected", word
    [made] = post.posts()
    assert (made.title, made.markdown) == ("Harbour", "Hello from the harbour.")


async def test_an_unproven_answer_deletes_nothing(post: MailHouse) -> None:
    await published(post)
    post.dns.say_nothing()
    for to, said in [(to, answer(post, "delete", to=to)) for to in (DO, BLOG)]:
        assert (await post.send(said, to)).startswith("250 ")
        assert (await post.outcome()).status == "held", to
        assert post.mails(ALICE)[-1].header("Subject") == "Do this? delete", to
        assert len(post.posts()) == 1


@pytest.mark.parametrize("word", ["delete", "edit: Other words", "title: Another", "publish"])
async def test_an_answer_to_a_mail_about_no_post_changes_none(post: MailHouse, word: str) -> None:
    await published(post)
    await post.send(letter("settings\n", to=DO, subject="", message_id="<ask@example.com>"), DO)
    await post.settled()
    outcome, told = await say(post, word)
    assert outcome == "rejected"
    assert "can't tell which post you mean" in told
    [made] = post.posts()
    assert (made.title, made.markdown) == ("Harbour", "Hello from the harbour.")


async def test_the_confirmation_says_where_who_and_how_to_change_it(patient: MailHouse) -> None:
    made = await published(patient)
    [told] = patient.mails(ALICE)
    assert told.header("Subject") == f"Published: Harbour [{made.short_reference}]"
    assert told.header("Return-Path") == "<>"
    for body in (told.text.replace("`", ""), re.sub(r"</?code[^>]*>", "", told.html)):
        words = " ".join(body.split())
        for said in (
            f"https://alice.example.org{made.path}",
            "public on your blog",
            "If your newsletter has readers, they get it by mail.",
            "Answer this with undo",
            "for 60 seconds",
            "or delete to delete it",
            "edit: the new words",
            "Take it back",
            "https://example.org/undo/",
            "confirmations off",
        ):
            assert said in words, said
    assert "Answer this mail to reply." not in told.text


async def test_confirmations_are_turned_off_by_mail_but_what_was_left_out_is_told(post: MailHouse) -> None:
    await post.send(letter("confirmations off\n", to=DO, subject="", message_id="<off@example.com>"), DO)
    await post.settled()
    assert "not told any more" in post.mails(ALICE)[-1].text
    await published(post)
    assert len(post.mails(ALICE)) == 1
    message = letter("With a file.\n", message_id="<file@example.com>")
    message.add_attachment(b"MZ", maintype="application", subtype="x-msdownload", filename="tool.exe")
    await post.send(message)
    assert (await post.outcome()).status == "published"
    assert "tool.exe" in post.mails(ALICE)[-1].text
    await post.send(letter("confirmations on\n", to=DO, subject="", message_id="<on@example.com>"), DO)
    await post.settled()
    assert "told what you have published" in post.mails(ALICE)[-1].text


async def test_a_blog_without_a_newsletter_promises_none(post: MailHouse, cast: Cast) -> None:
    def close(session: Session) -> None:
        from gateway.core.store.models import Blog

        session.get_one(Blog, cast.blog).newsletter = "off"

    post.house.database.writer.run(close)
    choose(post.house, "alice", confirmations=True)
    await published(post)
    assert "newsletter" not in post.mails(ALICE)[-1].text


async def test_a_failed_command_is_not_done_rather_than_not_published(post: MailHouse) -> None:
    """In an answer to somebody else's post, which might have been a reply."""
    made = publish(post.house, "bob", "Hello")
    for word in ("delete", "edit: Mine"):
        subject = f"Re: Bob wrote: Hello [{made.short_reference}]"
        await post.send(letter(word, to=DO, subject=subject, message_id=f"<{next(_numbers)}@example.com>"), DO)
        assert (await post.outcome()).status == "rejected", word
        assert post.mails(ALICE)[-1].header("Subject") == f"Not done: {word}"


async def test_a_page_of_which_nobody_is_told_does_not_say_when_they_are(patient: MailHouse) -> None:
    for subject, is_told in [("Harbour", True), ("[page] About", False), ("[date 2020-01-01] Old", False)]:
        await published(patient, subject=subject)
        said = " ".join(patient.mails(ALICE)[-1].text.split())
        assert "`undo` to take it back" in said, subject
        assert ("nobody is told of it for 60 seconds" in said) is is_told, subject


async def test_a_deletion_names_the_title_that_is_gone(post: MailHouse) -> None:
    made = await published(post)
    assert await say(post, "delete") == ("deleted", post.mails(ALICE)[-1].text)
    assert f"Deleted: “Harbour” [{made.short_reference}]." in post.mails(ALICE)[-1].text


# From a provider that vouches for nothing


async def unsigned(post: MailHouse, cast: Cast) -> EmailMessage:
    """alice posts to her secret address, and presses Reply at what she is told; to be filled with what she says."""
    post.dns.say_nothing()
    address = post.secret_address(cast.blog)
    await published_at(post, address)
    told = post.mails(ALICE)[-1]
    assert told.header("Reply-To") == address
    [confirmation] = [one for one in post.deliveries("answer") if one.recipient == ALICE]
    hidden = address.split("@")[0].split(".")[1]
    assert hidden not in f"{confirmation.payload} {told.text} {told.html}"
    return letter(
        "",
        to=told.header("Reply-To"),
        subject=f"Re: {told.header('Subject')}",
        message_id=f"<answer-{next(_numbers)}@example.com>",
        In_Reply_To=told.header("Message-ID"),
    )


async def published_at(post: MailHouse, address: str) -> None:
    made = letter("Hello from the harbour.\n", to=address, message_id=f"<{next(_numbers)}@example.com>")
    assert (await post.send(made, address)).startswith("250 ")
    assert (await post.outcome()).status == "published"


@pytest.mark.parametrize("word", ["delete", "undo"])
async def test_a_reply_to_the_confirmation_of_an_unsigned_post_needs_no_question(
    patient: MailHouse, cast: Cast, word: str
) -> None:
    said = await unsigned(patient, cast)
    said.set_content(f"{word}\n")
    assert (await patient.send(said, str(said["To"]))).startswith("250 ")
    assert (await patient.outcome()).status == "deleted"
    assert patient.posts() == []
    assert patient.mails(ALICE)[-1].header("Reply-To") == patient.secret_address(cast.blog)


async def test_a_secret_that_was_changed_meanwhile_takes_no_answer(patient: MailHouse, cast: Cast) -> None:
    said = await unsigned(patient, cast)
    said.set_content("delete\n")
    with patient.house.database.read() as session:
        owner = session.get_one(Blog, cast.blog).member_id
    do(
        patient.house,
        lambda s: blogs.rotate_secret(s, s.get_one(Blog, cast.blog), s.get_one(Member, owner)),
    )
    assert (await patient.send(said, str(said["To"]))).startswith("550 ")
    assert len(patient.posts()) == 1


async def test_what_is_vouched_for_is_answered_at_do(patient: MailHouse, cast: Cast) -> None:
    await published_at(patient, patient.secret_address(cast.blog))
    assert patient.mails(ALICE)[-1].header("Reply-To") == DO
