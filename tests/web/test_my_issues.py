"""An issue's page: for its owner only, with how far it is, who got it, and buttons that do what they say."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from gateway.core.audience import issue_progress, subscribers, suppression
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.issue_turns import IssueTurns
from gateway.core.store.models import Blog, Delivery, Issue, Occurrence, Subscriber
from gateway.web import my_issues
from tests.conftest import Cast
from tests.web.conftest import Browser


@pytest.fixture
def issue(house: House, cast: Cast) -> int:
    """One of alice's that is being sent: 60 copies were sent, one came back, one failed, one is waiting."""
    now = house.now()
    subscriber = {"blog_id": cast.blog, "status": "active", "cadence": "weekly", "asked_at": now, "confirmed_at": now}

    def unit(session: Session) -> int:
        session.execute(insert(Issue.metadata.tables["subscriber"]), [{**subscriber, "address": "no@example.net"}])
        one = Issue(blog_id=cast.blog, cadence="weekly", period="2026-W48", status="sending", subject="News & more")
        one.created_at = one.send_at = now
        session.add(one)
        session.flush()
        copy = {"kind": "issue", "channel": "newsletter", "cause": "issue:1", "payload": {}, "issue_id": one.id}
        copy |= {"due_at": now, "created_at": now, "finished_at": now, "reason": "250 ok", "status": "sent"}
        rows = [{**copy, "recipient": f"r{n}@example.net", "reported": ""} for n in range(60)]
        rows[3]["reported"] = "5.1.1 unknown"
        rows.append({**copy, "recipient": "no@example.net", "status": "failed", "reason": "554 <no>", "reported": ""})
        rows[-1]["subscriber_id"] = 1
        rows.append({**copy, "recipient": "w@example.net", "status": "queued", "finished_at": None, "reported": ""})
        rows = [{"subscriber_id": None, **row} for row in rows]
        session.execute(insert(Delivery), rows)
        return one.id

    return house.database.writer.run(unit)


def status(house: House) -> str:
    with house.database.read() as session:
        return session.scalars(select(Issue.status)).one()


async def test_the_owner_sees_how_far_it_is_and_who_got_it_in_pages(alice: Browser, issue: int) -> None:
    assert "News &amp; more" in (await alice.get("/me/issues")).text
    page = (await alice.get(f"/me/issues/{issue}")).text
    assert "60 of 62 copies" in page
    assert "Readers who came after these posts are not counted" in page
    assert "r3@example.net" in page
    assert "r55@example.net" not in page
    assert re.search(r"Came back later</span> <span>1<", page)
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    page = (await alice.get(following[1].split("#")[0])).text
    assert "r55@example.net" in page
    assert "554 &lt;no&gt;" in page
    assert "r3@" not in page
    page = (await alice.get(f"/me/issues/{issue}?only=reported")).text
    assert "5.1.1 unknown" in page
    assert "r4@" not in page


async def test_the_owner_is_told_the_same_of_who_left_and_of_who_may_not_be_mailed_for_anothers_sake(
    alice: Browser, house: House, cast: Cast
) -> None:
    now, keyring = house.now(), house.community.keyring

    def cut(session: Session) -> int:
        one = Issue(blog_id=cast.blog, cadence="weekly", period="2026-W48", status="sending", created_at=now)
        one.send_at = now
        session.add(one)
        session.flush()
        for address in ("gone@example.net", "complained@example.net", "left@example.net", "reads@example.net"):
            row = Subscriber(blog_id=cast.blog, address=address, status="active", cadence="weekly", asked_at=now)
            session.add(row)
            session.flush()
            hashed = suppression.address_hash(keyring, address)
            intent = outbox.Intent("issue", "newsletter", address, f"issue:{one.id}", issue_id=one.id)
            outbox.queue(session, replace(intent, subscriber_id=row.id, address_hash=hashed), now)
        return one.id

    def hand_over(session: Session) -> int:
        held = outbox.claim(session, "newsletter", now, limit=9, lease=house.lease, among=IssueTurns())
        suppression.suppress(session, keyring, "complained@example.net", "complaint", now)
        gone, left = (
            session.scalars(select(Subscriber).where(Subscriber.address == f"{who}@example.net")).one()
            for who in ("gone", "left")
        )
        subscribers.unsubscribe(session, house.community, subscribers.unsubscribe_token(house.community, gone.id), now)
        left.status = "unsubscribed"
        return len(outbox.attempt(session, held, now))

    issue_id = house.database.writer.run(cut)
    assert house.database.writer.run(hand_over) == 1
    with house.database.read() as session:
        known = {one.answered for one in issue_progress.all_copies(session, issue_id, only="suppressed")}
    assert len(known) == 2  # whoever runs the server is told which
    for only in ("", "?only=suppressed"):
        page = (await alice.get(f"/me/issues/{issue_id}{only}")).text
        said = re.findall(r'<span class="address">(\w+)@[^<]*</span>(.*?)</li>', page, re.DOTALL)
        told = {who: words for who, words in said if who != "reads"}
        assert sorted(told) == ["complained", "gone", "left"]
        assert len(set(told.values())) == 1
        assert my_issues.LEFT_OUT in told["left"]
        assert not [words for words in known if words in page]


