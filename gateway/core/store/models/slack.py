"""Where the Slack app is installed."""

from datetime import datetime

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
