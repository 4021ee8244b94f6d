"""Photos described on Telegram: by answering the confirmation, with or without `alt`, and by `alt:` alone."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway.core.store.models import Media
from tests.bots.contract import Shown
from tests.bots.telegram.conftest import TelegramStage


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    """One database will do here; the contract's scenes run on both."""
    return new_database("sqlite")


def alts(stage: TelegramStage) -> list[str]:
    with stage.harness.house.database.read() as session:
        return list(session.scalars(select(Media.alt).order_by(Media.post_id, Media.position)))


async def told_of_photos(stage: TelegramStage, count: int) -> Shown:
    photos = [stage.harness.jpeg(width=300 + number) for number in range(count)]
    await stage.alice.photo(*photos, caption="My garden")
    await stage.harness.received(count)
    stage.harness.forward(seconds=3)
    return await stage.alice.wait_for("Published")


@pytest.mark.parametrize("words", ["alt A rose", "alt: A rose", "/alt A rose", "A rose"])
async def test_who_answers_the_confirmation_describes_the_photo(stage: TelegramStage, words: str) -> None:
    told = await told_of_photos(stage, 1)
    assert "Describe the photo for people who can't see it: send alt: what it shows." in told.text
    await stage.alice.reply(told, words)
    answer = await stage.alice.wait_for("is described: “A rose”")
    assert alts(stage) == ["A rose"]
    assert len(stage.harness.posts()) == 1
    assert ("answer your own post" in answer.text) == (words == "A rose")


async def test_who_answers_once_more_in_plain_words_replies(stage: TelegramStage) -> None:
    """Nothing is left to describe, so words are words again; `alt` still describes anew."""
    told = await told_of_photos(stage, 1)
    await stage.alice.reply(told, "alt A rose")
    await stage.alice.wait_for("is described")
    await stage.alice.reply(told, "It smells of tea")
    await stage.alice.wait_for("Your reply to Alice is out")
    await stage.alice.reply(told, "alt A tulip")
    await stage.alice.wait_for("is described: “A tulip”")
    assert [post.markdown for post in stage.harness.posts()] == ["My garden", "It smells of tea"]
    assert alts(stage) == ["A tulip"]


async def test_several_photos_are_described_line_by_line_or_by_number(stage: TelegramStage) -> None:
    told = await told_of_photos(stage, 3)
    assert "a line for each of the 3" in told.text
    await stage.alice.reply(told, "alt 3 The house")
    answer = await stage.alice.wait_for("Photo 3 of")
    assert "2 photos have no description yet." in answer.text
    await stage.alice.say("alt: A rose\nA tulip\nThe house at night")
    await stage.alice.wait_for("Photo 2 of")
    assert alts(stage) == ["A rose", "A tulip", "The house at night"]


async def test_alt_alone_means_the_last_post_with_a_photo(stage: TelegramStage) -> None:
    await stage.alice.say("alt: A rose")
    await stage.alice.wait_for("You have no post with a photo yet.")
    await told_of_photos(stage, 1)
    await stage.alice.say("Only words")
    await stage.harness.received(3)
    await stage.harness.idle()
    await stage.alice.say("alt: A rose")
    await stage.alice.wait_for("is described")
    await stage.alice.say("alt: 7 Nothing")
    await stage.alice.wait_for("no photo number 7")
    assert alts(stage) == ["A rose"]


async def test_nobody_describes_what_is_not_theirs(stage: TelegramStage) -> None:
    """Words under a told post are a reply to it, though its photo has no description."""
    await told_of_photos(stage, 1)
    told = await stage.bob.wait_for("My garden")
    await stage.bob.reply(told, "A rose")
    await stage.bob.wait_for("Your reply to Alice is out")
    await stage.bob.reply(told, "alt: A rose")
    await stage.bob.wait_for("is not yours")
    assert alts(stage) == [""]
