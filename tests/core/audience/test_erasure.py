"""What a reader is given and what is erased: no row holds their address any more, and no list brings it back."""

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.audience import bounces, erasure, subscribers, suppression
from gateway.core.audience.exporting import export_subscribers
from gateway.core.audience.importing import File, import_subscribers
from gateway.core.desk import reports
from gateway.core.errors import Invalid, NotFound
from gateway.core.house import House
from gateway.core.ledger import amending, outbox
from gateway.core.ledger.issue_turns import IssueTurns
from gateway.core.messages import Report
from gateway.core.people.accounts import mailed_secret
from gateway.core.store.models import Base, Blog, Delivery, Issue, Subscriber
from tests.conftest import Cast, Clock

EVE, BOB = "eve@example.net", "bob@example.net"


def on(house: House, work: Callable[[Session], Any]) -> Any:
    return house.database.writer.run(work)


@pytest.fixture
def reader(house: House, cast: Cast, clock: Clock) -> int:
    """eve reads alice's blog: she asked twice, confirmed, got one issue, and a copy of another waits; bob has his own."""

    def ask(session: Session) -> None:
        blog = session.get_one(Blog, cast.blog)
        asked = subscribers.Application(EVE, "each")
        subscribers.ask(session, house.community, blog, asked, house.now(), house.randomness)

    on(house, ask)
    clock.forward(days=40)
    on(house, ask)
    with house.database.read() as session:
        row_id = session.scalars(select(Subscriber.id)).one()
    on(house, lambda s: confirmed(s, house))
    for number, status in enumerate(("sent", "queued")):
        on(house, partial(issue, house=house, blog=cast.blog, row_id=row_id, number=number, status=status))
    return int(row_id)


def confirmed(session: Session, house: House) -> None:
    last = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
    assert last is not None
    secret = mailed_secret(house.community.keyring, "subscribe", last.payload["nonce"])
    subscribers.confirm(session, house.community, secret, house.now())


def issue(session: Session, house: House, blog: int, row_id: int, number: int, status: str) -> None:
    one = Issue(
        blog_id=blog,
        cadence="weekly",
        period=f"p{number}",
        status="sending",
        subject=f"Week {number}",
        created_at=house.now(),
        send_at=house.now(),
    )
    session.add(one)
    session.flush()
    for address, subscriber_id in ((EVE, row_id), (BOB, None)):
        intent = outbox.Intent(
            "issue",
            "newsletter",
            address,
            f"issue:{one.id}",
            issue_id=one.id,
            subscriber_id=subscriber_id,
            address_hash=suppression.address_hash(house.community.keyring, address),
        )
        outbox.queue(session, intent, house.now())
    session.flush()
    for copy in session.scalars(select(Delivery).where(Delivery.issue_id == one.id)):
        copy.status, copy.reason = status, f"250 <{copy.recipient}> taken"


def erase(house: House, row_id: int, **more: Any) -> None:
    on(house, lambda s: erasure.erase(s, house.community, s.get_one(Subscriber, row_id), house.now(), **more))


def dump(house: House) -> str:
    with house.database.read() as session:
        return repr([session.execute(select(table)).all() for table in Base.metadata.sorted_tables])


def test_a_reader_is_given_all_that_is_held(house: House, reader: int) -> None:
    with house.database.read() as session:
        given = erasure.held(session, house.community, session.get_one(Subscriber, reader), house.now())
    assert (given["address"], given["status"], given["cadence"]) == (EVE, "active", "each")
    assert given["blog"] == "https://alice.example.org"
    assert [(one["kind"], one["subject"], one["status"]) for one in given["mails"]] == [
        ("confirm_subscription", "", "queued"),
        ("confirm_subscription", "", "queued"),
        ("issue", "Week 0", "sent"),
        ("issue", "Week 1", "queued"),
    ]
    assert BOB not in repr(given)


def test_after_erasure_no_table_holds_the_address_and_no_copy_leaves(house: House, reader: int) -> None:
    assert EVE in dump(house)
    erase(house, reader)
    assert EVE not in dump(house)
    assert suppression.address_hash(house.community.keyring, EVE) not in dump(house)
    assert BOB in dump(house)
    with house.database.read() as session:
        mine = select(Delivery).where(Delivery.subscriber_id == reader).order_by(Delivery.id)
        assert [one.status for one in session.scalars(mine)] == ["suppressed", "suppressed", "sent", "suppressed"]
        his = select(Delivery.status).where(Delivery.recipient == BOB).order_by(Delivery.id)
        assert session.scalars(his).all() == ["sent", "queued"]


def test_a_copy_that_is_being_handed_over_at_erasure_goes_nowhere_again_and_its_answer_is_not_kept(
    house: House, reader: int
) -> None:
    def claim(session: Session) -> list[outbox.Claim]:
        return outbox.claim(session, "newsletter", house.now(), limit=9, lease=house.lease, among=IssueTurns())

    claims = on(house, claim)
    on(house, lambda s: outbox.attempt(s, claims, house.now()))
    erase(house, reader)
    answers = [
        (held, outbox.Result("deferred", reason=f"451 <{held.recipient}> later", retry_at=house.now()))
        for held in claims
    ]
    assert on(house, lambda s: outbox.record(s, answers, house.now())) == 1
    assert [held.recipient for held in on(house, claim)] == [BOB]
    assert EVE not in dump(house)
    with house.database.read() as session:
        [one] = amending.uncertain(session)
        assert (one.subscriber_id, one.status, one.reason) == (reader, "uncertain", "The reader was erased.")


