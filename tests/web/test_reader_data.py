"""A reader's own data behind the link that every mail carries: given and erased to whoever also knows the address."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.audience import subscribers, suppression
from gateway.core.house import House
from gateway.core.store.models import Subscriber
from tests.conftest import Cast
from tests.web.conftest import ALICE, Browser, everything, words_of

READER = "reader@example.net"


@pytest.fixture
def link(house: House, cast: Cast) -> str:
    """Where the mails of a reader of alice's blog lead."""

    def unit(session: Session) -> int:
        row = Subscriber(
            blog_id=cast.blog,
            address=READER,
            status="active",
            cadence="weekly",
            asked_at=house.now(),
            confirmed_at=house.now(),
        )
        session.add(row)
        session.flush()
        return row.id

    row_id = house.database.writer.run(unit)
    return f"{ALICE}/unsubscribe/{subscribers.unsubscribe_token(house.community, row_id)}"


def states(house: House) -> list[str]:
    with house.database.read() as session:
        return list(session.scalars(select(Subscriber.status)))


async def test_the_link_leads_to_a_page_that_shows_no_address(browser: Browser, link: str) -> None:
    assert f'href="{link.removeprefix(ALICE)}/data"' in (await browser.get(link)).text
    page = await browser.get(f"{link}/data")
    assert page.status_code == 200
    assert READER not in page.text


async def test_ten_gets_change_nothing(house: House, browser: Browser, link: str) -> None:
    before = everything(house)
    for _ in range(10):
        assert (await browser.get(f"{link}/data")).status_code == 200
        assert (await browser.get(f"{link}/erase")).status_code == 405
    assert everything(house) == before


async def test_their_data_is_given_as_a_file_and_changes_nothing(house: House, browser: Browser, link: str) -> None:
    before = everything(house)
    given = await browser.post(f"{link}/data", address=f" {READER.upper()}")
    assert given.status_code == 200
    assert given.headers["content-disposition"] == 'attachment; filename="alice-newsletter.json"'
    assert "no-store" in given.headers["cache-control"]
    assert json.loads(given.text)["address"] == READER
    assert everything(house) == before


async def test_whoever_was_forwarded_a_mail_learns_and_erases_nothing(
    house: House, browser: Browser, link: str
) -> None:
    before = everything(house)
    for path in ("data", "erase"):
        for address in ("eve@example.net", "", "nonsense"):
            page = await browser.post(f"{link}/{path}", address=address)
            assert page.status_code == 400
            assert 'role="alert"' in page.text
            assert READER not in page.text
    assert everything(house) == before


async def test_guessing_the_address_is_limited(browser: Browser, link: str) -> None:
    found = [(await browser.post(f"{link}/data", address=f"r{n}@example.net")).status_code for n in range(21)]
    assert found == [400] * 20 + [429]


async def test_erasing_forgets_them_and_again_is_harmless(house: House, browser: Browser, link: str) -> None:
    done = await browser.post(f"{link}/erase", address=READER)
    assert "Erased" in words_of(done)
    assert states(house) == ["erased"]
    assert READER not in repr(everything(house))
    assert "We hold nothing of you" in words_of(await browser.get(f"{link}/data"))
    assert "You are not subscribed" in words_of(await browser.get(link))
    assert (await browser.post(f"{link}/erase", address=READER)).status_code == 404
    assert (await browser.post(link)).status_code == 200
    assert states(house) == ["erased"]
    with house.database.read() as session:
        assert not suppression.is_suppressed(session, house.community.keyring, READER)


async def test_never_again_is_their_choice(house: House, browser: Browser, link: str) -> None:
    done = await browser.post(f"{link}/erase", address=READER, never_again="yes")
    assert "Nor does anything else here mail it" in words_of(done)
    with house.database.read() as session:
        assert suppression.why_suppressed(session, house.community.keyring, READER) == "asked"


async def test_a_form_from_another_site_erases_nothing(house: House, browser: Browser, link: str) -> None:
    answer = await browser.client.post(
        f"{link}/erase", data={"address": READER}, headers={"Origin": "https://eve.example"}
    )
    assert answer.status_code == 403
    assert states(house) == ["active"]


async def test_a_wrong_token_opens_nothing(browser: Browser, cast: Cast) -> None:
    for path in ("data", "erase"):
        assert (await browser.post(f"{ALICE}/unsubscribe/wrong/{path}", address=READER)).status_code == 404
    assert (await browser.get(f"{ALICE}/unsubscribe/wrong/data")).status_code == 404
