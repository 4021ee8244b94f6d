"""Two communities that mail each other: whatever address of the other one's a notice goes to, it ends there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import delete
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.people import accounts
from gateway.core.people.tokens import mint
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database
from gateway.core.store.models import Address, Member, Post, Subscriber
from gateway.core.writing import blogs
from gateway.email.relay import Relay
from gateway.email.workers import Workers
from tests.conftest import Cast, Clock
from tests.core.hands import publish
from tests.email.mailhouse import GOOD_IP, MailHouse, letter

pytestmark = pytest.mark.asyncio(loop_scope="session")

OURS, OTHER = "post.example.org", "other.example"


@pytest_asyncio.fixture(loop_scope="session")
async def other(
    house: House, new_database: Callable[[str], str], workers: Workers, clock: Clock, tmp_path: Path
) -> AsyncIterator[MailHouse]:
    """A second community, where dora has a blog; our own sender is her confirmed address, so nothing is refused as a stranger's."""
    database = Database(new_database("sqlite"))
    community = replace(house.community, name="Other Town", domain=OTHER, base_url=f"https://{OTHER}")
    second = House(database, FileBlobs(tmp_path / "other"), community, now=clock)

    def move_in(session: Session) -> None:
        dora = accounts.join(session, handle="dora", address=f"do@{OURS}", now=clock(), display_name="Dora")
        blogs.create(session, dora, clock())

    database.writer.run(move_in)
    (tmp_path / "other-town").mkdir()
    async with MailHouse(second, workers, tmp_path / "other-town") as opened:
        yield opened
    database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def both(post: MailHouse, other: MailHouse) -> list[MailHouse]:
    """Both communities, each the other's relay, and each vouched for."""
    for one, peer in ((post, other), (other, post)):
        one.dns.records.update({(domain, "TXT"): (f"v=spf1 ip4:{GOOD_IP} -all",) for domain in (OURS, OTHER)})
        await one.rest()
        one.relay = Relay("127.0.0.1", peer.port)
        one.work()
    return [post, other]


async def quiet(both: list[MailHouse]) -> None:
    """Until neither has anything to do, and what each did gave the other nothing to do."""
    while True:
        before = [len(one.inbox()) for one in both]
        for one in both:
            await one.settled()
        if before == [len(one.inbox()) for one in both]:
            return


def lives_at(post: MailHouse, member_id: int, address: str) -> None:
    """Makes it the member's one address."""

    def unit(session: Session) -> None:
        session.execute(delete(Address).where(Address.member_id == member_id))
        accounts.add_address(session, session.get_one(Member, member_id), address, post.house.now(), verified=True)

    post.house.database.writer.run(unit)


def make_operator(house: House, member_id: int) -> None:
    def unit(session: Session) -> None:
        session.get_one(Member, member_id).role = "operator"

    house.database.writer.run(unit)


def address_of(other: MailHouse, kind: str) -> str:
    """One of each kind of address that people may write to."""
    if kind in {"dora", "do", "dora+subscribe"}:
        return f"{kind}@{OTHER}"
    hello = publish(other.house, "dora", "Hello")
    keyring, now = other.house.community.keyring, other.house.now()
    if kind == "reply":
        return other.reply_address(hello.id, hello.author_id)

    def subscribed(session: Session) -> int:
        blog = session.get_one(Post, hello.id).blog_id
        row = Subscriber(blog_id=blog, address="eve@evil.example", status="active", cadence="weekly", asked_at=now)
        session.add(row)
        session.flush()
        return row.id

    return f"n.{mint(keyring, 'newsletter', other.house.database.writer.run(subscribed))}@{OTHER}"


@pytest.mark.parametrize("kind", ["dora", "do", "dora+subscribe", "reply", "newsletter"])
@pytest.mark.parametrize("vouched", [True, False])
async def test_a_notice_to_another_community_is_neither_posted_nor_answered(
    both: list[MailHouse], cast: Cast, kind: str, vouched: bool
) -> None:
    post, other = both
    if not vouched:
        other.dns.say_nothing()
    lives_at(post, cast.alice, address_of(other, kind))
    posts, sent = len(other.posts()), len(other.deliveries())
    publish(post.house, "carol", "Hello @alice")
    await quiet(both)
    [notice] = post.deliveries("mention")
    assert notice.status in {"sent", "failed"}  # taken and ignored, or refused: in the session, not by a mail
    assert [row.status for row in other.inbox()] == (["ignored"] if notice.status == "sent" else [])
    assert (len(other.posts()), len(other.deliveries())) == (posts, sent)
    assert post.inbox() == []


async def test_a_confirmation_is_not_answered_by_a_confirmation(both: list[MailHouse], cast: Cast) -> None:
    post, other = both
    lives_at(post, cast.alice, f"dora@{OTHER}")
    await post.send(letter(sender=f"dora@{OTHER}"), mail_from=f"dora@{OTHER}")
    await quiet(both)
    assert [row.status for row in post.inbox()] == ["published"]
    [told] = post.deliveries("answer")
    assert told.status == "sent"
    [row] = other.inbox()
    assert row.status == "ignored"
    assert row.reason.startswith("It was not posted, because ")
    assert other.deliveries("answer") == []


async def test_operators_who_hand_mail_to_each_other_end_when_it_has_come_round(
    both: list[MailHouse], cast: Cast
) -> None:
    post, other = both
    lives_at(post, cast.alice, f"postmaster@{OTHER}")
    dora = publish(other.house, "dora", "Hello").author_id
    lives_at(other, dora, f"postmaster@{OURS}")
    for one, member_id in ((post, cast.alice), (other, dora)):
        make_operator(one.house, member_id)
    await post.send(letter(sender="eve@evil.example"), f"postmaster@{OURS}", mail_from="eve@evil.example")
    await asyncio.wait_for(quiet(both), 60)
    assert [row.status for row in other.inbox()] == ["recorded"]
    assert [row.status for row in post.inbox()] == ["recorded", "ignored"]
    assert post.inbox()[-1].reason == "It was not handed on, because it is mail of ours that came back."
