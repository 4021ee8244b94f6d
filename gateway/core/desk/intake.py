"""Intake: what an inbound message means, and doing it, in one transaction with its answer and its outcome.

`understand` reads and renders outside any write transaction; `apply` is the unit for the writer. Both take the same message, so a message that is
processed again after a crash means the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from gateway.core.audience.newsroom import Newsroom
from gateway.core.desk import changes, describing, history, phrases, refusals, sealing, several, verbs
from gateway.core.desk import held as held_messages
from gateway.core.desk.grammar import MOST_AT_ONCE, Command, Unknown, press, read, read_all, with_title
from gateway.core.desk.system import SYSTEM
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.errors import PostroomError
from gateway.core.ledger import inbox, outbox
from gateway.core.ledger.inbox import Claim
from gateway.core.messages import Answer, InboundMessage, Intent, Part
from gateway.core.people import accounts
from gateway.core.people.accounts import Randomness
from gateway.core.people.community import Community
from gateway.core.people.tokens import without_secrets
from gateway.core.store.models import Inbound, Member
from gateway.core.store.sql import by_id
from gateway.core.words import changed, later, speaking, t
from gateway.core.writing import carried, posting
from gateway.core.writing.posting import Words

_DANGLING = re.compile(r"!\[(?:[^\[\]\\\n]|\\[^\n]){0,2000}\]\(cid:[^\s()]{1,500}\)")


@dataclass(frozen=True, slots=True)
class Plan:
    """A message understood: the command in it, if any, and the words to store, rendered. `more` are the commands after the first."""

    message: InboundMessage
    command: Command | Unknown | None = None
    words: Words | None = None
    refusal: str = ""
    more: "tuple[Plan, ...]" = ()


def understand(session: Session, community: Community, message: InboundMessage) -> Plan:
    """What the message asks for. Reads only."""
    if message.intent not in {Intent.SPEAK, Intent.EDIT, Intent.PRESS}:
        return Plan(message)
    if message.intent is Intent.PRESS:
        return Plan(message, press(message.action))
    message = changes.whole(session, _discreet(message, community.domain))
    if message.only_commands:
        return _orders(session, community, message)
    command = (
        None
        if message.blog_id is not None or message.reply_to_post_id is not None
        else read(message.text, answering=bool(message.answers))
    )
    command = describing.as_description(session, message, command) or command
    is_change = message.intent is Intent.EDIT or message.joins_post_id is not None
    if is_change and not (isinstance(command, Command) and command.verb in verbs.WRITING):
        command = None
    return _plan(session, community, message, command)


def _discreet(message: InboundMessage, domain: str) -> InboundMessage:
    """The message without the secrets of our addresses, which a quoted header or a shared contact brings along: all of it may be published."""
    media = tuple(
        replace(item, filename=without_secrets(item.filename, domain), alt=without_secrets(item.alt, domain))
        for item in message.media
    )
    return replace(
        message,
        text=without_secrets(message.text, domain),
        title=without_secrets(message.title, domain),
        media=media,
        parts=tuple(replace(part, text=without_secrets(part.text, domain)) for part in message.parts),
        categories=tuple(without_secrets(name, domain) for name in message.categories),
        notes=tuple(changed(note, lambda words: without_secrets(words, domain)) for note in message.notes),
    )


def _orders(session: Session, community: Community, message: InboundMessage) -> Plan:
    """The commands of a message that is there for nothing else, in order."""
    is_answer = bool(message.answers) or message.reply_to_post_id is not None
    try:
        commands = read_all(message.text, answering=is_answer)
    except PostroomError as error:
        return Plan(message, refusal=error.sentence)
    if not commands:
        return Plan(message, refusal=phrases.NO_COMMAND)
    if len(commands) > MOST_AT_ONCE:
        return Plan(
            message,
            refusal=later(
                "A mail takes up to {most_at_once} commands. None of yours was obeyed.", most_at_once=MOST_AT_ONCE
            ),
        )
    first, *more = [_plan(session, community, message, command) for command in commands]
    return replace(first, more=tuple(more))


def _plan(session: Session, community: Community, message: InboundMessage, command: Command | Unknown | None) -> Plan:
    """The words rendered: those behind the command, or all."""
    text, title = command.rest if isinstance(command, Command) else message.text, message.title
    if isinstance(command, Command) and command.verb == "edit":
        title, text = with_title(text)
    try:
        words = posting.write(session, community, _with_pictures(community, message, text), title=title)
    except PostroomError as error:
        return Plan(message, command, refusal=error.sentence)
    return Plan(message, command, words)


def _with_pictures(community: Community, message: InboundMessage, text: str) -> str:
    """Marks of inline pictures (`cid:…`) become their addresses; those of what is no picture of ours go."""
    for item in message.media:
        if item.content_id and item.renditions and item.kind == "image":
            text = text.replace(f"(cid:{item.content_id})", f"({community.media_url(item.renditions[0].blob)})")
    return _DANGLING.sub("", text) if "(cid:" in text and message.channel == "email" else text


def apply(
    session: Session,
    community: Community,
    held: Claim,
    plan: Plan,
    now: datetime,
    randomness: Randomness,
    newsroom: Newsroom | None = None,
) -> Spoken:
    """Does what the plan says, queues the answer, ends the inbox row: one transaction. Raises LostLease and undoes it all."""
    member = _member(session, plan.message)
    with speaking((member.language if member is not None else plan.message.language) or community.language):
        return _apply(session, community, held, plan, member, now, randomness, newsroom)


def _apply(
    session: Session,
    community: Community,
    held: Claim,
    plan: Plan,
    member: Member | None,
    now: datetime,
    randomness: Randomness,
    newsroom: Newsroom | None,
) -> Spoken:
    message = plan.message
    if member is not None and message.private and message.intent not in SYSTEM and message.channel != "email":
        accounts.resume_link(session, message.channel, message.account)  # who speaks to us can be told things
    try:
        with session.begin_nested():
            spoken = _speak(session, community, held, plan, member, now, randomness, newsroom)
    except PostroomError as error:
        if not error.permanent:
            raise
        spoken = Spoken("rejected", _refused(message, error.said(), plan.command), reason=error.said())
    sealed = _is_for_managers(plan, held, spoken)
    if sealed:
        sealing.seal(session.get_one(Inbound, held.id))
    if spoken.answer is not None and not message.unproven:
        _queue_answer(session, community, held, message, member, spoken, now, sealed=sealed)
    if member is not None and spoken.post_id is None and spoken.outcome != "held":
        history.keep_first_words(session, held, message, is_order=_is_order(message, plan.command))
    inbox.finish(
        session,
        held,
        spoken.outcome,
        now,
        reason=spoken.reason,
        member_id=member.id if member else None,
        post_id=spoken.post_id,
    )
    return spoken


def _is_for_managers(plan: Plan, held: Claim, spoken: Spoken) -> bool:
    """Whether a message reports something, or was meant to."""
    if any(sealing.is_for_managers(one.command) for one in (plan, *plan.more)):
        return True
    is_tried = spoken.outcome == "rejected" or (plan.message.only_commands and spoken.post_id is None)
    return is_tried and sealing.has_report(plan.message, str(held.envelope.get("subject") or ""))


def _member(session: Session, message: InboundMessage) -> Member | None:
    if message.member_id is not None:
        return by_id(session, Member, message.member_id)
    return accounts.by_account(session, message.channel, message.account)


def _speak(
    session: Session,
    community: Community,
    held: Claim,
    plan: Plan,
    member: Member | None,
    now: datetime,
    randomness: Randomness,
    newsroom: Newsroom | None,
) -> Spoken:
    message = plan.message
    if message.intent in SYSTEM:
        return SYSTEM[message.intent](session, community, held, message, now, randomness)
    if message.reject:
        return Spoken("rejected", _told_why(message, member), reason=t(message.reject))
    if not message.private and not message.addressed:
        return Spoken("ignored", reason=t("Said in a group, to somebody else."))
    turns = [
        Turn(
            session, community, message, one.command, one.words, member, held.id, now, randomness, one.refusal, newsroom
        )
        for one in (plan, *plan.more)
    ]
    turn = turns[0]
    if member is None:
        return verbs.stranger(turn)
    if message.hold:
        return held_messages.hold(turn)
    return several.obey_all(turns) if plan.more else verbs.obey(turn)


def _told_why(message: InboundMessage, member: Member | None) -> Answer | None:
    """A member is told why nothing became of a message; a mail's only when its notes say that its sender is verified."""
    spoken_to = message.private or message.addressed
    if member is None or not spoken_to or (message.channel == "email" and not message.notes):
        return None
    return _refused(message, t(message.reject))


