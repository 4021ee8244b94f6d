"""The waiting issue as it will look: behind a link that ends, and as a mail to its owner alone."""

import email.policy
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from gateway.core.desk import acts, notices
from gateway.core.errors import NotFound, TooMuch, Unavailable
from gateway.core.ledger.outbox import Result
from gateway.core.store.models import Blog, Delivery, Issue, Member, Post
from gateway.core.templates import sandbox
from gateway.email.carrier import MailCarrier
from gateway.newsletter import RENDERERS, drafts, issues, newsroom, themes
from tests.newsletter.conftest import Press, at, claim_of, freeze

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def weekly(press: Press) -> Press:
    press.quiet().reader()
    press.clock.forward(hours=1)
    press.publish("Words of mine")
    press.run(lambda s: newsroom.introduce(s, press.house.community, blog(s, press), "weekly", "**Hi**", press.clock()))
    return press


def blog(session: Session, press: Press) -> Blog:
    return session.get_one(Blog, press.cast.blog)


def send_test(press: Press) -> str:
    def unit(session: Session) -> str:
        alice = session.get_one(Member, press.cast.alice)
        return newsroom.send_test(
            session, press.house.community, blog(session, press), "weekly", alice, press.clock.now
        )

    address: str = press.run(unit)
    return address


async def mail_of(press: Press, delivery: Delivery, folder: Path) -> tuple[Result, EmailMessage]:
    """What arrives at the owner's, by the carrier of single mails."""
    with press.house.database.read() as session:
        parcel = notices.outgoing(session, press.house.community, claim_of(delivery), RENDERERS)
    assert parcel is not None
    result = await MailCarrier(press.house, None, folder).send(parcel)
    [file] = [one for one in folder.rglob("*") if one.is_file()]
    return result, email.message_from_bytes(file.read_bytes(), policy=email.policy.default)


def as_kept(part: str) -> str:
    """A part of the test with the addresses of the issue where the test has its own."""
    part = part.replace("\r\n", "\n").replace(
        "https://alice.example.org/unsubscribe/test", "https://alice.example.org/subscribe"
    )
    return re.sub(
        r"https://example\.org/preview/\w+", "https://alice.example.org/newsletters/weekly/2026-W49", part
    ).strip()


async def test_a_test_is_the_very_copy_to_its_owner_alone_and_in_no_tally(weekly: Press, tmp_path: Path) -> None:
    assert send_test(weekly) == "alice@example.com"
    [delivery] = weekly.queued("issue_test")
    result, mail = await mail_of(weekly, delivery, tmp_path / "mail")
    assert (result.status, mail["To"], mail["Subject"]) == ("sent", "alice@example.com", "[Test] Words of mine")
    assert "alice@post.example.org" in mail["From"]
    sent = [part.get_content() for part in mail.iter_parts()]
    weekly.clock.now = at("2026-11-30 09:00")
    weekly.tick()
    [issue] = weekly.issues()
    assert [as_kept(part) for part in sent] == [issue.text.strip(), issue.html.strip()]
    assert mail["List-Unsubscribe"].startswith("<https://alice.example.org/unsubscribe/test>")
    assert delivery.issue_id is None
    assert weekly.recipients() == ["eve@example.net"]


def test_there_is_one_test_a_minute_and_none_of_nothing(weekly: Press) -> None:
    send_test(weekly)
    with pytest.raises(TooMuch):
        send_test(weekly)
    weekly.clock.forward(minutes=1)
    send_test(weekly)
    weekly.change(Blog, weekly.cast.blog, newsletter_weekday=3)
    weekly.clock.now = at("2026-11-26 09:00")
    weekly.tick()
    with pytest.raises(NotFound):
        send_test(weekly)
    assert [weekly.said(delivery) for delivery in weekly.queued("issue_test")[1:]] == [None]


