"""`newsletter pause`, `resume`, `cancel`: what an owner may say of an issue that is on its way, and what they are answered."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from gateway.core.desk.newsletter_words import Asked, asked
from gateway.core.house import House
from gateway.core.ledger.outbox import Intent, queue_many
from gateway.core.store.models import Delivery, Issue
from tests.conftest import Cast
from tests.core.desk.test_intake import link, say
from tests.core.desk.test_newsletter_verbs import answered
from tests.core.hands import do


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("pause", Asked("pause")),
        ("Cancel 12", Asked("cancel", number=12)),
        ("resume it", None),
        ("weekly pause", None),
        ("pause: 3", None),
        ("pause 12345678901234567", None),
    ],
)
def test_how_it_is_said(words: str, meant: Asked | None) -> None:
    assert asked(words) == meant


def issue(house: House, cast: Cast, period: str, status: str = "sending") -> int:
    def unit(session: Session) -> int:
        one = Issue(blog_id=cast.blog, cadence="weekly", period=period, status=status, subject=f"*{period}*")
        one.created_at = one.send_at = house.now()
        session.add(one)
        session.flush()
        to = (Intent("issue", "newsletter", f"r{n}@example.net", f"issue:{one.id}", issue_id=one.id) for n in range(3))
        queue_many(session, to, house.now())
        return one.id

    return do(house, unit)


def status(house: House, issue_id: int) -> str:
    with house.database.read() as session:
        return session.get_one(Issue, issue_id).status


def test_an_issue_on_its_way_is_stopped_goes_on_and_is_ended(house: House, cast: Cast) -> None:
    link(house, cast.alice, "100")
    link(house, cast.bob, "200")
    assert "No issue of yours is on its way" in say(house, "newsletter pause").reason
    one = issue(house, cast, "2026-W47")
    assert say(house, f"newsletter pause {one}", account="200").outcome == "rejected"
    assert "is on its way" in say(house, "newsletter cancel", account="200").reason
    assert status(house, one) == "sending"
    paused = answered(house, "newsletter pause")
    assert "“\\*2026-W47\\*” is paused: 3 copies wait." in paused.text
    assert [button.action for row in paused.buttons for button in row] == [
        f"newsletter resume {one}",
        f"newsletter cancel {one}",
    ]
    assert "Your issue is paused." in say(house, "newsletter pause").reason
    assert f"`newsletter resume {one}`" in answered(house, "newsletter").text
    assert answered(house, "newsletter resume").text.endswith("Nobody gets it twice.")
    answered(house, "newsletter pause")
    do(house, lambda s: setattr(s.get_one(Issue, one), "send_at", house.now() + timedelta(minutes=5)))
    assert "Its copies leave on Wednesday, " in answered(house, "newsletter resume").text
    do(house, lambda s: setattr(s.get_one(Issue, one), "status", "sending"))
    two = issue(house, cast, "2026-W48", "scheduled")
    several = say(house, "newsletter cancel").reason
    assert f"`newsletter cancel {one}`" in several
    assert f"`newsletter cancel {two}`" in several
    cancelled = answered(house, f"newsletter cancel {two}").text
    assert "No copy had left. Its posts stay on your blog and come in no other weekly issue;" in cancelled
    assert (status(house, one), status(house, two)) == ("sending", "cancelled")
    assert "This issue is cancelled." in say(house, f"newsletter resume {two}").reason
    assert "There is no such issue." in say(house, "newsletter resume 999").reason
    attempting = update(Delivery).where(Delivery.issue_id == one, Delivery.recipient != "r0@example.net")
    do(house, lambda session: session.execute(attempting.values(status="attempting")))
    assert (
        "cancelled. 2 copies are on their way and may still arrive. Its"
        in answered(house, f"newsletter cancel {one}").text
    )
