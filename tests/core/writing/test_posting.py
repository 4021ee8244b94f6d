"""Posting: permalinks, drafts, edits, deletions, undo, photos in the text, what is refused."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Update, func, select, update
from sqlalchemy.orm import Session

from gateway.core.desk import acts
from gateway.core.errors import Conflict, Invalid, NotAllowed, NotFound
from gateway.core.house import House
from gateway.core.store.db import Database
from gateway.core.store.models import Blog, Delivery, Media, Mention, Post, PostRevision
from gateway.core.writing import blogs, changing, posting
from tests.conftest import Cast, Clock
from tests.core.hands import delete, deliveries, do, edit, link, member, photo, publish, reply, tell


def reread(house: House, post: Post) -> Post:
    with house.database.read() as session:
        return session.get_one(Post, post.id)


def test_a_permalink_is_the_date_and_title_in_the_blogs_own_zone(house: House, cast: Cast, clock: Clock) -> None:
    clock.now = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    do(house, lambda s: blogs.change(s, s.get_one(Blog, cast.blog), member(s, "alice"), time_zone="Asia/Tokyo"))
    assert publish(house, "alice", "Words", title="Fish & Chips, again").path == "/2027/01/01/fish-chips-again"
    assert publish(house, "alice", "No title").path == "/2027/01/01/083000"
    assert publish(house, "bob", "No title").path == "/2026/12/31/233000"


def test_a_permalink_is_spelt_as_the_blogs_language_does(house: House, cast: Cast) -> None:
    assert publish(house, "alice", "Words", title="Grünkohl").path == "/2026/11/25/grunkohl"
    do(house, lambda s: blogs.change(s, s.get_one(Blog, cast.blog), member(s, "alice"), language="de"))
    assert publish(house, "alice", "Words", title="Grünkohl").path == "/2026/11/25/gruenkohl"


def test_a_category_is_spelt_as_the_blog_spelt_it_first(house: House, cast: Cast) -> None:
    def categories(who: str, *names: str) -> list[str]:
        post = publish(house, who, "Words", categories=names)
        with house.database.read() as session:
            return sorted(one.name for one in session.get_one(Post, post.id).categories)

    assert categories("alice", "Sailing", "sailing", "ÄRGER") == ["Sailing", "ÄRGER"]
    assert categories("alice", "sailing", "SAILING", "ärger", "Harbour") == ["Harbour", "Sailing", "ÄRGER"]
    assert categories("bob", "sailing") == ["sailing"], "each blog has its own"


def test_titles_that_collide_are_numbered(house: House, cast: Cast, clock: Clock) -> None:
    paths = [publish(house, "alice", f"{n}", title="Harbour").path for n in range(3)]
    assert paths == ["/2026/11/25/harbour", "/2026/11/25/harbour-2", "/2026/11/25/harbour-3"]
    assert publish(house, "bob", "His", title="Harbour").path == "/2026/11/25/harbour"
    clock.forward(days=1)
    assert publish(house, "alice", "Tomorrow", title="Harbour").path == "/2026/11/26/harbour"


def test_a_title_without_letters_of_ours_takes_the_time(house: House, cast: Cast) -> None:
    assert publish(house, "alice", "Words", title="🙂 !!!").path == "/2026/11/25/120000"


def test_posts_of_one_moment_from_many_threads_get_addresses_of_their_own(house: House, cast: Cast) -> None:
    second = Database(house.database.url)  # as another process
    together = threading.Barrier(2)
    try:
        houses = [house, replace(house, database=second)]
        threads = [threading.Thread(target=_publish_some, args=(one, together)) for one in houses]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    finally:
        second.close()
    with house.database.read() as session:
        paths = set(session.scalars(select(Post.path)))
    assert paths == {"/2026/11/25/120000", *(f"/2026/11/25/120000-{n}" for n in range(2, 11))}


def _publish_some(house: House, together: threading.Barrier) -> None:
    for _ in range(5):
        together.wait(timeout=60)
        publish(house, "alice", "At the same moment")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer, so there are never two
def test_the_constraint_refuses_what_another_transaction_took_meanwhile(
    house: House, cast: Cast, eventually: Callable[..., None]
) -> None:
    """Two transactions that are open at once, neither seeing the other's post, still get two addresses (PostgreSQL)."""
    first_is_in = threading.Event()

    def slow(session: Session) -> str | None:
        path = _publish_in(session, house)
        first_is_in.set()
        eventually(lambda: _someone_waits(house), what="the second transaction's wait")
        return path

    def second(session: Session) -> str | None:
        assert first_is_in.wait(timeout=60)
        return _publish_in(session, house)

    futures = [house.database.writer.submit(slow), house.database.writer.submit(second)]
    done = [future.result(timeout=60) for future in futures]
    assert done == ["/2026/11/25/same", "/2026/11/25/same-2"]


