"""Members: names, addresses, where they are told, secrets that work once, linked chats."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk import notices
from gateway.core.errors import Conflict, Invalid, NotFound
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.people import accounts, choices, letters, preferences
from gateway.core.people.accounts import Destination
from gateway.core.store.models import Address, LinkedAccount, Member, Name
from gateway.core.writing import blogs
from tests.conftest import Cast, Clock
from tests.core.hands import choose, deliveries, do, everything, link, member, tell


def join(house: House, handle: str, address: str = "") -> Member:
    address = address or f"{handle.lower()}@example.net"
    return do(house, lambda s: accounts.join(s, handle=handle, address=address, now=house.now()))


# Names


@pytest.mark.parametrize("handle", ["Dora", "@dora", " DORA "])
def test_handles_are_folded(house: House, handle: str) -> None:
    assert join(house, handle, "dora@example.net").handle == "dora"
    with house.database.read() as session:
        assert accounts.by_handle(session, handle).handle == "dora"


@pytest.mark.parametrize("handle", ["", "d", "d" * 33, "do ra", "do-ra", "dörä", "do.ra", "d\0ra", "①②"])
def test_what_is_no_name_is_refused(house: House, handle: str) -> None:
    with pytest.raises(Invalid):
        join(house, handle)


@pytest.mark.parametrize("handle", ["postmaster", "Abuse", "r", "community", "www", "admin"])
def test_reserved_names_are_taken(house: House, handle: str) -> None:
    with pytest.raises((Conflict, Invalid)):
        join(house, handle)


def test_handles_and_blogs_share_their_names(house: House, cast: Cast) -> None:
    do(house, lambda s: blogs.create(s, member(s, "alice"), house.now(), name="garden"))
    for handle in ("garden", "Garden", "alice"):
        with pytest.raises(Conflict, match="is taken"):
            join(house, handle)


def test_a_name_is_never_given_again(house: House, cast: Cast) -> None:
    """Not even when its member is closed: mail and links to it mean the one who had it."""
    choose(house, "carol", status="closed")
    with pytest.raises(Conflict):
        join(house, "carol", "other@example.com")
    with house.database.read() as session:
        assert session.get(Name, "carol") is not None
        with pytest.raises(NotFound):
            accounts.by_handle(session, "carol")


def test_a_join_that_fails_takes_no_name(house: House, cast: Cast) -> None:
    with pytest.raises(Conflict):
        join(house, "dora", "ALICE@example.com")
    assert join(house, "dora").handle == "dora"


# Addresses


def test_an_address_is_somebodys_whatever_its_case(house: House, cast: Cast) -> None:
    with house.database.read() as session:
        found = accounts.by_address(session, "  ALICE@Example.COM ")
        assert found is not None
        assert found.id == cast.alice
    with pytest.raises(Conflict, match="belongs to a member already"):
        do(house, lambda s: accounts.add_address(s, member(s, "bob"), "Alice@EXAMPLE.com", house.now(), verified=True))


def test_an_address_that_is_not_verified_identifies_nobody(house: House, cast: Cast) -> None:
    do(house, lambda s: accounts.add_address(s, member(s, "bob"), "b@example.net", house.now(), verified=False))
    with house.database.read() as session:
        assert accounts.by_address(session, "b@example.net") is None


def test_a_closed_member_is_known_by_nothing(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    choose(house, "bob", status="closed")
    with house.database.read() as session:
        assert accounts.by_address(session, "bob@example.com") is None
        assert accounts.by_account(session, "telegram", "200") is None


@pytest.mark.parametrize(
    "address",
    ["", "alice", "@example.com", "alice@", "a b@example.com", "a@b@c,d", "<a@example.com>", "a\0@example.com", "a\r\n@example.com",
     "a\x01@example.com", "\ud800@example.com", "a\u2028@example.com", "x" * 250 + "@example.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid, match="is no mail address"):
        accounts.fold_address(address)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        (" JÖRG@Bücher.example ", "jörg@xn--bcher-kva.example"),
        ("jo\u0308rg@bu\u0308cher.example", "jörg@xn--bcher-kva.example"),  # in parts
        ("info@straße.de", "info@xn--strae-oqa.de"),  # not strasse.de, which is somebody else's
        ("INFO@STRAẞE.DE", "info@xn--strae-oqa.de"),
        ("a@faß.de", "a@xn--fa-hia.de"),
        ("a@fass.de", "a@fass.de"),
        ("a@βόλος.example", "a@xn--nxasmm1c.example"),  # its last letter is no σ
        ("a@xn--strae-oqa.de", "a@xn--strae-oqa.de"),
        ("Groß@example.org", "groß@example.org"),  # not gross@
        ("GROSS@example.org", "gross@example.org"),
        ("ﬁn@example.org", "ﬁn@example.org"),  # a ligature is no two letters
        ("a@ｅｘａｍｐｌｅ。ＯＲＧ", "a@example.org"),  # one domain by UTS 46
        ("a@sub_domain.bücher.example.", "a@sub_domain.xn--bcher-kva.example"),
        ("a@b\u200d.example", ""),  # not printable
        ("a@[IPv6:2001:db8::1]", "a@[ipv6:2001:db8::1]"),
        ("mailto:c@x.org", ""),
        ("MAILTO:c@x.org", ""),
        ("a@@x.org", ""),
        ("a@b@x.org", ""),
    ],
)
def test_an_address_becomes_no_other_address(written: str, folded: str) -> None:
    if not folded:
        with pytest.raises(Invalid, match="is no mail address"):
            accounts.fold_address(written)
        return
    assert accounts.fold_address(written) == folded
    assert accounts.fold_address(folded) == folded


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_was_folded_is_found_again(local: str, domain: str) -> None:
    once = accounts.compared(f"{local}@{domain}")
    assert accounts.compared(once) == once
    assert accounts.compared(accounts.lowered(f"{local}@{domain}")) == once


# Where a member is told things


@pytest.mark.parametrize(
    ("silent", "chat", "expected"),
    [
        ((), "active", [("telegram", "200")]),
        ((), "paused", [("email", "bob@example.com")]),
        ((), "", [("email", "bob@example.com")]),
        (("telegram",), "active", [("email", "bob@example.com")]),
        (("email",), "active", [("telegram", "200")]),
        (("email",), "paused", []),
        (("email", "telegram"), "active", []),
    ],
)
def test_a_member_is_told_what_is_no_news_in_chats_else_by_mail(
    house: House, cast: Cast, silent: tuple[str, ...], chat: str, expected: list[tuple[str, str]]
) -> None:
    tell(house, "bob", "off", by=silent)
    if chat:
        link(house, "bob", "200", status=chat)
    with house.database.read() as session:
        assert choices.at_large(session, member(session, "bob")) == [Destination(*one) for one in expected]


def test_the_first_verified_address_is_the_one_for_mail(house: House, cast: Cast) -> None:
    def unit(session: Session) -> None:
        bob = member(session, "bob")
        accounts.add_address(session, bob, "b2@example.com", house.now(), verified=False)
        accounts.add_address(session, bob, "b3@example.com", house.now(), verified=True)
        session.delete(session.scalars(select(Address).where(Address.address == "bob@example.com")).one())

    do(house, unit)
    with house.database.read() as session:
        assert accounts.mail_address(session, member(session, "bob")) == "b3@example.com"


# Secrets that work once


def issue(house: House, lasts: timedelta = timedelta(minutes=15)) -> str:
    return do(house, lambda s: accounts.issue_token(s, "sign-in", {"n": 1}, house.now(), lasts, house.randomness))


def use(house: House, secret: str, purpose: str = "sign-in") -> dict[str, Any]:
    return do(house, lambda s: accounts.use_token(s, purpose, secret, house.now()))


def test_a_secret_works_once(house: House) -> None:
    secret = issue(house)
    with house.database.read() as session:
        for _ in range(2):
            assert accounts.look_at_token(session, "sign-in", secret, house.now()) == {"n": 1}
    assert use(house, f" {secret}\n") == {"n": 1}
    with pytest.raises(NotFound, match="does not work any more"):
        use(house, secret)


def test_a_secret_works_for_its_purpose_only(house: House) -> None:
    secret = issue(house)
    for purpose, guess in (("invitation", secret), ("sign-in", secret[:-1]), ("sign-in", ""), ("sign-in", "\0")):
        with pytest.raises(NotFound):
            use(house, guess, purpose)
    assert use(house, secret)


def test_a_secret_expires(house: House, clock: Clock) -> None:
    early, late = issue(house), issue(house)
    clock.forward(minutes=14, seconds=59)
    assert use(house, early)
    clock.forward(seconds=1)
    with pytest.raises(NotFound):
        use(house, late)


def test_of_two_who_use_a_secret_at_once_one_succeeds(house: House) -> None:
    secret = issue(house)
    now = house.now()
    futures = [house.database.writer.submit(lambda s: accounts.use_token(s, "sign-in", secret, now)) for _ in range(6)]
    assert sorted(type(future.exception()).__name__ for future in futures) == ["NoneType"] + ["NotFound"] * 5


def test_no_row_holds_a_secret_that_was_mailed(house: House, cast: Cast) -> None:
    def unit(session: Session) -> None:
        letters.ask_to_sign_in(session, house.community, "alice@example.com", house.now(), house.randomness)
        letters.invite(session, house.community, None, "new@example.com", house.now(), house.randomness)
        bob = member(session, "bob")
        letters.ask_to_verify(session, house.community, bob, "b2@example.com", house.now(), house.randomness)

    do(house, unit)
    secrets = []
    for held in do(house, lambda s: outbox.claim(s, "email", house.now(), limit=9, lease=timedelta(60))):
        with house.database.read() as session:
            said = notices.RENDERERS[held.kind](session, house.community, held)
        assert said is not None
        [url] = [word for word in said.text.split() if word.startswith(house.community.base_url)]
        secret = url.rsplit("/", 1)[1]
        secrets.append((held.kind, secret))
    rows = everything(house)
    for kind, secret in secrets:
        assert secret not in rows
        purpose = {"sign_in": "sign-in", "verify_address": "address"}.get(kind, kind)
        assert use(house, secret, purpose)
    assert {kind for kind, _ in secrets} == {"sign_in", "invitation", "verify_address"}


def test_asking_tells_nobody_whether_an_address_is_known(house: House, cast: Cast) -> None:
    def sign_in(address: str) -> None:
        do(house, lambda s: letters.ask_to_sign_in(s, house.community, address, house.now(), house.randomness))

    def verify(address: str) -> None:
        do(
            house,
            lambda s: letters.ask_to_verify(
                s, house.community, member(s, "bob"), address, house.now(), house.randomness
            ),
        )

    for ask, known, free in (
        (sign_in, "alice@example.com", "nobody@example.com"),
        (verify, "free@example.com", "alice@example.com"),
    ):
        ask(known)  # neither raises, and only one of them mails
        ask(free)
    assert [(row.kind, row.recipient) for row in deliveries(house)] == [
        ("sign_in", "alice@example.com"),
        ("verify_address", "free@example.com"),
    ]


# Linked chats


def code_for(house: House, handle: str, channel: str = "telegram") -> str:
    return do(house, lambda s: accounts.link_code(s, member(s, handle), channel, house.now(), house.randomness))


def link_by(house: House, code: str, account: str, *, channel: str = "telegram", place: str = "") -> Member:
    return do(house, lambda s: accounts.link(s, channel, account, place or account, code, house.now(), shown_as="@bob"))


def test_a_code_links_a_chat_to_its_member(house: House, cast: Cast) -> None:
    assert link_by(house, code_for(house, "bob"), "200").id == cast.bob
    with house.database.read() as session:
        found = accounts.by_account(session, "telegram", "200")
        assert found is not None
        assert found.id == cast.bob
        assert accounts.by_account(session, "slack", "200") is None


def test_a_new_code_kills_the_older_ones_of_its_channel(house: House, cast: Cast) -> None:
    old, slack, others = code_for(house, "bob"), code_for(house, "bob", "slack"), code_for(house, "carol")
    new = code_for(house, "bob")
    with pytest.raises(NotFound):
        link_by(house, old, "200")
    assert link_by(house, new, "200").id == cast.bob
    assert link_by(house, slack, "T1:U1", channel="slack").id == cast.bob
    assert link_by(house, others, "300").id == cast.carol


def test_a_code_is_for_its_channel(house: House, cast: Cast) -> None:
    with pytest.raises(NotFound):
        link_by(house, code_for(house, "bob", "slack"), "200")


def test_an_account_of_another_member_is_not_taken_over_and_the_code_stays_good(house: House, cast: Cast) -> None:
    link_by(house, code_for(house, "bob"), "200")
    code = code_for(house, "carol")
    with pytest.raises(Conflict, match="linked to another member"):
        link_by(house, code, "200")
    assert link_by(house, code, "300").id == cast.carol
    with house.database.read() as session:
        found = accounts.by_account(session, "telegram", "200")
        assert found is not None
        assert found.id == cast.bob


def test_linking_again_wakes_a_paused_chat_at_its_new_place(house: House, cast: Cast) -> None:
    link_by(house, code_for(house, "bob"), "200")
    do(house, lambda s: accounts.pause_link(s, "telegram", "200", "blocked"))
    link_by(house, code_for(house, "bob"), "200", place="201")
    with house.database.read() as session:
        assert accounts.chats(session, member(session, "bob")) == [Destination("telegram", "201")]


def unlink_of(session: Session, handle: str, which: str) -> LinkedAccount:
    return preferences.unlink_named(session, member(session, handle), which)


def test_unlinking_forgets(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    link(house, "bob", "201")
    for which, gone in (("2", "201"), ("TELEGRAM", "200")):
        unlinked = do(house, partial(unlink_of, handle="bob", which=which))
        assert unlinked.place == gone
    with pytest.raises(NotFound, match="no such chat"):
        do(house, lambda s: preferences.unlink_named(s, member(s, "bob"), "telegram"))


@pytest.mark.parametrize("which", ["0", "3", "-1", "1²", "slack", ""])
def test_what_names_no_chat_unlinks_none(house: House, cast: Cast, which: str) -> None:
    link(house, "bob", "200")
    with pytest.raises(NotFound, match="no such chat"):
        do(house, lambda s: preferences.unlink_named(s, member(s, "bob"), which))


def test_one_of_several_chats_is_named_by_its_number(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    link(house, "bob", "201")
    with pytest.raises(Conflict, match=r"several such chats\. Name one by its number: 1, 2\."):
        do(house, lambda s: preferences.unlink_named(s, member(s, "bob"), "telegram"))
