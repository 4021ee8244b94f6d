"""Several relays: which is used when, and that no copy is lost, doubled or changed horses in between."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.core.house import House
from gateway.core.messages import Answer, Outgoing
from gateway.email.carrier import MailCarrier
from gateway.email.kept import Kept
from gateway.email.relay import Copy, Deferred, Outcome, Refused, Relay, Returned, Sent, Uncertain
from gateway.email.relays import LEFT_ALONE, Relays
from gateway.email.sending import send_many
from tests.email.test_relay import Ledger, many, to
from tests.fakes.relay import Drop, FakeRelay, Hang, Rule, Say, Until


class Seconds:
    """A clock of seconds that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def nobody() -> Relay:
    """A relay that is not there."""
    async with FakeRelay() as server:
        return to(server)


TURNED_AWAY = [
    Rule("connect", Say(421, "4.7.0 too many connections")),
    Rule("connect", Say(554, "5.7.1 go away")),
    Rule("connect", Drop()),
    Rule("connect", Hang()),
    Rule("ehlo", Say(421, "4.3.2 going down")),
    Rule("mail", Say(421, "4.7.0 quota")),
]


@pytest.mark.parametrize("rule", TURNED_AWAY, ids=str)
async def test_what_the_first_relay_turns_away_goes_to_the_second(rule: Rule) -> None:
    ledger = Ledger(many(40))
    async with FakeRelay(rule) as first, FakeRelay() as second:
        away = Relay("127.0.0.1", first.port, connect_timeout=0.3, command_timeout=5)
        relays = Relays([away, to(second)], Seconds())
        await ledger.send(relays, connections=2)
        put_off = [number for number, kind in ledger.kinds().items() if kind is not Sent]
        assert (len(second.received), first.count) == (40 - len(put_off), 0)
        assert len(put_off) <= (2 if rule.stage == "mail" else 0), "at most one for each connection that broke twice"
        assert all(isinstance(ledger.outcomes[number], Deferred) for number in put_off)
        assert len({mail.rcpt for mail in second.received}) == len(second.received)
        tried = first.connections
        single = await relays.send_one(many(1)[0])
        assert isinstance(single, Sent)
        assert first.connections == tried, "it is left alone"


async def test_a_login_that_fails_or_no_tls_at_the_first_relay_leads_to_the_second() -> None:
    busy = Rule("auth", Say(454, "4.7.0 try later"))
    async with FakeRelay(login=("alice", "right")) as first, FakeRelay() as second:
        first.rules = [busy]
        for wrong in (
            Relay("127.0.0.1", first.port, user="alice", password="wrong-secret"),
            Relay("127.0.0.1", first.port, user="alice", password="right"),
            Relay("127.0.0.1", first.port, "starttls"),
        ):
            relays, ledger = Relays([wrong, to(second)], Seconds()), Ledger(many(3))
            assert (await ledger.send(relays)).sent == 3
            assert isinstance(await Relays([wrong, to(second)], Seconds()).send_one(many(1)[0]), Sent)
    assert (first.count, second.count) == (0, 12)


async def test_the_first_relay_is_tried_again_after_some_minutes_by_one_connection_and_then_used_by_all(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "postroom")
    clock, stop, more = Seconds(), asyncio.Event(), asyncio.Event()
    ledger = Ledger(many(10))

    async def claim(limit: int) -> Sequence[Copy]:
        while not ledger.waiting:
            more.clear()
            await more.wait()
        return await ledger.claim(limit)

    async def send(relays: Relays) -> None:
        await send_many(relays, claim, attempting=ledger.attempting, record=ledger.record, connections=2, stop=stop)

    def queue(numbers: range) -> None:
        ledger.waiting += [Copy(n, "b@post.example.org", f"bob{n}@example.net", b"x\r\n") for n in numbers]
        more.set()

    async with FakeRelay(Rule("connect", Say(421, "4.3.2 down"))) as first, FakeRelay() as second, asyncio.timeout(60):
        relays = Relays([to(first), to(second)], clock)
        sending = asyncio.create_task(send(relays))
        await second.until(lambda: second.count == 10)
        clock.now = LEFT_ALONE - 1
        queue(range(11, 21))
        await second.until(lambda: second.count == 20)
        assert first.connections <= 2
        first.rules = [Rule("connect", Drop(), times=1)]
        clock.now, before = LEFT_ALONE, first.connections
        queue(range(21, 31))
        await second.until(lambda: second.count == 30)
        assert first.connections == before + 1, "one connection asked, for all"
        clock.now = 2 * LEFT_ALONE
        queue(range(31, 51))
        while first.count + second.count < 50:
            await asyncio.sleep(0)
        assert first.count > 0
        before = second.count
        queue(range(51, 61))
        await first.until(lambda: first.count + second.count == 60)
        assert second.count == before, "all have come back"
        stop.set()
        await sending
        await second.until(lambda: second.open == 0)
    assert first.count + second.count == 60
    assert set(ledger.kinds().values()) == {Sent}
    assert first.violations == second.violations == []
    away, back = (record.getMessage() for record in caplog.records)
    assert "is left alone for a while: 421 4.3.2 down" in away
    assert "is used again" in back


async def test_when_no_relay_is_there_everything_waits_and_goes_once_one_is() -> None:
    ledger, second = Ledger(many(20)), FakeRelay()
    async with second:
        pass
    relays = Relays([await nobody(), to(second)], Seconds())
    summary = await ledger.send(relays)
    assert "Cannot connect" in summary.trouble
    assert set(ledger.kinds().values()) == {Returned}
    assert isinstance(await relays.send_one(many(1)[0]), Deferred)
    again = Ledger(many(20))
    async with second:  # on the port that it had
        assert (await again.send(relays)).sent == 20
        assert isinstance(await relays.send_one(many(1)[0]), Sent)


