"""The contract's driver for Telegram: the fake Bot API with people in it, and our door to it."""

import asyncio
from collections.abc import Sequence
from typing import Literal

from gateway.bots.capabilities import TELEGRAM
from gateway.bots.telegram import Telegram
from gateway.roles import Channel
from tests.bots.contract import JOINER, Shown
from tests.bots.harness import PATIENCE, ChatHarness
from tests.fakes.telegram import TelegramFake
from tests.fakes.telegram_chats import Chat, Seen
from tests.fakes.telegram_entities import cut


class TelegramDriver:
    """Telegram by long polling, or by the webhook."""

    channel = "telegram"
    capabilities = TELEGRAM

    def __init__(self) -> None:
        self.fake = TelegramFake(judge=True)
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._doors: list[Telegram] = []
        self.door: Telegram
        self.harness: ChatHarness

    async def start(self, harness: ChatHarness) -> None:
        await self.fake.__aenter__()
        self.harness = harness
        self.open_door()
        await harness.work(Channel("telegram", self.door.prepare), self.door.carrier)

    def open_door(self, mode: Literal["polling", "webhook"] = "polling") -> None:
        """Starts a door, as a new process would."""
        self._stop = asyncio.Event()
        self.door = Telegram(
            self.harness.house,
            self.fake.token,
            api=self.fake.url,
            filer=self.harness.filer,
            mode=mode,
            patience=15,
            first_wait=0.01,
            limits=None,
        )
        self._doors.append(self.door)
        self._running = asyncio.create_task(self.door.run(self._stop))

    async def close_door(self) -> None:
        """Stops taking updates; what the door raised is raised here. The harness goes on with its `prepare` and carrier."""
        self._stop.set()
        if self._running is not None:
            running, self._running = self._running, None
            await asyncio.wait_for(running, 60)

    async def stop(self) -> None:
        await self.close_door()
        for door in self._doors:
            await door.close()
        await self.fake.__aexit__(None, None, None)

    async def person(self, handle: str) -> "TelegramPerson":
        chat = self.fake.private_chat(first_name=handle.title(), username=f"{handle}_on_telegram")
        return TelegramPerson(chat, self)

    async def redeliver(self) -> None:
        await self.again(self.fake.home().updates.everything[-1])

    async def again(self, update: dict[str, object]) -> None:
        """The update comes (again), and the door has confirmed it."""
        self.fake.home().updates.put_again(update)
        await self.taken()

    async def taken(self) -> None:
        """The door has stored all that happened."""
        updates = self.fake.home().updates
        await self.harness.until(lambda: not updates.pending, "taking the update")


class TelegramPerson:
    """A person's private chat with the bot."""

    def __init__(self, chat: Chat, driver: TelegramDriver) -> None:
        self.chat, self._driver = chat, driver
        self.account = self.place = str(chat.id)

    async def say(self, text: str, *, bold: str = "") -> str:
        entities = [{"type": "bold", "offset": text.index(bold), "length": len(bold)}] if bold else None
        return str(self.chat.say(text, entities=entities).id)

    async def photo(self, *photos: bytes, caption: str = "") -> str:
        if len(photos) == 1:
            return str(self.chat.photo(photos[0], caption).id)
        first = self.chat.album(photos, caption)[0]
        await self._driver.taken()
        return str(first.id)

    async def reply(self, to: Shown, text: str) -> str:
        return str(self.chat.say(text, reply_to=int(to.id)).id)

    async def edit(self, message_id: str, text: str) -> None:
        self.chat.edit(int(message_id), text)

    async def delete(self, message_id: str) -> None:
        self.chat.delete(int(message_id))

    async def press(self, shown: Shown, label: str) -> None:
        self.chat.press(int(shown.id), label)

    async def seen(self) -> Sequence[Shown]:
        return [_shown(one) for one in self.chat.messages]

    async def wait_for(self, text: str, *, seconds: float = PATIENCE) -> Shown:
        def fits(one: Seen) -> bool:
            return one.from_bot and text in one.text.replace(JOINER, "")

        first = await self.chat.wait_for(fits, seconds)
        return _shown(next(filter(fits, reversed(self.chat.answers)), first))


def _shown(one: Seen) -> Shown:
    return Shown(
        id=str(one.id),
        text=one.text,
        from_bot=one.from_bot,
        buttons=tuple(button.label for row in one.buttons for button in row),
        answers=str(one.reply_to or ""),
        photos=1 if "photo" in one.raw else 0,
        bold=tuple(cut(one.text, entity) for entity in one.entities if entity["type"] == "bold"),
    )
