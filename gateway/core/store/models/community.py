"""What the community's managers look after: reports."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gateway.core.store.models.base import Base
from gateway.core.store.models.people import Member
from gateway.core.store.models.writing import Post


class Report(Base):
    """One member's report of another, or of one post of theirs. Who reports is for the community's managers only.

    `words` is what the post said when it was reported, since its author may change or delete it.
    """

    __tablename__ = "report"
    __table_args__ = (
        Index(
            "uq_report_of_post",
            "reporter_id",
            "post_id",
            unique=True,
            sqlite_where=text("status = 'open' AND post_id IS NOT NULL"),
            postgresql_where=text("status = 'open' AND post_id IS NOT NULL"),
        ),
        Index(
            "uq_report_of_member",
            "reporter_id",
            "member_id",
            unique=True,
            sqlite_where=text("status = 'open' AND post_id IS NULL"),
            postgresql_where=text("status = 'open' AND post_id IS NULL"),
        ),
        Index("ix_report_reporter", "reporter_id", "created_at"),
        Index("ix_report_status", "status", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    reporter_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)  # who is reported
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)
    reason: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="open")  # open | closed
    outcome: Mapped[str] = mapped_column(default="")  # what was done, in the words of whoever closed it
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # none when it was closed by command
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    reporter: Mapped[Member] = relationship(foreign_keys=[reporter_id])
    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    post: Mapped[Post | None] = relationship()
