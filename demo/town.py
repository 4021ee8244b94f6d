"""A small town for the demo: the real server in this process, real SMTP and HTTP, and simulated Telegram and Slack servers on loopback."""

import asyncio
import smtplib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import httpx
from PIL import Image, ImageDraw

from gateway.app import App
from gateway.core.desk import welcome
from gateway.core.people import accounts
from gateway.email import maildir
from gateway.settings import Settings
from tests.fakes.dns import DnsFake
from tests.fakes.slack import SlackFake
from tests.fakes.telegram import TelegramFake

PATIENCE = 20.0  # seconds that a step may take
ZONES: Mapping[tuple[str, str], tuple[str, ...]] = {("example.com", "TXT"): ("v=spf1 ip4:127.0.0.1 -all",)}


class Clock:
    """The real time, moved forward by the demo so that nobody waits a week for a digest."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward_to(self, moment: datetime) -> None:
        self.ahead += max(moment - self(), timedelta())


class Outside(ABC):
    """How anybody outside deals with a running community: mail, pages, chats. `Town` and the tests' processes are such."""

    telegram: TelegramFake
    slack: SlackFake
    web_port: int
    viewer_port: int

    @property
    @abstractmethod
    def mailbox(self) -> Path: ...

    @property
    @abstractmethod
    def smtp(self) -> int: ...

    @abstractmethod
    async def add(self, handle: str, name: str) -> None:
        """A member with a blog."""

    @abstractmethod
    async def code(self, handle: str, channel: str) -> str:
        """A code that links a chat."""

    @abstractmethod
    def now(self) -> datetime: ...

    @abstractmethod
    def forward_to(self, moment: datetime) -> None:
        """Lets time pass."""

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self.web_port}"

    @property
    def viewer_url(self) -> str:
        return f"http://127.0.0.1:{self.viewer_port}/mail"

    def blog_url(self, name: str) -> str:
        return f"http://{name}.localhost:{self.web_port}"

    async def mail(self, message: EmailMessage, to: str) -> None:
        """Sends a mail over SMTP, as a mail program does."""

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", self.smtp, local_hostname="client.example.com") as client:
                client.send_message(message, to_addrs=[to])

        await asyncio.to_thread(send)

    async def mail_for(self, address: str, words: str) -> maildir.Mail:
        """The newest mail to an address that says this; waits for it."""
        folder = self.mailbox

        def find() -> maildir.Mail | None:
            for listed in maildir.list_mails(folder, recipient=address):
                found = maildir.read_mail(folder, listed.name)
                if words in found.text or words in found.header("Subject"):
                    return found
            return None

        found: maildir.Mail = await self.until(find, f"a mail to {address} that says “{words}”")
        return found

    async def until(self, look: Callable[[], Any], what: str) -> Any:
        """What `look` finds, asked again until it finds something. Raises TimeoutError."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < end:
            if found := await asyncio.to_thread(look):
                return found
            await asyncio.sleep(0.05)
        raise TimeoutError(f"Waited {PATIENCE:.0f} s for {what}; it did not come.")

    async def get(self, url: str) -> str:
        """A page, as a browser would get it."""
        response = await self._request("GET", url)
        return response.text

    async def post(self, url: str, **form: str) -> str:
        """Presses a button."""
        response = await self._request("POST", url, data=form)
        return response.text

    async def _request(self, method: str, url: str, **more: Any) -> httpx.Response:
        """Every name below localhost is this machine (RFC 6761), whatever the resolver here thinks."""
        asked = httpx.URL(url)
        headers = {"host": f"{asked.host}:{asked.port}", "origin": f"{asked.scheme}://{asked.host}:{asked.port}"}
        async with httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=PATIENCE) as client:
            response = await client.request(method, asked.copy_with(host="127.0.0.1"), headers=headers, **more)
        if response.status_code >= 400:
            raise RuntimeError(f"{method} {url} answered {response.status_code}.")
        return response


@dataclass
class Town(Outside):
    """Everything that runs, in this process. Use it as an async context."""

    folder: Path
    web_port: int = 8025
    viewer_port: int = 8026
    smtp_port: int = 2525
    database_url: str = ""
    clock: Clock = field(default_factory=Clock)
    dns: DnsFake = field(init=False)
    telegram: TelegramFake = field(init=False)
    slack: SlackFake = field(init=False)
    app: App = field(init=False)

    async def __aenter__(self) -> Self:
        self.dns = await DnsFake(ZONES).__aenter__()
        self.telegram = await TelegramFake(username="demo_town_bot").__aenter__()
        self.slack = await SlackFake().__aenter__()
        self.app = App(self.settings(), now=self.clock)
        await self.app.start()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.app.stop()
        await self.slack.__aexit__(None, None, None)
        await self.telegram.__aexit__(None, None, None)
        await self.dns.__aexit__(None, None, None)

    def settings(self) -> Settings:
        return Settings(
            community_name="Demo Town",
            domain="post.localhost",
            base_url=f"http://localhost:{self.web_port}",
            data_dir=self.folder,
            database_url=self.database_url,
            undo_seconds=0,
            undo_reply_seconds=0,
            undo_issue_seconds=0,
            min_free_bytes=0,
            dns_servers=(self.dns.address,),
            smtp_listen=(f"127.0.0.1:{self.smtp_port}",),
            web_listen=f"127.0.0.1:{self.web_port}",
            mail_viewer_listen=f"127.0.0.1:{self.viewer_port}",
            telegram_token=self.telegram.token,
            telegram_api=self.telegram.url,
            slack_bot_token=self.slack.bot_token,
            slack_app_token=self.slack.app_token,
            slack_api=self.slack.base_url,
        )

    async def add(self, handle: str, name: str) -> None:
        """A member with a blog."""
        house = self.app.house

        def unit(session: Any) -> list[str]:
            return welcome.add(session, house.community, house.now(), handle, f"{handle}@example.com", name=name)

        await asyncio.wrap_future(house.database.writer.submit(unit))

    async def code(self, handle: str, channel: str) -> str:
        """A code that links a chat, as the member's page shows it."""
        house = self.app.house

        def unit(session: Any) -> str:
            member = accounts.by_handle(session, handle)
            return accounts.link_code(session, member, channel, house.now(), house.randomness)

        return await asyncio.wrap_future(house.database.writer.submit(unit))

    def now(self) -> datetime:
        return self.clock()

    def forward_to(self, moment: datetime) -> None:
        """Lets time pass, for everything that runs here."""
        self.clock.forward_to(moment)

    @property
    def mailbox(self) -> Path:
        return self.app.mailbox

    @property
    def smtp(self) -> int:
        return self.app.ports["smtp"]


