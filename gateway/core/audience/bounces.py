"""What a report about our mail means for who gets mail: an address at fault or a complaint stops it at once, other bounces when they keep coming.

What failed for good by another's fault (a blocklist, a policy, our own authentication, the message) has its copy failed, and is else counted like a bounce for now:
a day on which all refuse us must not cost a newsletter its readers. A report counts only for the address that its delivery went to, so that nobody can have a
stranger suppressed by writing a report.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import literal, select, update
from sqlalchemy.orm import Session

from gateway.core.audience.erasure import NOBODY
from gateway.core.audience.suppression import Reason, count_soft, suppress
from gateway.core.errors import Invalid
from gateway.core.messages import Report
from gateway.core.people.accounts import fold_address
from gateway.core.people.community import Community
from gateway.core.store.models import Delivery, Subscriber

COMPLAINTS = {"arf": "complaint", "not-spam": "no complaint"}  # how their notes begin
BY_MAIL = ("email", "newsletter")  # the channels whose messages a report can be about
# what stands for a complainer's address
_HIDDEN = ("redacted", "undisclosed", "anonymized", "anonymised")
_BLANKED = 3  # letters, so that x@ and xx@ are somebody
_DIGEST = 32  # letters of an MD5


def record(session: Session, community: Community, reports: Sequence[Report], now: datetime) -> list[str]:
    """Acts on the reports; returns a sentence for each."""
    return [_record(session, community, report, now) for report in reports]


def _record(session: Session, community: Community, report: Report, now: datetime) -> str:
    delivery = _delivery(session, report)
    if delivery is None:
        return f"{report.address}: {(report.reason or report.kind).rstrip('.')}; no delivery of ours is known for it."
    if report.kind == "autoreply":
        return f"{delivery.recipient}: an automatic answer."
    if delivery.recipient.endswith(f"@{NOBODY}"):
        return f"{delivery.recipient}: nothing is kept of readers who were erased."
    delivery.reported = _noted(report)[:1000]
    if report.kind == "arf":
        return _stop(session, community, delivery, "complaint", now)
    full = report.status[1:] == ".2.2"  # RFC 3463: a full mailbox passes, whatever class the server gives it
    if report.hard and not full:
        delivery.status = "failed"
        if report.bad_address:
            return _stop(session, community, delivery, "hard bounce", now)
    came_back = full or report.hard is not None
    if came_back and count_soft(session, community.keyring, delivery.recipient, now):
        return f"{delivery.recipient} is not mailed any more (mail to it keeps coming back)."
    return f"{delivery.recipient}: {(report.reason or 'not delivered').rstrip('.')}."


def _noted(report: Report) -> str:
    """What is kept of it with its delivery; how it begins tells a complaint, and one that was taken back, from what came back."""
    words = f"{report.status} {report.reason}".strip()
    if report.kind in COMPLAINTS:
        return f"{COMPLAINTS[report.kind]} {words}".rstrip()
    return words or report.kind


def _delivery(session: Session, report: Report) -> Delivery | None:
    """By our token, failing that by the Message-ID that the report quotes, which others may know: then it must name the address too.

    A complaint need not, for many providers hide who complains: the Message-ID is keyed, so nobody quotes it but who has that copy.
    """
    if report.delivery_id is not None:
        return session.get(Delivery, report.delivery_id)
    if not report.message_id:
        return None
    named = Delivery.remote_id != literal("", literal_execute=True)  # in the words of its index
    mailed = (Delivery.remote_id == report.message_id, named, Delivery.channel.in_(BY_MAIL))
    found = session.scalar(select(Delivery).where(*mailed).limit(1))
    if found is None or (report.kind in COMPLAINTS and _is_hidden(report.address)):
        return found
    return found if fold_address(found.recipient) == _folded(report.address) else None


def _is_hidden(address: str) -> bool:
    """True where a provider has left the complainer's address out, written something else, or made a number of it (RFC 6590)."""
    local = address.partition("@")[0].strip(" <>[]()\"'").lower()
    if not local or local.startswith(_HIDDEN):
        return True
    return ("*" in local or len(local) >= _BLANKED) and (set(local) <= set("x*-_.?#") or _is_digest(local))


def _is_digest(local: str) -> bool:
    return len(local) >= _DIGEST and set(local) <= set("0123456789abcdef")


def _folded(address: str) -> str:
    try:
        return fold_address(address)
    except Invalid:
        return ""


def _stop(session: Session, community: Community, delivery: Delivery, reason: Reason, now: datetime) -> str:
    suppress(session, community.keyring, delivery.recipient, reason, now)
    if reason == "complaint" and delivery.subscriber_id is not None:
        session.execute(
            update(Subscriber).where(Subscriber.id == delivery.subscriber_id).values(status="unsubscribed", left_at=now)
        )
    return f"{delivery.recipient} is not mailed any more ({reason})."
