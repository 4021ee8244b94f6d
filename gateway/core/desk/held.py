"""Held messages: whoever is their sender is asked before anything is published, by mail and in their chats.

Each is asked about once. Up to AT_ONCE in an hour are asked about alone; what comes beyond is gathered and listed in one question, at most one such an
hour for each place, so that nobody can fill Alice's box by pretending to be her. No question is swallowed: a list is made when it is sent, of all that
still waits and that no earlier question named; a message that comes after that makes the next list.

What may be an automatic reply is asked about apart: one question a day, and one list at the end of the day of what came beyond. Two machines that answer each
other get no further than that.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk import phrases
from gateway.core.desk.grammar import unescaped
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.errors import Conflict, Invalid, NotFound
from gateway.core.ledger import inbox, outbox
from gateway.core.ledger.outbox import Claim
from gateway.core.messages import Answer, Button, InboundMessage
from gateway.core.people import accounts, choices
from gateway.core.people.accounts import Destination
from gateway.core.people.community import Community
from gateway.core.people.tokens import mint
from gateway.core.store.models import Delivery, Inbound, Member
from gateway.core.words import N, later, n, packed, quoted, t, unpacked
from gateway.core.writing.quoting import escaped

AT_ONCE = 3  # questions an hour about one message each
GATHER = timedelta(minutes=10)
LONGEST_BEGINNING = 120  # characters of a message that a list shows
LISTED = 20  # messages that one question names
WITH_BUTTONS = 5
SHOWN_CHARACTERS, SHOWN_LINES, SHOWN_FILES = 300, 5, 5  # of a message in its question
DISCARDED = N("You discarded it.")
_HOUR = 3600
_HOURS_AHEAD = 24
_IMAGE = re.compile(r"!\[[^\[\]\n]{0,500}\]\([^\s()]{1,500}\)")


def hold(turn: Turn) -> Spoken:
    """Asks the sender before anything is published, unless they were asked already."""
    row = turn.session.get_one(Inbound, turn.inbound_id)
    if "listed" not in row.envelope:
        asked = places(turn.session, turn.who, turn.message.channel, turn.message.place)
        ask = _asked_today if turn.message.by_machine else _asked_alone
        listed = [
            _key(place.channel, place.recipient, daily=turn.message.by_machine)
            for place in asked
            if not ask(turn, place)
        ]
        more = {
            "listed": listed,
            "title": _title(turn.message),
            "excerpt": _excerpt(turn.message),
            "orders": turn.message.only_commands,
            "why": packed(turn.message.hold),
        }
        row.envelope = {**row.envelope, **more}
    return Spoken("held", reason=str(turn.message.hold))


def _title(message: InboundMessage) -> str:
    return phrases.shown_title_of(message.title or message.text)


def _excerpt(message: InboundMessage) -> dict[str, object]:
    """How a message begins, without the marks of its pictures, and its files: so that its sender knows it again."""
    read = _IMAGE.sub("", message.text[: 4 * SHOWN_CHARACTERS])
    lines = [unescaped(line.strip().removesuffix("\\")) for line in read.split("\n") if line.strip()]
    shown = "\n".join(lines[:SHOWN_LINES])[:SHOWN_CHARACTERS].rstrip()
    is_all = len(message.text) <= 4 * SHOWN_CHARACTERS and shown == "\n".join(lines).rstrip()
    names = [item.filename or item.kind for item in message.media]
    return {"text": shown if is_all else f"{shown} …", "files": names[:SHOWN_FILES], "count": len(names)}


def places(session: Session, member: Member, channel: str, place: str) -> list[Destination]:
    """Where they are asked: where it seems to come from, which is theirs, and their chats unless they want nothing there."""
    return list(dict.fromkeys([Destination(channel, place), *choices.chats_heard(session, member)]))


def _key(channel: str, recipient: str, *, daily: bool = False) -> str:
    return f"{'daily:' if daily else ''}{channel}:{recipient}"


def _asked_alone(turn: Turn, place: Destination) -> bool:
    """Queues a question about this message alone; False when the next list, queued with it if need be, shall name it."""
    hour = int(turn.now.timestamp() // _HOUR)
    alone = [f"held:{turn.who.id}:{hour}:{number}" for number in range(AT_ONCE)]
    payload = _about(turn, place)
    if not _is_gathering(turn, place, hour) and any(_queue(turn, "held", place, cause, payload) for cause in alone):
        return True
    for ahead in range(_HOURS_AHEAD):
        cause = f"held-list:{turn.who.id}:{hour + ahead}"
        due = turn.now + GATHER if not ahead else datetime.fromtimestamp((hour + ahead) * _HOUR, turn.now.tzinfo)
        if _waits(turn, place, cause) or _queue(turn, "held_list", place, cause, {"since": turn.inbound_id}, due):
            break
    return False


def _asked_today(turn: Turn, place: Destination) -> bool:
    """The same of what may be an automatic reply: one question a day by the community's clock, the rest in one list when it is over."""
    today = turn.now.astimezone(turn.community.zone).date()
    if _queue(turn, "held", place, f"held-automatic:{turn.who.id}:{today}", _about(turn, place)):
        return True
    midnight = datetime.combine(today + timedelta(days=1), time(), turn.community.zone)
    payload: dict[str, object] = {"since": turn.inbound_id, "daily": True}
    _queue(turn, "held_list", place, f"held-automatic-list:{turn.who.id}:{today}", payload, midnight.astimezone(UTC))
    return False


