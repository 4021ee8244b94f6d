"""A subject as a title: without the marks that mail programs set before it, and no longer than a title is."""

from gateway.core.writing.posting import LONGEST_TITLE
from gateway.email.reply_marks import LONGEST_MARK, REPLY_MARKS, bare_mark

_FORWARDED = frozenset(
    {"fw", "fwd", "wg", "tr", "rv", "vb", "vl", "vs", "doorst", "enc", "ilt", "pd", "i", "转发", "轉寄", "転送"}
)
_SURE = frozenset({"fw", "fwd", "wg", "转发", "轉寄"})  # nobody begins a title so
_MARKS = _FORWARDED | REPLY_MARKS
_MOST_MARKS = 10


def title_of(subject: str, *, answers: bool) -> str:
    """The subject without `Fwd:` and, when the mail answers another, without `Re:` in all their languages."""
    rest = subject.strip()
    for _ in range(_MOST_MARKS):
        mark, colon, _ = rest[: LONGEST_MARK + 1].replace("：", ":").partition(":")
        bare = bare_mark(mark)
        if not colon or not (bare in _SURE or (answers and bare in _MARKS)):
            break
        rest = rest[len(mark) + 1 :].strip()
    return rest


def is_forwarded(subject: str) -> bool:
    """Whether the subject begins with a mark that forwarding sets, and nobody else."""
    mark, colon, _ = subject.strip()[: LONGEST_MARK + 1].replace("：", ":").partition(":")
    return bool(colon) and bare_mark(mark) in _SURE


def is_too_long(title: str) -> bool:
    """Whether these are the words of a post rather than its title."""
    return len(" ".join(title.split())) > LONGEST_TITLE
