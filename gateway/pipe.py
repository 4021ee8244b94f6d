"""`postroom receive`: one message from an MTA's pipe, through the same door and desk as over SMTP, with its outcome at the end."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import roles
from gateway.app import App
from gateway.core.desk import reports
from gateway.core.ledger import inbox
from gateway.core.store.models import Inbound
from gateway.email.door import Envelope, Reply
from gateway.email.door import Session as DoorSession
from gateway.email.fingerprint import content_key, unique_key
from gateway.settings import Settings

OK, DATA_ERROR, NO_USER, TRY_AGAIN, NOT_ALLOWED = 0, 65, 67, 75, 77  # sysexits.h
PATIENCE = timedelta(seconds=120)


async def receive(
    settings: Settings, raw: bytes, *, mail_from: str, rcpt: str, client_ip: str = "", helo: str = ""
) -> tuple[dict[str, Any], int]:
    """The outcome and the exit code. Held is success: the sender was asked."""
    app = App(settings, only=("intake",))
    try:
        door = app.reception()
        envelope = Envelope(mail_from, (rcpt,), raw, client_ip, helo or client_ip, "ESMTP", trusted=True)
        session = DoorSession(client_ip, helo, "ESMTP", tls=False, mail_from=mail_from, trusted=True)
        refusal = await door.sender(session, mail_from, len(raw)) or await door.recipient(session, rcpt)
        if refusal is None and len(raw) > settings.max_message_size:
            return {"status": "refused", "reason": f"Larger than {settings.max_message_size} bytes."}, DATA_ERROR
        envelope = await door.readdressed(envelope)
        replies = [refusal] if refusal is not None else list(await door.accept(envelope))
        if not replies[0].accepted:
            return {"status": "refused", "reply": str(replies[0]), "reason": replies[0].text}, code_of(replies[0])
        row_id = await asyncio.to_thread(_stored_row, app, unique_key(envelope.recipients[0], content_key(raw)))
        await app.start()
        return await _outcome(app, row_id)
    finally:
        await app.stop()


def code_of(reply: Reply) -> int:
    """The sysexits code for a refusal, by its enhanced status (RFC 3463)."""
    if reply.temporary:
        return TRY_AGAIN
    if reply.enhanced.startswith("5.1.1"):
        return NO_USER
    return NOT_ALLOWED if reply.enhanced.startswith("5.7") else DATA_ERROR


def _stored_row(app: App, unique_key: str) -> int:
    with app.house.database.read() as session:
        statement = select(Inbound.id).where(Inbound.channel == "email", Inbound.unique_key == unique_key)
        return session.scalars(statement).one()


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
    return {**shown, "reason": "It is stored and will be processed."}, OK
