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


def test_mail_turned_away_is_logged_with_the_disk_and_its_setting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert Disk(tmp_path, 1).has_room(1)
    assert caplog.records == []
    assert not Disk(tmp_path, 10**18).has_room(1)
    [record] = caplog.records
    assert all(words in record.getMessage() for words in ("452 4.3.1", str(tmp_path), "min_free_bytes"))
    assert record.__dict__["seldom"]


def test_a_disk_without_room_is_a_lack_though_no_reserve_is_asked_for(tmp_path: Path) -> None:
    assert Disk(tmp_path).lack() == ""
    for disk in (Disk(tmp_path, 10**18), Disk(tmp_path, database=Path("/proc"))):
        assert "the disk is full" in disk.lack()
        assert str(tmp_path) not in disk.lack()  # anybody may read it


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
