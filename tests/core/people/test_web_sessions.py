"""Web sessions: they last, they end, and their secret is kept nowhere."""

from gateway.core.house import House
from gateway.core.people import web_sessions
from tests.conftest import Cast, Clock
from tests.core.hands import do, everything


def test_a_session_lasts_sixty_days_and_is_kept_as_a_hash(house: House, cast: Cast, clock: Clock) -> None:
    secret = do(house, lambda s: web_sessions.open_session(s, cast.bob, house.now(), house.randomness))
    assert secret not in everything(house)
    with house.database.read() as session:
        found = web_sessions.find_session(session, secret, house.now())
        assert found is not None
        assert found.member_id == cast.bob
        assert found.csrf != secret
        assert web_sessions.find_session(session, secret + "x", house.now()) is None
        assert web_sessions.find_session(session, secret, clock.forward(days=60)) is None


def test_a_closed_session_is_none(house: House, cast: Cast) -> None:
    secret = do(house, lambda s: web_sessions.open_session(s, cast.bob, house.now(), house.randomness))
    do(house, lambda s: web_sessions.close_session(s, secret))
    with house.database.read() as session:
        assert web_sessions.find_session(session, secret, house.now()) is None
