"""Room on the disk."""

import shutil
from pathlib import Path

import pytest

from gateway.email.disk import Disk, database_folder


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


def test_the_disk_of_the_database_counts_as_well(tmp_path: Path) -> None:
    other = Path("/proc")  # has no room at all
    assert shutil.disk_usage(other).free == 0
    assert Disk(tmp_path).has_room(1)
    assert not Disk(tmp_path, database=other).has_room(1)


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("sqlite:////var/lib/postroom/postroom.db", Path("/var/lib/postroom")),
        ("sqlite:///postroom.db", Path()),
        ("sqlite://", None),
        ("sqlite:///:memory:", None),
        ("postgresql+psycopg://postroom@localhost/postroom", None),
    ],
)
def test_a_database_on_a_server_has_no_disk_of_ours(url: str, folder: Path | None) -> None:
    assert database_folder(url) == folder
