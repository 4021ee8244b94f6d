"""The newsletter switched on and off by its owner."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.errors import Invalid, NotAllowed
from gateway.core.store.models import Blog, Issue, Member
from gateway.core.words import later

OFFERS = ("off", "each", "weekly", "monthly")
SWITCHED_OFF = "The newsletter was switched off."
_LEAVING = ("scheduled", "sending")
_BEGUN = ("cutting", *_LEAVING)


def offer(session: Session, blog: Blog, by: Member, newsletter: str, now: datetime) -> int:
    """What readers are offered first; `off` for no newsletter. How many issues are paused by that. Raises NotAllowed, Invalid.

    Switched off, no copy of what is on its way leaves until its owner lets it go on; an issue that is being cut is paused when that is done
    (newsletter/stages). Switched on again, nothing that was posted before is mailed.
    """
    if blog.member_id != by.id:
        raise NotAllowed(later("Only its owner may change a blog."))
    if newsletter not in OFFERS:
        raise Invalid(
            later("“{word}” is no cadence.", word=newsletter),
            hint=later("It is one of: {words}.", words=", ".join(OFFERS)),
        )
    if blog.newsletter == "off" and newsletter != "off":
        blog.newsletter_since = now
    blog.newsletter = newsletter
    return _stop(session, blog) if newsletter == "off" else 0


def _stop(session: Session, blog: Blog) -> int:
    """Pauses what is on its way. Whoever ends the cutting of an issue holds its row, too, and sees the newsletter off, or is seen here to have ended it."""
    begun = select(Issue).where(Issue.blog_id == blog.id, Issue.status.in_(_BEGUN)).order_by(Issue.id)
    issues = session.scalars(begun.with_for_update()).all()
    for issue in issues:
        if issue.status in _LEAVING:
            issue.status, issue.paused_why = "paused", SWITCHED_OFF
    return len(issues)
