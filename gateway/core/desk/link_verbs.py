"""The words that link a chat to its member, and that end it, there or from elsewhere."""

from collections.abc import Sequence
from datetime import timedelta

from gateway.core.desk import link_phrases, phrases
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.errors import NotAllowed, NotFound
from gateway.core.ledger import outbox
from gateway.core.messages import Answer
from gateway.core.people import accounts, attempts, choices, preferences
from gateway.core.people.accounts import Destination
from gateway.core.store.models import LinkedAccount, Member
from gateway.core.words import later, speaking, t
from gateway.core.writing.quoting import escaped

WRONG_CODES, WITHIN = 5, timedelta(hours=1)


def link(turn: Turn) -> Spoken:
    """Links this chat to the member whose code it is, and has them told elsewhere. Codes that are guessed at are soon looked at no more."""
    message = turn.message
    if not message.private:
        raise NotAllowed(
            later("A chat is linked in private only."), hint=later("Write to me directly and send the code there.")
        )
    if not turn.asked.target:
        return Spoken("answered", phrases.help_for("link"))
    code = turn.asked.target
    who = f"{message.channel}:{message.account}"
    if attempts.used_up(turn.session, "link", who, turn.now, most=WRONG_CODES, within=WITHIN):
        return _wrong(t("Too many wrong codes came from here, so none is looked at for an hour. Nothing was linked."))
    try:
        owner = accounts.owner_of_code(turn.session, message.channel, code, turn.now)
    except NotFound as error:  # not raised on, for that would undo the counting
        attempts.count(turn.session, "link", who, turn.now, within=WITHIN)
        return _wrong(t("{error} Nothing was linked.", error=error.said()))
    if turn.asked.said == "start":  # by a link that anybody may have made: whoever opens it types nothing
        return Spoken("answered", link_phrases.asked_to_link(turn.community, owner.handle, code))
    chats, mails = choices.chats_heard(turn.session, owner), accounts.mails(turn.session, owner)  # before it counts
    elsewhere = dict.fromkeys([*chats, *mails])
    member = accounts.link(
        turn.session,
        message.channel,
        message.account,
        message.place,
        code,
        turn.now,
        shown_as=message.account_name,
    )
    _tell_of_link(turn, member, [to for to in elsewhere if to.recipient != message.place])
    return Spoken("answered", link_phrases.linked(turn.community, member.handle))


def _wrong(why: str) -> Spoken:
    return Spoken("rejected", Answer(why, subject=t("Not linked")), reason=why)


def _tell_of_link(turn: Turn, member: Member, elsewhere: Sequence[Destination]) -> None:
    """Has the member told, where they were told things until now: it may have been somebody else."""
    with speaking(member.language or turn.community.language):
        said = link_phrases.linked_elsewhere(turn.community, turn.message.channel, turn.message.account_name)
    intents = [
        outbox.Intent(
            kind="answer",
            channel=to.channel,
            recipient=to.recipient,
            cause=f"linked:{turn.inbound_id}",
            payload={"answer": said.to_json()},
            member_id=member.id,
        )
        for to in elsewhere
    ]
    outbox.queue_many(turn.session, intents, turn.now)


def unlink(turn: Turn) -> Spoken:
    """Forgets this chat, or from elsewhere the one that is named by its channel or number."""
    here = (turn.message.channel, turn.message.account)
    mine = accounts.linked(turn.session, turn.who.id)
    if not turn.asked.target and here not in {(one.channel, one.account) for one in mine}:
        return Spoken("answered", _list(turn, mine))
    if turn.asked.target:
        gone = preferences.unlink_named(turn.session, turn.who, turn.asked.target)
    else:
        gone = next(one for one in mine if (one.channel, one.account) == here)
        turn.session.delete(gone)
    if (gone.channel, gone.account) == here:
        text = t("This chat is no longer linked. Nothing you write here is published, and you are told nothing here.")
    else:
        text = t(
            "Your chat {chat} is no longer linked. Nothing that is written there is published, and you are told nothing there.",
            chat=_shown(gone),
        )
    again = t("To link it again, get a code at {site}/me.", site=turn.community.base_url)
    return Spoken("answered", Answer(f"{text} {again}", subject=t("Unlinked")))


def _list(turn: Turn, mine: Sequence[LinkedAccount]) -> Answer:
    if not mine:
        site = turn.community.base_url
        return Answer(
            t("You have no linked chat. To link one, get a code at {site}/me.", site=site), subject=t("Your chats")
        )
    entries = "\n".join(f"{number}. {_shown(one)}" for number, one in enumerate(mine, 1))
    text = t(
        "Your linked chats:\n\n{entries}\n\nSend `unlink 1` to forget one, by its number. Nothing was changed.",
        entries=entries,
    )
    return Answer(text, subject=t("Your chats"))


def _shown(one: LinkedAccount) -> str:
    platform = one.channel.title()
    return f"{platform} ({escaped(one.shown_as)})" if one.shown_as else platform
