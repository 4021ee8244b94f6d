"""Whose turn it is among newsletter issues: each that is being sent, in the hours in which its blog sends, gets its share of every claim, and any other costs nothing.

The issues of which copies wait are found by skipping from one to the next in `ix_delivery_waiting`, and their copies by the same index. So a claim looks
at as many entries as there are issues with waiting copies, and at the copies that it takes; not at those that wait while their issue is paused or being cut, and not
at history.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Integer, Table, bindparam, literal_column, select, text
from sqlalchemy.orm import Session

from gateway.core.ledger.outbox import CLAIMED
from gateway.core.ledger.send_windows import SendWindow
from gateway.core.store.at_once import ManyClaimable
from gateway.core.store.models import Delivery


class IssueTurns:
    """The copies whose turn it is: for `outbox.claim` as what to claim among."""

    def __init__(self) -> None:
        self._last = 0  # the issue that came last the last time

    def rows(self, session: Session, *, channel: str, now: datetime, most: int) -> Sequence[Sequence[Any]]:
        """At most `most`, from each issue as many as from another while it has them, oldest due first."""
        session.flush()
        connection = session.connection()
        issues = [
            issue_id
            for issue_id, *window in connection.execute(_OPEN[connection.dialect.name])
            if SendWindow(*window).is_open(now)
        ]
        in_turn = [one for one in issues if one > self._last] + [one for one in issues if one <= self._last]
        chosen: list[Sequence[Any]] = []
        for left, issue_id in zip(range(len(in_turn), 0, -1), in_turn, strict=True):
            share = -(-(most - len(chosen)) // left)
            chosen += _COPIES.rows(session, channel=channel, issue=issue_id, now=now, share=share)
            self._last = issue_id
            if len(chosen) == most:
                break
        return chosen


_DELIVERY = cast("Table", Delivery.__table__)
# Written out, for partial indexes are found by their words.
_QUEUED = _DELIVERY.c.status == literal_column("'queued'")
_WAITING = """
WITH RECURSIVE waiting(issue_id) AS (
  SELECT CAST(0 AS BIGINT)
  UNION ALL
  SELECT (SELECT delivery.issue_id FROM delivery {by_index}
          WHERE delivery.status = 'queued' AND delivery.issue_id > waiting.issue_id
          ORDER BY delivery.issue_id LIMIT 1)
  FROM waiting WHERE waiting.issue_id IS NOT NULL
)
SELECT issue.id, blog.time_zone, blog.send_from, blog.send_until
FROM waiting JOIN issue ON issue.id = waiting.issue_id JOIN blog ON blog.id = issue.blog_id
WHERE issue.status = 'sending' ORDER BY issue.id
"""
_OPEN = {  # SQLite would take the index on status, and read all that waits
    "sqlite": text(_WAITING.format(by_index="INDEXED BY ix_delivery_waiting")),
    "postgresql": text(_WAITING.format(by_index="")),
}
_COPIES = ManyClaimable(
    select(*CLAIMED)
    .where(
        _QUEUED,
        _DELIVERY.c.issue_id == bindparam("issue"),
        _DELIVERY.c.due_at <= bindparam("now"),
        _DELIVERY.c.channel == bindparam("channel"),
    )
    .order_by(_DELIVERY.c.due_at, _DELIVERY.c.id)
    .limit(bindparam("share", type_=Integer))
)
