"""The owner's desk for the waiting issue: it works without a script, a look changes nothing, and it is nobody else's."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.store.models import Blog, Delivery, Issue, Subscriber
from gateway.web.issue_desk import PREVIEWS_AN_HOUR
from tests.conftest import Cast, Clock
from tests.web.conftest import ALICE, Browser, Publish, everything, mailed, words_of

DESK = "/me/issues/next"


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


@pytest.fixture
async def waiting(alice: Browser, house: House, cast: Cast, publish: Publish) -> dict[str, str]:
    """A weekly reader of alice's, and the references of three posts by their words."""

    def unit(session: Session) -> None:
        now = house.now()
        facts = {"status": "active", "cadence": "weekly", "asked_at": now, "confirmed_at": now}
        session.add(Subscriber(blog_id=cast.blog, address="eve@example.net", **facts))

    house.database.writer.run(unit)
    return {words: publish(words).short_reference for words in ("First", "Second", "Third")}


def order(words: str) -> list[str]:
    return sorted((one for one in ("First", "Second", "Third") if one in words), key=words.index)


async def test_looking_makes_nothing_however_often(alice: Browser, house: House, waiting: dict[str, str]) -> None:
    before = everything(house)
    for _ in range(3):
        shown = await alice.get(DESK)
    words = " ".join(words_of(shown).split())
    assert "Leaves on 30 November 2026, 09:00 (UTC), to 1 reader." in words
    assert order(shown.text.partition("<ol")[2]) == ["First", "Second", "Third"]
    assert everything(house) == before


async def test_its_buttons_move_leave_out_put_back_and_its_fields_are_saved(
    alice: Browser, waiting: dict[str, str]
) -> None:
    for press, expected, out in (
        ("up Third", ["First", "Third", "Second"], []),
        ("down First", ["Third", "First", "Second"], []),
        ("up Third", ["Third", "First", "Second"], []),
        ("out First", ["Third", "Second"], ["First"]),
        ("back First", ["Third", "First", "Second"], []),
    ):
        verb, words = press.split()
        done = await alice.post(f"{DESK}/weekly/posts", do=f"{verb} {waiting[words]}")
        assert (done.status_code, done.headers["Location"]) == (303, f"{DESK}#weekly")
        inside, _, outside = (await alice.get(DESK)).text.partition("Left out</h3>")
        assert order(inside.partition("<ol")[2].partition("</ol>")[0]) == expected
        assert order(outside.partition("</ul>")[0]) == out
    done = await alice.post(f"{DESK}/weekly/words", subject="Of rivers", intro="A *quiet* <week>")
    assert done.status_code == 303
    text = (await alice.get(DESK)).text
    assert 'value="Of rivers"' in text
    assert ">A *quiet* &lt;week&gt;</textarea>" in text
    wrong = await alice.post(f"{DESK}/weekly/words", subject="Kept", intro="x" * 20_001)
    assert wrong.status_code == 400
    assert 'value="Kept"' in wrong.text
    assert 'value="Of rivers"' in (await alice.get(DESK)).text


async def test_a_click_holds_the_writer_no_longer_however_many_read(
    alice: Browser, house: House, cast: Cast, waiting: dict[str, str]
) -> None:
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    def counting(session: Session, every: int) -> None:
        driver: Any = session.connection().connection.driver_connection
        driver.set_progress_handler(count if every else None, every)

    def readers(session: Session, first: int, last: int) -> None:
        facts = {"blog_id": cast.blog, "status": "active", "cadence": "weekly"}
        facts |= {"asked_at": house.now(), "confirmed_at": house.now()}
        session.execute(insert(Subscriber), [facts | {"address": f"{n}@example.net"} for n in range(first, last)])

    costs: list[int] = []
    for first, last in ((0, 500), (500, 4000)):
        house.database.writer.run(partial(readers, first=first, last=last))
        await alice.post(f"{DESK}/weekly/posts", do=f"up {waiting['Third']}")  # the first click makes the draft
        steps[0] = 0
        house.database.writer.run(partial(counting, every=1))
        for do in (f"up {waiting['Third']}", f"out {waiting['First']}", f"back {waiting['First']}"):
            assert (await alice.post(f"{DESK}/weekly/posts", do=do)).status_code == 303
        house.database.writer.run(partial(counting, every=0))
        costs.append(steps[0])
    assert 1000 < costs[1] < costs[0] * 1.2, costs


