"""Timelines as members see them: what a page holds, how long posts show, and where it goes on."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from gateway.core.community.timeline import Item, Page, Photo, mentions_page, timeline_page
from gateway.core.errors import Invalid
from gateway.core.house import House
from gateway.core.messages import PreparedMedia, Rendition
from gateway.core.people import relations
from gateway.core.store.models import Blog, Member, Post
from gateway.core.writing import changing, posting
from tests.conftest import Cast, Clock


@pytest.fixture(autouse=True)
def moves_on(clock: Clock) -> None:
    clock.forward(hours=1)


def publish(house: House, cast: Cast, words: str, *, title: str = "", photos: int = 0) -> int:
    """A post of alice's; its id."""

    def unit(session: Session) -> int:
        alice, blog = session.get_one(Member, cast.alice), session.get_one(Blog, cast.blog)
        written = posting.write(session, house.community, words, title=title)
        sizes = [(Rendition(f"{n}" * 64, "image/jpeg", 1000, 1600, 1200),) for n in range(photos)]
        media = [PreparedMedia("image", sizes[n], f"{n}.jpg", alt=f"Photo {n}") for n in range(photos)]
        return posting.publish(session, house.community, blog, alice, written, house.now(), media=media).id

    return house.database.writer.run(unit)


def reply(house: House, who: int, post_id: int, words: str) -> int:
    """A reply of somebody's; its id."""

    def unit(session: Session) -> int:
        member, parent = session.get_one(Member, who), session.get_one(Post, post_id)
        written = posting.write(session, house.community, words)
        return posting.reply(session, house.community, parent, member, written, house.now()).id

    return house.database.writer.run(unit)


def timeline(house: House, member_id: int, *, limit: int = 20, before: str = "") -> Page:
    with house.database.read() as session:
        return timeline_page(session, house.community, member_id, limit=limit, before=before)


def only(page: Page) -> Item:
    (item,) = page.items
    return item


def test_a_follower_sees_a_post_at_once_with_all_that_belongs_to_it(house: House, cast: Cast) -> None:
    publish(house, cast, "Hello *bob*.", photos=2)
    item = only(timeline(house, cast.bob))
    assert (item.author_handle, item.author_name, item.kind) == ("alice", "Alice", "post")
    assert (item.html, item.plain, item.truncated) == ("<p>Hello <em>bob</em>.</p>", "Hello bob.", False)
    assert item.url.startswith("https://alice.example.org/2026/11/25/")
    assert item.published_at == house.now()
    assert item.pictures[1] == Photo(f"https://example.org/media/{'1' * 64}", "Photo 1", 1600, 1200)
    assert (item.photos, item.answers) == (2, "")


def test_the_author_sees_it_and_a_stranger_does_not(house: House, cast: Cast) -> None:
    post_id = publish(house, cast, "Hello.")
    assert only(timeline(house, cast.alice)).post_id == post_id
    assert timeline(house, cast.carol) == Page(())


def test_a_member_that_does_not_exist_has_an_empty_timeline(house: House) -> None:
    assert timeline(house, 4711) == Page(())


def test_a_titleless_post_shows_in_full_up_to_300_characters(house: House, cast: Cast) -> None:
    publish(house, cast, "x" * 300)
    item = only(timeline(house, cast.bob))
    assert (item.plain, item.truncated) == ("x" * 300, False)


def test_a_longer_titleless_post_is_cut_and_says_so(house: House, cast: Cast) -> None:
    publish(house, cast, "word " * 61)
    item = only(timeline(house, cast.bob))
    assert item.truncated
    assert len(item.plain) <= 301
    assert item.plain.endswith("word…")


def test_with_a_block_quote_a_post_shows_in_full_up_to_600_characters(house: House, cast: Cast) -> None:
    publish(house, cast, f"> {'q' * 300}\n\n{'x' * 298}")  # and the break between them
    assert not only(timeline(house, cast.bob)).truncated


def test_with_a_block_quote_a_post_of_more_than_600_characters_is_cut(house: House, cast: Cast) -> None:
    publish(house, cast, f"> {'q' * 300}\n\n{'x' * 301}")
    assert only(timeline(house, cast.bob)).truncated


def test_a_titled_post_shows_as_its_title(house: House, cast: Cast) -> None:
    publish(house, cast, "All the words below it.", title="My <day>")
    item = only(timeline(house, cast.bob))
    assert (item.title, item.html, item.plain, item.truncated) == ("My <day>", "My &lt;day&gt;", "My <day>", True)