def _about(turn: Turn, place: Destination) -> dict[str, object]:
    payload: dict[str, object] = {"inbound": turn.inbound_id}
    if place.channel == turn.message.channel:
        payload |= {"to": turn.message.external_id, "thread": turn.message.thread}
    return payload


def _is_gathering(turn: Turn, place: Destination, hour: int) -> bool:
    """Whether a list that is still to be sent will name what comes now."""
    return any(_waits(turn, place, f"held-list:{turn.who.id}:{hour + ahead}") for ahead in (0, 1))


def _waits(turn: Turn, place: Destination, cause: str) -> bool:
    """Whether a list is queued. Its row is locked, so that nobody makes the list before this message is in it."""
    statement = select(Delivery.id).where(
        Delivery.cause == cause,
        Delivery.recipient == place.recipient,
        Delivery.channel == place.channel,
        Delivery.status == "queued",
    )
    return turn.session.scalar(statement.with_for_update()) is not None


def _queue(
    turn: Turn, kind: str, place: Destination, cause: str, payload: dict[str, object], due: datetime | None = None
) -> bool:
    intent = outbox.Intent(kind, place.channel, place.recipient, cause, payload, member_id=turn.who.id, due_at=due)
    return outbox.queue(turn.session, intent, turn.now) is not None


# The questions, made when they are sent


def question(session: Session, community: Community, claim: Claim) -> Answer | None:
    """Whether to publish one held message; nothing when that is decided."""
    row = session.get(Inbound, claim.payload["inbound"])
    if row is None or row.status != "held" or not _may_ask(session, claim):
        return None
    title, url = shown(row), _page(community, row)
    orders = row.envelope.get("orders")
    lead = t("Commands came by mail") if orders else t("A message came for your blog: “{title}”", title=escaped(title))
    yet = t("Nothing is done yet.") if orders else t("Nothing is published yet.")
    told = f"{lead}. {escaped(why(row))}{_shown_excerpt(row)}\n\n{yet}"
    subject = t("Do this? {title}", title=title) if orders else t("Publish this? {title}", title=title)
    if claim.channel == "email":
        text = t(
            "{told} If you sent it, open this page and press the button there. If you did not, do nothing.", told=told
        )
        return Answer(text, subject=subject, buttons=((Button(t("Look at it"), url=url),),))
    text = t(
        "{told} If you sent it, press {yes}. If you did not, throw it away, or do nothing.", told=told, yes=_yes(row)
    )
    return Answer(text, subject=subject, buttons=(_choice(row), (Button(t("Look at it"), url=url),)))


def _shown_excerpt(row: Inbound) -> str:
    """How the message begins and what files it has, as a quotation."""
    excerpt = row.envelope.get("excerpt", {})
    lines = [escaped(line) for line in str(excerpt.get("text", "")).split("\n") if line]
    if names := excerpt.get("files", ()):
        count = int(excerpt["count"])
        more = t(" and {more} more", more=count - len(names)) if count > len(names) else ""
        files = n("{count} file", "{count} files", count)
        lines.append(f"{files}: {', '.join(map(escaped, names))}{more}")
    return "\n\n" + "\n>\n".join(f"> {line}" for line in lines) if lines else ""


def _yes(row: Inbound) -> str:
    return t("Do it") if row.envelope.get("orders") else t("Publish")


