"""Mail has two lanes: what somebody waits for never stands behind digests, however many these are and however slow the relay is."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from gateway import delivering
from gateway.core.desk.notices import Renderer
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Intent
from gateway.core.messages import Answer
from gateway.email.carrier import MailCarrier
from gateway.email.kept import Kept
from gateway.email.relay import Relay
from tests.core.hands import do
from tests.fakes.relay import FakeRelay, Rule, Until

RENDERERS: dict[str, Renderer] = dict.fromkeys(("sign_in", "digest"), lambda session, community, claim: Answer("Hi"))


def queue(house: House, kind: str, *recipients: str) -> None:
    rows = [Intent(kind, "email", recipient, f"{kind}:1") for recipient in recipients]
    do(house, lambda session: outbox.queue_many(session, rows, house.now()))


async def test_a_link_to_sign_in_overtakes_digests_that_fill_all_their_connections(house: House) -> None:
    answered, stop = asyncio.Event(), asyncio.Event()
    queue(house, "digest", *(f"bob{n}@example.net" for n in range(30)))
    async with FakeRelay(Rule("body", Until(answered), match="example.net")) as server:
        kept = Kept(relay := Relay("127.0.0.1", server.port))
        carrier = MailCarrier(house, relay, Path("unused"), kept=kept)
        sending = asyncio.create_task(delivering.run_deliveries(house, carrier, RENDERERS, stop, unhurried=12))
        await server.until(lambda: sum(line.startswith("BODY") for line in server.commands) == 12)
        queue(house, "sign_in", "eve@example.com")
        await server.until(lambda: server.count == 1)
        answered.set()
        await server.until(lambda: server.count == 31)
        stop.set()
        await asyncio.wait_for(sending, 60)
        await kept.close()
        assert server.received[0].rcpt == "eve@example.com"
        assert server.connections == 13


def test_a_claim_of_one_lane_costs_the_same_however_many_mails_wait_in_the_other(house: House) -> None:
    queue(house, "digest", *(f"bob{n}@example.net" for n in range(50)))
    queue(house, "sign_in", *(f"eve{n}@example.net" for n in range(5)))
    few = do(house, lambda session: cost(session, house))
    queue(house, "digest", *(f"carol{n}@example.net" for n in range(3000)))
    many = do(house, lambda session: cost(session, house))
    assert few > 0
    assert many <= few * 2


def cost(session: Session, house: House) -> float:
    """What it costs to look for what somebody waits for, and for some digests: rows read on PostgreSQL, instructions on SQLite."""
    among = [outbox.mails(awaited=True), outbox.mails(awaited=False)]
    if session.get_bind().dialect.name == "sqlite":
        with instructions(session) as counted:
            found = [len(one.rows(session, channel="email", now=house.now(), most=8)) for one in among]
        assert found == [5, 8]
        return len(counted)
    session.execute(text("ANALYZE delivery"))
    asked: list[tuple[str, Any]] = []
    connection = session.connection()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(connection.engine, "before_cursor_execute", note)
    assert [len(one.rows(session, channel="email", now=house.now(), most=8)) for one in among] == [5, 8]
    event.remove(connection.engine, "before_cursor_execute", note)
    plans = [connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {one}", values) for one, values in asked]
    return sum(read_by(plan.scalar_one()[0]["Plan"]) for plan in plans)


@contextmanager
def instructions(session: Session) -> Iterator[list[int]]:
    """One entry for each that SQLite runs."""
    counted: list[int] = []
    connection = session.connection().connection.driver_connection
    assert connection is not None
    connection.set_progress_handler(lambda: counted.append(1), 1)
    yield counted
    connection.set_progress_handler(None, 0)


def read_by(plan: dict[str, Any]) -> float:
    """Rows that the scans of a plan found or threw away."""
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) if "Relation Name" in plan else 0
    return float(own) + sum(read_by(below) for below in plan.get("Plans", ()))
