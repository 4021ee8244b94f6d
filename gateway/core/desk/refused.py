"""Mail that was refused at the end of its content, for operators and for `--json`. What was refused before is counted only, and is in no table."""

from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from gateway.core.people.tokens import redacted
from gateway.core.store.models import Refusal

_SEALED = "community@%"  # mail to the community managers is in no operator's listing


def refused(session: Session, *, address: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """Refusals, newest first; with `address`, those whose envelope sender or recipient it is, or has it as a part."""
    statement = select(Refusal).where(func.lower(Refusal.recipient).not_like(_SEALED))
    if wanted := redacted(address.strip()).lower():
        columns = (func.lower(Refusal.sender), func.lower(Refusal.recipient))
        statement = statement.where(or_(*(one.contains(wanted, autoescape=True) for one in columns)))
    rows = session.scalars(statement.order_by(Refusal.id.desc()).limit(limit))
    return [
        {
            "id": row.id,
            "at": row.at.isoformat(timespec="seconds"),
            "from": row.sender,
            "to": row.recipient,
            "peer": row.peer,
            "code": row.code,
            "reason": row.reason,
        }
        for row in rows
    ]
