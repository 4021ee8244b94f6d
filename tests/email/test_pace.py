"""How much one address, its network, and one member may bring."""

from dataclasses import replace

import pytest

from gateway.email.door import NETWORK_SHARE, Envelope, Session, settled
from gateway.email.pace import RECIPIENTS_A_MAIL, TOO_MANY_RECIPIENTS, UNKNOWN_AN_HOUR
from gateway.email.reception import Reception, not_checked
from tests.conftest import Clock
from tests.email.mailhouse import MailHouse, letter, wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAR = Session("203.0.113.66", "mail.example.com", "ESMTP", tls=False)
ALICE = "alice@post.example.org"


def door(post: MailHouse, mails: int = 3) -> Reception:
    return Reception(post.house, not_checked, post.folder, mails_per_minute=mails)


async def begin(opened: Reception, session: Session) -> int:
    refusal = opened.sender(session, "eve@evil.example", 0)
    return refusal.code if refusal else 250


async def test_an_address_that_brings_too_much_is_put_off_for_a_minute_and_its_neighbours_are_not(
    post: MailHouse, clock: Clock
) -> None:
    opened = door(post)
    assert [await begin(opened, FAR) for _ in range(5)] == [250, 250, 250, 452, 452]
    assert await begin(opened, replace(FAR, peer_ip="203.0.113.7")) == 250
    clock.forward(minutes=1)
    assert await begin(opened, FAR) == 250


@pytest.mark.parametrize(
    ("neighbours", "elsewhere"),
    [
        ([f"203.0.113.{number}" for number in range(10)], "203.0.114.1"),
        ([f"2001:db8::{number}" for number in range(10)], "2001:db8:0:1::1"),
    ],
)
async def test_a_network_that_brings_too_much_is_put_off_and_others_are_not(
    post: MailHouse, neighbours: list[str], elsewhere: str
) -> None:
    opened = door(post, mails=1)
    codes = [await begin(opened, replace(FAR, peer_ip=one)) for one in neighbours]
    assert codes == [250] * NETWORK_SHARE + [452] * (10 - NETWORK_SHARE)
    assert await begin(opened, replace(FAR, peer_ip=elsewhere)) == 250


async def test_whoever_writes_to_too_many_addresses_is_put_off_for_a_minute(post: MailHouse, clock: Clock) -> None:
    opened = door(post, mails=1)
    refusals = [await settled(opened.recipient(FAR, ALICE)) for _ in range(RECIPIENTS_A_MAIL + 1)]
    assert refusals == [None] * RECIPIENTS_A_MAIL + [TOO_MANY_RECIPIENTS]
    assert await settled(opened.recipient(replace(FAR, peer_ip="127.0.0.1"), ALICE)) is None
    clock.forward(minutes=1)
    assert await settled(opened.recipient(FAR, ALICE)) is None


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.7", "::1", ""])
async def test_our_own_machines_and_lmtp_are_not_counted(post: MailHouse, peer: str) -> None:
    opened = door(post)
    assert {await begin(opened, replace(FAR, peer_ip=peer)) for _ in range(10)} == {250}


async def test_no_limit_is_no_limit(post: MailHouse) -> None:
    opened = door(post, mails=0)
    assert {await begin(opened, FAR) for _ in range(100)} == {250}


async def test_whoever_asks_for_too_many_unknown_addresses_is_put_off_and_known_ones_are_not(
    post: MailHouse, clock: Clock
) -> None:
    opened = door(post)

    async def ask(local: str) -> int:
        refusal = await settled(opened.recipient(FAR, f"{local}@post.example.org"))
        return refusal.code if refusal else 250

    assert {await ask(f"nobody{number}") for number in range(UNKNOWN_AN_HOUR)} == {550}
    assert (await ask("nobody"), await ask("alice")) == (452, 250)
    clock.forward(hours=1)
    assert await ask("nobody") == 550


async def test_a_member_who_brings_too_much_is_put_off_wherever_it_comes_from(post: MailHouse) -> None:
    opened = door(post)
    codes = []
    for number in range(4):
        raw = wire(letter(f"Number {number}.\n", message_id=f"<{number}@example.com>"))
        envelope = Envelope("alice@example.com", (ALICE,), raw, f"198.51.{number}.1")
        codes += [reply.code for reply in await opened.accept(envelope)]
    assert codes == [250, 250, 250, 452]
    assert await post.outcomes() == ["published"] * 3
