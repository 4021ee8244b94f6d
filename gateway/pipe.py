"""`postroom receive`: one message from an MTA's pipe, through the same door and desk as over SMTP, with its outcome at the end."""

import asyncio
import logging
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
from gateway.settings import Settings

OK, DATA_ERROR, NO_USER, TRY_AGAIN, NOT_ALLOWED = 0, 65, 67, 75, 77  # sysexits.h
PATIENCE = timedelta(seconds=120)
WAITS = "It is stored and will be processed."

log = logging.getLogger("postroom")


async def receive(
    settings: Settings, raw: bytes, *, mail_from: str, rcpt: str, client_ip: str = "", helo: str = ""
) -> tuple[dict[str, Any], int]:
    """The outcome and the exit code. Held is success: the sender was asked. Raises only while the mail is not stored."""
    app = App(settings, only=("intake",))
    try:
        answer = await _at_the_door(app, raw, mail_from, rcpt, client_ip, helo)
    except BaseException:
        await app.stop()
        raise
    if isinstance(answer, frozenset):
        return await _processed(app, answer)
    await app.stop()
    return answer


async def _at_the_door(
    app: App, raw: bytes, mail_from: str, rcpt: str, client_ip: str, helo: str
) -> frozenset[str] | tuple[dict[str, Any], int]:
    """The keys of which the row that is stored now has one, for midnight may pass; else the refusal and its exit code."""
    door = app.reception()
    most = app.settings.max_message_size
    envelope = Envelope(mail_from, (rcpt,), raw, client_ip, helo or client_ip, "ESMTP", trusted=True)
    session = DoorSession(client_ip, helo, "ESMTP", tls=False, mail_from=mail_from, trusted=True)
    refusal = door.sender(session, mail_from, len(raw)) or await settled(door.recipient(session, rcpt))
    if refusal is None and len(raw) > most:
        return {"status": "refused", "reason": f"Larger than {most} bytes."}, DATA_ERROR
    envelope = await door.readdressed(envelope)
    target, content = await asyncio.to_thread(_target_name, app, envelope.recipients[0]), content_key(raw)
    began = app.house.now()
    replies = [refusal] if refusal is not None else list(await door.accept(envelope))
    if not replies[0].accepted:
        return {"status": "refused", "reply": str(replies[0]), "reason": replies[0].text}, code_of(replies[0])
    return frozenset(unique_key(target, content, at) for at in (began, app.house.now()))


async def _processed(app: App, keys: frozenset[str]) -> tuple[dict[str, Any], int]:
    """What became of the stored row. Whatever goes wrong from here on, it is stored: the MTA must not keep the mail and send it again."""
    outcome: tuple[dict[str, Any], int] = ({"status": "stored", "reason": WAITS}, OK)
    try:
        try:
            row_id = await asyncio.to_thread(_stored_row, app, keys)
            outcome = ({"id": row_id, **outcome[0]}, OK)
            await app.start()
            outcome = await _outcome(app, row_id)
        finally:
            await app.stop()
    except Exception:
        log.exception("a mail is stored, and could not be followed to its outcome")
    return outcome


def code_of(reply: Reply) -> int:
    """The sysexits code for a refusal, by its enhanced status (RFC 3463)."""
    if reply.temporary:
        return TRY_AGAIN
    if reply.enhanced.startswith("5.1.1"):
        return NO_USER
    return NOT_ALLOWED if reply.enhanced.startswith("5.7") else DATA_ERROR


def _target_name(app: App, recipient: str) -> str:
    with app.house.database.read() as session:
        target = senders.find(session, app.house.community, recipient)
        return target.name if target is not None else ""


def _stored_row(app: App, keys: frozenset[str]) -> int:
    with app.house.database.read() as session:
        statement = select(Inbound.id).where(Inbound.channel == "email", Inbound.unique_key.in_(keys))
        return session.scalars(statement.order_by(Inbound.id.desc()).limit(1)).one()


async def _outcome(app: App, row_id: int) -> tuple[dict[str, Any], int]:
    """Waits for the intake, this process's or another's, to finish the row."""

    def look(session: Session) -> dict[str, Any]:
        return reports.outcome(session, row_id)

    deadline = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
    with app.house.database.bell.listener() as heard:
        while asyncio.get_running_loop().time() < deadline:
            heard.clear()
            with app.house.database.read() as session:
                shown = look(session)
            if shown["status"] not in inbox.OPEN:
                return shown, DATA_ERROR if shown["status"] in {"rejected", "dead"} else OK
            await roles.sleep(heard, asyncio.Event())
    return {**shown, "reason": WAITS}, OK
