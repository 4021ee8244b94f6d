"""What members do to posts by words: blocks, references, drafts, photos, and words that no database takes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk import acts
from gateway.core.errors import Conflict, NotFound
from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.messages import Intent, Wishes
from gateway.core.people import relations
from gateway.core.store.models import Inbound, Media, Member, Post
from tests.conftest import Cast, Clock
from tests.core.desk.test_intake import say
from tests.core.hands import choose, delete, deliveries, do, link, member, photo, publish, reply


@pytest.fixture
def linked(house: House, cast: Cast) -> Cast:
    """alice's chat is 100, bob's 200."""
    link(house, "alice", "100")
    link(house, "bob", "200")
    return cast


def newest(house: House) -> Post:
    with house.database.read() as session:
        return session.scalars(select(Post).order_by(Post.id.desc())).first() or pytest.fail("There is no post.")


def test_who_is_blocked_finds_that_a_post_is_not_there(house: House, cast: Cast) -> None:
    post = publish(house, "alice", "Hello")
    do(house, lambda s: relations.shun(s, member(s, "alice"), member(s, "bob"), "block", house.now()))
    with pytest.raises(NotFound, match="not there any more"):
        reply(house, "bob", post, "Hi")
    reply(house, "carol", post, "Hi")


def test_writing_counts_as_being_seen(house: House, cast: Cast, clock: Clock) -> None:
    def seen(member_id: int) -> object:
        with house.database.read() as session:
            return session.get_one(Member, member_id).last_seen_at

    post = publish(house, "alice", "Hello")
    now = clock.forward(hours=1)
    reply(house, "bob", post, "Hi")
    assert (seen(cast.alice), seen(cast.bob), seen(cast.carol)) == (post.published_at, now, None)


def test_a_draft_is_edited_and_deleted_without_anybody_knowing(house: House, linked: Cast) -> None:
    assert say(house, "draft: Slow").outcome == "answered"
    ref = newest(house).short_reference
    edited = say(house, f"edit {ref} Slower")
    assert edited.answer is not None
    assert "Nobody but you can see it" in edited.answer.text
    assert "http" not in edited.answer.text
    assert say(house, f"delete {ref}").outcome == "deleted"
    assert {row.kind for row in deliveries(house)} == {"answer"}


def test_a_draft_of_somebody_else_is_not_there(house: House, linked: Cast) -> None:
    say(house, "draft: Slow")
    ref = newest(house).short_reference
    for words in (f"publish {ref}", f"edit {ref} Mine", f"delete {ref}", f"reply {ref} I see you", f"thread {ref}"):
        assert f"no post [{ref}]" in say(house, words, account="200").reason, words


def test_a_post_of_somebody_else_is_not_changed(house: House, linked: Cast) -> None:
    say(house, "Hello")
    ref = newest(house).short_reference
    for words in (f"edit {ref} Mine", f"delete {ref}", f"alt {ref} a boat"):
        assert "not yours" in say(house, words, account="200").reason
    assert newest(house).markdown == "Hello"


def test_a_thread_of_which_nothing_is_left_is_said_to_be_gone(house: House, linked: Cast) -> None:
    from gateway.core.writing.message_map import remember_message

    post = publish(house, "alice", "Hello")

    def remember(session: Session) -> None:
        remember_message(
            session, session.get_one(Post, post.id), channel="telegram", place="200", external_id="m1", direction="out",
            now=house.now(),
        )  # fmt: skip

    do(house, remember)
    delete(house, "alice", post)
    spoken = say(house, "/thread", account="200", answers=("m1",))
    assert (spoken.outcome, spoken.reason) == ("rejected", "Nothing of this conversation is there any more.")


def test_a_thread_is_read_oldest_first(house: House, linked: Cast) -> None:
    post = publish(house, "alice", "Hello")
    answer = reply(house, "carol", post, "Hi")
    spoken = say(house, f"thread {answer.short_reference}", account="200")
    assert spoken.answer is not None
    assert spoken.answer.text.index("Hello") < spoken.answer.text.index("Hi")


@pytest.mark.parametrize(
    ("words", "alt"),
    [
        ("a boat", "a boat"),
        ("1 a boat", "a boat"),
        ("² a boat", "² a boat"),
        ("2026 a boat", "2026 a boat"),
        ("1", "1"),
    ],
)
def test_a_photo_is_described(house: House, linked: Cast, words: str, alt: str) -> None:
    post = publish(house, "alice", "", media=(photo(),))
    assert say(house, f"alt {post.short_reference} {words}").outcome == "edited"
    with house.database.read() as session:
        assert session.scalars(select(Media.alt)).all() == [alt]


def test_a_title_comes_afterwards_and_the_address_stays(house: House, linked: Cast) -> None:
    say(house, "Hello")
    assert say(house, r"title: The \*harbour\*").outcome == "edited"
    post = newest(house)
    assert (post.title, post.markdown, post.path) == ("The *harbour*", "Hello", "/2026/11/25/120000")


def test_an_edit_by_words_keeps_the_title(house: House, linked: Cast) -> None:
    say(house, "Hello")
    say(house, "title: Harbour")
    say(house, f"edit {newest(house).short_reference} Hello again")
    assert (newest(house).title, newest(house).markdown) == ("Harbour", "Hello again")


def test_no_words_make_a_message_fail(house: House, linked: Cast) -> None:
    """NUL and half surrogate pairs come in chats' JSON; they are an outcome like others, on both databases."""
    for words in ("Hello \0 \ud83d", "/follow @b\0b", "/thread k7\0", "/digest \ud800", "/link \0", "/post\0 x", "\0", "/alt k7f \udfff"):  # fmt: skip
        spoken = say(house, words, account_name="\ud83d\0")
        assert spoken.outcome in {"published", "rejected", "answered"}, words


