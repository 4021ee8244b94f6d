"""The mail that a report is about, as far as the report gives it back."""

from dataclasses import dataclass
from email import message_from_string
from email.message import Message

from gateway.email.bounce_addresses import address_in
from gateway.email.bounce_text import decoded

_OF_THE_SENDER = ("From", "Sender", "Return-Path", "Reply-To", "Errors-To")
_OF_THE_RECIPIENT = ("X-HmXmrOriginalRecipient", "To", "X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To")


@dataclass(frozen=True, slots=True)
class Original:
    """What a report gives back of the mail it is about."""

    message_id: str = ""
    recipient: str = ""
    sender: str = ""
    addresses: str = ""
    through_list: bool = False


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
    named = " ".join(str(inner.get(name, "")) for name in _OF_THE_SENDER)
    message_id = str(inner.get("Message-ID", "")).strip().strip("<>").split("\n")[0][:300]
    sender = address_in(str(inner.get("Return-Path", "") or inner.get("From", "")))
    through_list = any(inner.get(name) for name in ("List-Id", "List-Post", "X-BeenThere"))
    return Original(message_id, _recipient_of(inner), sender, named, through_list)


def _recipient_of(inner: Message) -> str:
    """Whom the mail was for: as its header says, else as a server noted it."""
    named = (address_in(str(inner.get(name, ""))) for name in _OF_THE_RECIPIENT)
    noted = (address_in(str(value)[:2000].rpartition(" for ")[2]) for value in (inner.get_all("Received") or [])[:50])
    return next(filter(None, named), "") or next(filter(None, noted), "")


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
