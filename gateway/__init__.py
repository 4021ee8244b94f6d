"""Postroom: a community of blogs whose front doors are mail and chat."""

__version__ = "0.1.0"