def test_an_erased_readers_links_are_dead(house: House, reader: int) -> None:
    token = subscribers.unsubscribe_token(house.community, reader)
    erase(house, reader)
    with house.database.read() as session:
        assert subscribers.preferences(session, house.community, token) is None
        first = session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
        assert first.payload == {}
        with pytest.raises(NotFound):
            subscribers.look(session, house.community, "x" * 26, house.now())


def test_no_list_brings_an_erased_reader_back_and_they_may_come_themselves(
    house: House, reader: int, cast: Cast, clock: Clock
) -> None:
    erase(house, reader)
    for status in ("active", "unsubscribed"):
        data = f"email,status\n{EVE},{status}\n".encode()
        file = File("a.csv", io.BufferedReader(io.BytesIO(data)))
        taken = import_subscribers(house.database, house.community.keyring, cast.blog, [file], house.now())
        assert taken.counts == {"kept out": 1}
    assert EVE not in dump(house)
    out = io.StringIO()
    assert export_subscribers(house.database, house.community.keyring, cast.blog, out) == 0
    other = File("a.csv", io.BufferedReader(io.BytesIO(f"email\n{EVE}\n".encode())))
    bobs = on(house, lambda s: s.scalars(select(Blog.id).where(Blog.member_id == cast.bob)).one())
    assert import_subscribers(house.database, house.community.keyring, bobs, [other], house.now()).counts == {
        "taken": 1
    }
    clock.forward(days=1)

    def ask(session: Session) -> None:
        blog = session.get_one(Blog, cast.blog)
        asked = subscribers.Application(EVE, "each")
        subscribers.ask(session, house.community, blog, asked, house.now(), house.randomness)

    on(house, ask)
    on(house, lambda s: confirmed(s, house))
    with house.database.read() as session:
        assert sorted(session.scalars(select(Subscriber.status).where(Subscriber.blog_id == cast.blog))) == [
            "active",
            "erased",
        ]


def test_never_again_ends_all_mail_to_the_address(house: House, reader: int) -> None:
    erase(house, reader, never_again=True)
    with house.database.read() as session:
        assert suppression.why_suppressed(session, house.community.keyring, EVE) == "asked"
        assert len(reports.suppressed(session, house.community.keyring)) == 2
    assert EVE not in dump(house)


@pytest.mark.parametrize("kind", ["dsn", "arf"])
def test_a_report_that_comes_after_erasure_brings_nothing_back(house: House, reader: int, kind: str) -> None:
    with house.database.read() as session:
        sent = session.scalars(
            select(Delivery.id).where(Delivery.subscriber_id == reader, Delivery.status == "sent")
        ).one()
    erase(house, reader)
    before = dump(house)
    reason = f"<{EVE}> is gone"
    report = Report(EVE, kind, hard=True, status="5.1.1", reason=reason, delivery_id=sent, bad_address=True)
    [said] = on(house, lambda s: bounces.record(s, house.community, [report], house.now()))
    assert EVE not in said
    assert dump(house) == before


def test_only_the_readers_own_address_opens_their_data(house: House, reader: int) -> None:
    with house.database.read() as session:
        row = session.get_one(Subscriber, reader)
        erasure.check_address(row, " Eve@Example.NET ")
        for wrong in (BOB, "", "eve"):
            with pytest.raises(Invalid):
                erasure.check_address(row, wrong)


def test_erasing_two_readers_of_one_issue_keeps_their_copies_apart(house: House, reader: int, cast: Cast) -> None:
    def second(session: Session) -> int:
        row = Subscriber(
            blog_id=cast.blog,
            address=BOB,
            status="active",
            cadence="each",
            asked_at=house.now(),
            confirmed_at=house.now(),
        )
        session.add(row)
        session.flush()
        return row.id

    erase(house, reader)
    erase(house, on(house, second))
    with house.database.read() as session:
        assert len(session.scalars(select(Delivery).where(Delivery.kind == "issue")).all()) == 4
    assert BOB not in dump(house)


def test_who_never_confirms_is_forgotten_when_the_question_is_over_and_who_had_left_has_left(
    house: House, cast: Cast, clock: Clock
) -> None:
    gone = {"status": "pending", "left_at": house.now()}

    def rows(session: Session) -> None:
        for address, facts in (("left@example.net", gone), ("reads@example.net", {"status": "active"})):
            row = Subscriber(blog_id=cast.blog, address=address, cadence="each", asked_at=house.now(), **facts)
            session.add(row)

    def ask(session: Session) -> None:
        blog = session.get_one(Blog, cast.blog)
        asked = subscribers.Application(EVE, "each")
        subscribers.ask(session, house.community, blog, asked, house.now(), house.randomness)

    def forget(session: Session) -> int:
        return erasure.forget_unconfirmed(session, house.now())

    on(house, rows)
    on(house, ask)
    clock.forward(days=8, seconds=-1)
    assert on(house, forget) == 0
    on(
        house,
        lambda s: outbox.attempt(s, outbox.claim(s, "email", house.now(), limit=9, lease=house.lease), house.now()),
    )
    clock.forward(seconds=1)
    assert on(house, forget) == 1
    assert on(house, forget) == 0
    assert EVE not in dump(house)
    with house.database.read() as session:
        found = session.execute(select(Subscriber.address, Subscriber.status).order_by(Subscriber.id)).all()
        kept = {address: status for address, status in found if "erased" not in address}
        assert kept == {"left@example.net": "unsubscribed", "reads@example.net": "active"}
        assert suppression.kept_out(session, house.community.keyring, cast.blog, [EVE]) == {}
    on(house, ask)
    with house.database.read() as session:
        assert len(session.scalars(select(Delivery).where(Delivery.recipient == EVE)).all()) == 1
