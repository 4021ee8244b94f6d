"""The composition root: opens the house, wires channels, carriers and pages, starts roles and stops them in order. Only this module knows all parts."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from gateway import delivering, keys, outgoing, roles, upkeep
from gateway.bots import console
from gateway.bots.capabilities import CONSOLE, SLACK, TELEGRAM
from gateway.core.desk import notices
from gateway.core.desk.notices import Renderer
from gateway.core.house import House, utc_now
from gateway.core.ledger import pace
from gateway.core.ledger.inbox import Claim
from gateway.core.messages import Capabilities, Filed, Filer, InboundMessage, RenderedIssue
from gateway.email import letters, wire
from gateway.email.authenticate import DnsResolver, Resolver
from gateway.email.capabilities import MAIL
from gateway.email.carrier import MailCarrier
from gateway.email.copies import IssueCopies, NewsletterCarrier
from gateway.email.disk import Disk, database_folder
from gateway.email.kept import Kept
from gateway.email.listeners import naming, start_servers
from gateway.email.reception import Reception, checker, not_checked
from gateway.email.relay import Relay
from gateway.email.relays import Relays
from gateway.email.server import Server
from gateway.email.viewer import viewer_routes
from gateway.email.workers import Workers
from gateway.newsletter import RENDERERS as NEWSLETTER_RENDERERS
from gateway.newsletter import newsroom, schedule
from gateway.newsletter.issues import Masthead
from gateway.opening import open_house
from gateway.roles import Bot, Carrier, Channel
from gateway.settings import ROLES, Settings, host_and_port
from gateway.web.site import make_site
from gateway.web.visit import ChatWay

log = logging.getLogger("postroom")

CHANNELS: Mapping[str, Capabilities] = {"email": MAIL, "telegram": TELEGRAM, "slack": SLACK, "console": CONSOLE}
RENDERERS: Mapping[str, Renderer] = {**notices.RENDERERS, **NEWSLETTER_RENDERERS}


def relays_from(settings: Settings) -> Relays | None:
    """The relays in their order, or None while mail stays in the local mailbox."""
    if not settings.relay_host:
        return None
    first = outgoing.RelayPlace(
        settings.relay_host, settings.relay_port, settings.relay_tls, settings.relay_user, settings.relay_password
    )
    places = [first, *map(outgoing.relay_place, settings.relay_fallbacks)]
    return Relays([Relay(one.host, one.port, one.tls, one.user, one.password, settings.hostname) for one in places])


def _telegram(house: House, chosen: Settings, filer: Filer) -> Bot:
    from gateway.bots.telegram import Telegram  # takes a second to load, so only who has a bot loads it

    return Telegram(
        house,
        chosen.telegram_token,
        api=chosen.telegram_api,
        mode=chosen.telegram_mode,
        webhook_secret=chosen.telegram_webhook_secret,
        filer=filer,
    )


def _slack(house: House, chosen: Settings, filer: Filer) -> Bot:
    from gateway.bots.slack import Slack

    return Slack(
        house,
        bot_token=chosen.slack_bot_token,
        client_id=chosen.slack_client_id,
        client_secret=chosen.slack_client_secret,
        wanted=chosen.slack_workspaces,
        app_token=chosen.slack_app_token,
        signing_secret=chosen.slack_signing_secret,
        mode=chosen.slack_mode,
        api=chosen.slack_api,
        filer=filer,
    )


BOTS: dict[str, Callable[[House, Settings, Filer], Bot]] = {"telegram": _telegram, "slack": _slack}


class App:
    """One process of the community. `start` returns when every role serves; `stop` finishes what was begun."""

    def __init__(
        self,
        settings: Settings,
        *,
        only: Iterable[str] = ROLES,
        now: Callable[[], datetime] = utc_now,
        resolver: Resolver | None = None,
        may_create: bool = True,
    ) -> None:
        """Raises SettingsError; NoCommunity where there is none and `may_create` is false."""
        self.settings = settings
        self.roles = frozenset(only)
        self.house = replace(open_house(settings, now, may_create=may_create), newsroom=newsroom)
        self.mailbox = settings.data_dir / "mail"
        self.ports: dict[str, int] = {}
        self._resolver = resolver
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._mail_servers: list[Server] = []
        self._web_servers: list[uvicorn.Server] = []
        self._workers = Workers(2)
        self._relays = relays_from(settings)
        self._kept = Kept(self._relays) if self._relays else None
        self._bots = self._make_bots()

    async def start(self) -> None:
        """Starts the roles of this process. Raises OSError when a port is taken."""
        if self.roles & {"intake", "bots"}:
            await self._workers.start()
        if "intake" in self.roles:
            self._go("intake", roles.run_intake(self.house, self.channels(), self._stop))
        if "deliver" in self.roles:
            self._start_deliveries()
        if "clock" in self.roles:
            self._go("clock", schedule.run_clock(self.house, self._freeze, self._stop))
            self._go("sweeping", upkeep.run_sweeping(self.house, self.settings.raw_mail_days, self._stop))
        if "web" in self.roles:
            await self._start_web()
        if "bots" in self.roles:
            for name, bot in self._bots.items():
                self._go(name, bot.run(self._stop))
        await self._start_mail()
        log.info("serving %s", ", ".join(sorted(self.roles)))

    async def serve(self) -> None:
        """Until `stop` is asked for or a role fails, which is then raised."""
        stopping = asyncio.create_task(self._stop.wait())
        done, _ = await asyncio.wait([stopping, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for task in done - {stopping}:
            if not self._stop.is_set():
                log.error("stopping, because %s ended", task.get_name())
            task.result()

    def ask_to_stop(self) -> None:
        if not self._stop.is_set():
            log.info("told to stop: the doors close, and what was begun is finished")
        self._stop.set()

    async def stop(self) -> None:
        """Doors first, then what was begun inside, then the database."""
        self._stop.set()
        await asyncio.gather(*(server.close() for server in self._mail_servers))
        for server in self._web_servers:
            server.should_exit = True
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                log.error("a role ended badly", exc_info=result)
        for bot in self._bots.values():
            await bot.close()
        if self._kept:
            await self._kept.close()
        await self._workers.stop()
        await asyncio.to_thread(self.house.database.close)

    def reception(self) -> Reception:
        """The mail door."""
        chosen = self.settings
        if chosen.authentication == "off":
            return Reception(self.house, not_checked, chosen.data_dir, chosen.min_free_bytes, chosen.mails_per_minute)
        check = checker(self._resolver or DnsResolver(chosen.dns_servers), chosen.authserv_id, chosen.trusted_sealers)
        return Reception(self.house, check, chosen.data_dir, chosen.min_free_bytes, chosen.mails_per_minute)

    def channels(self) -> dict[str, Channel]:
        """How each channel's stored messages are read."""

        async def mail(held: Claim) -> InboundMessage:
            return await letters.prepare(self.house, self._workers, held)

        ways = {"email": Channel("email", mail, edits=False), "console": Channel("console", console.reader(self.house))}
        return ways | {name: Channel(name, bot.prepare) for name, bot in self._bots.items()}

    def carriers(self) -> list[Carrier]:
        """How each channel's deliveries leave."""
        mail = MailCarrier(self.house, self._relays, self.mailbox, keys.signers(self.settings), self._kept)
        return [mail, *(bot.carrier for bot in self._bots.values())]

    async def file(self, data: bytes, filename: str) -> Filed:
        """A file from a chat made ready in a worker process and kept."""
        prepared = await self._workers.prepare_file(data, filename)
        if not prepared.renditions:
            return Filed(None, prepared.notes)
        return Filed(await asyncio.to_thread(letters.keep, self.house, prepared), prepared.notes)

    def _make_bots(self) -> dict[str, Bot]:
        chosen = self.settings
        tokens = {"telegram": chosen.telegram_token, "slack": chosen.slack_bot_token or chosen.slack_client_id}
        return {name: BOTS[name](self.house, chosen, self.file) for name, token in tokens.items() if token}

    def _go(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    def _start_deliveries(self) -> None:
        for carrier in self.carriers():
            limits = pace.LIMITS.get(carrier.channel)
            many = self.settings.relay_connections
            sending = delivering.run_deliveries(
                self.house, carrier, RENDERERS, self._stop, limits=limits, unhurried=many
            )
            self._go(f"deliver {carrier.channel}", sending)
        copies = IssueCopies(self.house, keys.signers(self.settings))
        bulk = NewsletterCarrier(self.house, self._relays, self.mailbox, copies.make, self.settings.relay_connections)
        self._go("deliver newsletter", delivering.run_bulk(self.house, bulk, self._stop))
        self._go("mending", upkeep.run_mending(self.house, self._stop))

    def _freeze(self, issue: RenderedIssue, head: Masthead) -> bytes:
        """An issue's wire form, made once and kept with it."""
        feedback = f"{head.blog_name}:{head.cadence}:{head.period}:postroom"  # the sender's name, at its end, has 5 to 15 characters
        blog_url = self.house.community.blog_url(head.blog_name)
        made = wire.prepare(issue, sender=head.sender, list_help=issue.help_url or blog_url, feedback_id=feedback)
        return made.to_bytes()

    def _chat_ways(self) -> list[ChatWay]:
        """How members reach the bots, for the page where a chat is linked."""
        ways = []
        if "telegram" in self._bots:
            name = self.settings.telegram_bot_name
            ways.append(ChatWay("telegram", "Telegram", name, f"https://t.me/{name}?start={{code}}" if name else ""))
        if "slack" in self._bots:
            ways.append(ChatWay("slack", "Slack", "Postroom"))
        return ways

    async def _start_web(self) -> None:
        chosen = self.settings
        more: list[BaseRoute] = [route for bot in self._bots.values() for route in bot.routes]
        disk = Disk(chosen.data_dir, chosen.min_free_bytes, database=database_folder(self.house.database.url))
        site = make_site(self.house, chats=self._chat_ways(), extra_routes=more, trouble=disk.lack)
        await self._listen("web", chosen.web_listen, site)
        if self._relays is None and chosen.mail_viewer_listen:
            viewer = Starlette(routes=viewer_routes(self.mailbox, self.house.community.zone))
            await self._listen("mail_viewer", chosen.mail_viewer_listen, viewer)

    async def _listen(self, name: str, listen: str, application: Any) -> None:
        host, port = host_and_port(f"{name}_listen", listen)
        config = uvicorn.Config(
            application,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=5,
        )
        with naming(f"{name}_listen", listen):
            sock = await asyncio.to_thread(_bound, host, port)
        self.ports[name] = sock.getsockname()[1]
        server = _QuietServer(config)
        self._web_servers.append(server)
        self._go(name, server.serve(sockets=[sock]))
        await server.ready.wait()

    async def _start_mail(self) -> None:
        for name, server in await start_servers(self.reception(), self.settings, self.roles):
            self._mail_servers.append(server)
            self.ports.setdefault(name, server.port)


class _QuietServer(uvicorn.Server):
    """Leaves signals to us, since one process has one way to stop, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock
