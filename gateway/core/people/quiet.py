"""Quiet hours: between two hours of a member's own clock they are told nothing that they did not ask for."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gateway.core.errors import Invalid
from gateway.core.ledger import amending
from gateway.core.store.models import Member
from gateway.core.words import later

PUT_OFF = "It is quiet where this goes."  # the reason of what waits for the end of quiet hours


def keep(member: Member, hours: tuple[int, int] | None) -> None:
    """From now on it is quiet from one full hour until the other, or never. Raises Invalid."""
    since, until = hours or (None, None)
    if since is not None and until is not None and not (0 <= since <= 23 and 0 <= until <= 23 and since != until):
        raise Invalid(
            later("Quiet hours are from one full hour to another, as 22 to 7."), hint=later("Nothing was changed.")
        )
    member.quiet_from, member.quiet_until = since, until


def over(session: Session, member: Member, now: datetime) -> None:
    """For who has changed their hours or their zone: what was put off until the end of the earlier hours is due, and is put off again if it is quiet still."""
    amending.look_again(session, member.id, PUT_OFF, now)


def quiet_until(member: Member, now: datetime) -> datetime | None:
    """When the quiet hours end that are now; None when it is not quiet.

    What counts is what the clock on the wall shows. So the night in which clocks go forward is an hour shorter, and the one in which they go back an
    hour longer; an hour that comes twice ends the quiet when it first begins, one that is left out when it would have begun.
    """
    if member.quiet_from is None or member.quiet_until is None:
        return None
    local = now.astimezone(ZoneInfo(member.time_zone))
    over_midnight = member.quiet_from > member.quiet_until
    if over_midnight and member.quiet_until <= local.hour < member.quiet_from:
        return None
    if not over_midnight and not member.quiet_from <= local.hour < member.quiet_until:
        return None
    day = local.date() + timedelta(days=over_midnight and local.hour >= member.quiet_from)
    return datetime.combine(day, time(member.quiet_until), local.tzinfo).astimezone(UTC)