async def test_a_test_is_mailed_and_a_preview_is_shown_to_whoever_holds_the_link(
    alice: Browser, browser: Browser, house: House, clock: Clock, waiting: dict[str, str]
) -> None:
    page = await alice.get(DESK)
    link = page.text.partition('href="https://example.org/preview/')[2].partition('"')[0]
    await alice.post(f"{DESK}/weekly/test")
    assert [(row.recipient, row.issue_id) for row in mailed(house, "issue_test")] == [("alice@example.com", None)]
    browser.client.cookies.clear()
    before = everything(house)
    shown = await browser.get(f"/preview/{link}")
    assert shown.status_code == 200
    assert [shown.text.rindex(words) for words in waiting] == sorted(shown.text.rindex(words) for words in waiting)
    policy = shown.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'; style-src 'unsafe-inline'" in policy
    assert (shown.headers["X-Robots-Tag"], shown.headers["Referrer-Policy"]) == ("noindex, nofollow", "no-referrer")
    dead = f"{ALICE}/unsubscribe/test"
    assert dead in shown.text
    assert "does nothing" in words_of(await browser.get(dead))
    one_click = await browser.client.post(dead, data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert everything(house) == before
    clock.forward(days=1)
    assert (await browser.get(f"/preview/{link}")).status_code == 404
    assert (await browser.get(f"/preview/{link[:-1]}")).status_code == 404


async def test_one_network_looks_at_so_many_previews_an_hour(browser: Browser, clock: Clock) -> None:
    said = [(await browser.get("/preview/none")).status_code for _ in range(PREVIEWS_AN_HOUR + 1)]
    assert set(said[:-1]) == {404}
    assert said[-1] == 429
    clock.forward(hours=1)
    assert (await browser.get("/preview/none")).status_code == 404


async def test_it_is_nobody_elses(browser: Browser, house: House, cast: Cast, waiting: dict[str, str]) -> None:
    await browser.sign_in(cast.bob)
    assert "No issue waits" in words_of(await browser.get(DESK))
    before = everything(house)
    for path, form in (
        ("posts", {"do": f"out {waiting['First']}"}),
        ("words", {"intro": "Hello", "subject": ""}),
        ("test", {}),
        ("posts", {"do": "eat k7f"}),
    ):
        assert (await browser.post(f"{DESK}/weekly/{path}", **form)).status_code in {400, 404}
        assert (await browser.post(f"{DESK}/hourly/{path}", **form)).status_code in {400, 404}
    browser.client.cookies.clear()
    assert (await browser.post(f"{DESK}/weekly/test")).status_code == 403
    assert (await browser.get(DESK)).headers["Location"] == "/sign-in"
    assert everything(house) == before


async def test_a_sent_issue_is_found_by_the_address_in_its_copies(
    alice: Browser, house: House, cast: Cast, clock: Clock, waiting: dict[str, str]
) -> None:
    from gateway.newsletter import schedule
    from tests.newsletter.conftest import freeze

    await alice.post(f"{DESK}/weekly/words", subject="Of rivers", intro="A **quiet** week")
    await alice.post(f"{DESK}/weekly/posts", do=f"out {waiting['Second']}")
    address = f"{ALICE}/newsletters/weekly/2026-W49"
    assert (await alice.get(address)).status_code == 404
    clock.forward(days=5)
    for _ in range(3):
        schedule.tick(house, freeze=freeze)
        clock.forward(hours=1)
    shown = await alice.get(address)
    assert order(shown.text.partition("<main")[2]) == ["First", "Third"]
    assert "<strong>quiet</strong>" in shown.text
    assert "Of rivers" in shown.text

    def stop(session: Session, status: str, copies: str) -> None:
        session.execute(update(Issue).values(status=status))
        session.execute(update(Delivery).where(Delivery.kind == "issue").values(status=copies))

    for status, copies, code in (
        ("paused", "queued", 404),
        ("paused", "sent", 200),
        ("cancelled", "cancelled", 404),
        ("cancelled", "sent", 200),
    ):
        house.database.writer.run(partial(stop, status=status, copies=copies))
        assert (await alice.get(address)).status_code == code

    def off(session: Session) -> None:
        session.get_one(Blog, cast.blog).newsletter = "off"

    house.database.writer.run(off)
    assert "Your blog has no newsletter" in words_of(await alice.get(DESK))
