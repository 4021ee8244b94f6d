"""Sending to a real SMTP server on loopback that answers what each test tells it to."""

import asyncio
import datetime
import ipaddress
import ssl
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.core.errors import Invalid
from gateway.email.lane import SLOW
from gateway.email.relay import Copy, Deferred, Outcome, Refused, Relay, Result, Returned, Sent, Uncertain, send_one
from gateway.email.relays import Relays
from gateway.email.sending import Summary, send_many
from gateway.email.smtp_client import stuffed
from tests.fakes.relay import Drop, FakeRelay, Hang, Late, Raw, Reaction, Rule, Say, Until

MAIL = b"From: alice@post.example.org\r\nSubject: Hello\r\n\r\n.a dot first\r\nwords\r\n"


def copies(*rcpts: str, data: bytes = MAIL) -> list[Copy]:
    return [Copy(number, f"b.{number}@post.example.org", rcpt, data) for number, rcpt in enumerate(rcpts, 1)]


def many(count: int) -> list[Copy]:
    return copies(*(f"bob{number}@example.net" for number in range(1, count + 1)))


class Ledger:
    """What a carrier's two hooks would keep in the database: which ids were attempted, and what became of each."""

    def __init__(self, work: Sequence[Copy], *, veto: Collection[int] = ()) -> None:
        self.waiting = list(work)
        self.veto = set(veto)
        self.attempted: list[int] = []
        self.outcomes: dict[int, Outcome] = {}
        self.groups: list[int] = []
        self.hold = asyncio.Event()
        self.hold.set()

    async def claim(self, limit: int) -> list[Copy]:
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    async def attempting(self, ids: Sequence[int]) -> set[int]:
        self.attempted += ids
        return set(ids) - self.veto

    async def record(self, results: Sequence[Result]) -> None:
        await self.hold.wait()
        self.groups.append(len(results))
        for result in results:
            assert result.copy_id not in self.outcomes, "a copy is recorded once"
            self.outcomes[result.copy_id] = result.outcome

    async def send(self, relay: Relay | Relays, *, connections: int = 2, stop: asyncio.Event | None = None) -> Summary:
        async with asyncio.timeout(60):
            return await send_many(
                relay, self.claim, attempting=self.attempting, record=self.record, connections=connections, stop=stop
            )

    def kinds(self) -> dict[int, type[Outcome]]:
        return {number: type(outcome) for number, outcome in sorted(self.outcomes.items())}


def to(server: FakeRelay, *, command_timeout: float = 60, body_timeout: float = 60) -> Relay:
    return Relay(
        "127.0.0.1", server.port, helo="post.example.org", command_timeout=command_timeout, body_timeout=body_timeout
    )


@pytest.mark.parametrize("pipelining", [True, False])
async def test_every_copy_arrives_once_and_as_it_was(pipelining: bool) -> None:
    ledger = Ledger(many(40))
    async with FakeRelay(pipelining=pipelining) as server:
        summary = await ledger.send(to(server), connections=3)
        assert summary == Summary(sent=40)
        assert sorted(mail.rcpt for mail in server.received) == sorted(copy.rcpt for copy in many(40))
        assert {mail.data for mail in server.received} == {MAIL}
        assert all(mail.mail_from.startswith("b.") for mail in server.received)
        assert server.violations == []
        assert server.connections == 3


async def test_the_next_envelope_travels_with_the_body() -> None:
    """With pipelining the relay sees the next MAIL before it has answered the body."""
    ledger = Ledger(many(3))
    async with FakeRelay() as server:
        await ledger.send(to(server), connections=1)
        order = [command.split(" ")[0] for command in server.commands]
    assert order == ["EHLO", *["MAIL", "RCPT", "DATA", "BODY"] * 3, "QUIT"]


async def test_attempting_is_recorded_before_anything_of_a_copy_leaves() -> None:
    ledger = Ledger(many(6))
    async with FakeRelay() as server:
        seen: list[tuple[int, ...]] = []

        async def attempting(ids: Sequence[int]) -> set[int]:
            begun = {command for command in server.commands if command.startswith("RCPT")}
            assert not any(f"bob{number}@" in command for number in ids for command in begun)
            seen.append(tuple(ids))
            return set(ids)

        await send_many(to(server), ledger.claim, attempting=attempting, record=ledger.record, connections=1)
        assert sorted(number for group in seen for number in group) == [1, 2, 3, 4, 5, 6]
        assert len(server.received) == 6


async def test_a_vetoed_copy_never_leaves() -> None:
    ledger = Ledger(many(5), veto={2, 4})
    async with FakeRelay() as server:
        summary = await ledger.send(to(server))
        assert summary.sent == 3
        assert sorted(mail.rcpt[:4] for mail in server.received) == ["bob1", "bob3", "bob5"]
        assert not any("bob2" in command or "bob4" in command for command in server.commands)
    assert set(ledger.outcomes) == {1, 3, 5}


CASES: list[tuple[str, Reaction, type[Outcome]]] = [
    ("mail", Say(550, "5.7.1 not from you"), Refused),
    ("mail", Say(451, "4.3.0 later"), Deferred),
    ("rcpt", Say(550, "5.1.1 no such user"), Refused),
    ("rcpt", Say(450, "4.2.1 greylisted"), Deferred),
    ("data", Say(554, "5.5.1 no"), Refused),
    ("data", Say(451, "4.3.0 later"), Deferred),
    ("body", Say(554, "5.7.1 spam"), Refused),
    ("body", Say(452, "4.3.1 disk full"), Deferred),
    ("body", Say(421, "4.3.2 going down"), Deferred),
    ("body", Drop(), Uncertain),
]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("lenient", [True, False])
@pytest.mark.parametrize(("stage", "reaction", "kind"), CASES)
async def test_a_bad_answer_at_any_stage_touches_only_its_own_copy(
    stage: str, reaction: Reaction, kind: type[Outcome], lenient: bool, pipelining: bool
) -> None:
    ledger = Ledger(copies("a@example.net", "b@example.net", "eve@example.net", "d@example.net", "e@example.net"))
    match = "b.3@" if stage == "mail" else "eve@"
    async with FakeRelay(Rule(stage, reaction, match=match), pipelining=pipelining, lenient=lenient) as server:
        await ledger.send(to(server), connections=1)
        assert ledger.kinds() == {1: Sent, 2: Sent, 3: kind, 4: Sent, 5: Sent}
        assert sorted(mail.rcpt[0] for mail in server.received) == ["a", "b", "d", "e"]
        assert server.violations == []
    outcome = ledger.outcomes[3]
    if isinstance(reaction, Say):
        assert isinstance(outcome, Refused | Deferred)
        assert outcome.stage == stage
        assert outcome.reply is not None
        assert outcome.reply.code == reaction.code


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data", "body"])
async def test_a_relay_that_takes_its_time_at_any_stage_gets_every_copy_once(stage: str, pipelining: bool) -> None:
    ledger = Ledger(many(5))
    async with FakeRelay(Rule(stage, Late(0.02)), pipelining=pipelining) as server:
        assert await ledger.send(to(server)) == Summary(sent=5)
        assert server.violations == []
    assert sorted(mail.rcpt for mail in server.received) == sorted(copy.rcpt for copy in many(5))


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("reaction", [Drop(), Say(421, "4.7.0 enough"), Raw(b"what is this\r\n")])
async def test_a_connection_that_breaks_before_the_body_is_resumed_where_it_was(stage: str, reaction: Reaction) -> None:
    ledger = Ledger(many(8))
    async with FakeRelay(Rule(stage, reaction, match="4@", times=1)) as server:
        summary = await ledger.send(to(server), connections=1)
        assert summary == Summary(sent=8)
        assert len(server.received) == 8
        assert server.connections == 2


async def test_a_copy_that_breaks_every_connection_is_deferred_and_the_others_go_on() -> None:
    ledger = Ledger(copies("a@example.net", "eve@example.net", "c@example.net", "d@example.net"))
    async with FakeRelay(Rule("rcpt", Drop(), match="eve@")) as server:
        await ledger.send(to(server))
        assert ledger.kinds() == {1: Sent, 2: Deferred, 3: Sent, 4: Sent}


async def test_a_relay_that_allows_few_mails_on_a_connection_gets_more_connections() -> None:
    ledger = Ledger(many(9))
    rules = [Rule("mail", Say(421, "4.7.0 too many here"), match=f"b.{number}@", times=1) for number in (3, 5, 7, 9)]
    async with FakeRelay(*rules) as server:
        assert await ledger.send(to(server), connections=1) == Summary(sent=9)
        assert server.connections == 5


async def test_a_relay_that_takes_the_body_and_never_answers_leaves_it_uncertain() -> None:
    ledger = Ledger(many(4))
    async with FakeRelay(Rule("body", Hang(), match="bob2@")) as server:
        await ledger.send(to(server, body_timeout=0.2), connections=1)
        assert ledger.kinds() == {1: Sent, 2: Uncertain, 3: Sent, 4: Sent}
        assert [command for command in server.commands if command == "BODY bob2@example.net"] == [
            "BODY bob2@example.net"
        ]


async def test_a_relay_that_hangs_before_the_body_leaves_nothing_uncertain() -> None:
    ledger = Ledger(many(3))
    async with FakeRelay(Rule("rcpt", Hang(), match="bob2@")) as server:
        summary = await ledger.send(to(server, command_timeout=0.2), connections=1)
        assert ledger.kinds()[1] is Sent
        assert ledger.kinds()[2] in (Deferred, Returned)
        assert summary.uncertain == 0


async def test_nobody_listening_returns_every_copy_with_the_reason() -> None:
    async with FakeRelay() as server:
        relay = to(server)
    ledger = Ledger(many(5))
    summary = await ledger.send(relay)
    assert "Cannot connect" in summary.trouble
    assert summary.returned == len(ledger.outcomes)
    assert set(ledger.kinds().values()) == {Returned}
    assert set(ledger.outcomes) == set(ledger.attempted)


@pytest.mark.parametrize(
    "rule", [Rule("connect", Say(554, "5.7.1 go away")), Rule("connect", Drop()), Rule("ehlo", Say(421, "no"))]
)
async def test_a_relay_that_turns_us_away_gets_no_copy_and_costs_none(rule: Rule) -> None:
    ledger = Ledger(many(5))
    async with FakeRelay(rule) as server:
        summary = await ledger.send(to(server))
    assert set(ledger.kinds().values()) == {Returned}
    assert summary.trouble


async def test_a_relay_that_allows_one_connection_is_used_through_it() -> None:
    """The second lane is turned away and gives up; the first one sends everything."""
    ledger = Ledger(many(30))
    refusals = [Rule("connect", Say(220, "hello"), times=1), Rule("connect", Say(421, "4.7.0 too many connections"))]
    async with FakeRelay(*refusals) as server:
        assert await ledger.send(to(server), connections=4) == Summary(sent=30)
        assert {mail.connection for mail in server.received} == {1}


async def test_a_relay_without_ehlo_is_spoken_to_in_plain_smtp() -> None:
    ledger = Ledger(many(3))
    async with FakeRelay(ehlo=False, pipelining=False) as server:
        assert (await ledger.send(to(server), connections=1)).sent == 3
        assert server.violations == []


async def test_no_more_than_a_group_and_one_answered_copy_per_connection_wait_for_their_record() -> None:
    """What a kill can leave behind: the group that is being committed, and for each connection one copy answered but unrecorded, one handed over."""
    ledger = Ledger(many(20))
    ledger.hold.clear()
    async with FakeRelay() as server:
        sending = asyncio.create_task(ledger.send(to(server), connections=2))
        await server.until(lambda: server.count >= 5)
        for _ in range(200):
            await asyncio.sleep(0)
        bodies = [command for command in server.commands if command.startswith("BODY")]
        assert len(bodies) <= 2 * 2 + 2
        assert ledger.outcomes == {}
        ledger.hold.set()
        assert (await sending).sent == 20
    assert max(ledger.groups) >= 2


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("asked", [1, 2])
async def test_a_copy_that_is_not_ours_any_more_is_not_handed_over_and_the_others_are(
    asked: int, pipelining: bool
) -> None:
    """Whether that shows before its envelope is offered or when the relay waits for its body."""
    ledger, asks = Ledger(many(8)), Counter[int]()

    def ours(copy_id: int) -> bool:
        asks[copy_id] += 1
        return copy_id != 3 or asks[copy_id] < asked

    async with FakeRelay(pipelining=pipelining) as server, asyncio.timeout(60):
        summary = await send_many(
            to(server), ledger.claim, attempting=ledger.attempting, record=ledger.record, connections=1, ours=ours
        )
        assert summary == Summary(sent=7, returned=1)
        assert isinstance(ledger.outcomes[3], Returned)
        assert ledger.outcomes[3].at_once
        assert "bob3@example.net" not in {mail.rcpt for mail in server.received}
        assert len(server.received) == 7
        assert not any(command == "BODY bob3@example.net" for command in server.commands)
        assert server.connections == asked, "the one on which the relay waited for the body is closed"


