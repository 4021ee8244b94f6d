"""What a large mail costs a worker: at most three times its size, whatever it holds."""

import base64
import io
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from gateway.email.workers import Workers
from tests.email.winmail import Winmail, attachment

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process's memory peaked at"),
]

SIZE = 25 * 1024 * 1024
HEAD = b"From: alice@example.org\r\nSubject: Large\r\n"


def encoded(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def part(kind: bytes, body: bytes) -> bytes:
    return b"--b\r\nContent-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body + b"\r\n"


def mixed(parts: bytes) -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n" + parts + b"--b--\r\n"


def photos() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((2400, 1800), 90).convert("RGB").save(file, "JPEG", quality=92)
    one = part(b"image/jpeg; name=lake.jpg", encoded(file.getvalue()))
    return mixed(one * (SIZE // len(one)))


def mails() -> Iterator[tuple[str, bytes]]:
    noise = random.Random(1).randbytes(SIZE * 73 // 100)
    yield "a file", mixed(part(b"application/zip; name=x.zip", encoded(noise)))
    yield (
        "winmail.dat",
        mixed(part(b"application/ms-tnef", encoded(Winmail(attachments=[attachment(b"x.zip", noise)]).made()))),
    )
    yield "photos", photos()
    yield (
        "text",
        HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "Grüße vom Hafen\r\n".encode() * (SIZE // 19),
    )
    paragraph = (
        "<p>Grüße <b>vom</b> Hafen, wo es heute früh sehr still war und niemand es eilig hatte.</p>\r\n".encode()
    )
    yield "HTML", HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + paragraph * (SIZE // len(paragraph))


MAILS = dict(mails())


def memory(pid: int, name: str) -> int:
    """A figure of a process, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * 1024


@pytest.mark.parametrize("kind", MAILS)
async def test_a_worker_grows_by_no_more_than_three_times_the_mail(kind: str) -> None:
    raw = MAILS[kind]
    assert 0.9 * SIZE < len(raw) < 1.1 * SIZE
    workers = Workers(1, cpu_seconds=300, wall_seconds=600)
    await workers.start()
    try:
        await workers.read(HEAD + b"\r\nwarm")
        [pid] = workers.pids
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak is counted from here
        before = memory(pid, "VmRSS")
        mail = await workers.read(raw)
        assert mail.title == "Large"
        assert workers.pids == {pid}
        assert memory(pid, "VmHWM") - before <= 3 * len(raw)
    finally:
        await workers.stop()
