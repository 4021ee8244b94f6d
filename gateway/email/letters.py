"""Stored mail made ready for the desk: read in a worker process, its pictures kept, its meaning left to core.

May be repeated: the same row gives the same message.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from gateway.core.house import House
from gateway.core.ledger.inbox import Claim
from gateway.core.messages import InboundMessage, Intent, PreparedMedia, Rendition
from gateway.core.writing.conversations import answered_message
from gateway.email.prepared import PreparedFile, PreparedMail
from gateway.email.workers import Workers

TOLD = {"bounce": "A report about a delivery.", "copy": "A copy of a reply that went to its own address."}


async def prepare(house: House, workers: Workers, held: Claim) -> InboundMessage:
    """The mail as a message. Raises WorkerDied when its reader was killed."""
    facts = held.envelope
    kind = str(facts.get("kind", "blog"))
    if kind in TOLD:
        return _housekeeping(held, Intent.REPORT if kind == "bounce" else Intent.NOTHING, TOLD[kind])
    mail = await workers.read(_raw(house, held))
    if kind in {"blog", "reply", "commands"}:
        return await _written(house, held, mail, kind)
    return _housekeeping(held, Intent.NOTHING, f"Mail to {kind.replace('_', ' ')}.")


def _raw(house: House, held: Claim) -> bytes | Path:
    if held.raw is not None:
        return held.raw
    assert held.raw_blob is not None
    return house.blobs.path(held.raw_blob) or house.blobs.get(held.raw_blob)


async def _written(house: House, held: Claim, mail: PreparedMail, kind: str) -> InboundMessage:
    """Words of a member: a post, a reply or commands."""
    facts = held.envelope
    answers = mail.references
    if automatic := facts.get("automatic") or (mail.automatic_reason if mail.is_automatic else ""):
        return _housekeeping(held, Intent.AUTOMATIC, f"It was not posted, because {automatic}")
    is_reply = kind == "reply" or (kind == "blog" and await asyncio.to_thread(_answers_a_post, house, answers))
    media, notes = await asyncio.to_thread(_files, house, mail.files)
    hold = "" if facts.get("released") else str(facts.get("hold", ""))
    return InboundMessage(
        channel="email",
        account=str(facts["from"]),
        place=str(facts["from"]),
        external_id=mail.message_id,
        text=mail.reply_text if is_reply or kind == "commands" else mail.post_text,
        title="" if is_reply or kind == "commands" else mail.post_title,
        media=media,
        answers=answers,
        member_id=facts["member_id"],
        blog_id=facts.get("blog_id"),
        reply_to_post_id=facts.get("post_id"),
        options=tuple(facts.get("options", ())),
        categories=() if is_reply else mail.categories,
        notes=(*mail.problems, *notes),
        hold=hold,
        reject=mail.unreadable,
        date=mail.date,
    )


def _answers_a_post(house: House, references: Sequence[str]) -> bool:
    if not references:
        return False
    with house.database.read() as session:
        return answered_message(session, "email", "", references) is not None


def _files(house: House, files: Sequence[PreparedFile]) -> tuple[tuple[PreparedMedia, ...], tuple[str, ...]]:
    """The files kept in the blob store, and in words those that could not be published."""
    kept = tuple(keep(house, file) for file in files if file.renditions)
    return kept, tuple(note for file in files for note in file.notes)


def keep(house: House, file: PreparedFile) -> PreparedMedia:
    """A prepared file, its bytes durable in the blob store."""
    renditions = tuple(
        Rendition(house.blobs.put(one.data), one.content_type, len(one.data), one.width, one.height)
        for one in file.renditions
    )
    return PreparedMedia(file.kind, renditions, filename=file.filename, content_id=file.content_id)


def _housekeeping(held: Claim, intent: Intent, note: str) -> InboundMessage:
    sender = str(held.envelope.get("from") or held.sender)
    return InboundMessage(channel="email", account=sender, place=sender, intent=intent, notes=(note,))
