"""What the door says when there is no room: too large, disk low, a database that refuses. Never 250, and it recovers."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.email.door import Limits
from gateway.email.reception import INLINE_BYTES
from gateway.email.workers import Workers
from tests.conftest import Cast
from tests.email.mailhouse import MailHouse, letter, wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

BIG = letter("A line of text.\n" * 3000)  # 48 KB


@pytest.mark.parametrize("declared", [True, False])
async def test_a_mail_over_the_size_is_refused(
    house: House, cast: Cast, workers: Workers, tmp_path: Path, declared: bool
) -> None:
    async with MailHouse(house, workers, tmp_path, limits=Limits(size=20_000)) as post:
        assert (await post.send(BIG, declared=declared)).startswith("552 5.3.4 ")
        assert (await post.send(letter())).startswith("250 ")
        assert await post.outcomes() == ["published"]


async def test_below_the_minimum_of_free_disk_no_mail_is_begun(
    house: House, cast: Cast, workers: Workers, tmp_path: Path
) -> None:
    async with MailHouse(house, workers, tmp_path, min_free_bytes=2**62) as post:
        assert (await post.send(letter())).startswith("452 4.3.1 ")
        assert post.inbox() == []


def _limit(house: House) -> Callable[[], object]:
    """Lets the database grow no more; what is given lets it again."""
    if house.database.is_sqlite:
        pages = house.database.writer.run(lambda s: s.execute(text("PRAGMA page_count")).scalar())
        _run(house, f"PRAGMA max_page_count={pages}")
        return lambda: _run(house, "PRAGMA max_page_count=1000000")
    _run(house, "ALTER TABLE inbound ADD CONSTRAINT no_room CHECK (id < 0) NOT VALID")
    return lambda: _run(house, "ALTER TABLE inbound DROP CONSTRAINT no_room")


def _run(house: House, statement: str) -> None:
    def unit(session: Session) -> None:
        session.execute(text(statement)).close()

    house.database.writer.run(unit)


async def test_a_database_that_refuses_is_a_temporary_trouble_and_is_over_when_it_is_over(
    post: MailHouse, house: House
) -> None:
    await post.rest()
    more = _limit(house)
    for _ in range(3):
        assert (await post.send(BIG)).startswith(("451 4.3.0 ", "452 4.3.1 "))
    assert post.inbox() == []
    more()
    assert (await post.send(BIG)).startswith("250 ")
    post.work()
    assert await post.outcomes() == ["published"]


async def test_a_blob_that_cannot_be_written_is_a_temporary_trouble(post: MailHouse, house: House) -> None:
    folder = post.folder / "blobs"
    folder.mkdir(exist_ok=True)
    moved = folder.rename(post.folder / "elsewhere")
    folder.write_bytes(b"a file where the folder was")
    mail = letter("A line of text.\n" * (INLINE_BYTES // 10))
    assert (await post.send(mail)).startswith("451 4.3.0 ")
    assert post.inbox() == []
    folder.unlink()
    moved.rename(folder)
    assert (await post.send(mail)).startswith("250 ")
    assert await post.outcomes() == ["published"]


async def test_mail_comes_in_while_nothing_is_processed_and_is_processed_later(post: MailHouse) -> None:
    await post.rest()
    for number in range(5):
        assert (await post.send(letter(f"Number {number}.\n"))).startswith("250 ")
    assert [row.status for row in post.inbox()] == ["received"] * 5
    post.work()
    assert await post.outcomes() == ["published"] * 5
    assert [made.markdown for made in post.posts()] == [f"Number {number}." for number in range(5)]


@pytest.mark.parametrize(
    "header",
    [
        b"Subject:" + b" \r\n" * 100_000,
        b"X-A: b\r\n" * 3_000,
        b"Subject: " + b"x" * 300_000 + b"\r\n",
        b"X-A: b\n" * 40_000,
    ],
    ids=["folded", "many", "long", "no body"],
)
async def test_a_header_that_no_letter_has_is_refused(post: MailHouse, header: bytes) -> None:
    end = b"" if header.endswith(b"b\n") else b"From: alice@example.com\r\n\r\nx\r\n"
    reply = await post.send(header + end, "postmaster@post.example.org")
    assert reply.startswith("552 5.3.4")
    assert post.inbox() == []


async def test_a_large_mail_with_an_ordinary_header_is_taken(post: MailHouse) -> None:
    raw = wire(letter("x" * 60 + "\n")) + b"y" * 70 + b"\r\n" * 300_000
    assert (await post.send(raw)).startswith("250 2.0.0")
