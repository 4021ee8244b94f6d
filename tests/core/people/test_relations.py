"""Follow, mute, block: what each does to the others, silently."""

from collections.abc import Callable
from typing import Literal

import pytest

from gateway.core.errors import Invalid
from gateway.core.house import House
from gateway.core.people import relations
from tests.conftest import Cast
from tests.core.hands import choose, deliveries, do, member


def follow(house: House, who: str, whom: str) -> bool:
    return do(house, lambda s: relations.follow(s, member(s, who), member(s, whom), house.now()))


def shun(house: House, who: str, whom: str, kind: Literal["mute", "block"]) -> str:
    return do(house, lambda s: relations.shun(s, member(s, who), member(s, whom), kind, house.now()))


def unshun(house: House, who: str, whom: str) -> bool:
    return do(house, lambda s: relations.unshun(s, member(s, who), member(s, whom)))


def follows(house: House, who: str) -> list[str]:
    with house.database.read() as session:
        return [one.handle for one in relations.following(session, member(session, who).id)]


def hears(house: House, reader: str, author: str) -> bool:
    with house.database.read() as session:
        return relations.may_tell(session, member(session, reader).id, member(session, author).id)


def test_following_twice_is_following_once(house: House, cast: Cast) -> None:
    assert [follow(house, "carol", "alice"), follow(house, "carol", "alice")] == [True, False]
    assert follows(house, "carol") == ["alice"]
    assert deliveries(house) == []  # nobody is told of being followed


def test_unfollowing_ends_it_once(house: House, cast: Cast) -> None:
    ends: Callable[[], bool] = lambda: do(house, lambda s: relations.unfollow(s, member(s, "bob"), member(s, "alice")))  # noqa: E731
    assert [ends(), ends()] == [True, False]
    assert follows(house, "bob") == []


def test_whom_one_follows_is_listed_by_name_without_the_closed(house: House, cast: Cast) -> None:
    follow(house, "bob", "carol")
    assert follows(house, "bob") == ["alice", "carol"]
    choose(house, "alice", status="closed")
    assert follows(house, "bob") == ["carol"]


def test_nobody_follows_mutes_or_blocks_themselves(house: House, cast: Cast) -> None:
    for act in (
        lambda: follow(house, "bob", "bob"),
        lambda: shun(house, "bob", "bob", "mute"),
        lambda: shun(house, "bob", "bob", "block"),
    ):
        with pytest.raises(Invalid):
            act()


def test_a_mute_keeps_the_follow_and_works_one_way(house: House, cast: Cast) -> None:
    shun(house, "bob", "alice", "mute")
    assert follows(house, "bob") == ["alice"]
    assert not hears(house, "bob", "alice")
    assert hears(house, "alice", "bob")
    assert unshun(house, "bob", "alice")
    assert hears(house, "bob", "alice")
    assert not unshun(house, "bob", "alice")


@pytest.mark.parametrize(("blocker", "blocked"), [("alice", "bob"), ("bob", "alice")])
def test_a_block_ends_both_follows_and_works_both_ways(house: House, cast: Cast, blocker: str, blocked: str) -> None:
    follow(house, "alice", "bob")
    shun(house, blocker, blocked, "block")
    assert follows(house, "alice") == follows(house, "bob") == []
    assert not hears(house, "bob", "alice")
    assert not hears(house, "alice", "bob")
    with house.database.read() as session:
        ids = {"alice": cast.alice, "bob": cast.bob}
        assert relations.has_blocked(session, ids[blocker], ids[blocked])
        assert not relations.has_blocked(session, ids[blocked], ids[blocker])


def test_a_mute_becomes_a_block_but_does_not_soften_one(house: House, cast: Cast) -> None:
    assert [shun(house, "bob", "alice", kind) for kind in ("mute", "block", "mute")] == ["mute", "block", "block"]
    assert not hears(house, "alice", "bob")


def test_following_ends_ones_own_mute_and_not_the_others_block(house: House, cast: Cast) -> None:
    shun(house, "carol", "alice", "mute")
    follow(house, "carol", "alice")
    assert hears(house, "carol", "alice")
    shun(house, "alice", "carol", "block")
    follow(house, "carol", "alice")
    assert not hears(house, "carol", "alice")
