"""Queues the copies of an issue that is `cutting`: batch by batch, each with the cursor of the last reader in the same transaction.

A batch is one INSERT … SELECT that never leaves the database, and (cause, recipient, channel) is unique, so that one that is done twice queues
nothing twice. What SIGKILL leaves behind is a `cutting` issue whose cursor says where to go on; `resume` goes on with it, in any process.
Readers are gone through by address, since that is what the ledger is indexed by: a million rows put into it in another order cost thrice the time.

A copy carries its reader's hash under the current key (see audience/suppression), which stands with the subscriber; one that is missing or
was made with another key is made anew as the batch meets it. With old keys on the ring, what they say is carried over in each batch, since a
process that was started before the key was changed may still write under its own.

A batch holds its readers' rows until it is committed, so that it and an erasure wait for each other: whichever is first, no copy bears an erased
address. On PostgreSQL that is the lock that the foreign key of a copy takes anyway; SQLite lets one write at a time.
"""

from functools import partial

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from gateway.core.audience.subscribers import ERASED
from gateway.core.audience.suppression import address_hash, carry_over
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Intent
from gateway.core.people.tokens import Keyring
from gateway.core.store.models import Issue, Post, Subscriber
from gateway.newsletter.attempts import collected
from gateway.newsletter.selection import recipients_of, stretch_after
from gateway.newsletter.stages import copies_are_queued

CHANNEL = "newsletter"
BATCH = 5000  # readers looked at in one transaction, and copies queued at most


def resume(house: House) -> None:
    """Goes on with the issues whose cutting was interrupted."""
    with house.database.read() as session:
        begun = session.scalars(select(Issue.id).where(Issue.status == "cutting").order_by(Issue.id)).all()
    with collected("some issues could not be cut; they are tried again") as attempt:
        for issue_id in begun:
            attempt(f"issue {issue_id}", partial(queue_copies, house, issue_id))


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
    reached = _reached(session, issue)
    stretch = stretch_after(session, issue, reached, BATCH)
    if stretch is None:
        copies_are_queued(session, house.community, issue, house.now())
        return False
    last_id, last = stretch
    readers = recipients_of(session, issue).where(Subscriber.address > reached, Subscriber.address <= last)
    readers = readers.with_for_update(read=True, key_share=True, of=Subscriber)
    _make_hashes(session, house.community.keyring, readers)
    copy = Intent(
        kind="issue",
        channel=CHANNEL,
        recipient="",
        cause=f"issue:{issue_id}",
        issue_id=issue_id,
        post_id=post_id,
        due_at=issue.send_at,
    )
    each = readers.with_only_columns(
        Subscriber.address.label("recipient"), Subscriber.id.label("subscriber_id"), Subscriber.address_hash
    )
    outbox.queue_selected(session, copy, each.order_by(Subscriber.address), house.now())
    issue.cut_cursor = last_id
    return True


def _reached(session: Session, issue: Issue) -> str:
    """The address of the last reader who has a copy; "" for none, and when they were erased meanwhile, for then all are gone through again."""
    last = select(Subscriber.address).where(Subscriber.id == issue.cut_cursor, Subscriber.status != ERASED)
    return session.scalar(last) or ""


def _make_hashes(session: Session, keyring: Keyring, readers: Select[int]) -> None:
    """Sees to it that the hash of each of these is under the current key, and that what old keys say of them stands under it, too."""
    people = readers.with_only_columns(Subscriber.id, Subscriber.address)
    if len(keyring.keys) > 1:
        carry_over(session, keyring, (address for _, address in session.execute(people)))
    stale = session.execute(people.where(Subscriber.hash_key.is_distinct_from(keyring.current))).all()
    if stale:
        rows = [
            {"id": row_id, "address_hash": address_hash(keyring, address), "hash_key": keyring.current}
            for row_id, address in stale
        ]
        session.execute(update(Subscriber), rows)
