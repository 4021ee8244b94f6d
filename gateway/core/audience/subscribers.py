"""Subscribers of a blog: they ask, confirm by a button, choose how often, and leave by one click.

    (nobody) ──ask──▶ pending ──confirm──▶ active ──unsubscribe──▶ unsubscribed ──ask──▶ pending …
                                              ▲                         │
                                              └── come back, in a day ──┘

Nothing here tells the asker whether an address is known: `ask` answers the same to all, and only the address's owner gets a mail.
An address is asked once a day at most, over all blogs: what is asked for beyond waits for a day of its own, WAITING questions at most, and
later ones are dropped, so that nobody's mailbox is filled by others. A confirmation lasts seven days, may be pressed again, and dies when they leave.
The token for leaving lasts and is bound to one subscriber and this purpose: it can't sign in, and holds no address. Who has it may take
a leaving of the last day back; later that is confirmed by mail like a new subscription, since whoever was forwarded a mail has the token, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gateway.core.audience import asking_limits, cadences, wishes
from gateway.core.audience.suppression import address_hash, is_suppressed
from gateway.core.errors import Conflict, NotAllowed, NotFound
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Intent
from gateway.core.people.accounts import Randomness, fold_address, issue_mailed_token, look_at_token, mailed_secret
from gateway.core.people.community import Community
from gateway.core.people.tokens import mint, read
from gateway.core.store.bell import ring_for
from gateway.core.store.models import Blog, Delivery, Issue, Subscriber
from gateway.core.store.sql import insert_if_new

CONFIRMING_LASTS = timedelta(days=7)
UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)  # when somebody asked of whom a list does not tell it
ASK_AGAIN = timedelta(days=1)
WAITING = 5  # questions that wait for their day, of one address
COME_BACK = timedelta(days=1)
ERASED = "erased"  # the state of a row that holds nobody any more: see erasure.py
_OPEN = ("cutting", "scheduled", "sending", "paused")  # issues of which copies may leave still
_CONFIRM, _LEAVE = "subscribe", "unsubscribe"


@dataclass(frozen=True, slots=True)
class Application:
    """What somebody asks for. `host` is the client's address where it is known; `source` how it came: form, mail or api."""

    address: str
    cadence: str
    categories: Sequence[str] = ()
    source: str = "form"
    host: str = ""


def check(session: Session, blog: Blog, asked: Application, now: datetime) -> str:
    """The folded address. Raises Invalid, NotAllowed, TooMuch for what anyone may know; changes nothing."""
    folded = fold_address(asked.address)
    wishes.known_cadence(asked.cadence)
    if blog.newsletter == "off":
        raise NotAllowed("This blog has no newsletter.", hint="Follow it by its feed instead.")
    wishes.known_categories(session, blog.id, asked.categories)
    asking_limits.check(session, asked.host, folded, now)
    return folded


def ask(
    session: Session, community: Community, blog: Blog, asked: Application, now: datetime, randomness: Randomness
) -> None:
    """Queues a mail that asks the address's owner to confirm, for the next day on which no other blog asks them. Raises as `check`."""
    folded = check(session, blog, asked, now)
    asking_limits.count(session, asked.host, folded, now)
    if is_suppressed(session, community.keyring, folded):
        return
    values = {"blog_id": blog.id, "address": folded, "status": "pending", "cadence": asked.cadence}
    insert_if_new(session, Subscriber, values | {"asked_at": now, "source": asked.source})
    row = session.scalars(
        select(Subscriber).where(Subscriber.blog_id == blog.id, Subscriber.address == folded).with_for_update()
    ).one()
    if row.status != "active":
        row.status, row.cadence, row.source = "pending", asked.cadence, asked.source
        wishes.choose(session, row.id, asked.categories)
    _ask(session, community, row, now, randomness)


def _ask(session: Session, community: Community, row: Subscriber, now: datetime, randomness: Randomness) -> None:
    """Queues the question, unless it was queued in the last day and works still, or too many wait for this address.

    What is known of a reader who confirmed stays as it is until they confirm again: anybody may have entered their address.
    """
    if row.hash_key != community.keyring.current:
        row.address_hash, row.hash_key = address_hash(community.keyring, row.address), community.keyring.current
    if row.question_at is not None and row.question_at > now - ASK_AGAIN:
        question = _question(session, row, row.question_at)
        if row.left_at is None or row.left_at < (question.created_at if question is not None else row.question_at):
            return
        if question is not None and question.status == "queued":  # they left since, and its link died
            nonce = _nonce(session, community, row, row.question_at - now, now, randomness)
            question.payload, question.created_at = {"nonce": nonce}, now
            return
    last = _last_asked(session, row.address)
    due = now if last is None else max(now, last + ASK_AGAIN)
    if due <= now + WAITING * ASK_AGAIN:
        row.question_at = due
        _queue_question(session, community, row, due, now, randomness)