def questions(session: Session, community: Community, claim: Claim) -> Answer | None:
    """Whether to publish several held messages; nothing when all is decided."""
    rows = _listed(session, claim)
    if not rows or not _may_ask(session, claim):
        return None
    named, more = rows[:LISTED], len(rows) - LISTED
    entries = "\n".join(_entry(community, row) for row in named)
    further = t("\n- and {more} more", more=more) if more > 0 else ""
    came = n(
        "{count} message came for your blog, and we can't be sure that it is from you.",
        "{count} messages came for your blog, and we can't be sure that they are from you.",
        len(rows),
    )
    text = t(
        "{came} Nothing of that is published yet.\n\n{entries}\n\nIf you sent one, open its link and press the button. If you did not, do nothing; or send `discard all` to throw all that waits away. Your page lists them too: {page}",
        came=came,
        entries=f"{entries}{further}",
        page=f"{community.base_url}/me",
    )
    subject = n("Publish this? {count} message is waiting", "Publish these? {count} messages are waiting", len(rows))
    buttons = () if claim.channel == "email" else tuple(_choice(row, numbered=True) for row in named[:WITH_BUTTONS])
    return Answer(text, subject=subject, buttons=buttons)


def _entry(community: Community, row: Inbound) -> str:
    """A message in a list: its title, where it is decided, and how it begins."""
    begins = phrases.shown_title_of(str(row.envelope.get("excerpt", {}).get("text", "")), LONGEST_BEGINNING)
    words = f"  \n  {escaped(begins)}" if row.envelope.get("excerpt", {}).get("text") else ""
    return f"- {quoted(escaped(shown(row)))}: {_page(community, row)}{words}"


def _may_ask(session: Session, claim: Claim) -> bool:
    """Whether this place is still theirs."""
    member = session.get(Member, claim.member_id)
    if member is None or member.status != "active":
        return False
    return claim.channel == "email" or accounts.is_chat_of(session, member, claim.channel, claim.recipient)


def _listed(session: Session, claim: Claim) -> Sequence[Inbound]:
    """A member's messages that wait since a list was begun, but for those that had a question of their own there."""
    mine = select(Inbound).where(
        Inbound.member_id == claim.member_id, Inbound.id >= claim.payload["since"], Inbound.status == "held"
    )
    place = _key(claim.channel, claim.recipient, daily=bool(claim.payload.get("daily")))
    return [row for row in session.scalars(mine.order_by(Inbound.id)) if place in row.envelope.get("listed", ())]


def why(row: Inbound) -> str:
    """Why a held message is held, in the language in force."""
    return t(unpacked(row.envelope.get("why", row.reason)))


def shown(row: Inbound) -> str:
    return str(row.envelope.get("title") or phrases.shown_title_of(str(row.envelope.get("subject", ""))))


def _page(community: Community, row: Inbound) -> str:
    return f"{community.base_url}/held/{mint(community.keyring, 'held', row.id)}"


def _choice(row: Inbound, *, numbered: bool = False) -> tuple[Button, ...]:
    which = f" “{phrases.shown_title_of(shown(row), 20)}”" if numbered else ""
    return (
        Button(f"{_yes(row)}{which}", action=f"release {row.id}"),
        Button(t("Throw it away"), action=f"discard {row.id}"),
    )


# Their answers in words or by a button


def release(turn: Turn) -> Spoken:
    """Publishes a held message of one's own."""
    row = _own(turn)
    inbox.release(turn.session, row.id, turn.now)
    title = escaped(shown(row))
    text = (
        t("“{title}” is being done. You are told what came of it.", title=title)
        if row.envelope.get("orders")
        else t("“{title}” is being published. You are told when it is out, if you want to be told.", title=title)
    )
    return Spoken("answered", Answer(text, subject=t("On its way")))


def discard(turn: Turn) -> Spoken:
    """Throws a held message of one's own away, or all."""
    if turn.asked.target.lower() == "all":
        mine = select(Inbound).where(Inbound.member_id == turn.who.id, Inbound.status == "held")
        rows = list(turn.session.scalars(mine))
    else:
        rows = [_own(turn)]
    for row in rows:
        inbox.discard(turn.session, row.id, turn.now, reason=DISCARDED)
    if len(rows) == 1:
        text = t(
            "“{title}” was thrown away. Nothing of that was published. To publish it after all, send it again.",
            title=escaped(shown(rows[0])),
        )
    elif rows:
        text = t(
            "{count} messages were thrown away. Nothing of that was published. To publish one after all, send it again.",
            count=len(rows),
        )
    else:
        text = t("No message is waiting, so none was thrown away.")
    return Spoken("answered", Answer(text, subject=t("Thrown away")))


def _own(turn: Turn) -> Inbound:
    number = turn.asked.target
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise Invalid(
            later("Which message?"),
            hint=later("Send `{verb} 17` with its number. Nothing was changed.", verb=turn.asked.verb),
        )
    row = turn.session.get(Inbound, int(number))
    if row is None or row.member_id != turn.who.id:
        raise NotFound(later("There is no such message of yours."), hint=later("Nothing was changed."))
    if row.status != "held":
        raise Conflict(
            later("This message is not waiting any more."), hint=later("Send `inbox` to see what became of it.")
        )
    return row
