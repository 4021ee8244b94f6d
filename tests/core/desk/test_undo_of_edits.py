"""`undo` right after an edit brings the earlier words back, everywhere."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.core.house import House
from gateway.core.messages import Intent
from gateway.core.store.models import Delivery, Mention, Post, PostRevision
from tests.conftest import Cast, Clock
from tests.core.desk.test_intake import say
from tests.core.hands import deliveries, do, link, photo, publish


@pytest.fixture
def linked(house: House, cast: Cast) -> Cast:
    """alice's chat is 100, bob's 200."""
    link(house, "alice", "100")
    link(house, "bob", "200")
    return cast


def only(house: House) -> Post:
    with house.database.read() as session:
        return session.scalars(select(Post)).one()


def text(house: House, words: str, **more: Any) -> str:
    answer = say(house, words, **more).answer
    assert answer is not None
    return answer.text


def test_words_title_html_and_mentions_are_as_before(house: House, linked: Cast, clock: Clock) -> None:
    say(house, "Hello **@bob**", external_id="m1")
    say(house, "title: A title")
    before = only(house)
    clock.forward(seconds=30)
    say(house, "edit: Bye @carol", answers=("m1",))
    clock.forward(seconds=60)
    assert "The earlier words are back, everywhere: https://alice.example.org" in text(house, "undo")
    after = only(house)
    assert (after.markdown, after.html, after.title) == (before.markdown, before.html, before.title)
    with house.database.read() as session:
        assert session.scalars(select(Mention.member_id)).all() == [linked.bob]


def test_step_by_step_and_then_the_post(house: House, linked: Cast) -> None:
    say(house, "One")
    ref = only(house).short_reference
    for words in ("Two", "Three"):
        say(house, f"edit {ref} {words}")
    seen = []
    for _ in range(3):
        say(house, "undo")
        seen.append((only(house).markdown, only(house).status))
    assert seen == [("Two", "published"), ("One", "published"), ("", "deleted")]
    with house.database.read() as session:
        assert session.scalars(select(PostRevision)).all() == []


def test_the_last_deed_is_undone_whichever_it_was(house: House, linked: Cast, clock: Clock) -> None:
    patient = replace(house, community=replace(house.community, undo_posts=timedelta(seconds=60)))
    first = publish(patient, "alice", "First")
    clock.forward(seconds=5)
    say(patient, f"edit {first.short_reference} First, better")
    clock.forward(seconds=5)
    say(patient, "Second")
    assert "Taken back" in text(patient, "undo")
    assert "The earlier words are back" in text(patient, "undo")
    assert "Taken back" in text(patient, "undo")


def test_after_a_minute_it_is_too_late(house: House, linked: Cast, clock: Clock) -> None:
    say(house, "Hello", external_id="m1")
    clock.forward(minutes=5)
    say(house, "Bye", intent=Intent.EDIT, external_id="m1")
    clock.forward(seconds=61)
    assert "too late" in text(house, "undo")
    assert only(house).markdown == "Bye"


def test_by_answering_it_is_that_post_s_edit(house: House, linked: Cast) -> None:
    say(house, "One", external_id="m1")
    say(house, "Two", external_id="m2")
    say(house, "edit: Uno", answers=("m1",))
    say(house, "edit: Due", answers=("m2",))
    assert "earlier words" in text(house, "undo", answers=("m1",))
    with house.database.read() as session:
        assert session.scalars(select(Post.markdown).order_by(Post.id)).all() == ["One", "Due"]


def test_the_chats_that_got_it_get_it_changed_back(house: House, linked: Cast, clock: Clock) -> None:
    say(house, "Hello")
    told = deliveries(house, "post")[0].id
    do(house, lambda s: s.execute(update(Delivery).where(Delivery.id == told).values(status="sent", remote_id="77")))
    say(house, f"edit {only(house).short_reference} Bye")
    assert len(deliveries(house, "edit")) == 1
    clock.forward(seconds=1)
    say(house, "undo")
    assert [row.payload["message"] for row in deliveries(house, "edit")] == ["77", "77"]


def test_an_edit_of_a_draft_is_undone_and_the_draft_stays(house: House, linked: Cast) -> None:
    say(house, "draft: Slow", external_id="m1")
    say(house, "edit: Slower", answers=("m1",))
    said = text(house, "undo", answers=("m1",))
    assert "> Slow" in said
    assert "Nobody but you can see it" in said
    assert (only(house).markdown, only(house).status) == ("Slow", "draft")


def test_an_undo_in_answer_to_what_is_older_than_its_time_loses_nothing(
    house: House, linked: Cast, clock: Clock
) -> None:
    """A post or a draft whose edit, described photo or exchanged photo was meant; `delete` is what deletes."""
    patient = replace(house, community=replace(house.community, undo_posts=timedelta(seconds=60)))
    before = replace(photo(), part="m3")
    say(patient, "A post", external_id="m1")
    say(patient, "draft: A draft", external_id="m2")
    say(patient, "A photo", external_id="m3", media=(before,))
    clock.forward(days=1)
    say(patient, "A long post", external_id="m1", intent=Intent.EDIT, revision=1)
    say(patient, "draft: A long draft", external_id="m2", intent=Intent.EDIT, revision=1)
    after = replace(before, renditions=photo(blob="b" * 64).renditions)
    swapped = text(patient, "A photo", external_id="m3", intent=Intent.EDIT, media=(after,), revision=1)
    assert swapped.startswith("Changed, everywhere")
    assert "`undo`" not in swapped
    clock.forward(seconds=62)
    words = ["A long post", "A long draft", "A photo"]
    for number, said in enumerate(words, start=1):
        refused = text(patient, "undo", answers=(f"m{number}",))
        assert "too late to undo" in refused, said
        assert "Nothing was changed. Send `delete " in refused, said
    with house.database.read() as session:
        assert session.scalars(select(Post.markdown).order_by(Post.id)).all() == words


@pytest.mark.parametrize("how", ["exchanged", "described"])
@pytest.mark.parametrize("answering", [True, False])
def test_right_after_a_photo_was_changed_an_undo_does_not_take_its_whole_post(
    house: House, linked: Cast, clock: Clock, how: str, answering: bool
) -> None:
    patient = replace(house, community=replace(house.community, undo_posts=timedelta(seconds=60)))
    before = replace(photo(), part="m1")
    say(patient, "Look", external_id="m1", media=(before,))
    clock.forward(seconds=5)
    if how == "exchanged":
        after = replace(before, renditions=photo(blob="b" * 64).renditions)
        assert "`undo`" not in text(patient, "Look", external_id="m1", intent=Intent.EDIT, media=(after,), revision=1)
    else:
        text(patient, "alt: a rose", answers=("m1",))
    clock.forward(seconds=5)
    said = text(patient, "undo", answers=("m1",) if answering else ())
    assert "does not bring back a photo" in said
    assert f"`delete {only(house).short_reference}`" in said
    assert (only(house).markdown, only(house).status) == ("Look", "published")


def test_within_its_time_an_answer_takes_back_a_post_or_drops_a_draft(house: House, linked: Cast, clock: Clock) -> None:
    patient = replace(house, community=replace(house.community, undo_posts=timedelta(seconds=60)))
    say(patient, "A post", external_id="m1")
    say(patient, "draft: A draft", external_id="m2")
    clock.forward(seconds=59)
    assert "Taken back" in text(patient, "undo", answers=("m1",))
    assert "Dropped" in text(patient, "undo", answers=("m2",))
    with house.database.read() as session:
        assert session.scalars(select(Post.status)).all() == ["deleted", "deleted"]


def test_undo_with_a_reference_means_that_post_and_nobody_else_s(house: House, linked: Cast) -> None:
    patient = replace(house, community=replace(house.community, undo_posts=timedelta(seconds=30)))
    mine, theirs = say(patient, "Mine"), say(patient, "Theirs", account="200")
    answer = mine.answer
    assert answer is not None
    [undo, delete] = answer.buttons[0]
    assert (undo.label, undo.action, delete.label) == ("Undo", f"undo {answer.short_reference}", "Delete")
    assert theirs.answer is not None
    refused = say(patient, f"undo {theirs.answer.short_reference}")
    assert "is not yours" in refused.reason
    assert say(patient, "", intent=Intent.PRESS, action=undo.action).post_id == mine.post_id
    with house.database.read() as session:
        assert session.get_one(Post, mine.post_id).status == "deleted"
        assert session.get_one(Post, theirs.post_id).status == "published"
