"""A blog's owner sees who reads it by mail, takes the list along, and brings one: looked into first, mailed to nobody."""

import re

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.store.models import Delivery, Subscriber
from gateway.web import my_readers, uploads
from tests.conftest import Cast
from tests.web.conftest import COMMUNITY, Browser, everything, words_of

LIST = (
    b"email,status,unsubscribed_at\n"
    b"new@example.net,active,\n"
    b"left@example.net,unsubscribed,2024-01-02\n"
    b"back@example.net,bounced,\n"
    b"no address,active,\n"
)


async def bring(browser: Browser, content: bytes, **fields: str) -> httpx.Response:
    return await browser.client.post(
        f"{COMMUNITY}/me/readers/import",
        data={"csrf": browser.csrf, "cadence": "monthly", "column": "", **fields},
        files={"file": ("list.csv", content, "text/csv")},
        headers={"Origin": COMMUNITY},
    )


def kept(house: House) -> dict[str, list[tuple[object, ...]]]:
    """All rows, but for how many lists there were."""
    return {name: rows for name, rows in everything(house).items() if name != "attempts"}


def readers(house: House) -> dict[str, tuple[str, str, str]]:
    with house.database.read() as session:
        return {row.address: (row.status, row.cadence, row.source) for row in session.scalars(select(Subscriber))}


async def test_a_list_is_looked_into_then_taken_and_mails_nobody(house: House, alice: Browser) -> None:
    before = kept(house)
    looked = await bring(alice, LIST)
    assert looked.status_code == 200
    assert "Nothing is saved yet" in looked.text
    assert "Line 5: no address" in words_of(looked)
    assert kept(house) == before
    key = re.search(r'name="list" value="(\w+)"', looked.text)
    assert key is not None
    taken = await alice.post("/me/readers/import/take", list=key[1], cadence="monthly", column="")
    assert "Nobody was mailed" in taken.text
    assert readers(house) == {
        "new@example.net": ("active", "monthly", "import"),
        "left@example.net": ("unsubscribed", "monthly", "import"),
    }
    with house.database.read() as session:
        assert session.scalars(select(Delivery)).all() == []
    shown = words_of(await alice.get("/me/readers"))
    assert "new@example.net" in shown
    assert "Subscribed, once a month, from a list" in shown
    listed = await alice.client.get(f"{COMMUNITY}/me/readers/list.csv")
    assert [line.split(",")[:3] for line in listed.text.splitlines()] == [
        ["email", "status", "cadence"],
        ["left@example.net", "unsubscribed", "monthly"],
        ["new@example.net", "active", "monthly"],
    ]
    assert (listed.headers["content-type"], listed.headers["cache-control"]) == (
        "text/csv; charset=utf-8",
        "private, no-store",
    )


async def test_another_member_sees_their_own_readers_only(house: House, alice: Browser, cast: Cast) -> None:
    def unit(session: Session) -> None:
        for number in range(101):
            row = Subscriber(blog_id=cast.blog, address=f"r{number:03}@example.net", status="active", cadence="each")
            row.asked_at = row.confirmed_at = house.now()
            session.add(row)

    house.database.writer.run(unit)
    first = await alice.get("/me/readers")
    assert "r099@example.net" in first.text
    assert "r100@example.net" not in first.text
    more = re.search(r"/me/readers\?after=\d+", first.text)
    assert more is not None
    assert "r100@example.net" in (await alice.get(more[0])).text
    assert (await alice.get("/me/readers?after=x")).status_code == 400
    await alice.sign_in(cast.bob)
    for url in ("/me/readers", more[0], "/me/readers/list.csv"):
        assert "@example.net" not in (await alice.get(url)).text


async def test_what_is_no_list_is_refused_and_nothing_is_saved(
    house: House, alice: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept(house)
    for said, answer in (
        ("No column", await bring(alice, b"name,age\nbob,3\n")),
        ("no column", await bring(alice, LIST, column="mail2")),
        ("no cadence", await bring(alice, LIST, cadence="hourly")),
        ("zip archive", await bring(alice, b"PK\x03\x04zip")),
        ("Which file?", await bring(alice, b"")),
        ("not here any more", await alice.post("/me/readers/import/take", list="0" * 64)),
        ("not here any more", await alice.post("/me/readers/import/take", list="../../etc/passwd")),
    ):
        assert answer.status_code == 400, said
        assert said in words_of(answer)
        assert 'name="file"' in answer.text
    broken = await alice.client.post(
        f"{COMMUNITY}/me/readers/import",
        content=b"--x\r\nbroken",
        headers={"Origin": COMMUNITY, "Content-Type": "multipart/form-data; boundary=y"},
    )
    assert broken.status_code in {400, 403}
    monkeypatch.setattr(uploads, "LARGEST_UPLOAD", 500)
    assert (await bring(alice, LIST * 9)).status_code == 413
    assert kept(house) == before


async def test_how_many_lists_a_member_brings_in_a_day_is_limited(
    house: House, alice: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(my_readers, "LISTS_A_DAY", 2)
    looked = await bring(alice, LIST)
    key = re.search(r'name="list" value="(\w+)"', looked.text)
    assert key is not None
    assert (await alice.post("/me/readers/import/take", list=key[1], cadence="", column="")).status_code == 200
    before = everything(house)
    for again in (await bring(alice, LIST), await alice.post("/me/readers/import/take", list=key[1])):
        assert again.status_code == 429
        assert "many lists today" in words_of(again)
    assert everything(house) == before
