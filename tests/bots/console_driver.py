"""The contract's driver for the console: a terminal for each member."""

from collections.abc import Sequence

from gateway.bots.capabilities import CONSOLE
from gateway.bots.console import Console
from tests.bots.contract import JOINER, Shown
from tests.bots.harness import PATIENCE, ChatHarness

NOT_HERE = "a console can't do that"


class ConsoleDriver:
    """Consoles need no server: each works on its own lines, and the harness has nothing to run."""

    channel = "console"
    capabilities = CONSOLE

    def __init__(self) -> None:
        self.harness: ChatHarness

    async def start(self, harness: ChatHarness) -> None:
        self.harness = harness
        harness.channel = self.channel

    async def stop(self) -> None:
        return

    async def person(self, handle: str) -> "ConsolePerson":
        person = ConsolePerson(self.harness, handle)
        await person.console.open()
        return person

    async def redeliver(self) -> None:
        raise AssertionError(NOT_HERE)


class ConsolePerson:
    """A member at a terminal."""

    def __init__(self, harness: ChatHarness, handle: str) -> None:
        self.console = Console(harness.house, handle, self._show)
        self.account, self.place = handle, self.console.place
        self._seen: list[Shown] = []

    def _show(self, text: str) -> None:
        self._seen.append(Shown(str(len(self._seen)), text, from_bot=True))

    async def say(self, text: str, *, bold: str = "") -> str:
        self._seen.append(Shown(str(len(self._seen)), text, from_bot=False))
        said = self._seen[-1].id
        await self.console.say(text)
        return said

    async def photo(self, *photos: bytes, caption: str = "") -> str:
        raise AssertionError(NOT_HERE)

    async def reply(self, to: Shown, text: str) -> str:
        raise AssertionError(NOT_HERE)

    async def edit(self, message_id: str, text: str) -> None:
        raise AssertionError(NOT_HERE)

    async def delete(self, message_id: str) -> None:
        raise AssertionError(NOT_HERE)

    async def press(self, shown: Shown, label: str) -> None:
        raise AssertionError(NOT_HERE)

    async def seen(self) -> Sequence[Shown]:
        return list(self._seen)

    async def wait_for(self, text: str, *, seconds: float = PATIENCE) -> Shown:
        """Everything is shown by the time that `say` is over."""
        for one in reversed(self._seen):
            if one.from_bot and text in one.text.replace(JOINER, ""):
                return one
        raise AssertionError(f"{text!r} is not shown:\n" + "\n".join(one.text for one in self._seen))
