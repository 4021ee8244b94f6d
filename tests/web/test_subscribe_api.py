"""Subscribing by JSON from another site: double opt-in, the same answer for everybody, limited like the form."""

import httpx
import pytest
from sqlalchemy import select

from gateway.core.audience import asking_limits
from gateway.core.house import House
from gateway.core.store.models import Subscriber
from tests.conftest import Cast
from tests.web.conftest import ALICE, Browser, Publish, everything, mailed

API = f"{ALICE}/api/subscribe"
ELSEWHERE = {"Origin": "https://static.example", "Sec-Fetch-Site": "cross-site"}


async def send(browser: Browser, **fields: object) -> httpx.Response:
    return await browser.client.post(API, json=fields, headers=ELSEWHERE)


async def test_a_static_sites_form_asks_by_mail_and_says_the_same_of_every_address(
    house: House, browser: Browser, publish: Publish
) -> None:
    publish("A snail", categories=("Snails",))
    known = await send(browser, address="Reader@Example.net", cadence="monthly", categories=["Snails"])
    again = await send(browser, address="reader@example.net")
    other = await send(browser, address="other@example.net")
    trapped = await send(browser, address="machine@example.net", website="http://spam")
    assert known.status_code == 202
    assert {(one.status_code, one.text) for one in (again, other, trapped)} == {(202, known.text)}
    for one in (known, other):
        assert one.headers["access-control-allow-origin"] == "*"
        assert "set-cookie" not in one.headers
        assert "access-control-allow-credentials" not in one.headers
    assert [mail.recipient for mail in mailed(house, "confirm_subscription")] == [
        "reader@example.net",
        "other@example.net",
    ]
    with house.database.read() as session:
        rows = [
            (row.status, row.cadence, row.source) for row in session.scalars(select(Subscriber).order_by(Subscriber.id))
        ]
    assert rows == [("pending", "weekly", "api")] * 2  # the last word of who has not confirmed holds


async def test_a_browsers_question_before_it_is_answered_and_nothing_else_is_done(
    house: House, browser: Browser, cast: Cast
) -> None:
    before = everything(house)
    asked = {**ELSEWHERE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = await browser.client.options(API, headers=asked)
    assert (answer.status_code, answer.headers["access-control-allow-headers"]) == (204, "Content-Type")
    assert (await browser.get(API)).status_code == 404
    assert everything(house) == before


async def test_what_is_wrong_is_said_in_json_and_nothing_is_saved(
    house: House, browser: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(house)
    kind = {"Content-Type": "application/json"}
    refused = [
        (400, await send(browser, address="nobody")),
        (400, await send(browser, address="a@example.net", cadence="hourly")),
        (400, await send(browser, address="a@example.net", categories=["Secret"])),
        (400, await send(browser, address=["a@example.net"])),
        (400, await send(browser, address="a@example.net", categories=[1])),
        (400, await send(browser)),
        (400, await browser.client.post(API, content=b"[" * 9000, headers=kind)),
        (400, await browser.client.post(API, content=b"\xff", headers=kind)),
        (400, await browser.client.post(API, content=b"[]", headers=kind)),
        (400, await browser.client.post(API, content=b'{"address": "\\ud800"}', headers=kind)),
        (429, await browser.client.post(API, content=b" " * 20_000, headers=kind)),
        (400, await browser.client.post(API, data={"address": "a@example.net"})),
        (404, await browser.client.post(API.replace("alice", "nobody"), json={"address": "a@example.net"})),
    ]
    for status, answer in refused:
        assert answer.status_code == status, answer.text
        assert set(answer.json()) == {"error", "hint"}
        assert answer.headers["access-control-allow-origin"] == "*"
    assert everything(house) == before
    monkeypatch.setattr(asking_limits, "FROM_A_NETWORK", 1)
    assert (await send(browser, address="a@example.net")).status_code == 202
    form = await browser.post(f"{ALICE}/subscribe", address="b@example.net", cadence="weekly")
    assert (form.status_code, (await send(browser, address="b@example.net")).status_code) == (429, 429)
