"""Who must not be mailed again: keyed hashes of addresses, which say nothing to a reader of the table and outlive erasure.

Keys rotate, and a hash can't be made anew without its address. So a suppression is written under every key on the keyring and looked
for under every key; an address that is met again under an old key only is written under the current one (`carry_over`). It is lost only when
a key is taken off the ring before the address was met again: keep the old key as long as newsletters are sent to people from its time.

A reader who has had their address erased from a blog, and whoever its owner's list says bounced or complained elsewhere, is remembered in the same table
and way by a hash over blog and address (`keep_out`). That stops no mail: it keeps an import from bringing them to that blog. They may subscribe themselves.

What comes back for good, or is complained about, is suppressed at once. What comes back for now is counted, once a day at most; the count halves
every 30 days, and an address that reaches SOFT_BOUNCES is suppressed too: after six days in a row, or nine weeks of a weekly newsletter.
"""

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gateway.core.people.accounts import fold_address
from gateway.core.people.tokens import Keyring
from gateway.core.store.at_once import insert_many_if_new
from gateway.core.store.models import SoftBounce, Suppression
from gateway.core.store.sql import changed, insert_if_new

Reason = Literal["hard bounce", "soft bounces", "complaint", "asked"]

SOFT_BOUNCES = 5.0
HALF_LIFE = timedelta(days=30)
ONCE = timedelta(hours=20)  # reports about one day's mail come in several, and not always at one hour


def address_hash(keyring: Keyring, address: str) -> str:
    """The address under the current key: what a delivery carries, so that its hand-over checks the list. Raises Invalid."""
    return _hash(keyring.keys[keyring.current], fold_address(address))


def suppress(session: Session, keyring: Keyring, address: str, reason: Reason, now: datetime) -> None:
    """Nothing more is mailed to this address, not even copies that are queued. Raises Invalid when it is none."""
    rows = [{"address_hash": one, "reason": reason, "created_at": now} for one in hashes(keyring, address)]
    insert_many_if_new(session, Suppression, rows)


def suppress_many(session: Session, keyring: Keyring, reasons: Mapping[str, Reason], now: datetime) -> None:
    """The same for many folded addresses, each with its reason."""
    keys = keyring.keys.values()
    rows = [
        {"address_hash": _hash(key, folded), "reason": reason, "created_at": now}
        for folded, reason in reasons.items()
        for key in keys
    ]
    insert_many_if_new(session, Suppression, rows)


def keep_out(session: Session, keyring: Keyring, blog_id: int, reasons: Mapping[str, Reason], now: datetime) -> None:
    """No import brings these folded addresses to this blog."""
    suppress_many(session, keyring, {_of_blog(blog_id, folded): reason for folded, reason in reasons.items()}, now)


def kept_out(session: Session, keyring: Keyring, blog_id: int, addresses: Iterable[str]) -> dict[str, str]:
    """Which of these folded addresses no import brings to this blog, and why; nothing that other blogs know."""
    return _held_against(session, keyring, {_of_blog(blog_id, folded): folded for folded in addresses})


def suppressed_among(session: Session, keyring: Keyring, addresses: Iterable[str]) -> dict[str, str]:
    """Which of these folded addresses are not mailed, and why."""
    return _held_against(session, keyring, {folded: folded for folded in addresses})


def _held_against(session: Session, keyring: Keyring, addresses: Mapping[str, str]) -> dict[str, str]:
    """Of these addresses by the names that they are hashed under."""
    named = {_hash(key, name): folded for name, folded in addresses.items() for key in keyring.keys.values()}
    found = select(Suppression.address_hash, Suppression.reason).where(Suppression.address_hash.in_(named))
    return {named[key]: reason for key, reason in session.execute(found)}


def is_suppressed(session: Session, keyring: Keyring, address: str) -> bool:
    """Whether this address must not be mailed. Raises Invalid when it is none."""
    return bool(why_suppressed(session, keyring, address))


def count_soft(session: Session, keyring: Keyring, address: str, now: datetime) -> bool:
    """Counts a mail that came back for now; True when it was one too many, and the address is suppressed. Raises Invalid."""
    key = address_hash(keyring, address)
    if insert_if_new(session, SoftBounce, {"address_hash": key, "weight": 1.0, "counted_at": now}) is not None:
        return False
    row = session.scalars(select(SoftBounce).where(SoftBounce.address_hash == key).with_for_update()).one()
    if now - row.counted_at < ONCE:
        return False
    row.weight = row.weight * 0.5 ** ((now - row.counted_at) / HALF_LIFE) + 1
    row.counted_at = now
    if row.weight < SOFT_BOUNCES:
        return False
    suppress(session, keyring, address, "soft bounces", now)
    return True


def why_suppressed(session: Session, keyring: Keyring, address: str) -> str:
    """Why this address is not mailed; "" when it is. Raises Invalid when it is none."""
    found = select(Suppression.reason).where(Suppression.address_hash.in_(hashes(keyring, address)))
    return session.scalar(found.order_by(Suppression.created_at).limit(1)) or ""


def lift(session: Session, keyring: Keyring, address: str) -> bool:
    """Lets the address be mailed again, and forgets what was counted; False when nothing was held against it. Raises Invalid."""
    keys = hashes(keyring, address)
    session.execute(delete(SoftBounce).where(SoftBounce.address_hash.in_(keys)))
    return bool(changed(session, delete(Suppression).where(Suppression.address_hash.in_(keys))))


def carry_over(session: Session, keyring: Keyring, addresses: Iterable[str]) -> None:
    """Writes under the current key what an old key says about these folded addresses, so that hand-overs find it."""
    old_keys = [key for key_id, key in keyring.keys.items() if key_id != keyring.current]
    if not old_keys:
        return
    current = {_hash(key, folded): folded for folded in addresses for key in old_keys}
    found = session.execute(select(Suppression).where(Suppression.address_hash.in_(current))).scalars()
    rows = [
        {
            "address_hash": _hash(keyring.keys[keyring.current], current[row.address_hash]),
            "reason": row.reason,
            "created_at": row.created_at,
        }
        for row in found
    ]
    insert_many_if_new(session, Suppression, rows)


def hashes(keyring: Keyring, address: str) -> list[str]:
    """The address under every key on the keyring. Raises Invalid."""
    folded = fold_address(address)
    return [_hash(key, folded) for key in keyring.keys.values()]


def _of_blog(blog_id: int, folded: str) -> str:
    """What no address can be: it has a space."""
    return f"blog {blog_id} {folded}"


def _hash(key: bytes, folded: str) -> str:
    return hmac.digest(key, b"postroom suppressed address\0" + folded.encode("utf-8", "replace"), "sha256").hex()
