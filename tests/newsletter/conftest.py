"""What newsletter tests share: publishing, readers, a tick, and what was queued by it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk import acts
from gateway.core.desk.notices import Renderer
from gateway.core.house import House
from gateway.core.ledger.outbox import Claim
from gateway.core.messages import Answer, RenderedIssue
from gateway.core.store.models import Blog, Delivery, Issue, IssuePost, Member, Occurrence, Post, Subscriber
from gateway.core.writing import posting
from gateway.email import wire
from gateway.newsletter import RENDERERS, schedule
from gateway.newsletter.issues import Masthead
from tests.conftest import Cast, Clock


def freeze(rendered: RenderedIssue, head: Masthead) -> bytes:
    """What app hands in: email's wire form."""
    return wire.prepare(rendered, sender=head.sender, list_help=rendered.help_url).to_bytes()


def at(text: str) -> datetime:
    """A moment in UTC, as `2026-11-30 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Press:
    """A house with alice's blog and the clock, as tests speak of it."""

    house: House
    cast: Cast
    clock: Clock

    def run(self, unit: Callable[[Session], Any]) -> Any:
        return self.house.database.writer.run(unit)

    def tick(self) -> None:
        schedule.tick(self.house, freeze=freeze)

    def publish(self, text: str = "Words", *, title: str = "", author: str = "alice") -> int:
        """A post published now."""

        def unit(session: Session) -> int:
            member = session.get_one(Member, getattr(self.cast, author))
            blog = session.scalars(select(Blog).where(Blog.member_id == member.id)).one()
            words = posting.write(session, self.house.community, text, title=title)
            return acts.publish(session, self.house.community, blog, member, words, self.house.now()).id

        number: int = self.run(unit)
        return number

    def reply(self, post_id: int, text: str = "An answer", *, author: str = "bob") -> int:
        """A reply published now."""

        def unit(session: Session) -> int:
            member = session.get_one(Member, getattr(self.cast, author))
            words = posting.write(session, self.house.community, text)
            parent = session.get_one(Post, post_id)
            return acts.reply(session, self.house.community, parent, member, words, self.house.now()).id

        number: int = self.run(unit)
        return number

    def reader(self, address: str = "eve@example.net", cadence: str = "weekly", **changes: Any) -> int:
        """A subscriber of alice's blog who confirmed just now."""

        def unit(session: Session) -> int:
            now = self.house.now()
            row = Subscriber(
                blog_id=self.cast.blog,
                address=address,
                status="active",
                cadence=cadence,
                asked_at=now,
                confirmed_at=now,
            )
            for name, value in changes.items():
                setattr(row, name, value)
            session.add(row)
            session.flush()
            return row.id

        number: int = self.run(unit)
        return number

    def change(self, model: type[Any], row_id: int, **values: Any) -> None:
        def unit(session: Session) -> None:
            row = session.get_one(model, row_id)
            for name, value in values.items():
                setattr(row, name, value)

        self.run(unit)

    def issues(self) -> list[Issue]:
        with self.house.database.read() as session:
            return list(session.scalars(select(Issue).order_by(Issue.id)))

    def posts_of(self, issue: Issue) -> list[int]:
        with self.house.database.read() as session:
            statement = select(IssuePost.post_id).where(IssuePost.issue_id == issue.id).order_by(IssuePost.position)
            return list(session.scalars(statement))

    def queued(self, kind: str = "issue") -> list[Delivery]:
        with self.house.database.read() as session:
            return list(session.scalars(select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id)))

    def recipients(self, kind: str = "issue") -> list[str]:
        return [delivery.recipient for delivery in self.queued(kind)]

    def occurrences(self, prefix: str = "") -> list[Occurrence]:
        with self.house.database.read() as session:
            found = session.scalars(select(Occurrence).order_by(Occurrence.due_at, Occurrence.schedule))
            return [row for row in found if row.schedule.startswith(prefix)]

    def said(self, delivery: Delivery, renderers: dict[str, Renderer] = RENDERERS) -> Answer | None:
        """What a delivery says if it is sent now."""
        with self.house.database.read() as session:
            return renderers[delivery.kind](session, self.house.community, claim_of(delivery))

    def quiet(self) -> "Press":
        """Without digests and prompts, so that only issues are due."""
        for member_id in (self.cast.alice, self.cast.bob, self.cast.carol):
            self.change(Member, member_id, digest="off", micro_monday=False)
        return self


def claim_of(delivery: Delivery) -> Claim:
    return Claim(
        **{name: getattr(delivery, name) for name in Claim.__slots__ if name != "lease_until"},
        lease_until=delivery.created_at + timedelta(minutes=1),
    )


@pytest.fixture
def press(house: House, cast: Cast, clock: Clock) -> Press:
    return Press(house, cast, clock)
