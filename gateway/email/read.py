"""Raw mail to `InboundEmail`: for any bytes, and without raising. Nothing here decides what becomes of a mail."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.core.words import N, later
from gateway.email import automatic, header_values
from gateway.email.content import Attachment, Content, Reader
from gateway.email.header_values import Correspondent
from gateway.email.limits import LIMITS, Limits
from gateway.email.parts import Header, Part, parameter, raw_header, raw_headers, take_apart

logger = logging.getLogger(__name__)

OUR_FAULT = N("We could not read this mail, and the fault is ours. It was kept, and nothing was published.")

__all__ = ["OUR_FAULT", "Attachment", "InboundEmail", "read", "read_header"]

_UNTITLED = frozenset(
    {
        "no subject", "none", "no title", "untitled", "kein betreff", "ohne betreff", "betreff fehlt", "sans objet", "pas d'objet",
        "aucun objet", "sin asunto", "senza oggetto", "nessun oggetto", "sem assunto", "geen onderwerp", "inget ämne", "intet emne",
        "ingen emne", "uten emne", "ei aihetta", "bez tematu", "brak tematu", "bez předmětu", "bez predmetu", "без темы", "без теми",
        "konu yok", "χωρίς θέμα", "無主題", "无主题", "件名なし", "無題", "제목 없음",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class InboundEmail:
    """A mail as text and files.

    `text` and `html` each hold the whole letter or are "". `sender` is the one From address, in lower case; "" when there is not
    exactly one that can be verified, and `from_count` says how many From addresses there were. `references` are the ids of
    the mails it answers, nearest first. `date` is UTC. `problems` says in words what could not be read; `unreadable` why nothing
    may be published from it. `automatic_reason` ends the sentence “It was not posted, because …”.
    """

    title: str = ""
    text: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    sender: str = ""
    sender_name: str = ""
    from_count: int = 0
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    message_id: str = ""
    references: tuple[str, ...] = ()
    date: datetime | None = None
    is_automatic: bool = False
    automatic_reason: str = ""
    content_type: str = "text/plain"
    report_type: str = ""
    problems: tuple[str, ...] = ()
    unreadable: str = ""


def read(raw: bytes, limits: Limits = LIMITS) -> InboundEmail:
    """What a mail says, for any bytes. A mail over the limits has its headers read, and says so in `unreadable`."""
    try:
        return _read(raw, limits)
    except MemoryError:
        raise
    except Exception:  # a fault of ours must cost this mail only, and be seen
        logger.exception("A mail could not be read.")
        return InboundEmail(unreadable=OUR_FAULT)


def read_header(raw: bytes, limits: Limits = LIMITS) -> InboundEmail:
    """What the header alone says of who wrote a mail, of its title, and whether a machine wrote it; nothing else. Does not raise either."""
    try:
        root = take_apart(_with_line_feeds(raw), limits).root
        return InboundEmail(**_heading(root.header, root.type))
    except MemoryError:
        raise
    except Exception:
        logger.exception("The header of a mail could not be read.")
        return InboundEmail(unreadable=OUR_FAULT)


def _read(raw: bytes, limits: Limits) -> InboundEmail:
    if len(raw) > limits.message:
        too_large: str = later("The mail is larger than {size} MB; it was not read.", size=limits.message // 1024**2)
        raw = raw[: limits.header]
    else:
        too_large = ""
    raw = _with_line_feeds(raw)
    tree = take_apart(raw, limits)
    reader = Reader(raw, unreadable=too_large or tree.unreadable)
    content = Content() if reader.unreadable else reader.letter(tree.root)
    return _mail(tree.root, reader, content)


def _mail(root: Part, reader: Reader, content: Content) -> InboundEmail:
    header = root.header
    heading = _heading(header, root.type, reader.charset)
    if not heading["is_automatic"] and (by_calendar := automatic.by_calendar(root)):
        heading |= {"is_automatic": True, "automatic_reason": by_calendar}
    return InboundEmail(
        **heading,
        text=content.text or "",
        html=content.html or "",
        attachments=tuple(content.files),
        message_id=next(iter(header_values.message_ids(raw_header(header, "message-id"))), ""),
        references=_references(header),
        date=header_values.date(header_values.words(raw_header(header, "date")[:200])),
        problems=tuple(reader.problems),
        unreadable=reader.unreadable,
    )


def _heading(header: Header, content_type: str, charset: str = "") -> dict[str, Any]:
    """The fields that the header alone gives."""
    senders = [box for value in raw_headers(header, "from") for box in header_values.correspondents(value)]
    sender = senders[0] if len(senders) == 1 else Correspondent("")
    subject = raw_header(header, "subject")[: 8 * LIMITS.subject]
    if not subject.isascii():  # raw: most programs write it as they write the text
        charset = charset or parameter(header, "content-type", "charset")
    subject = header_values.words(subject, charset)
    reason = automatic.reason(header, content_type, subject)
    return {
        "title": title(subject),
        "sender": sender.address,
        "sender_name": sender.name[: LIMITS.subject],
        "from_count": len(senders),
        "to": _addresses(header, "to"),
        "cc": _addresses(header, "cc"),
        "is_automatic": bool(reason),
        "automatic_reason": reason,
        "content_type": content_type,
        "report_type": parameter(header, "content-type", "report-type").strip().lower(),
    }


def title(subject: str) -> str:
    """The subject as a title; "" for what clients write when there is none."""
    bare = subject.strip(" ()[]<>（）-–—._").casefold().replace("’", "'")
    bracketed = bare != subject.strip().casefold()
    return "" if bare in _UNTITLED and (bracketed or " " in bare) else subject[: LIMITS.subject]


def _addresses(header: Header, name: str) -> tuple[str, ...]:
    boxes = (box for value in raw_headers(header, name) for box in header_values.correspondents(value))
    return tuple(dict.fromkeys(box.address for box in boxes if box.address))


def _references(header: Header) -> tuple[str, ...]:
    nearest = header_values.message_ids(raw_header(header, "in-reply-to"))
    older = header_values.message_ids(raw_header(header, "references"))
    return tuple(dict.fromkeys([*nearest, *reversed(older)]))[: LIMITS.references]


def _with_line_feeds(raw: bytes) -> bytes:
    """The mail as it is, or with line feeds for the few whose lines end in nothing but carriage returns."""
    if b"\n" not in raw and b"\r" in raw:
        return raw.replace(b"\r", b"\n")
    return raw.lstrip(b"\r\n") if raw[:1] in {b"\r", b"\n"} else raw