async def test_its_buttons_do_what_they_say_and_a_get_does_nothing(alice: Browser, house: House, issue: int) -> None:
    page = f"/me/issues/{issue}"
    for verb, after in (("pause", "paused"), ("resume", "sending"), ("retry", "sending"), ("cancel", "cancelled")):
        assert (await alice.get(f"{page}/{verb}")).status_code == 405
        answer = await alice.post(f"{page}/{verb}")
        assert answer.headers["location"].startswith(f"{page}?done=issue-")
        assert status(house) == after
    again = await alice.post(f"{page}/pause")
    assert again.status_code == 409
    assert "This issue is cancelled." in again.text
    assert (await alice.post(f"{page}/burn")).status_code == 404


async def test_what_is_said_of_when_copies_leave_is_true_in_the_undo_window_and_outside_the_blog_s_hours(
    alice: Browser, house: House, cast: Cast, issue: int
) -> None:
    path, now = f"/me/issues/{issue}", house.now()

    async def said(verb: str, before: str, send_at: datetime, send_from: int | None) -> str:
        def unit(session: Session) -> None:
            one, blog = session.get_one(Issue, issue), session.get_one(Blog, cast.blog)
            one.status, one.send_at, blog.send_from = before, send_at, send_from
            blog.send_until = None if send_from is None else (send_from + 1) % 24

        house.database.writer.run(unit)
        location = (await alice.post(f"{path}/{verb}")).headers["location"]
        return (await alice.get(location)).text

    later = (now.hour + 2) % 24
    text = await said("resume", "paused", now, None)
    assert "Its copies leave now" in text
    assert "1 copy leaves on" not in text
    text = await said("resume", "paused", now + timedelta(minutes=10), None)
    assert "Below stands when its copies leave" in text
    assert f"1 copy leaves on {now + timedelta(minutes=10):%-d %B %Y, %H:%M}. Until then" in re.sub("<[^>]+>", "", text)
    text = await said("send", "scheduled", now + timedelta(minutes=10), later)
    assert "Below stands when its copies leave" in text
    assert f", {later:02}:00, in the hours that you chose. Until then you can stop it." in re.sub("<[^>]+>", "", text)
    assert "Its copies leave now" in await said("send", "scheduled", now + timedelta(minutes=10), None)


async def test_another_member_sees_and_changes_nothing_of_it(
    browser: Browser, cast: Cast, house: House, issue: int
) -> None:
    await browser.sign_in(cast.bob)
    assert "News" not in (await browser.get("/me/issues")).text
    assert (await browser.get(f"/me/issues/{issue}")).status_code == 404
    for verb in ("pause", "cancel"):
        assert (await browser.post(f"/me/issues/{issue}/{verb}")).status_code == 404
    assert status(house) == "sending"


async def test_a_missed_issue_is_sent_by_its_button_and_hours_are_chosen_on_the_settings_page(
    alice: Browser, house: House, cast: Cast
) -> None:
    due = house.now() - timedelta(hours=5)
    row = Occurrence(schedule=f"issue:{cast.blog}:weekly", period="2026-W48", due_at=due, state="held")
    house.database.writer.run(lambda session: session.add(row))
    assert "Missed: the weekly issue of 2026-W48" in (await alice.get("/me/issues")).text
    assert (await alice.post("/me/issues/missed", cadence="weekly")).status_code == 303
    assert (await alice.post("/me/issues/missed", cadence="weekly")).status_code == 409
    with house.database.read() as session:
        assert [(one.state, one.due_at) for one in session.scalars(select(Occurrence))] == [("due", house.now())]
    form = {"time_zone": "UTC", "newsletter": "weekly", "newsletter_hour": "9", "newsletter_weekday": "0"}
    for late, hours, kept in (("draft", ("20", "6"), (20, 6)), ("skip", ("", "6"), (None, None))):
        sent = await alice.post("/me/blog", **form, newsletter_late=late, send_from=hours[0], send_until=hours[1])
        assert sent.headers["location"] == "/me/settings?done=saved"
        with house.database.read() as session:
            blog = session.get_one(Blog, cast.blog)
            assert (blog.newsletter_late, blog.send_from, blog.send_until) == (late, *kept)
    for wrong in ({"newsletter_late": "never"}, {"send_from": "7", "send_until": "7"}):
        assert (await alice.post("/me/blog", **form, **wrong)).status_code == 400
