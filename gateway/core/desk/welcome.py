"""A new member added by the operator. Invitations by mail are people/letters."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.core.people import accounts
from gateway.core.people.community import Community
from gateway.core.writing import blogs


def check(handle: str, address: str, *, time_zone: str = "") -> None:
    """Whether a member could be called so, and have that address and time zone if one is given. Raises Invalid, Conflict."""
    accounts.check_name(handle)
    accounts.fold_address(address)
    if time_zone:
        accounts.check_time_zone(time_zone)


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
    blog = blogs.create(session, member, now, language=community.language)
    return [
        f"@{member.handle} is a member.",
        f"Blog: {community.blog_url(blog.name)}",
        f"Post by mail to {community.mail(blog.name)}",
        f"Secret posting address: {blogs.secret_address(community, blog)}",
    ]
