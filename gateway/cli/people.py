"""Commands about members, and the desk in a terminal."""

import asyncio
import json
import os
from dataclasses import replace
from typing import Annotated

import typer

from gateway.cli.shared import fail, faults_told, opened_house
from gateway.configuration import load

LINKED = ("telegram", "slack")

member = typer.Typer(help="The people.", no_args_is_help=True)


@member.command("add")
def member_add(
    handle: str,
    address: str,
    name: Annotated[str, typer.Option(help="The name people see.")] = "",
    time_zone: Annotated[str, typer.Option(help="An IANA time zone.")] = "",
    operator: Annotated[bool, typer.Option(help="They run this community.")] = False,
) -> None:
    """Add a member with a blog; their address counts as confirmed."""
    from gateway.core.desk import welcome

    with faults_told():
        welcome.check(handle, address, time_zone=time_zone)  # before anything is made
    with opened_house(may_create=True) as house:
        zone = time_zone or house.community.time_zone
        lines = house.database.writer.run(
            lambda session: welcome.add(
                session, house.community, house.now(), handle, address, name=name, time_zone=zone, operator=operator
            )
        )
    print("\n".join(lines))


@member.command("invite")
def member_invite(address: str) -> None:
    """Send somebody an invitation by mail."""
    from gateway.core.people import letters

    with opened_house() as house:
        house.database.writer.run(
            lambda session: letters.invite(session, house.community, None, address, house.now(), house.randomness)
        )
    print(f"An invitation to {address} is on its way.")


@member.command("link-code")
def member_link_code(handle: str, channel: Annotated[str, typer.Argument(help="telegram or slack")]) -> None:
    """Make a code that links a chat to a member: they send `link CODE` to the bot within ten minutes."""
    from gateway.core.people import accounts

    if channel not in LINKED:
        fail(f"CHANNEL: there is no channel {channel}. It is one of {', '.join(LINKED)}.", 64)
    with opened_house() as house:
        code = house.database.writer.run(
            lambda s: accounts.link_code(s, accounts.by_handle(s, handle), channel, house.now(), house.randomness)
        )
    print(code)


@member.command("unlink")
def member_unlink(
    handle: str, which: Annotated[str, typer.Argument(help="telegram or slack, or the number among their chats")]
) -> None:
    """Forget a chat of a member: nothing that is written there is published any more, and nothing is told there."""
    from gateway.core.people import accounts, preferences

    with opened_house() as house:
        gone = house.database.writer.run(
            lambda s: preferences.unlink_named(s, accounts.by_handle(s, handle), which).channel
        )
    print(f"A {gone.title()} chat of @{handle.removeprefix('@')} is no longer linked.")


@member.command("role")
def member_role(handle: str, role: Annotated[str, typer.Argument(help="member, manager or operator")]) -> None:
    """Give a member a role. Managers get what members report; while there is none, operators do."""
    from gateway.core.people import accounts
    from gateway.core.people.managers import give_role

    with opened_house() as house:
        house.database.writer.run(lambda s: give_role(accounts.by_handle(s, handle), role))
    print(
        f"@{handle.removeprefix('@')} is a {role}."
        if role != "operator"
        else f"@{handle.removeprefix('@')} is an operator."
    )


def chat(as_handle: Annotated[str, typer.Option("--as", help="Whose words these are.")]) -> None:
    """Talk to the desk as a member, in a terminal."""
    from gateway.bots.console import talk
    from gateway.newsletter import newsroom

    with opened_house() as house:
        asyncio.run(talk(replace(house, newsroom=newsroom), as_handle))


slack = typer.Typer(help="Slack.", no_args_is_help=True)


@slack.command("manifest")
def slack_manifest() -> None:
    """Print the app manifest to paste at Slack."""
    from gateway.bots.slack.manifest import manifest

    with faults_told():
        settings = load(os.environ)
    by_oauth = bool(settings.slack_client_id)
    made = manifest(settings.base_url, settings.slack_mode, settings.community_name, by_oauth=by_oauth)
    print(json.dumps(made, indent=2))
