"""Settings: one frozen value, and what each of them accepts. `configuration` reads them."""

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from gateway import outgoing

ENVIRONMENT_PREFIX = "POSTROOM_"
DATA_DIR = Path("data")
NOT_SETTINGS = frozenset(
    {"POSTROOM_SETTINGS", "POSTROOM_CLIENTS", "POSTROOM_FUZZ", "POSTROOM_FUZZ_RUNS", "POSTROOM_WRITE_PAGES"}
)  # where the file is; what tests require
_AT_LEAST_ONE = (
    "smtp_connections",
    "smtp_connections_per_address",
    "smtp_connections_per_network",
    "smtp_idle_seconds",
    "smtp_content_seconds",
    "max_recipients",
    "relay_connections",
)
_KEY_NUMBERS = frozenset(map(str, range(16)))
ROLES = ("smtp", "lmtp", "web", "bots", "intake", "deliver", "clock")


class SettingsError(Exception):
    """A setting is unknown or malformed; the message names it and what is accepted."""


def _setting(help: str, default: Any = MISSING, *, secret: bool = False, accepts: str = "") -> Any:  # noqa: A002
    metadata = {"help": help, "secret": secret, "accepts": accepts}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Settings:
    """All that an operator can choose. docs/operators/settings.md lists the same, and a test compares them."""

    community_name: str = _setting("What the community is called.", "Postroom")
    domain: str = _setting(
        "The domain of mail addresses, as in alice@DOMAIN.", "localhost", accepts="a domain name, as post.example.org"
    )
    base_url: str = _setting(
        "Where the community's pages are; blogs are hosts below it.",
        "http://localhost:8025",
        accepts="http:// or https://, a host, perhaps a port, nothing more",
    )
    time_zone: str = _setting(
        "The community's time zone: Micro Monday's weeks, notices.", "UTC", accepts="an IANA name, as Europe/Berlin"
    )
    language: Literal["en", "de"] = _setting("What Postroom speaks with members who chose no language.", "en")
    data_dir: Path = _setting("Where Postroom keeps its files.", DATA_DIR)
    database_url: str = _setting(
        "SQLite or PostgreSQL. Empty: postroom.db in data_dir.",
        "",
        secret=True,
        accepts="sqlite:///path or postgresql://user@host/name",
    )
    secret_keys: tuple[str, ...] = _setting(
        "Keys for tokens, `id:hex`, the current one first. Empty: made at the first start, kept in data_dir.",
        (),
        secret=True,
        accepts="0:HEX,1:HEX with at least 32 hexadecimal digits each",
    )
    on_ambiguous: Literal["resend", "hold"] = _setting(
        "What to do with a copy that may have left when a process died.", "resend"
    )
    undo_seconds: int = _setting("How long a post waits before people are told.", 60)
    undo_reply_seconds: int = _setting("The same for replies.", 5)
    undo_issue_seconds: int = _setting(
        "How long a weekly or monthly newsletter issue waits before its first copy leaves.", 600
    )
    newsletter_pause_percent: int = _setting(
        "An issue is paused when so many percent of its last 200 copies are refused for good. 0: never.",
        5,
        accepts="a whole number from 0 to 100",
    )
    lease_seconds: int = _setting("How long a process may work on something before another takes over.", 60)
    open_sign_up: bool = _setting("Whether anyone may ask to join (else by invitation only).", False)
    micro_monday_blog: str = _setting(
        "The blog that publishes Micro Monday's round-up as a post. Empty: none does.",
        "",
        accepts="a blog's name, as town",
    )
    microcast: str = _setting(
        "The blog whose recordings are Micro Monday's microcast, or one category of it. Empty: there is none.",
        "",
        accepts="a blog's name, as town, or with a category, as town/microcast",
    )

    first_handle: str = _setting("Handle of the first member, made at the first start.", "")
    first_address: str = _setting("Mail address of the first member.", "")

    smtp_listen: tuple[str, ...] = _setting(
        "Where mail comes in, as on port 25. STARTTLS is offered.", ("127.0.0.1:2525",), accepts="host:port, or several"
    )
    submission_listen: tuple[str, ...] = _setting(
        "Where mail comes in after STARTTLS only, as on port 587.", (), accepts="host:port, or several"
    )
    smtps_listen: tuple[str, ...] = _setting(
        "Where mail comes in over TLS from the first byte, as on port 465.", (), accepts="host:port, or several"
    )
    lmtp_listen: tuple[str, ...] = _setting(
        "Where an MTA hands mail over by LMTP. Empty: not at all.",
        (),
        accepts="a socket's path or host:port, or several",
    )
    smtp_hostname: str = _setting("What the mail server calls itself. Empty: the domain.", "")
    tls_certificate: str = _setting("PEM file for STARTTLS. Empty: none offered.", "")
    tls_key: str = _setting("PEM file of its key.", "")
    require_tls: bool = _setting("Whether smtp_listen, too, takes mail after STARTTLS only.", False)
    proxies: tuple[str, ...] = _setting(
        "Proxies that must say with a PROXY header who is calling smtp_listen or submission_listen.",
        (),
        accepts="addresses or networks, as 10.0.0.7 or 10.0.0.0/24",
    )
    bare_line_ends: Literal["keep", "refuse"] = _setting(
        "A mail with CR or LF that end no line: kept as it came, or refused.", "keep"
    )
    greeting_delay_ms: int = _setting(
        "How long a stranger waits for the greeting; whoever speaks before it is turned away.", 500
    )
    smtp_connections: int = _setting("Connections at once.", 500, accepts="a whole number, 1 or more")
    smtp_connections_per_address: int = _setting("Of these, from one address.", 60, accepts="a whole number, 1 or more")
    smtp_connections_per_network: int = _setting(
        "Of these, from one network (/24, or /64 of IPv6).", 200, accepts="a whole number, 1 or more"
    )
    smtp_connections_per_minute: int = _setting(
        "New connections a minute from one address; its network may open four times as many. 0: no limit.", 120
    )
    smtp_errors: int = _setting("Refused commands on one connection since its last mail.", 20)
    smtp_idle_seconds: int = _setting("How long a connection may be silent.", 300, accepts="a whole number, 1 or more")
    smtp_content_seconds: int = _setting(
        "How long one mail's content may take.", 900, accepts="a whole number, 1 or more"
    )
    max_recipients: int = _setting("Recipients of one mail.", 100, accepts="a whole number, 1 or more")
    max_message_size: int = _setting("Largest mail, bytes.", 26_214_400)
    mails_per_minute: int = _setting(
        "Mails a minute that one address, and one member, may bring; a network four times as many. 0: no limit.", 60
    )
    min_free_bytes: int = _setting("Below this much free disk no mail is taken.", 268_435_456)
    authentication: Literal["on", "off"] = _setting(
        "SPF, DKIM and DMARC of incoming mail. Off is for trying out only.", "on"
    )
    trusted_relays: tuple[str, ...] = _setting(
        "Mail servers of your own that hand mail over: what they say of where it came from is believed.",
        (),
        accepts="addresses or networks, as 10.0.0.7 or 10.0.0.0/24",
    )
    authserv_id: str = _setting(
        "The name in their Authentication-Results, which are then believed. Empty: nobody's.", ""
    )
    trusted_sealers: tuple[str, ...] = _setting(
        "Forwarders whose ARC seals are believed.", (), accepts="domain names, as lists.example.org"
    )
    dns_servers: tuple[str, ...] = _setting(
        "Name servers to ask. Empty: the system's.", (), accepts="addresses, or address:port"
    )
    raw_mail_days: int = _setting("How long raw mail is kept.", 30)

    web_listen: str = _setting("Where pages are served.", "127.0.0.1:8025", accepts="host:port")
    mail_viewer_listen: str = _setting(
        "Where mail can be read while no relay is set. Loopback only; empty: not at all.",
        "127.0.0.1:8026",
        accepts="host:port",
    )

    relay_host: str = _setting(
        "The SMTP relay that takes our mail. Empty: mail stays here and is read in the viewer.", ""
    )
    relay_port: int = _setting("Its port.", 587)
    relay_tls: Literal["none", "starttls", "tls"] = _setting("How the connection to it is encrypted.", "starttls")
    relay_user: str = _setting("Login at the relay.", "")
    relay_password: str = _setting("Its password.", "", secret=True)
    relay_connections: int = _setting("Connections kept to it.", 10, accepts="a whole number, 1 or more")
    relay_fallbacks: tuple[str, ...] = _setting(
        "Relays for when that one can't be used, in this order.",
        (),
        secret=True,
        accepts="starttls://user:password@smtp.example.net:587, also tls:// and none://, or several",
    )
    mail_limits: tuple[str, ...] = _setting(
        "How much mail may leave, to a domain or (`*`) in all. Empty: as much as there is.",
        (),
        accepts="gmail.com=60/minute, also second, hour and day, or several",
    )
    dkim_selector: str = _setting("DKIM selector.", "postroom")
    dkim_key: str = _setting(
        "DKIM private key, PEM. Empty: made at the first start, kept in data_dir.", "", secret=True
    )
    dkim_ed25519_selector: str = _setting(
        "Selector of a second signature, by Ed25519, beside the first. Empty: none.", ""
    )
    dkim_ed25519_key: str = _setting(
        "Its private key, PEM. Empty: made at the first start, kept in data_dir.", "", secret=True
    )

    telegram_token: str = _setting("The bot's token from BotFather. Empty: no Telegram.", "", secret=True)
    telegram_bot_name: str = _setting("The bot's name without @, for links that open it.", "")
    telegram_mode: Literal["polling", "webhook"] = _setting("How updates come.", "polling")
    telegram_webhook_secret: str = _setting("Needed for the webhook.", "", secret=True)
    telegram_api: str = _setting("The Bot API server.", "https://api.telegram.org")
    slack_bot_token: str = _setting("Bot token (xoxb-…) of one workspace.", "", secret=True)
    slack_client_id: str = _setting(
        "The app's client id, for several workspaces that install it. Both empty: no Slack.", ""
    )
    slack_client_secret: str = _setting("The client's secret.", "", secret=True)
    slack_workspaces: tuple[str, ...] = _setting(
        "The workspaces and organisations that may install the app. Empty: any.",
        (),
        accepts="their ids, as T012AB3C4 or E012AB3C4",
    )
    slack_app_token: str = _setting("App token (xapp-…) for Socket Mode.", "", secret=True)
    slack_signing_secret: str = _setting("Signing secret for HTTP mode.", "", secret=True)
    slack_mode: Literal["socket", "http"] = _setting("How events come.", "socket")
    slack_api: str = _setting("The Web API.", "https://slack.com/api/")

    def __post_init__(self) -> None:
        url = urlsplit(self.base_url)
        if (
            url.scheme not in {"http", "https"}
            or not url.netloc
            or self.base_url.rstrip("/") != f"{url.scheme}://{url.netloc}"
        ):
            raise malformed("base_url", self.base_url)
        if self.time_zone not in available_timezones():
            raise malformed("time_zone", self.time_zone)
        if not all(label and label.replace("-", "").isalnum() for label in self.domain.split(".")):
            raise malformed("domain", self.domain)
        self._check_micro_monday()
        scheme, separator, _ = self.database_url.partition("://")
        if separator and scheme.partition("+")[0] not in {"sqlite", "postgresql", "postgres"}:
            raise malformed("database_url", self.database_url)
        host_and_port("web_listen", self.web_listen)
        self._check_mail_doors()
        self._check_mail_out()
        self._check_keys()
        if self.dkim_ed25519_selector == self.dkim_selector:
            raise SettingsError(
                "dkim_ed25519_selector: it must not be dkim_selector, since each key has a record of its own."
            )
        if self.dkim_ed25519_key and not self.dkim_ed25519_selector:
            raise SettingsError("dkim_ed25519_selector: needed with dkim_ed25519_key.")
        if self.mail_viewer_listen and host_and_port("mail_viewer_listen", self.mail_viewer_listen)[0] not in {
            "127.0.0.1",
            "::1",
            "localhost",
        }:
            raise SettingsError(
                "mail_viewer_listen: the mail viewer shows everybody's mail, so it listens on loopback only, as 127.0.0.1:8026."
            )
        if self.telegram_token and self.telegram_mode == "webhook" and not self.telegram_webhook_secret:
            raise SettingsError("telegram_webhook_secret: needed when telegram_mode is webhook.")
        self._check_slack()

    def _check_micro_monday(self) -> None:
        blog, slash, category = self.microcast.partition("/")
        if self.microcast and not (_is_blog(blog) and bool(category) == bool(slash) and "/" not in category):
            raise malformed("microcast", self.microcast)
        if self.micro_monday_blog and not _is_blog(self.micro_monday_blog):
            raise malformed("micro_monday_blog", self.micro_monday_blog)

    def _check_slack(self) -> None:
        if self.slack_client_id and self.slack_bot_token:
            raise SettingsError("slack_client_id, slack_bot_token: set one of them, not both.")
        if self.slack_client_id and not self.slack_client_secret:
            raise SettingsError("slack_client_secret: needed with slack_client_id.")
        for workspace in self.slack_workspaces:
            if not (workspace[:1] in {"T", "E"} and workspace.isascii() and workspace.isalnum()):
                raise malformed("slack_workspaces", workspace)
        if (self.slack_bot_token or self.slack_client_id) and not (
            self.slack_app_token if self.slack_mode == "socket" else self.slack_signing_secret
        ):
            needed = "slack_app_token" if self.slack_mode == "socket" else "slack_signing_secret"
            raise SettingsError(f"{needed}: needed when slack_mode is {self.slack_mode}.")

    def _check_keys(self) -> None:
        numbers = set()
        for line in self.secret_keys:
            number, _, key = line.partition(":")
            if number not in _KEY_NUMBERS or number in numbers or not _is_key(key):
                raise malformed("secret_keys", line)
            numbers.add(number)

    def _check_mail_out(self) -> None:
        if self.newsletter_pause_percent > 100:
            raise malformed("newsletter_pause_percent", str(self.newsletter_pause_percent))
        reads: dict[str, Callable[[str], object]] = {
            "relay_fallbacks": outgoing.relay_place,
            "mail_limits": outgoing.mail_limit,
        }
        for name, read in reads.items():
            for line in getattr(self, name):
                try:
                    read(line)
                except ValueError:
                    raise malformed(name, line) from None
        if self.relay_fallbacks and not self.relay_host:
            raise SettingsError("relay_host: needed with relay_fallbacks, which are used when it can't be.")

    def _check_mail_doors(self) -> None:
        for name in ("smtp_listen", "submission_listen", "smtps_listen", "lmtp_listen"):
            for place in getattr(self, name):
                if name != "lmtp_listen" or "/" not in place:
                    host_and_port(name, place)
        if not self.tls_certificate and (self.require_tls or self.submission_listen or self.smtps_listen):
            raise SettingsError(
                "tls_certificate: needed for require_tls, submission_listen and smtps_listen; it takes a PEM file."
            )
        for name in _AT_LEAST_ONE:
            if getattr(self, name) < 1:
                raise malformed(name, getattr(self, name))
        for name in ("proxies", "trusted_relays"):
            for network in getattr(self, name):
                try:
                    ip_network(network, strict=False)
                except ValueError:
                    raise malformed(name, network) from None
        for server in self.dns_servers:
            if not _is_name_server(server):
                raise malformed("dns_servers", server)
        for domain in self.trusted_sealers:
            if "." not in domain or not all(label.replace("-", "").isalnum() for label in domain.split(".")):
                raise malformed("trusted_sealers", domain)

    @property
    def database(self) -> str:
        """The database's URL, the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / 'postroom.db'}"

    @property
    def hostname(self) -> str:
        return self.smtp_hostname or self.domain


def _is_blog(text: str) -> bool:
    """Whether a blog may be called so (core/people/names)."""
    return text.isascii() and text == text.lower() and text.replace("_", "").isalnum()


def _is_key(text: str) -> bool:
    """Whether these are at least 32 hexadecimal digits, two for each byte."""
    try:
        return len(bytes.fromhex(text)) >= 16
    except ValueError:
        return False


def _is_name_server(text: str) -> bool:
    """Whether it is an address, or an address with a port: `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:5353`."""
    host, colon, port = text.rpartition(":")
    has_port = bool(colon) and port.isdecimal() and (host.count(":") == 0 or host.endswith("]"))
    try:
        ip_address((host if has_port else text).strip("[]"))
    except ValueError:
        return False
    return not has_port or 0 < int(port) < 65536


def host_and_port(name: str, value: str) -> tuple[str, int]:
    """`127.0.0.1:2525` or `[::1]:2525`, taken apart. Raises SettingsError."""
    host, colon, port = value.rpartition(":")
    if not (host and colon and port.isdigit() and int(port) < 65536):
        raise SettingsError(f"{name}: {value!r} is not accepted; it takes host:port, as 127.0.0.1:2525.")
    return host.strip("[]"), int(port)


FIELDS: dict[str, "Field[Any]"] = {one.name: one for one in fields(Settings)}


def malformed(name: str, value: Any) -> SettingsError:
    """What to say of a value that does not fit: its name and what is accepted."""
    one = FIELDS[name]
    wanted: Any = one.type
    accepted = one.metadata["accepts"]
    if not accepted:
        if get_origin(wanted) is Literal:
            accepted = " or ".join(get_args(wanted))
        else:
            accepted = {bool: "true or false", int: "a whole number, 0 or more"}.get(wanted, "text")
    shown = "that" if one.metadata["secret"] else repr(value)
    return SettingsError(f"{name}: {shown} is not accepted; it takes {accepted}.")
