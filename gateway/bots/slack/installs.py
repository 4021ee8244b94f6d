"""Where the app is installed, kept in our database as Bolt's install store: one row for each workspace, or organisation, that has it.

An install that Slack says is gone, or whose token Slack refuses, loses its token and is told nothing more; its members hear that elsewhere, as of any
chat that is closed. Installing anew gives them their chats back. One whose token our keys don't open is neither gone nor refused: it waits for its key.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from logging import Logger
from typing import Literal

from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from gateway.bots.slack.payloads import CHANNEL
from gateway.bots.slack.sealing import NotOpened, is_current, seal, unseal
from gateway.core.desk.closed import close
from gateway.core.house import House
from gateway.core.store.models import LinkedAccount, SlackInstall

log = logging.getLogger("postroom.slack")

AT_ONCE = 100  # links closed in one transaction
SLACK_S_SECOND = timedelta(seconds=1)  # Slack tells its times in whole seconds
KEY_WAIT = timedelta(minutes=5)  # until what needs a token that can't be read is tried again

Ended = Literal["removed", "refused"]


class Unreadable(Exception):
    """The app is installed there, but none of our keys opens its token: the operator's to mend, and nothing is at its end."""

    def __init__(self, workspace: str) -> None:
        super().__init__(f"The token of Slack workspace {workspace} can't be read: its key is not among secret_keys.")


class Installs(AsyncInstallationStore):
    """As Bolt asks for them; of an installation only the bot is kept, for nothing is done in people's own names."""

    def __init__(self, house: House) -> None:
        self._house = house

    @property
    def logger(self) -> Logger:
        return log

    async def async_save(self, installation: Installation) -> None:
        """Keeps it, in place of any earlier one of the workspace, and lets its linked members be told things there again."""
        bot, house = installation.to_bot(), self._house

        def unit(session: Session) -> None:
            save(session, house, bot, str(installation.user_id or ""))

        await asyncio.wrap_future(house.database.writer.submit(unit))

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The bot with its token; None where it is not installed any more, or never was, or its token can't be read."""
        try:
            return await self.bot(_named(enterprise_id, team_id, is_enterprise_install))
        except Unreadable:
            return None

    async def bot(self, workspace: str) -> Bot | None:
        """The same by the id that it is kept under. Raises Unreadable, and tells the operator what to do."""
        try:
            return await asyncio.to_thread(self._find, workspace)
        except Unreadable:
            _tell_unreadable(workspace)
            raise

    def _find(self, workspace: str) -> Bot | None:
        with self._house.database.read() as session:
            return find(session, self._house, workspace)

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The token is forgotten, and the members are told elsewhere that the app is gone."""
        workspace = _named(enterprise_id, team_id, team_id is None)
        await self.end(workspace, "removed", "Slack says that the app was removed.", self._house.now())

    async def async_delete_all(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The same: there is nothing else to forget."""
        await self.async_delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    async def end(self, workspace: str, status: Ended, reason: str, since: datetime) -> bool:
        """False when it is not known, or was installed anew after `since`. May be repeated, and goes on where it was cut off."""
        house = self._house

        def unit(session: Session) -> bool:
            return end(session, house, workspace, status, reason, since)

        is_ended: bool = await asyncio.wrap_future(house.database.writer.submit(unit))
        if is_ended:
            await close_links(house, workspace)
        return is_ended

    async def reseal(self) -> None:
        """Whatever is sealed under an older key is sealed under the current one, so that the old one can be taken away. What can't be read is told."""

        def unit(session: Session) -> None:
            keyring = self._house.community.keyring
            for row in session.scalars(select(SlackInstall).where(SlackInstall.sealed_token != "")):
                try:
                    token = _token(self._house, row)
                except Unreadable:
                    _tell_unreadable(row.workspace)
                    continue
                if not is_current(keyring, row.sealed_token):
                    row.sealed_token = seal(keyring, token, row.workspace, self._house.randomness)

        await asyncio.wrap_future(self._house.database.writer.submit(unit))


