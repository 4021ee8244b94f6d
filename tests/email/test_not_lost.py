"""Mail of a proved member that used to vanish: what looks automatic by its subject alone, what refers to no post, a further recipient, unproven commands."""

from itertools import count

import pytest

from gateway.core.ledger import inbox
from gateway.core.store.models import Inbound
from gateway.email.senders import ASK
from tests.conftest import Cast, Clock
from tests.core.hands import choose, publish
from tests.email.mailhouse import MailHouse, letter, photo

pytestmark = pytest.mark.asyncio(loop_scope="session")

_numbers = count()
ALICE, BOB, DO, BLOG = "alice@example.com", "bob@example.com", "do@post.example.org", "alice@post.example.org"
ABSENT = ["Out of office", "Out of Office: the series, reviewed", "Automatic reply: hi"]


async def came(post: MailHouse, text: str = "Words.\n", *to: str, sender: str = ALICE, **more: str) -> Inbound:
    """A mail from a member and what became of it."""
    mail = letter(text, sender=sender, message_id=f"<{next(_numbers)}@example.com>", **more)
    assert (await post.send(mail, *(to or (BLOG,)), mail_from=sender)).startswith("250 ")
    return await post.outcome()


def release(post: MailHouse, row: Inbound) -> None:
    post.house.database.writer.run(lambda session: inbox.release(session, row.id, post.house.now()))


def told(post: MailHouse, to: str = ALICE) -> list[str]:
    return [mail.header("Subject") for mail in post.mails(to)]


# Out of office


@pytest.mark.parametrize("subject", ABSENT)
async def test_a_post_that_is_called_like_an_automatic_reply_is_asked_about(post: MailHouse, subject: str) -> None:
    message = letter(subject=subject)
    message.add_attachment(photo(), maintype="image", subtype="jpeg", filename="lake.jpg")
    await post.send(message)
    row = await post.outcome()
    assert (row.status, row.reason.partition(":")[0]) == ("held", "It looks like an automatic reply")
    [asked] = post.mails(ALICE)
    assert asked.header("Subject") == f"Publish this? {subject}"
    assert "> Hello from the harbour." in asked.text
    assert "1 file: lake.jpg" in asked.text
    release(post, row)
    await post.settled()
    [made] = post.posts()
    assert (made.title, "Hello from the harbour." in made.markdown, len(post.mails(ALICE))) == (subject, True, 2)


async def test_two_machines_get_no_further_than_one_question_and_one_list_a_day(post: MailHouse, clock: Clock) -> None:
    for _ in range(5):
        assert (await came(post, subject="Out of office")).status == "held"
        clock.forward(hours=1)
    assert told(post) == ["Publish this? Out of office"]
    clock.forward(days=1)
    await post.settled()
    assert told(post)[1:] == ["Publish these? 4 messages are waiting"]
    assert (await came(post, subject="Out of office")).status == "held"
    assert len(told(post)) == 3


@pytest.mark.parametrize("more", [{"Auto_Submitted": "auto-replied"}, {"In_Reply_To": "<x@post.example.org>"}])
async def test_a_real_automatic_reply_is_ignored_and_an_operator_may_release_it(
    post: MailHouse, more: dict[str, str]
) -> None:
    row = await came(post, subject="Out of office", **more)
    assert (row.status, told(post)) == ("ignored", [])
    release(post, row)
    assert (await post.outcome()).status == "published"


async def test_nobody_is_asked_about_an_automatic_reply_that_nothing_proves(post: MailHouse) -> None:
    post.dns.say_nothing()
    row = await came(post, subject="Out of office")
    assert (row.status, told(post)) == ("ignored", [])


async def test_answers_in_a_conversation_that_is_called_out_of_office_count(post: MailHouse, cast: Cast) -> None:
    made = publish(post.house, "alice", "About absence.", title="Out of office: the series")
    to = post.reply_address(made.id, cast.bob)
    row = await came(
        post, "Well said.\n", to, sender=BOB, subject=f"Re: Out of office: the series [{made.short_reference}]"
    )
    assert row.status == "replied"
    other = publish(post.house, "alice", "Hello", title="Harbour")
    row = await came(
        post, "I am away.\n", post.reply_address(other.id, cast.bob), sender=BOB, subject="Out of office: Harbour"
    )
    assert row.status == "ignored"


# Answers to nothing


@pytest.mark.parametrize("reference", ["zzz", "k9z", "b2bcd"])
async def test_an_answer_to_a_post_that_is_not_there_is_asked_about(post: MailHouse, reference: str) -> None:
    row = await came(post, subject=f"Re: unknown [{reference}]")
    assert (row.status, f"no post [{reference}]" in row.reason) == ("held", True)
    assert "It looks like a reply" in post.mails(ALICE)[-1].text
    release(post, row)
    await post.settled()
    assert [made.title for made in post.posts()] == ["unknown"]


