"""Issues: cut once, frozen, and one copy queued for each reader.

    (posts) ──freeze──▶ cutting ──all copies queued──▶ sending ──none queued, claimed or attempting──▶ finished

Invariants
- (blog, cadence, period) and (post, cadence) are unique: whoever cuts, and however often, there is one issue, and a post is in one of them.
- An issue is rendered before the transaction that makes it; that transaction looks again whether its posts still stand as they were read.
- No copy leaves while its issue is `cutting` (the outbox does not hand it out), so that readers get it together. How copies are queued: cutting.py.

What SIGKILL leaves behind: nothing, or a `cutting` issue whose cursor says where to go on; `cutting.resume` goes on with it, in any process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from gateway.core.errors import Unavailable
from gateway.core.house import House
from gateway.core.ledger.outbox import UNFINISHED
from gateway.core.messages import RenderedIssue
from gateway.core.store.models import Blog, Delivery, Issue, IssuePost, Post
from gateway.core.store.sql import insert_if_new
from gateway.newsletter.cutting import queue_copies
from gateway.newsletter.render import render_issue
from gateway.newsletter.selection import posts_alone, posts_for

_PATIENCE = 3  # how often an issue is rendered again because a post changed meanwhile


@dataclass(frozen=True, slots=True)
class Masthead:
    """Whose issue this is, for headers: `sender` is its From address."""

    blog_id: int
    blog_name: str
    sender: str
    cadence: str
    period: str


Freeze = Callable[[RenderedIssue, Masthead], bytes]
"""Makes an issue's wire form; email's, handed in by app."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How far an issue is: copies by what became of them. `uncertain` may have left without our knowing; they count elsewhere too."""

    waiting: int = 0
    sent: int = 0
    failed: int = 0
    suppressed: int = 0
    cancelled: int = 0
    uncertain: int = 0

    @property
    def copies(self) -> int:
        return self.waiting + self.sent + self.failed + self.suppressed + self.cancelled

    def __str__(self) -> str:
        shown = f"{self.sent} sent, {self.failed} failed, {self.suppressed} suppressed, {self.uncertain} uncertain"
        return f"{shown}, {self.waiting} waiting" if self.waiting else shown


@dataclass(frozen=True, slots=True)
class _Draft:
    """An issue ready to be made: `posts` are ids, each with when it was edited last."""

    head: Masthead
    rendered: RenderedIssue
    segments: bytes
    posts: tuple[tuple[int, datetime | None], ...]
    public: str  # what stands in the kept copy where a reader's own link stands in theirs


def cut(house: House, blog_id: int, cadence: str, period: str, freeze: Freeze) -> int | None:
    """The id of the weekly or monthly issue of a period, its copies queued; None when there is nothing to send."""
    issue_id = _existing(house, blog_id, cadence, period)
    if issue_id is None:
        issue_id = _made(house, freeze, lambda session: _periodical(session, house, blog_id, cadence, period))
    if issue_id is not None:
        queue_copies(house, issue_id)
    return issue_id


def cut_each(house: House, freeze: Freeze, *, limit: int = 50) -> int:
    """Cuts an issue for every post whose time has come, where readers want each; returns how many."""
    with house.database.read() as session:
        due = [post.id for post in posts_alone(session, house.now(), limit=limit)]
    for post_id in due:
        if (issue_id := _made(house, freeze, partial(_single, post_id=post_id))) is not None:
            queue_copies(house, issue_id)
    return len(due)


def finish_due(house: House) -> dict[int, Tally]:
    """Marks issues finished of which no copy is on its way, and says what became of their copies."""
    on_its_way = exists().where(Delivery.issue_id == Issue.id, Delivery.status.in_(UNFINISHED))
    with house.database.read() as session:
        ready = session.scalars(select(Issue.id).where(Issue.status == "sending", ~on_its_way)).all()
    if not ready:
        return {}

    def unit(session: Session) -> list[int]:
        where = (Issue.id.in_(ready), Issue.status == "sending", ~on_its_way)
        ending = update(Issue).where(*where).values(status="finished", finished_at=house.now())
        return list(session.scalars(ending.returning(Issue.id)))

    finished = house.database.writer.run(unit)
    with house.database.read() as session:
        return {issue_id: tally(session, issue_id) for issue_id in finished}


