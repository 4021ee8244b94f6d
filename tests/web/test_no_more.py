"""The page behind the link that ends a digest or Micro Monday."""

import pytest
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.people import standing
from gateway.core.people.standing import Standing
from gateway.core.people.tokens import mint
from gateway.core.store.models import Member
from tests.conftest import Cast
from tests.web.conftest import Browser, everything


def bob(house: House, cast: Cast) -> Member:
    with house.database.read() as session:
        return session.get_one(Member, cast.bob)


@pytest.fixture
def daily(house: House, cast: Cast) -> None:
    def unit(session: Session) -> None:
        session.get_one(Member, cast.bob).digest = "daily"

    house.database.writer.run(unit)


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.usefixtures("daily")
async def test_a_digest_is_stopped_by_the_button_only_and_comes_again_as_before(
    house: House, browser: Browser, cast: Cast, signed_in: bool
) -> None:
    if signed_in:
        await browser.sign_in(cast.bob)
    link, _ = standing.ways_to_end(house.community, cast.bob, Standing.DIGEST)
    before = everything(house)
    for _ in range(10):
        page = await browser.get(link)
        assert "Stop your digest?" in page.text
        assert "bob" not in page.text.casefold().split("<main", 1)[1] or signed_in, "a forwarded mail has the link too"
    assert everything(house) == before
    done = await browser.post(link)
    assert "No digest comes to you any more" in done.text
    assert bob(house, cast).digest == "off"
    assert "You get no digest" in (await browser.get(link)).text
    assert 'name="before" value="daily"' in done.text
    back = await browser.post(f"{link}/again", before="daily")
    assert back.status_code == 303
    assert "It comes again." in (await browser.get(back.headers["location"])).text
    assert bob(house, cast).digest == "daily"
    assert bob(house, cast).micro_monday


async def test_one_click_needs_no_cookie_no_origin_and_no_redirect(house: House, browser: Browser, cast: Cast) -> None:
    """RFC 8058, 3.1 and 3.2: the POST comes from a mail service."""
    link, _ = standing.ways_to_end(house.community, cast.bob, Standing.MICRO_MONDAY)
    headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    for _ in range(2):
        answer = await browser.client.post(link, data={"List-Unsubscribe": "One-Click"}, headers=headers)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert "Micro Monday is off" in answer.text
    assert not bob(house, cast).micro_monday
    assert bob(house, cast).digest != "off"


async def test_another_site_can_have_nothing_sent_again(house: House, browser: Browser, cast: Cast) -> None:
    link, _ = standing.ways_to_end(house.community, cast.bob, Standing.MICRO_MONDAY)
    await browser.client.post(link)
    answer = await browser.client.post(f"{link}/again", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert not bob(house, cast).micro_monday


@pytest.mark.parametrize("purpose", ["unsubscribe", "reply"])
async def test_a_wrong_link_says_so_in_the_same_words(house: House, browser: Browser, cast: Cast, purpose: str) -> None:
    token = mint(house.community.keyring, purpose, cast.bob, 1)
    pages = [await browser.get(f"/no-more/{one}") for one in (token, "a" * 42)]
    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].text == pages[1].text
