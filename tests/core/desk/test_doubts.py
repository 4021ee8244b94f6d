"""What was probably meant as a command is asked about, and never published; what was not is published."""

import pytest
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.ledger.inbox import MADE_A_POST
from gateway.core.messages import Wishes
from gateway.core.store.models import Post, Report, Shun
from gateway.core.writing.message_map import remember_message
from tests.conftest import Cast
from tests.core import hands
from tests.core.desk.test_intake import say

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def linked(house: House, cast: Cast) -> Cast:
    """alice's chat is 100, bob's 200."""
    hands.link(house, "alice", "100")
    hands.link(house, "bob", "200")
    return cast


def told_bob(house: House) -> str:
    """A post of alice's that bob has in his chat: the message's id there."""
    post_id = hands.publish(house, "alice", "Buy my boat").id

    def record(session: Session) -> None:
        post = session.get_one(Post, post_id)
        remember_message(
            session, post, channel="telegram", place="200", external_id="m77", direction="out", now=house.now()
        )

    hands.do(house, record)
    return "m77"


@ON_SQLITE
def test_a_command_with_a_word_that_makes_no_sense_is_not_published(house: House, linked: Cast) -> None:
    for words in (
        "language fr", "help nonsense", "help me", "ask maybe", "delete last", "timeline bob", "thread zzz9", "address nonsense", "follow @bob and @carol",
        "mute @bob please", "tell posts everywhere off", "recommend @carol", "Draft beer", "unlink everything", "report it",
    ):  # fmt: skip
        spoken = say(house, words)
        assert spoken.outcome not in MADE_A_POST, words
        assert spoken.answer is not None, words
        assert "Nothing was" in spoken.answer.text, words
    assert hands.deliveries(house, "mention") == []


@ON_SQLITE
def test_what_it_says_is_how_to_do_it_and_how_to_publish_the_words(house: House, linked: Cast) -> None:
    answer = say(house, "language *fr*").answer
    assert answer is not None
    assert answer.text == (
        "“language \\*fr\\*” looks like a command, but I can't tell what to do. `language de`: be answered in another language.\n\n"
        "Nothing was published. To publish these words, send `post:` and the words behind it."
    )
    assert say(house, "post: language fr").outcome == "published"


@ON_SQLITE
@pytest.mark.parametrize(
    "words",
    ["Block parties are fun", "Follow your heart, they said", "Reply all is a menace", "help is on the way", "Draft beer is better", "Tell them I am off now, will you, at once or in an hour", "Mute swans are not mute", "language de\nfacto", "Yes, we can", "Thread lightly, my friend"],
)  # fmt: skip
def test_sentences_are_published(house: House, linked: Cast, words: str) -> None:
    assert say(house, words).outcome == "published"


def test_answering_a_post_with_a_word_about_people_means_its_author(house: House, linked: Cast) -> None:
    told = told_bob(house)
    assert say(house, "mute", account="200", answers=(told,)).outcome == "answered"
    with house.database.read() as session:
        assert [(one.member_id, one.kind) for one in session.query(Shun)] == [(linked.bob, "mute")]
    reported = say(house, "report: spam", account="200", answers=(told,))
    assert (reported.outcome, reported.post_id) == ("answered", None)
    with house.database.read() as session:
        assert [(one.member_id, one.reason) for one in session.query(Report)] == [(linked.alice, "spam")]


@ON_SQLITE
def test_answering_a_post_with_words_like_a_command_tells_nobody(house: House, linked: Cast) -> None:
    told = told_bob(house)
    for words in ("report this is spam", "mute her", "alt a red boat", "tell off", "reply Good day"):
        spoken = say(house, words, account="200", answers=(told,))
        assert spoken.outcome not in MADE_A_POST, words
    assert hands.deliveries(house, "reply") == []
    assert (
        say(house, "Report back when you have sold it, will you?", account="200", answers=(told,)).outcome == "replied"
    )


@ON_SQLITE
def test_a_yes_to_nothing_is_not_published(house: House, linked: Cast) -> None:
    for words in ("yes", "No.", "ja", "Nein!"):
        spoken = say(house, words)
        assert spoken.outcome == "rejected"
        assert spoken.answer is not None
        assert "Nothing is waiting" in spoken.answer.text


@ON_SQLITE
def test_the_example_in_help_is_no_post(house: House, linked: Cast) -> None:
    spoken = say(house, "thread k7f")
    assert spoken.answer is not None
    assert "stands for the short reference" in spoken.answer.text


@ON_SQLITE
def test_what_is_written_into_a_form_is_taken_as_it_stands(house: House, linked: Cast) -> None:
    assert say(house, "undo", blog_id=linked.blog).outcome == "published"
    assert say(house, "language fr", wishes=Wishes(state="publish")).outcome == "published"
