"""The structured parts of a report: RFC 3464 delivery status, RFC 5965 feedback, RFC 8098 disposition.

The fields are read by name and not by the blank lines between them, which many servers leave out, double, or set anywhere.
"""

from dataclasses import dataclass
from email import message_from_string
from email.message import Message

from gateway.email.bounce_addresses import address_in, field_address
from gateway.email.bounce_text import decoded

_MOST_PARTS = 400
_MOST_LINES = 4000
_MOST_VALUE = 4000  # characters
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status", "message/disposition-notification")
_NAMES = ("original-recipient", "final-recipient", "x-actual-recipient")
_OF_A_RECIPIENT = (*_NAMES, "action", "status", "diagnostic-code", "remote-mta", "disposition")
_WORDS = ("diagnostic-code", "x-notes", "x-supplementary-info", "x400-supplementary-info", "x-display-reason")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient's fields in a delivery status part; `address` is empty where they name none that can be mailed."""

    address: str
    action: str
    status: str
    diagnostic: str
    disposition: bool = False


def parts(mail: Message) -> list[Message]:
    """The parts of a mail in order, those inside a returned original left out."""
    found: list[Message] = []
    stack = [mail]
    while stack and len(found) < _MOST_PARTS:
        part = stack.pop()
        found.append(part)
        payload = part.get_payload()
        inner = [p for p in payload if isinstance(p, Message)] if isinstance(payload, list) else []
        wrapped = len(inner) == 1 and inner[0].get_content_type() == "multipart/report" and len(found) <= 3
        if part.get_content_maintype() == "multipart" or wrapped:
            stack.extend(reversed(inner))
    return found


def recipients(found: list[Message]) -> list[Recipient]:
    """The recipients that the delivery status parts name."""
    result: list[Recipient] = []
    for part in found:
        kind = part.get_content_type()
        if kind in _STATUS_TYPES:
            result += _recipients_in(_status_text(part), kind.endswith("disposition-notification"))
    return result


def recipients_in_text(found: list[Message]) -> list[Recipient]:
    """The recipients in the fields of a delivery status that stands in a part of another type."""
    for part in found:
        kind = part.get_content_type()
        if part.is_multipart() or kind.startswith("message/") or kind in ("text/html", "text/rfc822-headers"):
            continue
        lines = decoded(part).split("\n")[:_MOST_LINES]
        begins = next((at for at, line in enumerate(lines) if _field(line)[0] in _NAMES), -1)
        if begins >= 0:
            start = max(0, begins - 3)  # the action may stand before
            ends = next((at for at in range(begins, len(lines)) if _is_behind(lines[at])), len(lines))
            result = _recipients_in("\n".join(lines[start:ends]), disposition=False)
            if result:
                return result
    return []


def _is_behind(line: str) -> bool:
    """True for a line that can only stand behind the fields: a boundary, or the original's header."""
    return line.startswith("--") or line[:12].lower().startswith(("return-path:", "received:"))


def _recipients_in(text: str, disposition: bool) -> list[Recipient]:
    return [recipient for fields in _groups(text) if (recipient := _recipient(fields, disposition))]


def is_read_receipt(found: list[Message]) -> bool:
    """True for a disposition notification: whatever it says, the message arrived (RFC 8098)."""
    kinds = [part.get_content_type() for part in found]
    return "message/disposition-notification" in kinds and "message/delivery-status" not in kinds


def _status_text(part: Message) -> str:
    """The text of a status part, which the standard parser has made blocks of headers of."""
    payload = part.get_payload()
    blocks = [p for p in payload if isinstance(p, Message)] if isinstance(payload, list) else []
    if not blocks:
        return decoded(part)
    pieces = []
    for block in blocks:
        body = block.get_payload()
        pieces += [f"{name}: {value}" for name, value in block.raw_items()]
        pieces += ["", body if isinstance(body, str) else "", ""]
    text = "\n".join(pieces)
    coded = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if coded in ("base64", "quoted-printable"):  # which RFC 2046 forbids here, and some write
        return decoded(message_from_string(f"Content-Transfer-Encoding: {coded}\n\n{text.strip()}\n"))
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _groups(text: str) -> list[dict[str, str]]:
    """The fields of each recipient; those of the whole message are among the first's."""
    groups: list[dict[str, str]] = [{}]
    last, blank = "", False
    for line in text.split("\n")[:_MOST_LINES]:
        name, value = _field(line)
        if not line.strip():
            last, blank = "", True
        elif name:
            now = groups[-1]
            told = any(n in now for n in _NAMES) and ("action" in now or "status" in now)
            if (name in now and name in (*_NAMES, "action")) or (name in _NAMES and blank and told):
                groups.append({})
            groups[-1].setdefault(name, value[:_MOST_VALUE])
            last, blank = name, False
        elif last and len(groups[-1][last]) < _MOST_VALUE:
            groups[-1][last] += " " + line.strip()[:_MOST_VALUE]
    return groups


def _field(line: str) -> tuple[str, str]:
    """A field's name in lower case and its value; both empty for a line that begins none."""
    name, colon, value = line.partition(":")
    bare = name.strip().lower()
    begins = colon and bare and " " not in bare and (bare in _OF_A_RECIPIENT or not line[:1].isspace())
    return (bare, value.strip()) if begins else ("", "")


def _recipient(fields: dict[str, str], disposition: bool) -> Recipient | None:
    named = [fields.get(name, "") for name in _NAMES]
    action = _letters(fields.get("action", ""))
    told = " ".join(filter(None, (fields.get(name, "") for name in _WORDS)))
    status = fields.get("status", "")
    if not action:
        refused = disposition and _is_refusal(fields.get("disposition", "").lower())
        if not any(named) or not (refused or (not disposition and (status or told))):
            return None
        action = "failed"
    address = next(filter(None, map(field_address, named)), "") or address_in(told)
    return Recipient(address, action, status, told, disposition)


def _letters(value: str) -> str:
    """The first word of an action, without what some write behind it."""
    word = value.strip().lower()
    end = next((at for at, letter in enumerate(word) if not letter.isalpha()), len(word))
    return word[:end]


def _is_refusal(disposition: str) -> bool:
    """True where a delivery agent, and not a person, deleted the message."""
    return "deleted" in disposition and not disposition.strip().startswith("manual-action")


def feedback(found: list[Message]) -> dict[str, str] | None:
    """The fields of an RFC 5965 report in lower case, or None."""
    for part in found:
        if part.get_content_type() == "message/feedback-report":
            payload = part.get_payload()
            block = payload[0] if isinstance(payload, list) and payload else message_from_string(decoded(part).strip())
            if isinstance(block, Message):
                return {name.lower(): str(value) for name, value in block.items()}
    return None
