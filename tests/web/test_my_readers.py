"""A blog's owner sees who reads it by mail, takes the list along, and brings one: looked into first, mailed to nobody."""

import re
from html import unescape

import httpx
import pytest
from markupsafe import escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.audience.settling import OUTCOMES
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


MAILCHIMP = b"Email Address,OPTIN_TIME,CONFIRM_TIME,LEID,EUID\nsomebody@example.net,2024-01-15 10:00:00,2024-01-15 10:01:00,1,a\n"


async def bring(browser: Browser, content: bytes, name: str = "list.csv", **fields: str) -> httpx.Response:
    return await browser.client.post(
        f"{COMMUNITY}/me/readers/import",
        data={"csrf": browser.csrf, "cadence": "monthly", "column": "", **fields},
        files={"file": (name, content, "text/csv")},
        headers={"Origin": COMMUNITY},
    )


async def bring_called(browser: Browser, filename: bytes, content: bytes) -> httpx.Response:
    """A list with its file's name as these bytes, or with none when they are empty."""
    named = b'; filename="' + filename + b'"' if filename else b""
    parts = [b'name="csrf"\r\n\r\n' + browser.csrf.encode(), b'name="file"' + named + b"\r\n\r\n" + content]
    return await browser.client.post(
        f"{COMMUNITY}/me/readers/import",
        content=b"".join(b"--y\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--y--\r\n",
        headers={"Origin": COMMUNITY, "Content-Type": "multipart/form-data; boundary=y"},
    )


def waiting(looked: httpx.Response) -> str:
    """What the page that tells what would come of a list calls it."""
    key = re.search(r'name="list" value="(\w+)"', looked.text)
    assert key is not None
    return key[1]


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
    taken = await alice.post("/me/readers/import/take", list=waiting(looked), cadence="monthly", column="")
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


@pytest.mark.parametrize(
    ("start", "what", "status"),
    [
        ("subscribed", "taken", "active"),
        ("nonsubscribed", "unconfirmed", ""),
        ("unsubscribed", "unsubscribed", "unsubscribed"),
        ("cleaned", "not mailed", ""),
    ],
)
async def test_what_mailchimp_says_by_a_files_name_holds_when_it_is_looked_into_and_when_it_is_taken(
    house: House, alice: Browser, start: str, what: str, status: str
) -> None:
    looked = await bring(alice, MAILCHIMP, f"{start}_email_audience_export_1.csv")
    assert readers(house) == {}
    taken = await alice.post("/me/readers/import/take", list=waiting(looked), cadence="monthly", column="")
    for answer in (looked, taken):
        assert answer.status_code == 200
        assert re.findall(r'<span class="what">([^<]+)</span> <span>(\d+)</span>', unescape(answer.text)) == [
            (OUTCOMES[what], "1")
        ]
    assert {address: row[0] for address, row in readers(house).items()} == (
        {"somebody@example.net": status} if status else {}
    )


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        (b"../../../etc/cron.d/nonsubscribed_1.csv", "nonsubscribed_1.csv"),
        (b"C:\\Users\\alice\\nonsubscribed_1.csv", "nonsubscribed_1.csv"),
        (b"x\\..\\nonsubscribed_1.csv", "nonsubscribed_1.csv"),
        (
            " nonsubscribed_Jörg \u202evsc.\0\x1b[1m\x7f\U0001f98a.csv".encode(),
            "nonsubscribed_Jörg vsc.[1m\U0001f98a.csv",
        ),
        (b"NonSubscribed_<script>alert(1)</script>.csv", "script>.csv"),
        (b"nonsubscribed_<b>'&{{ 1 }}", "nonsubscribed_<b>'&{{ 1 }}"),
        (b"nonsubscribed_" + b"x" * 3000, "nonsubscribed_" + "x" * (uploads.LONGEST_NAME - 14)),
        (b"nonsubscribed_" + "\U0001f98a".encode() * 900, "nonsubscribed_" + "\U0001f98a" * 86),
        (b"nonsubscribed_\xff\xfe.csv", "nonsubscribed_ÿþ.csv"),
        (b"/", "Your file"),
        (b"\t", "Your file"),
        (b"..", ".."),
    ],
)
async def test_whatever_a_file_is_called_its_name_is_harmless_and_its_start_holds(
    house: House, alice: Browser, filename: bytes, shown: str
) -> None:
    refused = await bring_called(alice, filename, b"PK\x03\x04zip")
    assert refused.status_code == 400
    assert f"{shown} is a zip archive, or a spreadsheet." in unescape(refused.text)
    assert f"{escape(shown)} is a zip archive" in refused.text
    looked = await bring_called(alice, filename, MAILCHIMP)
    what = "unconfirmed" if shown.startswith("nonsubscribed") else "taken"
    taken = await alice.post("/me/readers/import/take", list=waiting(looked), cadence="monthly", column="")
    assert OUTCOMES[what] in taken.text
    assert len(readers(house)) == (what == "taken")


async def test_a_form_whose_file_has_no_name_or_an_endless_one_is_refused_and_a_blob_of_another_kind_is_no_list(
    house: House, alice: Browser
) -> None:
    before = kept(house)
    assert "Which file?" in words_of(await bring_called(alice, b"", MAILCHIMP))
    assert "can't be read" in words_of(await bring_called(alice, b"x" * 5000, MAILCHIMP))
    for content in (MAILCHIMP, b"", b"A list of readers: without an end", b"A list of readers: " + b"x" * 900 + b"\n"):
        key = house.blobs.put(content)
        refused = await alice.post("/me/readers/import/take", list=key, cadence="monthly", column="")
        assert refused.status_code == 400
        assert "not here any more" in words_of(refused)
    assert kept(house) == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
async def test_a_list_is_read_behind_its_name_in_whatever_encoding(house: House, alice: Browser, encoding: str) -> None:
    looked = await bring(alice, "\r\nName;E-Mail\r\nJörg;info@Bücher.example\r\n".encode(encoding), "Jörg.csv")
    await alice.post("/me/readers/import/take", list=waiting(looked), cadence="weekly", column="")
    assert readers(house) == {"info@xn--bcher-kva.example": ("active", "weekly", "import")}


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
    key = waiting(looked)
    assert (await alice.post("/me/readers/import/take", list=key, cadence="", column="")).status_code == 200
    before = everything(house)
    for again in (await bring(alice, LIST), await alice.post("/me/readers/import/take", list=key)):
        assert again.status_code == 429
        assert "many lists today" in words_of(again)
    assert everything(house) == before