def _refused(message: InboundMessage, why: str, command: Command | Unknown | None = None) -> Answer:
    """Why nothing came of it; in mail under a subject that says of what."""
    words = message.title or message.text
    if message.channel != "email" or not words.strip():
        return phrases.refused(why)
    what = t("Not done") if _is_order(message, command) else t("Not published")
    return phrases.refused(why, f"{what}: {phrases.shown_title_of(words)}")


def _queue_answer(
    session: Session,
    community: Community,
    held: Claim,
    message: InboundMessage,
    member: Member | None,
    spoken: Spoken,
    now: datetime,
    *,
    sealed: bool,
) -> None:
    assert spoken.answer is not None
    answer: Answer = spoken.answer
    causes: Sequence[str] = (spoken.cause or f"inbound:{held.id}:{held.fence}",)
    if message.channel == "email":
        answer = phrases.with_notes(answer, message.notes)
        if member is not None and held.envelope.get("proof") == "secret":  # whose mail nothing else vouches for
            answer = replace(answer, secret_of=held.envelope["blog_id"])
    if message.channel == "email" and spoken.outcome == "rejected":
        answer, causes = refusals.by_mail(session, community, message, member, answer, spoken.reason, now)
    where = {} if message.answer_place else {"to": message.external_id, "thread": message.thread}
    intent = outbox.Intent(
        kind="answer",
        channel=message.channel,
        recipient=message.answer_place or message.place,
        cause="",
        payload={"answer": answer.to_json()} | where | ({"for": sealing.SEALED} if sealed else {}),
        member_id=member.id if member else None,
        post_id=answer.post_id if spoken.outcome in {"published", "replied"} else None,
    )
    for cause in causes:
        if outbox.queue(session, replace(intent, cause=cause), now) is not None:
            break


