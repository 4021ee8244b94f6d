"""The address table, every row with every end: taken, held and asked about, or refused in the session."""

from pathlib import Path

import pytest
from sqlalchemy import orm, select

from gateway.core.house import House
from gateway.core.people.tokens import mint
from gateway.core.store.models import Blog, Delivery, Inbound, Member, Subscriber
from gateway.core.writing import blogs
from gateway.email.door import Envelope, Session, settled
from gateway.email.reception import DNS_PATIENCE, Reception, checker
from tests.conftest import Cast, Clock
from tests.core.hands import do, publish
from tests.email.mailhouse import BAD_IP, GOOD_IP, Dns

# What is said of From: SPF passes for its domain; nobody says anything; DMARC fails; the DNS does not answer; nor after four hours.
# `+` is taken, `?` taken and asked about, `551` stands for 550 5.7.1, `526` for 550 5.7.26, `451` for itself.
PROOFS = ("pass", "nothing", "fail", "trouble", "patience")
TABLE = """
    address             kind              sender   pass  nothing  fail  trouble  patience
    alice               blog              alice    +     ?        526   451      ?
    ALICE               blog              alice    +     ?        526   451      ?
    alice               blog              bob      551   551      551   551      551
    alice               blog              eve      551   551      551   551      551
    alice               blog              two      551   551      551   551      551
    alice+draft         blog              alice    +     ?        526   451      ?
    alice.draft+page    blog              alice    +     ?        526   451      ?
    alice+nosuchoption  blog              alice    +     ?        526   451      ?
    alice.SECRET        blog              alice    +     +        ?     +        +
    alice+SECRET        blog              alice    +     +        ?     +        +
    Alice.draft.SECRET  blog              alice    +     +        ?     +        +
    alice.SECRET        blog              eve      551   551      551   551      551
    alice.SECRET        blog              bob      551   551      551   551      551
    alice+subscribe     subscribe         eve      +     +        526   +        +
    alice.subscribe     subscribe         bob      +     +        526   +        +
    alice+subscribe     subscribe         two      551   551      551   551      551
    r.BOBS              reply             bob      +     +        526   +        +
    R+BOBS              reply             bob      +     +        526   +        +
    r.BOBS              reply             alice    551   551      551   551      551
    r.BOBS              reply             eve      551   551      551   551      551
    n.READER            newsletter_reply  eve      +     +        +     +        +
    n.READER            newsletter_reply  two      +     +        +     +        +
    u.READER            unsubscribe       eve      +     +        +     +        +
    u.READER            unsubscribe       two      +     +        +     +        +
    u.STANDING          unsubscribe       eve      +     +        +     +        +
    b.SENT              bounce            eve      +     +        +     +        +
    do                  commands          bob      +     ?        526   451      ?
    DO                  commands          bob      +     ?        526   451      ?
    do                  commands          eve      551   551      551   551      551
    do                  commands          two      551   551      551   551      551
    postmaster          operators         eve      +     +        +     +        +
    Abuse               operators         two      +     +        +     +        +
    community           managers          eve      +     +        +     +        +
"""
NOBODY = [
    "nobody",
    "bob.SECRET",
    "alice.SECRETSECRET",
    "alice.WRONG",
    "alice+",
    "alice..draft",
    "al-ice",
    "r.",
    "r.READER",
    "n.BOBS",
    "u.SENT",
    "u.GONE",
    "b.READER",
    "r.WRONG",
    "x.BOBS",
    "do.it",
    "community.x",
    "www",
    "reply",
    "noreply",
    "webmaster",
    "r",
    "b",
    "n",
    "u",
    "alice.SECRET.SECRET",
    "álice",
]


