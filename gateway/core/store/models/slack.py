"""Where the Slack app is installed."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.core.store.models.base import Base


class SlackInstall(Base):
    """The app in one workspace (`T…`), or in all of an organisation's (`E…`). Its token is kept sealed, and only while it works."""

    __tablename__ = "slack_install"
    workspace: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    app_id: Mapped[str]
    bot_id: Mapped[str]
    bot_user_id: Mapped[str]
    scopes: Mapped[str]
    sealed_token: Mapped[str]
    status: Mapped[str]  # active | removed (Slack says so) | refused (Slack does not take the token)
    reason: Mapped[str] = mapped_column(default="")
    installed_by: Mapped[str]
    installed_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class SlackMessage(Base):
    """What we heard of a message lately, so that its edits and its deletion count in whatever order Slack brings them."""

    __tablename__ = "slack_message"
    __table_args__ = (Index("ix_slack_message_heard_at", "heard_at"),)
    message: Mapped[str] = mapped_column(primary_key=True)  # workspace:conversation:ts
    said: Mapped[bool]
    changed: Mapped[str]  # Slack's time of its newest edit
    gone: Mapped[bool]
    heard_at: Mapped[datetime]
