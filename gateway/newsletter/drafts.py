"""The waiting issue: a blog's next weekly or monthly one, before it is cut.

    (posts that would go) ──the owner touches it──▶ draft ──due──▶ cutting

Looking makes nothing: what would go is selected anew each time. What the owner does makes a row of status `draft`, one for a blog and cadence, which
holds their words; its IssuePost rows hold the order they chose and what they left out, and nothing else. Selection decides which posts go, a draft only
where they stand: new ones follow, deleted ones vanish. A draft whose moment brings nothing to send waits for the next; one whose moment is moved
goes when it is due then.

`issues` takes a draft over in the transaction that makes the issue, if it is as it was when the words were rendered. Both lock the row first, so that no
change is said to be saved and then lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gateway.core.audience.newsroom import LONGEST_INTRO, LONGEST_SUBJECT, Waiting, WaitingPost
from gateway.core.errors import Conflict, Invalid, NotFound
from gateway.core.people.community import Community
from gateway.core.people.tokens import without_secrets
from gateway.core.store.models import Blog, Issue, IssuePost, Occurrence, Post
from gateway.core.store.sql import insert_if_new
from gateway.core.words import later, speaking
from gateway.core.writing.text import display_title, excerpt, render
from gateway.newsletter.calendar import Due
from gateway.newsletter.plan import issue_of
from gateway.newsletter.render import subject_of
from gateway.newsletter.selection import count_recipients, is_read, posts_for

CADENCES = ("weekly", "monthly")
_HEADLINE = 70  # characters of a post or intro where it has no title
_AHEAD = 3  # due moments that are looked at until one is found whose issue is not made


@dataclass(frozen=True, slots=True)
class Draft:
    """What an owner has made of a waiting issue: their words, and by post, in their order, whether it is left out."""

    issue_id: int
    intro: str
    subject: str
    posts: tuple[tuple[int, bool], ...]


@dataclass(frozen=True, slots=True)
class Next:
    """The posts that a waiting issue would hold, in order, and those left out of it. `draft` is None when nobody has touched it."""

    blog: Blog
    draft: Draft | None
    posts: tuple[Post, ...]
    left_out: tuple[Post, ...]

    @property
    def intro(self) -> str:
        return self.draft.intro if self.draft is not None else ""

    @property
    def own_subject(self) -> str:
        """The subject that its posts do not give: its owner's, or of words without posts how they begin. Else empty."""
        if self.draft is not None and self.draft.subject:
            return self.draft.subject
        return "" if self.posts else excerpt(render(self.intro), _HEADLINE) or self.blog.shown_title


def waiting(session: Session, community: Community, blog: Blog, now: datetime) -> tuple[Waiting, ...]:
    """The issues that wait: of each of weekly and monthly that somebody reads. Makes nothing."""
    if blog.newsletter == "off":
        return ()
    read = [cadence for cadence in CADENCES if is_read(session, blog.id, cadence)]
    return tuple(_waiting(session, community, blog, cadence, now) for cadence in read)


def _waiting(session: Session, community: Community, blog: Blog, cadence: str, now: datetime) -> Waiting:
    due = _due(session, blog, cadence, now)
    found = of_cadence(session, blog, cadence, max(now, due.at))
    with speaking(blog.language):
        subject = found.own_subject or subject_of(found.posts)
    return Waiting(
        cadence=cadence,
        leaves_at=due.at,
        zone=blog.time_zone,
        recipients=count_recipients(session, blog, cadence, found.posts, now),
        posts=tuple(_listed(community, blog, post) for post in found.posts),
        left_out=tuple(_listed(community, blog, post) for post in found.left_out),
        subject=subject,
        wanted_subject=found.draft.subject if found.draft is not None else "",
        intro=found.intro,
    )


def _listed(community: Community, blog: Blog, post: Post) -> WaitingPost:
    title = display_title(post.title) or excerpt(post.html, _HEADLINE)
    return WaitingPost(post.short_reference, title, community.post_url(blog.name, post.path or ""))


def waiting_now(session: Session, blog: Blog, cadence: str, now: datetime) -> Next:
    """What the issue would hold that is cut next."""
    return of_cadence(session, blog, cadence, max(now, _due(session, blog, cadence, now).at))


