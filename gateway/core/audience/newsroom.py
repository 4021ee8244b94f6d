"""The waiting issue: a blog's next weekly or monthly one as its owner sees it, and what they may do with it before it leaves.

Newsletters stand above core, and the pages beside them; both the desk and the pages serve their owners. So what they need of newsletters is said
here as a shape, `Newsroom`, and newsletter's functions come with the house (see docs/decisions/0018).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from gateway.core.people.community import Community
from gateway.core.store.models import Blog, Member

LONGEST_INTRO = 20_000  # characters
LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class WaitingPost:
    """A post of a waiting issue. `title` is empty for photos without words."""

    reference: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The next issue of a cadence, as it would leave at `leaves_at`, to so many readers. `wanted_subject` and `intro` are the owner's; `subject` is what it would have."""

    cadence: str
    leaves_at: datetime
    zone: str
    recipients: int
    posts: tuple[WaitingPost, ...]
    left_out: tuple[WaitingPost, ...]
    subject: str
    wanted_subject: str = ""
    intro: str = ""  # Markdown

    @property
    def is_empty(self) -> bool:
        """Whether nothing would leave: words of the owner's are worth a mail, no words and no posts are none."""
        return not self.posts and not self.intro


@dataclass(frozen=True, slots=True)
class Template:
    """A template of a newsletter's mails by its name, as `newsletter.css`, and whether it is the blog's own."""

    name: str
    body: str
    own: bool


class Newsroom(Protocol):
    """What newsletter gives to the desk and the pages. Whoever calls has made sure that the blog is the member's own.

    Where it changes something it raises NotFound when no such issue waits or a post is not in it, Conflict when it is being made just now, and Invalid.
    """

    def waiting(self, session: Session, community: Community, blog: Blog, now: datetime) -> tuple[Waiting, ...]:
        """The issues that wait: of each of weekly and monthly that somebody reads, weekly first. Makes nothing."""
        ...

    def introduce(
        self, session: Session, community: Community, blog: Blog, cadence: str, intro: str, now: datetime
    ) -> None:
        """Puts Markdown above the posts; none takes away what stood there."""
        ...

    def entitle(
        self, session: Session, community: Community, blog: Blog, cadence: str, subject: str, now: datetime
    ) -> None:
        """Gives it a subject; an empty one lets it have its own again."""
        ...

    def arrange(self, session: Session, blog: Blog, cadence: str, references: Sequence[str], now: datetime) -> None:
        """Puts these posts first, in this order; the others follow as they were."""
        ...

    def move(self, session: Session, blog: Blog, cadence: str, reference: str, by: int, now: datetime) -> None:
        """Moves a post by so many places, a negative number up."""
        ...

    def leave_out(self, session: Session, blog: Blog, cadence: str, references: Sequence[str], now: datetime) -> None:
        """Takes posts out, of this issue and all later ones of the cadence."""
        ...

    def put_back(self, session: Session, blog: Blog, cadence: str, references: Sequence[str], now: datetime) -> None:
        """Puts posts in again that were taken out of this issue."""
        ...

    def send_test(
        self, session: Session, community: Community, blog: Blog, cadence: str, owner: Member, now: datetime
    ) -> str:
        """Queues a copy to its owner alone, and gives their address. Raises TooMuch."""
        ...

    def preview_url(self, community: Community, blog: Blog, cadence: str, now: datetime) -> str:
        """A link that shows the issue for a day to whoever holds it."""
        ...

    def templates(self, blog: Blog) -> tuple[Template, ...]:
        """The templates of the blog's newsletter, its own or the shipped ones."""
        ...

    def sample(self, community: Community, blog: Blog, bodies: Mapping[str, str], now: datetime) -> str:
        """The HTML of a sample issue in these templates, by name, the shipped ones for those that are empty. Slow: it starts a process. Raises Invalid when they can't be mailed, and Unavailable."""
        ...

    def keep_templates(self, session: Session, blog: Blog, bodies: Mapping[str, str], now: datetime) -> None:
        """Makes these the blog's own, and goes back to the shipped one for each that is empty. `sample` has said that they can be mailed."""
        ...

    def preview(self, session: Session, community: Community, token: str, now: datetime) -> str:
        """The HTML of the copy that such a link shows. Raises NotFound for a link that is no more, and Unavailable while too many look."""
        ...
