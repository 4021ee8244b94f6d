"""What every channel must do, told as scenes: plain functions over a `Stage`, whatever the platform. The scenes are in contract_*.py.

A channel joins by writing a `Driver` (its platform's stand-in, with people in it) and adding it to `DRIVERS` in test_contract.py.
A driver starts its channel's own door, reads with its `prepare` and sends with its carrier; `ChatHarness` runs the loops. A scene that needs
what a channel does not declare among its capabilities is not played there; nothing else decides that.

    class TelegramDriver:
        channel = "telegram"
        capabilities = TELEGRAM                         # as the adapter declares them

        async def start(self, harness: ChatHarness) -> None:
            …                                           # the fake server, then our door to it
            await harness.work(Channel("telegram", door.prepare), door.carrier)
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from gateway.core.messages import Capabilities
from tests.bots.harness import PATIENCE, ChatHarness

JOINER = "\u2060"  # what defuses names; left out when texts are compared


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as a person sees it. `id` is the platform's; `buttons` are labels; `photos` counts pictures shown with it."""

    id: str
    text: str
    from_bot: bool
    buttons: tuple[str, ...] = ()
    answers: str = ""  # the message it is a native reply to, or the first of its thread
    photos: int = 0
    bold: tuple[str, ...] = ()  # the stretches that are shown bold
    to: str = ""  # where they wrote it to, when it is a mail


class Person(Protocol):
    """Somebody in their private chat with the bot. What they do returns the id of the message they made, and is done when the platform has it."""

    account: str
    place: str

    async def say(self, text: str, *, bold: str = "") -> str:
        """Writes; the stretch `bold` of it in bold, by the platform's own means."""
        ...

    async def photo(self, *photos: bytes, caption: str = "") -> str: ...

    async def reply(self, to: Shown, text: str) -> str:
        """Answers a message natively."""
        ...

    async def edit(self, message_id: str, text: str) -> None: ...

    async def delete(self, message_id: str) -> None: ...

    async def press(self, shown: Shown, label: str) -> None: ...

    async def seen(self) -> Sequence[Shown]:
        """What stands in the chat now, oldest first; joiners of defused names left as they are."""
        ...

    async def wait_for(self, text: str, *, seconds: float = PATIENCE) -> Shown:
        """The latest message of the bot with this text in it, compared without joiners; fails with all that stands there."""
        ...


class Driver(Protocol):
    """One channel and its platform's stand-in."""

    channel: str
    capabilities: Capabilities

    async def start(self, harness: ChatHarness) -> None:
        """Starts the platform and our door, and has the harness work."""
        ...

    async def stop(self) -> None:
        """Stops our door and the platform; the harness is stopped already."""
        ...

    async def person(self, handle: str) -> Person:
        """Somebody new on the platform, not linked to any member yet (where nothing is linked: that member)."""
        ...

    async def redeliver(self) -> None:
        """The platform delivers its last event a second time, and we have taken it."""
        ...


@dataclass(slots=True)
class Stage:
    """A scene's surroundings: alice, whom bob follows, both with a linked chat."""

    driver: Driver
    harness: ChatHarness
    alice: Person
    bob: Person


async def stage_with(driver: Driver, harness: ChatHarness, *, by_code: bool = True) -> Stage:
    """The driver started, alice and bob linked: by their own words, or, not `by_code`, in the database."""
    await driver.start(harness)
    if by_code:
        alice, bob = await link(driver, harness, "alice"), await link(driver, harness, "bob")
    else:
        alice, bob = await driver.person("alice"), await driver.person("bob")
        for handle, person in (("alice", alice), ("bob", bob)):
            if driver.capabilities.linked:
                harness.link(handle, person.account, person.place)
    await harness.idle()
    harness.begin()
    return Stage(driver, harness, alice, bob)


async def link(driver: Driver, harness: ChatHarness, handle: str) -> Person:
    """A member in their chat, linked by a code where the platform links."""
    person = await driver.person(handle)
    if driver.capabilities.linked:
        await person.say(f"link {harness.link_code(handle, driver.channel)}")
        await person.wait_for(f"you are @{handle}")
    return person


Scene = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Play:
    """A scene, the capabilities that it needs, and how long people may take back in it what they publish."""

    scene: Scene
    needs: tuple[str, ...] = ()
    undo: timedelta = timedelta(0)

    @property
    def name(self) -> str:
        return str(getattr(self.scene, "__name__", "scene"))

    def fits(self, capabilities: Capabilities) -> bool:
        return all(getattr(capabilities, need) for need in self.needs)
