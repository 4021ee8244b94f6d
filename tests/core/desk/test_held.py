"""Held messages: each is asked about once, by mail and in chats; many are listed in one question; a word or a button decides."""

from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk import intake, notices, unanswered
from gateway.core.desk.held import AT_ONCE, GATHER
from gateway.core.desk.verbs import Spoken
from gateway.core.house import House
from gateway.core.ledger import inbox, outbox
from gateway.core.ledger.outbox import Result
from gateway.core.messages import Answer, InboundMessage, Intent, PreparedMedia
from gateway.core.store.models import Delivery, Inbound, Member
from tests.conftest import Cast, Clock
from tests.core.hands import do, link, tell

_numbers = count()
WHY = "We can't be sure that it is from you."


def comes(
    house: House,
    cast: Cast,
    title: str = "Harbour",
    *,
    again: int = 0,
    text: str = "Hello",
    media: tuple[PreparedMedia, ...] = (),
) -> int:
    """A mail that must be held, through the desk; its number. `again` replays that one."""
    if again:
        do(house, lambda s: inbox.replay(s, again, house.now()))
    else:
        envelope = {"kind": "blog", "from": "alice@example.com", "subject": title, "member_id": cast.alice}
        key = f"mail {next(_numbers)}"
        arrival = inbox.Arrival("email", key, key, raw=b"x", envelope=envelope, member_id=cast.alice)
        do(house, lambda s: inbox.store(s, arrival, house.now()))
    [claimed] = do(house, lambda s: inbox.claim(s, house.now(), limit=1, lease=house.lease))
    message = InboundMessage(
        "email", "alice@example.com", "alice@example.com", external_id=f"<{claimed.id}@example.com>",
        text=text, title=title, media=media, member_id=cast.alice, blog_id=cast.blog, hold=WHY,
    )  # fmt: skip
    assert desk(house, claimed, message).outcome == "held"
    return claimed.id


def desk(house: House, claimed: inbox.Claim, message: InboundMessage) -> Spoken:
    with house.database.read() as session:
        plan = intake.understand(session, house.community, message)
    return do(house, lambda s: intake.apply(s, house.community, claimed, plan, house.now(), house.randomness))


def say(house: House, text: str, *, account: str = "100", press: bool = False) -> Spoken:
    """A chat message, or a pressed button."""
    arrival = inbox.Arrival("telegram", f"u{next(_numbers)}", f"telegram:{account}", raw=b"{}")
    do(house, lambda s: inbox.store(s, arrival, house.now()))
    [claimed] = do(
        house,
        lambda s: inbox.claim(
            s, house.now(), limit=1, lease=house.lease, among=inbox.due(Inbound.channel == "telegram")
        ),
    )
    intent = Intent.PRESS if press else Intent.SPEAK
    words: dict[str, Any] = {"action": text} if press else {"text": text}
    return desk(house, claimed, InboundMessage("telegram", account, account, intent=intent, **words))


def questions(house: House, channel: str = "email") -> list[Answer]:
    """What is asked there now; each delivery leaves."""
    claims = do(house, lambda s: outbox.claim(s, channel, house.now(), limit=50, lease=house.lease))
    said = []
    for claim in claims:
        with house.database.read() as session:
            answer = notices.RENDERERS[claim.kind](session, house.community, claim)
        do(house, partial(outbox.attempt, claims=[claim], now=house.now()))
        result = Result("sent" if answer is not None else "cancelled")
        do(house, partial(outbox.record, results=[(claim, result)], now=house.now()))
        if answer is not None and claim.kind in {"held", "held_list"}:
            said.append(answer)
    return said


def status(house: House, number: int) -> tuple[str, str]:
    with house.database.read() as session:
        row = session.get_one(Inbound, number)
        return row.status, row.reason


def set_alice(house: House, cast: Cast, **values: object) -> None:
    def unit(session: Session) -> None:
        for name, value in values.items():
            setattr(session.get_one(Member, cast.alice), name, value)

    do(house, unit)


def test_a_held_mail_asks_by_mail_and_in_the_chat_with_buttons(house: House, cast: Cast) -> None:
    link(house, "alice", "100")
    number = comes(house, cast)
    [mailed] = questions(house)
    assert mailed.subject == "Publish this? Harbour"
    assert WHY in mailed.text
    [[to_page]] = mailed.buttons
    assert (to_page.url in mailed.text, mailed.link) == (False, "")  # the mail shows its button's link, once
    assert "\n> Hello\n" in mailed.text
    [[chatted]] = [questions(house, "telegram")]
    assert [[(b.label, b.action) for b in row if b.action] for row in chatted.buttons] == [
        [("Publish", f"release {number}"), ("Throw it away", f"discard {number}")],
        [],
    ]
    assert all(len(button.action.encode()) <= 64 for row in chatted.buttons for button in row)
    assert chatted.buttons[1][0].url == to_page.url


