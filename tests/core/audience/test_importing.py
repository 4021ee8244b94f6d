"""Lists of subscribers in and out: who is taken, who is not and why, and that nobody is mailed for it."""

import gc
import io
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.audience import erasure, exporting, importing, readership, subscribers, suppression, wishes
from gateway.core.audience.exporting import export_subscribers
from gateway.core.audience.importing import File, Outcome, Progress, Summary
from gateway.core.audience.settling import OUTCOMES
from gateway.core.errors import Invalid
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.people import accounts
from gateway.core.people.tokens import Keyring
from gateway.core.store.db import Database
from gateway.core.store.models import Base, Blog, Delivery, Issue, Subscriber, Suppression
from gateway.core.writing import blogs
from tests.conftest import NOON, Cast, Clock

OURS = "email,status,cadence,asked_at,confirmed_at,left_at"


@dataclass
class Lists:
    """Imports lists into alice's blog and keeps what was told of each line."""

    house: House
    blog: int
    told: list[Outcome] = field(default_factory=list)
    shown: list[Progress] = field(default_factory=list)

    def take(self, *lists: str | bytes, dry_run: bool = False, cadence: str = "", operator: bool = True) -> Summary:
        self.told.clear()
        files = []
        for number, one in enumerate(lists):
            data = one.encode() if isinstance(one, str) else one
            files.append(File(f"{number}.csv", io.BufferedReader(io.BytesIO(data)), len(data)))
        return importing.import_subscribers(
            self.house.database,
            self.house.community.keyring,
            self.blog,
            files,
            self.house.now(),
            cadence=cadence,
            dry_run=dry_run,
            operator=operator,
            tell=self.told.append,
            show=self.shown.append,
        )

    def lines(self) -> dict[int, str]:
        return {one.line: one.what for one in sorted(self.told, key=lambda one: one.line)}

    def states(self) -> dict[str, str]:
        with self.house.database.read() as session:
            where = Subscriber.blog_id == self.blog
            return {row.address: row.status for row in session.scalars(select(Subscriber).where(where))}

    def export(self) -> str:
        out = io.StringIO()
        export_subscribers(self.house.database, self.house.community.keyring, self.blog, out)
        return out.getvalue()


@pytest.fixture
def lists(house: House, cast: Cast) -> Lists:
    return Lists(house, cast.blog)


def on(house: House, work: Callable[[Session], object]) -> None:
    house.database.writer.run(work)


def everything(house: House) -> dict[str, list[str]]:
    with house.database.read() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table)).all())) for table in Base.metadata.sorted_tables
        }


def subscribe(house: House, blog: int, address: str) -> int:
    """As if they had asked and confirmed here now."""

    def unit(session: Session) -> int:
        row = Subscriber(
            blog_id=blog,
            address=address,
            status="active",
            cadence="each",
            asked_at=house.now(),
            confirmed_at=house.now(),
        )
        session.add(row)
        session.flush()
        return row.id

    return house.database.writer.run(unit)


