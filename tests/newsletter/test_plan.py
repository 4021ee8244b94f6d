"""What is scheduled, in words for those who run the place."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from gateway.core.desk import acts
from gateway.core.store.models import Blog, Post
from gateway.core.writing import posting
from gateway.core.writing.posting import Terms
from gateway.newsletter.plan import described, over, scheduled
from tests.core.hands import delete, do, member
from tests.newsletter.conftest import Press


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


def test_every_rule_is_said_in_words(press: Press) -> None:
    press.reader(cadence="weekly")
    waiting = scheduled_post(press)
    with press.house.database.read() as session:
        names = [plan.name for plan in scheduled(session, press.house.community)]
        names += [
            "digest:daily:0:7:Europe/Berlin",
            f"issue:{press.cast.blog}:each",
            "publish:17",
            f"publish:{waiting.id}",
        ]
        assert described(names, session) == {
            f"issue:{press.cast.blog}:weekly": "weekly issue of alice",
            f"issue:{press.cast.blog}:each": "each post of alice",
            "digest:weekly:5:9:UTC": "digests of Saturdays 9:00, UTC",
            "digest:daily:0:7:Europe/Berlin": "digests of every day 7:00, Europe/Berlin",
            "micro_monday_prompt:UTC": "Micro Monday's question, UTC",
            "micro_monday_round_up": "Micro Monday's round-up",
            "publish:17": "post [17] at its time",
            f"publish:{waiting.id}": f"post [{waiting.short_reference}] at its time",
        }


def test_a_post_that_is_dropped_waits_for_its_time_no_more(press: Press) -> None:
    dropped, waiting = scheduled_post(press), scheduled_post(press)
    delete(press.house, "alice", dropped)
    names = [f"publish:{dropped.id}", f"publish:{waiting.id}", "micro_monday_round_up"]
    with press.house.database.read() as session:
        assert over(names, session) == {f"publish:{dropped.id}"}


def scheduled_post(press: Press) -> Post:
    """A post of alice's for tomorrow."""

    def unit(session: Session) -> Post:
        words = posting.write(session, press.house.community, "Soon.")
        now = press.house.now()
        return acts.publish(
            session,
            press.house.community,
            session.get_one(Blog, press.cast.blog),
            member(session, "alice"),
            words,
            now,
            terms=Terms(now + timedelta(days=1)),
        )

    return do(press.house, unit)
