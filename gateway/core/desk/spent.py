"""Which buttons of a message ask nothing any more once one of them was pressed: bots take these away, so that nobody presses what can't be done twice."""

from gateway.core.desk.grammar import Command, press
from gateway.core.desk.phrases import SURE

_ANSWERS = frozenset({"publish", "delete", "release", "discard"})  # to one question: either of them settles it
_ONCE = _ANSWERS | {"undo", "link", "bind", "refuse", "follow", "mute", "block"}


def is_spent(action: str, pressed: str) -> bool:
    """Whether a button is of no use after another of the same message, or it itself, was pressed."""
    was, one = press(pressed), press(action)
    if not isinstance(was, Command) or was.verb not in _ONCE or (was.verb == "block" and was.rest != SURE):
        return False  # blocking asks back first
    if action == pressed:
        return True
    return (
        was.verb in _ANSWERS
        and isinstance(one, Command)
        and one.verb in _ANSWERS | {"undo"}
        and one.target == was.target
    )