def _publish_in(session: Session, house: House) -> str | None:
    author = member(session, "alice")
    blog = blogs.by_name(session, "alice")
    words = posting.write(session, house.community, "Words", title="Same")
    return posting.publish(session, house.community, blog, author, words, house.now()).path


def _someone_waits(house: House) -> bool:
    from sqlalchemy import text

    with house.database.read() as session:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
        return bool(session.scalar(text(waiting)))


def test_a_permalink_never_moves(house: House, cast: Cast, clock: Clock) -> None:
    post = publish(house, "alice", "Words", title="Old")
    clock.forward(days=3)
    assert edit(house, "alice", post, "Words", title="New")
    do(house, lambda s: blogs.change(s, s.get_one(Blog, cast.blog), member(s, "alice"), time_zone="Asia/Tokyo"))
    assert reread(house, post).path == "/2026/11/25/old"


def test_a_draft_gets_its_address_and_its_date_when_it_is_published(house: House, cast: Cast, clock: Clock) -> None:
    link(house, "bob", "200")
    draft = publish(house, "alice", "Slow words", title="Slow", draft=True)
    assert (draft.status, draft.path, draft.published_at) == ("draft", None, None)
    assert deliveries(house) == []
    now = clock.forward(days=2)
    do(house, lambda s: acts.publish_draft(s, house.community, s.get_one(Post, draft.id), member(s, "alice"), now))
    post = reread(house, draft)
    assert (post.status, post.path, post.published_at) == ("published", "/2026/11/27/slow", now)
    assert [row.recipient for row in deliveries(house, "post")] == ["200"]
    with pytest.raises(Conflict, match="is no draft"):
        do(house, lambda s: acts.publish_draft(s, house.community, s.get_one(Post, draft.id), member(s, "alice"), now))


def test_drafts_are_listed_for_their_author_only_newest_first(house: House, cast: Cast) -> None:
    made = [publish(house, "alice", f"Draft {n}", draft=True).id for n in range(2)]
    publish(house, "alice", "Out")
    with house.database.read() as session:
        assert [post.id for post in posting.drafts(session, cast.alice)] == made[::-1]
        assert posting.drafts(session, cast.bob) == []


def test_only_the_author_publishes_edits_or_deletes(house: House, cast: Cast) -> None:
    post, draft = publish(house, "alice", "Hers"), publish(house, "alice", "Not yet", draft=True)
    with pytest.raises(NotAllowed):
        edit(house, "bob", post, "His")
    with pytest.raises(NotAllowed):
        delete(house, "bob", post)
    now = house.now()
    with pytest.raises(NotAllowed):
        do(house, lambda s: acts.publish_draft(s, house.community, s.get_one(Post, draft.id), member(s, "bob"), now))
    assert (reread(house, post).markdown, reread(house, draft).status) == ("Hers", "draft")


def test_nobody_posts_to_a_blog_of_somebody_else(house: House, cast: Cast) -> None:
    def unit(session: Session) -> None:
        blog = session.get_one(Blog, cast.blog)
        words = posting.write(session, house.community, "Hello")
        posting.publish(session, house.community, blog, member(session, "bob"), words, house.now())

    with pytest.raises(NotAllowed, match="Nothing was published"):
        do(house, unit)


def test_an_edit_keeps_what_was_said_before(house: House, cast: Cast, clock: Clock) -> None:
    post = publish(house, "alice", "Frist", title="One")
    now = clock.forward(hours=1)
    assert edit(house, "alice", post, "First", title="Two")
    changed = reread(house, post)
    assert (changed.title, changed.markdown, changed.html) == ("Two", "First", "<p>First</p>\n")
    assert (changed.edited_at, changed.published_at) == (now, post.published_at)
    with house.database.read() as session:
        [before] = session.scalars(select(PostRevision))
        assert (before.title, before.markdown, before.replaced_at) == ("One", "Frist", now)