def tally(session: Session, issue_id: int) -> Tally:
    """What has become of an issue's copies up to now."""
    statement = select(Delivery.status, func.count()).where(Delivery.issue_id == issue_id).group_by(Delivery.status)
    by_status: dict[str, int] = {row[0]: row[1] for row in session.execute(statement)}
    doubtful = select(func.count()).where(Delivery.issue_id == issue_id, Delivery.doubtful > 0)
    return Tally(
        waiting=sum(by_status.get(status, 0) for status in UNFINISHED),
        sent=by_status.get("sent", 0),
        failed=by_status.get("failed", 0),
        suppressed=by_status.get("suppressed", 0),
        cancelled=by_status.get("cancelled", 0),
        uncertain=session.scalar(doubtful) or 0,
    )


def _existing(house: House, blog_id: int, cadence: str, period: str) -> int | None:
    with house.database.read() as session:
        where = (Issue.blog_id == blog_id, Issue.cadence == cadence, Issue.period == period)
        return session.scalar(select(Issue.id).where(*where))


Chosen = tuple[Blog, str, str, Sequence[Post]]
"""A blog, cadence and period, and the posts for it."""


def _periodical(session: Session, house: House, blog_id: int, cadence: str, period: str) -> Chosen | None:
    blog = session.get(Blog, blog_id)
    if blog is None or blog.newsletter == "off":
        return None
    posts = posts_for(session, blog, cadence, house.now())
    return (blog, cadence, period, posts) if posts else None


def _single(session: Session, post_id: int) -> Chosen | None:
    post = session.get(Post, post_id)
    if post is None or post.status != "published" or post.blog is None:
        return None
    return post.blog, "each", str(post.id), [post]


def _made(house: House, freeze: Freeze, choose: Callable[[Session], Chosen | None]) -> int | None:
    """Renders outside any transaction, then makes the issue unless a post changed in between; then it renders again."""
    for _ in range(_PATIENCE):
        with house.database.read() as session:
            chosen = choose(session)
            draft = _drafted(house, freeze, chosen) if chosen is not None else None
        if draft is None:
            return None
        issue_id = house.database.writer.run(partial(_make, draft=draft, now=house.now()))
        if issue_id is not None:
            return issue_id
    raise Unavailable("The posts of this issue keep changing; nothing was sent.", hint="It is tried again.")


def _drafted(house: House, freeze: Freeze, chosen: Chosen) -> _Draft:
    blog, cadence, period, posts = chosen
    community = house.community
    mark = f"unsubscribe-{house.randomness(12).hex()}"
    rendered = render_issue(community, blog, posts, cadence=cadence, mark=mark)
    head = Masthead(blog.id, blog.name, community.mail(blog.name), cadence, period)
    read = tuple((post.id, post.edited_at) for post in posts)
    return _Draft(head, rendered, freeze(rendered, head), read, f"{community.blog_url(blog.name)}/subscribe")


def _make(session: Session, draft: _Draft, now: datetime) -> int | None:
    """The id of the issue, made now or by somebody else; None when its posts are not as they were read."""
    head, rendered = draft.head, draft.rendered
    where = (Issue.blog_id == head.blog_id, Issue.cadence == head.cadence, Issue.period == head.period)
    if (known := session.scalar(select(Issue.id).where(*where))) is not None:
        return known
    ids = [post_id for post_id, _ in draft.posts]
    standing = select(Post.id, Post.edited_at).where(Post.id.in_(ids), Post.status == "published").with_for_update()
    taken = select(IssuePost.post_id).where(IssuePost.post_id.in_(ids), IssuePost.cadence == head.cadence)
    if set(map(tuple, session.execute(standing))) != set(draft.posts) or session.scalar(taken.limit(1)) is not None:
        return None
    values = {
        "blog_id": head.blog_id,
        "cadence": head.cadence,
        "period": head.period,
        "status": "cutting",
        "subject": rendered.subject,
        "html": _public(rendered.html, rendered.marks, draft.public),
        "text": _public(rendered.text, rendered.marks, draft.public),
        "segments": draft.segments,
        "cut_cursor": 0,
        "created_at": now,
        "send_at": now,
    }
    issue_id = insert_if_new(session, Issue, values)
    if issue_id is None:  # made by another process a moment ago
        return session.scalar(select(Issue.id).where(*where))
    session.add_all(
        IssuePost(issue_id=issue_id, post_id=post_id, cadence=head.cadence, position=position)
        for position, post_id in enumerate(ids)
    )
    return issue_id


def _public(words: str, marks: Sequence[str], url: str) -> str:
    for mark in marks:
        words = words.replace(mark, url)
    return words