def test_a_list_is_taken_and_what_became_of_each_line_is_told(lists: Lists, house: House, clock: Clock) -> None:
    on(house, lambda s: suppression.suppress(s, house.community.keyring, "gone@example.net", "complaint", house.now()))
    here = subscribe(house, lists.blog, "here@example.net")
    token = subscribers.unsubscribe_token(house.community, subscribe(house, lists.blog, "left@example.net"))
    on(house, lambda s: subscribers.unsubscribe(s, house.community, token, house.now()))
    summary = lists.take(
        "email,name,status\n"
        "Ann@Example.net,Ann,active\n"
        "here@example.net,,active\n"
        "left@example.net,,active\n"
        "gone@example.net,,active\n"
        "no address,,active\n"
        'unclosed@example.net,"oh,active\n'
        "ann@example.net,,active\n"
        "new@example.net,,pending\n"
        "odd@example.net,,odd\n"
        "no@example.net,,unsubscribed\n"
        "dead@example.net,,bounced\n"
    )
    assert lists.lines() == {
        2: "taken",
        3: "already",
        4: "left",
        5: "kept out",
        6: "wrong",
        7: "wrong",
        8: "double",
        9: "unconfirmed",
        10: "unknown",
        11: "unsubscribed",
        12: "not mailed",
    }
    assert summary.services == {"0.csv": "a plain list"}
    assert summary.counts["wrong"] == 2
    assert sum(summary.counts.values()) == 11
    assert lists.states() == {
        "ann@example.net": "active",
        "here@example.net": "active",
        "left@example.net": "unsubscribed",
        "no@example.net": "unsubscribed",
    }
    with house.database.read() as session:
        assert suppression.why_suppressed(session, house.community.keyring, "dead@example.net") == "hard bounce"
        assert session.get_one(Subscriber, here).cadence == "each"
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0


def test_a_second_time_changes_nothing_and_a_dry_run_tells_the_same_and_saves_nothing(
    lists: Lists, house: House, clock: Clock
) -> None:
    some = (
        "email,status,unsubscribed_at\na@example.net,active,\nb@example.net,bounced,\n"
        "c@example.net,unsubscribed,2026-01-02\nb@example.net,active,\n"
    )
    before = everything(house)
    foretold = lists.take(some, dry_run=True)
    told = list(lists.told)
    assert everything(house) == before
    assert lists.take(some) == foretold
    assert lists.told == told
    after = everything(house)
    clock.forward(days=30)
    lists.take(some)
    assert everything(house) == after
    assert lists.lines() == {2: "already", 3: "not mailed", 4: "unsubscribed", 5: "double"}


def test_an_import_that_was_killed_is_started_again_and_ends_the_same(
    lists: Lists, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)
    some = "\n".join(["email", *(f"r{n}@example.net" for n in range(20))])

    class Killed(Exception):
        pass

    def kill(progress: Progress) -> None:
        if progress.step == "saving" and progress.done >= 9:
            raise Killed

    data = some.encode()
    with pytest.raises(Killed):
        importing.import_subscribers(
            house.database,
            house.community.keyring,
            lists.blog,
            [File("a", io.BufferedReader(io.BytesIO(data)))],
            house.now(),
            show=kill,
        )
    assert len(lists.states()) == 9
    summary = lists.take(some)
    assert summary.counts == {"already": 9, "taken": 11}
    assert len(lists.states()) == 20


def test_who_said_no_in_any_file_is_not_taken_in_whatever_order_the_files_come(lists: Lists) -> None:
    yes = "email\na@example.net\nb@example.net\nc@example.net\n"
    no = "email,status\na@example.net,unsubscribed\nb@example.net,complained\n"
    summary = lists.take(yes, no)
    assert summary.counts == {"double": 2, "unsubscribed": 1, "not mailed": 1, "taken": 1}
    assert [(one.file, one.line) for one in lists.told if one.what == "double"] == [("0.csv", 2), ("0.csv", 3)]
    assert lists.states() == {"a@example.net": "unsubscribed", "c@example.net": "active"}


def test_a_later_no_ends_what_an_import_began_and_not_what_was_confirmed_here_since(
    lists: Lists, house: House, clock: Clock
) -> None:
    lists.take("email\na@example.net\nb@example.net\nd@example.net\n")
    subscribe(house, lists.blog, "c@example.net")
    clock.forward(days=1)
    no = (
        "email,status,left_at\na@example.net,unsubscribed,\nb@example.net,bounced,2026-11-20\n"
        "c@example.net,unsubscribed,2026-11-20\n"
    )
    lists.take(no)
    assert lists.lines() == {2: "ended", 3: "ended", 4: "stays"}
    assert lists.states() == {
        "a@example.net": "unsubscribed",
        "b@example.net": "unsubscribed",
        "c@example.net": "active",
        "d@example.net": "active",
    }
    lists.take("email,status,left_at\nc@example.net,unsubscribed,2026-11-26T11:00:00Z\n")
    assert lists.lines() == {2: "ended"}


