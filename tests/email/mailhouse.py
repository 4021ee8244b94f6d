"""A house with its mail door, intake and mail deliveries running, and the hands to use it: real SMTP in, a Maildir out."""

import asyncio
import io
import smtplib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from types import TracebackType

import dkim
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway import delivering, roles
from gateway.core.desk import notices
from gateway.core.house import House
from gateway.core.ledger.inbox import OPEN, Claim
from gateway.core.messages import InboundMessage
from gateway.core.store.models import Address, Blog, Delivery, Inbound, Post, Refusal
from gateway.core.writing import blogs
from gateway.email import letters, maildir
from gateway.email.authenticate import Verdict, authenticate
from gateway.email.carrier import MailCarrier
from gateway.email.door import Envelope, Limits
from gateway.email.reception import Reception
from gateway.email.relay import Relay
from gateway.email.resolver import DnsTrouble, Kind
from gateway.email.server import Server, serve_smtp
from gateway.email.signing import Signer, dns_record, generate_key
from gateway.email.workers import Workers
from gateway.newsletter import RENDERERS as NEWSLETTER_RENDERERS
from gateway.roles import Channel, Prepare

USUAL = ("from", "to", "cc", "subject", "date", "message-id", "content-type", "content-transfer-encoding")
GOOD_IP, BAD_IP = "192.0.2.10", "203.0.113.66"
_CLIENTS = ThreadPoolExecutor(20, thread_name_prefix="client")  # not the loop's own, which the house uses
_WAITING = ("queued", "claimed", "attempting")


@dataclass
class Dns:
    """A DNS of dicts. At first example.com names GOOD_IP and asks that forged mail be refused."""

    records: dict[tuple[str, Kind], tuple[str, ...]] = field(
        default_factory=lambda: {
            ("example.com", "TXT"): (f"v=spf1 ip4:{GOOD_IP} -all",),
            ("_dmarc.example.com", "TXT"): ("v=DMARC1; p=reject",),
        }
    )
    trouble: bool = False

    def publish_key(self, domain: str = "example.com") -> None:
        """The key that `signed` signs with."""
        self.records[f"s1._domainkey.{domain}", "TXT"] = (dns_record(_key(domain)),)

    def say_nothing(self) -> None:
        """No records at all: nothing is proved, nothing fails."""
        self.records.clear()

    def lookup(self, name: str, kind: Kind) -> tuple[str, ...]:
        if self.trouble:
            raise DnsTrouble("The name server does not answer.")
        return self.records.get((name, kind), ())


@cache
def _key(domain: str) -> str:
    return generate_key()


def signed(raw: bytes, domain: str = "example.com") -> bytes:
    """The mail with a DKIM signature in front."""
    return Signer(domain, "s1", _key(domain)).sign(raw, now=int(time.time())) + raw


def signed_once(raw: bytes, *names: str) -> bytes:
    """The mail with a signature of example.com over these headers, each named as often as it stands there, as many providers sign."""
    head, key = (names or USUAL), _key("example.com").encode()
    covered = [name.encode() for name in head]
    line = dkim.sign(raw, b"s1", b"example.com", key, canonicalize=(b"relaxed", b"relaxed"), include_headers=covered)
    return bytes(line) + raw


def letter(
    text: str = "Hello from the harbour.\n",
    *,
    to: str = "alice@post.example.org",
    sender: str = "Alice <alice@example.com>",
    subject: str | None = "Harbour",
    message_id: str = "<one@example.com>",
    **headers: str,
) -> EmailMessage:
    """A mail; further headers by name, `_` for `-`."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    if subject is not None:
        message["Subject"] = subject
    message["Date"] = "Wed, 25 Nov 2026 12:00:00 +0000"
    message["Message-ID"] = message_id
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def wire(message: EmailMessage) -> bytes:
    """The mail's bytes with CRLF."""
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


def photo(colour: str = "teal", size: tuple[int, int] = (640, 480)) -> bytes:
    """A JPEG that says where it was taken and by which camera."""
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (52.0, 31.0, 12.0)
    gps[3], gps[4] = "E", (13.0, 24.0, 18.0)
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG", exif=exif)
    assert b"Secret Camera" in file.getvalue()
    return file.getvalue()


