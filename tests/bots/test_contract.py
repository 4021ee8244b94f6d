"""Every channel passes the same scenes, on both databases; what it does not declare itself capable of is not asked of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.app import CHANNELS
from gateway.core.desk.grammar import VERBS
from gateway.core.house import House
from gateway.email.workers import Workers
from tests.bots import contract_accounts, contract_choices, contract_newsletters, contract_people, contract_posts
from tests.bots.console_driver import ConsoleDriver
from tests.bots.contract import Driver, Play, stage_with
from tests.bots.harness import ChatHarness
from tests.bots.mail_driver import MailDriver
from tests.bots.slack.driver import SlackDriver
from tests.bots.telegram.driver import TelegramDriver
from tests.conftest import Cast, Clock

DRIVERS: dict[str, type[Driver]] = {
    "telegram": TelegramDriver,
    "slack": SlackDriver,
    "console": ConsoleDriver,
    "email": MailDriver,
}
SCENES = (contract_posts, contract_people, contract_choices, contract_accounts, contract_newsletters)
PLAYS = tuple(play for scenes in SCENES for play in scenes.PLAYS)
CASES = [(channel, play) for channel, driver in DRIVERS.items() for play in PLAYS if play.fits(driver.capabilities)]


@pytest.mark.parametrize(("channel", "play"), CASES, ids=[f"{channel}-{play.name}" for channel, play in CASES])
@pytest.mark.asyncio(loop_scope="session")  # the workers'
async def test_channel(channel: str, play: Play, house: House, cast: Cast, clock: Clock, workers: Workers) -> None:
    harness, driver = ChatHarness(house, clock, workers), DRIVERS[channel]()
    harness.allow_undo(play.undo)
    try:
        await play.scene(await stage_with(driver, harness, by_code=False))
    finally:
        await harness.stop()
        await driver.stop()


def test_every_scene_is_played_somewhere() -> None:
    assert {play.name for play in PLAYS} == {play.name for _, play in CASES}


def test_a_scene_that_needs_nothing_special_is_played_everywhere() -> None:
    assert {channel for channel, play in CASES if not play.needs} == set(DRIVERS)


def test_every_channel_is_asked_what_its_adapter_declares() -> None:
    assert {channel: driver.capabilities for channel, driver in DRIVERS.items()} == dict(CHANNELS)


def test_every_word_is_said_in_some_scene() -> None:
    said = {word for scenes in SCENES for word in _said(Path(str(scenes.__file__)))} | {"link"}
    assert [verb.name for verb in VERBS if verb.name not in said] == []


def _said(file: Path) -> Iterator[str]:
    """The first words of what people say or answer in a file of scenes."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"say", "reply"}:
            text = node.args[-1]
            first = text.values[0] if isinstance(text, ast.JoinedStr) else text
            if isinstance(first, ast.Constant) and first.value:
                yield str(first.value).split()[0].rstrip(":")
