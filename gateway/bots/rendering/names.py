"""Names that a platform would take for its own members': joined by an invisible sign, so that nobody is notified.

Platforms look for names in the plain text, across any change of style, so that is where they are defused.
"""

from collections.abc import Iterator
from dataclasses import replace

from gateway.bots.rendering.rich import Run, Runs, Style, text_of

JOINER = "\u2060"  # WORD JOINER: no width, no line break, and no platform's letter; left out of what comes in


def defused(text: str) -> str:
    """The text with a word joiner behind every `@` that begins a name; mail addresses stay as they are."""
    return text_of(defused_runs((Run(text),)))


def defused_runs(runs: Runs) -> Runs:
    """The runs with their names defused; code stays as it is, for no platform looks for names in it."""
    return tuple(_defused(runs))


def _defused(runs: Runs) -> Iterator[Run]:
    text, start = text_of(runs), 0
    for run in runs:
        end = start + len(run.text)
        out = [JOINER] if _begins_name(text, start - 1) and Style.CODE not in run.styles and start else []
        for at in range(start, end):
            out.append(text[at])
            # A name that goes on in the next run is parted there.
            if at + 1 < end and Style.CODE not in run.styles and _begins_name(text, at):
                out.append(JOINER)
        yield replace(run, text="".join(out))
        start = end


def _begins_name(text: str, at: int) -> bool:
    """Is there an `@` between no letter and a letter?"""
    if at < 0 or text[at] != "@":
        return False
    return _letter(text[at + 1 : at + 2]) and not _letter(text[at - 1 : at] if at else "")


def _letter(character: str) -> bool:
    return character.isalnum() or character == "_"
