"""Subscribing on a blog: double opt-in by button, the same words for everybody, one-click leaving."""

import re
from datetime import timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from gateway.core.audience import subscribers, wishes
from gateway.core.house import House
from gateway.core.store.models import Issue, IssuePost, Post, Subscriber
from gateway.core.writing import blogs
from gateway.web import newsletters
from tests.conftest import Cast, Clock
from tests.web.conftest import ALICE, Browser, Publish, everything, mailed, secret_in, words_of

READER = "reader@example.net"


def subscriber(house: House) -> Subscriber | None:
    with house.database.read() as session:
        return session.scalar(select(Subscriber).where(Subscriber.address == READER))


async def ask(browser: Browser, house: House, cadence: str = "weekly") -> str:
    """Subscribes by the form and gives the path of the link in the mail."""
    await browser.post(f"{ALICE}/subscribe", address=READER, cadence=cadence, website="")
    [mail] = mailed(house, "confirm_subscription")
    return f"{ALICE}/subscribe/confirm/{secret_in(house, mail, 'subscribe')}"


async def test_a_reader_asks_confirms_and_leaves(house: House, browser: Browser, cast: Cast) -> None:
    assert 'name="address"' in (await browser.get(f"{ALICE}/subscribe")).text
    link = await ask(browser, house, "monthly")
    row = subscriber(house)
    assert row is not None
    assert (row.status, row.cadence) == ("pending", "monthly")
    page = await browser.get(link)
    assert "Yes, subscribe me" in page.text
    assert READER in page.text
    done = await browser.post(link)
    assert "You are subscribed" in done.text
    row = subscriber(house)
    assert row is not None
    assert row.status == "active"
    leave = f"{ALICE}/unsubscribe/{subscribers.unsubscribe_token(house.community, row.id)}"
    assert "Unsubscribe" in (await browser.get(leave)).text
    assert READER not in (await browser.get(leave)).text
    assert "You are unsubscribed" in (await browser.post(leave)).text
    row = subscriber(house)
    assert row is not None
    assert row.status == "unsubscribed"
    assert "You are not subscribed" in (await browser.get(leave)).text
    assert (await browser.post(leave)).status_code == 200  # again is harmless


