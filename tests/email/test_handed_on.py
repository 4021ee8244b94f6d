"""Mail that is handed on to people: what they read above it, and who gets their answer."""

import pytest
from sqlalchemy.orm import Session

from gateway.core.people.tokens import mint
from gateway.core.store.models import Subscriber
from tests.conftest import Cast
from tests.core.hands import choose
from tests.email.mailhouse import MailHouse, letter

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVE = "eve_the_stranger@evil.example"
TO_THEM = "If you answer this mail, your answer goes to them, from your own address."
WORDS = {
    "postmaster": "This mail from {} came for the operators of Demo Town. It is attached as it came. " + TO_THEM,
    "community": "This mail from {} came for the community managers of Demo Town. It is confidential. It is attached as it came. " + TO_THEM,
    "newsletter": "A reader, {}, answers your newsletter. Nobody else sees that. It is attached as it came. " + TO_THEM,
}  # fmt: skip


def newsletter_address(post: MailHouse, cast: Cast) -> str:
    row = Subscriber(blog_id=cast.blog, address=EVE, status="active", cadence="weekly", asked_at=post.house.now())

    def unit(session: Session) -> int:
        session.add(row)
        session.flush()
        return row.id

    return post.house.community.mail(
        "n." + mint(post.house.community.keyring, "newsletter", post.house.database.writer.run(unit))
    )


@pytest.mark.parametrize("kind", WORDS)
async def test_an_answer_goes_to_whoever_wrote_and_never_to_the_commands(
    post: MailHouse, cast: Cast, kind: str
) -> None:
    choose(post.house, "alice", role="operator")
    to = newsletter_address(post, cast) if kind == "newsletter" else f"{kind}@post.example.org"
    await post.send(letter("Your server is on fire.\n", sender=f"Eve <{EVE}>"), to, mail_from="bounces@evil.example")
    assert (await post.outcome()).status == "recorded"
    [handed] = post.mails("alice@example.com")
    assert handed.header("Reply-To") == EVE
    assert handed.header("Auto-Submitted") == "auto-generated"
    assert " ".join(handed.text.split()).startswith(WORDS[kind].format(EVE))


@pytest.mark.parametrize(
    ("sender", "mail_from", "reply_to"),
    [
        ("eve", "", "do@post.example.org"),
        ("ev\u00e9@evil.example", "", "do@post.example.org"),
        ("<eve@evil.example\x00>", "", "do@post.example.org"),
        ("eve@b\u00fccher.example", "", "eve@xn--bcher-kva.example"),
        ("", "bounces@evil.example", "bounces@evil.example"),
    ],
)
async def test_an_address_that_can_stand_in_no_header_of_ours_is_left_out(
    post: MailHouse, cast: Cast, sender: str, mail_from: str, reply_to: str
) -> None:
    choose(post.house, "alice", role="operator")
    raw = f"From: {sender}\r\nSubject: Fire\r\n\r\nHelp\r\n".encode()
    await post.send(raw, "postmaster@post.example.org", mail_from=mail_from)
    assert (await post.outcome()).status == "recorded"
    [handed] = post.mails("alice@example.com")
    assert handed.header("Reply-To") == reply_to
    assert (TO_THEM in " ".join(handed.text.split())) is (reply_to != "do@post.example.org")
