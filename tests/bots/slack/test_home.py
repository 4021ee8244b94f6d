"""The App Home: one's own timeline, drafts and settings, shown when it is opened and after what is done in it."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.bots.slack import home
from gateway.bots.slack.arrivals import MOST_WATCHED, Homes
from gateway.core.people import relations
from gateway.core.people.accounts import by_handle, join
from gateway.core.store.models import Member
from gateway.core.writing import blogs, posting
from tests.bots.contract import JOINER
from tests.bots.slack.conftest import Slacking
from tests.fakes.slack_blocks import view_faults
from tests.fakes.slack_text import pings, shown
from tests.fakes.wire import Json

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_it_shows_one_s_own_timeline_and_drafts_and_no_other_s(either: Slacking) -> None:
    either.harness.publish("alice", "From the harbour")
    draft(either, "alice", "A secret of alice's")
    draft(either, "bob", "A secret of bob's")
    either.bob.person.open_home()
    seen = await either.bob.person.wait_for_home("From the harbour", "A secret of bob's", "@alice", "Confirmations")
    assert "A secret of alice's" not in seen
    either.alice.person.open_home()
    seen = await either.alice.person.wait_for_home("From the harbour", "A secret of alice's")
    assert "A secret of bob's" not in seen
    assert "follow" not in seen.lower().replace("unfollow", "")
    await either.harness.idle()
    assert "Their home was shown." in [one.reason for one in either.harness.inbound()]


def draft(slack: Slacking, handle: str, words: str) -> str:
    house = slack.harness.house

    def unit(session: Session) -> str:
        member = by_handle(session, handle)
        blog = blogs.of_member(session, member.id)
        assert blog is not None
        said = posting.write(session, house.community, words)
        return posting.publish(session, house.community, blog, member, said, house.now(), draft=True).short_reference

    return house.database.writer.run(unit)


async def test_a_draft_is_published_and_deleted_there_and_the_home_says_so(either: Slacking) -> None:
    """A press there has no channel: it is answered in the conversation with the bot, and the home is shown anew."""
    alice = either.alice.person
    draft(either, "alice", "First words")
    draft(either, "alice", "Second words")
    alice.open_home()
    await alice.wait_for_home("First words", "Second words")
    assert await alice.press_home("Publish", near="First words") == {}
    await either.alice.wait_for("Published")
    await alice.wait_for_home("Alice, 25 November", "First words")
    assert await alice.press_home("Delete", near="Your drafts") == {}
    await either.alice.wait_for("Dropped: “Second words”")
    await alice.wait_for_home("You have none.", without="Second words")
    await either.harness.idle()
    assert [post.status for post in either.harness.posts()] == ["published", "deleted"]


async def test_posts_and_replies_are_written_there(either: Slacking) -> None:
    either.harness.publish("alice", "Who comes along?")
    bob = either.bob.person
    bob.open_home()
    await bob.wait_for_home("Who comes along?")
    assert await bob.press_home("Reply", near="Who comes along?") == {}
    assert "You answer" in shown(bob.view or {})
    assert await bob.submit({"words": "I do"}, clicks=2) == {}
    await either.bob.wait_for("Your reply to")
    await bob.wait_for_home("I do")
    await bob.press_home("Write a post")
    assert await bob.submit({"words": "News of mine"}) == {}
    await bob.wait_for_home("News of mine")
    await either.harness.idle()
    made = [(post.kind, post.markdown) for post in either.harness.posts()]
    assert made == [("post", "Who comes along?"), ("reply", "I do"), ("post", "News of mine")]


async def test_what_is_done_elsewhere_is_shown_to_whoever_opened_it_lately(either: Slacking) -> None:
    alice, bob = either.alice.person, either.bob.person
    alice.open_home()
    await alice.wait_for_home("You have none.")
    either.alice.dm.say("draft: From the conversation")
    await alice.wait_for_home("From the conversation")
    await alice.slash("/draft", "From a command")
    await alice.wait_for_home("From a command")
    await either.harness.idle()
    kept = await either.alice.sees(lambda one: one.buttons and "Kept as a draft" in one.text)
    await either.alice.dm.press(kept.ts, "Delete")
    await alice.wait_for_home("From the conversation", without="From a command")
    await either.harness.idle()
    either.harness.forward(minutes=20)
    homes = [one for one in either.fake.requests if one.method == "views.publish"]
    await either.alice.say("Long after")
    await either.bob.say("Never opened mine")
    await either.alice.sees(lambda one: "Published" in one.text)
    await either.bob.sees(lambda one: "Published" in one.text)
    await either.harness.idle()
    assert [one for one in either.fake.requests if one.method == "views.publish"] == homes
    assert bob.home is None


def test_only_so_many_are_remembered() -> None:
    homes, now = Homes(), datetime(2026, 11, 25, tzinfo=UTC)
    for number in range(MOST_WATCHED + 1):
        opened = {"team_id": "T1", "event": {"type": "app_home_opened", "user": f"U{number}"}}
        assert not homes.is_before(opened, now)
    looking = [homes.is_before({"team_id": "T1", "user_id": f"U{number}"}, now) for number in range(MOST_WATCHED + 1)]
    assert looking == [False] + [True] * MOST_WATCHED


@on_sqlite
async def test_settings_are_changed_there(slack: Slacking) -> None:
    bob = slack.bob.person
    bob.open_home()
    await bob.wait_for_home("Confirmations of what you publish: on")
    await bob.press_home("Turn off")
    await bob.wait_for_home("Confirmations of what you publish: off")
    await bob.press_home("digest", option="digest daily")
    await slack.bob.wait_for("Your digest comes every day")
    await bob.wait_for_home("Your digest comes every day at 9:00, by mail.")
    for told in ("tell posts digest", "tell all off by mail"):
        await slack.bob.say(told)
    await bob.wait_for_home("Your digest comes every day at 9:00, in Slack.")
    await slack.bob.say("tell posts off")
    await bob.wait_for_home("you have put nothing into it")
    await bob.press_home("digest", option="digest off")
    await bob.wait_for_home("You get no digest.")
    await bob.press_home("digest", option="digest daily")
    await bob.press_home("hear", near="@alice", option="Mute, silently")
    await bob.wait_for_home("Whom you don't hear from")
    await bob.press_home("Hear them again")
    await bob.wait_for_home("@alice", without="Whom you don't hear from")
    await bob.press_home("hear", near="@alice", option="Unfollow")
    await bob.wait_for_home("Your settings", without="@alice")

    def chosen() -> tuple[bool, str, int]:
        with slack.harness.house.database.read() as session:
            member = by_handle(session, "bob")
            return member.confirmations, member.digest, len(relations.following(session, member.id))

    assert await asyncio.to_thread(chosen) == (False, "daily", 0)


async def test_language_quiet_hours_and_asking_are_chosen_there(slack: Slacking) -> None:
    bob = slack.bob.person
    bob.open_home()
    await bob.wait_for_home("published: off", "You have no quiet hours.", "I speak English with you.")
    await bob.press_home("Turn on", near="Ask before")
    await slack.bob.wait_for("From now on you are asked")
    await bob.wait_for_home("Ask before what you send is published: on")
    await bob.press_home("quiet", option="22:00 to 7:00")
    await slack.bob.wait_for("From 22:00 to 7:00")
    await bob.wait_for_home("Your quiet hours are from 22:00 to 7:00 (UTC).")
    await bob.press_home("language", option="Deutsch")
    await slack.bob.wait_for("Ich spreche von jetzt an Deutsch mit dir")
    await bob.wait_for_home("Deine Ruhezeit ist von 22:00 bis 7:00 Uhr", "Deine Einstellungen", without="Your")
    assert view_faults(bob.home) == []
    assert now_chosen(bob.home) == ["digest weekly", "quiet 22-7", "language de"]
    assert await asyncio.to_thread(chosen, slack, "bob") == ("de", 22, 7, True)
    await bob.press_home("Ausschalten", near="Fragen, bevor")
    await bob.press_home("quiet", option="Aus")
    await bob.press_home("language", option="English")
    await bob.wait_for_home("published: off", "You have no quiet hours.", "I speak English with you.")
    assert now_chosen(bob.home) == ["digest weekly", "quiet off", "language en"]
    assert await asyncio.to_thread(chosen, slack, "bob") == ("en", None, None, False)


@on_sqlite
async def test_hours_that_are_not_among_the_usual_ones_are_offered_while_they_hold(slack: Slacking) -> None:
    bob = slack.bob.person
    await slack.bob.say("quiet 13-15")
    await slack.bob.wait_for("From 13:00 to 15:00")
    bob.open_home()
    await bob.wait_for_home("Your quiet hours are from 13:00 to 15:00")
    assert "quiet 13-15" in now_chosen(bob.home)
    assert view_faults(bob.home) == []
    await bob.press_home("quiet", option="quiet 0-8")
    await bob.wait_for_home("Your quiet hours are from 0:00 to 8:00")
    assert "13:00 to 15:00" not in json.dumps(bob.home)


@pytest.mark.parametrize(
    ("menu", "sense", "nonsense", "answer"),
    [
        ("quiet", "quiet 22-7", "quiet 25-7", "Quiet hours are from one full hour to another."),
        ("quiet", "quiet 22-7", "quiet 7-7", "Quiet hours are from one full hour to another."),
        ("language", "language de", "language tlh", "Which language?"),
        ("ask", "ask on", "ask perhaps", "That is on or off."),
    ],
)
async def test_a_choice_that_makes_no_sense_changes_nothing(
    slack: Slacking, menu: str, sense: str, nonsense: str, answer: str
) -> None:
    """As somebody's own program may send it, or a home that was shown by another version."""
    bob = slack.bob.person
    before = await asyncio.to_thread(chosen, slack, "bob")
    bob.open_home()
    await bob.wait_for_home("You have no quiet hours.")
    offer(bob.home, sense, nonsense)
    await bob.press_home(menu, option=nonsense)
    told = await slack.bob.wait_for(answer)
    assert "Nothing was changed." in told.text
    await bob.wait_for_home("You have no quiet hours.", "I speak English with you.", "published: off")
    await slack.harness.idle()
    assert sense in json.dumps(bob.home)
    assert nonsense not in json.dumps(bob.home)
    assert await asyncio.to_thread(chosen, slack, "bob") == before