async def test_a_body_that_is_in_doubt_at_the_first_relay_goes_to_no_other() -> None:
    """Whether it goes again is for `on_ambiguous` to say, and not for the relays."""
    ledger = Ledger(many(6))
    doubt = [Rule("body", Drop(), match="bob1@"), Rule("connect", Say(220, "hello"), times=1), Rule("connect", Drop())]
    async with FakeRelay(*doubt) as first, FakeRelay() as second:
        await ledger.send(Relays([to(first), to(second)], Seconds()), connections=1)
        assert ledger.kinds() == {1: Uncertain, **dict.fromkeys(range(2, 7), Sent)}
        assert "bob1@example.net" not in {mail.rcpt for mail in second.received}
        assert len(second.received) == 5
    async with FakeRelay(Rule("body", Drop())) as first, FakeRelay() as second:
        for single in (Relays([to(first), to(second)]).send_one, Kept(Relays([to(first), to(second)])).send):
            assert isinstance(await single(many(1)[0]), Uncertain)
        assert second.connections == 0


async def test_what_the_first_relay_says_of_one_copy_holds() -> None:
    rules = [
        Rule("rcpt", Say(550, "5.1.1 no such user"), match="bob1@"),
        Rule("body", Say(452, "4.3.1"), match="bob2@"),
    ]
    ledger = Ledger(many(4))
    async with FakeRelay(*rules) as first, FakeRelay() as second:
        relays = Relays([to(first), to(second)], Seconds())
        await ledger.send(relays)
        assert ledger.kinds() == {1: Refused, 2: Deferred, 3: Sent, 4: Sent}
        assert isinstance(await relays.send_one(many(1)[0]), Refused)
        assert second.connections == 0


# Connections kept between single mails


async def test_mails_that_come_together_share_connections_which_are_closed_when_they_idle() -> None:
    async with FakeRelay() as server:
        kept = Kept(to(server), idle=0.05)
        for _ in range(3):
            await asyncio.gather(*(kept.send(copy) for copy in many(4)))
        assert (server.count, server.connections) == (12, 4)
        await server.until(lambda: server.open == 0)
        assert server.commands[-4:] == ["QUIT"] * 4
        assert isinstance(await kept.send(many(1)[0]), Sent)
        await kept.close()
        await server.until(lambda: server.open == 0)
    assert server.violations == []


SINGLE: list[tuple[Rule, type[Outcome], int]] = [
    (Rule("mail", Say(451, "4.3.0 later"), times=1), Deferred, 1),
    (Rule("rcpt", Say(550, "5.1.1 no such user"), times=1), Refused, 1),
    (Rule("data", Say(554, "5.5.1 no"), times=1), Refused, 1),
    (Rule("body", Say(452, "4.3.1 full"), times=1), Deferred, 1),
    (Rule("body", Drop(), times=1), Uncertain, 2),
    (Rule("mail", Drop(), times=1), Sent, 2),
    (Rule("rcpt", Say(421, "4.7.0 enough"), times=1), Sent, 2),
]


@pytest.mark.parametrize(("rule", "kind", "connections"), SINGLE, ids=str)
async def test_a_kept_connection_gives_a_mail_the_outcome_that_it_would_have_alone(
    rule: Rule, kind: type[Outcome], connections: int
) -> None:
    """One that breaks before the body is no reason to put the mail off: it goes over a new one."""
    async with FakeRelay() as server:
        kept = Kept(to(server))
        first, second, third = many(3)
        assert isinstance(await kept.send(first), Sent)
        server.rules = [rule]
        assert isinstance(await kept.send(second), kind)
        assert isinstance(await kept.send(third), Sent)
        await kept.close()
        assert server.connections == connections
        assert len(server.received) == len({mail.rcpt for mail in server.received})
    assert server.violations == []


async def test_a_mail_that_breaks_new_connections_too_is_put_off() -> None:
    async with FakeRelay(Rule("rcpt", Drop())) as server:
        kept = Kept(to(server))
        outcome = await kept.send(many(1)[0])
        assert isinstance(outcome, Deferred)
        assert outcome.stage == "rcpt"
        assert isinstance(await Kept(await nobody()).send(many(1)[0]), Deferred)


async def test_digests_go_over_kept_connections_and_answers_over_their_own(house: House, tmp_path: Path) -> None:
    answer = asyncio.Event()
    async with FakeRelay(Rule("body", Until(answer), times=1)) as server:
        relays = Relays([to(server)])
        kept = Kept(relays)
        carrier = MailCarrier(house, relays, tmp_path, kept=kept)
        parcels = [Outgoing(n, "digest", "email", f"bob{n}@example.net", Answer("News.")) for n in range(1, 6)]
        slow = asyncio.create_task(carrier.send(parcels[0]))
        await server.until(lambda: any(command.startswith("BODY") for command in server.commands))
        assert {(await carrier.send(one)).status for one in parcels[1:]} == {"sent"}
        assert server.connections == 2, "one mail at a time on a connection"
        answer.set()
        assert (await slow).status == "sent"
        for kind in ("answer", "reply"):
            await carrier.send(Outgoing(9, kind, "email", "bob@example.net", Answer("Well said.")))
        assert server.connections == 4
        await kept.close()
    assert [mail.mail_from for mail in server.received if mail.rcpt == "bob1@example.net"] != [""]
