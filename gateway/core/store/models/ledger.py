"""What must not be lost: inbound messages, deliveries, occurrences, and which sent message is which post."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.core.store.models.base import Base

# Of deliveries, in the words by which partial indexes are found
QUEUED = "status = 'queued'"
LEASED = "status IN ('claimed', 'attempting')"
UNSENT = "status IN ('failed', 'suppressed', 'cancelled', 'uncertain')"


class Inbound(Base):
    """One message for one recipient, raw, as it was acknowledged. States: core/ledger/inbox.py."""

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("channel", "unique_key"),
        Index(
            "ix_inbound_open",
            "due_at",
            "id",
            sqlite_where=text("status IN ('received', 'claimed')"),
            postgresql_where=text("status IN ('received', 'claimed')"),
        ),
        Index(
            "ix_inbound_order",
            "ordering_key",
            "id",
            sqlite_where=text("status IN ('received', 'claimed')"),
            postgresql_where=text("status IN ('received', 'claimed')"),
        ),
        Index("ix_inbound_member", "member_id", "id"),
        Index(
            "ix_inbound_edit_of",
            "edit_of",
            sqlite_where=text("edit_of IS NOT NULL"),
            postgresql_where=text("edit_of IS NOT NULL"),
        ),
        Index(
            "ix_inbound_album",
            "album",
            sqlite_where=text("album IS NOT NULL"),
            postgresql_where=text("album IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    unique_key: Mapped[str]
    ordering_key: Mapped[str]
    recipient: Mapped[str] = mapped_column(default="")  # mail: the envelope recipient
    sender: Mapped[str] = mapped_column(default="")  # mail: MAIL FROM; chat: the account
    envelope: Mapped[dict[str, Any]]
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    raw_blob: Mapped[str | None]
    raw_size: Mapped[int]
    status: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    due_at: Mapped[datetime]
    received_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    incinerated_at: Mapped[datetime | None]  # since when its content is no longer kept
    reason: Mapped[str] = mapped_column(default="")
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    album: Mapped[str | None]  # the parts of one album share it
    edit_of: Mapped[str | None]  # of an edit: the message that it changes, as `place:id`, should it come after its edit


class Refusal(Base):
    """A message refused at the end of DATA: who, whom, why; never its content. Kept for seven days."""

    __tablename__ = "refusal"
    __table_args__ = (Index("ix_refusal_at", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    sender: Mapped[str]
    recipient: Mapped[str]
    peer: Mapped[str]
    code: Mapped[str]
    reason: Mapped[str]


class Delivery(Base):
    """One thing that must leave, for one recipient on one channel. States: core/ledger/outbox.py."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("cause", "recipient", "channel"),
        Index(
            "ix_delivery_due",
            "channel",
            "due_at",
            "id",
            "recipient",
            sqlite_where=text(QUEUED),
            postgresql_where=text(QUEUED),
        ),
        Index(
            "ix_delivery_lane",
            "channel",
            "awaited",
            "due_at",
            "id",
            sqlite_where=text("status = 'queued' AND issue_id IS NULL"),
            postgresql_where=text("status = 'queued' AND issue_id IS NULL"),
        ),
        Index(
            "ix_delivery_leased",
            "lease_until",
            sqlite_where=text(LEASED),
            postgresql_where=text(LEASED),
        ),
        Index("ix_delivery_issue", "issue_id", "status", "id"),
        Index(
            "ix_delivery_ended",
            "issue_id",
            "finished_at",
            sqlite_where=text("issue_id IS NOT NULL AND finished_at IS NOT NULL"),
            postgresql_where=text("issue_id IS NOT NULL AND finished_at IS NOT NULL"),
        ),
        Index(
            "ix_delivery_reported",
            "issue_id",
            "id",
            sqlite_where=text("issue_id IS NOT NULL AND reported <> ''"),
            postgresql_where=text("issue_id IS NOT NULL AND reported <> ''"),
        ),
        Index(
            "ix_delivery_waiting",
            "issue_id",
            "due_at",
            "id",
            sqlite_where=text("status = 'queued' AND issue_id IS NOT NULL"),
            postgresql_where=text("status = 'queued' AND issue_id IS NOT NULL"),
        ),
        Index(
            "ix_delivery_doubtful",
            "id",
            sqlite_where=text("doubtful > 0"),
            postgresql_where=text("doubtful > 0"),
        ),
        Index(
            "ix_delivery_post",
            "post_id",
            sqlite_where=text("post_id IS NOT NULL"),
            postgresql_where=text("post_id IS NOT NULL"),
        ),
        Index("ix_delivery_unsent", "status", "id", sqlite_where=text(UNSENT), postgresql_where=text(UNSENT)),
        Index(
            "ix_delivery_remote",
            "remote_id",
            sqlite_where=text("remote_id <> ''"),
            postgresql_where=text("remote_id <> ''"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    awaited: Mapped[bool] = mapped_column(default=False)  # does somebody wait for it? By its kind: core/ledger/kinds.py
    channel: Mapped[str]
    recipient: Mapped[str]
    cause: Mapped[str]
    payload: Mapped[dict[str, Any]]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscriber.id"))
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issue.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    status: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    address_hash: Mapped[str] = mapped_column(default="")  # mail: key of the suppression list
    reason: Mapped[str] = mapped_column(default="")  # what the relay or the platform answered last
    reported: Mapped[str] = mapped_column(default="")  # mail: what a report said of it later, a bounce or a complaint
    remote_id: Mapped[str] = mapped_column(default="")  # its id there: Message-ID, chat message id, ts
    doubtful: Mapped[int] = mapped_column(default=0)  # how often it may have left without our knowing


class Pace(Base):
    """When messages to one chat (or, `place` empty, by a whole bot) were done, and from when the next may be (core/ledger/pace.py); how much mail was (mail_limits.py)."""

    __tablename__ = "pace"
    __table_args__ = (Index("ix_pace_free", "channel", "free_at"),)
    channel: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[list[float]]  # the last grants, in seconds since 1970
    free_at: Mapped[datetime]


class MessageMap(Base):
    """Which message on which platform is which post, both ways: what we sent, and what made the post."""

    __tablename__ = "message_map"
    __table_args__ = (
        UniqueConstraint("channel", "place", "external_id"),
        Index("ix_message_map_post", "post_id", "channel", "place"),
        Index("ix_message_map_conversation", "conversation_id", "channel", "place"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    place: Mapped[str]
    external_id: Mapped[str]
    thread: Mapped[str] = mapped_column(default="")
    direction: Mapped[str]  # in | out
    purpose: Mapped[str] = mapped_column(default="")  # delivery kind, so that a reply to a confirmation is known as one
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    conversation_id: Mapped[int | None]
    delivery_id: Mapped[int | None]
    said: Mapped[str] = mapped_column(default="")  # in a chat: the words of the message that came, as it reads now
    revision: Mapped[int] = mapped_column(default=0)  # of two versions of a message the larger is the later
    created_at: Mapped[datetime]


class Occurrence(Base):
    """One due moment of one schedule. `period` is a local calendar label such as `2026-W45`. See core/ledger/occurrences.py."""

    __tablename__ = "occurrence"
    __table_args__ = (Index("ix_occurrence_state", "state", "due_at"),)
    schedule: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    state: Mapped[str]  # due | claimed | done | skipped | failed | held
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")
