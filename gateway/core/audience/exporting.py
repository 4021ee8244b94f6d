"""A blog's subscribers as rows that an import understands, read a thousand at a time.

The operator's export tells also who is not mailed by us and who was asked and has not confirmed. An owner's tells what their readers have told this blog:
why an address is not mailed may be another blog's affair, and who has not confirmed may have been entered by somebody else.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.audience.columns import BETWEEN
from gateway.core.audience.csv_files import writer
from gateway.core.audience.readership import shown_to_owner, state
from gateway.core.audience.subscribers import ERASED, known_moments
from gateway.core.audience.suppression import suppressed_among
from gateway.core.people.tokens import Keyring
from gateway.core.store.db import Database
from gateway.core.store.models import Subscriber, SubscriberCategory

COLUMNS = ("email", "status", "cadence", "categories", "asked_at", "confirmed_at", "left_at")
BATCH = 1000
_NOT_MAILED = {"hard bounce": "bounced", "soft bounces": "bounced", "complaint": "complained"}


def export_subscribers(database: Database, keyring: Keyring, blog_id: int, out: TextIO) -> int:
    """Writes all subscribers of a blog as CSV for the operator, those who left too, so that wherever the list goes nobody is mailed who said no; how many."""
    lines = -1  # the header
    for part in parts(database, blog_id, keyring=keyring):
        lines += part.count("\n")
        out.write(part)
    return lines


def parts(database: Database, blog_id: int, *, keyring: Keyring | None = None) -> Iterator[str]:
    """The same, piece by piece; without a keyring for the blog's owner."""
    out = StringIO()
    put = writer(out)
    put(COLUMNS)
    for number, row in enumerate(_rows(database, blog_id, keyring), 1):
        put(row)
        if number % BATCH == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _rows(database: Database, blog_id: int, keyring: Keyring | None) -> Iterator[tuple[str, ...]]:
    last = ""
    while True:
        with database.read() as session:
            found = _after(session, blog_id, last, asked_too=keyring is not None)
            barred = suppressed_among(session, keyring, (row.address for row in found)) if keyring else {}
            about = _about(session, [row.id for row in found])
        if not found:
            return
        last = found[-1].address
        yield from (_row(one, barred, about.get(one.id, ())) for one in found)


def _after(session: Session, blog_id: int, last: str, *, asked_too: bool) -> list[Subscriber]:
    """By address, since that is what a blog's subscribers are indexed by."""
    here = Subscriber.status != ERASED if asked_too else shown_to_owner()
    these = select(Subscriber).where(Subscriber.blog_id == blog_id, Subscriber.address > last, here)
    return list(session.scalars(these.order_by(Subscriber.address).limit(BATCH)))


def _about(session: Session, ids: list[int]) -> dict[int, list[str]]:
    """The categories that these want, where they chose some."""
    here = select(SubscriberCategory.subscriber_id, SubscriberCategory.name)
    about: dict[int, list[str]] = {}
    for row_id, name in session.execute(here.where(SubscriberCategory.subscriber_id.in_(ids))):
        about.setdefault(row_id, []).append(name)
    return about


def _row(one: Subscriber, barred: dict[str, str], about: Iterable[str]) -> tuple[str, ...]:
    reason = barred.get(one.address)
    status = state(one) if reason is None else _NOT_MAILED.get(reason, "blocked")
    moments = map(_iso, (*known_moments(one), one.left_at))
    return one.address, status, one.wanted_cadence, BETWEEN.join(sorted(about)), *moments


def _iso(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at is not None else ""