def test_an_edit_that_changes_nothing_is_none(house: House, cast: Cast) -> None:
    post = publish(house, "alice", "First", title="One")
    assert not edit(house, "alice", post, " First ", title="One ")
    assert reread(house, post).edited_at is None
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(PostRevision)) == 0


def test_an_edit_to_nothing_is_refused_unless_a_photo_stays(house: House, cast: Cast) -> None:
    bare, pictured = publish(house, "alice", "Words"), publish(house, "alice", "Words", media=(photo(),))
    with pytest.raises(Invalid):
        edit(house, "alice", bare, "")
    assert edit(house, "alice", pictured, "")


def test_mentions_follow_an_edit(house: House, cast: Cast) -> None:
    def mentioned() -> set[int]:
        with house.database.read() as session:
            return set(session.scalars(select(Mention.member_id).where(Mention.post_id == post.id)))

    post = publish(house, "alice", "Thanks @bob and @bob and @nobody")
    assert mentioned() == {cast.bob}
    edit(house, "alice", post, "Thanks @Carol")
    assert mentioned() == {cast.carol}
    edit(house, "alice", post, "Thanks `@bob`")
    assert mentioned() == set()


def test_a_mention_is_linked_to_the_member_and_a_stranger_is_not(house: House, cast: Cast) -> None:
    html = publish(house, "alice", "Ask @Bob or @nobody").html
    assert '<a class="mention" href="https://example.org/@bob"' in html
    assert html.count("<a ") == 1


def test_a_deletion_erases_words_photos_and_revisions_and_cancels_what_waits(house: House, cast: Cast) -> None:
    link(house, "bob", "200")
    post = publish(house, "alice", "Secret of @carol", title="Secret", media=(photo(),))
    edit(house, "alice", post, "Secret of @carol, again", title="Secret")
    delete(house, "alice", post)
    gone = reread(house, post)
    assert (gone.status, gone.title, gone.markdown, gone.html) == ("deleted", "", "", "")
    with house.database.read() as session:
        for table in (Media, PostRevision, Mention):
            assert session.scalar(select(func.count()).select_from(table)) == 0, table
        with pytest.raises(NotFound):
            posting.by_reference(session, gone.short_reference)
    assert {row.status for row in deliveries(house, "post") + deliveries(house, "mention")} == {"cancelled"}


def test_deleting_twice_changes_nothing_more(house: House, cast: Cast, clock: Clock) -> None:
    link(house, "bob", "200")
    post = publish(house, "alice", "Hello")
    sent = deliveries(house, "post")[0].id
    do(house, lambda s: s.execute(_sent(sent)))
    delete(house, "alice", post)
    at = reread(house, post).deleted_at
    clock.forward(minutes=1)
    delete(house, "alice", post)
    assert reread(house, post).deleted_at == at
    assert len(deliveries(house, "retract")) == 1


def _sent(delivery_id: int) -> Update:
    return update(Delivery).where(Delivery.id == delivery_id).values(status="sent", remote_id="m1")


def test_what_is_deleted_can_be_neither_edited_nor_answered(house: House, cast: Cast) -> None:
    post = publish(house, "alice", "Hello")
    delete(house, "alice", post)
    with pytest.raises(NotFound, match="Nothing was changed"):
        edit(house, "alice", post, "Again")
    with pytest.raises(NotFound, match="Your reply was not published"):
        reply(house, "bob", post, "What?")


def test_a_draft_can_not_be_answered(house: House, cast: Cast) -> None:
    with pytest.raises(NotFound):
        reply(house, "bob", publish(house, "alice", "Not yet", draft=True), "I saw it")


