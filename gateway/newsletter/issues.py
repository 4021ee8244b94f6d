"""Issues: cut once, frozen, and one copy queued for each reader.

    (posts, perhaps a draft) ──freeze──▶ cutting ──all copies queued──▶ stages.py

Invariants
- (blog, cadence, period) and (post, cadence) are unique: whoever cuts, and however often, there is one issue, and a post is in one of them.
- An issue is rendered before the transaction that makes it; that transaction looks again whether its posts, and what the owner made of it while it
  waited (drafts.py), still stand as they were read.
- No copy leaves while its issue is `cutting` (the outbox does not hand it out), so that readers get it together. How copies are queued: cutting.py.

What SIGKILL leaves behind: nothing, or a `cutting` issue whose cursor says where to go on; `cutting.resume` goes on with it, in any process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from gateway.core.audience import cadences
from gateway.core.errors import Unavailable
from gateway.core.house import House
from gateway.core.messages import RenderedIssue
from gateway.core.store.models import Blog, Issue, IssuePost, Post
from gateway.core.store.sql import insert_if_new
from gateway.newsletter import drafts, owner_notices
from gateway.newsletter.attempts import collected
from gateway.newsletter.cutting import queue_copies
from gateway.newsletter.drafts import Draft, Next
from gateway.newsletter.render import render_issue
from gateway.newsletter.selection import has_recipients, posts_alone

PATIENCE = 3  # how often an issue is rendered again because a post changed meanwhile


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
class Ready:
    """An issue ready to be made: `posts` are ids, each with when it was edited last."""

    head: Masthead
    rendered: RenderedIssue
    segments: bytes
    posts: tuple[tuple[int, datetime | None], ...]
    public: str  # what stands in the kept copy where a reader's own link stands in theirs
    waiting: Draft | None  # what its owner has made of it, as it was read

    def words(self) -> dict[str, Any]:
        """What the issue's row keeps of it."""
        rendered = self.rendered
        return {
            "subject": rendered.subject,
            "html": _public(rendered.html, rendered.marks, self.public),
            "text": _public(rendered.text, rendered.marks, self.public),
            "segments": self.segments,
        }


def cut(house: House, blog_id: int, cadence: str, period: str, freeze: Freeze) -> int | None:
    """The id of the weekly or monthly issue of a period, its copies queued; None when there is nothing to send."""
    issue_id = _existing(house, blog_id, cadence, period)
    if issue_id is None:
        issue_id = _made(house, freeze, lambda session: _periodical(session, house, blog_id, cadence, period))
    if issue_id is not None:
        queue_copies(house, issue_id)
    return issue_id


def cut_each(house: House, freeze: Freeze, *, at_once: int = 50) -> None:
    """Cuts an issue for every post whose time has come, where readers want each.

    A post that can't be made into one keeps no other back. What it raised is raised at the end, with what others did.
    """
    with collected("some posts could not be mailed; they are tried again") as attempt:
        last: tuple[datetime, int] | None = None
        while True:
            with house.database.read() as session:
                due = posts_alone(session, house.now(), limit=at_once, after=last)
            for post_id, _ in due:
                attempt(f"post {post_id}", partial(_cut_alone, house, freeze, post_id))
            if len(due) < at_once:
                return
            last = (due[-1][1], due[-1][0])


def _cut_alone(house: House, freeze: Freeze, post_id: int) -> None:
    if (issue_id := _made(house, freeze, partial(_single, post_id=post_id))) is not None:
        queue_copies(house, issue_id)


def _existing(house: House, blog_id: int, cadence: str, period: str) -> int | None:
    with house.database.read() as session:
        return session.scalar(select(Issue.id).where(*_made_for(blog_id, cadence, period)))