class Street:
    """A door, the things that addresses name, and what a mail to one comes to."""

    def __init__(self, house: House, cast: Cast, clock: Clock, folder: Path) -> None:
        self.house, self.clock, self.dns = house, clock, Dns()
        self.door = Reception(house, checker(self.dns), folder)
        self.words = self._words(cast)
        self.mails = 0

    def _words(self, cast: Cast) -> dict[str, str]:
        post, ring, now = publish(self.house, "alice", "Hello"), self.house.community.keyring, self.house.now()

        def unit(session: orm.Session) -> tuple[int, int]:
            session.get_one(Member, cast.carol).role = "operator"
            reader = Subscriber(
                blog_id=cast.blog, address="eve@example.com", status="active", cadence="weekly", asked_at=now
            )
            sent = Delivery(
                kind="answer",
                channel="email",
                recipient="a@b.example",
                cause="x",
                payload={},
                status="sent",
                due_at=now,
                created_at=now,
            )
            session.add_all([reader, sent])
            session.flush()
            return reader.id, sent.id

        reader, sent = do(self.house, unit)
        with self.house.database.read() as session:
            secret = blogs.secret_address(self.house.community, session.get_one(Blog, cast.blog))
        return {
            "SECRETSECRET": "a" * 20,
            "SECRET": secret.partition(".")[2].partition("@")[0],
            "BOBS": mint(ring, "reply", post.id, cast.bob),
            "r.READER": "r." + mint(ring, "reply", reader),
            "n.READER": "n." + mint(ring, "newsletter", reader),
            "u.READER": "u." + mint(ring, "unsubscribe", reader),
            "u.STANDING": "u." + mint(ring, "standing", cast.bob, 1),
            "u.GONE": "u." + mint(ring, "standing", 10**6, 1),
            "b.READER": "b." + mint(ring, "newsletter", reader),
            "n.BOBS": "n." + mint(ring, "reply", post.id, cast.bob),
            "u.SENT": "u." + mint(ring, "bounce", sent),
            "SENT": mint(ring, "bounce", sent),
            "WRONG": "b" * 42,
        }

    def address(self, written: str) -> str:
        """The address with the words in capitals replaced, the longest first."""
        for word, meant in sorted(self.words.items(), key=lambda pair: -len(pair[0])):
            written = written.replace(word, meant)
        return f"{written}@post.example.org"

    async def end(self, written: str, sender: str, proof: str) -> tuple[str, str]:
        """What a new mail comes to, and as what it was taken."""
        self.dns = self.dns_for(proof)
        self.door = Reception(self.house, checker(self.dns), self.door.folder)
        address, ip = self.address(written), GOOD_IP if proof == "pass" else BAD_IP
        session = Session(ip, "mail.example.com", "ESMTP", tls=False, mail_from="alice@example.com")
        if refused := await settled(self.door.recipient(session, address)):
            return str(refused)[:9], ""
        self.mails += 1
        envelope = Envelope("alice@example.com", (address,), self.raw(sender), ip, "mail.example.com")
        [answer] = await self.door.accept(envelope)
        if proof == "patience" and answer.code == 451:
            self.clock.forward(seconds=DNS_PATIENCE.total_seconds())
            [answer] = await self.door.accept(envelope)
        if not answer.accepted:
            return str(answer)[:10], ""
        with self.house.database.read() as read:
            row = read.scalars(select(Inbound).order_by(Inbound.id.desc()).limit(1)).one()
            return "?" if "hold" in row.envelope else "+", str(row.envelope["kind"])

    def dns_for(self, proof: str) -> Dns:
        dns = Dns(trouble=proof in {"trouble", "patience"})
        if proof == "nothing":
            dns.say_nothing()
        return dns

    def raw(self, sender: str) -> bytes:
        who = "alice@example.com, bob@example.com" if sender == "two" else f"{sender}@example.com"
        return f"From: {who}\r\nTo: x@post.example.org\r\nSubject: {self.mails}\r\n\r\nHello {self.mails}\r\n".encode()


@pytest.fixture
def street(house: House, cast: Cast, clock: Clock, tmp_path: Path) -> Street:
    return Street(house, cast, clock, tmp_path)


ENDS = {"551": "550 5.7.1 ", "526": "550 5.7.26", "451": "451 4.7.0 "}


async def test_every_row_of_the_table_has_every_end_that_it_says(street: Street) -> None:
    wrong = []
    for line in TABLE.strip().splitlines()[1:]:
        address, kind, sender, *expected = line.split()
        for proof, end in zip(PROOFS, expected, strict=True):
            came, taken_as = await street.end(address, sender, proof)
            if came != ENDS.get(end, end) or (taken_as or kind) != kind:
                wrong.append((address, sender, proof, end, came, taken_as))
    assert wrong == []


async def test_every_other_address_is_refused_before_the_mail(street: Street) -> None:
    ends = {written: await street.end(written, "alice", "pass") for written in NOBODY}
    assert {written for written, end in ends.items() if end != ("550 5.1.1", "")} == set()


async def test_a_secret_address_is_dead_the_moment_another_is_made(street: Street, cast: Cast) -> None:
    assert await street.end("alice.SECRET", "alice", "nothing") == ("+", "blog")
    do(street.house, lambda s: blogs.rotate_secret(s, s.get_one(Blog, cast.blog), s.get_one(Member, cast.alice)))
    assert await street.end("alice.SECRET", "alice", "pass") == ("550 5.1.1", "")
    with street.house.database.read() as session:
        street.words["SECRET"] = blogs.secret_address(street.house.community, session.get_one(Blog, cast.blog))[6:26]
    assert await street.end("alice.SECRET", "alice", "nothing") == ("+", "blog")


async def test_an_address_counts_from_the_moment_it_is_confirmed_until_it_is_given_up(
    street: Street, cast: Cast, house: House
) -> None:
    from gateway.core.people import accounts, preferences

    assert await street.end("alice", "two-of-alice", "pass") == (ENDS["551"], "")
    added = do(
        house,
        lambda s: (
            accounts.add_address(
                s, s.get_one(Member, cast.alice), "Two-of-Alice@example.com", house.now(), verified=True
            ).id
        ),
    )
    assert await street.end("alice", "two-of-alice", "pass") == ("+", "blog")
    do(house, lambda s: preferences.remove_address(s, s.get_one(Member, cast.alice), added))
    assert await street.end("alice", "two-of-alice", "pass") == (ENDS["551"], "")
