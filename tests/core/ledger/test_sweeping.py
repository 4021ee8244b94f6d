"""Sweeping: what is over its time goes, what is still named or young stays."""

import os
from datetime import timedelta

from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.ledger import inbox, sweeping
from gateway.core.ledger.inbox import Arrival
from gateway.core.store.models import Inbound, Refusal
from tests.conftest import Clock

LEASE = timedelta(seconds=60)


def arrive(house: House, key: str, *, blob: str | None = None) -> None:
    arrival = Arrival("email", key, key, raw=None if blob else b"raw", raw_blob=blob)
    house.database.writer.run(lambda session: inbox.store(session, arrival, house.now()))


def finish_all(house: House) -> None:
    def unit(session: Session) -> None:
        for held in inbox.claim(session, house.now(), limit=10, lease=LEASE):
            inbox.finish(session, held, "published", house.now())

    house.database.writer.run(unit)


def test_raw_mail_is_forgotten_after_its_time_and_its_outcome_stays(house: House, clock: Clock) -> None:
    arrive(house, "old")
    finish_all(house)
    clock.forward(days=29)
    arrive(house, "new")
    clock.forward(days=1)
    house.database.writer.run(lambda session: sweeping.rows(session, house.now(), raw_days=30))
    with house.database.read() as session:
        kept = {row.unique_key: (row.raw, row.status, row.incinerated_at) for row in session.query(Inbound)}
    assert kept == {"old": (None, "published", house.now()), "new": (b"raw", "received", None)}


def test_a_held_message_that_nobody_answered_ends_with_its_content(house: House, clock: Clock) -> None:
    arrive(house, "asked")

    def hold(session: Session) -> None:
        [held] = inbox.claim(session, house.now(), limit=1, lease=LEASE)
        inbox.finish(session, held, "held", house.now(), reason="Nobody vouches for it.")

    house.database.writer.run(hold)
    for days, status in ((9, "held"), (1, "rejected")):
        clock.forward(days=days)
        house.database.writer.run(lambda session: sweeping.rows(session, house.now(), raw_days=10))
        with house.database.read() as session:
            row = session.query(Inbound).one()
            assert (row.status, row.raw is None) == (status, status == "rejected")
    assert row.reason == "Nobody vouches for it. Nobody said that it was theirs within 10 days."


def test_a_message_that_is_processed_again_is_not_swept_from_under_it(house: House, clock: Clock) -> None:
    arrive(house, "again")
    finish_all(house)
    clock.forward(days=40)
    house.database.writer.run(lambda session: inbox.replay(session, 1, house.now()))
    house.database.writer.run(lambda session: sweeping.rows(session, house.now(), raw_days=30))
    with house.database.read() as session:
        assert session.query(Inbound).one().raw == b"raw"


def test_refusals_are_kept_for_a_week(house: House, clock: Clock) -> None:
    def refuse(session: Session) -> None:
        session.add(Refusal(at=house.now(), sender="eve", recipient="alice", peer="", code="550", reason="no"))

    house.database.writer.run(refuse)
    clock.forward(days=6)
    swept = [house.database.writer.run(lambda s: sweeping.rows(s, house.now(), raw_days=30)) for _ in range(1)]
    clock.forward(days=1)
    swept.append(house.database.writer.run(lambda s: sweeping.rows(s, house.now(), raw_days=30)))
    assert [one["refusals"] for one in swept] == [0, 1]


def test_a_blob_that_no_row_names_goes_when_it_is_a_day_old(house: House, clock: Clock) -> None:
    named, orphan, young = (house.blobs.put(word) for word in (b"named", b"orphan", b"young"))
    arrive(house, "mail", blob=named)
    yesterday = (house.now() - timedelta(days=2)).timestamp()
    for key in (named, orphan):
        path = house.blobs.path(key)
        assert path is not None
        os.utime(path, (yesterday, yesterday))
    now = house.now().timestamp()
    path = house.blobs.path(young)
    assert path is not None
    os.utime(path, (now, now))
    with house.database.read() as session:
        assert sweeping.orphans(session, house.blobs, house.now()) == [orphan]