def test_a_list_silences_nobody_whom_we_know_ourselves(lists: Lists, house: House, cast: Cast) -> None:
    """A bounce in alice's list must not end mail to a member, nor to a reader of bob's."""

    def second(session: Session) -> int:
        found = session.scalars(select(Blog).where(Blog.member_id == cast.bob)).one()
        return found.id

    subscribe(house, house.database.writer.run(second), "reader@example.net")
    lists.take("email,status\nbob@example.com,bounced\nreader@example.net,complained\nother@example.net,bounced\n")
    assert lists.lines() == {2: "stays", 3: "stays", 4: "not mailed"}
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Suppression)) == 1
    lists.take("email\nbob@example.com\n")
    assert lists.lines() == {2: "taken"}  # members may read a blog by mail


def test_an_owners_list_tells_and_changes_nothing_but_their_own_blogs(lists: Lists, house: House, cast: Cast) -> None:
    """Not whether an address is a member's, is read elsewhere, or complained; and others may mail it still."""
    bobs = house.database.writer.run(lambda s: blogs.by_name(s, "bob").id)
    subscribe(house, bobs, "reader@example.net")
    on(house, lambda s: suppression.suppress(s, house.community.keyring, "gone@example.net", "complaint", house.now()))
    people = ("bob@example.com", "reader@example.net", "gone@example.net", "stranger@example.net")

    def outcomes(status: str, dry_run: bool = False) -> set[tuple[str, str]]:
        lists.take("email,status\n" + "".join(f"{one},{status}\n" for one in people), operator=False, dry_run=dry_run)
        assert len(lists.told) == len(people)
        return {(one.what, one.why) for one in lists.told}

    with house.database.read() as session:
        before = suppression.suppressed_among(session, house.community.keyring, people)
    for status in ("bounced", "complained", "blocked", "unsubscribed", "active"):
        assert len(outcomes(status, dry_run=True)) == 1, status
    assert outcomes("blocked") == outcomes("complained") == {("not mailed", OUTCOMES["not mailed"])}
    with house.database.read() as session:
        assert suppression.suppressed_among(session, house.community.keyring, people) == before
    assert outcomes("active") == {("kept out", f"{OUTCOMES['kept out']} (asked)")}
    lists.blog = bobs
    assert outcomes("active", dry_run=True) == {("taken", OUTCOMES["taken"]), ("already", OUTCOMES["already"])}
    lists.blog = house.database.writer.run(lambda s: blogs.by_name(s, "carol").id)
    assert {what for what, _ in outcomes("active")} == {"taken"}
    listed = "".join(exporting.parts(house.database, lists.blog)).splitlines()
    assert [line.split(",")[1] for line in listed[1:]] == ["active"] * 4


def test_a_later_no_in_a_list_takes_back_the_copy_that_waits(lists: Lists, house: House) -> None:
    lists.take("email\na@example.net\nb@example.net\n")

    def cut(session: Session) -> None:
        issue = Issue(blog_id=lists.blog, cadence="each", period="1", status="sending")
        issue.created_at = issue.send_at = house.now()
        session.add(issue)
        session.flush()
        for one in ("a@example.net", "b@example.net"):
            intent = outbox.Intent("issue", "newsletter", one, f"issue:{issue.id}", issue_id=issue.id)
            outbox.queue(session, intent, house.now())

    on(house, cut)
    lists.take("email,status\na@example.net,unsubscribed\n")
    with house.database.read() as session:
        rows = session.execute(select(Delivery.recipient, Delivery.status).order_by(Delivery.id)).all()
    assert [tuple(row) for row in rows] == [("a@example.net", "suppressed"), ("b@example.net", "queued")]