def _last_asked(session: Session, address: str) -> datetime | None:
    """When this address was last asked or will be, by whichever blog; naming the blogs lets the one index on both columns serve."""
    any_blog = Subscriber.blog_id.in_(select(Blog.id))
    return session.scalar(select(func.max(Subscriber.question_at)).where(any_blog, Subscriber.address == address))


def question_cause(blog_id: int, day: datetime) -> str:
    """The cause of the question whether somebody asked for a blog, by the day on which it is due."""
    return f"subscribe:{blog_id}:{day.astimezone(UTC):%Y-%m-%d}"


def _question(session: Session, row: Subscriber, due: datetime) -> Delivery | None:
    """The question that was queued for them, by when it is due."""
    cause = question_cause(row.blog_id, due)
    this = (Delivery.cause == cause, Delivery.recipient == row.address, Delivery.channel == "email")
    return session.scalar(select(Delivery).where(*this).with_for_update())


def _queue_question(
    session: Session, community: Community, row: Subscriber, due: datetime, now: datetime, randomness: Randomness
) -> None:
    intent = Intent(
        kind="confirm_subscription",
        channel="email",
        recipient=row.address,
        cause=question_cause(row.blog_id, due),
        payload={"nonce": _nonce(session, community, row, due - now, now, randomness)},
        subscriber_id=row.id,
        address_hash=row.address_hash,
        due_at=due,
    )
    outbox.queue(session, intent, now)


def _nonce(
    session: Session, community: Community, row: Subscriber, wait: timedelta, now: datetime, randomness: Randomness
) -> int:
    """Of a link that works for CONFIRMING_LASTS from when it is mailed, and until they leave."""
    subject, lasts = {"subscriber_id": row.id, "left": _left(row)}, max(wait, timedelta()) + CONFIRMING_LASTS
    return issue_mailed_token(session, community.keyring, _CONFIRM, subject, now, lasts, randomness)


def confirm_url(community: Community, blog: Blog, nonce: int) -> str:
    """The page whose button confirms; made when the mail is rendered, so that no row holds its secret."""
    return f"{community.blog_url(blog.name)}/subscribe/confirm/{mailed_secret(community.keyring, _CONFIRM, nonce)}"


def look(session: Session, community: Community, token: str, now: datetime) -> Subscriber:
    """Whom a confirmation token is for; changes nothing. Raises NotFound for wrong and expired alike."""
    subject = look_at_token(session, _CONFIRM, token, now)
    row = session.get(Subscriber, subject["subscriber_id"])
    if row is None or row.status in {"unsubscribed", ERASED} or subject["left"] != _left(row):
        raise NotFound("This link does not work any more.", hint="Nothing was changed. Subscribe again on the blog.")
    return row


def confirm(session: Session, community: Community, token: str, now: datetime) -> Subscriber:
    """The subscriber, active from now on, or already. Raises NotFound for wrong and expired alike."""
    row = _as_it_is(session, look(session, community, token, now))
    if row.status == "pending":
        row.status, row.confirmed_at = "active", now
        row.asked_at = min(row.question_at or row.asked_at, now)
        row.cadence_since = row.next_cadence = row.next_since = None
        session.flush()
    return row


def _as_it_is(session: Session, row: Subscriber) -> Subscriber:
    """Their row as it stands now, and nobody else's until this transaction ends: they may have left, or been erased, since it was read."""
    session.refresh(row, with_for_update={"key_share": True})
    return row


def confirmed_here(asked_at: datetime, confirmed_at: datetime) -> bool:
    """Whether they confirmed to us: a question lasts CONFIRMING_LASTS, and who was imported has asked longer before than that. What their row bears is the moment of the import."""
    return timedelta() <= confirmed_at - asked_at <= CONFIRMING_LASTS


def known_moments(row: Subscriber) -> tuple[datetime | None, datetime | None]:
    """When they asked and when they confirmed, as far as anybody knows."""
    confirmed = row.confirmed_at if row.confirmed_at and confirmed_here(row.asked_at, row.confirmed_at) else None
    return row.asked_at if row.asked_at > UNKNOWN else None, confirmed


def unsubscribe_token(community: Community, subscriber_id: int) -> str:
    """The token in links, headers and `u.` addresses by which one subscriber leaves."""
    return mint(community.keyring, _LEAVE, subscriber_id)


def unsubscribe_url(community: Community, blog_name: str, subscriber_id: int) -> str:
    """The page for leaving and for changing how often; also where the one-click POST of RFC 8058 goes."""
    return ways_to_leave(community, blog_name, subscriber_id)[0]


def ways_to_leave(community: Community, blog_name: str, subscriber_id: int) -> tuple[str, str]:
    """`unsubscribe_url` and `unsubscribe_address`, for each copy of an issue: making the token once costs half."""
    token = unsubscribe_token(community, subscriber_id)
    return f"{community.blog_url(blog_name)}/unsubscribe/{token}", community.mail(f"u.{token}")


