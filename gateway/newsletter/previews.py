"""A waiting issue as it will look: in the browser behind a link that ends, and as a mail to its owner alone.

Both are rendered when they are looked at or sent, by what renders the issue itself. Where a reader's own link stands in their copy, a link stands that
does nothing; a test is a single mail and no copy, so no tally counts it.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.errors import Invalid, NotFound, TooMuch, Unavailable
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Claim, Intent
from gateway.core.messages import Answer, RenderedIssue, Specimen
from gateway.core.people import accounts
from gateway.core.people.community import Community
from gateway.core.people.tokens import mint, read
from gateway.core.store.models import Blog, Issue, Member
from gateway.core.words import later, speaking
from gateway.newsletter import drafts, dressing
from gateway.newsletter.drafts import CADENCES, Next
from gateway.newsletter.render import render_issue, variables

MARK = "[Test]"  # what the subject of a test begins with
LASTS = timedelta(days=1)  # how long a preview's link does
_PURPOSE = "preview"


def send_test(session: Session, community: Community, blog: Blog, cadence: str, owner: Member, now: datetime) -> str:
    """Queues a copy to the owner alone, one a minute, and gives their address. Raises NotFound, Invalid, TooMuch."""
    _something(drafts.waiting_now(session, blog, cadence, now))
    address = accounts.mail_address(session, owner)
    if address is None:
        raise Invalid(later("You have no confirmed mail address."), hint=later("Nothing was sent. `address` adds one."))
    cause = f"issue_test:{blog.id}:{cadence}:{now.astimezone(UTC):%Y%m%d%H%M}"
    payload = {"blog": blog.id, "cadence": cadence, "at": int(now.timestamp())}
    if outbox.queue(session, Intent("issue_test", "email", address, cause, payload, member_id=owner.id), now) is None:
        raise TooMuch(
            later("You were sent a test less than a minute ago."),
            hint=later("Nothing more was sent. Try again in a minute."),
        )
    return address


def test_copy(session: Session, community: Community, claim: Claim) -> Answer | None:
    """The mail to the owner, of the issue as it stands now."""
    blog, owner = session.get(Blog, claim.payload["blog"]), session.get(Member, claim.member_id)
    if blog is None or owner is None or blog.member_id != owner.id or owner.status != "active":
        return None
    cadence, now = str(claim.payload["cadence"]), datetime.fromtimestamp(int(claim.payload["at"]), UTC)
    found = drafts.waiting_now(session, blog, cadence, now)
    if not found.posts and not found.intro:
        return None
    issue = _rendered(community, found, cadence, preview_url(community, blog, cadence, now))
    specimen = Specimen(
        replace(issue, subject=f"{MARK} {issue.subject}"),
        sender=community.mail(blog.name),
        leave_url=_dead_link(community, blog),
        leave_mailto=f"mailto:{community.mail('u.test')}",
    )
    return Answer(issue.text, subject=specimen.issue.subject, specimen=specimen)


def preview_url(community: Community, blog: Blog, cadence: str, now: datetime) -> str:
    """A link that shows the issue for a day to whoever holds it."""
    ends = int((now + LASTS).timestamp())
    return f"{community.base_url}/preview/{mint(community.keyring, _PURPOSE, blog.id, CADENCES.index(cadence), ends)}"


def preview(session: Session, community: Community, token: str, now: datetime) -> str:
    """The HTML of what leaves next. Raises NotFound for a link that is no more, and when nothing would leave, and Unavailable."""
    blog_id, number, ends = read(community.keyring, _PURPOSE, token)
    blog = session.get(Blog, blog_id)
    if blog is None or now.timestamp() >= ends:
        raise NotFound(later("This preview is over."), hint=later("The page of your newsletter has a new one."))
    cadence = CADENCES[number]
    cut = select(Issue.html).where(Issue.blog_id == blog.id, Issue.cadence == cadence)
    cut = cut.where(Issue.status.in_(("cutting", "scheduled"))).order_by(Issue.id.desc()).limit(1)
    if (html := session.scalar(cut)) is not None:
        if not html:  # see newsletter/remaking
            raise Unavailable(
                later("Something of this issue was deleted, and it is being made anew of the rest."),
                hint=later("Open this link again in a minute."),
            )
        return html
    found = _something(drafts.waiting_now(session, blog, cadence, now))
    words = _words(community, found, f"{community.base_url}/preview/{token}")
    with speaking(blog.language):
        shown = variables(community, blog, found.posts, cadence=cadence, **words)
    dress = dressing.glimpsed({one.name: one.body for one in blog.templates}, shown)
    return dress.html.replace(words["mark"], _dead_link(community, blog))


def _something(found: Next) -> Next:
    if not found.posts and not found.intro:
        raise NotFound(
            later("Nothing waits to be sent."), hint=later("As soon as you have published something, it does.")
        )
    return found


def _rendered(community: Community, found: Next, cadence: str, view_url: str) -> RenderedIssue:
    return render_issue(community, found.blog, found.posts, cadence=cadence, **_words(community, found, view_url))


def _words(community: Community, found: Next, view_url: str) -> dict[str, str]:
    # Nobody can guess the mark, so no author can write it.
    mark = f"unsubscribe-{mint(community.keyring, 'mark of a preview', found.blog.id)}"
    return {"mark": mark, "intro": found.intro, "subject": found.own_subject, "view_url": view_url}


def _dead_link(community: Community, blog: Blog) -> str:
    """What stands where a reader's link to unsubscribe would."""
    return f"{community.blog_url(blog.name)}/unsubscribe/test"
