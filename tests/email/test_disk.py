"""Room on the disk."""

import shutil
from pathlib import Path

from gateway.email.disk import Disk


def test_what_must_stay_free_stays_free(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    assert Disk(tmp_path, free // 2).has_room(0)
    assert not Disk(tmp_path, free * 2).has_room(0)
    assert not Disk(tmp_path).has_room(free * 2)


def test_mails_that_come_between_two_looks_count_together(tmp_path: Path) -> None:
    """Two thirds of the disk twice is too much, however little of it has been written."""
    seconds = [0.0]
    disk, free = Disk(tmp_path, clock=lambda: seconds[0]), shutil.disk_usage(tmp_path).free
    assert disk.has_room(free * 2 // 3)
    assert not disk.has_room(free * 2 // 3)
    seconds[0] = 1
    assert disk.has_room(free * 2 // 3)