class MailHouse:
    """An async context manager: inside it the house takes and sends mail. `peer` is where clients seem to come from."""

    def __init__(
        self,
        house: House,
        workers: Workers,
        folder: Path,
        *,
        limits: Limits | None = None,
        min_free_bytes: int = 0,
    ) -> None:
        self.house, self.workers, self.folder = house, workers, folder
        self.dns, self.peer = Dns(), GOOD_IP
        self.mailbox = folder / "mail"
        self.door = Reception(house, self._authenticate, folder, min_free_bytes)
        self.prepare: Prepare = self._prepare
        self.relay: Relay | None = None
        self._limits = limits or Limits()
        self._renderers = {**notices.RENDERERS, **NEWSLETTER_RENDERERS}
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._server: Server | None = None

    async def __aenter__(self) -> "MailHouse":
        self._server = await serve_smtp(self.door, "127.0.0.1", 0, self._limits, hostname="post.example.org")
        self.work()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        await self._server.close(grace=1)
        await self.rest()

    @property
    def port(self) -> int:
        assert self._server is not None
        return self._server.port

    def work(self) -> None:
        """Lets intake and deliveries run."""
        self._stop.clear()
        carrier = MailCarrier(self.house, self.relay, self.mailbox)
        self._tasks = [
            asyncio.create_task(roles.run_intake(self.house, {"email": Channel("email", self.prepare)}, self._stop)),
            asyncio.create_task(delivering.run_deliveries(self.house, carrier, self._renderers, self._stop)),
        ]

    async def rest(self) -> None:
        """Stops intake and deliveries; mail still comes in."""
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def send(
        self,
        message: EmailMessage | bytes,
        *to: str,
        mail_from: str = "alice@example.com",
        declared: bool = True,
    ) -> str:
        """Sends by smtplib and gives the reply that settled it: of MAIL, of the first RCPT when all are refused, or of DATA."""
        raw = message if isinstance(message, bytes) else wire(message)
        recipients = to or ("alice@post.example.org",)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_CLIENTS, _send, self.port, raw, recipients, mail_from, declared)

    async def settled(self, seconds: float = 20.0) -> None:
        """Until every stored mail has its outcome and nothing that is due waits to leave."""
        async with asyncio.timeout(seconds):
            while await asyncio.to_thread(self._is_busy):
                await asyncio.sleep(0.01)

    async def outcomes(self) -> list[str]:
        """What became of all mails, oldest first."""
        await self.settled()
        return [row.status for row in self.inbox()]

    async def outcome(self) -> Inbound:
        """What became of the newest mail."""
        await self.settled()
        return self.inbox()[-1]

    def inbox(self) -> list[Inbound]:
        with self.house.database.read() as session:
            return list(session.scalars(select(Inbound).order_by(Inbound.id)))

    def posts(self, status: str = "published") -> list[Post]:
        with self.house.database.read() as session:
            return list(session.scalars(select(Post).where(Post.status == status).order_by(Post.id)))

    def refusals(self) -> list[Refusal]:
        with self.house.database.read() as session:
            return list(session.scalars(select(Refusal).order_by(Refusal.id)))

    def deliveries(self, kind: str = "") -> list[Delivery]:
        """What leaves, of one kind or of all."""
        statement = select(Delivery).order_by(Delivery.id)
        with self.house.database.read() as session:
            return list(session.scalars(statement.where(Delivery.kind == kind) if kind else statement))

    def mails(self, to: str) -> list[maildir.Mail]:
        """The mails delivered to an address, oldest first."""
        listed = reversed(maildir.list_mails(self.mailbox, to))
        return [maildir.read_mail(self.mailbox, one.name) for one in listed]

    def secret_address(self, blog_id: int) -> str:
        with self.house.database.read() as session:
            return blogs.secret_address(self.house.community, session.get_one(Blog, blog_id))

    def reply_address(self, post_id: int, member_id: int) -> str:
        return self.house.community.mail(self.house.community.reply_token(post_id, member_id))

    def know(self, member_id: int, address: str, *, verified: bool = True) -> None:
        """Gives a member a further address."""
        now = self.house.now()
        row = Address(member_id=member_id, address=address, verified_at=now if verified else None, created_at=now)
        self.house.database.writer.run(lambda session: session.add(row))

    async def _prepare(self, held: Claim) -> InboundMessage:
        return await letters.prepare(self.house, self.workers, held)

    def _authenticate(self, raw: bytes, envelope: Envelope) -> Verdict:
        return authenticate(raw, peer_ip=self.peer, helo=envelope.helo, mail_from=envelope.mail_from, resolver=self.dns)

    def _is_busy(self) -> bool:
        with self.house.database.read() as session:
            return bool(_count_busy(session, self.house))


def _count_busy(session: Session, house: House) -> int:
    now = house.now()
    mails = select(func.count()).select_from(Inbound).where(Inbound.status.in_(OPEN), Inbound.due_at <= now)
    parcels = select(func.count()).select_from(Delivery).where(Delivery.status.in_(_WAITING), Delivery.due_at <= now)
    return (session.scalar(mails) or 0) + (session.scalar(parcels) or 0)


def _send(port: int, raw: bytes, recipients: Sequence[str], mail_from: str, declared: bool) -> str:
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as connection:
        connection.ehlo("mail.example.com")
        code, text = connection.mail(mail_from, [f"size={len(raw)}"] if declared else [])
        if code != 250:
            return _reply(code, text)
        replies = [connection.rcpt(recipient) for recipient in recipients]
        if all(code != 250 for code, _ in replies):
            return _reply(*replies[0])
        try:
            return _reply(*connection.data(raw))
        except smtplib.SMTPDataError as error:
            return _reply(error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b"")


def _reply(code: int, text: bytes) -> str:
    return f"{code} {text.decode()}"
