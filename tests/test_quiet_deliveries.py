"""What is told unasked waits for the end of quiet hours; answers to what one does oneself don't."""

from datetime import datetime

import pytest

from gateway import delivering
from gateway.app import RENDERERS
from gateway.core.house import House
from gateway.core.ledger import kinds, outbox
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Outgoing
from gateway.core.people import preferences
from gateway.core.people.preferences import Preferences
from tests.conftest import Cast, Clock
from tests.core.desk.test_intake import say
from tests.core.hands import choose, deliveries, do, edit, link, member, publish, reply
from tests.newsletter.conftest import at


class Phone:
    """Bob's chat."""

    channel = "telegram"

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []

    async def send(self, parcel: Outgoing) -> Result:
        self.got.append((parcel.kind, parcel.answer.text))
        return Result("sent", remote_id=f"m{parcel.delivery_id}")


@pytest.fixture
def phone(house: House, cast: Cast) -> Phone:
    """bob follows alice, and wants quiet from 22 to 7 in Berlin; it is noon in UTC."""
    link(house, "bob", "200")
    choose(house, "bob", quiet_from=22, quiet_until=7, time_zone="Europe/Berlin")
    return Phone()


async def carry(house: House, phone: Phone) -> None:
    """Delivers all that is due now."""
    claims = do(house, lambda s: outbox.claim(s, "telegram", house.now(), limit=50, lease=house.lease))
    for held in claims:
        await delivering.deliver(house, phone, RENDERERS, held)


def waits_until(house: House) -> set[datetime]:
    return {row.due_at for row in deliveries(house, status="queued")}


async def test_what_falls_into_quiet_hours_comes_at_their_end_and_once(
    house: House, phone: Phone, clock: Clock
) -> None:
    clock.now = at("2026-11-25 22:00")  # 23:00 in Berlin
    post = publish(house, "alice", "Late news")
    publish(house, "carol", "Hello @bob")
    mine = publish(house, "bob", "Words")
    reply(house, "alice", mine, "Good night")
    await carry(house, phone)
    assert phone.got == []
    assert waits_until(house) == {at("2026-11-26 06:00")}
    clock.now = at("2026-11-26 05:59")
    await carry(house, phone)
    edit(house, "alice", post, "Late news, corrected")
    clock.now = at("2026-11-26 06:00")
    await carry(house, phone)
    await carry(house, phone)
    assert [kind for kind, _ in phone.got] == ["post", "mention", "reply"]
    assert "Late news, corrected" in phone.got[0][1]


async def test_answers_come_at_once_and_so_do_changes_of_what_stands_there(
    house: House, phone: Phone, clock: Clock
) -> None:
    post = publish(house, "alice", "By day")
    await carry(house, phone)
    clock.now = at("2026-11-25 22:00")
    edit(house, "alice", post, "By day, corrected")
    say(house, "timeline", account="200")
    await carry(house, phone)
    assert [kind for kind, _ in phone.got] == ["post", "edit", "answer"]


async def test_what_was_put_off_until_the_night_waits_for_the_morning(house: House, phone: Phone, clock: Clock) -> None:
    """Quiet is looked for when it is sent, not when it is queued."""
    publish(house, "alice", "Just before")
    clock.now = at("2026-11-25 21:00")
    await carry(house, phone)
    assert phone.got == []
    choose(house, "bob", quiet_from=None, quiet_until=None)
    clock.now = at("2026-11-26 06:00")
    await carry(house, phone)
    assert len(phone.got) == 1


@pytest.mark.parametrize("changed", ["quiet off", "quiet 2-7", "another zone", "quiet 20-8", "nothing of it"])
async def test_what_was_put_off_comes_as_soon_as_it_is_not_quiet_any_more(
    house: House, phone: Phone, clock: Clock, changed: str
) -> None:
    """Whether it was by a word or in the settings; under hours in which it is quiet still, it waits for the end of these."""
    clock.now = at("2026-11-25 22:00")  # 23:00 in Berlin
    publish(house, "alice", "Late news")
    await carry(house, phone)
    clock.forward(minutes=1)
    if changed.startswith("quiet"):
        say(house, changed, account="200")
    else:
        zone = "America/New_York" if changed == "another zone" else "Europe/Berlin"
        do(house, lambda s: preferences.change(s, member(s, "bob"), settings(zone), house.now()))
    await carry(house, phone)
    stays = {"quiet 20-8": {at("2026-11-26 07:00")}, "nothing of it": {at("2026-11-26 06:00")}}
    assert waits_until(house) == stays.get(changed, set())
    assert ("post" in [kind for kind, _ in phone.got]) is (changed not in stays)


def settings(zone: str) -> Preferences:
    """What bob's form says: quiet from 22 to 7."""
    return Preferences("Bob", "", zone, "", {}, (22, 7), True, False, "all", "off", 5, 9, True, True)


@pytest.mark.parametrize(("since", "until"), [("2026-03-28 22:00", "2026-03-29 05:00"), ("2026-10-24 22:00", "2026-10-25 06:00")])  # fmt: skip
async def test_the_morning_comes_by_the_clock_on_the_wall(
    house: House, phone: Phone, clock: Clock, since: str, until: str
) -> None:
    clock.now = at(since)
    publish(house, "alice", "In the night when clocks change")
    await carry(house, phone)
    assert waits_until(house) == {at(until)}


def test_each_kind_is_asked_for_or_not() -> None:
    """A new kind of delivery has to be thought about."""
    answers = {"answer", "held", "held_list", "closed", "pass_on", "edit", "retract", "issue_test"}
    by_link = {"sign_in", "invitation", "verify_address", "confirm_subscription"}
    of_issues_in_time = {"issue_scheduled", "issue_paused", "issue_late"}
    assert set(RENDERERS) == kinds.UNASKED | answers | by_link
    assert {kind for kind in RENDERERS if kinds.is_awaited(kind)} == answers | by_link | of_issues_in_time
    assert set(RENDERERS) > kinds.ASKED_FOR | kinds.TOGETHER
