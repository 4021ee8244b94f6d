"""Reporting: who learns of it, that it counts once, and what managers do with it."""

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway import delivering
from gateway.app import RENDERERS
from gateway.core.audience.suppression import suppress
from gateway.core.community import reports
from gateway.core.desk import notices
from gateway.core.desk import reports as listings
from gateway.core.errors import NotFound
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Answer, Outgoing
from gateway.core.people import accounts
from gateway.core.store.models import Delivery, Inbound, Post, Report
from gateway.core.writing.message_map import remember_message
from tests.conftest import Cast, Clock
from tests.core.desk.test_intake import say
from tests.core.hands import choose, delete, deliveries, do, edit, link, member, publish, tell
from tests.core.hands import told as told_of


@pytest.fixture
def town(house: House, cast: Cast) -> Cast:
    """alice's chat is 100, bob's 200; carol, by mail only, manages the community; dora runs the server."""
    link(house, "alice", "100")
    link(house, "bob", "200")
    choose(house, "carol", role="manager")
    do(house, lambda s: accounts.join(s, handle="dora", address="dora@example.com", now=house.now(), role="operator"))
    return cast


def text(house: House, words: str, account: str = "200") -> str:
    answer = say(house, words, account=account).answer
    assert answer is not None
    return answer.text


def kept(house: House) -> list[Report]:
    with house.database.read() as session:
        return list(session.scalars(select(Report).order_by(Report.id)))


def notice(house: House, delivery: Delivery) -> Answer | None:
    values: dict[str, Any] = {name: getattr(delivery, name, None) for name in outbox.Claim.__dataclass_fields__}
    with house.database.read() as session:
        return notices.RENDERERS[delivery.kind](session, house.community, outbox.Claim(**values))


def test_a_post_is_reported_and_only_managers_are_told_by_whom(house: House, town: Cast) -> None:
    post = publish(house, "alice", "Something\n\nunkind")
    said = text(house, f"report {post.short_reference} He *insults* me")
    assert said.startswith("Thank you. Only the community's managers see this")
    assert "@alice is not told" in said
    assert "`block @alice`" in said
    assert "community@post.example.org" in said
    [report] = kept(house)
    assert (report.reporter_id, report.member_id, report.post_id) == (town.bob, town.alice, post.id)
    assert (report.reason, report.words, report.status) == ("He *insults* me", "Something\n\nunkind", "open")
    [told] = deliveries(house, "report")
    assert (told.channel, told.recipient) == ("email", "carol@example.com")
    assert "bob" not in str(told.payload)  # who it was is made into words only when it is sent
    shown = notice(house, told)
    assert shown is not None
    assert shown.subject == "Report 1: @alice"
    for words in (
        "@bob reports",
        post.short_reference,
        r"He \*insults\* me",
        "> Something",
        "> unkind",
        "reports close 1",
    ):
        assert words in shown.text, words
    assert {row.recipient for row in deliveries(house) if row.kind != "answer"} == {"carol@example.com", "200"}


def test_a_member_is_reported_by_name_and_a_post_by_answering_it(house: House, town: Cast) -> None:
    assert "Thank you" in text(house, "report @Alice spam, again and again")
    post = publish(house, "alice", "Buy!")

    def show(session: Session) -> None:
        shown, at = session.get_one(Post, post.id), house.now()
        remember_message(session, shown, channel="telegram", place="200", external_id="m2", direction="out", now=at)

    do(house, show)
    assert say(house, "report: this is spam", account="200", answers=("m2",)).outcome == "answered"
    assert [(one.post_id, one.reason) for one in kept(house)] == [
        (None, "spam, again and again"),
        (post.id, "this is spam"),
    ]


def test_the_same_counts_once_until_it_is_closed(house: House, town: Cast) -> None:
    post = publish(house, "alice", "Hello")
    for words in (f"report {post.short_reference} one", "report @alice two"):
        assert "Thank you" in text(house, words)
        assert "counts once" in text(house, words)
    assert len(kept(house)) == 2
    assert len(deliveries(house, "report")) == 2
    do(house, lambda s: reports.close(s, 1, None, "", house.now()))
    assert "Thank you" in text(house, f"report {post.short_reference} again")


def test_one_member_reports_ten_times_a_day_at_most(house: House, town: Cast, clock: Clock) -> None:
    for number in range(reports.A_DAY):
        post = publish(house, "alice", f"Post {number}")
        assert "Thank you" in text(house, f"report {post.short_reference} x")
    assert "reported much today" in text(house, "report @alice x")
    assert len(kept(house)) == reports.A_DAY
    clock.forward(days=1, seconds=1)
    assert "Thank you" in text(house, "report @alice x")


