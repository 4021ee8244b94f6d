"""What members are told because of a mail they sent, from a worker's note to a held message: in their own language."""

import json
from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from gateway.core.desk import history
from gateway.core.errors import Invalid
from gateway.core.words import later, speaking, t, together
from gateway.email import body, content, senders
from gateway.email.limits import LIMITS
from gateway.email.prepared import PreparedFile, PreparedMail, mail_from, mail_head
from tests.conftest import Cast
from tests.core.hands import choose
from tests.email.mailhouse import MailHouse, letter, wire
from tests.email.test_signed import ARMOUR

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME_IT = "Nothing was done. Send it again as a new mail, and name the post by its short reference."
ALICE, DO = "alice@example.com", "do@post.example.org"
_FILES = """\
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

Look.
--b
Content-Type: application/zip; name=old.zip
Content-Transfer-Encoding: base64

UEsDBAAAAAAA
--b
Content-Type: audio/flac; name=song.flac
Content-Transfer-Encoding: base64

ZkxhQwAAA
--b--
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A mail, whether anything proves its sender, and the sentences that it makes."""

    mail: bytes
    told: tuple[str, ...]
    to: str = "alice@post.example.org"
    proved: bool = True


def _mail(text: str, number: int, subject: str = "Harbour") -> bytes:
    return wire(letter(text, subject=subject, message_id=f"<{number}@example.com>"))


def _raw(rest: bytes, number: int) -> bytes:
    head = f"From: {ALICE}\nTo: alice@post.example.org\nSubject: Harbour\nMessage-ID: <{number}@example.com>\n"
    return (head.encode() + rest).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _no_post(ref: str) -> str:
    return later("It looks like a reply, but there is no post [{ref}], which its subject names.", ref=ref)


CASES = {
    "files that are damaged or of no kind we know": Case(
        _raw(_FILES.encode(), 1),
        (
            later("The file {name} is damaged. {problem}", name="song.flac", problem=later("Its end is missing.")),
            later(
                "“{name}” is damaged or incomplete ({why}). It was left out.",
                name="song.flac",
                why=later("it ends before its sound"),
            ),
            later(
                "Postroom cannot publish .{extension} files. “{name}” was left out.", extension="zip", name="old.zip"
            ),
            later("Photos, MP3, M4A, Ogg, WAV, FLAC, MP4, MOV, WebM, PDF and plain text work."),
        ),
    ),
    "a text that is too long": Case(
        _mail("Hello harbour.\n" * 80_000, 2),
        (later("The text was too long; what follows its first {count} characters was left out.", count=LIMITS.text),),
    ),
    "a subject that is too long": Case(_mail("Hello.\n", 3, "Long words " * 60), (later(body.TOO_LONG),)),
    "an option that nobody knows": Case(
        _mail("Hello.\n", 4),
        (
            later(
                "“+{option}” in the address means nothing here. There are: {options}.",
                option="banana",
                options="draft, publish, page, text, html, nonewsletter, nochats, quiet, subscribe",
            ),
        ),
        to="alice+banana@post.example.org",
    ),
    "a directive that is not understood": Case(
        _mail("delay: someday\n\nHello.\n", 5),
        (
            later(
                "`{directive}` could not be read, so it was left out, and the post is kept as a draft. {right}",
                directive="delay: someday",
                right=later(
                    "To have it published at a time, send the mail again with `delay: 30m`, `delay: 2h` or `delay: 3 days`."
                ),
            ),
        ),
    ),
    "an encrypted mail": Case(_raw(b"\n" + ARMOUR, 6), (later(content.ENCRYPTED),)),
    "a mail whose sender nothing proves": Case(_mail("Hello.\n", 7), (later(senders.ASK),), proved=False),
    "one that seems to answer something, too": Case(
        _mail("Hello.\n", 8, "Re: Old [zz9]"), (together(later(senders.ASK), _no_post("zz9")),), proved=False
    ),
    "a command about no post": Case(
        _mail("Hello.\n", 9, "Re: Old [zz9]"), (together(_no_post("zz9"), later(NAME_IT)),), to=DO
    ),
}


async def test_whoever_sent_a_mail_is_told_of_it_in_their_language(post: MailHouse, cast: Cast) -> None:
    choose(post.house, "alice", language="de")
    proved = dict(post.dns.records)
    for name, case in CASES.items():
        post.dns.records = proved if case.proved else {}
        assert (await post.send(case.mail, case.to)).startswith("250 "), name
        await post.settled()
        read = " ".join(post.mails(ALICE)[-1].text.split())
        for sentence in case.told:
            with speaking("de"):
                german = t(sentence)
            assert german != sentence, name
            assert german in read, name
    waiting = [row for row in post.inbox() if row.status == "held"]
    assert [row.reason for row in waiting] == [senders.ASK, f"{senders.ASK} {_no_post('zz9')}"]


async def test_a_member_reads_in_their_language_what_became_of_their_mails(post: MailHouse, cast: Cast) -> None:
    choose(post.house, "alice", language="de")
    await post.send(letter(subject="Automatic reply: Harbour", Auto_Submitted="auto-replied"))
    post.dns.say_nothing()
    await post.send(letter(message_id="<two@example.com>"))
    await post.settled()

    def reasons(session: Session) -> list[str]:
        return [came.reason for came in history.of_member(session, post.house.community, cast.alice, limit=5)]

    with post.house.database.read() as session, speaking("de"):
        because = later("It was not posted, because {reason}.", reason=later("it says that a machine sent it"))
        assert reasons(session) == [t(senders.ASK), t(because)]
        assert t(because) != because


async def test_a_worker_carries_sentences_and_no_others() -> None:
    note = later("The file {name} is damaged. {problem}", name="a{b}", problem=later("Its end is missing."))
    files = (PreparedFile("file", "a", notes=(note,)),)
    mail = PreparedMail(problems=(note,), post_notes=(note, "{plain}"), unreadable=note, files=files)
    blobs: list[bytes] = []
    head = json.loads(json.dumps(mail_head(mail, blobs)))
    arrived = mail_from(head, blobs)
    assert arrived == mail
    with speaking("de"):
        german = {t(one) for one in (*arrived.problems, arrived.unreadable, *arrived.files[0].notes)}
        assert german == {t(note)}
        assert t(note) != note
        assert [t(one) for one in arrived.post_notes] == [t(note), "{plain}"]
    for place in ("problems", "post_notes"):
        with pytest.raises(Invalid):
            mail_from({**head, place: [{"key": "{a.b}", "values": {"a": "x"}}]}, blobs)
    with pytest.raises(Invalid):
        mail_from({**head, "unreadable": {"key": "{a:>999999999}", "values": {"a": "x"}}}, blobs)
