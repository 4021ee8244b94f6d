"""An answer made to fit a channel: what it can't carry is told in the words."""

from dataclasses import replace

from gateway.core.messages import Answer, Attached, Capabilities
from gateway.core.words import n
from gateway.core.writing.quoting import escaped


def fitted(answer: Answer, able: Capabilities) -> Answer:
    """The answer with links to files that don't go along there, and with no more photos than are shown with one message."""
    linked = [f"[{escaped(file.filename)}]({file.url})" for file in answer.attached if not _goes_along(file, able)]
    left_out = max(0, len(answer.pictures) - able.photos) if able.photos else 0
    more = [n("There is {count} more photo.", "There are {count} more photos.", left_out)] if left_out else []
    if not (linked or more):
        return answer
    return replace(
        answer,
        text="\n\n".join([answer.text, *more, *linked]).strip(),
        pictures=answer.pictures[: len(answer.pictures) - left_out],
        attached=tuple(file for file in answer.attached if _goes_along(file, able)),
    )


def _goes_along(file: Attached, able: Capabilities) -> bool:
    return 0 < able.largest_file >= file.size