@pytest.mark.parametrize(
    ("silent", "asked"), [((), 1), (("email",), 1), (("telegram",), 0), (("email", "telegram"), 0)]
)
def test_who_wants_nothing_in_chats_is_asked_by_mail_only(
    house: House, cast: Cast, silent: tuple[str, ...], asked: int
) -> None:
    link(house, "alice", "100")
    tell(house, "alice", "off", by=silent)
    comes(house, cast)
    assert (len(questions(house)), len(questions(house, "telegram"))) == (1, asked)


def test_the_button_publishes_it_once(house: House, cast: Cast) -> None:
    link(house, "alice", "100")
    number = comes(house, cast)
    assert "is being published" in answered(say(house, f"release {number}", press=True))
    assert status(house, number) == ("received", "")
    with house.database.read() as session:
        assert session.get_one(Inbound, number).envelope["released"] is True
    assert "not waiting any more" in answered(say(house, f"release {number}", press=True))


def test_the_other_button_throws_it_away(house: House, cast: Cast) -> None:
    link(house, "alice", "100")
    number = comes(house, cast)
    assert "Nothing of that was published" in answered(say(house, f"discard {number}", press=True))
    assert status(house, number) == ("rejected", "You discarded it.")
    assert "not waiting any more" in answered(say(house, f"release {number}", press=True))


@pytest.mark.parametrize("text", ["release 1", "discard 1", "release 99", "release all", "/release k7f", "/discard"])
def test_nobody_decides_about_what_is_not_theirs(house: House, cast: Cast, text: str) -> None:
    link(house, "bob", "200")
    number = comes(house, cast)
    assert number == 1
    assert say(house, text, account="200").outcome == "rejected"
    assert status(house, number)[0] == "held"


def test_one_word_throws_all_of_ones_own_away(house: House, cast: Cast, clock: Clock) -> None:
    link(house, "alice", "100")
    link(house, "bob", "200")
    numbers = [comes(house, cast, title) for title in ("One", "Two")]
    assert "No message is waiting" in answered(say(house, "discard all", account="200"))
    assert "2 messages were thrown away" in answered(say(house, "discard all"))
    assert {status(house, number)[0] for number in numbers} == {"rejected"}


def test_words_that_only_begin_like_these_commands_are_posts(house: House, cast: Cast) -> None:
    link(house, "alice", "100")
    for text in ("Release party tonight", "discard nothing of that", "Address to the nation"):
        assert say(house, text).outcome == "published", text