async def test_no_more_are_allowed_than_a_slow_relay_has_connections() -> None:
    """What was allowed leaves, whoever pauses or cancels a moment later."""
    ledger, answer = Ledger(many(60)), asyncio.Event()
    async with FakeRelay(Rule("body", Until(answer))) as server:
        sending = asyncio.create_task(ledger.send(to(server, body_timeout=60), connections=10))
        await server.until(lambda: sum(command.startswith("BODY") for command in server.commands) == 10)
        for _ in range(200):
            await asyncio.sleep(0)
        assert len(ledger.attempted) == 10
        answer.set()
        assert (await sending).sent == 60


async def test_the_copy_behind_one_that_is_thought_about_is_asked_for_anew_and_the_others_go_on() -> None:
    """A relay that was quick, so that copies are allowed ahead, and then thinks."""
    ledger, answer, done, back = Ledger(many(200)), asyncio.Event(), asyncio.Event(), asyncio.Event()
    returned: list[int] = []

    async def claim(limit: int) -> list[Copy]:
        if not ledger.waiting:
            await done.wait()
        return await ledger.claim(limit)

    async def record(results: Sequence[Result]) -> None:
        returned.extend(one.copy_id for one in results if one.outcome == Returned(SLOW, at_once=True))
        if returned:
            back.set()
        await ledger.record([one for one in results if not isinstance(one.outcome, Returned)])

    async with FakeRelay(Rule("body", Until(answer), match="bob99@")) as server, asyncio.timeout(60):
        sending = asyncio.create_task(
            send_many(to(server, body_timeout=60), claim, attempting=ledger.attempting, record=record, connections=2)
        )
        await back.wait()
        await server.until(lambda: server.count == 198)
        assert len(returned) == 1, "the one whose envelope was offered behind it"
        assert len(ledger.attempted) == 200
        answer.set()
        done.set()
        assert (await sending).returned == 1
    assert len(server.received) == 199
    assert server.violations == []


async def test_stop_finishes_what_is_in_flight_and_returns_the_rest() -> None:
    ledger = Ledger(many(50))
    stop = asyncio.Event()
    async with FakeRelay() as server:
        sending = asyncio.create_task(ledger.send(to(server), connections=2, stop=stop))
        await server.until(lambda: server.count >= 5)
        stop.set()
        summary = await sending
        assert summary.sent == server.count
    assert summary.uncertain == 0
    assert summary.trouble == ""
    assert set(ledger.outcomes) == set(ledger.attempted)
    assert len(ledger.outcomes) < 50


@pytest.mark.parametrize("hook", ["attempting", "record"])
async def test_a_ledger_that_fails_stops_the_sending(hook: str) -> None:
    ledger = Ledger(many(200))

    async def broken(_: Sequence[object]) -> set[int]:
        raise OSError("disk full")

    attempting = broken if hook == "attempting" else ledger.attempting
    record = ledger.record if hook == "attempting" else broken
    async with FakeRelay() as server:
        with pytest.raises(OSError, match="disk full"):
            await send_many(to(server), ledger.claim, attempting=attempting, record=record, connections=2)  # type: ignore[arg-type]
        await server.until(lambda: server.open == 0)
        assert server.count <= (0 if hook == "attempting" else 4)


async def test_a_copy_that_cannot_be_made_is_refused_or_put_off_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> bytes:
        raise ValueError("no segments")

    work = [*many(2), Copy(3, "b.3@post.example.org", "c@example.net", broken), Copy(4, "x", "d@example.net", MAIL)]
    work += [
        Copy(5, "", "eve@example.net>\r\nRCPT TO:<x@example.net", MAIL),
        Copy(6, "", "f@example.net", lambda: MAIL),
    ]
    ledger = Ledger(work)
    async with FakeRelay() as server:
        await ledger.send(to(server), connections=1)
        assert ledger.kinds() == {1: Sent, 2: Sent, 3: Deferred, 4: Refused, 5: Refused, 6: Sent}
        assert server.received[-1].mail_from == ""
    assert "no segments" in caplog.text


async def test_an_address_outside_ascii_needs_a_relay_that_takes_it() -> None:
    for extensions, kind in ((("SMTPUTF8",), Sent), ((), Refused)):
        ledger = Ledger(copies("bärbel@bücher.example"))
        async with FakeRelay(extensions=extensions) as server:
            await ledger.send(to(server))
            assert isinstance(ledger.outcomes[1], kind)
            assert [mail.rcpt for mail in server.received] == (["bärbel@xn--bcher-kva.example"] if kind is Sent else [])
            assert isinstance(await send_one(to(server), copies("bärbel@bücher.example")[0]), kind)