def of_cadence(session: Session, blog: Blog, cadence: str, at: datetime) -> Next:
    """What the issue that is cut at a moment would hold, if nothing happened before."""
    draft = as_it_stands(session, blog.id, cadence)
    posts = posts_for(session, blog, cadence, at, draft_id=draft.issue_id if draft is not None else None)
    known = dict(draft.posts) if draft is not None else {}
    place = {post_id: number for number, post_id in enumerate(known)}
    ordered = sorted(posts, key=lambda post: place.get(post.id, len(place)))  # stable: new ones keep their order
    kept = tuple(post for post in ordered if not known.get(post.id))
    return Next(blog, draft, kept, tuple(post for post in ordered if known.get(post.id)))


def as_it_stands(session: Session, blog_id: int, cadence: str, *, lock: bool = False) -> Draft | None:
    """The draft of a blog and cadence; None when its owner has touched nothing. With `lock` nobody else changes it in this transaction."""
    where = (Issue.blog_id == blog_id, Issue.cadence == cadence, Issue.status == "draft")
    columns = select(Issue.id, Issue.intro, Issue.wanted_subject).where(*where).order_by(Issue.id).limit(1)
    row = session.execute(columns.with_for_update() if lock else columns).one_or_none()
    if row is None:
        return None
    order = select(IssuePost.post_id, IssuePost.left_out).where(IssuePost.issue_id == row[0])
    posts = session.execute(order.order_by(IssuePost.position, IssuePost.post_id))
    return Draft(row[0], row[1], row[2], tuple((post_id, left_out) for post_id, left_out in posts))


def _due(session: Session, blog: Blog, cadence: str, now: datetime) -> Due:
    """When the next issue is cut: the first moment whose issue is not made, which may have come already."""
    plan = issue_of(blog, cadence)
    open_one = select(Occurrence).where(Occurrence.schedule == plan.name, Occurrence.state.in_(("due", "claimed")))
    row = session.scalar(open_one.order_by(Occurrence.due_at).limit(1))
    if row is not None and not _is_made(session, blog, cadence, row.period):
        return Due(row.period, row.due_at.astimezone(plan.zone).date(), row.due_at)
    due = plan.following(now)
    for _ in range(_AHEAD):
        ended = session.get(Occurrence, (plan.name, due.period))
        if ended is None and not _is_made(session, blog, cadence, due.period):
            break
        due = plan.following(due.at)
    return due


def _is_made(session: Session, blog: Blog, cadence: str, period: str) -> bool:
    where = (Issue.blog_id == blog.id, Issue.cadence == cadence, Issue.period == period, Issue.status != "draft")
    return session.scalar(select(Issue.id).where(*where)) is not None


# What its owner does


def introduce(session: Session, community: Community, blog: Blog, cadence: str, intro: str, now: datetime) -> None:
    """Puts Markdown above the posts; none takes away what stood there. Raises Invalid, NotFound, Conflict."""
    intro = without_secrets(intro.strip(), community.domain)
    if len(intro) > LONGEST_INTRO:
        raise Invalid(
            later("This intro is too long."),
            hint=later("It holds up to {most} characters. Nothing was changed.", most=f"{LONGEST_INTRO:,}"),
        )
    _touched(session, blog, cadence, now).intro = intro


def entitle(session: Session, community: Community, blog: Blog, cadence: str, subject: str, now: datetime) -> None:
    """Gives it a subject; an empty one lets it have its own again. Raises Invalid, NotFound, Conflict."""
    subject = without_secrets(" ".join(subject.split()), community.domain)
    if len(subject) > LONGEST_SUBJECT:
        raise Invalid(
            later("This subject is too long."),
            hint=later("It holds up to {most} characters. Nothing was changed.", most=LONGEST_SUBJECT),
        )
    _touched(session, blog, cadence, now).wanted_subject = subject


def arrange(session: Session, blog: Blog, cadence: str, references: Sequence[str], now: datetime) -> None:
    """Puts these posts first, in this order; the others follow as they were. Raises NotFound, Conflict."""
    rows, found = _adopted(session, blog, cadence, now)
    chosen = [one.id for one in _named(found.posts, references)]
    _put_first(rows, found, chosen)