@pytest.mark.parametrize("words", ["report @bob me", "report @nobody x", "report k9zz x", "/report"])
def test_what_can_t_be_reported_saves_nothing(house: House, town: Cast, words: str) -> None:
    assert say(house, words, account="200").outcome == "rejected"
    assert kept(house) == []
    assert deliveries(house, "report") == []


def test_a_sentence_about_a_report_is_a_post(house: House, town: Cast) -> None:
    assert say(house, "report the ferry is late").outcome == "published"


def test_who_runs_the_server_finds_no_report_in_any_listing(house: House, town: Cast) -> None:
    say(house, "report @alice spam", account="200")
    for _ in range(reports.A_DAY):
        say(house, "report @nobody at all", account="200")  # refused ones neither
    say(house, "/settings", account="200")
    with house.database.read() as session:
        [row_id, *_] = session.scalars(select(Inbound.id).order_by(Inbound.id))
        assert len(listings.inbound(session)) == 1
        assert {row["kind"] for row in listings.deliveries(session)} == {"answer"}
        with pytest.raises(NotFound):
            listings.inbound_one(session, row_id)
        with pytest.raises(NotFound):
            listings.raw(session, house.blobs, row_id)


class Office:
    channel = "email"

    def __init__(self) -> None:
        self.mailed: list[str] = []

    async def send(self, parcel: Outgoing) -> Result:
        self.mailed.append(parcel.recipient)
        return Result("sent")


async def test_a_manager_is_told_by_mail_too_whatever_they_chose_and_even_where_mail_bounced(
    house: House, town: Cast
) -> None:
    """A chat can be lost, and a report must not be."""
    link(house, "carol", "300")
    link(house, "carol", "U3", channel="slack")
    tell(house, "carol", "off", by=("email", "slack"))
    do(house, lambda s: suppress(s, house.community.keyring, "carol@example.com", "hard bounce", house.now()))
    say(house, "report @alice spam", account="200")
    assert told_of(house, "report") == {("telegram", "300"), ("email", "carol@example.com")}
    [held] = [
        one
        for one in do(house, lambda s: outbox.claim(s, "email", house.now(), limit=9, lease=house.lease))
        if one.kind == "report"
    ]
    office = Office()
    await delivering.deliver(house, office, RENDERERS, held)
    assert office.mailed == ["carol@example.com"]


def test_no_two_listings_of_the_server_tell_together_who_reported(house: House, town: Cast, clock: Clock) -> None:
    """The answer to a report is sealed as the report is: it goes to who reported, in the same second."""
    say(house, "report @alice spam", account="200")
    do(house, lambda s: s.execute(update(Delivery).values(doubtful=1)))
    clock.forward(seconds=1)
    say(house, "/reports", account="200")  # refused, and by its answer known as well
    say(house, "/settings", account="200")
    with house.database.read() as session:
        assert [(row["at"][-14:-6], row["to"]) for row in listings.deliveries(session)] == [("12:00:01", "200")]
        assert listings.uncertain(session) == []
        assert len(listings.inbound(session)) == 1


MAIL: dict[str, Any] = {"channel": "email", "place": "bob@example.com", "only_commands": True}


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("report alice harasses me", MAIL),
        ("reprot @alice harasses me", MAIL),
        ("Report: alice harasses me", MAIL),
        ("Hello,\n\nreport @alice she harasses me", MAIL),
        ("settings\nreprot @alice harasses me", MAIL),
        ("Hello", {"title": "report alice", **MAIL}),
        ("report alice harasses me", {"hold": "We can't be sure.", **MAIL}),
        ("/reprot @alice harasses me", {}),
        ("/reporting @alice harasses me", {}),
        ("report alice insults me", {"answers": ("m0",)}),
    ],
)
def test_a_report_with_a_mistake_in_it_is_in_no_listing_either(
    house: House, town: Cast, words: str, more: dict[str, Any]
) -> None:
    is_mail = "only_commands" in more
    account = "bob@example.com" if is_mail else "200"
    spoken = say(house, words, account=account, member_id=town.bob if is_mail else None, **more)
    assert spoken.outcome == ("held" if "hold" in more else "rejected")
    with house.database.read() as session:
        assert listings.inbound(session) == []
        assert [row for row in listings.deliveries(session) if row["kind"] == "answer"] == []


@pytest.mark.parametrize("words", ["settngs", "delete k9zz", "Dear robot\n\nresponse, please"])
def test_other_mistakes_are_in_it(house: House, town: Cast, words: str) -> None:
    assert say(house, words, account="bob@example.com", member_id=town.bob, **MAIL).outcome == "rejected"
    with house.database.read() as session:
        assert len(listings.inbound(session)) == len(listings.deliveries(session)) == 1


