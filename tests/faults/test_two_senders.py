"""Two sending processes on PostgreSQL, of which one is killed, or stopped past its lease and goes on: nobody is missed, and whoever may have got two copies is on the list."""

import pytest

from tests.faults.conftest import Found
from tests.faults.town import ALLOWED, KILLS, LONG, RECIPIENTS, books

pytestmark = pytest.mark.system

FAULTS = KILLS // 4 if LONG else 2  # each takes as long as a lease
EACH = max(RECIPIENTS // FAULTS, 200)  # readers for each fault
THINKS = 0.5 if LONG else 0.2  # so that two senders get out a hundred copies in a second at most


@pytest.mark.parametrize("on_ambiguous", ["resend", "hold"] if LONG else ["resend"])
def test_a_sender_that_is_stopped_past_its_lease_beside_another_and_goes_on(found: Found, on_ambiguous: str) -> None:
    """Each fault has readers of its own, who come when both senders serve: however long they take to start, there is work when it happens."""
    town = found("postgresql", 0, on_ambiguous, thinks=THINKS)
    senders, in_vain = [town.start(wait=True), town.start(wait=True)], 0
    for number in range(FAULTS):
        town.have_more_readers(EACH)
        town.wait_for_more(town.dice.randint(1, 50))
        in_vain += town.is_over()
        town.dice.shuffle(senders)
        if number % 2:
            town.home.kill(senders[0])
            senders[0] = town.start(wait=True)
        else:
            town.stop_past_its_lease(senders[0])
    town.wait_until_over()
    assert [town.home.stop(sender) for sender in senders] == [0, 0]
    outcome = books(town)
    what = f"PostgreSQL, {on_ambiguous}, {town.recipients} recipients, {FAULTS} times one of two stopped or killed"
    print(f"\n{outcome.told(what)}")
    assert in_vain == 0
    assert outcome.missing <= (outcome.listed if on_ambiguous == "hold" else set())
    assert outcome.twice <= (outcome.listed if on_ambiguous == "resend" else set())
    assert outcome.extras <= FAULTS * ALLOWED
    assert not outcome.two_names
