"""Binding a channel to a blog: asked for by one of its admins, said yes to in their own chat, ended by them or when they may no longer post there.

What the platform knows (which channel is meant, whether they may post there) the channel's adapter has asked it: `InboundMessage.offered`.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from gateway.core.desk import phrases
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.errors import Conflict, Invalid, NotAllowed, NotFound
from gateway.core.ledger import outbox
from gateway.core.messages import Answer, Button, InboundMessage, Intent
from gateway.core.people import accounts, choices
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, BoundChannel
from gateway.core.words import N, later, quoted, speaking, t
from gateway.core.writing import blogs, bound
from gateway.core.writing.quoting import escaped

_HOW = N(
    "On Telegram, make the bot an admin of your channel, and send it `bind @your_channel` in private, or post `bind` there. Nothing was changed."
)


def bind(turn: Turn) -> Spoken:
    """Asks whether to bind the channel, and binds it when they have said so. Of one in which anybody said `bind` they hear once a day."""
    offered = turn.message.offered
    if offered is None or not offered.overheard:
        return _bind(turn)
    try:
        spoken = _bind(turn)
    except (Conflict, NotAllowed, NotFound) as error:  # not raised on, for what is raised is answered each time
        spoken = Spoken("rejected", phrases.refused(error.said()), reason=error.said())
    today = turn.now.astimezone(turn.community.zone).date()
    return replace(spoken, cause=f"overheard:{offered.place}:{today}")


def _bind(turn: Turn) -> Spoken:
    message, offered = turn.message, turn.message.offered
    if offered is None:
        raise Invalid(later("Which channel?"), hint=later(_HOW))
    if not offered.may:
        raise NotAllowed(later("I can't see that you may post in this channel."), hint=later(_HOW))
    blog = blogs.of_member(turn.session, turn.who.id)
    if blog is None:
        raise NotFound(later("You have no blog yet."), hint=later("Nothing was changed."))
    title, url = escaped(offered.title), turn.community.blog_url(blog.name)
    there = bound.of_place(turn.session, message.channel, offered.place)
    if there is not None and there.member_id != turn.who.id:
        if there.account != offered.lost_by:
            raise _taken()
        _end(turn.session, turn.community, there, f"unbound:{turn.inbound_id}", turn.now)
        there = None
    if there is None and (message.intent is not Intent.PRESS or turn.asked.rest != phrases.SURE):
        return Spoken("answered", _question(title, url, offered.place))
    if not bound.bind(turn.session, blog, message.channel, offered.place, offered.title, message.account, turn.now):
        raise _taken()
    said = t(
        "The channel “{title}” is bound to your blog. What is posted there from now on is published on {url}. `unbind` ends it.",
        title=title,
        url=url,
    )
    return Spoken("answered", Answer(said, subject=t("A channel is bound to your blog")))


def _taken() -> Conflict:
    return Conflict(later("This channel is bound to another blog."), hint=later("Nothing was changed."))


def _question(title: str, url: str, place: str) -> Answer:
    said = t(
        "Bind the channel “{title}” to your blog? Then whatever anybody posts there is published on {url} in your name, and edits there change it. Nothing is bound yet.",
        title=title,
        url=url,
    )
    yes = Button(t("Yes, bind it"), action=f"bind {place} {phrases.SURE}")
    return Answer(said, subject=t("Bind this channel?"), buttons=((yes,),))


def unbind(turn: Turn) -> Spoken:
    """Ends the binding of the channel that is named, or of the only one."""
    mine = bound.of_member(turn.session, turn.message.channel, turn.who.id)
    if turn.asked.target:
        place = turn.message.offered.place if turn.message.offered is not None else turn.asked.target
        mine = [one for one in mine if one.place == place]
    if not mine:
        raise NotFound(later("No such channel is bound to your blog."), hint=later("Nothing was changed."))
    if len(mine) > 1:
        lines = "\n".join(f"- {quoted(escaped(one.title))}: `unbind {one.place}`" for one in mine)
        return Spoken("answered", Answer(f"{t('Which of these?')}\n\n{lines}", subject=t("Bound channels")))
    bound.unbind(turn.session, turn.message.channel, mine[0].place)
    return Spoken("answered", _ended(mine[0].title))


def ended(session: Session, community: Community, message: InboundMessage, cause: str, now: datetime) -> bool:
    """Ends the binding of a channel from which the bot was sent away, or whose binder may no longer post there, and has them told; False when there is none."""
    there = bound.of_place(session, message.channel, message.place)
    if there is None:
        return False
    _end(session, community, there, cause, now)
    return True


def _end(session: Session, community: Community, there: BoundChannel, cause: str, now: datetime) -> None:
    bound.unbind(session, there.channel, there.place)
    owner = session.get_one(Blog, there.blog_id).owner
    with speaking(owner.language or community.language):
        payload = {"answer": _ended(there.title).to_json()}
    places = choices.chats_heard(session, owner) or accounts.mails(session, owner)
    intents = [outbox.Intent("closed", to.channel, to.recipient, cause, payload, member_id=owner.id) for to in places]
    if owner.status == "active":
        outbox.queue_many(session, intents, now)


def _ended(title: str) -> Answer:
    said = t(
        "The channel “{title}” is no longer bound to your blog. What is published stays; what is posted there from now on is not published.",
        title=escaped(title),
    )
    return Answer(said, subject=t("A channel is no longer bound"))
