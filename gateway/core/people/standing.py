"""The mails that come to members again and again, and the ways to end them that each carries: a link and an address, with a signed token (RFC 2369, RFC 8058).

The token is the authority, since a mail program presses the button and signs nobody in. It ends one sort of mail and does nothing else.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum

from sqlalchemy.orm import Session

from gateway.core.errors import NotFound
from gateway.core.people import digest
from gateway.core.people.community import Community
from gateway.core.people.tokens import mint, read
from gateway.core.store.models import Member
from gateway.core.words import later

_OTHERWISE = "weekly"  # how often a digest comes again when nobody knows how often it did: the rarest


class Standing(IntEnum):
    """What comes again and again; its number stands in the token."""

    DIGEST = 1
    MICRO_MONDAY = 2  # its question and its round-up


def ways_to_end(community: Community, member_id: int, what: Standing) -> tuple[str, str]:
    """The page with the button, where a mail program's one click goes too, and the address to which an empty mail does the same."""
    token = mint(community.keyring, _PURPOSE, member_id, what)
    return f"{community.base_url}/no-more/{token}", community.mail(f"u.{token}")


def headers(community: Community, member_id: int, what: Standing) -> Sequence[tuple[str, str]]:
    """What a mail says of it."""
    url, address = ways_to_end(community, member_id, what)
    return ("List-Unsubscribe", f"<{url}>, <mailto:{address}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")


def is_token(community: Community, token: str) -> bool:
    """Whether it is one of these; the tokens by which readers leave go to the same address."""
    try:
        read(community.keyring, _PURPOSE, token)
    except NotFound:
        return False
    return True


def of_token(session: Session, community: Community, token: str) -> tuple[Member, Standing]:
    """Whose mails of which sort; changes nothing. Raises NotFound for a token that is not ours, and for a member who left."""
    ids = read(community.keyring, _PURPOSE, token)
    member = session.get(Member, ids[0]) if len(ids) == 2 else None
    if member is None or member.status != "active":
        raise NotFound(later("There is no such member any more."), hint=later("Nothing is mailed to them."))
    return member, Standing(ids[1])


def comes(member: Member, what: Standing) -> bool:
    """Whether the member wants it now."""
    return member.micro_monday if what is Standing.MICRO_MONDAY else member.digest != "off"


def end(member: Member, what: Standing, now: datetime) -> str:
    """It comes no more, in chats neither; what is queued of it finds nothing to say. Returns how often a digest came, for `again`."""
    if what is Standing.MICRO_MONDAY:
        member.micro_monday = False
        return ""
    return digest.keep(member, now, cadence="off")


def again(member: Member, what: Standing, cadence: str, now: datetime) -> None:
    """It comes again, a digest as often as it did."""
    if what is Standing.MICRO_MONDAY:
        member.micro_monday = True
    elif member.digest == "off":
        digest.keep(member, now, cadence=cadence if cadence in {"daily", "weekly"} else _OTHERWISE)


_PURPOSE = "standing"
