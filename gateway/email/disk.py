"""How much room the disks have, looked at a few times a second at most; and a line in the log when mail is turned away for lack of it."""

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.core.store.db import file_of

_FRESH = 0.2  # seconds
_LEAST = 64 * 1024  # bytes free without which nothing can be counted on to be saved, whatever the reserve is

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Disk:
    """The disks that `folder` and `database` (None: not on a disk of ours) are on, of each of which `reserve` bytes stay free."""

    folder: Path
    reserve: int = 0
    clock: Callable[[], float] = time.monotonic
    database: Path | None = None
    _free: int = 0
    _looked: float = float("-inf")

    def has_room(self, size: int) -> bool:
        """Whether so many bytes more can be taken; those asked for since the last look count as taken."""
        if self.clock() - self._looked >= _FRESH:
            self._free, self._looked = self._fullest()[0], self.clock()
        self._free -= size
        if self._free >= self.reserve:
            return True
        log.warning("Mail is turned away (452 4.3.1): %s", self._described(), extra={"seldom": True})
        return False

    def lack(self) -> str:
        """What is wrong when nothing more should be saved, for anybody to read; empty while there is room."""
        is_full = self._fullest()[0] < max(self.reserve, _LEAST)
        return "the disk is full, or has less room than has to stay free: no mail is taken" if is_full else ""

    def _fullest(self) -> tuple[int, Path]:
        folders = (self.folder, self.database) if self.database is not None else (self.folder,)
        return min((shutil.disk_usage(folder).free, folder) for folder in folders)

    def _described(self) -> str:
        free, folder = self._fullest()
        return f"the disk of {folder} has {free:,} bytes free; {self.reserve:,} have to stay so (min_free_bytes)."


def database_folder(url: str) -> Path | None:
    """Where an SQLite database has its files; None for one in memory or on a server."""
    file = file_of(url)
    return file.parent if file is not None else None
