"""Recommendations: one a member and week, gathered into one round-up each."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.community import micro_monday
from gateway.core.errors import Conflict, Invalid
from gateway.core.house import House
from gateway.core.people import relations
from gateway.core.store.models import Member
from tests.conftest import Cast, Clock
from tests.core.hands import choose, tell, told


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


def test_a_refusal_in_between_does_not_make_the_same_twice_in_a_row_possible(
    house: House, cast: Cast, clock: Clock
) -> None:
    recommend(house, cast.alice, cast.bob)
    clock.forward(days=7)
    recommend(house, cast.alice, cast.carol)
    refuse(house, cast.carol)
    with pytest.raises(Conflict, match="last time"):
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


def refuse(house: House, who: int) -> int:
    """Refuses all that is said of somebody; how many these are."""

    def unit(session: Session) -> int:
        found = micro_monday.refusable(session, who)
        return sum(micro_monday.refuse(session, one, house.now()) for one in found)

    number: int = run(house, unit)
    return number


def shown_in(session: Session, house: House, viewer_id: int | None = None) -> list[list[int]]:
    """Whom the week's page, the pins of all and a round-up of everything show."""
    micro_monday.round_up(session, "all", house.now())
    of_page = micro_monday.of_week(session, "2026-W48", viewer_id=viewer_id)
    members = session.scalars(select(Member.id).order_by(Member.id)).all()
    pins = [one for member in members for one in micro_monday.pinned(session, member, viewer_id=viewer_id)]
    carried = micro_monday.of_round_up(session, "all", viewer_id=viewer_id)
    assert bool(micro_monday.weeks(session, viewer_id=viewer_id)) == bool(of_page)
    return [[one.recommended_id for one in found] for found in (of_page, pins, carried)]


def shown(house: House) -> list[list[int]]:
    found: list[list[int]] = run(house, lambda s: shown_in(s, house))
    return found


def test_who_is_recommended_is_told_in_their_places_once(house: House, cast: Cast) -> None:
    recommend(house, cast.alice, cast.bob)
    with pytest.raises(Conflict):
        recommend(house, cast.alice, cast.carol)
    assert told(house, "recommended") == {("email", "bob@example.com")}
    tell(house, "carol", "off")
    recommend(house, cast.bob, cast.carol)
    assert len(told(house, "recommended")) == 1


def test_what_is_refused_is_shown_nowhere_and_the_week_is_free_for_somebody_else(
    house: House, cast: Cast, clock: Clock
) -> None:
    recommend(house, cast.alice, cast.bob)
    assert shown(house) == [[cast.bob], [cast.bob], [cast.bob]]
    assert (refuse(house, cast.bob), refuse(house, cast.bob)) == (1, 0)
    assert shown(house) == [[], [], []]
    with pytest.raises(Invalid, match="can't be recommended"):
        recommend(house, cast.alice, cast.bob)
    recommend(house, cast.alice, cast.carol)
    assert shown(house) == [[cast.carol], [cast.carol], [cast.carol]]
    with pytest.raises(Conflict, match="this week already"):
        recommend(house, cast.alice, cast.carol)
    clock.forward(days=7)
    recommend(house, cast.alice, cast.bob)  # a refusal is for its week; `recommendable off` and a block are for good


def test_who_is_not_recommendable_is_spoken_of_as_who_blocks_one(house: House, cast: Cast) -> None:
    """Why it can't be done is never said."""
    choose(house, "bob", recommendable=False)
    run(
        house,
        lambda s: relations.shun(s, s.get_one(Member, cast.carol), s.get_one(Member, cast.alice), "block", house.now()),
    )
    said = []
    for other in (cast.bob, cast.carol):
        with pytest.raises(Invalid) as refused:
            recommend(house, cast.alice, other)
        said.append(str(refused.value).replace("@bob", "@name").replace("@carol", "@name"))
    assert said[0] == said[1]
    assert told(house, "recommended") == set()


Act = Callable[[Session, Cast, datetime], Any]
AFTERWARDS: dict[str, tuple[Act, str]] = {
    "nothing": (lambda s, cast, now: None, "everybody carol"),
    "the recommended leaves": (lambda s, cast, now: leave(s, cast.bob), ""),
    "the recommender leaves": (lambda s, cast, now: leave(s, cast.alice), ""),
    "the recommended blocks the recommender": (lambda s, cast, now: shun(s, cast.bob, cast.alice, "block", now), ""),
    "the recommender blocks them": (lambda s, cast, now: shun(s, cast.alice, cast.bob, "block", now), ""),
    "a reader mutes the recommended": (lambda s, cast, now: shun(s, cast.carol, cast.bob, "mute", now), "everybody"),
    "the recommender blocks a reader": (
        lambda s, cast, now: shun(s, cast.alice, cast.carol, "block", now),
        "everybody",
    ),
    "the recommended mutes a reader": (
        lambda s, cast, now: shun(s, cast.bob, cast.carol, "mute", now),
        "everybody carol",
    ),
}


def leave(session: Session, who: int) -> None:
    session.get_one(Member, who).status = "closed"


def shun(session: Session, who: int, whom: int, kind: Literal["mute", "block"], now: datetime) -> None:
    relations.shun(session, session.get_one(Member, who), session.get_one(Member, whom), kind, now)


class Undone(Exception):
    """Ends a unit of which nothing is to stay."""


def test_what_happens_later_counts_wherever_recommendations_are_shown(house: House, cast: Cast) -> None:
    recommend(house, cast.alice, cast.bob)
    found: dict[str, str] = {}

    def unit(session: Session, what: str) -> None:
        AFTERWARDS[what][0](session, cast, house.now())
        session.flush()
        readers = {"everybody": None, "carol": cast.carol}
        found[what] = " ".join(name for name, one in readers.items() if any(shown_in(session, house, one)))
        raise Undone

    for what in AFTERWARDS:
        with pytest.raises(Undone):
            run(house, partial(unit, what=what))
    assert found == {what: readers for what, (_, readers) in AFTERWARDS.items()}


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
