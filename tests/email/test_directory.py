"""The door remembers for a moment whom it looked up, and only what cannot be taken back meanwhile."""

import pytest
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.store.models import Blog
from gateway.email import directory
from gateway.email.directory import Directory
from tests.conftest import Cast


@pytest.fixture
def known(house: House) -> Directory:
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
