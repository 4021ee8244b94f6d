"""`postroom receive`: one message from an MTA's pipe, through the same door and desk as over SMTP, with its outcome at the end."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import roles
from gateway.app import App
from gateway.core.desk import reports
from gateway.core.ledger import inbox
from gateway.core.store.models import Inbound
from gateway.email import senders
from gateway.email.door import Envelope, Reply, settled
from gateway.email.door import Session as DoorSession
from gateway.email.fingerprint import content_key, unique_key
from gateway.email.networks import plain_address
from gateway.settings import Settings

OK, DATA_ERROR, NO_USER, TRY_AGAIN, NOT_ALLOWED = 0, 65, 67, 75, 77  # sysexits.h
PATIENCE = timedelta(seconds=120)
WAITS = "It is stored and will be processed."
_NULL_SENDERS = frozenset({"", "<>", "MAILER-DAEMON"})  # the last is Postfix's word for it (pipe(8), null_sender)

End = tuple[dict[str, Any], int]  # a recipient's outcome and its exit code
_Keys = frozenset[str]  # of which a stored row has one, for midnight may pass

log = logging.getLogger("postroom")


async def receive(
    settings: Settings, raw: bytes, *, mail_from: str, recipients: Sequence[str], client_ip: str = "", helo: str = ""
) -> list[End]:
    """What became of the message for each recipient. Held is success: the sender was asked.

    Raises only while the mail is stored for nobody: NoCommunity too, where there is none.
    """
    app = App(settings, only=("intake",), may_create=False)
    sender = "" if mail_from in _NULL_SENDERS else mail_from
    session = DoorSession(client_ip, helo, "ESMTP", tls=False, mail_from=sender, trusted=True)
    try:
        ends = await _at_the_door(app, raw, session, recipients)
    except BaseException:
        await app.stop()
        raise
    return await _processed(app, ends)


def exit_code(ends: Sequence[End]) -> int:
    """One for all recipients: 0 when all took it; else 75 when trying again can help one, for whom it is stored gets it but once; else the first refusal's."""
    codes = [code for _, code in ends if code != OK]
    return TRY_AGAIN if TRY_AGAIN in codes else next(iter(codes), OK)


def address_of(client_ip: str) -> str:
    """The IP address that an MTA names, `unknown` and the like being none."""
    text = client_ip.strip().strip("[]")
    return plain_address((text[5:] if text.upper().startswith("IPV6:") else text).partition("%")[0])


async def _at_the_door(app: App, raw: bytes, session: DoorSession, recipients: Sequence[str]) -> list[End | _Keys]:
    """For each recipient the refusal with its exit code, or the keys of its row, which is stored now."""
    door, most = app.reception(), app.settings.max_message_size
    at_mail = door.sender(session, session.mail_from, len(raw))
    ends: list[End | _Keys] = [_refused(at_mail or await settled(door.recipient(session, one))) for one in recipients]
    if len(raw) > most:
        return [
            end if end else ({"status": "refused", "reason": f"Larger than {most} bytes."}, DATA_ERROR) for end in ends
        ]
    taken = [number for number, end in enumerate(ends) if not end]
    if not taken:
        return ends
    protocol = "ESMTP" if len(recipients) == 1 else "LMTP"  # of several each is answered
    wanted = tuple(recipients[number] for number in taken)
    envelope = Envelope(
        session.mail_from, wanted, raw, session.peer_ip, session.helo or session.peer_ip, protocol, trusted=True
    )
    envelope, content = await door.readdressed(envelope), content_key(raw)
    targets = await asyncio.to_thread(_target_names, app, envelope.recipients)
    began = app.house.now()
    replies = await door.accept(envelope)
    moments = (began, app.house.now())
    for number, target, reply in zip(taken, targets, replies, strict=True):
        ends[number] = _refused(reply) or frozenset(unique_key(target, content, at) for at in moments)
    return ends


def _refused(reply: Reply | None) -> End | _Keys:
    """How it ends for who is refused; nothing while nobody is."""
    if reply is None or reply.accepted:
        return frozenset()
    return {"status": "refused", "reply": str(reply), "reason": reply.text}, code_of(reply)


async def _processed(app: App, ends: Sequence[End | _Keys]) -> list[End]:
    """What became of the stored rows. Whatever goes wrong from here on, they are stored: the MTA must not keep the mail and send it again."""
    outcomes = [end if isinstance(end, tuple) else ({"status": "stored", "reason": WAITS}, OK) for end in ends]
    stored = {number: keys for number, keys in enumerate(ends) if isinstance(keys, frozenset)}
    try:
        try:
            rows = {number: await asyncio.to_thread(_stored_row, app, keys) for number, keys in stored.items()}
            for number, row_id in rows.items():
                outcomes[number] = ({"id": row_id, **outcomes[number][0]}, OK)
            if rows:
                await app.start()
            deadline = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
            for number, row_id in rows.items():
                outcomes[number] = await _outcome(app, row_id, deadline)
        finally:
            await app.stop()
    except Exception:
        log.exception("a mail is stored, and could not be followed to its outcome")
    return outcomes


def code_of(reply: Reply) -> int:
    """The sysexits code for a refusal, by its enhanced status (RFC 3463)."""
    if reply.temporary:
        return TRY_AGAIN
    if reply.enhanced.startswith("5.1.1"):
        return NO_USER
    return NOT_ALLOWED if reply.enhanced.startswith("5.7") else DATA_ERROR


def _target_names(app: App, recipients: Sequence[str]) -> list[str]:
    with app.house.database.read() as session:
        targets = [senders.find(session, app.house.community, one) for one in recipients]
    return [target.name if target is not None else "" for target in targets]


def _stored_row(app: App, keys: frozenset[str]) -> int:
    with app.house.database.read() as session:
        statement = select(Inbound.id).where(Inbound.channel == "email", Inbound.unique_key.in_(keys))
        return session.scalars(statement.order_by(Inbound.id.desc()).limit(1)).one()


async def _outcome(app: App, row_id: int, deadline: float) -> End:
    """Waits for the intake, this process's or another's, to finish the row."""

    def look(session: Session) -> dict[str, Any]:
        return reports.outcome(session, row_id)

    with app.house.database.bell.listener() as heard:
        while True:
            heard.clear()
            with app.house.database.read() as session:
                shown = look(session)
            if shown["status"] not in inbox.OPEN:
                return shown, DATA_ERROR if shown["status"] in {"rejected", "dead"} else OK
            if asyncio.get_running_loop().time() >= deadline:
                break
            await roles.sleep(heard, asyncio.Event())
    return {**shown, "reason": WAITS}, OK