def test_without_managers_operators_are_told(house: House, town: Cast) -> None:
    choose(house, "carol", role="member")
    say(house, "report @alice spam", account="200")
    assert [row.recipient for row in deliveries(house, "report")] == ["dora@example.com"]


def test_a_manager_hears_nothing_of_a_report_of_themselves(house: House, town: Cast) -> None:
    choose(house, "alice", role="manager")
    say(house, "report @alice spam", account="200")
    assert [row.recipient for row in deliveries(house, "report")] == ["carol@example.com"]
    assert text(house, "reports", account="100") == "No report is open."
    for words in ("reports 1", "reports close 1"):
        assert "no report 1" in text(house, words, account="100")
    choose(house, "carol", role="member")
    say(house, "report @carol spam", account="200")
    assert [row.recipient for row in deliveries(house, "report")][1:] == ["100", "alice@example.com"]


@pytest.mark.parametrize("reported", ["carol", "dora"])
def test_of_a_report_of_the_only_one_who_could_look_at_it_who_runs_the_server_learns(
    house: House, town: Cast, reported: str
) -> None:
    """Of the only manager the operators; of an operator, while there is no manager, the other operators."""
    link(house, "carol", "300")
    link(house, "dora", "400")
    choose(house, "carol", role={"carol": "manager", "dora": "operator"}[reported])
    say(house, "report @alice spam", account="200")
    say(house, f"report @{reported} harasses me", account="200")
    judge, accused = ("400", "300") if reported == "carol" else ("300", "400")
    told = next(row for row in deliveries(house, "report") if row.cause == "report:2" and row.channel == "telegram")
    assert told.recipient == judge
    shown = notice(house, told)
    assert shown is not None
    assert f"@bob reports @{reported}" in shown.text
    assert "harasses me" in shown.text
    assert f"2, 25 November 12:00: @bob reports @{reported}" in text(house, "reports", judge)
    assert "harasses me" in text(house, "reports 2", judge)
    assert f"@{reported}" not in text(house, "reports", accused)
    for words in ("reports 2", "reports close 2"):
        assert "no report 2" in text(house, words, accused)
    if reported == "carol":  # that of alice is the manager's, not the operator's
        assert "@alice" not in text(house, "reports", judge)
        assert "no report 1" in text(house, "reports 1", judge)
    assert "Report 2 is closed" in text(house, "reports close 2 We talked", judge)
    assert "@bob reports @alice" in text(house, "reports", "300")
    assert notice(house, told) is None


def test_managers_read_and_close_reports(house: House, town: Cast, clock: Clock) -> None:
    link(house, "carol", "300")
    post = publish(house, "alice", "Hello")
    say(house, f"report {post.short_reference} unkind", account="200")
    assert f"1, 25 November 12:00: @bob reports [{post.short_reference}] by @alice" in text(house, "reports", "300")
    assert "There are no other sanctions yet" in text(house, "reports 1", "300")
    clock.forward(minutes=1)
    edit(house, "alice", post, "Something else")
    shown = text(house, "reports 1", "300")
    assert "> Hello" in shown
    assert "changed since" in shown
    closed = text(house, "reports close 1 I talked to her", "300")
    assert "Report 1 is closed" in closed
    assert "neither who reported nor @alice is told" in closed
    [report] = kept(house)
    assert (report.status, report.outcome, report.closed_by_id) == ("closed", "I talked to her", town.carol)
    assert text(house, "reports", "300") == "No report is open."
    assert "It is closed: I talked to her" in text(house, "reports 1", "300")
    assert "closed already" in text(house, "reports close 1", "300")
    assert notice(house, deliveries(house, "report")[0]) is None


def test_nobody_else_reads_them(house: House, town: Cast) -> None:
    say(house, "report @alice spam", account="200")
    for words in ("reports", "reports 1", "reports close 1"):
        for account in ("100", "200"):
            assert "Only the community's managers see reports." in text(house, words, account)
    assert kept(house)[0].status == "open"
    choose(house, "carol", role="member")
    assert notice(house, deliveries(house, "report")[0]) is None


def test_the_words_of_a_deleted_post_are_kept_until_the_report_is_closed(house: House, town: Cast) -> None:
    post = publish(house, "alice", "Unkind")
    say(house, f"report {post.short_reference} x", account="200")
    delete(house, "alice", post)
    assert kept(house)[0].words == "Unkind"
    do(house, lambda s: reports.close(s, 1, member(s, "carol"), "", house.now()))
    assert kept(house)[0].words == ""


def test_it_says_how_many_others_report_the_same(house: House, town: Cast) -> None:
    say(house, "report @alice spam", account="200")
    link(house, "carol", "300")
    say(house, "report @alice me too", account="300")
    assert "1 other member reports the same." in text(house, "reports 1", "300")