async def test_one_click_needs_no_cookie_no_origin_and_no_redirect(house: House, browser: Browser, cast: Cast) -> None:
    """RFC 8058, 3.1 and 3.2: the POST comes from a mail service, as a form of either kind."""
    link = await ask(browser, house)
    await browser.post(link)
    row = subscriber(house)
    assert row is not None
    leave = f"{ALICE}/unsubscribe/{subscribers.unsubscribe_token(house.community, row.id)}"
    body = {"List-Unsubscribe": "One-Click"}
    for answer in (
        await browser.client.post(
            leave, data=body, headers={"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
        ),
        await browser.client.post(leave, files={"List-Unsubscribe": (None, "One-Click")}),
        await browser.client.post(leave),
    ):
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    row = subscriber(house)
    assert row is not None
    assert row.status == "unsubscribed"


async def test_the_answer_is_the_same_for_known_and_unknown_addresses(
    house: House, browser: Browser, cast: Cast
) -> None:
    link = await ask(browser, house)
    await browser.post(link)
    known = await browser.post(f"{ALICE}/subscribe", address=READER, cadence="weekly")
    unknown = await browser.post(f"{ALICE}/subscribe", address="other1@example.net", cadence="weekly")
    assert known.text.replace(READER, "X") == unknown.text.replace("other1@example.net", "X")
    assert known.status_code == unknown.status_code == 200


async def test_whoever_falls_into_the_trap_is_thanked_and_forgotten(house: House, browser: Browser, cast: Cast) -> None:
    person = await browser.post(f"{ALICE}/subscribe", address="a@example.net", cadence="weekly", website="")
    machine = await browser.post(f"{ALICE}/subscribe", address="b@example.net", cadence="weekly", website="http://spam")
    assert machine.text.replace("b@", "a@") == person.text
    assert [mail.recipient for mail in mailed(house, "confirm_subscription")] == ["a@example.net"]


async def test_one_network_may_not_ask_for_ever(house: House, browser: Browser, cast: Cast, clock: Clock) -> None:
    statuses = [
        (await browser.post(f"{ALICE}/subscribe", address=f"r{n}@example.net", cadence="weekly")).status_code
        for n in range(21)
    ]
    assert statuses == [200] * 20 + [429]
    assert len(mailed(house, "confirm_subscription")) == 20
    clock.forward(hours=1)
    assert (await browser.post(f"{ALICE}/subscribe", address="z@example.net", cadence="weekly")).status_code == 200


async def test_a_wrong_form_is_shown_again_with_what_is_wrong(house: House, browser: Browser, cast: Cast) -> None:
    for address, cadence in (("", "weekly"), ("no address", "weekly"), ("a@example.net", "hourly")):
        page = await browser.post(f"{ALICE}/subscribe", address=address, cadence=cadence)
        assert page.status_code == 400, (address, cadence)
        assert 'role="alert"' in page.text
        assert 'name="address"' in page.text
    assert mailed(house, "confirm_subscription") == []


async def test_a_wrong_or_old_link_is_refused_alike(house: House, browser: Browser, cast: Cast, clock: Clock) -> None:
    link = await ask(browser, house)
    clock.forward(days=8)
    expired, wrong = await browser.get(link), await browser.get(f"{ALICE}/subscribe/confirm/wrong")
    assert expired.status_code == wrong.status_code == 404
    assert words_of(expired) == words_of(wrong)
    assert (await browser.post(link)).status_code == 404
    assert (await browser.post(f"{ALICE}/unsubscribe/wrong")).status_code == 404


async def test_the_cadence_can_be_changed_behind_the_link_for_leaving(
    house: House, browser: Browser, cast: Cast
) -> None:
    await browser.post(await ask(browser, house))
    row = subscriber(house)
    assert row is not None
    leave = f"{ALICE}/unsubscribe/{subscribers.unsubscribe_token(house.community, row.id)}"
    answer = await browser.post(f"{leave}/wishes", cadence="each")
    assert answer.status_code == 303
    assert "Saved" in (await browser.get(ALICE + answer.headers["location"])).text
    row = subscriber(house)
    assert row is not None
    assert (row.cadence, row.status) == ("each", "active")


async def test_a_changed_cadence_that_waits_for_posts_is_told_and_can_be_taken_back(
    house: House, browser: Browser, cast: Cast, clock: Clock, publish: Publish
) -> None:
    await browser.post(await ask(browser, house))
    row = subscriber(house)
    assert row is not None
    clock.forward(hours=1)
    publish("It waits for the weekly issue")
    clock.forward(hours=1)
    leave = f"{ALICE}/unsubscribe/{subscribers.unsubscribe_token(house.community, row.id)}"
    await browser.post(f"{leave}/wishes", cadence="monthly")
    page = words_of(await browser.get(leave))
    assert "You get Alice by mail, once a week." in page
    assert "You want it once a month: so it comes once the posts that wait for you have come as before." in page
    await browser.post(f"{leave}/wishes", cadence="weekly")
    assert "You want it" not in words_of(await browser.get(leave))
    row = subscriber(house)
    assert row is not None
    assert (row.cadence, row.next_cadence) == ("weekly", None)


async def test_a_blog_without_a_newsletter_says_so(house: House, browser: Browser, cast: Cast) -> None:
    def off(session: Session) -> None:
        blogs.by_name(session, "alice").newsletter = "off"

    house.database.writer.run(off)
    assert "sends no mail" in (await browser.get(f"{ALICE}/subscribe")).text
    assert (await browser.post(f"{ALICE}/subscribe", address=READER, cadence="weekly")).status_code == 403
    assert "Subscribe by mail" not in (await browser.get(ALICE)).text


async def test_past_issues_show_their_posts_as_they_read_now(
    house: House, browser: Browser, publish: Publish, cast: Cast
) -> None:
    kept, deleted = publish("Kept"), publish("Deleted later")

    def cut(session: Session) -> int:
        issue = Issue(
            blog_id=cast.blog,
            cadence="weekly",
            period="2026-W48",
            status="finished",
            subject="Alice, week 48",
            created_at=house.now(),
            send_at=house.now(),
        )
        session.add(issue)
        session.flush()
        for position, post in enumerate((kept, deleted)):
            session.add(IssuePost(issue_id=issue.id, post_id=post.id, cadence="weekly", position=position))
        session.get_one(Post, deleted.id).status = "deleted"
        return issue.id

    issue_id = house.database.writer.run(cut)
    listing = await browser.get(f"{ALICE}/newsletters")
    assert f'href="/newsletters/2026/11/25/{issue_id}"' in listing.text
    page = await browser.get(f"{ALICE}/newsletters/2026/11/25/{issue_id}")
    assert "Alice, week 48" in page.text
    assert "Kept" in page.text
    assert "Deleted later" not in page.text
    for missing in ("x", "99", "²", "9" * 30):
        assert (await browser.get(f"{ALICE}/newsletters/{missing}")).status_code == 404
    assert (await browser.get(f"https://bob.example.org/newsletters/{issue_id}")).status_code == 404


async def test_ten_gets_of_every_mailed_link_change_nothing(house: House, browser: Browser, cast: Cast) -> None:
    link = await ask(browser, house)
    row = subscriber(house)
    assert row is not None
    leave = f"{ALICE}/unsubscribe/{subscribers.unsubscribe_token(house.community, row.id)}"
    before = everything(house)
    for url in (link, leave):
        for _ in range(10):
            assert (await browser.get(url)).status_code == 200
            await browser.client.head(url)
    assert everything(house) == before


async def test_categories_are_chosen_on_the_form_and_behind_the_link_and_who_left_comes_back(
    house: House, browser: Browser, publish: Publish, cast: Cast
) -> None:
    publish("A snail", categories=("Snails & more", "Birds"))
    assert 'name="about:Snails &amp; more"' in (await browser.get(f"{ALICE}/subscribe")).text
    wrong = await browser.post(f"{ALICE}/subscribe", address=READER, cadence="weekly", **{"about:Pills": "yes"})
    assert (wrong.status_code, subscriber(house)) == (400, None)
    await browser.post(f"{ALICE}/subscribe", address=READER, cadence="weekly", **{"about:Snails & more": "yes"})
    [mail] = mailed(house, "confirm_subscription")
    link = f"{ALICE}/subscribe/confirm/{secret_in(house, mail, 'subscribe')}"
    assert "about Snails & more?" in words_of(await browser.get(link))
    await browser.post(link)
    row = subscriber(house)
    assert row is not None
    leave = f"{ALICE}/unsubscribe/{subscribers.unsubscribe_token(house.community, row.id)}"
    assert re.findall(r'name="about:(.*?)" value="yes"( checked)?', (await browser.get(leave)).text) == [
        ("Birds", ""),
        ("Snails &amp; more", " checked"),
    ]
    assert (await browser.post(f"{leave}/wishes", cadence="each", **{"about:Birds": "yes"})).status_code == 303
    assert (await browser.post(f"{leave}/wishes", cadence="each", **{"about:Pills": "yes"})).status_code == 400
    with house.database.read() as session:
        assert wishes.chosen(session, row.id) == ["Birds"]
    gone = await browser.post(leave)
    assert "subscribe me again" in gone.text
    for page in (gone, await browser.get(leave)):
        assert f'action="{leave.removeprefix(ALICE)}/back"' in page.text
    back = await browser.post(f"{leave}/back")
    assert "You are subscribed again" in (await browser.get(ALICE + back.headers["location"])).text
    row = subscriber(house)
    assert row is not None
    assert (row.status, row.cadence, row.next_cadence) == ("active", "weekly", "each"), "the snail comes first"


async def test_the_list_of_past_issues_goes_back_to_the_first_page_by_page(
    house: House, browser: Browser, cast: Cast
) -> None:
    def cut(session: Session) -> None:
        facts = {"blog_id": cast.blog, "cadence": "each", "status": "finished", "created_at": house.now()}
        days = [house.now() - timedelta(days=n // 2) for n in range(2 * newsletters.MOST + 1)]  # two of each day
        rows = [facts | {"period": str(n), "subject": f"No. {n}!", "send_at": day} for n, day in enumerate(days)]
        session.execute(insert(Issue), rows)

    house.database.writer.run(cut)
    seen: list[str] = []
    path, pages = "/newsletters", 0
    while path:
        shown = (await browser.get(f"{ALICE}{path}")).text
        seen += re.findall(r"No\. (\d+)!", shown)
        link = re.search(r'rel="next" href="([^"]+)"', shown)
        path, pages = (link[1] if link else ""), pages + 1
    assert (pages, len(seen)) == (3, 2 * newsletters.MOST + 1)
    assert sorted(map(int, seen)) == list(range(2 * newsletters.MOST + 1))
    for wrong in ("x", "99999", "²"):
        assert (await browser.get(f"{ALICE}/newsletters?before={wrong}")).status_code == 400
    assert (await browser.get("https://bob.example.org/newsletters?before=1")).status_code == 400
