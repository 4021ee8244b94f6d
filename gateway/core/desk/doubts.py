"""Words that were probably meant as a command, though they are none: asked about, never published. What was meant is easily sent again; what is public is not easily taken back."""

from gateway.core.desk.asking import NO, YES
from gateway.core.desk.grammar import Verb, unescaped, verb_of
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.messages import Answer, Intent
from gateway.core.words import t
from gateway.core.writing.quoting import escaped

MOST_WORDS = 6  # of an answer that begins with one of these
_OF_ANSWERED = frozenset({"report", "reply", "alt", "mute", "block", "follow", "unfollow", "thread"})
_HOWS = frozenset({"off", "digest", "once", "usual"})  # what a choice of what one is told ends with


def doubt(turn: Turn) -> Spoken | None:
    """What is said of a chat message of a few words that begins with a command word, or is nothing but a yes; None for all that is to be published."""
    message = turn.message
    in_a_form = message.blog_id is not None or message.reply_to_post_id is not None or message.wishes.state
    if in_a_form or message.channel == "email" or not message.private or message.media:
        return None
    if message.intent is not Intent.SPEAK:
        return None
    line = unescaped(message.text.strip())
    if "\n" in line:
        return None
    if not message.answers and line.rstrip(".!").lower() in YES | NO:
        return Spoken("rejected", _nothing_waits(line), reason=t("Nothing is waiting for a yes."))
    verb = verb_of(line)
    if verb is None or not _is_doubtful(verb, line.split()[1:], answering=bool(message.answers)):
        return None
    return Spoken("rejected", _unsure(line, verb), reason=t("It looks like a command."))


def _is_doubtful(verb: Verb, rest: list[str], *, answering: bool) -> bool:
    if len(rest) <= 1 or (verb.takes.startswith("name") and rest[0].startswith("@")):
        return True
    if verb.name == "tell" and rest[-1].lower() in _HOWS:
        return len(rest) <= MOST_WORDS
    return answering and verb.name in _OF_ANSWERED and len(rest) <= MOST_WORDS


def _unsure(line: str, verb: Verb) -> Answer:
    """Words that may have been meant as a command."""
    shown = escaped(line if len(line) <= 60 else f"{line[:59]}…")
    text = t(
        "“{line}” looks like a command, but I can't tell what to do. `{usage}`: {help}.\n\nNothing was published. To publish these words, send `post:` and the words behind it.",
        line=shown,
        usage=t(verb.usage),
        help=t(verb.help),
    )
    return Answer(text, subject=t("Not understood"))


def _nothing_waits(line: str) -> Answer:
    """A yes or no to nothing."""
    text = t(
        "Nothing is waiting for your “{line}”, so nothing was published. `drafts` lists what you have kept. To publish the word itself, send `post: {line}`.",
        line=escaped(line),
    )
    return Answer(text, subject=t("Not understood"))