async def test_a_large_mail_goes_out_whole() -> None:
    data = b"Subject: large\r\n\r\n" + b".0123456789 and so on\r\n" * 40_000
    ledger = Ledger(copies("a@example.net", "b@example.net", data=data))
    async with FakeRelay() as server:
        assert (await ledger.send(to(server), connections=1)).sent == 2
        assert [mail.data for mail in server.received] == [data, data]


@pytest.mark.parametrize(
    ("data", "wire"),
    [
        (b"a\r\n.b\r\n..c\r\n", b"a\r\n..b\r\n...c\r\n"),
        (b".\r\n", b"..\r\n"),
        (b"no end", b"no end\r\n"),
        (b"a\n.\nMAIL FROM:<eve@example.com>\n", b"a\r\n..\r\nMAIL FROM:<eve@example.com>\r\n"),
        (b"a\r.\rb", b"a\r\n..\r\nb\r\n"),
        (b"a\r\n.\n", b"a\r\n..\r\n"),
        (b"", b""),
    ],
)
def test_nothing_in_a_message_can_end_it_early(data: bytes, wire: bytes) -> None:
    assert stuffed(data) == wire


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 1, now - datetime.timedelta(1), now + datetime.timedelta(1)
    )
    made = made.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
    )
    chain, secret = folder / "relay.pem", folder / "relay.key"
    chain.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    secret.write_bytes(key.private_bytes(*form))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, secret)
    return chain, context


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN"])
async def test_login_over_tls(tmp_path: Path, tls: str, mechanisms: str) -> None:
    chain, context = certificate(tmp_path)
    login = ("alice", "pässword")
    async with FakeRelay(tls=context, implicit_tls=tls == "tls", login=login, mechanisms=mechanisms) as server:
        relay = Relay("127.0.0.1", server.port, "tls" if tls == "tls" else "starttls", *login, ca_file=str(chain))
        ledger = Ledger(many(4))
        assert await ledger.send(relay) == Summary(sent=4)
        assert isinstance(await send_one(relay, many(1)[0]), Sent)
        assert server.violations == []


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_wrong_password_or_certificate_sends_nothing(tmp_path: Path, trusted: bool) -> None:
    chain, context = certificate(tmp_path)
    async with FakeRelay(tls=context, login=("alice", "right")) as server:
        relay = Relay(
            "127.0.0.1", server.port, "starttls", "alice", "wrong-secret", ca_file=str(chain) if trusted else ""
        )
        ledger = Ledger(many(2))
        summary = await ledger.send(relay, connections=1)
        assert set(ledger.kinds().values()) == {Returned}
        assert ("535" if trusted else "certificate") in summary.trouble
        assert "wrong-secret" not in summary.trouble
        single = await send_one(relay, many(1)[0])
        assert isinstance(single, Deferred)
        assert single.stage == "connect"
        assert not any(command.startswith("MAIL") for command in server.commands)


async def test_starttls_that_is_asked_for_and_not_offered_sends_nothing() -> None:
    async with FakeRelay() as server:
        relay = Relay("127.0.0.1", server.port, "starttls")
        ledger = Ledger(many(1))
        assert "STARTTLS" in (await ledger.send(relay)).trouble
        assert isinstance(await send_one(relay, many(1)[0]), Deferred)
        assert server.count == 0


async def test_words_smuggled_in_before_tls_end_the_connection(tmp_path: Path) -> None:
    chain, context = certificate(tmp_path)
    async with FakeRelay(Rule("starttls", Raw(b"220 go\r\n250 smuggled\r\n")), tls=context) as server:
        ledger = Ledger(many(1))
        summary = await ledger.send(Relay("127.0.0.1", server.port, "starttls", ca_file=str(chain)))
        assert "before TLS" in summary.trouble


def test_a_password_is_never_sent_in_the_clear_over_a_network() -> None:
    with pytest.raises(Invalid, match="in the clear"):
        Relay("smtp.example.org", 587, "none", "alice", "secret")


@pytest.mark.parametrize(
    ("stage", "reaction", "kind"),
    [*CASES, ("mail", Drop(), Deferred), ("rcpt", Drop(), Deferred), ("connect", Drop(), Deferred)],
)
async def test_a_single_mail_has_the_same_outcomes(stage: str, reaction: Reaction, kind: type[Outcome]) -> None:
    async with FakeRelay(Rule(stage, reaction)) as server:
        outcome = await send_one(to(server), many(1)[0])
        assert isinstance(outcome, kind)
        if isinstance(reaction, Say):
            assert isinstance(outcome, Refused | Deferred)
            assert outcome.reply is not None
            assert outcome.reply.code == reaction.code


