"""Commands by mail: several below each other, without quotation and signature, from the subject, as HTML; each mail is answered by one mail."""

from itertools import count

import pytest
from sqlalchemy import select

from gateway.core.store.models import Media
from tests.email.mailhouse import MailHouse, letter, photo

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOB, DO = "bob@example.com", "do@post.example.org"
_numbers = count()


async def ask(post: MailHouse, text: str, *, subject: str = "", html: str = "") -> tuple[str, str, str]:
    """bob's mail to `do`: what became of it, the subject of what he was answered, and its text on one line."""
    before = len(post.mails(BOB))
    mail = letter(text, sender=BOB, to=DO, subject=subject, message_id=f"<{next(_numbers)}@example.com>")
    if html:
        mail.set_content(html, subtype="html")
    assert (await post.send(mail, DO, mail_from=BOB)).startswith("250 ")
    outcome = (await post.outcome()).status
    [answer] = post.mails(BOB)[before:]
    return outcome, answer.header("Subject"), " ".join(answer.text.split())


CAROL, ALICE = "You follow Carol now.", "You follow Alice already."

ASKED = [
    ("follow @carol\nfollow @alice\n", "answered", [CAROL, ALICE]),
    ("follow @carol\n\nfollow @alice\n\n-- \nBob\nfollow @nobody\n", "answered", [CAROL, ALICE]),
    ("follow @carol\n\nThank you,\nBob\n", "answered", [CAROL]),
    ("follow @carol\r\nhelp follow\r\n", "answered", [CAROL, "Follow somebody."]),
    ("follow @carol\nfollow @nobody\n", "answered", [CAROL, "no member called @nobody"]),
    ("follow @carol\nfolow @alice\n", "rejected", ["“folow @alice” is no command", "None of the lines was obeyed."]),
    ("follow @carol\n/folow @alice\n", "answered", [CAROL, "Did you mean `follow`?"]),
    ("undo\nthread k7f\n", "rejected", ["There is nothing to undo.", "There is no post [k7f]."]),
    ("post: First line\n\nfollow @carol is part of the post\n", "published", ["Published: https://bob.example.org/"]),
    ("follow @carol\nplease and thank you\n", "rejected", ["“please and thank you” is no command"]),
    ("folow @carol\n", "rejected", ["There is no command “folow”. Did you mean `follow @name`?"]),
    ("delete zzz\n", "rejected", ["There is no post [zzz]."]),
    ("edit\n", "rejected", ["Send `edit k7f new words` to change a post. Nothing was done."]),
    (
        "recommend @carol She asks\nthe best questions.\nfollow @alice\n",
        "answered",
        ["this week: “She asks the best questions”.", ALICE],
    ),
    ("follow @carol\n" * 21, "rejected", ["up to 20 commands. None of yours was obeyed."]),
    ("follow @carol\n\nOn Wed, Demo Town wrote:\n> follow @nobody\n", "answered", [CAROL]),
]


@pytest.mark.parametrize(("text", "outcome", "said"), ASKED)
async def test_each_line_is_a_command_and_all_are_answered_in_one_mail(
    post: MailHouse, text: str, outcome: str, said: list[str]
) -> None:
    got, _, told = await ask(post, text)
    assert got == outcome, told
    assert [words for words in said if words not in told] == []


async def test_a_description_is_told_as_it_was_stored_without_the_commands_below_it(post: MailHouse) -> None:
    message = letter(sender=BOB, to="bob@post.example.org")
    message.add_attachment(photo(), maintype="image", subtype="jpeg", filename="lake.jpg")
    await post.send(message, "bob@post.example.org", mail_from=BOB)
    await post.settled()
    [made] = post.posts()
    _, _, told = await ask(post, f"alt {made.short_reference} The ferry\ntitle: At the *pier*\nmentions\n")
    assert f"Photo 1 of [{made.short_reference}] is described: “The ferry”." in told
    assert "Its title is “At the *pier*” now." in told.replace("\\", "")
    with post.house.database.read() as session:
        assert session.scalars(select(Media.alt)).all() == ["The ferry"]
    assert post.posts()[0].title == "At the *pier*"


async def test_what_was_refused_undoes_nothing_of_the_rest_and_the_subject_says_how_many(post: MailHouse) -> None:
    _, subject, told = await ask(post, "follow @carol\nfollow @nobody\nmute @alice\n")
    assert subject == "3 commands, 1 refused"
    assert "> follow @carol" in told
    assert "> mute @alice" in told
    _, subject, told = await ask(post, "following\n")
    assert "carol" in told


HTML = [
    ("<div>follow @carol</div><div>follow @alice</div><div><br></div><div>Bob</div>", [CAROL, ALICE]),
    ("follow @carol<br>follow @alice", [CAROL, ALICE]),
    ('<p>follow @carol</p><div class="gmail_quote">On Wed wrote:<blockquote>help</blockquote></div>', [CAROL]),
]


@pytest.mark.parametrize(("html", "said"), HTML)
async def test_commands_may_come_as_html(post: MailHouse, html: str, said: list[str]) -> None:
    outcome, _, told = await ask(post, "", html=html)
    assert outcome == "answered", told
    assert [words for words in said if words not in told] == []


@pytest.mark.parametrize(
    ("subject", "text", "outcome"),
    [
        ("follow @carol", "\n", "answered"),
        ("follow @carol", "-- \nBob\n", "answered"),
        ("follow @carol", "Please!\n", "rejected"),
        ("Hello there", "\n", "rejected"),
        ("folow", "\n", "rejected"),
    ],
)
async def test_the_subject_is_the_command_when_the_mail_has_no_words(
    post: MailHouse, subject: str, text: str, outcome: str
) -> None:
    assert (await ask(post, text, subject=subject))[0] == outcome


async def test_a_photo_sent_with_a_post_is_published_with_it(post: MailHouse) -> None:
    mail = letter("post: At the lake\n", sender=BOB, to=DO, subject="")
    mail.add_attachment(photo(), maintype="image", subtype="jpeg", filename="lake.jpg")
    await post.send(mail, DO, mail_from=BOB)
    assert (await post.outcome()).status == "published"
    with post.house.database.read() as session:
        assert session.scalars(select(Media.filename)).all() == ["lake.jpg"]


async def test_a_member_sees_by_mail_what_became_of_their_mails_and_nobody_elses(post: MailHouse) -> None:
    await post.send(letter(subject="Alice's own"))
    await post.send(letter("Words.\n", sender=BOB, subject="A walk"), "bob@post.example.org", mail_from=BOB)
    await post.settled()
    await ask(post, "follow @nobody\n")
    for word in ("inbox\n", "status\n"):
        _, subject, told = await ask(post, word)
        assert subject == "Your inbox"
        assert "25 November 12:00, “A walk”: published https://bob.example.org/2026/11/25/a-walk" in told
        assert "not done. There is no member called @nobody." in told
        assert "Alice's own" not in told
