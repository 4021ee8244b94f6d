"""The composer: opened at once, judged before anything is stored, one post for each form."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from gateway.bots.slack import at_once, judging
from gateway.bots.slack.at_once import AFTER_STORING, BRIEFLY  # as they are; `in_time` changes them for each test
from gateway.bots.slack.door import NOT_STORED
from gateway.bots.slack.judging import IN_TIME
from gateway.core.house import House
from gateway.core.people import relations
from gateway.core.people.accounts import by_handle
from gateway.core.store.models import Category, Post
from tests.bots.harness import PATIENCE
from tests.bots.slack.conftest import Slacking
from tests.bots.slack.test_door import held_up, no_inbox
from tests.fakes.slack_text import pings, shown
from tests.fakes.slack_views import read
from tests.fakes.wire import Json

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_an_empty_command_opens_the_form_and_one_double_click_makes_one_post(either: Slacking) -> None:
    alice = either.alice.person
    assert await alice.slash("/post") == {}
    assert stored(either) == []
    fields: dict[str, str | Json] = {
        "title": "The harbour",
        "words": "It *rained* all day\ndelete k7f",
        "categories": "Sailing, Harbour,  Sailing ",
    }
    assert await alice.submit(fields, clicks=2) == {}
    assert alice.view is None
    await either.alice.wait_for("Published")
    await either.harness.idle()
    assert len(stored(either)) == 1
    assert len([one for one in either.alice.dm.answers if "Published" in one.text]) == 1
    assert await kept(either) == [
        ("The harbour", "It **rained** all day\\\ndelete k7f", "published", ["Harbour", "Sailing"])
    ]


def stored(slack: Slacking) -> list[str]:
    """What came in that is no event, by its key."""
    return [one.unique_key for one in slack.harness.inbound() if not one.unique_key.startswith("Ev")]


async def kept(slack: Slacking) -> list[tuple[str, str, str, list[str]]]:
    def read() -> list[tuple[str, str, str, list[str]]]:
        with slack.harness.house.database.read() as session:
            found = []
            for post in session.scalars(select(Post).order_by(Post.id)):
                names = session.scalars(
                    select(Category.name).where(Category.post_id == post.id).order_by(Category.name)
                )
                found.append((post.title, post.markdown, post.status, list(names)))
            return found

    return await asyncio.to_thread(read)


@on_sqlite
async def test_a_form_keeps_a_draft(slack: Slacking) -> None:
    await slack.alice.person.slash("/draft")
    assert await slack.alice.person.submit({"words": "Not yet"}) == {}
    await slack.alice.wait_for("Kept as a draft")
    assert [(words, status) for _, words, status, _ in await kept(slack)] == [("Not yet", "draft")]


FAULTS: list[tuple[dict[str, str | Json], set[str]]] = [
    ({"words": ""}, {"words"}),
    ({"words": "  \n "}, {"words"}),
    ({"words": "x" * 200_001}, {"words"}),
    ({"words": "Fine", "title": "t" * 301}, {"title"}),
    ({"words": "Fine", "categories": "c" * 61}, {"categories"}),
    ({"words": "", "title": "t" * 301, "categories": ",".join(map(str, range(21)))}, {"words", "title", "categories"}),
]


async def test_a_fault_is_told_below_its_field_and_nothing_is_stored(either: Slacking) -> None:
    alice = either.alice.person
    await alice.slash("/post")
    for fields, expected in FAULTS:
        faults = await alice.submit(fields)
        assert faults.keys() == expected, fields
        assert all(sentence.endswith("Nothing was published.") for sentence in faults.values())
        assert alice.view is not None
    assert stored(either) == []
    assert await alice.submit({"words": "Mended"}) == {}
    await either.alice.wait_for("Published")
    assert [post.markdown for post in either.harness.posts()] == ["Mended"]


async def test_a_form_opens_and_is_judged_while_nothing_can_be_stored(either: Slacking) -> None:
    """Both are answered long before the database's writer is free again."""
    with held_up(either.harness.house), either.fake.impatient(20):
        assert await either.alice.person.slash("/post") == {}
        assert (await either.alice.person.submit({"words": ""})).keys() == {"words"}
    assert await either.alice.person.submit({"words": "At last"}) == {}
    await either.alice.wait_for("Published")


