"""Three readings of one mail, in one form: the standard library's, mail-parser's and ours."""

import base64
import email
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parseaddr

import mailparser

from gateway.email.read import read


@dataclass(frozen=True, slots=True)
class Seen:
    """What a parser makes of a mail; `files` are the contents of attachments, sorted."""

    subject: str
    sender: str
    text: str
    files: tuple[bytes, ...]


Parser = Callable[[bytes], Seen]


def ours(raw: bytes) -> Seen:
    mail = read(raw)
    return _seen(mail.title, mail.sender, mail.text, [file.data for file in mail.attachments])


def standard_library(raw: bytes) -> Seen:
    """compat32, used as its documentation suggests."""
    message = email.message_from_bytes(raw, policy=compat32)
    subject = str(make_header(decode_header(message.get("Subject", ""))))
    senders = getaddresses([str(message.get("From", ""))])
    texts: list[str] = []
    files: list[bytes] = []
    _walk(message, texts, files)
    return _seen(subject, senders[0][1] if len(senders) == 1 else "", "\n".join(texts), files)


def _walk(message: Message, texts: list[str], files: list[bytes]) -> None:
    payload = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(payload, list):
        for child in payload:
            assert isinstance(child, Message)
            _walk(child, texts, files)
        return
    if message.get_content_type() == "message/rfc822" and isinstance(payload, list):
        files.append(b"".join(child.as_bytes() for child in payload if isinstance(child, Message)))
        return
    data = message.get_payload(decode=True)
    if not isinstance(data, bytes):
        return
    is_text = message.get_content_type() == "text/plain" and message.get_content_disposition() != "attachment"
    if is_text and not (texts and message.get_filename()):
        texts.append(data.decode(message.get_content_charset() or "ascii", "replace"))
    elif message.get_content_type() != "text/html":
        files.append(data)


def mail_parser(raw: bytes) -> Seen:
    mail = mailparser.parse_from_bytes(raw)
    senders = [address for _, address in mail.from_ or []]
    files = []
    for attachment in mail.attachments:
        data = attachment["payload"]
        is_base64 = attachment["content_transfer_encoding"] == "base64"
        files.append(base64.b64decode(data) if is_base64 else data.encode("utf-8", "surrogateescape"))
    return _seen(mail.subject or "", senders[0] if len(senders) == 1 else "", "\n".join(mail.text_plain), files)


def _seen(subject: str, sender: str, text: str, files: list[bytes]) -> Seen:
    bare = [re.sub(rb"\s+", b" ", file).strip() for file in files]
    return Seen(" ".join(subject.split()), parseaddr(sender)[1].casefold(), " ".join(text.split()), tuple(sorted(bare)))