def test_who_only_asked_is_not_shown_to_the_owner_and_who_left_before_has_left(lists: Lists, house: House) -> None:
    with_left = {"old@example.net": house.now(), "new@example.net": None}
    for address, left_at in with_left.items():
        row_id = subscribe(house, lists.blog, address)
        on(house, partial(change, row_id=row_id, status="pending", left_at=left_at))
    listed = "".join(exporting.parts(house.database, lists.blog)).splitlines()
    assert [line.split(",")[:2] for line in listed[1:]] == [["old@example.net", "unsubscribed"]]
    with house.database.read() as session:
        shown = readership.by_address(session, lists.blog, limit=9)
        assert [(row.address, readership.state(row)) for row in shown] == [("old@example.net", "unsubscribed")]


def change(session: Session, row_id: int, **values: object) -> None:
    for name, value in values.items():
        setattr(session.get_one(Subscriber, row_id), name, value)


def test_who_is_taken_gets_no_issue_of_posts_from_before(lists: Lists, house: House, clock: Clock) -> None:
    lists.take(
        f"{OURS}\na@example.net,active,monthly,2024-01-02T03:04:05Z,2024-01-02T03:05:05Z,\nb@example.net,active,,,,\n"
    )
    with house.database.read() as session:
        first, second = session.scalars(select(Subscriber).order_by(Subscriber.address)).all()
        offered = session.get_one(Blog, lists.blog).newsletter
    assert (first.cadence, first.asked_at.year) == ("monthly", 2024)
    assert second.cadence == offered
    for row in (first, second):
        assert row.confirmed_at == row.cadence_since == house.now()


def test_whoever_is_imported_can_still_ask_elsewhere_the_same_day(lists: Lists, house: House, cast: Cast) -> None:
    lists.take("email\na@example.net\n")

    def unit(session: Session) -> None:
        found = blogs.by_name(session, "bob")
        found.newsletter = "weekly"
        asked = subscribers.Application("a@example.net", "each")
        subscribers.ask(session, house.community, found, asked, house.now(), house.randomness)

    on(house, unit)
    with house.database.read() as session:
        assert session.scalars(select(Delivery.kind)).all() == ["confirm_subscription"]


def test_what_is_no_list_saves_nothing(lists: Lists, house: House) -> None:
    before = everything(house)
    for data, why in (
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "known to hold mail addresses"),
        ("Who,Where\nAnn,Here\n", "known to hold mail addresses"),
        (b"PK\x03\x04\x14\0\0\0", "Unpack it"),
    ):
        with pytest.raises(Invalid, match=why):
            lists.take("email\na@example.net\n", data)
    with pytest.raises(Invalid, match="no cadence"):
        lists.take("email\na@example.net\n", cadence="hourly")
    assert everything(house) == before


def test_progress_goes_up_to_all(lists: Lists, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)
    lists.take("\n".join(["email", *(f"r{n}@example.net" for n in range(95))]))
    steps = [one.step for one in lists.shown]
    assert steps == sorted(steps)  # reading, then saving
    assert lists.shown[-1] == Progress("saving", 95, 95)
    assert [one.done for one in lists.shown if one.step == "saving"] == [*range(10, 91, 10), 95]


