"""Channels bound to blogs, as the desk keeps them; what the platform says of them is told to it."""

from sqlalchemy import select

from gateway.core.desk.turns import Spoken
from gateway.core.house import House
from gateway.core.messages import Intent, Offered
from gateway.core.store.models import BoundChannel
from tests.conftest import Cast
from tests.core.desk.test_intake import say
from tests.core.hands import link

NEWS = "-1001"


def bind(house: House, account: str, title: str = "Garden news") -> Spoken:
    """Asks for it, and says yes if asked whether."""
    offered = Offered(NEWS, title, may=True)
    asked = say(house, f"bind {NEWS}", account=account, offered=offered)
    if asked.answer is None or not asked.answer.buttons:
        return asked
    yes = asked.answer.buttons[0][0].action
    return say(house, "", account=account, intent=Intent.PRESS, action=yes, offered=offered)


def bindings(house: House) -> list[tuple[str, str, int]]:
    """Title, account and member of each."""
    with house.database.read() as session:
        return [(one.title, one.account, one.member_id) for one in session.scalars(select(BoundChannel))]


def test_who_binds_their_channel_again_binds_it_from_there_and_under_its_present_name(house: House, cast: Cast) -> None:
    link(house, "alice", "100")
    link(house, "alice", "101")
    bind(house, "100")
    assert bindings(house) == [("Garden news", "100", cast.alice)]
    assert bind(house, "101", "News").outcome == "answered"
    assert bindings(house) == [("News", "101", cast.alice)]


def test_another_member_s_channel_stays_theirs(house: House, cast: Cast) -> None:
    link(house, "alice", "100")
    link(house, "bob", "200")
    bind(house, "100")
    assert bind(house, "200", "Mine now").outcome == "rejected"
    assert bindings(house) == [("Garden news", "100", cast.alice)]