async def test_a_form_that_can_not_be_judged_in_time_is_left_to_the_desk(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when all threads are at work; Slack waits for three seconds, whatever the reason."""
    monkeypatch.setattr(judging, "IN_TIME", 0.05)
    loop, release = asyncio.get_running_loop(), threading.Event()
    loop.set_default_executor(ThreadPoolExecutor(1))
    at_work = loop.run_in_executor(None, release.wait, PATIENCE)
    try:
        assert await judging.judged(house, {}) is None
        assert not at_work.done()
    finally:
        release.set()
        await at_work


def test_what_may_be_waited_for_in_one_answer_fits_into_slack_s_three_seconds() -> None:
    """Whether the app is installed, the form or where the answer goes, and telling that it was not done."""
    assert 2 * BRIEFLY + max(IN_TIME, AFTER_STORING) < 3


async def test_a_form_that_can_not_be_stored_stays_open_with_its_words(either: Slacking) -> None:
    await either.alice.person.slash("/post")
    await either.harness.rest()
    with no_inbox(either.harness.house):
        assert await either.alice.person.submit({"words": "Into the void"}) == {"words": NOT_STORED}
    await either.harness.resume()
    assert await either.alice.person.submit({"words": "Into the void"}) == {}
    await either.alice.wait_for("Published")
    assert [post.markdown for post in either.harness.posts()] == ["Into the void"]


async def test_a_message_s_words_and_files_are_posted_from_its_menu(either: Slacking) -> None:
    """One's own as they stand, somebody else's as a quotation; nobody is named in the form."""
    town = either.fake.channel("town", either.alice.person, either.bob.person, with_bot=False)
    mine = town.file(either.harness.jpeg(), "a.jpg", f"See *this*, <@{either.bob.person.id}>")
    assert await town.shortcut(mine.ts, "post_message") == {}
    view = either.alice.person.view or {}
    assert pings(view) == []
    assert "Its file comes along." in shown(view)
    assert await either.alice.person.submit({}) == {}
    await either.alice.wait_for("Published")
    theirs = either.bob.person.looks_at(town).say("Low tide at six\nBring boots")
    await town.shortcut(theirs.ts, "post_message")
    assert "somebody else's words" in shown(either.alice.person.view or {})
    assert await either.alice.person.submit({"title": "Heard"}) == {}
    await either.alice.sees(lambda one: "heard" in one.text)
    posts = either.harness.posts()
    assert [post.markdown for post in posts] == ["See **this**, @bob", "> Low tide at six\\\n> Bring boots"]
    assert [post.photos for post in posts] == [1, 0]
    assert town.answers == []


@on_sqlite
async def test_a_file_that_can_not_come_along_costs_no_words(slack: Slacking) -> None:
    said = slack.alice.dm.file(slack.harness.jpeg(), "a.jpg", "post: Once")
    await slack.alice.wait_for("Published")
    slack.fake.world.files.clear()
    await slack.alice.dm.shortcut(said.ts, "post_message")
    await slack.alice.person.submit({"words": "Twice"})
    await slack.harness.until(lambda: len(slack.harness.posts()) == 2, "a second post")
    await slack.alice.sees(lambda one: "It was left out." in one.text)
    assert [(post.markdown, post.photos) for post in slack.harness.posts()] == [("Once", 1), ("Twice", 0)]


async def test_the_post_that_a_message_tells_of_is_answered_from_its_menu(either: Slacking) -> None:
    either.alice.dm.say("Who comes along?")
    told = await either.bob.wait_for("Who comes along?")
    await either.harness.idle()
    assert await either.bob.dm.shortcut(told.id, "reply_to_message") == {}
    view = either.bob.person.view or {}
    assert "You answer Alice: “Who comes along?”" in read(view)
    assert (await either.bob.person.submit({"words": ""})).keys() == {"words"}
    assert await either.bob.person.submit({"words": "undo"}, clicks=2) == {}
    await either.bob.wait_for("Your reply to")
    await either.harness.idle()
    post, reply = either.harness.posts()
    assert (reply.kind, reply.markdown, reply.reply_to_id) == ("reply", "undo", post.id)


@on_sqlite
async def test_who_can_not_publish_is_told_in_the_form(slack: Slacking) -> None:
    eve = slack.fake.user(name="eve")
    await eve.slash("/post")
    assert "I don't know you yet" in shown(eve.view or {})
    said = slack.alice.dm.say("A post")
    told = await slack.bob.wait_for("A post")
    await slack.harness.idle()
    nothing = slack.bob.dm.say("help")
    await slack.bob.dm.shortcut(nothing.ts, "reply_to_message")
    assert "I know of no post that this message tells of" in shown(slack.bob.person.view or {})
    slack.bob.person.close_view()
    await slack.bob.dm.shortcut(told.id, "reply_to_message")
    slack.alice.dm.delete(said.ts)
    await slack.harness.until(lambda: slack.harness.posts()[0].status == "deleted", "a deletion")
    assert await slack.bob.person.submit({"words": "Too late"}) == {"words": judging.GONE}
    await slack.bob.dm.shortcut(told.id, "reply_to_message")
    assert judging.GONE in shown(slack.bob.person.view or {})
    slack.bob.person.close_view()
    slack.bob.person.close_view()
    await slack.bob.person.slash("/post")
    await slack.bob.say("unlink")
    await slack.bob.wait_for("no longer linked")
    assert await slack.bob.person.submit({"words": "Not mine any more"}) == {"words": judging.NO_LINK}


@on_sqlite
async def test_who_is_blocked_can_not_answer_by_a_form(slack: Slacking) -> None:
    slack.alice.dm.say("A post")
    told = await slack.bob.wait_for("A post")
    await slack.harness.idle()
    await slack.bob.dm.shortcut(told.id, "reply_to_message")
    house = slack.harness.house
    house.database.writer.run(
        lambda session: relations.shun(
            session, by_handle(session, "alice"), by_handle(session, "bob"), "block", house.now()
        )
    )
    assert await slack.bob.person.submit({"words": "Hello?"}) == {"words": judging.GONE}


async def test_a_form_that_does_not_open_is_said_where_it_was_asked_for(either: Slacking) -> None:
    town = either.fake.channel("town", either.alice.person, with_bot=False)
    said = town.say("Words")
    either.fake.fail_next("views.open", error="expired_trigger_id", times=2)
    assert await either.alice.person.slash("/post", where=town) == {"text": at_once.NOT_OPENED}
    assert await town.shortcut(said.ts, "post_message") == {}
    assert [(one.text, one.ephemeral) for one in town.answers] == [(at_once.NOT_OPENED, True)] * 2
    assert either.harness.posts() == []


async def test_a_slash_command_says_where_its_answer_comes(either: Slacking) -> None:
    """Only to whoever typed it, and not where the answer comes anyway."""
    town = either.fake.channel("town", either.alice.person, with_bot=False)
    assert await either.alice.person.slash("/timeline", where=town) == {"text": at_once.LOOK_THERE}
    assert [(one.text, one.ephemeral) for one in town.answers] == [(at_once.LOOK_THERE, True)]
    assert await either.alice.person.slash("/timeline") == {}
    await either.alice.wait_for("Your timeline")
    eve = either.fake.user(name="eve")
    said = await eve.slash("/post", "Hello", town) or {}
    assert "I don't know you yet" in said["text"]
    assert (await eve.slash("/link", "WRONG", town) or {})["text"] == at_once.LOOK_THERE


@on_sqlite
async def test_what_is_asked_of_slack_goes_as_a_form(slack: Slacking) -> None:
    """A peer that reads no query strings answers all of it."""
    slack.alice.dm.file(slack.harness.jpeg(), "shared.jpg", "From afar", readable=False)
    await slack.alice.person.slash("/timeline")
    slack.alice.person.open_home()
    await slack.alice.person.wait_for_home("Your drafts")
    await slack.alice.wait_for("Published")
    methods = {"conversations.open", "files.info", "users.info", "views.publish"}
    assert methods <= {one.method for one in slack.fake.requests}
    assert not methods & slack.fake.queried


@on_sqlite
async def test_a_form_that_says_anything_else_harms_nobody(slack: Slacking) -> None:
    values: Any
    for values in (
        None,
        [],
        {"words": 5},
        {"words": {"words": {"rich_text_value": {"type": "rich_text", "elements": 5}}}},
    ):
        for about in ("", "{", "[" * 100_000, json.dumps({"post": "x", "files": 5}), json.dumps({"post": 2**70})):
            view = {"id": "V1", "callback_id": "composer", "private_metadata": about, "state": {"values": values}}
            payload = {"type": "view_submission", "team": {"id": "T1"}, "user": {"id": "U1"}, "view": view}
            reply = await at_once.answered(slack.harness.house, slack.driver.door._workspaces, payload)
            assert reply is not None
            assert "errors" in json.dumps(reply.body)