def _made_for(blog_id: int, cadence: str, period: str) -> tuple[ColumnElement[bool], ...]:
    here = (Issue.blog_id == blog_id, Issue.cadence == cadence, Issue.period == period)
    return (*here, Issue.status != "draft")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an issue of a cadence and period is made of."""

    cadence: str
    period: str
    of: Next


def _periodical(session: Session, house: House, blog_id: int, cadence: str, period: str) -> Chosen | None:
    blog = session.get(Blog, blog_id)
    if blog is None or blog.newsletter == "off":
        return None
    now = house.now()
    found = drafts.of_cadence(session, blog, cadence, now)
    if not (found.posts or found.intro) or not has_recipients(session, blog, cadence, found.posts, now):
        return None  # its posts wait for an issue that somebody gets
    return Chosen(cadence, period, found)


def _single(session: Session, post_id: int) -> Chosen | None:
    post = session.get(Post, post_id)
    if post is None or post.status != "published" or post.blog is None:
        return None
    return Chosen("each", str(post.id), Next(post.blog, None, (post,), ()))


def _made(house: House, freeze: Freeze, choose: Callable[[Session], Chosen | None]) -> int | None:
    """Renders outside any transaction, then makes the issue unless a post changed in between; then it renders again."""
    for _ in range(PATIENCE):
        with house.database.read() as session:
            chosen = choose(session)
            draft = made_ready(house, freeze, chosen) if chosen is not None else None
        if draft is None:
            return None
        issue_id = house.database.writer.run(partial(_make, draft=draft, now=house.now()))
        if issue_id is not None:
            return issue_id
    raise Unavailable("The posts of this issue keep changing; nothing was sent.", hint="It is tried again.")


def made_ready(house: House, freeze: Freeze, chosen: Chosen) -> Ready:
    """Renders and freezes it: minutes, if it is large."""
    found, cadence = chosen.of, chosen.cadence
    blog, community = found.blog, house.community
    mark = f"unsubscribe-{house.randomness(12).hex()}"
    rendered = render_issue(
        community,
        blog,
        found.posts,
        cadence=cadence,
        mark=mark,
        intro=found.intro,
        subject=found.own_subject,
        view_url=drafts.view_url(community, found, cadence, chosen.period),
    )
    head = Masthead(blog.id, blog.name, community.mail(blog.name), cadence, chosen.period)
    read = tuple((post.id, post.edited_at) for post in found.posts)
    public = f"{community.blog_url(blog.name)}/subscribe"
    return Ready(head, rendered, freeze(rendered, head), read, public, found.draft)


def _make(session: Session, draft: Ready, now: datetime) -> int | None:
    """The id of the issue, made now or by somebody else; None when its posts, or what its owner made of it, are not as they were read."""
    head, rendered, waiting = draft.head, draft.rendered, draft.waiting
    cadences.hold(session, head.blog_id)
    made = select(Issue.id).where(*_made_for(head.blog_id, head.cadence, head.period))
    if (known := session.scalar(made)) is not None:
        return known
    if drafts.as_it_stands(session, head.blog_id, head.cadence, lock=True) != waiting:
        return None
    ids = [post_id for post_id, _ in draft.posts]
    standing = select(Post.id, Post.edited_at).where(Post.id.in_(ids), Post.status == "published").with_for_update()
    taken = select(IssuePost.post_id).where(IssuePost.post_id.in_(ids), IssuePost.cadence == head.cadence)
    taken = taken.where(IssuePost.issue_id != waiting.issue_id) if waiting is not None else taken
    if set(map(tuple, session.execute(standing))) != set(draft.posts) or session.scalar(taken.limit(1)) is not None:
        return None
    values = {
        "blog_id": head.blog_id,
        "cadence": head.cadence,
        "period": head.period,
        "status": "cutting",
        **draft.words(),
        "cut_cursor": 0,
        "created_at": now,
        "send_at": now,
    }
    issue_id = _stored(session, values, waiting)
    if issue_id is None:  # made by another process a moment ago
        return session.scalar(made)
    session.add_all(
        IssuePost(issue_id=issue_id, post_id=post_id, cadence=head.cadence, position=position)
        for position, post_id in enumerate(ids)
    )
    if rendered.fault:
        owner_notices.tell_templates(session, session.get_one(Issue, issue_id), rendered.fault, now)
    return issue_id


def _stored(session: Session, values: dict[str, Any], waiting: Draft | None) -> int | None:
    """The row, which may have been the owner's draft until now; None when the issue is there already."""
    if waiting is None:
        return insert_if_new(session, Issue, values)
    drafts.hand_over(session, waiting)
    session.execute(update(Issue).where(Issue.id == waiting.issue_id).values(**values))
    return waiting.issue_id


def _public(words: str, marks: Sequence[str], url: str) -> str:
    for mark in marks:
        words = words.replace(mark, url)
    return words