def test_what_is_exported_is_harmless_in_a_spreadsheet_and_comes_in_again(
    lists: Lists, house: House, cast: Cast, clock: Clock
) -> None:
    formula = '=hyperlink("eve.example")@example.net'
    subscribe(house, lists.blog, formula)
    choosy = subscribe(house, lists.blog, "+1@example.net")
    on(house, lambda s: wishes.choose(s, choosy, ("=Snails", "Birds")))
    subscribe(house, lists.blog, "dead@example.net")
    token = subscribers.unsubscribe_token(house.community, subscribe(house, lists.blog, "left@example.net"))
    on(house, lambda s: subscribers.unsubscribe(s, house.community, token, house.now()))
    on(
        house,
        lambda s: suppression.suppress(s, house.community.keyring, "dead@example.net", "hard bounce", house.now()),
    )
    text = lists.export()
    assert text.splitlines()[0] == OURS.replace("cadence", "cadence,categories")
    assert not [line for line in text.splitlines() if line.lstrip('"').startswith(("=", "+", "-", "@"))]
    assert "left@example.net,unsubscribed," in text
    assert "dead@example.net,bounced," in text
    other = Lists(house, house.database.writer.run(lambda s: blogs.by_name(s, "carol").id))
    other.take(text)
    assert other.states() == {
        formula: "active",
        "+1@example.net": "active",
        "left@example.net": "unsubscribed",
    }
    with house.database.read() as session:
        there = session.scalars(select(Subscriber).where(Subscriber.blog_id == other.blog)).all()
        assert {row.address: list(wishes.chosen(session, row.id)) for row in there} == {
            formula: [],
            "+1@example.net": ["=Snails", "Birds"],
            "left@example.net": [],
        }
        assert {row.source for row in there} == {"import"}
        keys = {
            (row.hash_key, row.address_hash == suppression.address_hash(house.community.keyring, row.address))
            for row in there
        }
        assert keys == {(house.community.keyring.current, True)}


def test_what_a_list_does_not_tell_is_in_no_export(lists: Lists, house: House, cast: Cast) -> None:
    lists.take("Email,Subscription created at\nold@example.net,2024-01-15\nnew@example.net,\n")
    here = subscribe(house, lists.blog, "here@example.net")
    moments = {line.split(",")[0]: line.split(",")[4:6] for line in lists.export().splitlines()[1:]}
    assert moments["old@example.net"] == ["2024-01-15T00:00:00+00:00", ""]
    assert moments["new@example.net"] == ["", ""]
    assert all(moments["here@example.net"])

    def told(session: Session, row_id: int) -> tuple[object, object]:
        data = erasure.held(session, house.community, session.get_one(Subscriber, row_id), house.now())
        return data["asked_at"], data["confirmed_at"]

    with house.database.read() as session:
        new = session.scalars(select(Subscriber.id).where(Subscriber.address == "new@example.net")).one()
        assert told(session, new) == ("", "")
        assert all(told(session, here))


def test_an_export_reads_in_batches_and_leaves_nobody_out(lists: Lists, monkeypatch: pytest.MonkeyPatch) -> None:
    lists.take("\n".join(["email", *(f"r{n}@example.net" for n in range(25))]))
    monkeypatch.setattr(exporting, "BATCH", 10)
    written = [line.split(",")[0] for line in lists.export().splitlines()[1:]]
    assert sorted(written) == sorted(f"r{n}@example.net" for n in range(25))


def test_memory_does_not_grow_with_the_list(
    new_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four times the people take no more of what Python keeps."""
    monkeypatch.setattr(importing, "BATCH", 250)
    path, keyring = tmp_path / "list.csv", Keyring({0: b"0123456789abcdef"}, 0)

    def tidy() -> None:
        gc.collect()  # else what is freed late counts

    def peak(people: int) -> int:
        path.write_text("\n".join(["email,note", *(f"r{n}@example.net,{'x' * 50}" for n in range(people))]))
        tracemalloc.start()
        try:
            with path.open("rb") as stream:
                file = File("a", stream, path.stat().st_size)
                taken = importing.import_subscribers(
                    database, keyring, blog, [file], NOON, show=lambda progress: tidy()
                )
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            assert sum(taken.counts.values()) == people

    with closing(Database(new_database("sqlite"))) as database:
        blog = database.writer.run(
            lambda s: blogs.create(s, accounts.join(s, handle="alice", address="a@example.com", now=NOON), NOON).id
        )
        peak(250)  # what is built once
        assert peak(2000) < 1.5 * peak(500)
