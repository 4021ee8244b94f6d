"""Messages that nobody means to publish: automatic ones, reports, subscriptions by mail, mail for the people who run the place."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from gateway.core.audience import asking_limits, bounces, subscribers, wishes
from gateway.core.audience.subscribers import Application
from gateway.core.desk import binding
from gateway.core.desk.closed import close
from gateway.core.desk.turns import Spoken
from gateway.core.errors import NotFound, TooMuch
from gateway.core.ledger import amending, outbox
from gateway.core.ledger.inbox import Claim
from gateway.core.messages import InboundMessage, Intent
from gateway.core.people import accounts, standing
from gateway.core.people.accounts import Randomness
from gateway.core.people.community import Community
from gateway.core.people.managers import having, managers
from gateway.core.store.models import Blog
from gateway.core.words import t

Handler = Callable[[Session, Community, Claim, InboundMessage, datetime, Randomness], Spoken]


def _ignored(_s: Session, _c: Community, _h: Claim, message: InboundMessage, _now: datetime, _r: Randomness) -> Spoken:
    return Spoken("ignored", reason=" ".join(map(t, message.notes)) or t("There is nothing in it to publish."))


def _report(
    session: Session, community: Community, _h: Claim, message: InboundMessage, now: datetime, _r: Randomness
) -> Spoken:
    """A bounce or complaint: acted on, never answered."""
    found = bounces.record(session, community, message.reports, now)
    return Spoken("recorded", reason=" ".join(found or message.notes) or "No address could be found in it.")


def _subscribe(
    session: Session, community: Community, held: Claim, message: InboundMessage, now: datetime, randomness: Randomness
) -> Spoken:
    """Starts the double opt-in; the question goes to the address, whoever wrote."""
    blog = session.get_one(Blog, message.blog_id)
    host = asking_limits.outside(str(held.envelope.get("peer", "")))
    asked = Application(message.account, wishes.offered_first(blog), source="mail", host=host)
    try:
        subscribers.ask(session, community, blog, asked, now, randomness)
    except TooMuch as error:
        return Spoken("rejected", reason=error.message)
    return Spoken("recorded", reason="They were asked to confirm their subscription.")


def _leave(
    session: Session, community: Community, _h: Claim, message: InboundMessage, now: datetime, _r: Randomness
) -> Spoken:
    """Ends a subscription, or what comes to a member again and again, as the button in the mail does."""
    try:
        if standing.is_token(community, message.action):
            standing.end(*standing.of_token(session, community, message.action), now)
            return Spoken("recorded", reason="It comes to them no more.")
        subscribers.unsubscribe(session, community, message.action, now)
    except NotFound as error:
        return Spoken("rejected", reason=error.message)
    return Spoken("recorded", reason="They are unsubscribed.")


def _pass_on(
    session: Session, community: Community, held: Claim, message: InboundMessage, now: datetime, _r: Randomness
) -> Spoken:
    """Hands the mail, wrapped as it came, to the people it is for; nothing of it is published."""
    if message.hand_to == "owner":
        people = [session.get_one(Blog, message.blog_id).owner]
    else:
        people = [*(having(session, "operator") if message.hand_to == "operators" else managers(session))]
    for person in people:
        if address := accounts.mail_address(session, person):
            payload = {"inbound": held.id, "for": message.hand_to, "from": message.account}
            intent = outbox.Intent("pass_on", "email", address, f"pass_on:{held.id}", payload, member_id=person.id)
            outbox.queue(session, intent, now)
    if not people:
        return Spoken("held", reason=f"There are no {message.hand_to} to hand this to.")
    return Spoken("recorded", reason=f"Handed to the {message.hand_to}.")


def _blocked(
    session: Session, community: Community, held: Claim, message: InboundMessage, now: datetime, _r: Randomness
) -> Spoken:
    if not message.private:
        was_bound = binding.ended(session, community, message, f"unbound:{held.id}", now)
        return Spoken("recorded", reason="The channel is bound no more." if was_bound else "It was bound to no blog.")
    close(session, community, message.channel, message.place, now)
    return Spoken("recorded", reason="They blocked the bot; this chat is told nothing more until they come back.")


def _unblocked(
    session: Session, _c: Community, _h: Claim, message: InboundMessage, _now: datetime, _r: Randomness
) -> Spoken:
    accounts.resume_link(session, message.channel, message.account)
    return Spoken("recorded", reason="They unblocked the bot.")


def _moved(
    session: Session, _c: Community, _h: Claim, message: InboundMessage, _now: datetime, _r: Randomness
) -> Spoken:
    """A group that became a supergroup: what waits for it goes to its new place."""
    amending.move(session, message.channel, message.place, message.action)
    return Spoken("recorded", reason="The group has another id now; what waits for it goes there.")


SYSTEM: dict[Intent, Handler] = {
    Intent.AUTOMATIC: _ignored,
    Intent.NOTHING: _ignored,
    Intent.REPORT: _report,
    Intent.SUBSCRIBE: _subscribe,
    Intent.LEAVE: _leave,
    Intent.FOR_PEOPLE: _pass_on,
    Intent.BLOCKED: _blocked,
    Intent.UNBLOCKED: _unblocked,
    Intent.MOVED: _moved,
}