def test_undo_takes_back_the_newest_within_its_window(house: House, cast: Cast, clock: Clock) -> None:
    patient = replace(house, community=replace(house.community, undo_posts=timedelta(seconds=30)))
    first = publish(patient, "alice", "First")
    clock.forward(seconds=20)
    second = publish(patient, "alice", "Second")
    clock.forward(seconds=15)
    assert do(house, lambda s: acts.undo(s, patient.community, member(s, "alice"), clock.now))[0].id == second.id
    with pytest.raises(Conflict, match=rf"too late.*delete {first.short_reference}"):
        do(house, lambda s: acts.undo(s, patient.community, member(s, "alice"), clock.now))
    with pytest.raises(NotFound, match="nothing to undo"):
        do(house, lambda s: acts.undo(s, patient.community, member(s, "carol"), clock.now))
    assert (reread(house, first).status, reread(house, second).status) == ("published", "deleted")


def test_texts_have_a_length(house: House, cast: Cast) -> None:
    longest = "x" * posting.LONGEST_TEXT
    with house.database.read() as session:
        assert posting.write(session, house.community, f"  {longest}\n").markdown == longest
        for text, title in ((longest + "x", ""), ("x", "y" * (posting.LONGEST_TITLE + 1))):
            with pytest.raises(Invalid, match="too long"):
                posting.write(session, house.community, text, title=title)


@pytest.mark.parametrize("text", ["", " \n\t ", "   "])
def test_nothing_is_not_published(house: House, cast: Cast, text: str) -> None:
    with pytest.raises(Invalid, match="nothing to publish"):
        publish(house, "alice", text)


def test_a_photo_alone_is_a_post(house: House, cast: Cast) -> None:
    assert publish(house, "alice", "", media=(photo(),)).status == "published"


def test_a_picture_in_the_text_is_marked_and_the_mark_follows_an_edit(house: House, cast: Cast) -> None:
    def inline() -> list[bool]:
        with house.database.read() as session:
            return list(session.scalars(select(Media.inline).order_by(Media.position)))

    here, below = photo("a.jpg", blob="a" * 64), photo("b.jpg", blob="b" * 64)
    text = f"Look: ![]({house.community.media_url('a' * 64)})"
    post = publish(house, "alice", text, media=(here, below))
    assert inline() == [True, False]
    edit(house, "alice", post, "Look below")
    assert inline() == [False, False]
    edit(house, "alice", post, text)
    assert inline() == [True, False]


def test_what_a_database_can_not_hold_is_replaced_not_lost(house: House, cast: Cast) -> None:
    """NUL is no text for PostgreSQL, and half a surrogate pair none for anybody; both come in chats' JSON and in forms."""
    post = reread(house, publish(house, "alice", "Half \ud83d and \0 and \U0001f642", title="T\0\udc00"))
    assert post.markdown == "Half � and � and 🙂"
    assert post.title == "T��"


def test_a_reference_finds_its_post_in_any_spelling(house: House, cast: Cast) -> None:
    post = publish(house, "alice", "Hello")
    ref = post.short_reference
    with house.database.read() as session:
        for spelling in (ref, ref.upper(), f"[{ref}]", f" [{ref.upper()}] "):
            assert posting.by_reference(session, spelling).id == post.id
        for nothing in ("", "[]", "zzz", "b2", "'; drop table post", "b2" * 40):
            with pytest.raises(NotFound):
                posting.by_reference(session, nothing)


def test_only_its_author_describes_a_photo_that_is_there(house: House, cast: Cast) -> None:
    post = publish(house, "alice", "", media=(photo(),))

    def describe(handle: str, number: int) -> None:
        do(
            house,
            lambda s: changing.describe(s, s.get_one(Post, post.id), number, "a  boat", member(s, handle), house.now()),
        )

    describe("alice", 1)
    with house.database.read() as session:
        assert session.scalars(select(Media.alt)).all() == ["a boat"]
    for handle, number, error in (("bob", 1, NotAllowed), ("alice", 0, NotFound), ("alice", 2, NotFound)):
        with pytest.raises(error):
            describe(handle, number)


def test_a_reply_stands_in_the_conversation_it_joins(house: House, cast: Cast) -> None:
    tell(house, "alice", "off")
    post = publish(house, "alice", "Hello")
    first = reply(house, "bob", post, "Hi")
    second = reply(house, "carol", first, "Hi you two")
    assert {first.conversation_id, second.conversation_id} == {post.id}
    assert (second.kind, second.reply_to_id, second.blog_id, second.path) == ("reply", first.id, None, None)
