"""The ways to end a digest and Micro Monday that each of their mails carries: a link that does nothing when it is opened, one click, and a mail."""

from email import policy
from email.parser import BytesParser

import pytest

from gateway.core.errors import NotFound
from gateway.core.messages import Answer
from gateway.core.people import standing
from gateway.core.people.standing import Standing
from gateway.core.people.tokens import mint
from gateway.core.store.models import LinkedAccount, Member
from gateway.core.writing.text import render
from gateway.email.compose import compose
from gateway.email.headers import Mailbox
from tests.newsletter.conftest import Press, at
from tests.newsletter.test_micro_monday import recommend

KINDS = ("digest", "micro_monday_prompt", "micro_monday_round_up")


@pytest.fixture
def weekend(press: Press) -> Press:
    """bob gets a digest on Saturday, the question on Monday, and the round-up on Tuesday."""
    press.quiet()
    press.change(Member, press.cast.bob, digest="weekly", micro_monday=True, last_seen_at=None)
    press.publish("Words from the harbour")
    return press


def mails(press: Press) -> dict[str, Answer]:
    for moment in ("2026-11-28 09:00", "2026-11-30 09:00"):
        press.clock.now = at(moment)
        press.tick()
    recommend(press, "carol", "alice", "She knows boats")
    press.clock.now = at("2026-12-01 09:00")
    press.tick()
    said = {kind: press.said(press.queued(kind)[-1]) for kind in KINDS}
    return {kind: answer for kind, answer in said.items() if answer is not None}


def test_each_says_how_it_ends(weekend: Press) -> None:
    community = weekend.house.community
    found = mails(weekend)
    assert found.keys() == set(KINDS)
    for kind, answer in found.items():
        what = Standing.DIGEST if kind == "digest" else Standing.MICRO_MONDAY
        url, address = standing.ways_to_end(community, weekend.cast.bob, what)
        assert answer.text.endswith(f"]({url})"), kind
        raw = compose(
            answer,
            sender=Mailbox("do@post.example.org"),
            recipient=Mailbox("bob@example.com"),
            message_id="1@post.example.org",
            date=weekend.clock.now,
            render_html=render,
        )
        mail = BytesParser(policy=policy.default).parsebytes(raw)
        assert mail["List-Unsubscribe"] == f"<{url}>, <mailto:{address}>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert max(map(len, raw.split(b"\r\n"))) < 998


def test_a_chat_has_its_commands_for_that(weekend: Press) -> None:
    weekend.change(Member, weekend.cast.bob, last_seen_at=None)
    weekend.run(
        lambda s: s.add(
            LinkedAccount(
                member_id=weekend.cast.bob, channel="telegram", account="7", place="7", created_at=weekend.clock.now
            )
        )
    )
    weekend.clock.now = at("2026-11-30 09:00")
    weekend.tick()
    [prompt] = weekend.queued("micro_monday_prompt")
    assert prompt.channel == "telegram"
    answer = weekend.said(prompt)
    assert answer is not None
    assert not answer.headers
    assert "no-more" not in answer.text


def test_it_ends_one_sort_and_comes_again_as_often(weekend: Press) -> None:
    bob, now = weekend.cast.bob, weekend.clock.now

    def end(what: Standing) -> str:
        before: str = weekend.run(lambda s: standing.end(s.get_one(Member, bob), what, now))
        return before

    def member() -> Member:
        with weekend.house.database.read() as session:
            return session.get_one(Member, bob)

    weekend.change(Member, bob, digest="daily")
    assert end(Standing.DIGEST) == "daily"
    assert (member().digest, member().micro_monday) == ("off", True)
    assert end(Standing.DIGEST) == "off"
    weekend.run(lambda s: standing.again(s.get_one(Member, bob), Standing.DIGEST, "daily", now))
    assert member().digest == "daily"
    weekend.run(lambda s: standing.again(s.get_one(Member, bob), Standing.DIGEST, "weekly", now))
    assert member().digest == "daily", "it had come again before"
    end(Standing.DIGEST)
    weekend.run(lambda s: standing.again(s.get_one(Member, bob), Standing.DIGEST, "hourly", now))
    assert member().digest == "weekly"
    end(Standing.MICRO_MONDAY)
    assert (member().digest, member().micro_monday) == ("weekly", False)
    weekend.run(lambda s: standing.again(s.get_one(Member, bob), Standing.MICRO_MONDAY, "", now))
    assert member().micro_monday


def test_what_is_queued_finds_nothing_to_say_once_it_is_ended(weekend: Press) -> None:
    found = mails(weekend)
    weekend.change(Member, weekend.cast.bob, digest="off", micro_monday=False)
    assert [weekend.said(weekend.queued(kind)[-1]) for kind in found] == [None, None, None]


@pytest.mark.parametrize(("purpose", "ids"), [("unsubscribe", (1,)), ("standing", (10**6, 1))])
def test_another_token_ends_nothing(weekend: Press, purpose: str, ids: tuple[int, ...]) -> None:
    token = mint(weekend.house.community.keyring, purpose, *ids)
    with weekend.house.database.read() as session, pytest.raises(NotFound):
        standing.of_token(session, weekend.house.community, token)


def test_who_left_has_none(weekend: Press) -> None:
    community = weekend.house.community
    token = mint(community.keyring, "standing", weekend.cast.bob, Standing.DIGEST)
    weekend.change(Member, weekend.cast.bob, status="left")
    with weekend.house.database.read() as session, pytest.raises(NotFound):
        standing.of_token(session, community, token)
