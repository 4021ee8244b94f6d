"""Blobs: content kept once, whole or not at all, swept when nothing needs it."""

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gateway.core.store.blobs import FileBlobs

HELLO = hashlib.sha256(b"Hello").hexdigest()
OLD, FOR_EVER = 1_000_000.0, 4e9  # seconds since the epoch


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


def files(blobs: FileBlobs) -> list[str]:
    return sorted(str(path.relative_to(blobs.folder)) for path in blobs.folder.rglob("*") if path.is_file())


def age(path: Path, to: float = OLD) -> None:
    os.utime(path, (to, to))


def test_content_is_found_under_its_hash(blobs: FileBlobs) -> None:
    key = blobs.put(b"Hello")
    assert key == HELLO
    assert blobs.get(key) == b"Hello"
    assert files(blobs) == [f"{key[:2]}/{key[2:4]}/{key}"]


@pytest.mark.parametrize("data", [b"", b"\0", b"x" * 3_000_000])
def test_any_bytes_come_back_as_they_were(blobs: FileBlobs, data: bytes) -> None:
    assert blobs.get(blobs.put(data)) == data


def test_the_same_content_is_kept_once_however_many_put_it_at_once(blobs: FileBlobs) -> None:
    threads = [threading.Thread(target=blobs.put, args=(b"Hello",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(files(blobs)) == 1
    assert blobs.get(HELLO) == b"Hello"


def test_putting_again_makes_it_young(blobs: FileBlobs) -> None:
    """So that a sweep takes nothing that a row is about to name."""
    age(blobs.path(blobs.put(b"Hello")))
    assert list(blobs.keys(OLD + 1)) == [HELLO]
    blobs.put(b"Hello")
    assert list(blobs.keys(OLD + 1)) == []
    assert not blobs.forget(HELLO, OLD + 1)
    assert blobs.get(HELLO) == b"Hello"


def test_an_orphan_is_forgotten_when_it_is_still_old(blobs: FileBlobs) -> None:
    age(blobs.path(blobs.put(b"Hello")))
    assert blobs.forget(HELLO, OLD + 1)
    assert not blobs.forget(HELLO, OLD + 1)
    with pytest.raises(FileNotFoundError):
        blobs.get(HELLO)


def test_a_sweep_removes_stale_parts_and_leaves_fresh_ones(blobs: FileBlobs) -> None:
    folder = blobs.path(blobs.put(b"Hello")).parent
    stale, fresh = folder / f".{HELLO}.1.part", folder / f".{HELLO}.2.part"
    for part in (stale, fresh):
        part.write_bytes(b"Hel")
    age(stale)
    assert list(blobs.keys(OLD + 1)) == []
    assert (stale.exists(), fresh.exists()) == (False, True)
    assert list(blobs.keys(FOR_EVER)) == [HELLO]


def test_two_sweeps_at_once_do_not_disturb_each_other(blobs: FileBlobs) -> None:
    keys = {blobs.put(str(n).encode()) for n in range(20)}
    walk = blobs.keys(FOR_EVER)
    seen = {next(walk)}
    for key in keys - seen:
        blobs.delete(key)
    assert seen | set(walk) <= keys


def test_deleting_what_is_gone_is_no_error(blobs: FileBlobs) -> None:
    blobs.delete(blobs.put(b"Hello"))
    blobs.delete(HELLO)
    assert files(blobs) == []


@pytest.mark.parametrize(
    "key", ["", "abc", "../" * 21 + "x", "/" + "a" * 63, "ä" * 64, "a" * 63 + ".", "a" * 63 + "\0"]
)
def test_what_is_no_key_is_nowhere(blobs: FileBlobs, key: str) -> None:
    for look in (blobs.get, blobs.path, blobs.delete):
        with pytest.raises(FileNotFoundError):
            look(key)


def test_a_disk_that_takes_nothing_leaves_no_half(tmp_path: Path) -> None:
    """A process that may write no file above 100 bytes: `put` raises, and neither a blob nor a part is left."""
    code = (
        "import resource, signal, sys; from pathlib import Path; from gateway.core.store.blobs import FileBlobs\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try: FileBlobs(Path(sys.argv[1])).put(b'x' * 1000)\n"
        "except OSError as error: print(error.strerror)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "b")], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.returncode) == ("File too large", 0), done.stderr
    assert files(FileBlobs(tmp_path / "b")) == []


def test_the_name_appears_only_after_the_bytes_are_durable(tmp_path: Path) -> None:
    """The system calls of one `put`, in order: bytes synced, then renamed, then the folders synced."""
    code = (
        "import sys; from pathlib import Path; from gateway.core.store.blobs import FileBlobs\n"
        "blobs = FileBlobs(Path(sys.argv[1])); calls = []\n"
        "def note(event, args):\n"
        "    if event == 'open' and sys.argv[1] in str(args[0]): calls.append('open ' + ('part' if str(args[0]).endswith('.part') else 'folder'))\n"
        "    if event == 'os.rename': calls.append('rename')\n"
        "import os; real = os.fsync\n"
        "def fsync(handle): calls.append('fsync'); real(handle)\n"
        "os.fsync = fsync; sys.addaudithook(note); blobs.put(b'Hello'); print(*calls, sep=',')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "b")], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip().split(",") == [
        "open part",
        "fsync",
        "rename",
        *["open folder", "fsync"] * 3,
    ], done.stderr
