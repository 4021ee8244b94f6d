"""New people: added by the operator, or invited by mail."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.core.errors import Conflict
from gateway.core.ledger import outbox
from gateway.core.people import accounts
from gateway.core.people.accounts import Randomness
from gateway.core.people.community import Community
from gateway.core.writing import blogs


def add(
    session: Session,
    community: Community,
    now: datetime,
    handle: str,
    address: str,
    *,
    name: str = "",
    time_zone: str = "UTC",
    operator: bool = False,
) -> list[str]:
    """A new member with a blog. Returns the lines that tell them where everything is."""
    role = "operator" if operator else "member"
    member = accounts.join(
        session, handle=handle, address=address, now=now, display_name=name, time_zone=time_zone, role=role
    )
    blog = blogs.create(session, member, now)
    return [
        f"@{member.handle} is a member.",
        f"Blog: {community.blog_url(blog.name)}",
        f"Post by mail to {community.mail(blog.name)}",
        f"Secret posting address: {blogs.secret_address(community, blog)}",
    ]


def invite(
    session: Session,
    community: Community,
    address: str,
    now: datetime,
    randomness: Randomness,
    *,
    inviter_id: int | None = None,
) -> None:
    """Queues an invitation; one a day to the same address. Raises Invalid, Conflict for a member's address."""
    address = accounts.fold_address(address)
    if accounts.by_address(session, address) is not None:
        raise Conflict(f"{address} belongs to a member already.")
    subject = {"address": address, "inviter": inviter_id}
    nonce = accounts.issue_mailed_token(
        session, community.keyring, "invitation", subject, now, accounts.INVITATION_LASTS, randomness
    )
    intent = outbox.Intent(
        kind="invitation",
        channel="email",
        recipient=address,
        cause=f"invitation:{address}:{now.date()}",
        payload={"nonce": nonce, "inviter": inviter_id},
    )
    outbox.queue(session, intent, now)
