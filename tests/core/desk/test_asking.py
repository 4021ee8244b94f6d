"""`ask on`: what comes by chat or mail waits for a yes; what was changed until then is what is published."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk import intake
from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.messages import InboundMessage, Intent, Wishes
from gateway.core.people import relations
from gateway.core.store.models import Inbound, Post
from tests.conftest import Cast, Clock
from tests.core.desk.test_intake import say
from tests.core.hands import choose, delete, deliveries, do, link, member, photo, publish

MAIL: dict[str, Any] = {"channel": "email", "place": "alice@example.com"}


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


@pytest.fixture
def careful(house: House, cast: Cast) -> Cast:
    """alice's chat is 100, bob's 200; alice is asked before anything is published."""
    link(house, "alice", "100")
    link(house, "bob", "200")
    assert "nobody but you can see it" in text(house, "ask on")
    return cast


def text(house: House, words: str, **more: Any) -> str:
    answer = say(house, words, **more).answer
    assert answer is not None
    return answer.text


def newest(house: House) -> Post:
    with house.database.read() as session:
        return session.scalars(select(Post).order_by(Post.id.desc())).first() or pytest.fail("There is no post.")


def test_a_post_waits_with_its_words_and_its_audience_said(house: House, careful: Cast) -> None:
    spoken = say(house, "Hello *world*\nand all", media=(photo(),))
    assert spoken.outcome == "answered"
    assert spoken.answer is not None
    ref = newest(house).short_reference
    assert spoken.answer.text.startswith(
        f"Publish this? [{ref}]\n\n> Hello *world*\n> and all\n>\n> 1 file\n\nNobody but you can see it yet."
    )
    assert "When it is published: It is public on your blog" in spoken.answer.text
    assert "`yes`" in spoken.answer.text
    assert [button.action for button in spoken.answer.buttons[0]] == [f"publish {ref}", f"delete {ref}"]
    assert newest(house).status == "draft"
    assert deliveries(house, "post") == []


@pytest.mark.parametrize("yes", ["yes", "Yes!", "publish", "ja", "*Yes*"])
@pytest.mark.parametrize("by_answering", [True, False])
def test_a_yes_publishes_it(house: House, careful: Cast, yes: str, by_answering: bool) -> None:
    say(house, "Hello", external_id="m1")
    spoken = say(house, yes, answers=("m1",) if by_answering else ())
    assert spoken.outcome == "published"
    assert newest(house).status == "published"
    assert [row.recipient for row in deliveries(house, "post")] == ["200"]
    assert say(house, "yes", answers=("m1",) if by_answering else ()).outcome != "published"


def test_its_button_publishes_it(house: House, careful: Cast) -> None:
    say(house, "Hello")
    pressed = say(house, "", intent=Intent.PRESS, action=f"publish {newest(house).short_reference}")
    assert pressed.outcome == "published"


@pytest.mark.parametrize("no", ["no", "Nein.", "delete"])
def test_a_no_drops_it(house: House, careful: Cast, no: str) -> None:
    say(house, "Hello", external_id="m1")
    said = text(house, no, answers=("m1",))
    assert "Dropped" in said
    assert "nobody else has seen it" in said
    assert newest(house).status == "deleted"


def test_a_reply_waits_too_and_is_a_reply(house: House, careful: Cast) -> None:
    post = publish(house, "bob", "A question")
    said = text(house, f"reply {post.short_reference} My answer")
    assert "public in the conversation" in said
    assert (newest(house).kind, newest(house).status) == ("reply", "draft")
    assert deliveries(house, "reply") == []
    assert newest(house).short_reference in text(house, "drafts")
    assert say(house, "yes").outcome == "replied"
    assert (newest(house).reply_to_id, newest(house).conversation_id) == (post.id, post.id)
    assert [row.recipient for row in deliveries(house, "reply")] == ["200"]


@pytest.mark.parametrize("gone", ["deleted", "blocked"])
def test_a_reply_to_what_is_gone_meanwhile_is_not_published(house: House, careful: Cast, gone: str) -> None:
    post = publish(house, "bob", "A question")
    say(house, f"reply {post.short_reference} My answer")
    if gone == "deleted":
        delete(house, "bob", post)
    else:
        do(house, lambda s: relations.shun(s, member(s, "bob"), member(s, "alice"), "block", house.now()))
    assert "Your reply was not published" in text(house, "yes")
    assert newest(house).status == "draft"


def test_changes_before_it_is_published_are_kept(house: House, careful: Cast) -> None:
    say(house, "Helo", external_id="m1")
    changed = say(house, "Hello", intent=Intent.EDIT, external_id="m1")
    assert changed.answer is not None
    assert "> Hello" in changed.answer.text
    assert changed.answer.buttons
    say(house, "title: A title", answers=("m1",))
    say(house, "edit: Hello, all", answers=("m1",))
    say(house, "yes", answers=("m1",))
    post = newest(house)
    assert (post.status, post.title, post.markdown) == ("published", "A title", "Hello, all")


def test_words_in_answer_to_one_s_own_draft_publish_nothing(house: House, careful: Cast) -> None:
    say(house, "Hello", external_id="m1")
    assert "This is a draft of yours" in text(house, "Oh, and more", answers=("m1",))
    with house.database.read() as session:
        assert session.scalars(select(Post.status)).all() == ["draft"]


def test_by_mail_it_is_the_first_line_that_answers(house: House, careful: Cast) -> None:
    say(house, "Hello", member_id=careful.alice, blog_id=careful.blog, external_id="<1@x>", **MAIL)
    assert newest(house).status == "draft"
    orders = {"member_id": careful.alice, "answers": ("<1@x>",), "only_commands": True, **MAIL}
    assert say(house, "Yes\n\n-- \nAlice", **orders).outcome == "published"


@pytest.mark.parametrize("state", ["publish", "draft"])
def test_who_chose_in_a_form_is_not_asked_again(house: House, careful: Cast, state: Any) -> None:
    said = text(house, "Hello", wishes=Wishes(state=state))
    assert "Publish this?" not in said
    assert newest(house).status == {"publish": "published", "draft": "draft"}[state]


def test_a_date_to_come_is_left_out_and_that_is_said(house: House, careful: Cast) -> None:
    said = text(house, "Hello", wishes=Wishes(date="2026-12-24"))
    assert "Publish this?" in said
    assert "its date was left out" in said


def test_a_yes_to_something_else_publishes_nothing(house: House, careful: Cast, clock: Clock) -> None:
    """To somebody's post it is a reply; after an hour, or without a question, it is to nothing, and that is said."""
    say(house, "Hello")
    clock.forward(hours=2)
    assert "Nothing is waiting" in text(house, "yes")
    post = publish(house, "bob", "Shall we?")
    assert "> Yes" in text(house, f"reply {post.short_reference} Yes")
    choose(house, "alice", ask_first=False)
    say(house, "draft: For later")
    assert "Nothing is waiting" in text(house, "yes")
    with house.database.read() as session:
        assert session.scalars(select(Post.status).where(Post.author_id == careful.alice)).all() == ["draft"] * 3


