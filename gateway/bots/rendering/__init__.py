"""Markdown, which answers and posts are written in, to and from what each chat shows."""

from gateway.bots.rendering.plain import to_plain
from gateway.bots.rendering.slack import SlackText, to_slack
from gateway.bots.rendering.slack_in import from_slack
from gateway.bots.rendering.telegram import TelegramText, to_telegram
from gateway.bots.rendering.telegram_in import from_telegram

__all__ = ["SlackText", "TelegramText", "from_slack", "from_telegram", "to_plain", "to_slack", "to_telegram"]
