"""`postroom run`: the first start asks for the domain, the community's name and the first member, and says what to set up outside."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from gateway import keys
from gateway.core.desk import welcome
from gateway.core.errors import PostroomError
from gateway.core.house import House
from gateway.core.people import accounts
from gateway.opening import open_house
from gateway.settings import Settings, load

FILE = Path("postroom.toml")
Ask = Callable[[str, str], str]


def prepare(environment: Mapping[str, str], ask: Ask | None = None) -> Settings:
    """The settings to serve with. Asks for what is missing where a person is there to answer; raises SettingsError where none is."""
    ask = ask or (_ask if sys.stdin.isatty() else _default)
    if not FILE.exists() and "POSTROOM_SETTINGS" not in environment and "POSTROOM_DOMAIN" not in environment:
        _write_settings(ask)
    settings = load(environment)
    house = open_house(settings)
    try:
        with house.database.read() as session:
            empty = accounts.count_members(session) == 0
        if empty:
            print("\n".join(_first_member(house, settings, ask)))
            print("\n".join(outside(settings)))
    finally:
        house.database.close()
    return settings


def _write_settings(ask: Ask) -> None:
    print("This is the first start. Three questions, then Postroom serves.\n")
    domain = ask("Domain of the community's mail addresses", "localhost")
    name = ask("Name of the community", "Postroom")
    url = "http://localhost:8025" if domain == "localhost" else ask("Address of its pages", f"https://{domain}")
    lines = [f"community_name = {_quoted(name)}", f"domain = {_quoted(domain)}", f"base_url = {_quoted(url)}"]
    if domain == "localhost":
        lines.append('authentication = "off"  # nobody signs mail on this machine')
    FILE.write_text("\n".join(lines) + "\n")
    print(f"\nWritten to {FILE}. docs/operators/settings.md lists what else can stand there.\n")


def _first_member(house: House, settings: Settings, ask: Ask) -> list[str]:
    handle = settings.first_handle or ask("Your handle (the first member's)", "")
    address = settings.first_address or ask("Your mail address", "")
    if not (handle and address):
        return ["Nobody is a member yet. Add the first one: postroom member add HANDLE ADDRESS --operator"]
    try:
        return house.database.writer.run(
            lambda session: welcome.add(session, house.community, house.now(), handle, address, operator=True)
        )
    except PostroomError as error:
        return [str(error), "Add the first member later: postroom member add HANDLE ADDRESS --operator"]


def outside(settings: Settings) -> list[str]:
    """What to set in DNS, at BotFather and in Slack, with ready text to paste."""
    record, value = keys.dkim_record(settings)
    lines = [
        "",
        f"Sign in at {settings.base_url}/sign-in",
        "",
        "In DNS:",
        f"  {settings.domain}. MX 10 {settings.hostname}.",
        f'  {settings.domain}. TXT "v=spf1 mx -all"',
        f'  _dmarc.{settings.domain}. TXT "v=DMARC1; p=reject"',
        f'  {record}. TXT "{value}"',
        "",
        "For Telegram: open @BotFather, send /newbot, and set telegram_token to the token it gives you.",
        "For Slack: create an app at api.slack.com/apps “from a manifest” with the output of `postroom slack manifest`,",
        "  then set slack_bot_token and slack_app_token.",
    ]
    if not settings.relay_host:
        lines += ["", f"No relay is set: mail that leaves can be read at http://{settings.mail_viewer_listen}/mail"]
    return lines


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _ask(question: str, default: str) -> str:
    shown = f" [{default}]" if default else ""
    return input(f"{question}{shown}: ").strip() or default


def _default(question: str, default: str) -> str:
    return default