def mark_values(url: str, marks: Iterable[str]) -> dict[str, str]:
    """What stands in one subscriber's copy at each of an issue's marks; all of them begin with `unsubscribe-` and get `unsubscribe_url`."""
    return {mark: url for mark in marks if mark.startswith("unsubscribe-")}


def preferences(session: Session, community: Community, token: str) -> Subscriber | None:
    """Whom a token for leaving is for, or None when they were erased; changes nothing. Raises NotFound for a wrong token."""
    ids = read(community.keyring, _LEAVE, token)
    row = session.get(Subscriber, ids[0]) if len(ids) == 1 else None
    return row if row is not None and row.status != ERASED else None


def change(
    session: Session, community: Community, token: str, cadence: str, categories: Sequence[str], now: datetime
) -> Subscriber:
    """The subscriber with what they want now, or once what waits for them has come; no issue is cut for it. Raises NotFound, Invalid, Conflict when they have left."""
    wishes.known_cadence(cadence)
    row = _subscribed(preferences(session, community, token))
    wishes.known_categories(session, row.blog_id, categories, row.id)
    cadences.want(session, row, cadence, now)
    wishes.choose(session, _subscribed(row).id, categories)  # they may have left before their row was held
    return row


def _subscribed(row: Subscriber | None) -> Subscriber:
    if row is None or row.status != "active":
        raise Conflict("You are not subscribed.", hint="Nothing was changed. Subscribe again on the blog.")
    return row


def unsubscribe(session: Session, community: Community, token: str, now: datetime) -> Subscriber | None:
    """The subscriber, who gets nothing more, not even copies that are queued; None when they were erased. Raises NotFound."""
    row = preferences(session, community, token)
    if row is None or _as_it_is(session, row).status in {"unsubscribed", ERASED}:
        return row if row is not None and row.status != ERASED else None
    row.status, row.left_at = "unsubscribed", now
    session.flush()
    drop_copies(session, row.blog_id, [row.address], now)
    return row


def come_back(session: Session, community: Community, token: str, now: datetime, randomness: Randomness) -> Subscriber:
    """The subscriber, active again as before when they left in the last day, with the copies that leaving dropped; else asked by mail to confirm. Raises NotFound, Conflict."""
    row = preferences(session, community, token)
    off = row is None or row.blog.newsletter == "off" or is_suppressed(session, community.keyring, row.address)
    if row is None or off or _as_it_is(session, row).status == ERASED:
        raise Conflict("You can't be subscribed again here.", hint="Nothing was changed. Subscribe again on the blog.")
    if row.status != "unsubscribed":
        return row
    if comes_back_at_once(row, now):
        row.status = "active"
        session.flush()
        _bring_back_copies(session, row)
    else:
        row.status = "pending"
        _ask(session, community, row, now, randomness)
    return row


def comes_back_at_once(row: Subscriber, now: datetime) -> bool:
    """Whether they left so lately that they need not confirm again."""
    return row.confirmed_at is not None and row.left_at is not None and row.left_at > now - COME_BACK


def drop_copies(session: Session, blog_id: int, addresses: Sequence[str], now: datetime) -> None:
    """Has no copy leave that is queued for these readers of a blog; by the causes of open issues, since that is what deliveries are indexed by."""
    causes = _causes_of_open_issues(session, blog_id)
    if not causes:
        return
    session.execute(
        update(Delivery)
        .where(
            Delivery.cause.in_(causes),
            Delivery.recipient.in_(addresses),
            Delivery.channel == "newsletter",
            Delivery.status.in_(("queued", "claimed")),
        )
        .values(status="suppressed", reason=outbox.LEFT, finished_at=now, lease_until=None)
    )


def _bring_back_copies(session: Session, row: Subscriber) -> None:
    """Queues again what leaving dropped, of issues that are sent still; nothing of which a body may have left."""
    causes = _causes_of_open_issues(session, row.blog_id, held=True)
    if not causes:
        return
    dropped = (Delivery.status == "suppressed", Delivery.reason == outbox.LEFT, Delivery.doubtful == 0)
    mine = (Delivery.cause.in_(causes), Delivery.recipient == row.address, Delivery.channel == "newsletter")
    session.execute(update(Delivery).where(*mine, *dropped).values(status="queued", reason="", finished_at=None))
    ring_for(session, "outbox")


def _causes_of_open_issues(session: Session, blog_id: int, *, held: bool = False) -> list[str]:
    """The causes of the copies that may leave still; `held` keeps the issues from being finished meanwhile."""
    found = select(Issue.id).where(Issue.status.in_(_OPEN), Issue.blog_id == blog_id).order_by(Issue.id)
    found = found.with_for_update(key_share=True) if held else found
    return [f"issue:{issue_id}" for issue_id in session.scalars(found)]


def _left(row: Subscriber) -> int:
    """When they left last, in seconds: leaving kills the confirmations that were mailed before."""
    return int(row.left_at.timestamp()) if row.left_at is not None else 0