def chosen(slack: Slacking, handle: str) -> tuple[str, int | None, int | None, bool]:
    with slack.harness.house.database.read() as session:
        member = by_handle(session, handle)
        return member.language, member.quiet_from, member.quiet_until, member.ask_first


def now_chosen(shown_home: Json | None) -> list[str]:
    """What the menus show as chosen. In a block of the same id, Slack would go on showing what was chosen before."""
    blocks = [one for one in (shown_home or {})["blocks"] if "initial_option" in one.get("accessory", {})]
    values = [str(one["accessory"]["initial_option"]["value"]) for one in blocks]
    assert [one["block_id"] for one in blocks] == values
    return values


def offer(shown_home: Json | None, sense: str, nonsense: str) -> None:
    """The home before them has another value in the place of this one."""
    accessories = [one["accessory"] for one in (shown_home or {})["blocks"] if "accessory" in one]
    options = [option for one in accessories for option in one.get("options", [one])]
    [one] = [one for one in options if one["value"] == sense]
    one["value"] = nonsense


@on_sqlite
async def test_somebody_unknown_is_told_how_to_link(slack: Slacking) -> None:
    eve = slack.fake.user(name="eve")
    eve.open_home()
    seen = await eve.wait_for_home("I don't know you yet", "link CODE")
    assert "Your drafts" not in seen


