"""Workers: what they make of mail, what they survive, and what they leave behind."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gateway.core.errors import Unavailable
from gateway.email.prepared import PreparedFile, PreparedMail, PreparedRendition, frame, head_of, mail_from, mail_head
from gateway.email.worker_main import prepare_mail
from gateway.email.workers import WorkerDied, Workers

LETTER = b"From: alice@example.org\r\nSubject: Hello\r\n\r\nOne line.\r\n"
SLOW = b"Content-Type: text/html\r\n\r\n" + b"<p>a<i>b<b>c<u>" * 240_000  # nearly two seconds of computing
BOMB = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + (b"--b\r\n" + SLOW + b"\r\n") * 4 + b"--b--\r\n"


def photo() -> bytes:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    Image.new("RGB", (2000, 1000), "teal").save(file, "JPEG", exif=exif)
    return file.getvalue()


def photo_mail() -> bytes:
    message = EmailMessage()
    message["From"] = "Alice <alice@example.org>"
    message["Subject"] = "Re: The lake"
    message["In-Reply-To"] = "<one@example.org>"
    message["Date"] = "Sun, 22 Nov 2026 09:30:00 +0100"
    message.set_content("New *words*.\n\nOn Monday, 1 June 2026 at 10:00, Bob <bob@example.org> wrote:\n> Old words.\n")
    message.add_attachment(photo(), maintype="image", subtype="jpeg", filename="lake.jpg")
    message.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="virus.exe")
    return message.as_bytes()


@asynccontextmanager
async def running(size: int = 1, **limits: Any) -> AsyncIterator[Workers]:
    """Workers that are ready; at the end none of their processes may be left, dead or alive."""
    workers = Workers(size, **limits)
    await workers.start()
    seen = set(workers.pids)
    try:
        yield workers
        seen |= workers.pids
    finally:
        await workers.stop()
    assert not workers.pids
    assert not [pid for pid in seen if Path(f"/proc/{pid}").exists()]


async def until(true: Callable[[], bool]) -> None:
    """Returns when the condition holds; fails after a minute."""
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.005)


async def test_a_mail_comes_back_in_both_readings_with_its_picture_ready() -> None:
    async with running() as workers:
        mail = await workers.read(photo_mail())
    assert (mail.title, mail.sender, mail.sender_name, mail.references) == (
        "Re: The lake",
        "alice@example.org",
        "Alice",
        ("one@example.org",),
    )
    assert mail.date is not None
    assert mail.date.isoformat() == "2026-11-22T08:30:00+00:00"
    assert mail.reply_text == "New *words*."
    assert mail.post_text.startswith("New *words*.")
    assert "> Old words." in mail.post_text
    picture, program = mail.files
    assert picture.kind == "image"
    assert [rendition.width for rendition in picture.renditions] == [1600, 800, 400]
    assert all(b"Secret Camera" not in rendition.data for rendition in picture.renditions)
    assert Image.open(io.BytesIO(picture.renditions[0].data)).size == (1600, 800)
    assert program.renditions == ()
    assert "virus.exe" in program.notes[0]


@pytest.mark.parametrize(
    ("head", "answers"),
    [
        (b"Subject: Hello", False),
        (b"Subject: [c4d] tips", False),
        (b"Subject: Re: Hello [c4d]", True),
        (b"Subject: Hello\r\nIn-Reply-To: <x@example.org>", True),
        (b"Subject: Hello\r\nCc: R.abc@post.example.org", True),
        (b"Subject: Hello\r\nTo: alice@post.example.org, r+abc@post.example.org", True),
    ],
)
def test_mail_to_a_blog_is_read_as_a_reply_only_if_it_may_be_one(head: bytes, answers: bool) -> None:
    raw = b"From: alice@example.org\r\n" + head + b"\r\n\r\nOne line.\r\n"
    assert prepare_mail(raw, 10).reply_text == "One line."
    mail = prepare_mail(raw, 10, to_blog=True)
    assert (mail.post_text, mail.reply_text) == ("One line.", "One line." if answers else "")


async def test_a_mail_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_bytes(LETTER)
    async with running() as workers:
        assert (await workers.read(path)).post_text == "One line."


async def test_a_file_that_is_gone_is_ours_and_the_worker_goes_on(tmp_path: Path) -> None:
    async with running() as workers:
        before = workers.pids
        with pytest.raises(Unavailable, match="could not be read"):
            await workers.read(tmp_path / "nothing")
        assert (await workers.read(LETTER)).title == "Hello"
        assert workers.pids == before


async def test_a_single_picture_is_prepared() -> None:
    async with running() as workers:
        picture = await workers.prepare_file(photo(), "IMG_1.jpg")
        refused = await workers.prepare_file(b"no picture", "x.jpg")
    assert picture.renditions[0].width == 1600
    assert refused.renditions == ()
    assert refused.notes


async def test_a_cpu_bomb_ends_its_worker_only() -> None:
    async with running(2, cpu_seconds=1, memory_bytes=2 * 1024**3) as workers:
        bomb = asyncio.create_task(workers.read(BOMB))
        others = await asyncio.gather(*(workers.read(LETTER) for _ in range(5)))
        with pytest.raises(WorkerDied) as died:
            await bomb
        assert died.value.reason == "cpu"
        assert not died.value.permanent
        assert {mail.title for mail in others} == {"Hello"}
        assert (await asyncio.gather(workers.read(LETTER), workers.read(LETTER)))[1].title == "Hello"


async def test_a_memory_bomb_ends_its_worker_only() -> None:
    async with running(1, memory_bytes=48 * 1024 * 1024) as workers:
        with pytest.raises(WorkerDied) as died:
            await workers.read(LETTER + b"x" * 60 * 1024 * 1024)
        assert died.value.reason == "memory"
        assert (await workers.read(LETTER)).title == "Hello"


async def test_a_job_past_its_wall_time_is_killed() -> None:
    async with running(1, wall_seconds=0.2) as workers:
        [before] = workers.pids
        os.kill(before, signal.SIGSTOP)  # a worker that neither computes nor answers
        with pytest.raises(WorkerDied) as died:
            await workers.read(LETTER)
        assert died.value.reason == "time"
        await until(lambda: bool(workers.pids) and before not in workers.pids)


async def test_sigkill_of_a_busy_worker_is_told_and_it_is_replaced() -> None:
    async with running() as workers:
        [before] = workers.pids
        job = asyncio.create_task(workers.read(SLOW))
        await asyncio.sleep(0)
        os.kill(before, signal.SIGKILL)
        with pytest.raises(WorkerDied) as died:
            await job
        assert died.value.reason == "killed"
        assert (await workers.read(LETTER)).title == "Hello"
        assert before not in workers.pids


async def test_sigkill_of_an_idle_worker_costs_no_mail() -> None:
    async with running() as workers:
        [before] = workers.pids
        os.kill(before, signal.SIGKILL)
        await until(lambda: not workers.pids)
        assert (await workers.read(LETTER)).title == "Hello"


async def test_workers_are_recycled_after_their_number_of_jobs() -> None:
    async with running(1, recycle_after=2) as workers:
        used = []
        for _ in range(4):
            await workers.read(LETTER)
            used.append(workers.pids)
            await until(lambda: len(workers.pids) == 1)
        await until(lambda: bool(workers.pids) and workers.pids != used[2])
        assert used[0] != used[2]


async def test_a_cancelled_job_does_not_leave_its_answer_to_the_next() -> None:
    async with running() as workers:
        job = asyncio.create_task(workers.read(SLOW))
        await asyncio.sleep(0)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert (await workers.read(LETTER)).title == "Hello"


async def test_stopping_ends_jobs_under_way_and_those_that_wait() -> None:
    workers = Workers(1)
    await workers.start()
    [pid] = workers.pids
    jobs = [asyncio.create_task(workers.read(SLOW)) for _ in range(3)]
    await asyncio.sleep(0)
    await workers.stop()
    ends = await asyncio.gather(*jobs, return_exceptions=True)
    assert [end.reason for end in ends if isinstance(end, WorkerDied)] == ["stopped"] * 3
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(WorkerDied, match="shutting down"):
        await workers.read(LETTER)


async def test_a_worker_knows_none_of_the_servers_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_SECRET", "hunter2")
    async with running() as workers:
        [pid] = workers.pids
        assert b"hunter2" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_the_wire_form_gives_back_what_it_was_given() -> None:
    mail = PreparedMail(
        title="T ☃ \U0001f600",
        post_text="a\nb",
        categories=("x",),
        files=(
            PreparedFile(
                "image", "p.jpg", (PreparedRendition(b"1" * 9, "image/jpeg", 3, 4), PreparedRendition(b"", "x"))
            ),
            PreparedFile("file", "q", (), "id", True, alt="words", notes=("left out",)),
        ),
        from_count=1,
        is_automatic=True,
    )
    blobs: list[bytes] = []
    pieces = frame(mail_head(mail, blobs), blobs)
    assert int.from_bytes(pieces[0], "big") == len(pieces[1])
    head, sizes = head_of(pieces[1])
    assert sizes == [len(blob) for blob in pieces[2:]]
    assert mail_from(head, pieces[2:]) == mail


@pytest.mark.parametrize(
    "words", [b"", b"[]", b"{}", b'{"blobs": 5}', b'{"blobs": [-1]}', b'{"blobs": [1e99]}', b"\xff", b"[" * 100_000]
)
def test_nonsense_on_the_wire_is_refused(words: bytes) -> None:
    with pytest.raises(Exception, match="worker's answer"):
        head_of(words)


def test_the_server_loads_nothing_heavy_to_use_workers() -> None:
    program = "import sys, gateway.email.workers; print(*sorted({'PIL', 'html_to_markdown', 'nh3', 'mailparser'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
