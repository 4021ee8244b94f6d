"""What becomes of a weekly or monthly issue that is hours late, because no process ran when it was due: its blog's owner has chosen.

send    it leaves, as if nothing had been; after its grace of a week it is skipped
draft   it is held, and the owner told: they send it, or its posts come in the next one
skip    its posts come in the next one
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.ledger import occurrences
from gateway.core.store.models import Blog
from gateway.newsletter import owner_notices

LATE = timedelta(hours=3)


def decide(house: House, held: occurrences.Claim, how_late: str) -> bool:
    """Ends the occurrence as the owner wants it; False when the issue is to be sent. Raises LostLease."""
    _, blog_id, _ = held.schedule.split(":")

    def unit(session: Session) -> bool:
        blog = session.get(Blog, int(blog_id))
        if blog is None or blog.newsletter_late == "send":
            return False
        note = f"Nobody was there to do it until {how_late} later."
        if blog.newsletter_late == "skip":
            occurrences.finish(session, held, "skipped", house.now(), note=f"{note} Its posts come in the next one.")
            return True
        occurrences.finish(session, held, "held", house.now(), note=f"{note} Its owner decides.")
        owner_notices.tell_late(session, blog, held, house.now())
        return True

    return house.database.writer.run(unit)


def forget(house: House, held: occurrences.Claim) -> None:
    """An earlier one of the same cadence that was held has its posts in the issue that was cut now."""
    note = f"Its posts came with {held.period}."
    house.database.writer.run(lambda session: occurrences.let_go(session, held.schedule, note))
