"""The word about one's own mail addresses: seeing them, and adding one by a mailed link."""

from sqlalchemy import select

from gateway.core.desk.turns import Spoken, Turn
from gateway.core.messages import Answer
from gateway.core.people import letters
from gateway.core.people.accounts import fold_address
from gateway.core.store.models import Address
from gateway.core.words import t
from gateway.core.writing.quoting import escaped


def address(turn: Turn) -> Spoken:
    """Mails a link to an address that is to be added; without one, lists those there are."""
    if not turn.asked.target:
        return Spoken("answered", _list(turn))
    folded = fold_address(_bare(turn.asked.target))
    letters.ask_to_verify(turn.session, turn.community, turn.who, folded, turn.now, turn.randomness)
    text = t(
        "A link was mailed to {folded}, unless it is a member's already. Open the link and press the button there; from then on you may write from it. The link works once, for two days; without it nothing changes. Nobody else sees your addresses.",
        folded=escaped(folded),
    )
    return Spoken("answered", Answer(text, subject=t("Confirm your address")))


def _bare(written: str) -> str:
    """The address in `<mailto:a@b|a@b>`, `[a@b](mailto:a@b)` and other ways in which programs mark one."""
    inner = written.strip("<>[]().,;").removeprefix("mailto:")
    return inner.partition("](")[0].partition("|")[0]


def _list(turn: Turn) -> Answer:
    mine = select(Address.address).where(Address.member_id == turn.who.id, Address.verified_at.is_not(None))
    entries = "\n".join(f"- {escaped(one)}" for one in turn.session.scalars(mine.order_by(Address.id)))
    more = t(
        "Send `address you@example.org` to add one. To take one away, go to {site}/me.", site=turn.community.base_url
    )
    return Answer(
        t("You may write from:\n\n{entries}\n\n{more}", entries=entries, more=more), subject=t("Your addresses")
    )
