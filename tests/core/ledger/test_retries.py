"""When a delivery is tried again: later each time, at last not at all."""

from datetime import timedelta

from gateway.core.ledger.outbox import Claim, Result
from gateway.core.ledger.retries import timed, unmade
from tests.conftest import NOON


def held(attempts: int = 1) -> Claim:
    return Claim(
        id=1,
        fence=1,
        kind="answer",
        channel="email",
        recipient="bob@example.com",
        cause="post:1",
        payload={},
        member_id=None,
        subscriber_id=None,
        issue_id=None,
        post_id=None,
        attempts=attempts,
        doubtful=0,
        created_at=NOON,
        lease_until=NOON + timedelta(seconds=60),
    )


def test_backoff_grows_to_four_hours_and_gives_up_after_five_days() -> None:
    first, late = timed(held(attempts=0), Result("deferred"), NOON), timed(held(attempts=50), Result("deferred"), NOON)
    assert first.retry_at is not None
    assert late.retry_at is not None
    assert timedelta(seconds=24) <= first.retry_at - NOON <= timedelta(seconds=36)
    assert timedelta(hours=3) < late.retry_at - NOON < timedelta(hours=5)
    assert timed(held(attempts=37), Result("deferred"), NOON + timedelta(days=6)).status == "failed"


def test_what_waited_for_days_before_its_first_try_is_not_given_up_after_it() -> None:
    """A limit of mail or a pause may hold a copy back for longer than a relay is given to take it."""
    assert timed(held(attempts=0), Result("deferred"), NOON + timedelta(days=6)).status == "deferred"


def test_what_could_not_be_made_is_put_off_uncounted_and_has_an_end_after_five_days() -> None:
    waits = []
    for waited in (timedelta(seconds=1), timedelta(minutes=5), timedelta(days=4)):
        result = unmade(held(attempts=37), "away", NOON + waited)
        assert timed(held(attempts=37), result, NOON + waited) is result
        assert (result.status, result.counts) == ("deferred", False)
        assert result.retry_at is not None
        waits.append(result.retry_at - NOON - waited)
    assert waits == [timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=10)]
    late = NOON + timedelta(days=6)
    assert timed(held(attempts=9), unmade(held(attempts=9), "away", late), late).status == "deferred"
    assert timed(held(attempts=10), unmade(held(attempts=10), "away", late), late).status == "failed"


def test_an_answer_that_never_came_goes_again_or_stays_as_chosen() -> None:
    assert timed(held(), Result("uncertain"), NOON, "resend").retry_at is not None
    assert timed(held(), Result("uncertain"), NOON, "hold").retry_at is None


def test_what_ended_or_has_its_time_stays_as_it_is() -> None:
    soon = NOON + timedelta(seconds=5)
    for result in (
        Result("sent"),
        Result("failed"),
        Result("deferred", retry_at=soon),
        Result("deferred", shut_until=soon),
    ):
        assert timed(held(), result, NOON) is result
