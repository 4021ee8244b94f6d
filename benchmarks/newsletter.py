"""Newsletter copies per second and CPU per 1000: our path beside aiosmtplib in the same run; prints one JSON line.

    python -m benchmarks.newsletter [copies]

Every way sends the same 12 KB text + HTML to the same sink over 20 connections. Runs are interleaved and the median counts.
CPU is the sender's only; with Postfix's smtp-sink the receiver is another process. Both hooks of our engine are called, and
answer from memory.
"""

import asyncio
import json
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from itertools import islice

import aiosmtplib
import dkim
import uvloop

from gateway.core.messages import RenderedIssue
from gateway.email.relay import Copy, Relay, Result
from gateway.email.sending import send_many
from gateway.email.signing import Signer, generate_key
from gateway.email.wire import IssueWire, Reader, message_id, prepare
from tests.fakes.relay import FakeRelay

CONNECTIONS = 20
ROUNDS = 3
DATE = datetime(2024, 11, 4, 8, 0, tzinfo=UTC)
KEY = generate_key()
SIGNER = Signer("post.example.org", "p1", KEY)
PARAGRAPH = "What happened in our street this week, in a few plain sentences that anyone can read over coffee. "
ISSUE = RenderedIssue(
    subject="What happened this week",
    html="<p>Hello mark-name,</p>"
    + f'<p style="margin:0 0 16px">{PARAGRAPH}</p>\n' * 60
    + '<a href="mark-leave">Leave</a>',
    text="Hello mark-name,\n\n" + f"{PARAGRAPH}\n\n" * 34 + "Leave: mark-leave\n",
    from_name="Alice",
    list_id="alice.post.example.org",
    archive_url="https://alice.post.example.org/archive",
    marks=("mark-name", "mark-leave"),
)

Way = Callable[[int, int], Awaitable[None]]
"""Sends so many copies to this port."""


def reader(number: int) -> Reader:
    """Recipient number so and so."""
    leave = f"https://post.example.org/u/{number:020d}"
    return Reader(
        address=f"bob{number}@example.net",
        message_id=message_id(b"key", "issue 1", number, "post.example.org"),
        unsubscribe_url=leave,
        unsubscribe_mailto=f"mailto:u.{number:020d}@post.example.org",
        reply_to=f"n.{number:020d}@post.example.org",
        values={"mark-name": f"Bob {number}", "mark-leave": leave},
    )


async def postroom(port: int, count: int) -> None:
    """Joined, signed and sent by our engine."""
    wire = prepared()
    await over_engine(port, count, lambda number: made(wire, number))


async def postroom_unsigned(port: int, count: int) -> None:
    """The same bytes for everyone, by our engine."""
    data = prepared().copy(reader(0), date=DATE)
    await over_engine(port, count, lambda _: data)


async def over_engine(port: int, count: int, message: Callable[[int], bytes]) -> None:
    """Claim, attempt, send and record, with hooks that answer from memory."""

    def copies() -> Iterator[Copy]:
        for number in range(count):
            yield Copy(number, f"b.{number}@post.example.org", f"bob{number}@example.net", partial(message, number))

    work = copies()

    async def claim(limit: int) -> Sequence[Copy]:
        return list(islice(work, limit))

    async def attempting(ids: Sequence[int]) -> set[int]:
        return set(ids)

    recorded = 0

    async def record(results: Sequence[Result]) -> None:
        nonlocal recorded
        recorded += len(results)

    relay = Relay("127.0.0.1", port)
    summary = await send_many(relay, claim, attempting=attempting, record=record, connections=CONNECTIONS)
    assert summary.sent == recorded == count, summary


async def aiosmtplib_alone(port: int, count: int) -> None:
    """The same bytes for everyone, unsigned, over kept connections of aiosmtplib."""
    data = prepared().copy(reader(0), date=DATE)
    await over_aiosmtplib(port, count, lambda _: data)


async def aiosmtplib_signed(port: int, count: int) -> None:
    """Our joined and signed copies over aiosmtplib."""
    wire = prepared()
    await over_aiosmtplib(port, count, lambda number: made(wire, number))


async def usual(port: int, count: int) -> None:
    """EmailMessage + dkimpy + aiosmtplib, as one would write it."""

    def message(number: int) -> bytes:
        mail, own = EmailMessage(policy=SMTP), reader(number)
        mail["From"], mail["To"], mail["Subject"] = "Alice <alice@post.example.org>", own.address, ISSUE.subject
        mail["Message-ID"], mail["Date"] = own.message_id, DATE
        mail["List-Unsubscribe"] = f"<{own.unsubscribe_url}>"
        mail.set_content(ISSUE.text.replace("mark-name", own.values["mark-name"]))
        mail.add_alternative(ISSUE.html.replace("mark-name", own.values["mark-name"]), subtype="html")
        raw = mail.as_bytes()
        forms = (b"relaxed", b"relaxed")
        return bytes(dkim.sign(raw, b"p1", b"post.example.org", KEY.encode(), canonicalize=forms) + raw)

    await over_aiosmtplib(port, count, message)


