"""Subscribers, what they are sent, who must not be sent anything, and Monday's recommendations."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gateway.core.store.models.base import Base
from gateway.core.store.models.people import Member
from gateway.core.store.models.writing import Blog

_CHANGING: dict[str, Any] = {
    "sqlite_where": text("next_cadence IS NOT NULL"),
    "postgresql_where": text("next_cadence IS NOT NULL"),
}


class Subscriber(Base):
    __tablename__ = "subscriber"
    __table_args__ = (
        UniqueConstraint("blog_id", "address"),
        Index("ix_subscriber_active", "blog_id", "status", "cadence", "address"),
        Index("ix_subscriber_since", "blog_id", "status", "cadence", "cadence_since", "confirmed_at"),
        Index("ix_subscriber_changing", "blog_id", "cadence", "status", **_CHANGING),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    blog_id: Mapped[int] = mapped_column(ForeignKey("blog.id"))
    address: Mapped[str]
    address_hash: Mapped[str] = mapped_column(default="")  # what a delivery to them carries
    hash_key: Mapped[int | None]  # the id of the key that hash is made with; None: it is not made yet
    status: Mapped[str]  # pending | active | unsubscribed
    cadence: Mapped[str]  # each | weekly | monthly
    next_cadence: Mapped[str | None]  # what they want once nothing waits with that one: audience/cadences
    next_since: Mapped[datetime | None]  # when they asked for it
    asked_at: Mapped[datetime]  # for what they confirmed; until then, first
    question_at: Mapped[datetime | None]  # when they were, or are to be, asked to confirm last
    confirmed_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    cadence_since: Mapped[datetime | None]  # when they changed to it; None: since they confirmed
    source: Mapped[str] = mapped_column(default="form")  # form | mail | api | import: how they came
    blog: Mapped[Blog] = relationship()

    @property
    def wanted_cadence(self) -> str:
        """What they chose last."""
        return self.next_cadence or self.cadence


class SubscriberCategory(Base):
    """A category that a subscriber wants; who has none of these rows wants all."""

    __tablename__ = "subscriber_category"
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)


class Suppression(Base):
    """An address that is never mailed again, kept as a keyed hash so that it outlives erasure."""

    __tablename__ = "suppression"
    address_hash: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]  # hard bounce | soft bounces | complaint | asked
    created_at: Mapped[datetime]


class SoftBounce(Base):
    """How often mail to an address has come back for now: a weight that fades with time. See audience/suppression."""

    __tablename__ = "soft_bounce"
    address_hash: Mapped[str] = mapped_column(primary_key=True)
    weight: Mapped[float]
    counted_at: Mapped[datetime]


class Issue(Base):
    """One newsletter issue of a blog. `period` makes it unique: the post for `each`, else the local calendar label. States: newsletter/issues.py.

    `segments` is its wire form, frozen when it was cut; `cut_cursor` the last subscriber that has a delivery row.
    """

    __tablename__ = "issue"
    __table_args__ = (UniqueConstraint("blog_id", "cadence", "period"), Index("ix_issue_status", "status", "blog_id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    blog_id: Mapped[int] = mapped_column(ForeignKey("blog.id"), index=True)
    cadence: Mapped[str]
    period: Mapped[str]
    status: Mapped[str]  # draft | cutting | scheduled | sending | paused | finished | cancelled
    paused_why: Mapped[str] = mapped_column(default="")  # empty when the owner paused it
    resumed_at: Mapped[datetime | None]  # what was refused before speaks against it no more
    tries: Mapped[int] = mapped_column(default=0)  # how often it was begun to be made anew: newsletter/remaking
    retry_before: Mapped[datetime | None]  # copies that failed before then are being queued again
    wanted_subject: Mapped[str] = mapped_column(default="")  # the owner's, while it waits; empty: one is made
    intro: Mapped[str] = mapped_column(default="")  # Markdown, above the posts
    subject: Mapped[str] = mapped_column(default="")
    html: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    segments: Mapped[bytes | None] = mapped_column(LargeBinary)
    cut_cursor: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    send_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    blog: Mapped[Blog] = relationship()


class IssuePost(Base):
    """A post in an issue. Its key is why a post is never mailed twice to one cadence of one blog."""

    __tablename__ = "issue_post"
    __table_args__ = (UniqueConstraint("post_id", "cadence"),)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    cadence: Mapped[str]
    position: Mapped[int]
    left_out: Mapped[bool] = mapped_column(default=False)  # the owner took it out; it comes in no later issue either


class BlogTemplate(Base):
    """A template of mails that a blog has made its own."""

    __tablename__ = "blog_template"
    blog_id: Mapped[int] = mapped_column(ForeignKey("blog.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)  # as of the shipped one, such as newsletter.html
    body: Mapped[str]
    changed_at: Mapped[datetime]


_STANDING: dict[str, Any] = {
    "sqlite_where": text("refused_at IS NULL"),
    "postgresql_where": text("refused_at IS NULL"),
}


class Recommendation(Base):
    """One member's recommendation of an ISO week in the community's time zone: one, and those before it that were refused."""

    __tablename__ = "recommendation"
    __table_args__ = (
        Index("uq_recommendation_standing", "member_id", "week", unique=True, **_STANDING),
        Index("ix_recommendation_week", "week"),
        Index("ix_recommendation_round_up", "round_up"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    recommended_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    week: Mapped[str]  # 2026-W47
    reason: Mapped[str]
    created_at: Mapped[datetime]
    round_up: Mapped[str | None]  # the period of the round-up that carried it
    refused_at: Mapped[datetime | None]  # when the recommended said no; then it is shown nowhere
    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    recommended: Mapped[Member] = relationship(foreign_keys=[recommended_id])