def move(session: Session, blog: Blog, cadence: str, reference: str, by: int, now: datetime) -> None:
    """Moves a post by so many places, a negative number up. Raises NotFound, Conflict."""
    rows, found = _adopted(session, blog, cadence, now)
    [moved] = _named(found.posts, [reference])
    order = [one.id for one in found.posts]
    place = order.index(moved.id)
    order.insert(max(place + by, 0), order.pop(place))
    _put_first(rows, found, order)


def _put_first(rows: dict[int, IssuePost], found: Next, chosen: Sequence[int]) -> None:
    others = [one.id for one in (*found.posts, *found.left_out) if one.id not in chosen]
    for position, post_id in enumerate([*chosen, *others]):
        rows[post_id].position = position


def leave_out(session: Session, blog: Blog, cadence: str, references: Sequence[str], now: datetime) -> None:
    """Takes posts out, of this issue and all later ones of the cadence. Raises NotFound, Conflict."""
    rows, found = _adopted(session, blog, cadence, now)
    for post in _named(found.posts, references):
        rows[post.id].left_out = True


def put_back(session: Session, blog: Blog, cadence: str, references: Sequence[str], now: datetime) -> None:
    """Puts posts in again that were taken out of this issue, where they stood. Raises NotFound, Conflict."""
    rows, found = _adopted(session, blog, cadence, now)
    for post in _named(found.left_out, references):
        rows[post.id].left_out = False


def _named(posts: Sequence[Post], references: Sequence[str]) -> list[Post]:
    """The posts that are meant, each once. Raises NotFound when one is not among them."""
    known = {post.short_reference: post for post in posts}
    wanted = [reference.strip("[]").lower() for reference in references]
    if strange := next((reference for reference in wanted if reference not in known), ""):
        raise NotFound(
            later("{reference} is not among these posts.", reference=strange),
            hint=later("Nothing was changed. `newsletter` lists what is in the next issue, and what is left out."),
        )
    return [known[reference] for reference in dict.fromkeys(wanted)]


def _adopted(session: Session, blog: Blog, cadence: str, now: datetime) -> tuple[dict[int, IssuePost], Next]:
    """The draft's rows by post, one for each post that would go, in the order they have."""
    draft = _touched(session, blog, cadence, now)
    found = waiting_now(session, blog, cadence, now)
    rows = {row.post_id: row for row in session.scalars(select(IssuePost).where(IssuePost.issue_id == draft.id))}
    last = max((row.position for row in rows.values()), default=-1)
    new = [post.id for post in found.posts if post.id not in rows]
    for position, post_id in enumerate(new, last + 1):
        rows[post_id] = IssuePost(
            issue_id=draft.id, post_id=post_id, cadence=cadence, position=position, left_out=False
        )
        session.add(rows[post_id])
    return rows, found


def _touched(session: Session, blog: Blog, cadence: str, now: datetime) -> Issue:
    """The draft's row, made when it is not there, and nobody else's in this transaction."""
    if blog.newsletter == "off" or cadence not in CADENCES or not is_read(session, blog.id, cadence):
        raise NotFound(later("There is no such newsletter that somebody reads."), hint=later("Nothing was changed."))
    if as_it_stands(session, blog.id, cadence, lock=True) is None:
        due = _due(session, blog, cadence, now)
        values = {
            "blog_id": blog.id,
            "cadence": cadence,
            "period": due.period,
            "status": "draft",
            "created_at": now,
            "send_at": due.at,
        }
        insert_if_new(session, Issue, values)
    draft = as_it_stands(session, blog.id, cadence, lock=True)
    if draft is None:  # it was cut a moment ago
        raise Conflict(
            later("This issue is on its way already."),
            hint=later("Nothing was changed. `newsletter` shows the next one."),
        )
    return session.get_one(Issue, draft.issue_id, populate_existing=True)


def view_url(community: Community, found: Next, cadence: str, period: str) -> str:
    """Where an issue can be read on the web once it has left: a post that goes alone at its own page."""
    if cadence == "each":
        return community.post_url(found.blog.name, found.posts[0].path or "")
    return community.issue_url(found.blog.name, cadence, period)


def hand_over(session: Session, draft: Draft) -> None:
    """Clears the draft for the issue that it becomes: of its posts only what was left out stays, so that it comes in no later issue."""
    session.execute(delete(IssuePost).where(IssuePost.issue_id == draft.issue_id, ~IssuePost.left_out))
