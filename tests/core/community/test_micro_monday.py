"""Recommendations: one a member and week, gathered into one round-up each."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from gateway.core.community import micro_monday
from gateway.core.errors import Conflict, Invalid
from gateway.core.house import House
from gateway.core.people import relations
from gateway.core.store.models import Member
from tests.conftest import Cast, Clock


def run(house: House, unit: Callable[[Session], Any]) -> Any:
    return house.database.writer.run(unit)


def recommend(house: House, who: int, whom: int, reason: str = "Good words") -> None:
    def unit(session: Session) -> None:
        member, other = session.get_one(Member, who), session.get_one(Member, whom)
        micro_monday.recommend(session, house.community, member, other, reason, house.now())

    run(house, unit)


def test_one_recommendation_a_week(house: House, cast: Cast, clock: Clock) -> None:
    recommend(house, cast.alice, cast.bob)
    with pytest.raises(Conflict, match="this week"):
        recommend(house, cast.alice, cast.carol)
    clock.now = datetime(2026, 11, 30, tzinfo=UTC)
    recommend(house, cast.alice, cast.carol)
    with house.database.read() as session:
        assert [one.recommended_id for one in micro_monday.of_week(session, "2026-W48")] == [cast.bob]
        assert micro_monday.has_recommended(session, cast.alice, "2026-W49")
        assert not micro_monday.has_recommended(session, cast.bob, "2026-W49")


def test_not_oneself_not_without_a_reason_not_the_same_twice_in_a_row(house: House, cast: Cast, clock: Clock) -> None:
    with pytest.raises(Invalid, match="yourself"):
        recommend(house, cast.alice, cast.alice)
    with pytest.raises(Invalid, match="Say why"):
        recommend(house, cast.alice, cast.bob, "  ")
    with pytest.raises(Invalid, match="below 500"):
        recommend(house, cast.alice, cast.bob, "x" * 501)
    recommend(house, cast.alice, cast.bob)
    clock.forward(days=7)
    with pytest.raises(Conflict, match="last time"):
        recommend(house, cast.alice, cast.bob)


def test_not_somebody_who_blocks_one(house: House, cast: Cast) -> None:
    def block(session: Session) -> None:
        bob, alice = session.get_one(Member, cast.bob), session.get_one(Member, cast.alice)
        relations.shun(session, bob, alice, "block", house.now())

    run(house, block)
    with pytest.raises(Invalid, match="can't be recommended"):
        recommend(house, cast.alice, cast.bob)


def test_a_round_up_gathers_what_came_up_to_its_moment_and_no_other_gathers_it_again(
    house: House, cast: Cast, clock: Clock
) -> None:
    recommend(house, cast.alice, cast.bob)
    until = clock.now
    clock.forward(seconds=1)
    recommend(house, cast.bob, cast.carol)

    def gather(period: str) -> int:
        number: int = run(house, lambda s: micro_monday.round_up(s, period, until))
        return number

    assert [gather("2026-W48"), gather("2026-W48"), gather("2026-W49")] == [1, 0, 0]
    with house.database.read() as session:
        assert [one.member_id for one in micro_monday.of_round_up(session, "2026-W48")] == [cast.alice]
    assert run(house, lambda s: micro_monday.round_up(s, "2026-W49", clock.now)) == 1
    with house.database.read() as session:
        assert [one.member_id for one in micro_monday.of_round_up(session, "2026-W49")] == [cast.bob]
