"""Blobs: bytes kept once under their SHA-256, durable before their row is committed.

A file is written beside its place, fsynced, renamed, and its folder fsynced; so a name always stands for whole content. A crash leaves at
worst a `.part` file or a blob that no row names: `sweep` removes both once they are old enough.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class Blobs(Protocol):
    """Where bytes are kept. A key is the lowercase hexadecimal SHA-256 of the content."""

    def put(self, data: bytes) -> str: ...

    def get(self, key: str) -> bytes: ...

    def path(self, key: str) -> Path | None: ...

    def delete(self, key: str) -> None: ...

    def forget(self, key: str, older_than: float) -> bool: ...

    def keys(self, older_than: float) -> Iterator[str]: ...


class FileBlobs:
    """Blobs as files, `ab/cd/abcd…`, below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> str:
        """The key of the content, once it is durable. Raises OSError when the disk will not take it."""
        key = hashlib.sha256(data).hexdigest()
        place = self._place(key)
        if not self._freshened(place):
            self._write(place, data)
        for folder in (place.parent, place.parent.parent, self.folder):  # its name too must outlast a crash
            _fsync_folder(folder)
        return key

    def _freshened(self, place: Path) -> bool:
        """Whether the content is there already, now with a new date, so that no sweep takes it for an old orphan."""
        try:
            os.utime(place)
        except FileNotFoundError:
            return False
        return True

    def _write(self, place: Path, data: bytes) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(place)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def get(self, key: str) -> bytes:
        """The content. Raises FileNotFoundError."""
        return self._place(key).read_bytes()

    def path(self, key: str) -> Path:
        return self._place(key)

    def delete(self, key: str) -> None:
        self._place(key).unlink(missing_ok=True)

    def forget(self, key: str, older_than: float) -> bool:
        """Deletes an orphan, unless somebody has put the same content again since it was found."""
        place = self._place(key)
        try:
            if place.stat().st_mtime >= older_than:
                return False
        except FileNotFoundError:
            return False
        place.unlink(missing_ok=True)
        return True

    def keys(self, older_than: float) -> Iterator[str]:
        """Keys of blobs last written before `older_than` (seconds since the epoch); removes stale parts on the way."""
        for place in self.folder.glob("??/??/*"):
            try:
                if place.stat().st_mtime >= older_than:
                    continue
            except FileNotFoundError:  # another process sweeps too, or a part got its name
                continue
            if place.name.endswith(".part"):
                place.unlink(missing_ok=True)
            else:
                yield place.name

    def _place(self, key: str) -> Path:
        if len(key) != 64 or not key.isascii() or not key.isalnum():
            raise FileNotFoundError(key)
        return self.folder / key[:2] / key[2:4] / key


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
