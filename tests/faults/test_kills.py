"""SIGKILL while an issue goes out, again and again: nobody is missed, and whoever may have got two copies is on the list.

`make test` kills a few times; `make faults` 200 times, with 10,000 recipients.
"""

import time

import pytest

from tests.faults.conftest import Found
from tests.faults.town import ALLOWED, KILLS, LONG, RECIPIENTS, Books, Town, books

pytestmark = pytest.mark.system

EACH = RECIPIENTS // KILLS  # recipients for one kill
THINKS = 0.01
IN_THE_START = 10  # of so many kills one comes while the process starts


def test_a_sender_that_is_killed_again_and_again_misses_nobody_and_lists_whoever_got_two(found: Found) -> None:
    outcome = killed(found("sqlite", KILLS * EACH, "resend", thinks=THINKS), KILLS)
    assert not outcome.missing
    assert outcome.twice <= outcome.listed
    assert outcome.most <= ALLOWED
    assert not outcome.two_names, "an extra copy has another Message-ID, so that no mail program can tell it is one"


def test_on_hold_nobody_gets_two_and_whoever_may_have_got_none_is_listed(found: Found) -> None:
    kills = KILLS if LONG else 2
    outcome = killed(found("sqlite", kills * EACH, "hold", thinks=THINKS), kills)
    assert not outcome.twice
    assert outcome.missing <= outcome.listed


def killed(town: Town, kills: int) -> Books:
    """What the books say when so many senders were killed and the last went on to the end."""
    in_vain = 0
    for number in range(kills):
        sender = town.start()
        if number % IN_THE_START == IN_THE_START - 1:
            time.sleep(town.dice.random())
        else:
            town.wait_for_more(town.dice.randint(1, max(1, EACH)))
            time.sleep(town.dice.random() * 0.02)
        in_vain += town.is_over()
        town.home.kill(sender)
    last = town.start()
    town.wait_until_over()
    assert town.home.stop(last) == 0
    outcome = books(town)
    print(f"\n{outcome.told(f'{town.recipients} recipients, {kills} kills')}")
    assert in_vain == 0, "nothing was left to send before the last kill"
    return outcome
