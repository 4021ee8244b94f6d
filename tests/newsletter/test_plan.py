"""What is scheduled, in words for those who run the place."""

from collections.abc import Callable

import pytest

from gateway.newsletter.plan import described, scheduled
from tests.newsletter.conftest import Press


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


def test_every_rule_is_said_in_words(press: Press) -> None:
    press.reader(cadence="weekly")
    with press.house.database.read() as session:
        names = [plan.name for plan in scheduled(session, press.house.community)]
        names += ["digest:daily:0:7:Europe/Berlin", f"issue:{press.cast.blog}:each", "publish:17"]
        assert described(names, session) == {
            f"issue:{press.cast.blog}:weekly": "weekly issue of alice",
            f"issue:{press.cast.blog}:each": "each post of alice",
            "digest:weekly:5:9:UTC": "digests of Saturdays 9:00, UTC",
            "digest:daily:0:7:Europe/Berlin": "digests of every day 7:00, Europe/Berlin",
            "micro_monday_prompt:UTC": "Micro Monday's question, UTC",
            "micro_monday_round_up": "Micro Monday's round-up",
            "publish:17": "a post at its time (17)",
        }
