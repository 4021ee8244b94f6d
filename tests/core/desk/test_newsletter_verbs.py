"""`newsletter`: what an owner may say of the next issue, and what they are answered."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from gateway.core.desk.grammar import Command, Unknown, press, read, read_all
from gateway.core.desk.newsletter_words import Asked, asked
from gateway.core.house import House
from gateway.core.messages import Answer
from gateway.core.store.models import Blog, Subscriber
from tests.conftest import Cast
from tests.core.desk.test_intake import link, queued, say
from tests.core.hands import do, publish


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("", Asked("look")),
        ("monthly", Asked("look", "monthly")),
        ("intro: Hello\n\nthere: you", Asked("intro", words="Hello\n\nthere: you")),
        ("Weekly Intro:Hello there", Asked("intro", "weekly", words="Hello there")),
        ("intro:", Asked("intro")),
        ("subject: What the river said", Asked("subject", words="What the river said")),
        ("without K7F, [m3q]", Asked("without", references=("k7f", "m3q"))),
        ("monthly with \\[k7f\\]", Asked("with", "monthly", references=("k7f",))),
        ("order k7f m3q", Asked("first", references=("k7f", "m3q"))),
        ("weekly test", Asked("test", "weekly")),
        ("preview", Asked("preview")),
        ("intro Hello", None),
        ("with photos", None),
        ("without", None),
        ("test of time", None),
        ("first impressions", None),
        ("of the week", None),
        ("daily", None),
    ],
)
def test_what_the_words_mean(words: str, meant: Asked | None) -> None:
    assert asked(words) == meant


def test_only_what_makes_sense_behind_it_makes_it_a_command() -> None:
    assert read("Newsletter of the week: hello") is None
    assert read("newsletter without k7f") == Command("newsletter", rest="without k7f")
    assert press("newsletter weekly test") == Command("newsletter", "weekly", "test")
    mail = "newsletter without k7f\nnewsletter intro: Dear all,\n\nit was quiet.\n\nnewsletter"
    assert read_all(mail) == (
        Command("newsletter", rest="without k7f"),
        Command("newsletter", rest="intro: Dear all,\n\nit was quiet.\n\nnewsletter"),
    )


MISTYPED = (
    "newsletter first zzz",
    "newsletter weekly first j5w nope",
    "newsletter without zzz",
    "newsletter cancel abc",
    "newsletter frist b44 j8p",
    "newsletter subjekt: Hello",
    "newsletter monthly introo: text",
    "newsletter pause now please",
    "newsletter monthly preview please",
    "newsletter daily intro: hi there",
    "newsletter my intro: Hello\n\nIt was quiet.",
    "newsletter subject Hello there",
    "newsletter: first b44, nope",
    "Newsletter tset please",
    "newsletter puase it",
    "newsletter stop 5",
    "newsletter send now",
    "newsletter put b44 first",
    "newsletter \\[b44\\] j8p",
)


def test_what_only_looks_like_one_of_its_words_is_no_post_and_changes_nothing(house: House, cast: Cast) -> None:
    link(house, cast.alice, "100")
    for sent in MISTYPED:
        assert isinstance(read(sent), Command), sent
        assert isinstance(read_all(sent)[0], Command), sent
    assert read("newslettr intro: Hello all") == Unknown("newslettr", "newsletter")
    for sent in MISTYPED[0], MISTYPED[5], MISTYPED[10]:
        spoken = say(house, sent)
        assert (spoken.outcome, spoken.post_id) == ("rejected", None)
        assert "Nothing was changed or published. To publish these words, send `post:`" in spoken.reason


def test_ordinary_words_about_a_newsletter_are_posts() -> None:
    for sent in (
        "Newsletter day! We wrote about ships.",
        "newsletter: my thoughts on mail",
        "Newsletter time!\n\nWith k7f and test: of all kinds.",
        "newsletter\n\nWe wrote about ships.",
        "Newsletter https://example.org/5 is out",
        "Newsletter best practices",
        "Newsletters: intro",
        "My newsletter pause now",
    ):
        assert read(sent) is None, sent


def reader(house: House, cast: Cast, cadence: str) -> None:
    def unit(session: Session) -> None:
        now = house.now()
        facts = {"status": "active", "cadence": cadence, "asked_at": now, "confirmed_at": now}
        session.add(Subscriber(blog_id=cast.blog, address=f"{cadence}@example.net", **facts))

    do(house, unit)


def answered(house: House, text: str) -> Answer:
    answer = say(house, text).answer
    assert answer is not None
    return answer


@pytest.fixture
def waiting(house: House, cast: Cast) -> tuple[str, str]:
    """alice's chat, a weekly reader, and the references of two posts."""
    link(house, cast.alice, "100")
    link(house, cast.bob, "200")
    reader(house, cast, "weekly")
    return publish(house, "alice", "First").short_reference, publish(house, "alice", "Second").short_reference


