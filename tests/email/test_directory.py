"""The door remembers for a moment whom it looked up, and only what cannot be taken back meanwhile."""

import itertools
import time
from functools import partial
from types import SimpleNamespace

import pytest
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.store.models import Blog
from gateway.email import directory
from gateway.email.directory import Directory
from gateway.email.door import Envelope
from gateway.email.reception import Reception, not_checked
from tests.conftest import Cast
from tests.email.mailhouse import MailHouse, letter, wire


@pytest.fixture
def known(house: House, monkeypatch: pytest.MonkeyPatch) -> Directory:
    """One that remembers longer than a test lasts."""
    monkeypatch.setattr(directory, "MOMENT", 3600.0)
    return Directory(house.community)


def test_a_blog_that_was_looked_up_is_known(house: House, cast: Cast, known: Directory) -> None:
    address = "alice@post.example.org"
    assert known.known_target(address) is None
    with house.database.read() as session:
        found = known.target(session, address)
    assert found is not None
    assert known.known_target(address) == found
    assert found.owner_id == cast.alice


def test_a_member_that_was_looked_up_is_known(house: House, cast: Cast, known: Directory) -> None:
    with house.database.read() as session:
        assert known.member(session, "alice@example.com") == cast.alice
    assert known.known_member("alice@example.com") == cast.alice


def test_only_for_a_moment(house: House, cast: Cast, known: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    with house.database.read() as session:
        known.member(session, "alice@example.com")
        known.target(session, "alice@post.example.org")
    monkeypatch.setattr(directory, "MOMENT", 0.0)
    assert known.known_member("alice@example.com") is None
    assert known.known_target("alice@post.example.org") is None


def test_who_is_not_there_is_looked_up_again(house: House, cast: Cast, known: Directory) -> None:
    with house.database.read() as session:
        assert known.target(session, "nobody@post.example.org") is None
        assert known.member(session, "eve@example.com") is None
    assert known.known_target("nobody@post.example.org") is None
    assert known.known_member("eve@example.com") is None


def test_a_secret_address_is_looked_up_each_time_so_that_an_old_one_is_dead_at_once(
    house: House, cast: Cast, known: Directory
) -> None:
    address = house.community.secret_address("alice", cast.blog, 1)

    def find(session: Session) -> object:
        return known.target(session, address)

    assert house.database.writer.run(find) is not None
    assert known.known_target(address) is None
    house.database.writer.run(lambda session: setattr(session.get_one(Blog, cast.blog), "secret_epoch", 2))
    assert house.database.writer.run(find) is None


def test_what_is_remembered_has_a_bound(
    house: House, cast: Cast, known: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "MOST", 3)
    with house.database.read() as session:
        for number in range(10):
            known.target(session, f"alice+x{number}@post.example.org")
            known.target(session, "alice@post.example.org")
    assert len(known._targets) <= 3


@pytest.mark.parametrize("looks", [1, 2, 3])
@pytest.mark.asyncio(loop_scope="session")
async def test_who_is_forgotten_in_the_middle_of_a_mail_is_no_stranger(
    post: MailHouse, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    """However the moment ends between two looks, alice's mail is hers."""
    door, alice = Reception(post.house, not_checked, post.folder), "alice@post.example.org"
    first, second = [
        Envelope("alice@example.com", (alice,), wire(letter(subject=subject, message_id=f"<{subject}@example.com>")))
        for subject in ("First", "Second")
    ]
    assert [reply.accepted for reply in await door.accept(first)] == [True]
    begun = time.monotonic()
    moments = itertools.chain([begun] * looks, itertools.repeat(begun + 2))
    monkeypatch.setattr(directory, "time", SimpleNamespace(monotonic=partial(next, moments)))
    assert [reply.accepted for reply in await door.accept(second)] == [True]
