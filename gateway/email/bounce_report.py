"""The structured parts of a report: RFC 3464 delivery status, RFC 5965 feedback, RFC 8098 disposition, and the original."""

from dataclasses import dataclass
from email import message_from_string
from email.message import Message

from gateway.email.bounce_notice import address_in, decoded

_MOST_PARTS = 400
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status", "message/disposition-notification")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient's fields in a delivery status part; `address` is empty where they name none that can be mailed."""

    address: str
    action: str
    status: str
    diagnostic: str
    disposition: bool = False


@dataclass(frozen=True, slots=True)
class Original:
    """What a report gives back of the mail it is about."""

    message_id: str = ""
    recipient: str = ""
    sender: str = ""
    addresses: str = ""


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
    """The recipients that the delivery status parts name, each block as a Recipient."""
    result: list[Recipient] = []
    for part in found:
        if part.get_content_type() in _STATUS_TYPES:
            disposition = part.get_content_type().endswith("disposition-notification")
            for block in _blocks(part):
                recipient = _recipient(block, disposition)
                if recipient:
                    result.append(recipient)
    return result


def is_read_receipt(found: list[Message]) -> bool:
    """True for a disposition notification: whatever it says, the message arrived (RFC 8098)."""
    kinds = [part.get_content_type() for part in found]
    return "message/disposition-notification" in kinds and "message/delivery-status" not in kinds


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    blocks = [p for p in payload if isinstance(p, Message)] if isinstance(payload, list) else []
    text = decoded(part) if not blocks else ""
    coded = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if blocks and coded in ("base64", "quoted-printable"):  # which RFC 2046 forbids here, and some write
        text = _decoded_blocks(blocks, coded)
        blocks = []
    blocks += [
        message_from_string(block.strip()) for block in text.replace("\r", "").split("\n\n")[:400] if block.strip()
    ]
    for block in list(blocks):  # some put all blocks into one, or the recipient's fields behind a blank line
        body = block.get_payload()
        if isinstance(body, str) and "ecipient:" in body[:4000]:
            blocks += [message_from_string(piece.strip()) for piece in body.split("\n\n")[:400] if "ecipient:" in piece]
    return blocks


def _decoded_blocks(blocks: list[Message], coded: str) -> str:
    """The text of blocks that the parser took for headers before their encoding was undone."""
    raw = "\n\n".join(str(block) for block in blocks).strip()
    again = message_from_string(f"Content-Transfer-Encoding: {coded}\n\n{raw}\n")
    return decoded(again)


def _recipient(block: Message, disposition: bool) -> Recipient | None:
    named = [_raw(block, name) for name in ("original-recipient", "final-recipient", "x-actual-recipient")]
    action = str(block.get("Action", "")).split("(")[0].strip().lower()
    if not action:
        refused = disposition and _is_refusal(str(block.get("Disposition", "")).lower())
        if not refused and not (block.get("Status") and any(named)):
            return None
        action = "failed"
    if not any(named):
        return None
    words = [str(block.get(name, "")) for name in ("Diagnostic-Code", "X-Notes", "X-Supplementary-Info")]
    told = " ".join(filter(None, words))
    address = next(filter(None, map(_field_address, named)), "") or address_in(told)
    return Recipient(
        address, action.split()[0] if action.split() else "", str(block.get("Status", "")), told, disposition
    )


def _raw(block: Message, name: str) -> str:
    """A field with its UTF-8 as it stands there, which the parser keeps as lone surrogates."""
    value = next((str(value) for field, value in block.raw_items() if field.lower() == name), "")
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _is_refusal(disposition: str) -> bool:
    """True where a delivery agent, and not a person, deleted the message."""
    return "deleted" in disposition and not disposition.strip().startswith("manual-action")


def _field_address(value: str) -> str:
    """The address in `rfc822; bob@example.net` or `utf-8; bøb@example.net` (RFC 3464 2.3, RFC 6533 3)."""
    kind, mark, rest = value.partition(";")
    rest = (rest if mark else value).strip()[:1000]
    if "\\x{" in rest:
        rest = _unescaped(rest)
    bare = rest.strip("<>'\" ")
    local, at, domain = bare.rpartition("@")
    if local.isalnum() and at and not bare.isascii() and "." in domain and not any(c in domain for c in " <>()"):
        return bare
    found = address_in(rest)
    return found.replace("+2B", "+").replace("+3D", "=") if mark and "rfc822" in kind.lower() else found


def _unescaped(text: str) -> str:
    r"""The text with `\x{F8}` as the letter it stands for (RFC 6533 3)."""
    first, *rest = text.split("\\x{")
    letters = [first]
    for piece in rest:
        code, end, after = piece.partition("}")
        known = end and len(code) <= 6 and all(c in "0123456789abcdefABCDEF" for c in code) and code
        letters.append(f"{chr(min(int(code, 16), 0x10FFFF))}{after}" if known else piece)
    return "".join(letters)


def feedback(found: list[Message]) -> dict[str, str] | None:
    """The fields of an RFC 5965 report in lower case, or None."""
    for part in found:
        if part.get_content_type() == "message/feedback-report":
            payload = part.get_payload()
            block = payload[0] if isinstance(payload, list) and payload else message_from_string(decoded(part).strip())
            if isinstance(block, Message):
                return {name.lower(): str(value) for name, value in block.items()}
    return None


def original_of(found: list[Message], text: str) -> Original:
    """The headers of the mail that the report is about, from its returned part or from the end of its text."""
    for part in found[1:] or found:
        kind = part.get_content_type()
        payload = part.get_payload()
        if kind in ("message/rfc822", "message/global") and isinstance(payload, list) and payload:
            inner = payload[0]
            if isinstance(inner, Message):
                return _original(inner)
        if kind in ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "message/partial"):
            return _original(message_from_string(decoded(part).lstrip()))
    return _quoted_original(text)


def _quoted_original(text: str) -> Original:
    low = text.lower()
    at = max(low.rfind("\nreturn-path:"), low.rfind("\nreceived:") if "\nreturn-path:" not in low else -1)
    at = at if at >= 0 else low.rfind("\nmessage-id:")
    return _original(message_from_string(text[at + 1 : at + 40_000])) if at >= 0 else Original()


def _original(inner: Message) -> Original:
    named = " ".join(str(inner.get(name, "")) for name in ("From", "Sender", "Return-Path", "Reply-To", "Errors-To"))
    recipient = address_in(str(inner.get("To", "")))
    message_id = str(inner.get("Message-ID", "")).strip().strip("<>").split("\n")[0][:300]
    return Original(
        message_id, recipient, address_in(str(inner.get("Return-Path", "") or inner.get("From", ""))), named
    )


def token_of(mail: Message, original: Original) -> str:
    """The token of the `b.<token>` address that the report was sent to, or that the original came from."""
    for value in (
        *(mail.get_all("To") or []),
        *(mail.get_all("Delivered-To") or []),
        *(mail.get_all("X-Original-To") or []),
        original.addresses,
    ):
        for word in str(value)[:4000].replace("<", " ").replace(">", " ").replace(",", " ").split():
            local, at, _ = word.strip("\"'();").rpartition("@")
            if at and local[:2].lower() in ("b.", "b+") and len(local) > 20:
                return local[2:].lower()
    return ""
