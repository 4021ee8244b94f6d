"""What became of a member's messages, in words for them: their page and the command `inbox` show the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.core.desk.held import why
from gateway.core.desk.phrases import post_url, shown_title, shown_title_of
from gateway.core.ledger.inbox import Claim
from gateway.core.messages import InboundMessage
from gateway.core.people.community import Community
from gateway.core.people.tokens import mint
from gateway.core.store.models import Inbound, Post
from gateway.core.words import N, t
from gateway.core.writing.posting import is_scheduled

CHANNELS = {
    "email": N("mail"),
    "telegram": "Telegram",
    "slack": "Slack",
    "console": N("the console"),
    "web": N("this site"),
}
OUTCOMES = {
    "received": N("waiting"),
    "claimed": N("being read"),
    "published": N("published"),
    "edited": N("changed a post"),
    "deleted": N("deleted a post"),
    "replied": N("published as a reply"),
    "answered": N("answered"),
    "held": N("held: waiting for you"),
    "merged": N("part of an album"),
    "recorded": N("noted"),
    "ignored": N("ignored"),
    "rejected": N("not published"),
    "dead": N("could not be read"),
}
_OF_COMMANDS = {"answered": N("done"), "rejected": N("not done")}
_OF_DRAFTS = {"draft": N("kept as a draft"), "scheduled": N("waits for its time")}
_GONE = {"deleted": N("deleted since"), "taken back": N("taken back"), "dropped": N("dropped")}


@dataclass(frozen=True, slots=True)
class Came:
    """One message and what became of it, as things stand now. `url` leads to what it made, or for a held one to where it is decided; it may be empty, and
    so may `subject`. `look` is how a page shows the outcome: a state of the inbox, `done`, `undone` or `gone`."""

    id: int
    at: datetime
    channel: str
    subject: str
    look: str
    outcome: str
    reason: str
    url: str

    @property
    def said(self) -> Sequence[tuple[str, bool]]:
        """The reason in pieces, and of each whether it is code."""
        return pieces(self.reason)


def of_member(session: Session, community: Community, member_id: int, *, limit: int, but: int = 0) -> Sequence[Came]:
    """A member's newest messages, the newest first, without the one that asks."""
    mine = select(Inbound).where(Inbound.member_id == member_id, Inbound.id != but)
    rows = session.scalars(mine.order_by(Inbound.id.desc()).limit(limit)).all()
    _kept = posts_of(session, rows)
    return [_came(session, community, row) for row in rows]


def posts_of(session: Session, rows: Sequence[Inbound]) -> Sequence[Post]:
    """The posts of these messages, in one query: while they are kept, the session has each of them at hand."""
    ids = {row.post_id for row in rows if row.post_id is not None}
    return session.scalars(select(Post).where(Post.id.in_(ids))).all() if ids else ()


def waiting(session: Session, community: Community, member_id: int, *, limit: int) -> tuple[Sequence[Came], int]:
    """A member's held messages, the newest first, and how many there are in all."""
    held = (Inbound.member_id == member_id, Inbound.status == "held")
    rows = session.scalars(select(Inbound).where(*held).order_by(Inbound.id.desc()).limit(limit))
    return [_came(session, community, row) for row in rows], session.scalar(
        select(func.count(Inbound.id)).where(*held)
    ) or 0


def settled(
    session: Session, community: Community, member_id: int, *, limit: int, before: int = 0
) -> tuple[Sequence[Came], int]:
    """A member's messages that are not held, the newest first, from below the number `before`; and the number from which it goes on, 0 at the end."""
    mine = select(Inbound).where(Inbound.member_id == member_id, Inbound.status != "held")
    older = mine.where(Inbound.id < before) if before else mine
    rows = session.scalars(older.order_by(Inbound.id.desc()).limit(limit + 1)).all()
    _kept = posts_of(session, rows)
    shown = [_came(session, community, row) for row in rows[:limit]]
    return shown, shown[-1].id if len(rows) > limit else 0


