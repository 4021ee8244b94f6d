"""The local mail viewer: what it shows, and to whom."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette

from gateway.core.messages import Answer, Button
from gateway.core.writing.text import render
from gateway.email.compose import compose
from gateway.email.headers import Mailbox
from gateway.email.maildir import deliver
from gateway.email.viewer import viewer_routes


def keep(folder: Path, subject: str, *, to: str = "bob@example.net", text: str = "Hello *Bob*.") -> str:
    """A mail of ours in the folder; its name."""
    raw = compose(
        Answer(text, subject=subject, buttons=((Button("Open", url="https://example.org/a?b=1&c=2"),),)),
        sender=Mailbox("do@post.example.org", "Demo Town"),
        recipient=Mailbox(to),
        message_id="<1@post.example.org>",
        date=datetime(2026, 11, 25, 12, tzinfo=UTC),
        render_html=render,
    )
    return deliver(folder, raw, recipient=to)


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=viewer_routes(tmp_path / "mail", ZoneInfo("Europe/Berlin"))))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8026", follow_redirects=True
    ) as client:
        yield client


async def test_an_empty_mailbox_says_so(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")
    assert page.status_code == 200
    assert "No mail yet." in page.text


async def test_mails_are_listed_newest_first(browser: httpx.AsyncClient, tmp_path: Path) -> None:
    names = [keep(tmp_path / "mail", subject) for subject in ("First", "Second & last")]
    page = (await browser.get("/mail")).text
    assert page.index("Second &amp; last") < page.index("First<")
    assert all(f'href="/mail/{name}"' in page for name in names)
    assert "25 Nov, 13:00" in page, "noon in UTC"
    assert "Times are those of Europe/Berlin." in page
    assert "Wednesday, 25 November 2026, 13:00 (Europe/Berlin)" in (await browser.get(f"/mail/{names[0]}")).text


@pytest.mark.parametrize(
    ("header", "listed", "shown"),
    [
        ("Fri, 27 Nov 2026 23:30:00 -0800", "28 Nov, 08:30", "Saturday, 28 November 2026, 08:30 (Europe/Berlin)"),
        ("Fri, 27 Nov 2026 23:30:00 -0000", "28 Nov, 00:30", "Saturday, 28 November 2026, 00:30 (Europe/Berlin)"),
        ("yesterday", "", "yesterday"),
        ("Fri, 31 Dec 9999 23:30:00 -1200", "", "Fri, 31 Dec 9999 23:30:00 -1200"),
    ],
)
async def test_a_date_is_told_in_the_zone_of_the_pages(
    browser: httpx.AsyncClient, tmp_path: Path, header: str, listed: str, shown: str
) -> None:
    raw = f"From: eve@example.net\r\nTo: bob@example.net\r\nDate: {header}\r\n\r\nHello\r\n".encode()
    name = deliver(tmp_path / "mail", raw, recipient="bob@example.net")
    assert f"<time>{listed}</time>" in (await browser.get("/mail")).text
    assert f"<dd>{shown}</dd>" in (await browser.get(f"/mail/{name}")).text


async def test_the_list_is_narrowed_to_one_recipient(browser: httpx.AsyncClient, tmp_path: Path) -> None:
    keep(tmp_path / "mail", "For Bob")
    keep(tmp_path / "mail", "For Carol", to="carol+x@example.net")
    everybody = (await browser.get("/mail")).text
    assert 'href="/mail?to=carol%2Bx%40example.net"' in everybody
    hers = (await browser.get("/mail", params={"to": "Carol+x@example.net"})).text
    assert "For Carol" in hers
    assert "For Bob" not in hers
    assert "No mail to eve@example.net yet." in (await browser.get("/mail?to=eve@example.net")).text


async def test_a_mail_shows_its_headers_its_html_in_a_frame_and_its_text(
    browser: httpx.AsyncClient, tmp_path: Path
) -> None:
    name = keep(tmp_path / "mail", "Harbour")
    page = (await browser.get(f"/mail/{name}")).text
    assert f'src="/mail/{name}/html"' in page
    assert "Message-ID" in page
    assert "Hello" not in page
    text = (await browser.get(f"/mail/{name}?view=text")).text
    assert "Hello *Bob*." in text
    assert '<a href="https://example.org/a?b=1&amp;c=2" target="_blank" rel="noreferrer">' in text
    raw = await browser.get(f"/mail/{name}/raw")
    assert raw.headers["content-type"] == "text/plain; charset=utf-8"
    assert raw.content.startswith(b"Return-Path:")


async def test_the_frame_has_no_origin_and_no_scripts(browser: httpx.AsyncClient, tmp_path: Path) -> None:
    name = keep(tmp_path / "mail", "Harbour")
    frame = await browser.get(f"/mail/{name}/html")
    assert "<em>Bob</em>" in frame.text
    assert '<base target="_blank">' in frame.text
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'")
    assert "allow-scripts" not in policy
    assert "script-src" not in policy


@pytest.mark.parametrize("path", ["/mail", "/mail/{}", "/mail/{}/html", "/mail/{}/raw", "/mail/none"])
async def test_every_page_forbids_what_it_does_not_need(browser: httpx.AsyncClient, tmp_path: Path, path: str) -> None:
    name = keep(tmp_path / "mail", "<script>alert(1)</script>", text="<script>alert(1)</script>")
    page = await browser.get(path.format(name))
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "unsafe-inline" not in page.headers["content-security-policy"] or path.endswith("/html")
    if not path.endswith("/raw"):
        assert "<script" not in page.text


@pytest.mark.parametrize("name", ["none", "..%2f..%2fetc%2fpasswd", "%00", ".hidden"])
async def test_a_mail_that_is_not_there_is_not_found(browser: httpx.AsyncClient, tmp_path: Path, name: str) -> None:
    keep(tmp_path / "mail", "Harbour")
    assert (await browser.get(f"/mail/{name}")).status_code == 404


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example:8026",
        "evil.example:127.0.0.1",
        "",
        "127.0.0.1:x",
        "notlocalhost:1",
        "192.0.2.1",
    ],
)
@pytest.mark.parametrize("path", ["/mail", "/"])
async def test_a_name_that_is_not_this_computer_sees_nothing(
    browser: httpx.AsyncClient, tmp_path: Path, path: str, host: str
) -> None:
    keep(tmp_path / "mail", "Harbour")
    page = await browser.get(path, headers={"host": host})
    assert page.status_code == 403
    assert "Harbour" not in page.text


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8026", "localhost:8026", "LOCALHOST", "[::1]:8026", "[::1]", "mail.localhost:1"]
)
async def test_this_computer_has_several_names(browser: httpx.AsyncClient, host: str) -> None:
    assert (await browser.get("/mail", headers={"host": host})).status_code == 200


async def test_only_reading_is_possible(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/mail")).status_code == 405