def test_a_button_from_long_ago_is_answered(house: House, linked: Cast) -> None:
    spoken = say(house, "", intent=Intent.PRESS, action="dance k7f")
    assert spoken.outcome == "rejected"
    assert spoken.answer is not None
    assert "Nothing was published" in spoken.answer.text


def test_unmute_does_not_end_a_block(house: House, linked: Cast) -> None:
    say(house, "block @bob")
    assert "unblock @bob" in say(house, "unmute @bob").reason
    told = say(house, "mute @bob").answer
    assert told is not None
    assert "blocked" in told.text
    assert say(house, "unblock @bob").outcome == "answered"
    assert say(house, "unmute @bob").answer is not None


def test_undo_leaves_no_trace_outside(house: House, linked: Cast) -> None:
    spoken = say(house, "Oops @carol")
    do(house, lambda s: acts.undo(s, house.community, member(s, "alice"), house.now()))
    assert {(row.kind, row.status) for row in deliveries(house) if row.post_id == spoken.post_id} == {
        ("answer", "cancelled"),
        ("mention", "cancelled"),
        ("post", "cancelled"),
    }


def test_confirmations_may_be_turned_off_but_notes_are_told(house: House, linked: Cast) -> None:
    choose(house, "alice", confirmations=False)
    assert say(house, "Hello").answer is None
    noted = say(house, "Hello", notes=("One photo was too large and was left out.",)).answer
    assert noted is not None
    assert "too large" in noted.text


def test_confirmations_are_turned_off_and_on_by_a_word(house: House, linked: Cast) -> None:
    assert say(house, "confirmations off").outcome == "answered"
    assert say(house, "Hello").answer is None
    assert say(house, "confirmations").outcome == say(house, "confirmations sometimes").outcome == "rejected"
    assert say(house, "Confirmations ON").outcome == "answered"
    assert say(house, "Hello again").answer is not None


def test_a_member_sees_in_chat_what_became_of_their_messages(house: House, linked: Cast) -> None:
    say(house, "Hello")
    say(house, "/follow @nobody")
    say(house, "Something of Bob's", account="200")
    answer = say(house, "inbox").answer
    assert answer is not None
    lines = [line for line in answer.text.splitlines() if line.startswith("- ")]
    assert len(lines) == 2
    assert "not done. There is no member called" in lines[0]
    assert lines[1].endswith("“Hello”: published https://alice.example.org/2026/11/25/120000")


def test_what_became_of_messages_is_said_as_it_stands_now(house: House, linked: Cast, clock: Clock) -> None:
    def told() -> list[str]:
        answer = say(house, "inbox").answer
        assert answer is not None
        ended = [line.split(": ", 1)[1] for line in answer.text.splitlines() if line.startswith("- ")]
        return [one for one in ended if one != "done"]  # the earlier `inbox`

    house = replace(house, community=replace(house.community, undo_posts=timedelta(seconds=30)))
    say(house, "draft: Slow")
    draft = newest(house)
    assert told() == [f"kept as a draft. Kept as a draft \\[{draft.short_reference}\\]; nobody else can see it."]
    say(house, f"publish {draft.short_reference}")
    assert [line.split()[0] for line in told()] == ["published", "published"]
    clock.forward(minutes=5)
    say(house, f"delete {draft.short_reference}")
    say(house, "draft: Never")
    say(house, f"delete {newest(house).short_reference}")
    say(house, "Hasty")
    say(house, "undo")
    gone = [
        "deleted a post",
        "taken back",
        "deleted a post",
        "dropped",
        "deleted a post",
        "deleted since",
        "deleted since",
    ]
    assert told() == gone


