"""Whether one is asked before one's words are published (`ask on`), and what is a yes to that question.

What waits is a draft: it can be changed and dropped as any other, also by editing the message that it came from.
"""

from datetime import timedelta

from gateway.core.desk.grammar import Command
from gateway.core.desk.turns import Turn
from gateway.core.errors import NotAllowed
from gateway.core.messages import InboundMessage, Intent
from gateway.core.store.models import Inbound, Post
from gateway.core.words import later
from gateway.core.writing import conversations, posting

YES = frozenset({"yes", "publish", "ja"})
NO = frozenset({"no", "nein"})
AT_HAND = timedelta(hours=1)  # a bare yes after that may be meant for something else


def must_ask(turn: Turn) -> bool:
    """Whether this is kept until its author says yes: not what they said so of already, in a form or by a held mail's button.

    Raises NotAllowed in a group, where others would read the question; of what is posted in a bound channel they are asked in private.
    """
    if not turn.who.ask_first or turn.message.wishes.state == "publish":
        return False
    row = turn.session.get(Inbound, turn.inbound_id)
    if row is not None and row.envelope.get("released"):
        return False
    if not (turn.message.private or turn.message.answer_place):
        raise NotAllowed(
            later("You want to be asked before anything is published, and that is done in private."),
            hint=later("Nothing was published. Send it to me in private."),
        )
    return True


def said_to_question(turn: Turn) -> Command | None:
    """What a yes or no means, if it answers the question whether to publish: in answer to it, or right after it."""
    word = _only_word(turn.message)
    if (
        turn.command is not None
        or turn.message.intent is not Intent.SPEAK
        or turn.message.media
        or word not in YES | NO
    ):
        return None
    post = _meant(turn)
    if post is None or not post.asked_in or post.status != "draft" or post.author_id != turn.who.id:
        return None
    return Command("publish" if word in YES else "delete", post.short_reference)


def _only_word(message: InboundMessage) -> str:
    """The word that the message is; of a mail its first line."""
    lines = message.text.strip().split("\n")
    if len(lines) > 1 and message.channel != "email":
        return ""
    return lines[0].strip().strip("*_ ").rstrip(".!").lower()


def _meant(turn: Turn) -> Post | None:
    """The post that this answers; in a chat also the last one that they were asked about there, a moment ago."""
    message = turn.message
    if message.reply_to_post_id is not None or message.answers:
        return post_answered(turn)
    if not (turn.who.ask_first and message.private and message.channel != "email"):
        return None
    last = posting.last_asked(turn.session, turn.who.id, _chat(message))
    return last if last is not None and last.created_at > turn.now - AT_HAND else None


def note_asked(turn: Turn, post: Post) -> None:
    """Remembers that a yes in this chat is about this post: nobody is asked about what they kept as a draft themselves, so no yes publishes it."""
    post.asked_in = _chat(turn.message)


def _chat(message: InboundMessage) -> str:
    """Where the question stands."""
    return f"{message.channel}:{message.answer_place or message.place}"


def post_answered(turn: Turn) -> Post | None:
    """The post that this message answers: by its reply address, or by the message it answers on the platform."""
    message = turn.message
    if message.reply_to_post_id is not None:
        return turn.session.get(Post, message.reply_to_post_id)
    return conversations.answered_post(turn.session, message.channel, message.place, message.answers)
