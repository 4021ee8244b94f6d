"""Markdown, which answers and posts are written in, to and from what each chat shows."""

from gateway.bots.rendering.telegram import TelegramText, to_telegram
from gateway.bots.rendering.telegram_in import from_telegram

__all__ = ["TelegramText", "from_telegram", "to_telegram"]
