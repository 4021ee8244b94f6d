"""Stored mail made ready for the desk: read in a worker process, its pictures kept, its meaning left to core.

May be repeated: the same row gives the same message.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.core.desk import grammar
from gateway.core.errors import NotFound
from gateway.core.house import House
from gateway.core.ledger.inbox import Claim
from gateway.core.messages import InboundMessage, Intent, PreparedMedia, Rendition, Report, Wishes
from gateway.core.people import tokens
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, Post
from gateway.core.words import N, later, together
from gateway.core.writing.media import told_once
from gateway.core.writing.quoting import escaped
from gateway.email import addresses, automatic, bounces, directives, loops
from gateway.email.answering import Answering, answering
from gateway.email.fingerprint import header_of
from gateway.email.prepared import PreparedFile, PreparedMail
from gateway.email.workers import Workers

ASK_AUTOMATIC = N("It looks like an automatic reply: its subject is one that programs write when somebody is away.")
_NAME_IT = N("Nothing was done. Send it again as a new mail, and name the post by its short reference.")
_NOT_POSTED = N("It was not posted, because {reason}.")
_NOT_HANDED_ON = N("It was not handed on, because {reason}.")
_COPY = N("A copy of a reply that went to its own address.")
_POSTED = frozenset({"blog", "reply", "commands"})


async def prepare(house: House, workers: Workers, held: Claim) -> InboundMessage:
    """The mail as a message. Raises WorkerDied when its reader was killed."""
    facts = held.envelope
    kind = str(facts.get("kind", "blog"))
    machine = "" if facts.get("released") else str(facts.get("automatic", ""))
    if kind != "bounce" and await asyncio.to_thread(_came_back, house, held):
        return _automatic(held, loops.OURS, _NOT_POSTED if kind in _POSTED else _NOT_HANDED_ON)
    match kind:
        case "blog" | "reply" | "commands":
            half = await asyncio.to_thread(_half, house, held) if kind == "blog" else "auto"
            mail = await workers.read(_raw(house, held), half=half, to_blog=kind == "blog")
            return await _written(house, held, mail, kind)
        case "bounce":
            return await asyncio.to_thread(_report, house, held)
        case "subscribe" if machine:
            return _automatic(held, machine)
        case "subscribe":
            return _system(held, Intent.SUBSCRIBE, blog_id=facts["blog_id"])
        case "unsubscribe":
            token = addresses.parse(held.recipient, house.community.domain)
            return _system(held, Intent.LEAVE, action=getattr(token, "token", ""))
        case "operators" | "managers" as people:
            return _system(held, Intent.FOR_PEOPLE, hand_to=people)
        case "newsletter_reply" if machine:
            return _automatic(held, machine, _NOT_HANDED_ON)
        case "newsletter_reply":
            return _system(held, Intent.FOR_PEOPLE, hand_to="owner", blog_id=facts["blog_id"])
        case _:
            return _copy(held)


def _came_back(house: House, held: Claim) -> bool:
    raw = _raw(house, held)
    content = raw.read_bytes() if isinstance(raw, Path) else raw
    return loops.came_back(header_of(content), house.community.domain)


def _system(held: Claim, intent: Intent, **more: Any) -> InboundMessage:
    sender = str(held.envelope.get("from") or held.sender)
    return InboundMessage(channel="email", account=sender, place=sender, intent=intent, **more)


def _copy(held: Claim) -> InboundMessage:
    return _system(held, Intent.NOTHING, notes=(later(_COPY),))


def _automatic(held: Claim, reason: str, said: str = _NOT_POSTED) -> InboundMessage:
    notes = (later(said, reason=later(reason)),)
    return _system(held, Intent.AUTOMATIC, member_id=held.envelope.get("member_id"), notes=notes)


def _report(house: House, held: Claim) -> InboundMessage:
    """A bounce or complaint, tied to its delivery by the address it came to, failing that by the one that it quotes."""
    raw = _raw(house, held)
    found = bounces.parse(raw.read_bytes() if isinstance(raw, Path) else raw)
    came_to = held.envelope.get("delivery_id")
    reports = tuple(
        Report(
            one.address,
            one.kind,
            one.hard,
            one.status,
            one.reason,
            one.message_id,
            came_to or _quoted(house.community, one.token),
            one.bad_address,
        )
        for one in found
    )
    return _system(held, Intent.REPORT, reports=reports)


def _quoted(community: Community, token: str) -> int | None:
    """The delivery whose return path a report quotes; None when the token is not one that we gave."""
    try:
        (delivery_id,) = tokens.read(community.keyring, "bounce", token)
    except (NotFound, ValueError):
        return None
    return delivery_id


def _raw(house: House, held: Claim) -> bytes | Path:
    if held.raw is not None:
        return held.raw
    assert held.raw_blob is not None
    return house.blobs.path(held.raw_blob) or house.blobs.get(held.raw_blob)


async def _written(house: House, held: Claim, mail: PreparedMail, kind: str) -> InboundMessage:
    """Words of a member: a post, a reply or commands."""
    facts = held.envelope
    machine = "" if facts.get("released") else str(facts.get("automatic") or mail.automatic_reason)
    if machine and not await asyncio.to_thread(_may_be_written, house, held, mail, machine):
        return _automatic(held, machine)
    found = await asyncio.to_thread(_answering, house, held, mail)
    if found.is_copy:
        return _copy(held)
    media, notes = await asyncio.to_thread(_files, house, mail.files)
    notes = (*notes, *_not_given(held))
    if kind == "commands" or found.to_own_confirmation:
        return _rejected_if_unreadable(mail, _commands(held, mail, found, media, (*mail.problems, *notes)))
    asked, unknown = directives.of_options(facts.get("options", ()))
    told = mail.problems if found.is_reply else (*mail.problems, *mail.post_notes, *unknown)
    by_machine = bool(machine) and kind == "blog" and not found.is_reply
    message = InboundMessage(
        **_who(held, mail),
        text=mail.reply_text if found.is_reply else mail.post_text,
        title="" if found.is_reply else found.title or mail.post_title,
        media=media,
        blog_id=facts.get("blog_id"),
        reply_to_post_id=facts.get("post_id", found.post_id),
        wishes=Wishes() if found.is_reply else directives.over(mail.wishes, asked),
        categories=() if found.is_reply else mail.categories,
        notes=(*told, *notes),
        hold=_hold(held, later(ASK_AUTOMATIC) if by_machine else found.doubt),
        by_machine=by_machine and not facts.get("hold"),
    )
    return _rejected_if_unreadable(mail, message)


def _may_be_written(house: House, held: Claim, mail: PreparedMail, reason: str) -> bool:
    """Whether a mail whose subject alone is that of a machine may be one that a member wrote, and we can ask them: a post, or an answer
    in a conversation that is called so. What answers a mail of ours is none, nor what nothing proves."""
    if reason != automatic.BY_SUBJECT or held.envelope.get("proof", "none") == "none":
        return False
    with house.database.read() as session:
        post = session.get(Post, held.envelope.get("post_id", 0))
        root = session.get(Post, post.conversation_id) if post is not None else None
        if root is not None:
            return automatic.is_absence(root.title)
    ours = any(one.strip("<>").endswith(f"@{house.community.domain}") for one in mail.references)
    return held.envelope.get("kind") == "blog" and not ours


def _not_given(held: Claim) -> tuple[str, ...]:
    """In words, the other recipients of the same mail that did not take it."""
    others = held.envelope.get("not_given", ())
    return tuple(
        later("{address} was not given your mail: {why}", address=escaped(address), why=later(why))
        for address, why in others
    )


def _rejected_if_unreadable(mail: PreparedMail, message: InboundMessage) -> InboundMessage:
    return _rejected(message, mail.unreadable) if mail.unreadable else message


def _rejected(message: InboundMessage, why: str) -> InboundMessage:
    told = () if message.hold else (why,)  # only who is proved is told
    return replace(message, reject=why, notes=told)


def _commands(
    held: Claim, mail: PreparedMail, found: Answering, media: tuple[PreparedMedia, ...], notes: tuple[str, ...]
) -> InboundMessage:
    """Words to `do`, or to what we told their sender of their own post: commands in the text or, when there is none, in the subject. Only an
    answer to what somebody else wrote may be a reply, for whoever writes to `do` may think of it as a help desk."""
    is_command = grammar.read(mail.reply_text, answering=found.is_reply or bool(mail.references)) is not None
    only_commands = not found.is_reply or found.to_own_confirmation or is_command
    message = InboundMessage(
        **_who(held, mail),
        text=mail.title if only_commands and _has_no_words(mail) else mail.reply_text,
        media=media,
        blog_id=held.envelope.get("blog_id"),
        reply_to_post_id=found.post_id,
        only_commands=only_commands,
        notes=notes,
        hold=_hold(held),
    )
    return _rejected(message, together(found.doubt, later(_NAME_IT))) if found.doubt else message


def _has_no_words(mail: PreparedMail) -> bool:
    """Whether there is nothing in it, or nothing above its signature."""
    return not mail.reply_text or mail.text.lstrip("\r\n").replace("\r", "").startswith("-- \n")


def _hold(held: Claim, doubt: str = "") -> str:
    """Why the sender must be asked first; "" once they said yes."""
    if held.envelope.get("released"):
        return ""
    return together(later(str(held.envelope.get("hold", ""))), doubt)


def _half(house: House, held: Claim) -> str:
    """Which half of the mail is the post: as the address says, else as the blog's owner has chosen."""
    options = held.envelope.get("options", ())
    asked = next((one for one in options if one in directives.BODY_HALVES), "")
    if asked or held.envelope.get("blog_id") is None:
        return asked or "auto"
    with house.database.read() as session:
        return session.get_one(Blog, held.envelope["blog_id"]).mail_body


