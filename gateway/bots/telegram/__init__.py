"""Telegram: updates stored before anything else, read into messages, answers sent through python-telegram-bot."""

from gateway.bots.telegram.door import Telegram

__all__ = ["Telegram"]
