"""Whom the door knows, remembered for a moment, so that a burst of mail to one address asks the database once.

Only what is there is remembered, never that something is missing; and no address that can be taken back: secret addresses and tokens are looked up
each time. So a new blog takes mail at once, an old secret is dead at once, and only an address that a member has just given up
works on for that moment.
"""

import time
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy.orm import Session

from gateway.core.people import accounts
from gateway.core.people.community import Community
from gateway.email import senders
from gateway.email.senders import Target

T = TypeVar("T")
MOMENT = 1.0  # seconds
MOST = 5000  # entries of each kind
_LASTING = frozenset({"blog", "commands", "operators", "managers"})


@dataclass(frozen=True, slots=True)
class Directory:
    """May be used from several threads."""

    community: Community
    _targets: dict[str, tuple[float, Target]] = field(default_factory=dict)
    _members: dict[str, tuple[float, int]] = field(default_factory=dict)

    def known_target(self, address: str) -> Target | None:
        """The recipient, if it was looked up just now."""
        return _fresh(self._targets.get(address))

    def known_member(self, address: str) -> int | None:
        """The member who has verified this address, if they were looked up just now."""
        return _fresh(self._members.get(address))

    def target(self, session: Session, address: str) -> Target | None:
        """The recipient behind an address, or None when there is none."""
        found = senders.find(session, self.community, address)
        if found is not None and found.kind in _LASTING and not found.facts.get("secret"):
            _remember(self._targets, address, found)
        return found

    def member(self, session: Session, address: str) -> int | None:
        """The active member who has verified this address, or None."""
        found = accounts.by_address(session, address)
        if found is None:
            return None
        _remember(self._members, address, found.id)
        return found.id


def _fresh(entry: tuple[float, T] | None) -> T | None:
    return entry[1] if entry is not None and time.monotonic() - entry[0] < MOMENT else None


def _remember(entries: dict[str, tuple[float, T]], address: str, found: T) -> None:
    if len(entries) >= MOST:
        entries.clear()
    entries[address] = time.monotonic(), found