async def test_a_single_mail_arrives_as_it_was() -> None:
    async with FakeRelay() as server:
        outcome = await send_one(to(server), many(1)[0])
        assert isinstance(outcome, Sent)
        assert outcome.reply.status == "2.0.0"
        assert server.received[0].data == MAIL


ABOUT_THE_ADDRESS = (
    "550 5.1.1 <bob1@example.net>: Recipient address rejected: User unknown in local recipient table",
    "550 5.1.1 <bob1@example.net>: Recipient address rejected: User unknown in relay recipient table",
    "550 5.1.1 <bob1@example.net>... User unknown",
    "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos.",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient bob1@example.net not found by SMTP address lookup",
    "550 5.1.2 <bob1@example.net>: Recipient address rejected: Domain not found",
    "553 5.1.3 <bob1@example.net>: Bad recipient address syntax",
    "551 5.1.6 <bob1@example.net> has moved",
    "550 5.2.1 The email account that you tried to reach is disabled.",
    "556 5.1.10 <bob1@example.net>: Recipient address rejected: Domain example.net does not accept mail (nullMX)",
    "550 sorry, no mailbox here by that name. (#5.1.1)",
    "550 Requested action not taken: mailbox unavailable",
    "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
    "553 5.3.0 <bob1@example.net>... Addressee unknown",
    "550 No such user here",
    "550 no such recipient",
    "550 Unrouteable address",
    "550 unknown user <bob1@example.net>",
    "550 Unknown domain",
    "550 User not found: bob1@example.net",
    "554 Invalid recipient bob1@example.net",
    "550 Benutzer unbekannt",
    "550 Utilisateur inconnu",
    "550 Usuario desconocido",
    "550 Нет такого пользователя",
    "550 ユーザーが見つかりません",
    "550 用户不存在",
)
ABOUT_US = (
    "550 no",
    "550 relay not permitted",
    "550 authentication required",
    "550 5.7.1 blocked",
    "550 5.7.1 Unable to relay",
    "554 5.7.1 <bob1@example.net>: Relay access denied",
    "550 5.7.26 This mail is unauthenticated",
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    "553 sorry, that domain isn't in my list of allowed rcpthosts",
    "550 Your IP 192.0.2.1 is listed, see https://www.spamhaus.org/query/ip/192.0.2.1 zen.spamhaus.org",
    "550 5.1.1 User unknown; 192.0.2.1 is blocked using zen.spamhaus.org",
    "550 5.1.0 Sender address rejected",
    "550 5.1.0 <b.1@post.example.org>: Sender address rejected: User unknown in virtual mailbox table",
    "550 5.1.0 - Unknown address error 550-'relay not permitted'",
    "550 5.1.7 <b.1@post.example.org>: Bad sender's mailbox address syntax",
    "553 5.1.8 <b.1@post.example.org>... Domain of sender address b.1@post.example.org does not exist",
    "550 Sender verify failed: no such user",
    "550 Client host rejected: cannot find your hostname, [192.0.2.1]",
    "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)",
    "550 SMTP account suspended",
    "550 Service not available",
    "550 <unknown@example.net>: Recipient address rejected: Policy Rejection",
    "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered.",
    "550 5.4.1 Recipient address rejected: Access denied",
    "552 5.2.2 Over quota",
    "500 Command not recognized",
)


@pytest.mark.parametrize(
    ("answer", "about"), [*((one, True) for one in ABOUT_THE_ADDRESS), *((one, False) for one in ABOUT_US)]
)
async def test_only_a_refusal_of_the_address_is_held_against_the_recipient(answer: str, about: bool) -> None:
    code, _, text = answer.partition(" ")
    async with FakeRelay(Rule("rcpt", Say(int(code), text))) as server:
        ledger = Ledger(many(1))
        await ledger.send(to(server), connections=1)
        for outcome in (ledger.outcomes[1], await send_one(to(server), many(1)[0])):
            assert isinstance(outcome, Refused)
            assert outcome.about_recipient is about


@pytest.mark.parametrize("stage", ["mail", "body"])
async def test_what_is_refused_before_or_behind_the_address_is_not_held_against_it(stage: str) -> None:
    async with FakeRelay(Rule(stage, Say(550, "5.1.1 User unknown"))) as server:
        outcome = await send_one(to(server), many(1)[0])
        assert isinstance(outcome, Refused)
        assert not outcome.about_recipient