async def over_aiosmtplib(port: int, count: int, message: Callable[[int], bytes]) -> None:
    """Share the copies among kept connections."""
    numbers = iter(range(count))

    async def lane() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for number in numbers:
                await client.sendmail(f"b.{number}@post.example.org", f"bob{number}@example.net", message(number))

    await asyncio.gather(*(lane() for _ in range(CONNECTIONS)))


def prepared(marks: tuple[str, str] = ("mark-name", "mark-leave")) -> IssueWire:
    """The issue's wire form, with these as its marks."""
    html, text = (
        words.replace("mark-name", marks[0]).replace("mark-leave", marks[1]) for words in (ISSUE.html, ISSUE.text)
    )
    issue = replace(ISSUE, html=html, text=text, marks=marks)
    return prepare(issue, sender="alice@post.example.org", list_help="https://post.example.org/help")


def made(wire: IssueWire, number: int) -> bytes:
    """One signed copy."""
    return wire.copy(reader(number), date=DATE, signers=[SIGNER])


async def run(count: int) -> dict[str, object]:
    """Measure every way against one sink."""
    ways: dict[str, tuple[Way, int]] = {
        "postroom_signed": (postroom, count),
        "postroom_unsigned": (postroom_unsigned, count),
        "aiosmtplib_unsigned": (aiosmtplib_alone, count),
        "aiosmtplib_signed_by_us": (aiosmtplib_signed, count // 2),
        "emailmessage_dkimpy_aiosmtplib": (usual, max(count // 20, CONNECTIONS)),
    }
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    async with sink() as (port, receiver):
        await postroom(port, 100)
        for _ in range(ROUNDS):
            for name, (way, number) in ways.items():
                wall, cpu = time.perf_counter(), time.process_time()
                await way(port, number)
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                rates[name].append((number / wall, cpu / number * 1000))
    table = {
        name: {
            "copies_per_second": round(statistics.median(rate for rate, _ in runs)),
            "cpu_seconds_per_1000": round(statistics.median(cpu for _, cpu in runs), 3),
        }
        for name, runs in rates.items()
    }
    ratios = {
        "signed_to_usual": compared(table["postroom_signed"], table["emailmessage_dkimpy_aiosmtplib"]),
        "signed_to_aiosmtplib_unsigned": compared(table["postroom_signed"], table["aiosmtplib_unsigned"]),
        "signed_to_aiosmtplib_signed_by_us": compared(table["postroom_signed"], table["aiosmtplib_signed_by_us"]),
        "unsigned_to_aiosmtplib_unsigned": compared(table["postroom_unsigned"], table["aiosmtplib_unsigned"]),
    }
    size = len(made(prepared(), 0))
    return {
        "benchmark": "newsletter",
        "receiver": receiver,
        "bytes": size,
        "copies": count,
        "ways": table,
        "ratio": ratios,
    }


def compared(ours: dict[str, float], theirs: dict[str, float]) -> dict[str, float]:
    """How many times faster we are, and how many times less CPU a copy costs us."""
    return {
        "copies_per_second": round(ours["copies_per_second"] / theirs["copies_per_second"], 2),
        "cpu": round(theirs["cpu_seconds_per_1000"] / ours["cpu_seconds_per_1000"], 2),
    }


@asynccontextmanager
async def sink(*options: str) -> AsyncIterator[tuple[int, str]]:
    """A port that takes mail and keeps none: Postfix's smtp-sink, or our fake relay where that is missing, which knows no options."""
    program = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin:/usr/lib/postfix/sbin")
    if program is None:
        async with FakeRelay(keep=False) as server:
            yield server.port, "tests/fakes/relay.py in this very process, for smtp-sink (Debian: postfix) is missing"
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [program, "-u", "nobody", *options, f"127.0.0.1:{port}", "400"], stderr=subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(10):
            while not await listens(port):
                await asyncio.sleep(0.05)
        yield port, "smtp-sink"
    finally:
        process.terminate()
        process.wait()


async def listens(port: int) -> bool:
    """Whether somebody answers there."""
    with suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        return True
    return False


def main() -> None:
    """Print the measurements as one line of JSON."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(run(count))))


if __name__ == "__main__":
    main()
