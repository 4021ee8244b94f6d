"""Everybody is answered, and told things, in the language they chose."""

import re
from dataclasses import replace
from typing import Any

import pytest

from gateway.core.desk import notices
from gateway.core.desk.grammar import VERBS
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.messages import Outgoing
from gateway.core.store.models import Delivery
from gateway.core.words import catalogues
from tests.conftest import Cast, Clock
from tests.core import hands
from tests.core.desk.test_intake import say

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ENGLISH = re.compile(r"\b(the|you|your|is|nothing|published|send)\b", re.IGNORECASE)


@pytest.fixture
def linked(house: House, cast: Cast) -> Cast:
    """alice's chat is 100, bob's 200."""
    hands.link(house, "alice", "100")
    hands.link(house, "bob", "200")
    return cast


def text(house: House, words: str, account: str = "100") -> str:
    answer = say(house, words, account=account).answer
    assert answer is not None
    return answer.text


def told(house: House, kind: str) -> list[Outgoing]:
    """What the deliveries of a kind say."""

    def claim(row: Delivery) -> outbox.Claim:
        values: dict[str, Any] = {name: getattr(row, name, None) for name in outbox.Claim.__dataclass_fields__}
        return outbox.Claim(**values)

    with house.database.read() as session:
        found = [notices.outgoing(session, house.community, claim(row)) for row in hands.deliveries(house, kind)]
        return [one for one in found if one is not None]


def test_a_language_is_chosen_by_its_code_or_its_name_and_changed_back(house: House, linked: Cast) -> None:
    for word in ("de", "Deutsch", "german"):
        said = text(house, f"language {word}")
        assert said.startswith("Ich spreche von jetzt an Deutsch mit dir")
        assert "`language en`" in said
        assert text(house, "language english").startswith("I speak English with you from now on")
    assert text(house, "/language") == text(house, "/language klingon")
    assert "`language de` (Deutsch)" in text(house, "/language")


@ON_SQLITE
@pytest.mark.parametrize("words", ["language barriers are high", "language de facto", "Language: German is hard"])
def test_words_of_a_post_are_no_command(house: House, linked: Cast, words: str) -> None:
    assert say(house, words).outcome == "published"


@ON_SQLITE
def test_help_and_refusals_are_in_the_language_chosen(house: House, linked: Cast) -> None:
    say(house, "language de")
    shown = text(house, "/help")
    for verb in VERBS:
        assert f"`{verb.usage.split()[0].rstrip(':')}" in shown
    assert "deine Worte" in shown
    for wrong in (
        "/delete zzz9",
        "/frobnicate",
        "/follow @nobody",
        "/link",
        "/alt",
        "/reply",
        "/digest hourly",
        "/tell me",
        "/quiet late",
    ):
        bare = re.sub(r"`[^`]*`|“[^”]*”|„[^“]*“|\[[^\]]*\]", "", text(house, wrong))
        assert not ENGLISH.search(bare), wrong


def test_a_notice_is_in_the_language_of_whoever_is_told(house: House, linked: Cast, clock: Clock) -> None:
    say(house, "language de", account="200")
    say(house, "Good morning @bob")
    say(house, "post: A second one", account="200")
    clock.forward(hours=1)
    [notice] = told(house, "mention")
    assert (notice.language, notice.answer.text.split("\n")[0]) == ("de", "**Alice** erwähnt dich:")
    [button, *_] = [one for row in notice.answer.buttons for one in row]
    assert not ENGLISH.search(button.label)


@ON_SQLITE
def test_who_chose_none_is_answered_in_the_community_s_language(house: House, linked: Cast) -> None:
    german = replace(house, community=replace(house.community, language="de"))
    assert text(german, "language en", account="200").startswith("I speak English")
    assert text(german, "follow @carol").startswith("Du folgst jetzt Carol")
    assert text(german, "follow @carol", account="200").startswith("You follow Carol now")


def test_each_language_has_a_name() -> None:
    assert all(own and in_english for own, in_english in catalogues.LANGUAGES.values())
