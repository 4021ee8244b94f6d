"""Members, their addresses and chats, who follows whom, and the secrets that let them in."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gateway.core.store.models.base import Base


class Name(Base):
    """One namespace for handles and blogs; a name once taken is never given to anyone else."""

    __tablename__ = "name"
    name: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class Member(Base):
    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(ForeignKey("name.name"), unique=True)
    display_name: Mapped[str] = mapped_column(default="")
    bio: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default="member")  # member | manager | operator
    status: Mapped[str] = mapped_column(default="active")  # active | closed
    time_zone: Mapped[str] = mapped_column(default="UTC")
    language: Mapped[str] = mapped_column(default="")  # empty: the community's
    confirmations: Mapped[bool] = mapped_column(default=True)
    ask_first: Mapped[bool] = mapped_column(default=False)  # is what comes by chat and mail kept until they say yes?
    quiet_from: Mapped[
        int | None
    ]  # hours of their own clock, between which nothing is told unasked; None: no such hours
    quiet_until: Mapped[int | None]
    timeline_replies: Mapped[str] = mapped_column(default="all")  # all | followed | none
    digest: Mapped[str] = mapped_column(default="weekly")  # off | weekly | daily
    digest_weekday: Mapped[int] = mapped_column(default=5)  # Monday is 0
    digest_hour: Mapped[int] = mapped_column(default=9)
    digest_moved_at: Mapped[datetime | None]  # since when they want it so, and then; None: always
    micro_monday: Mapped[bool] = mapped_column(default=True)  # the Monday prompt
    recommendable: Mapped[bool] = mapped_column(default=True)  # may others recommend them?
    last_seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    addresses: Mapped[list["Address"]] = relationship(back_populates="member", order_by="Address.id")
    linked_accounts: Mapped[list["LinkedAccount"]] = relationship(back_populates="member", order_by="LinkedAccount.id")

    @property
    def shown_name(self) -> str:
        return self.display_name or self.handle


class Address(Base):
    """A mail address of a member, in the form in which it is compared (accounts.compared). Only a verified one lets its owner post."""

    __tablename__ = "address"
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    address: Mapped[str] = mapped_column(unique=True)
    verified_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    member: Mapped[Member] = relationship(back_populates="addresses")


class LinkedAccount(Base):
    """A chat account of a member: `account` is who they are there, `place` the private chat where they are told things."""

    __tablename__ = "linked_account"
    __table_args__ = (UniqueConstraint("channel", "account"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    channel: Mapped[str]
    account: Mapped[str]
    place: Mapped[str]
    shown_as: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="active")  # active | paused
    paused_reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    member: Mapped[Member] = relationship(back_populates="linked_accounts")


class Telling(Base):
    """How a member wants to be told of something in one channel; what stands in no row is as usual (people/choices)."""

    __tablename__ = "telling"
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)  # mentions | replies | posts
    how: Mapped[str]  # at_once | digest | off


class TellingOf(Base):
    """The same of one person's new posts; it goes before what is chosen for everybody's."""

    __tablename__ = "telling_of"
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    how: Mapped[str]  # at_once | digest | off


class Follow(Base):
    __tablename__ = "follow"
    __table_args__ = (Index("ix_follow_followed", "followed_id", "follower_id"),)
    follower_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    followed_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    created_at: Mapped[datetime]


class Shun(Base):
    """A silent mute or block of one member by another."""

    __tablename__ = "shun"
    __table_args__ = (Index("ix_shun_target", "target_id", "kind"),)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    kind: Mapped[str]  # mute | block
    created_at: Mapped[datetime]


class OneTimeToken(Base):
    """A secret that works once and not for long, kept only as its hash: sign-in, invitation, linking, address, subscribing."""

    __tablename__ = "one_time_token"
    __table_args__ = (Index("ix_one_time_token_expires", "expires_at"),)
    hash: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    subject: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Attempts(Base):
    """How often somebody tried something in a stretch of time that began at `since`. Kept here, since all processes share it."""

    __tablename__ = "attempts"
    what: Mapped[str] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    tries: Mapped[int]


class WebSession(Base):
    __tablename__ = "web_session"
    hash: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
