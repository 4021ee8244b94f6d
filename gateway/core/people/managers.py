"""Who looks after the community: its managers, and where there are none, those who run the server."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.errors import Invalid
from gateway.core.store.models import Member
from gateway.core.words import later

ROLES = ("member", "manager", "operator")


def managers(session: Session, *, but: int = 0) -> Sequence[Member]:
    """The community's managers; its operators when it has none. `but` is one whom it must not be."""
    return having(session, "manager", but=but) or having(session, "operator", but=but)


def having(session: Session, role: str, *, but: int = 0) -> Sequence[Member]:
    """The active members of a role."""
    where = (Member.role == role, Member.status == "active", Member.id != but)
    return session.scalars(select(Member).where(*where).order_by(Member.id)).all()


def give_role(member: Member, role: str) -> None:
    """From now on they have this role. Raises Invalid."""
    if role not in ROLES:
        raise Invalid(
            later("There is no role {role}.", role=role), hint=later("It is one of {roles}.", roles=", ".join(ROLES))
        )
    member.role = role