def test_a_preview_shows_the_waiting_issue_then_the_cut_one_until_its_link_ends(weekly: Press) -> None:
    community, link = weekly.house.community, newsroom.preview_url

    def shown(token: str) -> str:
        with weekly.house.database.read() as session:
            return newsroom.preview(session, community, token, weekly.clock.now)

    with weekly.house.database.read() as session:
        token = link(community, blog(session, weekly), "weekly", weekly.clock.now).rpartition("/")[2]
        assert drafts.waiting(session, community, blog(session, weekly), weekly.clock.now)
    html = shown(token)
    for words in ("Words of mine", "<strong>Hi</strong>", "https://alice.example.org/unsubscribe/test"):
        assert words in html
    assert "unsubscribe-" not in html
    weekly.clock.forward(hours=1)
    issue_id = issues.cut(weekly.house, weekly.cast.blog, "weekly", "2026-W49", freeze)
    weekly.change(Issue, issue_id or 0, status="scheduled", html="As frozen")
    assert shown(token) == "As frozen"
    for wrong in (token[:-2] + "aa", token[::-1], "", "x" * 200):
        with pytest.raises(NotFound):
            shown(wrong)
    weekly.clock.forward(hours=23)
    with pytest.raises(NotFound):
        shown(token)


def test_a_preview_of_an_issue_that_is_made_anew_says_so(weekly: Press) -> None:
    weekly.publish("Regretted words")
    later = weekly.clock.now = at("2026-11-30 09:00")
    with weekly.house.database.read() as session:
        token = newsroom.preview_url(weekly.house.community, blog(session, weekly), "weekly", later).rpartition("/")[2]
    town = replace(weekly.house.community, undo_issues=timedelta(minutes=10))
    weekly = replace(weekly, house=replace(weekly.house, community=town))
    weekly.tick()
    weekly.run(lambda s: acts.delete(s, s.get_one(Post, 2), s.get_one(Member, weekly.cast.alice), later))
    with pytest.raises(Unavailable, match="made anew"), weekly.house.database.read() as session:
        newsroom.preview(session, weekly.house.community, token, later)
    weekly.tick()
    with weekly.house.database.read() as session:
        shown = newsroom.preview(session, weekly.house.community, token, later)
    assert "Words of mine" in shown
    assert "Regretted" not in shown


def test_own_templates_are_rendered_two_at_once_and_not_anew_for_an_unchanged_issue(weekly: Press) -> None:
    community = weekly.house.community
    weekly.run(lambda s: themes.keep(s, weekly.cast.blog, {"newsletter.css": "p { margin: 1px }"}, weekly.clock()))

    def shown() -> str:
        with weekly.house.database.read() as session:
            return newsroom.preview(session, community, token, weekly.clock.now)

    with weekly.house.database.read() as session:
        token = newsroom.preview_url(community, blog(session, weekly), "weekly", weekly.clock.now).rpartition("/")[2]
    html = shown()
    assert "margin: 1px" in html
    with sandbox.TURNS, sandbox.TURNS:
        assert shown() == html
        weekly.run(lambda s: newsroom.entitle(s, community, blog(s, weekly), "weekly", "New", weekly.clock()))
        with pytest.raises(Unavailable):
            shown()
        with pytest.raises(Unavailable), weekly.house.database.read() as session:
            newsroom.sample(community, blog(session, weekly), {"newsletter.css": "p { margin: 1px }"}, weekly.clock())
    assert "<title>New</title>" in shown()


def test_what_its_owner_may_not_see_any_more_is_not_sent(weekly: Press) -> None:
    """The blog went to somebody else, or the member left, since the test was queued."""
    send_test(weekly)
    [delivery] = weekly.queued("issue_test")
    weekly.change(Member, weekly.cast.alice, status="suspended")
    assert weekly.said(delivery) is None
    weekly.change(Member, weekly.cast.alice, status="active")
    weekly.change(Blog, weekly.cast.blog, member_id=weekly.cast.bob)
    assert weekly.said(delivery) is None
    assert delivery.due_at <= weekly.clock.now + timedelta(seconds=1)