@pytest.mark.parametrize("subject", ["Re: Notes [2026]", "Notes [zzz]", "Re: Notes [draft]", "Fwd: Notes [zzz]"])
async def test_other_subjects_with_brackets_are_titles(post: MailHouse, subject: str) -> None:
    assert (await came(post, subject=subject)).status in {"published", "answered"}


async def test_a_forwarded_mail_of_ours_does_not_name_the_reference_in_its_title(post: MailHouse) -> None:
    made = publish(post.house, "bob", "Hello")
    await came(post, subject=f"Fwd: The real title [{made.short_reference}]")
    newest = post.posts()[-1]
    assert (newest.title, str(newest.path).rsplit("/", 1)[-1]) == ("The real title", "the-real-title")


@pytest.mark.parametrize("word", ["delete", "publish", "edit: Other words"])
async def test_a_command_about_a_post_that_is_not_there_is_not_done_to_another(post: MailHouse, word: str) -> None:
    await came(post, "Mine.\n")
    row = await came(post, f"{word}\n", DO, subject="Re: Published: Harbour [b2bcd]")
    assert row.status == "rejected"
    assert "no post [b2bcd]" in post.mails(ALICE)[-1].text
    assert [made.markdown for made in post.posts()] == ["Mine."]


@pytest.mark.parametrize("to", [DO, BLOG])
async def test_a_draft_is_published_by_an_answer_whose_subject_alone_names_it(post: MailHouse, to: str) -> None:
    await came(post, subject="[draft] Harbour")
    [draft] = post.posts("draft")
    assert told(post) == [f"Draft: Harbour [{draft.short_reference}]"]
    assert "Answer this with publish" in post.mails(ALICE)[-1].text.replace("`", "")
    row = await came(post, "publish\n", to, subject=f"Re: Draft: Harbour [{draft.short_reference}]")
    assert (row.status, [made.id for made in post.posts()]) == ("published", [draft.id])


async def test_somebody_elses_draft_is_none_that_can_be_answered(post: MailHouse) -> None:
    await came(post, subject="[draft] Harbour")
    [draft] = post.posts("draft")
    to = "bob@post.example.org"
    row = await came(post, "Hm.\n", to, sender=BOB, subject=f"Re: Draft: Harbour [{draft.short_reference}]")
    assert (row.status, "there is no post" in row.reason) == ("held", True)


# Several recipients


@pytest.mark.parametrize("quiet", [False, True])
async def test_a_recipient_that_refused_what_another_took_is_named(post: MailHouse, cast: Cast, quiet: bool) -> None:
    if quiet:
        choose(post.house, "alice", confirmations=False)
    row = await came(post, "Words.\n", BLOG, "bob@post.example.org")
    assert row.status == "published"
    [confirmation] = post.mails(ALICE)
    said = " ".join(confirmation.text.split())
    assert "bob@post.example.org was not given your mail: This blog takes mail from its owner only." in said


async def test_a_recipient_that_refused_a_command_is_named_too(post: MailHouse) -> None:
    await came(post, "following\n", DO, "bob@post.example.org")
    assert "bob@post.example.org was not given your mail" in " ".join(post.mails(ALICE)[-1].text.split())
    await came(post, "\n", BLOG, "bob@post.example.org", subject="")
    assert "bob@post.example.org was not given your mail" in " ".join(post.mails(ALICE)[-1].text.split())


# Commands of those for whom nobody vouches


async def test_commands_that_nothing_proves_are_shown_and_done_when_their_sender_says_so(post: MailHouse) -> None:
    post.dns.say_nothing()
    row = await came(post, "follow @carol\nfollow @alice\n", DO, sender=BOB, subject="")
    assert (row.status, row.reason) == ("held", ASK)
    [asked] = post.mails(BOB)
    assert asked.header("Subject") == "Do this? follow @carol follow @alice"
    assert ("> follow @carol" in asked.text, "Nothing is done yet." in asked.text) == (True, True)
    assert asked.text.count("/held/") == 1
    release(post, row)
    assert (await post.outcome()).status == "answered"
    assert "You follow Carol now." in post.mails(BOB)[-1].text
    assert "excerpt" not in (await post.outcome()).envelope


async def test_the_secret_address_takes_answers_to_a_confirmation_without_a_question(
    post: MailHouse, cast: Cast
) -> None:
    post.dns.say_nothing()
    to = post.secret_address(cast.blog)
    await came(post, "Words.\n", to)
    await post.settled()
    [confirmation] = post.mails(ALICE)
    row = await came(post, "delete\n", to, subject="Re: it", In_Reply_To=confirmation.header("Message-ID"))
    assert (row.status, post.posts()) == ("deleted", [])
    assert "Deleted: “Harbour” [" in post.mails(ALICE)[-1].text