def test_many_in_an_hour_are_listed_in_one_question(house: House, cast: Cast, clock: Clock) -> None:
    link(house, "alice", "100")
    for number in range(AT_ONCE):
        comes(house, cast, f"Mail {number}")
    assert len(questions(house)) == AT_ONCE
    late = [comes(house, cast, f"Late {number}") for number in range(7)]
    assert questions(house) == []
    clock.forward(minutes=GATHER.seconds // 60)
    for channel in ("email", "telegram"):
        *_, listed = questions(house, channel)
        assert listed.subject == "Publish these? 7 messages are waiting"
        assert all(f"Late {number}" in listed.text for number in range(7))
        assert "Mail 0" not in listed.text
        assert listed.text.count("/held/") == 7
    assert [row[0].action for row in listed.buttons] == [f"release {number}" for number in late[:5]]
    assert questions(house) == []


def test_a_list_shows_how_each_begins(house: House, cast: Cast, clock: Clock) -> None:
    for number in range(AT_ONCE):
        comes(house, cast, f"Mail {number}")
    comes(house, cast, "Late", text="The *boats* are in.\n\nAll of them.")
    clock.forward(minutes=GATHER.seconds // 60)
    *_, listed = questions(house)
    assert "“Late”" in listed.text
    assert "The \\*boats\\* are in. All of them." in listed.text


def test_a_list_names_only_what_still_waits(house: House, cast: Cast, clock: Clock) -> None:
    numbers = [comes(house, cast, f"Mail {number}") for number in range(AT_ONCE + 2)]
    questions(house)
    do(house, lambda s: inbox.discard(s, numbers[-1], house.now(), reason="x"))
    clock.forward(minutes=10)
    [listed] = questions(house)
    assert (listed.subject, "Mail 3" in listed.text, "Mail 4" in listed.text) == (
        "Publish this? 1 message is waiting",
        True,
        False,
    )


def test_a_question_about_what_is_decided_is_not_asked(house: House, cast: Cast, clock: Clock) -> None:
    numbers = [comes(house, cast, f"Mail {number}") for number in range(AT_ONCE + 1)]
    for number in numbers:
        do(house, partial(inbox.discard, row_id=number, now=house.now(), reason="x"))
    clock.forward(minutes=10)
    assert questions(house) == []


def test_no_question_is_swallowed_and_no_place_hears_more_than_a_few_an_hour(
    house: House, cast: Cast, clock: Clock
) -> None:
    """A mail every three minutes for six hours: each is named once, in three questions and one list an hour."""
    named: list[str] = []
    asked = 0
    for number in range(120):
        comes(house, cast, f"No. {number:03}")
        said = questions(house)
        asked += len(said)
        named += [one.text for one in said]
        clock.forward(minutes=3)
    clock.forward(hours=1)
    named += [one.text for one in questions(house)]
    text = "\n".join(named)
    assert [number for number in range(120) if text.count(f"No. {number:03}") != 1] == []
    assert asked <= 6 * (AT_ONCE + 2)


def test_a_long_list_says_how_many_more_there_are(house: House, cast: Cast, clock: Clock) -> None:
    for number in range(AT_ONCE + 25):
        comes(house, cast, f"Mail {number}")
    clock.forward(minutes=10)
    listed = questions(house)[-1]
    assert "and 5 more" in listed.text
    assert listed.text.count("/held/") == 20


def test_a_message_that_is_processed_again_asks_no_second_time(house: House, cast: Cast, clock: Clock) -> None:
    number = comes(house, cast)
    assert len(questions(house)) == 1
    clock.forward(hours=2)
    comes(house, cast, again=number)
    assert questions(house) == []


def test_a_chat_that_was_unlinked_meanwhile_hears_nothing(house: House, cast: Cast) -> None:
    link(house, "alice", "100")
    comes(house, cast)
    say(house, "unlink")
    assert questions(house, "telegram") == []


def test_a_title_cannot_write_the_question(house: House, cast: Cast) -> None:
    comes(house, cast, "x](http://evil.example) **Press here** " + "long " * 100)
    [asked] = questions(house)
    assert "](http://evil" not in asked.text
    assert len(asked.subject) < 100


def test_a_question_is_queued_in_the_transaction_that_holds_the_message(house: House, cast: Cast) -> None:
    number = comes(house, cast)
    with house.database.read() as session:
        [row] = session.scalars(select(Delivery).where(Delivery.kind == "held"))
        assert (row.payload["inbound"], row.payload["to"]) == (number, f"<{number}@example.com>")
        assert row.created_at - session.get_one(Inbound, number).received_at < timedelta(seconds=1)


def answered(spoken: Spoken) -> str:
    assert spoken.answer is not None
    return spoken.answer.text


@pytest.mark.parametrize(
    ("text", "files", "shown"),
    [
        ("One\n\nTwo \\*stars\\*\n", (), "> One\n>\n> Two \\*stars\\*"),
        ("x" * 400, (), f"> {'x' * 300} …"),
        ("\n".join("abcdefg"), (), "> a\n>\n> b\n>\n> c\n>\n> d\n>\n> e …"),
        ("![The lake](cid:a)", ("a.jpg",), "> 1 file: a.jpg"),
        ("", tuple(f"{n}.pdf" for n in range(7)), "> 7 files: 0.pdf, 1.pdf, 2.pdf, 3.pdf, 4.pdf and 2 more"),
    ],
)
def test_a_question_shows_how_the_message_begins_and_its_files(
    house: House, cast: Cast, text: str, files: tuple[str, ...], shown: str
) -> None:
    comes(house, cast, text=text, media=tuple(PreparedMedia("file", (), filename=name) for name in files))
    [asked] = questions(house)
    assert f"\n\n{shown}\n\nNothing is published yet." in asked.text


def test_the_words_shown_are_kept_no_longer_than_the_question_is_open(house: House, cast: Cast, clock: Clock) -> None:
    released, discarded, forgotten = (comes(house, cast) for _ in range(3))
    assert "excerpt" in envelope(house, forgotten)
    do(house, lambda s: inbox.release(s, released, house.now()))
    do(house, lambda s: inbox.discard(s, discarded, house.now(), reason="No."))
    do(house, lambda s: unanswered.tell(s, house.community, [forgotten], house.now()))
    assert [("excerpt" in envelope(house, one)) for one in (released, discarded, forgotten)] == [False] * 3


def envelope(house: House, number: int) -> dict[str, object]:
    with house.database.read() as session:
        return session.get_one(Inbound, number).envelope
