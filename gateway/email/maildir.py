"""A local Maildir, where mail lands while no relay is set, and from which the local viewer reads it.

Written as the Maildir's author asks: whole into `tmp`, synced, then moved into `new` under a name nobody else has. A crash
leaves at most a stray file in `tmp`, which nobody reads. See https://cr.yp.to/proto/maildir.html.
"""

import os
import secrets
import time
from dataclasses import dataclass
from email import message_from_bytes
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path

from gateway.core.errors import NotFound
from gateway.email.headers import address_on_wire

_FOLDERS = ("tmp", "new", "cur")


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail in the list, by its headers."""

    name: str
    sender: str
    recipient: str
    subject: str
    date: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail read back. `headers` are decoded, in order."""

    name: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    raw: bytes

    def header(self, name: str) -> str:
        """The first header of this name, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def deliver(folder: Path, raw: bytes, *, mail_from: str = "", recipient: str = "") -> str:
    """Keep the mail durably and return its name. The envelope, where given, stands in front as an MTA writes it."""
    for part in _FOLDERS:
        (folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{time.time_ns():020d}.{os.getpid()}_{secrets.token_hex(6)}.postroom"
    draft = folder / "tmp" / name
    with draft.open("xb") as file:
        if recipient:
            sender = address_on_wire(mail_from) if mail_from else ""
            file.write(f"Return-Path: <{sender}>\r\nDelivered-To: {address_on_wire(recipient)}\r\n".encode())
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder / "new" / name)
    _sync(folder / "new")
    return name


def list_mails(folder: Path, recipient: str | None = None) -> list[Listed]:
    """The mails in the folder, newest first, or only those to one address."""
    names = sorted(((path.name, path) for part in _FOLDERS[1:] for path in _files(folder / part)), reverse=True)
    listed = (_listed(name, path) for name, path in names)
    return [
        mail for mail in listed if mail and (recipient is None or recipient.casefold() == mail.recipient.casefold())
    ]


def read_mail(folder: Path, name: str) -> Mail:
    """One mail by its name; NotFound when there is none."""
    for part in _FOLDERS[1:]:
        if name and name in (path.name for path in _files(folder / part)):
            raw = (folder / part / name).read_bytes()
            message = message_from_bytes(raw, policy=default)
            assert isinstance(message, EmailMessage)
            shown = tuple((key, str(value)) for key, value in message.items())
            return Mail(name, shown, _body(message, "plain"), _body(message, "html"), raw)
    raise NotFound("There is no such mail here.", hint="It may have been removed; go back to the list.")


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")] if folder.is_dir() else []


def _listed(name: str, path: Path) -> Listed | None:
    try:
        with path.open("rb") as file:
            message = BytesHeaderParser(policy=default).parse(file)
    except FileNotFoundError:  # moved or removed since it was listed
        return None
    recipient = str(message.get("Delivered-To", "")) or _addresses(message.get("To"))
    return Listed(
        name, str(message.get("From", "")), recipient, str(message.get("Subject", "")), str(message.get("Date", ""))
    )


def _addresses(header: object) -> str:
    return ", ".join(address.addr_spec for address in header.addresses) if isinstance(header, AddressHeader) else ""


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        text = raw.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        text = raw.decode("utf-8", "replace")
    return text.replace("\r\n", "\n")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
