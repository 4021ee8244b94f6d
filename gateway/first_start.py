"""`postroom run`: the first start asks for the domain, the community's name and the first member, and says what to set up outside."""

import os
import sys
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from gateway import keys
from gateway.configuration import FILE, load
from gateway.core.desk import welcome
from gateway.core.errors import PostroomError
from gateway.core.house import House
from gateway.core.people import accounts
from gateway.opening import open_house
from gateway.settings import ENVIRONMENT_PREFIX, Settings, SettingsError

LONGEST_TXT = 255  # characters in one string of a TXT record (RFC 1035, 3.3)
TRIES = 5
_BY_ENVIRONMENT = "\nThe settings are those of the environment, and {file} was not written. Give every command the same ones, or write them there."
Ask = Callable[[str, str], str]


def prepare(environment: Mapping[str, str], ask: Ask | None = None) -> Settings:
    """The settings to serve with. Asks for what is missing where a person is there to answer; raises SettingsError where none is."""
    ask = ask or (_ask if sys.stdin.isatty() else None)
    if not FILE.exists() and "POSTROOM_SETTINGS" not in environment and "POSTROOM_DOMAIN" not in environment:
        _write_settings(ask)
    settings = load(environment)
    house = open_house(settings)
    try:
        with house.database.read() as session:
            empty = accounts.count_members(session) == 0
        if empty:
            if not FILE.exists() and "POSTROOM_SETTINGS" not in environment:
                print(_BY_ENVIRONMENT.format(file=FILE))
            print("\n".join(["", *_first_member(house, settings, ask)]))
            print("\n".join(outside(settings)), end="\n\n", flush=True)
    finally:
        house.database.close()
    return settings


def _write_settings(ask: Ask | None) -> None:
    """Asks, and writes only answers that are settings that hold, each by itself and all together."""
    if ask is not None:
        print("This is the first start. A few questions, then Postroom serves. Return takes what stands in brackets.\n")
    lines = _asked(ask or _default)
    part = FILE.with_name(f".{FILE.name}.{os.getpid()}")
    try:
        part.write_text("\n".join(lines) + "\n")
        load({}, part)
        part.replace(FILE)
    finally:
        part.unlink(missing_ok=True)
    print(f"\nWritten to {FILE}. docs/operators/settings.md lists what else can stand there.\n")


def _asked(ask: Ask) -> list[str]:
    """Raises SettingsError when a question gets no answer that holds."""
    domain = _setting(ask, "domain", "Domain of the community's mail addresses", "localhost")
    name = _setting(ask, "community_name", "Name of the community", "Postroom")
    url = "http://localhost:8025"
    if domain != "localhost":
        url = _setting(ask, "base_url", "Address of its pages", f"https://{domain}")
    lines = [f"community_name = {_quoted(name)}", f"domain = {_quoted(domain)}", f"base_url = {_quoted(url)}"]
    if domain == "localhost":
        lines.append('authentication = "off"  # nobody signs mail on this machine')
    return lines


def _setting(ask: Ask, name: str, question: str, default: str) -> str:
    said = _answer(ask, question, default, lambda said: load({f"{ENVIRONMENT_PREFIX}{name.upper()}": said}))
    if said is None:
        raise SettingsError(f"{FILE} was not written. Start again, or write it by hand.")
    return said


def _answer(ask: Ask, question: str, default: str, check: Callable[[str], object]) -> str | None:
    """The first answer that holds, or an empty one; None when too many did not."""
    for _ in range(TRIES):
        said = ask(question, default)
        try:
            if said:
                check(said)
            return said
        except (SettingsError, PostroomError) as error:
            print(f"\n{error} Once more:\n")
    return None


def _first_member(house: House, settings: Settings, ask: Ask | None) -> list[str]:
    """Adds the first member, asking until it can be done; returns what to tell them."""
    later = "The first member can be added later: postroom member add HANDLE ADDRESS --operator"
    handle, address = settings.first_handle, settings.first_address
    for tried in range(TRIES):
        if ask is not None and (tried or not handle):
            handle = _answer(ask, "Your handle (the first member's)", handle, accounts.check_name) or ""
        if ask is not None and handle and (tried or not address):
            address = _answer(ask, "Your mail address", address, accounts.fold_address) or ""
        if not (handle and address):
            return ["Nobody is a member yet.", later]
        try:
            return _join(house, handle, address)
        except PostroomError as error:
            if ask is None:
                return [str(error), later]
            print(f"\n{error} Once more:\n")
    return [later]


def _join(house: House, handle: str, address: str) -> list[str]:
    return house.database.writer.run(
        lambda session: welcome.add(
            session,
            house.community,
            house.now(),
            handle,
            address,
            time_zone=house.community.time_zone,
            operator=True,
        )
    )


def outside(settings: Settings) -> list[str]:
    """What to set in DNS, at BotFather and in Slack, with ready text to paste."""
    lines = ["", f"Sign in at {settings.base_url}/sign-in", "", *dns(settings), ""]
    lines += [
        "For Telegram: open @BotFather, send /newbot, and set telegram_token to the token it gives you.",
        "For Slack: create an app at api.slack.com/apps “from a manifest” with the output of `postroom slack manifest`,",
        "  then set slack_bot_token and slack_app_token.",
    ]
    if not settings.relay_host:
        lines += ["", f"No relay is set: mail that leaves can be read at http://{settings.mail_viewer_listen}/mail"]
    return lines


def dns(settings: Settings) -> list[str]:
    """Records as a zone file takes them. The table in docs/operators/mail.md explains each."""
    host = urlsplit(settings.base_url).hostname
    here = settings.domain == "localhost"
    return [
        "In DNS, once the community has a domain of its own:" if here else "In DNS:",
        f"  {settings.domain}. MX 10 {settings.hostname}.",
        *([f"  {settings.hostname}. A, AAAA: this machine"] if settings.hostname != host else []),
        f'  {settings.domain}. TXT "v=spf1 mx -all"  (and what your relay asks for)',
        *(f"  {record}. TXT {_in_strings(value)}" for record, value in keys.dkim_records(settings)),
        f'  _dmarc.{settings.domain}. TXT "v=DMARC1; p=reject"',
        f"  {host}. and *.{host}. A, AAAA: this machine (blogs are hosts below the community's)",
    ]


def _in_strings(value: str) -> str:
    """A TXT value as a zone file takes it: a long one in several strings."""
    return " ".join(f'"{value[at : at + LONGEST_TXT]}"' for at in range(0, len(value), LONGEST_TXT))


def _quoted(text: str) -> str:
    kept = "".join(character for character in text if character.isprintable())
    return '"' + kept.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _ask(question: str, default: str) -> str:
    shown = f" [{default}]" if default else ""
    return input(f"{question}{shown}: ").strip() or default


def _default(question: str, default: str) -> str:
    return default