def test_a_command_is_done_or_not_and_what_is_code_stays_code(house: House, linked: Cast, clock: Clock) -> None:
    say(house, "Hello")
    ref = newest(house).short_reference
    clock.forward(minutes=30)
    say(house, "follow @bob")
    say(house, f"undo {ref}")
    answer = say(house, "inbox").answer
    assert answer is not None
    undone, done, _ = [line.split(": ", 1)[1] for line in answer.text.splitlines() if line.startswith("- ")]
    assert undone.startswith("not done. It is too late")
    assert f"Send `delete {ref}` to delete it." in undone
    assert done == "done"


@pytest.mark.parametrize("word", ["delete", "undo"])
def test_what_is_deleted_is_not_deleted_again(house: House, linked: Cast, word: str) -> None:
    say(house, "First", external_id="f1")
    assert say(house, "delete", answers=("f1",)).outcome == "deleted"
    again = say(house, word, answers=("f1",))
    assert again.outcome == "rejected"
    assert again.answer is not None
    assert "It is deleted already." in again.answer.text


def test_answering_a_message_undo_and_title_mean_its_post_and_not_the_last(house: House, linked: Cast) -> None:
    first = say(house, "First", external_id="f1")
    say(house, "Second", external_id="s1")
    assert say(house, "title: The first", answers=("f1",)).post_id == first.post_id
    assert say(house, "undo", answers=("f1",)).post_id == first.post_id  # the title
    assert say(house, "undo", answers=("f1",)).post_id == first.post_id
    with house.database.read() as session:
        assert {post.markdown: post.status for post in session.scalars(select(Post))} == {
            "": "deleted",
            "Second": "published",
        }


def test_inline_pictures_stand_at_their_address(house: House, linked: Cast) -> None:
    picture = replace(photo(content_id="boat@1"), alt="a boat")
    spoken = say(house, "Look: ![a boat](cid:boat@1)", media=(picture,))
    with house.database.read() as session:
        post = session.get_one(Post, spoken.post_id)
        assert f"/media/{'a' * 64}" in post.html
        assert [item.inline for item in post.media] == [True]


def test_a_message_that_made_a_post_is_processed_again_only_when_that_post_is_gone(house: House, linked: Cast) -> None:
    say(house, "Hello")
    post = newest(house)
    with house.database.read() as session:
        row_id = session.scalars(select(Inbound.id).where(Inbound.post_id == post.id)).one()
    with pytest.raises(Conflict, match=rf"the post \[{post.short_reference}\] already"):
        do(house, lambda s: inbox.replay(s, row_id, house.now()))
    delete(house, "alice", post)
    do(house, lambda s: inbox.replay(s, row_id, house.now()))


@pytest.mark.parametrize(
    ("wishes", "status"), [(Wishes(state="draft"), "draft"), (Wishes(delay="1h"), "draft"), (Wishes(), "published")]
)
def test_a_draft_is_not_made_twice_nor_what_waits_for_its_time(
    house: House, linked: Cast, clock: Clock, wishes: Wishes, status: str
) -> None:
    say(house, "Hello", wishes=wishes)
    post = newest(house)
    assert post.status == status
    with house.database.read() as session:
        row_id = session.scalars(select(Inbound.id).where(Inbound.post_id == post.id)).one()

    def replay_is_refused() -> None:
        with pytest.raises(Conflict, match=rf"\[{post.short_reference}\] already"):
            do(house, lambda s: inbox.replay(s, row_id, house.now()))

    replay_is_refused()
    if wishes.delay:
        clock.forward(hours=1)
        assert do(house, lambda s: acts.publish_scheduled(s, house.community, post.id, house.now()))
        replay_is_refused()


def test_a_command_that_touched_a_post_may_be_processed_again(house: House, linked: Cast) -> None:
    say(house, "Hello")
    spoken = say(house, f"edit {newest(house).short_reference} Bye")
    assert spoken.outcome == "edited"
    with house.database.read() as session:
        rows = session.scalars(select(Inbound.id).where(Inbound.post_id == spoken.post_id).order_by(Inbound.id)).all()
    do(house, lambda s: inbox.replay(s, rows[-1], house.now()))


def test_several_commands_of_which_one_made_a_post_are_not_processed_again(house: House, linked: Cast) -> None:
    assert say(house, "digest daily\ndraft: Hello", only_commands=True).outcome == "answered"
    with house.database.read() as session:
        row_id = session.scalars(select(Inbound.id).where(Inbound.post_id == newest(house).id)).one()
    with pytest.raises(Conflict, match="already"):
        do(house, lambda s: inbox.replay(s, row_id, house.now()))
