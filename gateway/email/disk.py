"""How much room the disks have, looked at a few times a second at most."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.core.store.db import file_of

_FRESH = 0.2  # seconds


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
            self._free, self._looked = self._least_free(), self.clock()
        self._free -= size
        return self._free >= self.reserve

    def _least_free(self) -> int:
        folders = (self.folder, self.database) if self.database is not None else (self.folder,)
        return min(shutil.disk_usage(folder).free for folder in folders)


def database_folder(url: str) -> Path | None:
    """Where an SQLite database has its files; None for one in memory or on a server."""
    file = file_of(url)
    return file.parent if file is not None else None
