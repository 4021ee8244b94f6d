"""Mail that a server of the operator's own hands over: where it came from, what that server found, and whom it was meant for."""

from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.core.house import House
from gateway.core.people.accounts import add_address
from gateway.core.store.models import Blog, Inbound, Member
from gateway.core.writing import blogs
from gateway.email.door import Envelope, Session, settled
from gateway.email.forwarders import is_elsewhere, meant_for
from gateway.email.reception import Reception, checker
from tests.conftest import Cast
from tests.email.mailhouse import BAD_IP, GOOD_IP, Dns, letter, signed, wire

MX = "mx.post.example.org"
PASS = f"Authentication-Results: {MX}; spf=pass smtp.mailfrom=alice@example.com\r\n".encode()
ALIAS = "harbour@old.example"
BLOG = "alice@post.example.org"


class Desk:
    """A door behind a mail server of the operator's own."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.dns = house, Dns()
        self.dns.publish_key()
        self.door = Reception(house, checker(self.dns, MX, ("lists.example",)), folder)

    async def bring(self, raw: bytes, *to: str, ip: str = "", trusted: bool = True, mail_from: str = "") -> list[str]:
        """What becomes of a mail: for each recipient its outcome in a word, `asked`, or the refusal."""
        recipients = to or (BLOG,)
        session = Session(ip, "", "LMTP", tls=False, mail_from=mail_from, trusted=trusted)
        refused = [await settled(self.door.recipient(session, one)) for one in recipients]
        if any(refused):
            return [str(one)[:9] for one in refused if one]
        before = len(self.rows())
        envelope = Envelope(mail_from or "alice@example.com", recipients, raw, ip, "", "LMTP", trusted=trusted)
        answers = [str(one)[:9] for one in await self.door.accept(envelope)]
        new = iter(self.rows()[before:])
        return [
            ("asked" if "hold" in row.envelope else "taken")
            if code == "250 2.0.0" and (row := next(new, None))
            else code
            for code in answers
        ]

    def rows(self) -> list[Inbound]:
        with self.house.database.read() as session:
            return list(session.scalars(select(Inbound).order_by(Inbound.id)))


@pytest.fixture
def desk(house: House, cast: Cast, tmp_path: Path) -> Desk:
    return Desk(house, tmp_path)


def mail(number: int = 1, **headers: str) -> bytes:
    return wire(letter(f"Mail {number}.\n", message_id=f"<{number}@example.com>", **headers))


async def test_where_it_came_from_decides_as_if_we_had_been_called_from_there(desk: Desk) -> None:
    assert await desk.bring(mail(1), ip=GOOD_IP) == ["taken"]
    assert await desk.bring(mail(2), ip=BAD_IP) == ["550 5.7.2"]
    assert await desk.bring(mail(3)) == ["asked"], "nobody knows who brought it"


async def test_what_our_server_found_is_believed_on_top_and_from_it_alone(desk: Desk) -> None:
    foreign = PASS.replace(MX.encode(), b"mx.evil.example")
    assert await desk.bring(PASS + mail(1)) == ["taken"]
    assert await desk.bring(PASS + mail(2), trusted=False) == ["asked"]
    assert await desk.bring(foreign + mail(3)) == ["asked"]
    assert await desk.bring(foreign + PASS + mail(4)) == ["asked"]
    assert await desk.bring(PASS.replace(b"spf=pass", b"spf=fail") + mail(5)) == ["550 5.7.2"]
    assert await desk.bring(PASS + mail(6), ip=BAD_IP) == ["550 5.7.2"], "what we see ourselves comes first"


@pytest.mark.parametrize(
    "header", ["X-Original-To", "X-Forwarded-To", "Delivered-To", "Envelope-To", "X-Envelope-To", "x-original-to"]
)
async def test_an_alias_elsewhere_leads_to_the_blog_that_a_header_names(desk: Desk, header: str) -> None:
    raw = f"{header}: <ALICE@post.example.org>\r\n".encode() + mail(to=ALIAS)
    assert await desk.bring(raw, ALIAS, ip=GOOD_IP) == ["taken"]
    [row] = desk.rows()
    assert (row.recipient, row.envelope["kind"]) == (BLOG, "blog")


async def test_a_secret_address_may_stand_behind_an_alias(desk: Desk, cast: Cast) -> None:
    with desk.house.database.read() as session:
        secret = blogs.secret_address(desk.house.community, session.get_one(Blog, cast.blog))
    assert await desk.bring(f"Delivered-To: {secret}\r\n".encode() + mail(to=ALIAS), ALIAS) == ["taken"]
    assert desk.rows()[0].envelope["secret"] is True


async def test_the_first_header_that_names_somebody_here_counts(desk: Desk) -> None:
    raw = (
        b"Delivered-To: catch-all@mail.example\r\nX-Forwarded-To: nobody@post.example.org, alice@post.example.org\r\n"
        b"X-Forwarded-To: bob@post.example.org\r\n" + mail(to=ALIAS)
    )
    assert await desk.bring(raw, ALIAS, ip=GOOD_IP) == ["taken"]
    assert desk.rows()[0].recipient == BLOG


async def test_a_mail_for_nobody_here_is_refused_in_the_end(desk: Desk) -> None:
    assert await desk.bring(mail(1), ALIAS, ip=GOOD_IP) == ["550 5.1.1"]
    assert await desk.bring(b"Delivered-To: nobody@post.example.org\r\n" + mail(2), ALIAS) == ["550 5.1.1"]
    assert desk.rows() == []


async def test_an_unknown_address_of_ours_is_refused_at_once_whatever_a_header_says(desk: Desk) -> None:
    raw = b"X-Original-To: alice@post.example.org\r\n" + mail()
    assert await desk.bring(raw, "nobody@post.example.org") == ["550 5.1.1"]


async def test_nobody_else_may_bring_mail_for_addresses_elsewhere(desk: Desk) -> None:
    raw = b"X-Original-To: alice@post.example.org\r\n" + mail()
    assert await desk.bring(raw, ALIAS, ip=GOOD_IP, trusted=False) == ["550 5.1.1"]


async def test_headers_change_no_recipient_that_is_ours(desk: Desk) -> None:
    raw = b"X-Original-To: bob@post.example.org\r\nDelivered-To: bob@post.example.org\r\n" + mail()
    assert await desk.bring(raw, ip=GOOD_IP) == ["taken"]
    assert desk.rows()[0].recipient == BLOG


async def test_a_signed_mail_to_the_alias_names_whom_it_is_for(desk: Desk) -> None:
    note = b"X-Original-To: alice@post.example.org\r\n"
    assert await desk.bring(note + signed(mail(1, to=ALIAS)), ALIAS) == ["taken"]
    assert await desk.bring(note + signed(mail(2, to="eve@evil.example")), ALIAS) == ["asked"]


async def test_several_recipients_of_which_some_are_elsewhere_are_answered_each(desk: Desk, cast: Cast) -> None:
    raw = b"X-Original-To: alice@post.example.org\r\n" + mail(to=ALIAS)
    assert await desk.bring(raw, "bob@post.example.org", ALIAS, ip=GOOD_IP) == ["550 5.7.1", "taken"]


def test_an_address_is_elsewhere_when_its_domain_is_not_ours() -> None:
    ours = ["alice@post.example.org", "nobody@POST.example.org.", "postmaster", "", "alice@"]
    assert [one for one in ours if is_elsewhere(one, "post.example.org")] == []
    theirs = ["alice@example.org", "alice@post.example.org.evil.example", "alice@b\u00fccher.example"]
    assert [one for one in theirs if is_elsewhere(one, "post.example.org")] == theirs
    assert not is_elsewhere("alice@b\u00fccher.example", "xn--bcher-kva.example")


def test_a_heap_of_headers_is_looked_at_only_so_far() -> None:
    head = b"".join(b"Delivered-To: a%d@post.example.org\r\n" % n for n in range(2000)) + b"\r\n"
    assert meant_for(head, "post.example.org") == [f"a{n}@post.example.org" for n in range(10)]


async def test_an_international_address_of_a_member_is_the_same_in_both_its_forms(desk: Desk, cast: Cast) -> None:
    desk.dns.records["xn--bcher-kva.example", "TXT"] = (f"v=spf1 ip4:{GOOD_IP} -all",)
    house = desk.house
    house.database.writer.run(
        lambda s: add_address(
            s, s.get_one(Member, cast.alice), "\u00c4nne@B\u00dcCHER.example", house.now(), verified=True
        )
    )
    for number, sender in enumerate(
        ("\u00e4nne@b\u00fccher.example", "\u00c4nne@xn--bcher-kva.example", "a\u0308nne@B\u00fccher.Example")
    ):
        raw = f"From: {sender}\r\nTo: {BLOG}\r\nMessage-ID: <{number}@b>\r\n\r\nHallo {number}\r\n".encode()
        assert await desk.bring(raw, ip=GOOD_IP, mail_from=sender) == ["taken"], sender