def _who(held: Claim, mail: PreparedMail) -> dict[str, Any]:
    sender = str(held.envelope["from"])
    return {
        "channel": "email",
        "account": sender,
        "place": sender,
        "external_id": mail.message_id,
        "answers": mail.references,
        "member_id": held.envelope["member_id"],
        "date": mail.date,
        "unproven": held.envelope.get("proof") == "none" and not held.envelope.get("released"),
    }


def _answering(house: House, held: Claim, mail: PreparedMail) -> Answering:
    raw = _raw(house, held)
    with house.database.read() as session:
        content = raw.read_bytes() if isinstance(raw, Path) else raw
        return answering(session, house.community, held, content, mail)


def _files(house: House, files: Sequence[PreparedFile]) -> tuple[tuple[PreparedMedia, ...], tuple[str, ...]]:
    """The files kept in the blob store, and in words those that could not be published."""
    kept = tuple(keep(house, file) for file in files if file.renditions)
    return kept, told_once([note for file in files for note in file.notes])


def keep(house: House, file: PreparedFile) -> PreparedMedia:
    """A prepared file, its bytes durable in the blob store."""
    renditions = tuple(
        Rendition(house.blobs.put(one.data), one.content_type, len(one.data), one.width, one.height)
        for one in file.renditions
    )
    return PreparedMedia(file.kind, renditions, filename=file.filename, alt=file.alt, content_id=file.content_id)
