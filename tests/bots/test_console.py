"""A member at a terminal: lines, answers, two consoles beside each other and beside a server."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway import roles
from gateway.bots import console
from gateway.bots.console import Console, in_words, talk
from gateway.core.errors import NotFound
from gateway.core.house import House
from gateway.core.messages import Answer, Button, Picture
from gateway.core.store.models import Delivery, Inbound, Post
from tests.bots.harness import ChatHarness

PROGRAM = """
import asyncio, sys
from pathlib import Path
from gateway.bots.console import talk
from gateway.core.house import House
from gateway.core.people.community import Community
from gateway.core.people.tokens import Keyring
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database

database = Database(sys.argv[1])
community = Community("Demo Town", "post.example.org", "https://example.org", Keyring({0: b"k" * 32}, 0))
asyncio.run(talk(House(database, FileBlobs(Path(sys.argv[2])), community), "alice"))
database.close()
"""


class Terminal:
    """What is typed, line by line, and what is shown."""

    def __init__(self, *lines: str) -> None:
        self._lines = list(lines)
        self.prompts: list[str] = []
        self.shown: list[str] = []

    async def read_line(self, prompt: str) -> str | None:
        self.prompts.append(prompt)
        return self._lines.pop(0) if self._lines else None

    def show(self, text: str) -> None:
        self.shown.append(text)

    @property
    def text(self) -> str:
        return "\n".join(self.shown)


async def typed(house: House, *lines: str, handle: str = "alice") -> Terminal:
    terminal = Terminal(*lines)
    await talk(house, handle, read_line=terminal.read_line, show=terminal.show)
    return terminal


async def test_a_line_is_a_post_and_its_answer_is_shown_at_once(house: House, harness: ChatHarness) -> None:
    terminal = await typed(house, "Hello from a terminal")
    [post] = harness.posts()
    assert (post.markdown, post.source) == ("Hello from a terminal", "console")
    assert terminal.shown[0].startswith("You are Alice on Demo Town.")
    assert "public on your blog" in terminal.shown[1]
    assert f"Delete: send `delete {post.short_reference}`" in terminal.shown[1]
    assert [row.status for row in harness.inbound()] == ["published"]


async def test_a_backslash_goes_on_in_the_next_line(house: House, harness: ChatHarness) -> None:
    terminal = await typed(house, "First line\\", "\\", "second paragraph", "/quit", "never read")
    assert [post.markdown for post in harness.posts()] == ["First line\n\nsecond paragraph"]
    assert terminal.prompts == ["> ", "… ", "… ", "> "]


async def test_empty_lines_and_quit_say_nothing(house: House, harness: ChatHarness) -> None:
    await typed(house, "", "   ", "/QUIT", "Hello")
    assert harness.inbound() == []


async def test_the_end_of_input_in_the_middle_of_a_message_keeps_it(house: House, harness: ChatHarness) -> None:
    await typed(house, "Unfinished\\")
    assert [post.markdown for post in harness.posts()] == ["Unfinished"]


async def test_nobody_speaks_for_a_member_who_does_not_exist(house: House, harness: ChatHarness) -> None:
    with pytest.raises(NotFound, match="no member called @eve"):
        await typed(house, "Hello", handle="eve")


async def test_two_consoles_do_not_see_each_others_answers(house: House, harness: ChatHarness) -> None:
    """Both speak at once; each gets its own answers and only those."""
    alice, bob = await asyncio.gather(
        typed(house, "I am Alice", "settings", handle="alice"), typed(house, "I am Bob", "settings", handle="bob")
    )
    assert "You are @alice" in alice.text
    assert "@bob" not in alice.text
    assert "You are @bob" in bob.text
    assert "alice.example.org" not in bob.text


async def test_a_server_that_runs_beside_it_takes_nothing_away(house: House, harness: ChatHarness) -> None:
    """Its intake runs all the time and knows other channels only; every line is done once, here."""
    stop = asyncio.Event()
    serving = asyncio.create_task(roles.run_intake(house, {}, stop))
    try:
        terminal = await typed(house, *(f"Line {number}" for number in range(5)))
    finally:
        stop.set()
        await serving
    assert [post.markdown for post in harness.posts()] == [f"Line {number}" for number in range(5)]
    assert terminal.text.count("Published") == 5
    assert {row.attempts for row in harness.inbound()} == {1}


async def test_what_a_killed_console_left_is_done_by_a_server(house: House, harness: ChatHarness) -> None:
    """It had stored its line and died; after the lease the server's intake reads it with `reader`."""
    left = Console(house, "alice", lambda text: None)
    house.database.writer.run(lambda session: left._store(session, "My last words"))
    harness.forward(seconds=61)
    stop = asyncio.Event()
    channel = roles.Channel("console", console.reader(house))
    serving = asyncio.create_task(roles.run_intake(house, {"console": channel}, stop))
    try:
        await harness.until(harness.posts, "publishing")
    finally:
        stop.set()
        await serving
    assert [post.markdown for post in harness.posts()] == ["My last words"]


async def test_answers_that_nobody_saw_do_not_stay_queued(house: House, harness: ChatHarness) -> None:
    await test_what_a_killed_console_left_is_done_by_a_server(house, harness)
    harness.forward(hours=2)
    terminal = await typed(house)
    assert "Published" not in terminal.text
    with house.database.read() as session:
        [row] = session.scalars(select(Delivery).where(Delivery.channel == "console"))
        assert (row.status, row.reason) == ("cancelled", "The console was closed before it could be shown.")


async def test_a_fault_of_ours_is_said_and_the_line_kept(house: House, harness: ChatHarness) -> None:
    """A house whose settings make no sense fails every line; each has an outcome, and the console goes on."""
    broken = replace(house, community=replace(house.community, time_zone="Nowhere/Land", base_url=""))
    terminal = Terminal()
    speaker = Console(broken, "alice", terminal.show)
    await speaker.say("Hello")
    assert "nothing was published" in terminal.text
    with house.database.read() as session:
        [row] = session.scalars(select(Inbound))
        assert (row.status, bool(row.reason)) == ("dead", True)
        assert session.scalar(select(Post)) is None


def test_photos_and_buttons_are_told_in_words() -> None:
    answer = Answer(
        "**Bob** wrote: [see](https://example.org/x)",
        buttons=((Button("Open", url="https://example.org/p"), Button("Delete", action="delete k7f")),),
        pictures=(Picture("0" * 64, "image/jpeg", "https://example.org/media/1", alt="A tree"),),
        short_reference="k7f",
    )
    assert in_words(answer).split("\n\n") == [
        "Bob wrote: see (https://example.org/x)",
        "[A tree] https://example.org/media/1",
        "Open: https://example.org/p\nDelete: send `delete k7f`",
        "[k7f]",
    ]


async def test_lines_piped_into_a_process_are_posts(house: House, harness: ChatHarness, tmp_path: Path) -> None:
    """The whole process, standard input and all, with no server anywhere."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        house.database.url,
        str(tmp_path / "blobs"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaints = await asyncio.wait_for(process.communicate(b"Piped \xe2\x9c\x93\ntimeline\n"), 60)
    assert (process.returncode, complaints) == (0, b"")
    assert [post.markdown for post in harness.posts()] == ["Piped ✓"]
    assert "Published: https://alice.example.org/" in said.decode()
