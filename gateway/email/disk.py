"""How much room the disk has, looked at a few times a second at most."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_FRESH = 0.2  # seconds


@dataclass(slots=True)
class Disk:
    """The disk that `folder` is on, of which `reserve` bytes stay free."""

    folder: Path
    reserve: int = 0
    clock: Callable[[], float] = time.monotonic
    _free: int = 0
    _looked: float = float("-inf")

    def has_room(self, size: int) -> bool:
        """Whether so many bytes more can be taken; those asked for since the last look count as taken."""
        if self.clock() - self._looked >= _FRESH:
            self._free, self._looked = shutil.disk_usage(self.folder).free, self.clock()
        self._free -= size
        return self._free >= self.reserve