@on_sqlite
async def test_the_tab_of_messages_shows_nothing_anew(slack: Slacking) -> None:
    event = {"type": "app_home_opened", "user": slack.alice.person.id, "channel": slack.alice.dm.id, "tab": "messages"}
    await slack.fake.tell(event)
    await slack.harness.received(1)
    await slack.harness.idle()
    assert slack.alice.person.home is None


@on_sqlite
async def test_whatever_people_write_it_names_nobody_and_slack_takes_it(slack: Slacking) -> None:
    house = slack.harness.house
    wild = "<!channel> @here <@U07P0STR00M> &amp; *_~` " + "x" * 2_000
    for number in range(12):
        slack.harness.publish("alice", f"{number} {wild}")
        draft(slack, "bob", f"{number} {wild}")

    def crowd(session: Session) -> None:
        bob = by_handle(session, "bob")
        for number in range(25):
            name = f"friend{number}"
            shown_as = f"<!everyone> @here {number}" + "é" * 30
            friend = join(session, handle=name, address=f"{name}@b.example", now=house.now(), display_name=shown_as)
            relations.follow(session, bob, friend, house.now())
        for member in session.scalars(select(Member).where(Member.handle.like("friend2%"))):
            relations.shun(session, bob, member, "block", house.now())

    house.database.writer.run(crowd)
    slack.bob.person.open_home()
    await slack.bob.person.wait_for_home("Your settings")
    made = slack.bob.person.home or {}
    assert pings(made) == []
    assert list(view_faults(made)) == []
    assert len(made["blocks"]) <= 100
    assert "@here" not in shown(made)
    assert f"@{JOINER}here" in shown(made)


@on_sqlite
async def test_it_waits_a_little_while_slack_is_down_and_then_no_longer(slack: Slacking) -> None:
    slack.fake.fail_next("views.publish", error="internal_error", times=2)
    slack.alice.person.open_home()
    await waiting(slack, lambda reason: "internal_error" in reason)
    slack.harness.forward(minutes=2)
    await waiting(slack, lambda reason: "when they open it again" in reason)
    slack.fake.fail_next("views.publish", error="not_enabled")
    slack.alice.person.open_home()
    await waiting(slack, lambda reason: "not_enabled" in reason)
    assert slack.alice.person.home is None


async def waiting(slack: Slacking, fits: Callable[[str], bool]) -> None:
    await slack.harness.until(lambda: any(fits(one.reason) for one in slack.harness.inbound()), "a reason")


def test_its_parts_fit_into_one_view() -> None:
    """Two blocks for a post and a draft, one for a person, and what stands around them."""
    assert 2 * (home.POSTS + home.DRAFTS) + home.PEOPLE + home.SHUNNED + 15 <= 100