def letter(sender: str, to: str, subject: str, text: str, *, photo: bytes = b"", **headers: str) -> EmailMessage:
    """A mail as a mail program writes it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = f"<{abs(hash((sender, to, subject, text, datetime.now(UTC).isoformat())))}@example.com>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if photo:
        message.add_attachment(photo, maintype="image", subtype="jpeg", filename="harbour.jpg")
    return message


def photograph() -> bytes:
    """A picture of a harbour at dusk, with the place in its EXIF, as a telephone writes it."""
    width, height = 1600, 1067
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        share = y / height
        draw.line([(0, y), (width, y)], fill=(int(250 - 130 * share), int(190 - 100 * share), int(150 + 30 * share)))
    draw.ellipse((1080, 380, 1260, 560), fill=(255, 236, 190))
    draw.rectangle((0, 640, width, height), fill=(52, 74, 108))
    for n in range(60):
        x, y = (n * 379) % width, 650 + (n * 131) % 400
        draw.line([(x, y), (x + 90, y)], fill=(120, 130, 160), width=3)
    for x in (260, 520, 820):
        draw.polygon([(x, 640), (x + 170, 640), (x + 140, 690), (x + 30, 690)], fill=(35, 28, 40))
        draw.line([(x + 85, 640), (x + 85, 420)], fill=(35, 28, 40), width=8)
        draw.polygon([(x + 92, 430), (x + 92, 620), (x + 170, 620)], fill=(240, 230, 220))
    exif = image.getexif()
    exif[0x010F] = "Demo camera"
    exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (53.0, 32.0, 46.0)
    out = BytesIO()
    image.save(out, "JPEG", quality=88, exif=exif)
    return out.getvalue()
