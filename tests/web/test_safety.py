"""What holds for every door: CSRF, origin, headers, sign-in, odd input, errors that can be read."""

import re
from dataclasses import replace
from pathlib import Path

from gateway.core.house import House
from gateway.core.messages import PreparedMedia, Rendition
from gateway.core.store.blobs import FileBlobs
from gateway.web.site import BLOGS, COMMUNITY
from tests.conftest import Cast
from tests.web.conftest import ALICE, Browser, Publish, everything, new_client, words_of
from tests.web.conftest import COMMUNITY as HOME


def filled(path: str, value: str = "zzz") -> str:
    """A door's path with something in its places."""
    return re.sub(r"\{[a-z:]+\}", value, path)


ACTS = [door for door in COMMUNITY if door.act is not None]
ALL = [(HOME, door) for door in COMMUNITY] + [(ALICE, door) for door in BLOGS]


async def test_a_form_without_the_sessions_token_is_refused_at_every_door(
    house: House, alice: Browser, cast: Cast
) -> None:
    before = everything(house)
    for door in ACTS:
        for csrf in ("", "wrong", "é"):
            answer = await alice.client.post(
                HOME + filled(door.path), data={"csrf": csrf}, headers={"Origin": HOME, "Sec-Fetch-Site": "same-origin"}
            )
            assert answer.status_code == 403, door.path
            assert "Nothing was changed" in answer.text
    assert everything(house) == before


