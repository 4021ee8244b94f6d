"""Several commands in one message: each obeyed or refused by itself, all told in one answer."""

from collections.abc import Sequence

from gateway.core.desk import verbs
from gateway.core.desk.grammar import VERBS, Command, Unknown
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.errors import PostroomError
from gateway.core.ledger.inbox import MADE_A_POST
from gateway.core.messages import Answer
from gateway.core.words import n, speaking, t
from gateway.core.writing.quoting import escaped

_OF_PEOPLE = frozenset(verb.name for verb in VERBS if verb.takes.startswith("name"))


def obey_all(turns: Sequence[Turn]) -> Spoken:
    """Does one after another; what one of them can't do undoes nothing of the others."""
    done = [_obey(turn) for turn in turns]
    with speaking(turns[0].who.language or turns[0].community.language):  # one of them may have changed it
        return _told(turns, done)


def _told(turns: Sequence[Turn], done: Sequence[Spoken]) -> Spoken:
    obeyed = {spoken.outcome for spoken in done if spoken.outcome != "rejected"}
    outcome = "rejected" if not obeyed else obeyed.pop() if len(obeyed) == 1 else "answered"
    parts = [f"> {_asked(turn)}\n\n{_said(spoken)}" for turn, spoken in zip(turns, done, strict=True)]
    refused = [spoken.reason for spoken in done if spoken.outcome == "rejected"]
    subject = n("{count} command", "{count} commands", len(turns))
    if refused:
        subject = t("{commands}, {refused} refused", commands=subject, refused=len(refused))
    made = next((one.post_id for one in done if one.outcome in MADE_A_POST and one.post_id is not None), None)
    return Spoken(outcome, Answer("\n\n".join(parts), subject=subject), made, reason=" ".join(refused))


def _obey(turn: Turn) -> Spoken:
    try:
        with turn.session.begin_nested(), speaking(turn.who.language or turn.community.language):
            return verbs.obey(turn)
    except PostroomError as error:
        if not error.permanent:
            raise
        return Spoken("rejected", Answer(error.said()), reason=error.said())


def _asked(turn: Turn) -> str:
    """The command in a line."""
    match turn.command:
        case Command(verb, target, rest):
            target = f"@{target}" if target and verb in _OF_PEOPLE else target
            words = " ".join(f"{verb} {target} {rest}".split())
        case Unknown(word):
            words = word
        case None:
            words = ""
    return escaped(words if len(words) <= 60 else f"{words[:59].rstrip()}…")


def _said(spoken: Spoken) -> str:
    return spoken.answer.text if spoken.answer is not None else t("Done.")
