"""Names, titles and subjects of other people in what we say: shown as they are, never as a link or picture of theirs."""

from typing import Any

import pytest

from gateway.core.desk import listings, notices, phrases
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.messages import Answer
from gateway.core.store.models import Delivery, Member, Post
from gateway.core.writing import posting
from gateway.core.writing.text import plain, render
from tests.conftest import Cast
from tests.core import hands
from tests.core.desk.test_intake import say

EVIL = "[Your account is closed](https://evil.example)"


@pytest.fixture
def linked(house: House, cast: Cast) -> Cast:
    """alice, who calls herself a link, has chat 100; bob has 200."""
    hands.link(house, "alice", "100")
    hands.link(house, "bob", "200")
    hands.choose(house, "alice", display_name=EVIL)
    return cast


def shows(answer: Answer | None) -> str:
    """What a reader sees; nothing in it leads to eve."""
    assert answer is not None
    html = render(answer.text)
    assert 'href="https://evil.example' not in html
    return plain(html)


def claimed(delivery: Delivery) -> outbox.Claim:
    values: dict[str, Any] = {name: getattr(delivery, name, None) for name in outbox.Claim.__dataclass_fields__}
    return outbox.Claim(**values)


def test_a_held_mail_s_forged_subject_is_no_link_in_the_question(house: House, linked: Cast) -> None:
    spoken = say(house, "Words", title=EVIL, hold="Its sender could not be proved.")
    assert spoken.outcome == "held"
    assert EVIL in shows(asked(house))


def test_a_held_mail_s_text_is_no_link_in_the_question(house: House, linked: Cast) -> None:
    text = "[Closed](https://evil.example)"
    say(house, text, hold="Its sender could not be proved.")
    assert text in shows(asked(house))


def asked(house: House) -> Answer | None:
    """The question about a held message."""
    [delivery] = hands.deliveries(house, "held")
    with house.database.read() as session:
        return notices.RENDERERS["held"](session, house.community, claimed(delivery))


def test_a_notice_shows_name_and_title_as_they_are(house: House, linked: Cast) -> None:
    hands.publish(house, "alice", "Hello", title=EVIL)
    [delivery] = hands.deliveries(house, "post")
    with house.database.read() as session:
        said = notices.RENDERERS["post"](session, house.community, claimed(delivery))
    assert shows(said).count(EVIL) == 2


def test_confirmations_show_names_as_they_are(house: House, linked: Cast) -> None:
    post = hands.publish(house, "alice", "Hello")
    for text in (f"reply {post.short_reference} Hi", "unfollow @alice", "follow @alice"):
        assert EVIL in shows(say(house, text, account="200").answer), text


def test_listings_show_names_and_words_as_they_are(house: House, linked: Cast) -> None:
    post = hands.publish(house, "alice", "Hello")
    for text in ("timeline", f"thread {post.short_reference}", "following"):
        assert EVIL in shows(say(house, text, account="200").answer), text


def test_drafts_are_listed_as_they_begin(house: House, linked: Cast) -> None:
    draft = hands.publish(house, "alice", EVIL, draft=True)
    with house.database.read() as session:
        found = posting.drafts(session, session.get_one(Post, draft.id).author_id)
        assert EVIL in shows(listings.drafts(found))


def test_an_invitation_shows_its_sender_s_name_as_it_is(house: House, linked: Cast) -> None:
    with house.database.read() as session:
        inviter = session.get_one(Member, linked.alice).id
        delivery = Delivery(id=1, kind="invitation", channel="email", payload={"nonce": 7, "inviter": inviter})
        assert EVIL in shows(notices.RENDERERS["invitation"](session, house.community, claimed(delivery)))


def test_an_unknown_word_ends_no_code(house: House, linked: Cast) -> None:
    assert "<a " not in render(phrases.unknown("x`[a](https://evil.example)`", "").text)


def test_a_block_promises_no_more_than_it_does(house: House, linked: Cast) -> None:
    """Blogs are public: whom one blocks can still open them."""
    answer = say(house, "block @bob").answer
    assert answer is not None
    assert "neither of you sees the other's posts in timelines and notices" in answer.text