ELSEWHERE = (
    {"Origin": "https://eve.example"},
    {"Origin": "null"},
    {"Origin": "https://bob.example.org"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


async def test_a_form_from_another_site_is_refused_at_every_door_but_one_click(
    house: House, alice: Browser, cast: Cast
) -> None:
    before = everything(house)
    for host, door in ALL:
        if door.act is None or door.one_click:
            continue
        for headers in ELSEWHERE:
            answer = await alice.client.post(host + filled(door.path), data={"csrf": alice.csrf}, headers=headers)
            assert answer.status_code == 403, (door.path, headers)
            assert "another site" in answer.text
    assert everything(house) == before


async def test_doors_for_members_send_strangers_to_sign_in(house: House, browser: Browser, cast: Cast) -> None:
    before = everything(house)
    for door in COMMUNITY:
        if not door.members:
            continue
        if door.look is not None:
            answer = await browser.get(filled(door.path))
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), door.path
        if door.act is not None:
            assert (await browser.post(filled(door.path))).status_code == 403, door.path
    assert everything(house) == before


async def test_an_expired_or_invented_session_is_none(house: House, browser: Browser, cast: Cast) -> None:
    for cookie in (b"zzz", b"a" * 26, b"", b"\xe9", b"\xff\x00", b"a" * 5000):
        answer = await browser.client.get(f"{HOME}/me", headers={b"Cookie": b"__Host-postroom=" + cookie})
        assert answer.status_code == 303, cookie


ODD = ("zzz", "%00", "²", "%ff%fe", "..%2f..%2f", "'--", "x" * 2000, "%0d%0aX-Evil:1")


async def test_odd_addresses_get_a_readable_answer_at_every_door(browser: Browser, publish: Publish) -> None:
    publish("Hello")
    for host, door in ALL:
        if door.look is None or "{" not in door.path:
            continue
        for value in ODD:
            answer = await browser.get(host + filled(door.path, value))
            assert answer.status_code in {200, 303, 307, 404}, (door.path, value, answer.status_code)
            assert "x-evil" not in answer.headers
            if answer.status_code == 404:
                assert "<html" in answer.text


async def test_odd_forms_change_nothing_and_break_nothing(house: House, alice: Browser, cast: Cast) -> None:
    before = everything(house)
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": HOME}
    for body in (b"\xff\xfe", b"%ff%fe=1", b"a=1&" * 100, b"{}", b"="):
        answer = await alice.client.post(f"{HOME}/me/settings", content=body, headers=kind)
        assert answer.status_code in {400, 403}, body
    multipart = await alice.client.post(
        f"{HOME}/me/settings", files={"csrf": (None, alice.csrf)}, headers={"Origin": HOME}
    )
    assert multipart.status_code == 403
    assert everything(house) == before


MAILS = {"/preview/{token}", "/me/issues/looks/sample"}  # a mail's own HTML: its styles stand in it


async def test_every_page_carries_the_security_headers_and_no_script(
    browser: Browser, publish: Publish, cast: Cast
) -> None:
    publish("Hello")
    await browser.sign_in(cast.alice)
    for host, door in ALL:
        if door.look is None:
            continue
        answer = await browser.get(host + filled(door.path))
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff", door.path
        is_mail = door.path in MAILS and answer.status_code == 200
        assert headers["referrer-policy"] == ("no-referrer" if is_mail else "same-origin")
        assert headers["x-frame-options"] == "DENY"
        if "text/html" in headers.get("content-type", "") and answer.content:
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "script-src" not in policy
            assert "unsafe" not in (policy.replace("style-src 'unsafe-inline'", "") if is_mail else policy)
            assert "frame-ancestors 'none'" in policy
            assert "<script" not in answer.text
            assert is_mail or 'style="' not in answer.text
            linking = "src" if is_mail else "(?:src|href)"
            assert not re.search(rf'{linking}="https?://(?!(?:[a-z]+\.)?example\.org)', answer.text), door.path


async def test_pages_for_one_member_are_kept_by_nobody(alice: Browser) -> None:
    for url in ("/", "/me", "/discover", "/@bob"):
        page = await alice.get(url)
        assert page.headers["cache-control"] == "private, no-store"
        assert page.headers["vary"] == "Cookie"


async def test_every_page_has_a_title_one_heading_landmarks_and_labels(
    browser: Browser, publish: Publish, cast: Cast
) -> None:
    post = publish("Hello", title="Hello")
    await browser.sign_in(cast.alice)
    urls = ["/", "/discover", "/@bob", "/me", "/me/settings", "/write", "/micro-monday", "/mentions", "/sign-in"]
    urls += [f"/write/{post.short_reference}", f"/conversations/{post.short_reference}"]
    urls += [ALICE + path for path in ("/", str(post.path), "/archive", "/2026/11", "/subscribe", "/newsletters")]
    for url in urls:
        page = (await browser.get(url)).text
        assert re.search(r"<title>[^<]+</title>", page), url
        assert page.count("<h1") == 1, url
        assert page.count("<main") == 1
        assert 'href="#main"' in page
        identities = re.findall(r'\bid="([^"]+)"', page)
        assert len(identities) == len(set(identities)), url
        named = set(re.findall(r'<label for="([^"]+)"', page))
        controls = re.findall(r"<(?:input|textarea|select)\b[^>]*>", page)
        for control in controls:
            if 'type="hidden"' not in control:
                found = re.search(r'\bid="([^"]+)"', control)
                assert found is not None, (url, control)
                assert found[1] in named, (url, control)
        assert all("alt=" in image for image in re.findall(r"<img\b[^>]*>", page))


async def test_wrong_paths_and_methods_get_readable_pages(browser: Browser, cast: Cast) -> None:
    for url in ("/nowhere", f"{ALICE}/nowhere", "https://else.where/"):
        page = await browser.get(url)
        assert page.status_code == 404
        assert "There is no such page" in words_of(page)
    wrong = await browser.post("/discover")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["allow"]


async def test_while_nothing_can_be_saved_pages_are_read_and_forms_say_try_again(
    house: House, alice: Browser, publish: Publish
) -> None:
    publish("Still here")
    house.database.writer.close()
    assert "Still here" in (await alice.get(ALICE)).text
    answer = await alice.post("/write", text="Hello", do="publish")
    assert answer.status_code == 503
    assert "nothing was saved" in answer.text
    assert answer.headers["retry-after"] == "60"


class Broken(FileBlobs):
    def path(self, key: str) -> Path:
        raise RuntimeError("a secret detail")


async def test_our_own_mistake_is_a_readable_page_without_details(
    house: House, publish: Publish, tmp_path: Path
) -> None:
    item = PreparedMedia("image", (Rendition("a" * 64, "image/jpeg", 1, 1, 1),))
    publish("Look", media=(item,))
    async with new_client(replace(house, blobs=Broken(tmp_path)), raise_app_exceptions=False) as client:
        answer = await client.get(f"{HOME}/media/{'a' * 64}")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert "secret detail" not in answer.text


async def test_the_stylesheet_is_kept_for_ever_under_its_own_name(browser: Browser, cast: Cast) -> None:
    page = await browser.get("/")
    name = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    for host in (HOME, ALICE):
        sheet = await browser.get(host + name)
        assert sheet.headers["content-type"].startswith("text/css")
        assert "immutable" in sheet.headers["cache-control"]
        assert "prefers-color-scheme: dark" in sheet.text
    assert "immutable" not in (await browser.get("/style-other.css")).headers["cache-control"]
