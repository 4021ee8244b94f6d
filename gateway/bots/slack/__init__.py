"""Slack: events stored before they are acknowledged, read into messages, answers sent as rich text that can ping nobody."""

from gateway.bots.slack.door import Slack

__all__ = ["Slack"]