async def close_links(house: House, workspace: str) -> None:
    """Pauses the link of every member of the workspace, a batch at a time; each is told so elsewhere."""

    def unit(session: Session) -> bool:
        active = _links(workspace), LinkedAccount.status == "active"
        places = session.scalars(select(LinkedAccount.place).where(*active).limit(AT_ONCE)).all()
        for place in places:
            close(session, house.community, CHANNEL, place, house.now(), reason="removed")
        return bool(places)

    while await asyncio.wrap_future(house.database.writer.submit(unit)):
        pass


def save(session: Session, house: House, bot: Bot, installed_by: str) -> None:
    """The install as it is from now on."""
    workspace = workspace_of(bot)
    row = session.get(SlackInstall, workspace) or SlackInstall(workspace=workspace)
    row.name = (bot.enterprise_name if bot.is_enterprise_install else bot.team_name) or workspace
    row.app_id, row.bot_id, row.bot_user_id = bot.app_id or "", bot.bot_id or "", bot.bot_user_id or ""
    row.scopes, row.installed_by = ",".join(bot.bot_scopes), installed_by
    row.sealed_token = seal(house.community.keyring, bot.bot_token, workspace, house.randomness)
    row.status, row.reason = "active", ""
    row.installed_at = row.changed_at = house.now()
    session.add(row)
    paused = _links(workspace), LinkedAccount.status == "paused", LinkedAccount.paused_reason == "removed"
    session.execute(update(LinkedAccount).where(*paused).values(status="active", paused_reason=""))


def find(session: Session, house: House, workspace: str) -> Bot | None:
    """The install of the workspace while it is in force. Raises Unreadable."""
    row = session.get(SlackInstall, workspace)
    if row is None or row.status != "active":
        return None
    token = _token(house, row)
    is_whole = workspace.startswith("E")
    return Bot(
        app_id=row.app_id,
        enterprise_id=workspace if is_whole else None,
        enterprise_name=row.name if is_whole else None,
        team_id=None if is_whole else workspace,
        team_name=None if is_whole else row.name,
        bot_token=token,
        bot_id=row.bot_id,
        bot_user_id=row.bot_user_id,
        bot_scopes=row.scopes,
        is_enterprise_install=is_whole,
        installed_at=row.installed_at,
    )


def end(session: Session, house: House, workspace: str, status: Ended, reason: str, since: datetime) -> bool:
    """Whether the install is at its end: now, or before. One that is younger than `since` stays as it is."""
    row = session.get(SlackInstall, workspace)
    if row is None or row.installed_at > since + SLACK_S_SECOND:
        return False
    if row.status == "active":
        row.status, row.reason, row.sealed_token, row.changed_at = status, reason, "", house.now()
    return True


def workspace_of(bot: Bot) -> str:
    """The id it is kept under. Raises ValueError for an install that names none."""
    return _named(bot.enterprise_id, bot.team_id, bot.is_enterprise_install)


def _named(enterprise_id: str | None, team_id: str | None, is_enterprise: bool | None) -> str:
    workspace = enterprise_id if is_enterprise else team_id
    if not workspace:
        raise ValueError("an install without a workspace")
    return workspace


def _links(workspace: str) -> ColumnElement[bool]:
    """The links of its people."""
    return (LinkedAccount.channel == CHANNEL) & LinkedAccount.account.startswith(f"{workspace}:", autoescape=True)


def _token(house: House, row: SlackInstall) -> str:
    try:
        return unseal(house.community.keyring, row.sealed_token, row.workspace)
    except NotOpened as error:
        raise Unreadable(row.workspace) from error


def _tell_unreadable(workspace: str) -> None:
    """In one and the same line, which the log repeats once a minute (see `gateway.cli.logs`)."""
    log.error(
        "the token of Slack workspace %s can't be read, and what is to be sent there waits: its key is not among secret_keys."
        " Put it back and restart, or have the app installed there again",
        workspace,
    )
