"""A message at the desk: what becomes of it, what it is answered, who is told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk import intake, notices
from gateway.core.desk.verbs import Spoken
from gateway.core.house import House
from gateway.core.ledger import amending, inbox, outbox
from gateway.core.ledger.outbox import Result
from gateway.core.messages import InboundMessage, Intent
from gateway.core.people import accounts, preferences
from gateway.core.store.models import Delivery, Inbound, LinkedAccount, Member, Post
from tests.conftest import Cast, Clock

_numbers = iter(range(1, 10_000))


def say(house: House, text: str, *, account: str = "100", **more: Any) -> Spoken:
    """One chat message through the whole desk."""
    number = next(_numbers)
    base = InboundMessage("telegram", account, account, external_id=str(number), text=text)
    message = replace(base, **more)
    arrival = inbox.Arrival("telegram", f"u{number}", f"telegram:{account}", raw=b"{}")

    def store(session: Session) -> None:
        inbox.store(session, arrival, house.now())

    house.database.writer.run(store)
    [held] = house.database.writer.run(lambda s: inbox.claim(s, house.now(), limit=1, lease=timedelta(60)))
    with house.database.read() as session:
        plan = intake.understand(session, house.community, message)
    return house.database.writer.run(
        lambda s: intake.apply(s, house.community, held, plan, house.now(), house.randomness, house.newsroom)
    )


def link(house: House, member_id: int, account: str) -> None:
    def unit(session: Session) -> None:
        session.add(
            LinkedAccount(
                member_id=member_id, channel="telegram", account=account, place=account, created_at=house.now()
            )
        )

    house.database.writer.run(unit)


def queued(house: House, kind: str) -> list[Delivery]:
    with house.database.read() as session:
        return list(session.scalars(select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id)))


@pytest.fixture
def linked(house: House, cast: Cast) -> Cast:
    """alice's chat is 100, bob's 200."""
    link(house, cast.alice, "100")
    link(house, cast.bob, "200")
    return cast


def test_plain_words_in_a_private_chat_are_a_post(house: House, linked: Cast) -> None:
    spoken = say(house, "Hello *world*")
    assert spoken.outcome == "published"
    with house.database.read() as session:
        post = session.get_one(Post, spoken.post_id)
        assert (post.kind, post.status, post.blog_id) == ("post", "published", linked.blog)
        assert post.html == "<p>Hello <em>world</em></p>\n"
        assert post.path == "/2026/11/25/120000"


def test_the_answer_says_who_can_see_it(house: House, linked: Cast) -> None:
    say(house, "Hello")
    [answer] = queued(house, "answer")
    assert "public on your blog, and in the timelines of people who follow you" in answer.payload["answer"]["text"]
    assert "https://alice.example.org/2026/11/25/120000" in answer.payload["answer"]["text"]


def test_a_follower_with_a_chat_is_told_of_a_post(house: House, linked: Cast) -> None:
    spoken = say(house, "Hello")
    [told] = queued(house, "post")
    assert (told.channel, told.recipient, told.member_id) == ("telegram", "200", linked.bob)
    [held] = house.database.writer.run(
        lambda s: [
            c for c in outbox.claim(s, "telegram", house.now(), limit=9, lease=timedelta(60)) if c.kind == "post"
        ]
    )
    with house.database.read() as session:
        said = notices.RENDERERS["post"](session, house.community, held)
    assert said is not None
    assert said.text == "**Alice** wrote:\n\nHello"
    assert said.post_id == spoken.post_id


def test_a_native_reply_to_a_told_post_is_a_reply_and_its_author_is_told_by_mail(house: House, linked: Cast) -> None:
    post = say(house, "Hello")

    def record(session: Session) -> None:
        from gateway.core.writing.message_map import remember_message

        remember_message(
            session,
            session.get_one(Post, post.post_id),
            channel="telegram",
            place="200",
            external_id="m77",
            direction="out",
            now=house.now(),
        )
        preferences.unlink_named(session, session.get_one(Member, linked.alice), "telegram")

    house.database.writer.run(record)
    reply = say(house, "Hi Alice", account="200", answers=("m77",))
    assert reply.outcome == "replied"
    [told] = queued(house, "reply")
    assert (told.channel, told.recipient) == ("email", "alice@example.com")


def test_an_answer_to_nothing_known_is_asked_about_and_publishes_nothing(house: House, linked: Cast) -> None:
    spoken = say(house, "Hi", answers=("unknown",))
    assert spoken.outcome == "rejected"
    assert "Nothing was published" in spoken.reason


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("/tiemline", "timeline"), ("!folow @bob", "follow"), ("/post@bot", None), ("timelin", "timeline")],
)
def test_an_unknown_command_gets_the_nearest_one_and_publishes_nothing(
    house: House, linked: Cast, text: str, nearest: str | None
) -> None:
    spoken = say(house, text)
    assert spoken.outcome == "rejected"
    if nearest:
        assert spoken.answer is not None
        assert f"`{nearest}`" in spoken.answer.text
    with house.database.read() as session:
        assert session.scalar(select(Post)) is None


def test_a_post_may_begin_with_a_command_word(house: House, linked: Cast) -> None:
    for text in ("Block parties are fun, says my neighbour", "Reply all is a menace", "Post offices close at five"):
        assert say(house, text).outcome == "published", text


def test_a_refused_command_undoes_what_it_had_begun(house: House, linked: Cast) -> None:
    spoken = say(house, "recommend @alice me")
    assert spoken.outcome == "rejected"
    assert "can't recommend yourself" in spoken.reason


def test_undo_takes_a_post_back_before_anybody_is_told(house: House, linked: Cast, clock: Clock) -> None:
    patient = replace(house, community=replace(house.community, undo_posts=timedelta(seconds=30)))
    spoken = say(patient, "Oops")
    undone = say(patient, "undo")
    assert undone.outcome == "deleted"
    assert undone.answer is not None
    assert undone.answer.text.startswith("Taken back: “Oops” [")
    [told] = queued(house, "post")
    assert told.status == "cancelled"
    with house.database.read() as session:
        post = session.get_one(Post, spoken.post_id)
        assert (post.status, post.markdown) == ("deleted", "")


def test_undo_after_its_window_says_what_to_do_instead(house: House, linked: Cast, clock: Clock) -> None:
    say(house, "Oops")
    clock.forward(seconds=1)
    spoken = say(house, "undo")
    assert spoken.outcome == "rejected"
    assert "too late" in spoken.reason
    assert "delete " in spoken.reason


def test_an_edited_message_edits_its_post_and_nothing_when_nothing_changed(house: House, linked: Cast) -> None:
    spoken = say(house, "Helo")
    with house.database.read() as session:
        row = session.scalars(select(Inbound).where(Inbound.post_id == spoken.post_id)).one()
    external_id = row.unique_key.removeprefix("u")
    edited = say(house, "Hello", intent=Intent.EDIT, external_id=external_id)
    same = say(house, "Hello", intent=Intent.EDIT, external_id=external_id)
    assert (edited.outcome, same.outcome) == ("edited", "ignored")
    with house.database.read() as session:
        assert session.get_one(Post, spoken.post_id).markdown == "Hello"


def test_a_stranger_gets_one_help_message_a_day(house: House, linked: Cast, clock: Clock) -> None:
    for _ in range(3):
        assert say(house, "Hello", account="999").outcome == "rejected"
    assert len(queued(house, "answer")) == 1
    clock.forward(days=1)
    say(house, "Hello", account="999")
    assert len(queued(house, "answer")) == 2


def test_a_code_links_a_chat_once(house: House, cast: Cast, clock: Clock) -> None:
    from gateway.core.store.models import Member

    code = house.database.writer.run(
        lambda s: accounts.link_code(s, s.get_one(Member, cast.alice), "telegram", house.now(), house.randomness)
    )
    assert say(house, f"/start {code}", account="300").outcome == "answered"
    assert say(house, "Not linked yet", account="300").outcome == "rejected"
    assert say(house, f"link {code}", account="300").outcome == "answered"
    assert say(house, f"link {code}", account="301").outcome == "rejected"
    assert say(house, "It works", account="300").outcome == "published"


def test_a_code_is_worth_nothing_after_ten_minutes(house: House, cast: Cast, clock: Clock) -> None:
    from gateway.core.store.models import Member

    code = house.database.writer.run(
        lambda s: accounts.link_code(s, s.get_one(Member, cast.alice), "telegram", house.now(), house.randomness)
    )
    clock.forward(minutes=10)
    assert say(house, f"link {code}", account="300").outcome == "rejected"


def test_words_in_a_group_are_not_posted(house: House, linked: Cast) -> None:
    assert say(house, "Hello all", private=False, addressed=False).outcome == "ignored"
    assert say(house, "Hello bot", private=False).outcome == "ignored"
    assert say(house, "/post Hello blog", private=False).outcome == "published"


def test_a_blocked_bot_is_told_nothing_more_until_it_is_unblocked(house: House, linked: Cast) -> None:
    say(house, "", account="200", intent=Intent.BLOCKED)
    say(house, "Hello")
    assert queued(house, "post") == []
    say(house, "", account="200", intent=Intent.UNBLOCKED)
    say(house, "Hello again")
    assert len(queued(house, "post")) == 1


def test_a_muted_member_is_not_heard(house: House, linked: Cast) -> None:
    say(house, "mute @alice", account="200")
    say(house, "Hello @bob")
    assert queued(house, "post") == queued(house, "mention") == []


def test_every_verb_of_the_grammar_has_a_handler() -> None:
    from gateway.core.desk.grammar import VERBS
    from gateway.core.desk.verbs import HANDLERS

    assert {verb.name for verb in VERBS} == set(HANDLERS)


def test_results_name_no_delivery_that_went_to_another_process(house: House, linked: Cast, clock: Clock) -> None:
    say(house, "Hello")
    writer = house.database.writer
    [first, *_] = writer.run(lambda s: outbox.claim(s, "telegram", house.now(), limit=1, lease=timedelta(seconds=1)))
    clock.forward(seconds=2)
    writer.run(lambda s: amending.expire(s, house.now(), on_ambiguous="resend"))
    [second, *_] = writer.run(lambda s: outbox.claim(s, "telegram", house.now(), limit=1, lease=timedelta(seconds=9)))
    assert first.id == second.id
    assert writer.run(lambda s: outbox.attempt(s, [first], house.now())) == set()
    assert writer.run(lambda s: outbox.attempt(s, [second], house.now())) == {second.id}
    assert writer.run(lambda s: outbox.record(s, [(first, Result("failed"))], house.now())) == 0
    assert writer.run(lambda s: outbox.record(s, [(second, Result("sent", remote_id="m1"))], house.now())) == 1
