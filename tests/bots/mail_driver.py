"""The contract's driver for mail: real SMTP to our own door, and a real SMTP server that gets what we send."""

import re
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import aiosmtplib

from gateway.core.desk import grammar
from gateway.core.ledger.inbox import Claim
from gateway.core.messages import InboundMessage
from gateway.email import letters
from gateway.email.authenticate import Verdict, authenticate
from gateway.email.capabilities import MAIL
from gateway.email.carrier import MailCarrier
from gateway.email.door import Envelope
from gateway.email.reception import Reception
from gateway.email.relay import Relay
from gateway.email.server import Server, serve_smtp
from gateway.roles import Channel, Prepare
from tests.bots.contract import JOINER, Shown
from tests.bots.harness import PATIENCE, ChatHarness
from tests.email.mailhouse import GOOD_IP, Dns, letter, wire
from tests.fakes.relay import FakeRelay, Received

NOT_HERE = "mail can't do that"
BOLD = re.compile(r"<strong[^>]*>(.*?)</strong>", re.DOTALL)


class MailDriver:
    """A site with members of example.com, whose server sends for them; our relay is that server, too."""

    channel = "email"
    capabilities = MAIL

    def __init__(self) -> None:
        self.relay = FakeRelay()
        self.harness: ChatHarness
        self.last: tuple[bytes, str, str]  # of the mails that were sent: bytes, from, to
        self._dns = Dns()
        self._folder = TemporaryDirectory(prefix="postroom-mail-")
        self._server: Server | None = None

    async def start(self, harness: ChatHarness) -> None:
        self.harness = harness
        await self.relay.__aenter__()
        folder = Path(self._folder.name)
        door = Reception(harness.house, self._authenticate, folder, 0)
        self._server = await serve_smtp(door, "127.0.0.1", 0, hostname="post.example.org")
        carrier = MailCarrier(harness.house, Relay("127.0.0.1", self.relay.port), folder)
        await harness.work(Channel("email", self._prepare()), carrier)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.close(grace=1)
        await self.relay.__aexit__(None, None, None)
        self._folder.cleanup()

    async def person(self, handle: str) -> "MailPerson":
        return MailPerson(self, handle, member=self.harness.is_member(handle))

    async def redeliver(self) -> None:
        """The last mail once more, as after a 250 that was lost."""
        raw, sender, to = self.last
        assert await self.send(raw, sender, to) == ""

    async def send(self, raw: bytes, sender: str, to: str) -> str:
        """Sends a mail; why it was refused, if it was."""
        assert self._server is not None
        self.last = raw, sender, to
        try:
            await aiosmtplib.send(
                raw,
                sender=sender,
                recipients=[to],
                hostname="127.0.0.1",
                port=self._server.port,
                start_tls=False,
                local_hostname="mail.example.com",
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return f"{refused.recipients[0].code} {refused.recipients[0].message}"
        except aiosmtplib.SMTPResponseException as refused:
            return f"{refused.code} {refused.message}"
        return ""

    def _prepare(self) -> Prepare:
        workers = self.harness.workers
        assert workers is not None

        async def prepare(held: Claim) -> InboundMessage:
            return await letters.prepare(self.harness.house, workers, held)

        return prepare

    def _authenticate(self, raw: bytes, envelope: Envelope) -> Verdict:
        return authenticate(raw, peer_ip=GOOD_IP, helo=envelope.helo, mail_from=envelope.mail_from, resolver=self._dns)


class MailPerson:
    """Somebody's mail program: what they wrote and what they got. It writes to `do` what is a command, all else to a blog."""

    def __init__(self, driver: MailDriver, handle: str, *, member: bool) -> None:
        self._driver = driver
        self.account = self.place = f"{handle}@{'example.com' if member else 'evil.example'}"
        self._name, self._blog = handle.title(), handle if member else "alice"
        self._own: list[tuple[int, Shown]] = []  # with how many had come before

    async def say(self, text: str, *, bold: str = "") -> str:
        to = "do" if grammar.read(text) is not None else self._blog
        message = self._new(text, f"{to}@post.example.org")
        if bold:
            message.add_alternative(f"<p>{escape(text).replace(bold, f'<b>{bold}</b>')}</p>", subtype="html")
        return await self._send(message, text)

    async def photo(self, *photos: bytes, caption: str = "") -> str:
        message = self._new(caption, f"{self._blog}@post.example.org")
        for number, data in enumerate(photos):
            message.add_attachment(data, maintype="image", subtype="jpeg", filename=f"photo{number}.jpg")
        return await self._send(message, caption)

    async def reply(self, to: Shown, text: str) -> str:
        """As mail programs do it: to Reply-To, with what is answered below."""
        got = next(mail for mail in self._got() if mail["Message-ID"] == to.id)
        quoted = "".join(f"> {line}\n" for line in _words(got).splitlines())
        words = f"{text}\n\nOn Wed, 25 Nov 2026 at 12:00, {got['From']} wrote:\n{quoted}"
        message = self._new(words, str(got["Reply-To"]), f"Re: {got['Subject']}")
        message["In-Reply-To"] = to.id
        message["References"] = f"{got['References'] or ''} {to.id}".strip()
        return await self._send(message, text)

    async def edit(self, message_id: str, text: str) -> None:
        raise AssertionError(NOT_HERE)

    async def delete(self, message_id: str) -> None:
        raise AssertionError(NOT_HERE)

    async def press(self, shown: Shown, label: str) -> None:
        raise AssertionError(NOT_HERE)

    async def seen(self) -> Sequence[Shown]:
        shown = [_shown(mail) for mail in self._got()]
        for at, one in reversed(self._own):
            shown.insert(at, one)
        return shown

    async def wait_for(self, text: str, *, seconds: float = PATIENCE) -> Shown:
        def found() -> list[Shown]:
            shown = [*(one for _, one in self._own if one.from_bot), *map(_shown, self._got())]
            return [one for one in shown if text in one.text.replace(JOINER, "")]

        try:
            await self._driver.relay.until(lambda: bool(found()), seconds)
        except TimeoutError:
            words = "\n".join(one.text for one in await self.seen())
            raise AssertionError(f"{text!r} did not come:\n{words}\n{self._driver.harness.story()}") from None
        return found()[-1]

    def _new(self, words: str, to: str, subject: str = "") -> EmailMessage:
        number, name = len(self._own), self._name.lower()
        sender = f"{self._name} <{self.account}>"
        return letter(f"{words}\n", to=to, sender=sender, subject=subject, message_id=f"<{number}.{name}@example.com>")

    async def _send(self, message: EmailMessage, text: str) -> str:
        said, at = str(message["Message-ID"]), len(self._got())
        answers, to = str(message["In-Reply-To"] or ""), str(message["To"])
        self._own.append((at, Shown(said, text, from_bot=False, answers=answers, to=to)))
        refused = await self._driver.send(wire(message), self.account, to)
        if refused:
            self._own.append((at, Shown("", refused, from_bot=True)))
        return said

    def _got(self) -> list[EmailMessage]:
        return [_read(one) for one in self._driver.relay.received if one.rcpt == self.account]


def _read(received: Received) -> EmailMessage:
    message = message_from_bytes(received.data, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def _shown(mail: EmailMessage) -> Shown:
    html = _part(mail, "html")
    return Shown(
        id=str(mail["Message-ID"]),
        text=f"{mail['Subject']}\n\n{_words(mail)}",
        from_bot=True,
        answers=str(mail["In-Reply-To"] or ""),
        photos=html.count("<img "),
        bold=tuple(BOLD.findall(html)),
    )


def _words(mail: EmailMessage) -> str:
    return _part(mail, "plain")


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n").strip("\n")
