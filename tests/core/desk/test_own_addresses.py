"""Adding a mail address by a word: a link goes there, and only who can open it writes from there."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk import notices
from gateway.core.desk.grammar import Command, read
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.messages import Answer
from gateway.core.people import accounts
from gateway.core.store.models import Delivery, Member
from tests.conftest import Cast
from tests.core.desk.test_held import answered, say
from tests.core.hands import do, link

NEW = "alice@work.example"


def mailed(house: House) -> list[tuple[str, Answer]]:
    """The links that are on their way: to whom, and what the mail says."""
    with house.database.read() as session:
        waiting = session.scalars(select(Delivery.id).where(Delivery.kind == "verify_address")).all()
    claims = do(
        house,
        lambda s: outbox.claim(
            s, "email", house.now(), limit=50, lease=house.lease, among=outbox.due(Delivery.id.in_(waiting))
        ),
    )
    with house.database.read() as session:
        said = [(one.recipient, notices.RENDERERS[one.kind](session, house.community, one)) for one in claims]
    return [(to, answer) for to, answer in said if answer is not None]


@pytest.mark.parametrize(
    "words", [f"address {NEW}", f"/address {NEW.upper()}", f"addresses <{NEW}>", f"address [{NEW}](mailto:{NEW})"]
)
def test_a_link_goes_to_the_address_and_nothing_counts_before(house: House, cast: Cast, words: str) -> None:
    link(house, "alice", "100")
    assert "A link was mailed" in answered(say(house, words))
    [(to, said)] = mailed(house)
    assert to == NEW
    assert "@alice" in said.text
    with house.database.read() as session:
        assert accounts.by_address(session, NEW) is None
    secret = said.text.partition("/addresses/")[2].split()[0]

    def opened(session: Session) -> None:
        subject = accounts.use_token(session, "address", secret, house.now())
        member = session.get_one(Member, subject["member_id"])
        accounts.add_address(session, member, subject["address"], house.now(), verified=True)

    do(house, opened)
    assert NEW in answered(say(house, "addresses")).replace("\\", "")
    with house.database.read() as session:
        found = accounts.by_address(session, NEW)
        assert found is not None
        assert found.id == cast.alice


def test_an_address_that_is_a_members_gets_the_same_words_and_no_link(house: House, cast: Cast) -> None:
    link(house, "alice", "100")
    link(house, "bob", "200")
    free, taken = answered(say(house, f"address {NEW}")), answered(say(house, "address bob@example.com"))
    assert free.replace("alice@work.example", "X") == taken.replace("bob@example.com", "X")
    assert [to for to, _ in mailed(house)] == [NEW]


def test_what_is_no_address_is_refused_and_one_gets_a_few_links_a_day(house: House, cast: Cast) -> None:
    link(house, "alice", "100")
    assert say(house, "/address somewhere").outcome == "rejected"
    outcomes = [say(house, f"address {NEW}").outcome for _ in range(4)]
    assert outcomes == ["answered"] * 3 + ["rejected"]


def test_what_reads_like_a_sentence_is_no_command() -> None:
    assert read("address your fears") is None
    assert read("Address me @ work") is None
    assert read(f"address {NEW} <mailto:{NEW}>") == Command("address", NEW, f"<mailto:{NEW}>")
    assert read("addresses") == Command("address")
