"""What only the community's managers may know of: reports, with the answers to them. No listing of the server's operators shows any of it.

A report that could not be understood, or not be read, is one as well: words that were meant for managers stand in it, and who sent them.
"""

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import takewhile
from typing import Any

from gateway.core.desk.grammar import Command, Unknown, first_word, read
from gateway.core.messages import InboundMessage
from gateway.core.store.models import Inbound

SEALED = "managers"  # whom a sealed delivery is for, as its payload says
VERBS = ("report", "reports")
BY_ADDRESS = frozenset({"commands", "reply"})  # kinds of mail in which commands are looked for
_NEAR = 0.75
_LOOKED_AT = 64_000  # bytes of a message that nothing could read
_BREAKS = re.compile(r"[\n<>]")


def is_for_managers(command: Command | Unknown | None) -> bool:
    """Whether a command reports something, or is nearly one that does."""
    if isinstance(command, Unknown):
        return command.nearest in VERBS or _is_near(command.word)
    return command is not None and command.verb in VERBS


def has_report(message: InboundMessage, subject: str) -> bool:
    """Whether a message of which nothing came begins like a report; where there are only commands, whether any line or the subject does."""
    lines = message.text.strip().split("\n")
    return _has_report([*lines, message.title, subject] if message.only_commands else lines[:1])


def seal(row: Inbound) -> None:
    """Keeps a message out of every listing."""
    row.envelope = {**row.envelope, "sealed": True}


def is_unread_report(row: Inbound) -> bool:
    """Whether a message that nobody could read begins like a report, as far as that can be seen without reading it as others are."""
    raw = (row.raw or b"")[:_LOOKED_AT]
    if row.channel != "email":
        return any(is_for_managers(read(words, answering=True)) for words in _said(raw))
    subject = str(row.envelope.get("subject") or "")
    return row.envelope.get("kind") in BY_ADDRESS and _has_report([subject, *_lines(raw)])


def _has_report(lines: Iterable[str]) -> bool:
    return any(_is_near(first_word(line)) for line in lines if line.strip())


def _is_near(word: str) -> bool:
    return len(word) < 20 and bool(get_close_matches(word, VERBS, n=1, cutoff=_NEAR))


def _said(raw: bytes) -> Iterator[str]:
    """Every text in what a platform sent; where that is no JSON, it is the text."""
    text = raw.decode("utf-8", "replace")
    try:
        left: list[Any] = [json.loads(text)]
    except (ValueError, RecursionError):
        yield text
        return
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value


def _lines(raw: bytes) -> Iterator[str]:
    """The lines of a mail, also of what is in base64."""
    text = raw.decode("utf-8", "replace").replace("\r", "")
    for block in text.split("\n\n"):
        yield from _BREAKS.split(block)
        yield from _BREAKS.split(_unpacked(block))


def _unpacked(block: str) -> str:
    """What a block of base64 says, up to the end of its part; nothing when it is none. A last group that is cut off is left out."""
    packed = "".join(takewhile(lambda line: not line.startswith("--"), block.split("\n")))
    try:
        return b64decode(packed[: len(packed) // 4 * 4], validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