def state_of(post: Post) -> str:
    """What a post is now: published, draft, scheduled, deleted, taken back before anybody was told, or dropped as a draft."""
    if post.status == "deleted":
        if post.published_at is None:
            return "dropped"
        unseen = post.notify_at is not None and post.deleted_at is not None and post.deleted_at <= post.notify_at
        return "taken back" if unseen else "deleted"
    return "scheduled" if is_scheduled(post) else post.status


def reason_of(session: Session, row: Inbound) -> str:
    """Why a message ended as it did; what was said of a draft that is none any more is left out."""
    return "" if _present(session, row) else row.reason


def _present(session: Session, row: Inbound) -> str:
    """What the post that a message made has become since; nothing when that is what the message's own outcome says."""
    if row.status not in {"published", "replied", "answered"} or row.post_id is None:
        return ""
    state = state_of(session.get_one(Post, row.post_id))
    return state if state in _GONE or (state == "published" and row.status == "answered") else ""


def _outcome(session: Session, row: Inbound) -> tuple[str, str]:
    """How a message ended, as things stand now, in words and as a page shows it."""
    if present := _present(session, row):
        return (t(_GONE[present]), "gone") if present in _GONE else (t(OUTCOMES[present]), present)
    if row.status == "answered" and row.post_id is not None:
        state = state_of(session.get_one(Post, row.post_id))
        return t(_OF_DRAFTS.get(state, OUTCOMES["answered"])), row.status
    if row.status in _OF_COMMANDS and (row.envelope.get("orders") or row.envelope.get("kind") == "commands"):
        if row.status == "answered" and row.reason:
            return t("done in part"), "undone"
        return t(_OF_COMMANDS[row.status]), "done" if row.status == "answered" else "undone"
    return t(OUTCOMES.get(row.status, row.status)), row.status


def pieces(text: str) -> Sequence[tuple[str, bool]]:
    """A sentence in pieces, and of each whether it stands in backticks."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one of them has no fellow
        return [(text, False)]
    return [(part, bool(number % 2)) for number, part in enumerate(parts) if part]


def _came(session: Session, community: Community, row: Inbound) -> Came:
    outcome, look = _outcome(session, row)
    return Came(
        id=row.id,
        at=row.received_at,
        channel=t(CHANNELS.get(row.channel, row.channel)),
        subject=called(session, row),
        look=look,
        outcome=outcome,
        reason=_sentence(why(row) if row.status == "held" else t(reason_of(session, row))),
        url=_url(session, community, row),
    )


def _url(session: Session, community: Community, row: Inbound) -> str:
    if row.status == "held":
        return f"{community.base_url}/held/{mint(community.keyring, 'held', row.id)}"
    post = session.get(Post, row.post_id) if row.post_id is not None else None
    return post_url(community, post) if post is not None and post.status == "published" else ""


def called(session: Session, row: Inbound) -> str:
    """A message's subject, as its door read it; without one how it begins, or the post that it made; else empty."""
    if name := str(row.envelope.get("subject") or row.envelope.get("title") or ""):
        return name
    post = session.get(Post, row.post_id) if row.post_id is not None else None
    return shown_title(post) if post is not None and post.status != "deleted" else ""


def keep_first_words(session: Session, held: Claim, message: InboundMessage, *, is_order: bool) -> None:
    """Keeps how a message without a subject begins, so that its sender knows it again among others; and whether it was a command."""
    kept: dict[str, object] = {"orders": True} if is_order else {}
    if not held.envelope.get("subject") and message.text.strip():
        kept["title"] = shown_title_of(message.text)
    if kept:
        row = session.get_one(Inbound, held.id)
        row.envelope = {**row.envelope, **kept}


def _sentence(reason: str) -> str:
    """A reason as a sentence, whoever gave it."""
    told = reason.strip()
    if not told:
        return ""
    return f"{told[0].upper()}{told[1:]}{'' if told.rstrip(')')[-1:] in '.!?…' else '.'}"
