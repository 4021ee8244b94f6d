"""Queues the copies of an issue that is `cutting`: batch by batch, each with the cursor of the last reader in the same transaction.

(cause, recipient, channel) is unique, so that a batch that is done twice queues nothing twice. What SIGKILL leaves behind is a `cutting` issue
whose cursor says where to go on; `resume` goes on with it, in any process.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.audience.suppression import address_hash, carry_over
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Intent
from gateway.core.store.models import Issue, Post
from gateway.newsletter.selection import copies_after
from gateway.newsletter.stages import copies_are_queued

CHANNEL = "newsletter"
BATCH = 500  # copies queued in one transaction


def resume(house: House) -> int:
    """Goes on with issues whose cutting was interrupted, and returns how many there were."""
    with house.database.read() as session:
        begun = session.scalars(select(Issue.id).where(Issue.status == "cutting").order_by(Issue.id)).all()
    for issue_id in begun:
        queue_copies(house, issue_id)
    return len(begun)


def queue_copies(house: House, issue_id: int) -> None:
    """Queues the copies that are not queued yet, batch by batch, and lets them go."""
    while house.database.writer.run(lambda session: _batch(session, house, issue_id)):
        pass


def _batch(session: Session, house: House, issue_id: int) -> bool:
    """Queues the next copies and moves the cursor; False when that was all, and the issue goes on to its next state."""
    issue = session.scalar(select(Issue).where(Issue.id == issue_id).with_for_update())
    if issue is None or issue.status != "cutting":
        return False
    # A post that is deleted takes the copies with it that carry nothing else.
    post_id = int(issue.period) if issue.cadence == "each" else None
    if post_id is not None and session.get_one(Post, post_id).status != "published":
        issue.status, issue.finished_at = "cancelled", house.now()
        return False
    readers = copies_after(session, issue, limit=BATCH)
    if not readers:
        copies_are_queued(session, house.community, issue, house.now())
        return False
    keyring = house.community.keyring
    carry_over(session, keyring, (address for _, address in readers))
    intents = [
        Intent(
            kind="issue",
            channel=CHANNEL,
            recipient=address,
            cause=f"issue:{issue_id}",
            subscriber_id=subscriber_id,
            issue_id=issue_id,
            post_id=post_id,
            address_hash=address_hash(keyring, address),
            due_at=issue.send_at,
        )
        for subscriber_id, address in readers
    ]
    outbox.queue_many(session, intents, house.now())
    issue.cut_cursor = readers[-1][0]
    return True