def test_an_edit_shows_at_once_and_a_deletion_too(house: House, cast: Cast) -> None:
    post_id = publish(house, cast, "Frist.")
    assert only(timeline(house, cast.bob)).plain == "Frist."

    def edit(session: Session) -> None:
        words = posting.write(session, house.community, "First.")
        changing.edit(session, session.get_one(Post, post_id), session.get_one(Member, cast.alice), words, house.now())

    house.database.writer.run(edit)
    assert only(timeline(house, cast.bob)).plain == "First."
    house.database.writer.run(
        lambda s: changing.delete(s, s.get_one(Post, post_id), s.get_one(Member, cast.alice), house.now())
    )
    assert timeline(house, cast.bob) == Page(())


def test_a_reply_says_whom_it_answers_and_points_into_the_conversation(house: House, cast: Cast, clock: Clock) -> None:
    post_id = publish(house, cast, "Hello.")
    clock.forward(minutes=1)
    reply(house, cast.bob, post_id, "Hello alice.")
    newest = timeline(house, cast.bob).items[0]
    assert (newest.kind, newest.answers, newest.author_handle) == ("reply", "Alice", "bob")
    assert newest.url == f"https://example.org/conversations/{newest.short_reference}"


def test_whoever_wants_no_replies_gets_none(house: House, cast: Cast) -> None:
    post_id = publish(house, cast, "Hello.")
    reply(house, cast.alice, post_id, "And one more thing.")
    assert len(timeline(house, cast.bob).items) == 2
    house.database.writer.run(lambda s: setattr(s.get_one(Member, cast.bob), "timeline_replies", "none"))
    assert only(timeline(house, cast.bob)).post_id == post_id


def test_pages_follow_each_other_without_loss_or_repetition(house: House, cast: Cast, clock: Clock) -> None:
    wanted = []
    for number in range(7):
        clock.forward(minutes=number % 2)  # some at the same moment
        wanted.append(publish(house, cast, f"Number {number}."))
    seen: list[int] = []
    before, pages = "", 0
    while True:
        page = timeline(house, cast.bob, limit=3, before=before)
        seen += [item.post_id for item in page.items]
        before, pages = page.next, pages + 1
        if not before:
            break
    assert seen == wanted[::-1]
    assert pages == 3


def test_a_post_that_arrives_between_two_pages_changes_neither(house: House, cast: Cast, clock: Clock) -> None:
    ids = [publish(house, cast, f"Number {number}.") for number in range(4)]
    first = timeline(house, cast.bob, limit=2)
    clock.forward(minutes=1)
    publish(house, cast, "Breaking news.")
    second = timeline(house, cast.bob, limit=2, before=first.next)
    assert [item.post_id for item in first.items + second.items] == ids[::-1]
    assert second.next == ""


@pytest.mark.parametrize(
    "cursor", ["x", "-", "1", "1-", "-1", "1-2-3", "1-²", "9" * 17 + "-1", "1e3-4", "1-1 OR 1=1", "\0-1"]
)
def test_a_cursor_that_is_none_is_invalid(house: House, cast: Cast, cursor: str) -> None:
    with pytest.raises(Invalid):
        timeline(house, cast.bob, before=cursor)
    with pytest.raises(Invalid), house.database.read() as session:
        mentions_page(session, house.community, cast.bob, before=cursor)


def test_what_was_said_to_a_member_is_replies_and_mentions_but_not_of_people_hidden(
    house: House, cast: Cast, clock: Clock
) -> None:
    post_id = publish(house, cast, "Hello.")
    clock.forward(minutes=1)
    answer = reply(house, cast.bob, post_id, "Hello alice.")
    clock.forward(minutes=1)
    mention = reply(house, cast.carol, answer, "@alice and bob know each other.")

    def said() -> list[int]:
        with house.database.read() as session:
            return [item.post_id for item in mentions_page(session, house.community, cast.alice).items]

    def block(session: Session) -> None:
        carol, alice = session.get_one(Member, cast.carol), session.get_one(Member, cast.alice)
        relations.shun(session, carol, alice, "block", house.now() + timedelta(hours=1))

    assert said() == [mention, answer]
    house.database.writer.run(block)
    assert said() == [answer]
