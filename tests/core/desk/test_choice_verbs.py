"""The words about what one is told, and when: what they take, what they answer, that they hold where they were sent."""

from collections.abc import Callable

import pytest

from gateway.core.desk import telling_words
from gateway.core.desk.grammar import Command, read
from gateway.core.desk.telling_words import Told
from gateway.core.house import House
from gateway.core.people import choices, relations
from gateway.core.store.models import Member
from tests.conftest import Cast
from tests.core.desk.test_intake import say
from tests.core.hands import choose, do, link, member


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


@pytest.fixture
def linked(house: House, cast: Cast) -> Cast:
    """alice's chat is 100, bob's 200; bob follows alice."""
    link(house, "alice", "100")
    link(house, "bob", "200")
    return cast


def text(house: House, words: str) -> str:
    answer = say(house, words, account="200").answer
    assert answer is not None
    return answer.text


def bob(house: House) -> tuple[Member, choices.Choices]:
    with house.database.read() as session:
        return member(session, "bob"), choices.of_member(session, member(session, "bob"))


def test_a_choice_holds_where_it_was_sent_and_says_how_to_change_it_back(house: House, linked: Cast) -> None:
    said = text(house, "tell replies digest")
    assert said.startswith(
        "Replies, in Telegram: in your digest. Before: at once; `tell replies at once telegram` brings that back."
    )
    assert "Your digest comes on Saturdays at 9:00." in said
    assert "Nobody else sees what you chose." in said
    assert bob(house)[1].how("telegram", "replies") == "digest"
    assert bob(house)[1].how("slack", "replies") == "at_once"
    text(house, "tell replies at once telegram")
    assert bob(house)[1].how("telegram", "replies") == "at_once"


@pytest.mark.parametrize(("words", "changed"), [
    ("tell posts off", [("telegram", "posts", "off")]),
    ("Tell me of posts: off", []),
    ("tell me posts off by mail", [("email", "posts", "off")]),
    ("tell all off everywhere", [(c, w, "off") for c in ("email", "telegram") for w in choices.WHATS]),
    ("/tell mentions now in slack", [("slack", "mentions", "at_once")]),
    ("tell reply in the digest", [("telegram", "replies", "digest")]),
])  # fmt: skip
def test_what_is_said_is_what_is_chosen(
    house: House, linked: Cast, words: str, changed: list[tuple[str, str, str]]
) -> None:
    say(house, words, account="200")
    assert {(c, w): h for c, w, h in changed} == dict(bob(house)[1].chosen)


def test_one_person_s_posts_are_chosen_and_as_usual_again(house: House, linked: Cast) -> None:
    said = text(house, "tell @alice digest everywhere")
    assert "New posts of @alice, by mail: in your digest." in said
    assert (
        "New posts of @alice, in Telegram: in your digest. They are not told; `tell @alice as usual` ends it." in said
    )
    listed = text(house, "/tell")
    assert "- in Telegram: New posts of @alice in your digest" in listed
    assert "Nobody is ever told that they are followed." in listed
    assert "as those of everybody" in text(house, "tell @alice as usual everywhere")
    assert "@alice" not in text(house, "/tell").replace("@name", "")
    assert "You don't follow @carol." in text(house, "tell @carol off")
    assert "no member called @nobody" in text(house, "tell @nobody off")


def test_who_had_no_digest_has_one_now_and_is_told(house: House, linked: Cast) -> None:
    choose(house, "bob", digest="off")
    assert "You had no digest; it comes every day from now on." in text(house, "tell posts digest")
    assert bob(house)[0].digest == "daily"
    said = text(house, "digest off")
    assert "What you have put into it, you are not told of" in said
    assert "`digest daily` changes it back." in said
    assert "Your digest comes on Saturdays at 9:00, in Telegram." in text(house, "digest weekly")


def test_a_digest_with_nothing_in_it_is_said_to_be_empty(house: House, linked: Cast) -> None:
    say(house, "tell all at once everywhere", account="200")
    assert "you have put nothing into it" in text(house, "digest daily")


@pytest.mark.parametrize(("words", "hours"), [
    ("quiet 22-7", (22, 7)),
    ("Quiet 22:00-07:00", (22, 7)),
    ("quiet 9 to 17", (9, 17)),
    ("quiet 22–24", (22, 0)),
    ("/quiet off", (None, None)),
    ("/quiet at night", (1, 2)),
    ("/quiet 7-7", (1, 2)),
    ("/quiet 22-77", (1, 2)),
    ("quiet 22:30-7", (1, 2)),
    ("quiet 10pm-7am", (1, 2)),
    ("/quiet", (1, 2)),
])  # fmt: skip
def test_quiet_hours_are_full_hours(
    house: House, linked: Cast, words: str, hours: tuple[int | None, int | None]
) -> None:
    choose(house, "bob", quiet_from=1, quiet_until=2)
    assert "quiet" in text(house, words).lower()
    assert (bob(house)[0].quiet_from, bob(house)[0].quiet_until) == hours


@pytest.mark.parametrize(
    "words",
    ["tell me a story", "tell @bob I love him", "Tell posts from fiction", "quiet please", "quiet 5 minutes ago", "ask me anything", "tell posts off now please", "tell nobody off"],
)  # fmt: skip
def test_words_of_a_post_are_no_command(words: str) -> None:
    assert read(words) is None


@pytest.mark.parametrize(("words", "told"), [
    ("replies at once", Told(("replies",), "", "at_once", "here")),
    (r"@al\_ice never everywhere", Told((), "al_ice", "off", "everywhere")),
    ("@alice as usual by mail", Told((), "alice", "usual", "email")),
    ("everything not here", Told(choices.WHATS, "", "off", "here")),
    ("posts as usual", None),
    ("@ off", None),
    ("replies", None),
    ("replies at once by fax", None),
    ("x " * 5000, None),
])  # fmt: skip
def test_how_one_says_what_one_wants_to_be_told(words: str, told: Told | None) -> None:
    assert telling_words.telling(words) == told


def test_the_settings_say_it_all(house: House, linked: Cast) -> None:
    say(house, "quiet 22-7", account="200")
    said = text(house, "settings")
    assert "- by mail: Mentions in your digest, Replies in your digest, New posts in your digest" in said
    assert "- in Telegram: Mentions at once, Replies at once, New posts at once" in said
    assert "From 22:00 to 7:00 (UTC) it is quiet" in said
    assert "Ask before publishing: off." in said


def test_following_somebody_anew_is_as_usual(house: House, linked: Cast) -> None:
    say(house, "tell @alice off", account="200")
    do(house, lambda s: relations.unfollow(s, member(s, "bob"), member(s, "alice")))
    say(house, "follow @alice", account="200")
    assert "@alice" not in text(house, "/tell").replace("@name", "")


def test_the_command_keeps_its_words() -> None:
    assert read("tell @bob digest") == Command("tell", rest="@bob digest")
    assert read("quiet 22-7") == Command("quiet", rest="22-7")
    assert read("ask on") == Command("ask", "on")
