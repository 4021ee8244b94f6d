"""Which token speaks in which workspace: that of the settings everywhere, or each workspace's own from its install."""

from collections.abc import Collection
from datetime import datetime

from gateway.bots.slack.api import Api
from gateway.bots.slack.installs import SLACK_S_SECOND, Installs, close_links
from gateway.core.house import House

REFUSALS = frozenset({"token_revoked", "account_inactive", "invalid_auth"})  # of a token that will not work again


class NotInstalled(Exception):
    """The app is not, or no longer, in this workspace, or the operator does not want it there."""

    def __init__(self, workspace: str) -> None:
        super().__init__(f"The app is not installed in Slack workspace {workspace or 'without a name'}.")


class Workspaces:
    """All that the app may speak in: the `wanted` ones, or any when none are named. With a `token` there is one, and no installs."""

    def __init__(
        self, house: House, base_url: str, patience: float, *, token: str = "", wanted: Collection[str] = ()
    ) -> None:
        self._house, self._base_url, self._patience, self._token = house, base_url, patience, token
        self._wanted = frozenset(wanted)
        self.installs = Installs(house)

    def nobody(self) -> Api:
        """For calls that take a token of another kind."""
        return Api(self._token, self._base_url, self._patience)

    def is_wanted(self, workspace: str) -> bool:
        """Whether the operator lets this workspace, or this organisation as a whole, have the app."""
        return not self._wanted or workspace in self._wanted

    async def api(self, workspace: str) -> Api:
        """The Web API as it is spoken there. Raises NotInstalled, Unreadable."""
        if self._token:
            return self.nobody()
        if workspace and self.is_wanted(workspace):
            bot = await self.installs.bot(workspace)
            if bot is not None:
                return Api(bot.bot_token, self._base_url, self._patience)
        raise NotInstalled(workspace)

    async def removed(self, workspace: str, at: datetime) -> str:
        """What Slack tells: the app is gone from there since then. What became of that, in a sentence for operators."""
        if self._token:
            await close_links(self._house, workspace)
        elif not await self.installs.end(workspace, "removed", "Slack says that the app was removed.", at):
            return f"Slack says that the app was removed from workspace {workspace}, where it was not installed or is again."
        return f"Slack says that the app was removed from workspace {workspace}. Its members are told things elsewhere until it is installed there again."

    async def refused(self, workspace: str, code: str, asked_at: datetime) -> bool:
        """Whether the install is at its end now that Slack refuses its token. The token of the settings is the operator's to mend: nothing is at its end."""
        if self._token or code not in REFUSALS:
            return False
        reason = f"Slack refused its token: {code}."
        return await self.installs.end(workspace, "refused", reason, asked_at - SLACK_S_SECOND)