@pytest.mark.parametrize("word", ["Yes!", "No."])
def test_a_word_in_passing_touches_nothing_that_was_not_asked_about_here(
    house: House, careful: Cast, clock: Clock, word: str
) -> None:
    """Neither an explicit draft, nor one from the web, nor what was asked about in another chat, nor what is decided already."""
    link(house, "alice", "101")
    text(house, "Asked about elsewhere", account="101")
    say(house, "draft: An explicit one", external_id="m1")
    publish(house, "alice", "One from the web", draft=True)
    text(house, "Decided already")
    say(house, f"delete {newest(house).short_reference}")
    clock.forward(minutes=1)
    for answers in ((), ("m1",)):
        assert say(house, word, answers=answers).outcome not in {"published", "deleted"}
        with house.database.read() as session:
            assert session.scalars(select(Post.status).order_by(Post.id).limit(3)).all() == ["draft"] * 3
    assert say(house, "yes", account="101").outcome == "published"


def test_a_draft_of_one_s_own_in_between_does_not_take_the_yes(house: House, careful: Cast) -> None:
    text(house, "Asked about")
    publish(house, "alice", "One from the web", draft=True)
    assert say(house, "yes").outcome == "published"
    with house.database.read() as session:
        posts = {post.markdown: post.status for post in session.scalars(select(Post))}
    assert posts == {"Asked about": "published", "One from the web": "draft"}


def test_nobody_else_says_yes(house: House, careful: Cast) -> None:
    say(house, "Hello")
    ref = newest(house).short_reference
    assert f"no post [{ref}]" in text(house, f"publish {ref}", account="200")
    assert newest(house).status == "draft"


def test_without_it_all_is_published_at_once(house: House, careful: Cast) -> None:
    assert "published at once" in text(house, "ask off")
    assert say(house, "Hello").outcome == "published"


def test_confirmations_that_are_off_swallow_no_question(house: House, careful: Cast) -> None:
    choose(house, "alice", confirmations=False)
    assert "Publish this?" in text(house, "Hello")


def test_in_a_group_nobody_is_asked_and_nothing_is_published(house: House, careful: Cast) -> None:
    said = text(house, "/post Hello", place="-900", private=False)
    assert said.startswith(
        "You want to be asked before anything is published, and that is done in private. Nothing was published."
    )
    with house.database.read() as session:
        assert session.scalars(select(Post)).all() == []


def test_a_held_mail_that_was_released_is_not_asked_about_again(house: House, careful: Cast) -> None:
    """Its button was a yes."""
    numbers = []

    def release(session: Session) -> None:
        [row] = session.scalars(select(Inbound).where(Inbound.status == "held"))
        numbers.append(row.id)
        inbox.release(session, row.id, house.now())

    mail = {"member_id": careful.alice, "blog_id": careful.blog, **MAIL}
    assert say(house, "Hello", hold="We can't be sure.", **mail).outcome == "held"
    do(house, release)
    [held] = do(house, lambda s: inbox.claim(s, house.now(), limit=1, lease=house.lease))
    message = InboundMessage(account="alice@example.com", text="Hello", **mail)
    with house.database.read() as session:
        plan = intake.understand(session, house.community, message)
    spoken = do(house, lambda s: intake.apply(s, house.community, held, plan, house.now(), house.randomness))
    assert (held.id, spoken.outcome) == (numbers[0], "published")