def _is_order(message: InboundMessage, command: Command | Unknown | None) -> bool:
    """Whether a message was to do something, and to publish nothing."""
    return message.only_commands or (command is not None and _verb(command) not in verbs.WRITING - {"edit"})


def _verb(command: Command | Unknown) -> str:
    return command.verb if isinstance(command, Command) else command.word


def with_parts(message: InboundMessage, parts: list[InboundMessage]) -> InboundMessage:
    """An album's first part with the words and files of the others, in order; each file knows its part. Alone it is its only part."""
    everything = sorted([message, *parts], key=lambda part: carried.by_id(part.external_id))
    captions = {part.external_id: part.text for part in everything}
    in_chat = message.channel != "email"  # where a single file can change later
    media = [replace(item, part=part.external_id * in_chat) for part in everything for item in part.media]
    alts = carried.described(media, captions)
    return replace(
        message,
        external_id=everything[0].external_id,
        text=carried.words_of(captions),
        media=tuple(replace(item, alt=item.alt or alts.get(item.part, "")) for item in media),
        notes=tuple(note for part in everything for note in part.notes),
        parts=tuple(Part(part, said) for part, said in captions.items()),
        reject=message.reject if all(part.reject for part in everything) else "",
    )


def in_its_last_version(message: InboundMessage, edits: Sequence[InboundMessage]) -> InboundMessage:
    """The message as the last of the edits has it that came before it."""
    last = max(edits, key=lambda edit: edit.revision, default=message)
    return replace(
        message, text=last.text, media=last.media, notes=last.notes, reject=last.reject, revision=last.revision
    )