def test_the_waiting_issue_is_shown_and_changed(house: House, waiting: tuple[str, str]) -> None:
    first, second = waiting
    shown = answered(house, "newsletter")
    leaves = "It leaves on Monday, 30 November 2026, 09:00 (UTC), to 1 reader, as “First and 1 more post”."
    for words in (
        "**Your next weekly issue**",
        leaves,
        "https://example.org/me/issues/next",
        f"1. First [{first}]\n2. Second [{second}]",
    ):
        assert words in shown.text
    assert [button.action for row in shown.buttons for button in row] == ["", "newsletter weekly test"]
    for sent, happened, then in (
        ("newsletter intro: A **quiet** week", "`newsletter intro:` and nothing more takes it away", "Intro: A "),
        ("newsletter subject: Of *rivers*", "the subject you gave it", "as “Of \\*rivers\\*”"),
        (f"newsletter first {second}", "The order is changed", f"1. Second [{second}]\n2. First [{first}]"),
        (f"newsletter without {first}", f"`newsletter with {first}` puts it back", f"Left out: First [{first}]"),
        (f"newsletter with {first}", f"`newsletter without {first}` leaves it out", f"2. First [{first}]"),
        ("newsletter intro:", "no intro any more", "to 1 reader"),
        ("newsletter subject:", "made from its posts again", "as “Second and 1 more post”"),
        ("newsletter test", "on its way to alice@example.com, with [Test]", "Nobody else gets it"),
        ("newsletter preview", "https://example.org/preview/", "for a day"),
    ):
        text = answered(house, sent).text
        assert happened in text, text
        assert then in text, text
    assert [row.recipient for row in queued(house, "issue_test")] == ["alice@example.com"]


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ("newsletter without zz9", "zz9 is not among these posts"),
        ("newsletter monthly intro: Hello", "No such issue waits"),
        ("/newsletter wash the car", "I can't tell what you want"),
        ("newsletter intro: " + "x" * 20_001, "too long"),
    ],
)
def test_what_can_t_be_done_is_refused_and_changes_nothing(
    house: House, waiting: tuple[str, str], sent: str, why: str
) -> None:
    before = answered(house, "newsletter").text
    spoken = say(house, sent)
    assert spoken.outcome == "rejected"
    assert why in spoken.reason
    assert "Nothing was changed" in spoken.reason
    assert answered(house, "newsletter").text.split("/preview/")[0] == before.split("/preview/")[0]


def test_of_two_waiting_issues_one_must_be_named(house: House, cast: Cast, waiting: tuple[str, str]) -> None:
    reader(house, cast, "monthly")
    text = answered(house, "newsletter").text
    assert text.index("weekly issue") < text.index("monthly issue")
    assert "Say which you mean" in say(house, "newsletter intro: Hello").reason
    text = answered(house, "newsletter monthly intro: Hello").text
    assert "monthly issue" in text
    assert "weekly issue" not in text


def test_nobody_else_is_concerned_and_nothing_is_said_in_a_group(house: House, waiting: tuple[str, str]) -> None:
    bobs = say(house, "newsletter", account="200").answer
    assert bobs is not None
    assert "nobody reads you weekly or monthly" in bobs.text
    assert f"{waiting[0]} is not" not in bobs.text
    assert say(house, f"newsletter without {waiting[0]}", account="200").outcome == "rejected"
    assert "Ask me that in private" in say(house, "newsletter", private=False, addressed=True).reason
    assert "Left out" not in answered(house, "newsletter").text


def test_a_blog_without_a_newsletter_is_told_so(house: House, cast: Cast, waiting: tuple[str, str]) -> None:
    def off(session: Session) -> None:
        session.get_one(Blog, cast.blog).newsletter = "off"

    do(house, off)
    assert "Your blog has no newsletter" in answered(house, "newsletter").text
    closed = replace(house, newsroom=None)
    with pytest.raises(Exception, match="can't be looked after here"):
        say(closed, "newsletter")
