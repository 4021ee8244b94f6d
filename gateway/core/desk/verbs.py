"""What each word does. One function a verb, in one visible registry; each gives what became of the message and what to answer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from gateway.core.community import micro_monday
from gateway.core.community.timeline import mentions_page, timeline_page
from gateway.core.desk import (
    binding,
    changes,
    choice_verbs,
    held,
    history,
    link_phrases,
    link_verbs,
    listings,
    micro_monday_verbs,
    newsletter_verbs,
    own_addresses,
    phrases,
    post_verbs,
    report_verbs,
)
from gateway.core.desk.asking import post_answered, said_to_question
from gateway.core.desk.doubts import doubt
from gateway.core.desk.grammar import Command, Unknown, unescaped
from gateway.core.desk.plain import message_deleted, plain_words
from gateway.core.desk.post_verbs import meant
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.errors import Conflict, Invalid, NotAllowed, NotFound
from gateway.core.messages import Answer, Intent
from gateway.core.people import accounts, relations
from gateway.core.store.models import Member
from gateway.core.words import N, later, t
from gateway.core.writing import blogs, conversations
from gateway.core.writing.quoting import escaped

__all__ = ["HANDLERS", "PRIVATE", "WRITING", "Spoken", "Turn", "obey", "stranger"]

WRITING = frozenset({"post", "draft", "reply", "edit"})
SHUNNED = {
    "mute": N(
        "@{handle} is muted: you don't see their posts in timelines and notices any more. They are not told. `unmute @{handle}` ends it."
    ),
    "block": N(
        "@{handle} is blocked: neither of you sees the other's posts in timelines and notices, nor follows the other. They are not told. `unblock @{handle}` ends it."
    ),
}
IN_A_THREAD = 20  # posts of a conversation that one answer shows; its page shows all

# What only the asker may see, or what nobody else should learn that they did: never said in a group or channel.
PRIVATE = frozenset(
    {"draft", "drafts", "publish", "timeline", "mentions", "mute", "unmute", "block", "unblock", "digest", "newsletter"}
    | {"link", "unlink", "settings", "inbox", "confirmations", "release", "discard", "address"}
    | {"report", "reports", "tell", "quiet", "ask", "bind", "unbind", "refuse", "recommendable"}
)


def obey(turn: Turn) -> Spoken:
    """Does what a member's message asks for."""
    if (said := said_to_question(turn)) is not None:
        return HANDLERS[said.verb](replace(turn, command=said, refusal=""))
    if turn.refusal:
        raise Invalid(turn.refusal, hint="" if turn.message.only_commands else later("Nothing was published."))
    if turn.message.intent is Intent.DELETE:
        return message_deleted(turn)
    if turn.message.intent is Intent.EDIT:
        return changes.message_edited(turn)
    if turn.message.joins_post_id is not None:
        return changes.album_joined(turn)
    if isinstance(turn.command, Unknown):
        return Spoken(
            "rejected",
            phrases.unknown(turn.command.word, turn.command.nearest),
            reason=t("There is no command “{word}”.", word=turn.command.word),
        )
    if turn.command is None:
        return doubt(turn) or plain_words(turn)
    if turn.command.verb in PRIVATE and not turn.message.private:
        raise NotAllowed(later("Ask me that in private."), hint=later("Nothing was saved, changed or shown here."))
    return HANDLERS[turn.command.verb](turn)


def stranger(turn: Turn) -> Spoken:
    """Somebody we don't know may link their account, and gets one help message a day, or whenever they ask for help."""
    if (
        isinstance(turn.command, Command)
        and turn.command.verb == "link"
        and turn.command.target
        and turn.message.private
    ):
        return link_verbs.link(turn)
    if turn.message.channel == "email" or not turn.message.private:
        return Spoken("rejected", reason=t("An unknown sender."))
    asks = isinstance(turn.command, Command) and turn.command.verb in {"link", "help"}
    cause = "" if asks else f"stranger:{turn.message.channel}:{turn.message.account}:{turn.now.date()}"
    return Spoken(
        "rejected",
        link_phrases.stranger(turn.community, turn.message.channel),
        reason=t("An unknown account."),
        cause=cause,
    )


# Verbs; those about posts are in post_verbs


def _timeline(turn: Turn) -> Spoken:
    accounts.seen(turn.session, turn.who.id, turn.now)
    page = timeline_page(turn.session, turn.community, turn.who.id, limit=10)
    return Spoken(
        "answered",
        listings.posts(
            page.items,
            t("Your timeline"),
            t("It is empty. Follow somebody with `follow @name`, and their posts appear here."),
        ),
    )


def _mentions(turn: Turn) -> Spoken:
    page = mentions_page(turn.session, turn.community, turn.who.id, limit=10)
    return Spoken("answered", listings.posts(page.items, t("Written to you"), t("Nobody has written to you yet.")))


def _thread(turn: Turn) -> Spoken:
    post = meant(turn)
    root = post.conversation_id or post.id
    last, earlier = conversations.latest_of(turn.session, root, turn.who.id, limit=IN_A_THREAD)
    if not last:
        raise NotFound(later("Nothing of this conversation is there any more."))
    return Spoken("answered", listings.conversation(turn.community, last, turn.who.id, earlier=earlier))


def _follow(turn: Turn) -> Spoken:
    other = _named(turn)
    new = relations.follow(turn.session, turn.who, other, turn.now)
    text = (
        t(
            "You follow {name} now. Their posts are in your timeline; they are not told. Whom you follow stands on your page. `unfollow @{handle}` ends it.",
            name=escaped(other.shown_name),
            handle=other.handle,
        )
        if new
        else t(
            "You follow {name} already. `unfollow @{handle}` ends it.",
            name=escaped(other.shown_name),
            handle=other.handle,
        )
    )
    return Spoken("answered", Answer(text, subject=t("Following @{handle}", handle=other.handle)))


def _unfollow(turn: Turn) -> Spoken:
    other = _named(turn)
    ended = relations.unfollow(turn.session, turn.who, other)
    name = escaped(other.shown_name)
    text = (
        t(
            "You don't follow {name} any more. They are not told. `follow @{handle}` follows them again.",
            name=name,
            handle=other.handle,
        )
        if ended
        else t("You did not follow {name}.", name=name)
    )
    return Spoken("answered", Answer(text, subject=t("Not following @{handle}", handle=other.handle)))


def _following(turn: Turn) -> Spoken:
    return Spoken("answered", listings.following(relations.following(turn.session, turn.who.id)))


def _shun(kind: Literal["mute", "block"]) -> "Handler":
    def act(turn: Turn) -> Spoken:
        other = _named(turn)
        if kind == "block" and turn.message.intent is Intent.PRESS and turn.asked.rest != phrases.SURE:
            return Spoken("answered", phrases.asked_to_block(other.handle, other.shown_name))
        done = SHUNNED[relations.shun(turn.session, turn.who, other, kind, turn.now)]
        return Spoken("answered", Answer(t(done, handle=other.handle), subject=f"@{other.handle}"))

    return act


def _unshun(turn: Turn) -> Spoken:
    other = _named(turn)
    if turn.asked.verb == "unmute" and relations.has_blocked(turn.session, turn.who.id, other.id):
        raise Conflict(
            later("@{handle} is blocked, not only muted.", handle=other.handle),
            hint=later("Send `unblock @{handle}` to end that.", handle=other.handle),
        )
    ended = relations.unshun(turn.session, turn.who, other)
    text = (
        t(
            "You see @{handle} again. They are not told. `mute @{handle}` hides them again; to follow them, send `follow @{handle}`.",
            handle=other.handle,
        )
        if ended
        else t("@{handle} was neither muted nor blocked.", handle=other.handle)
    )
    return Spoken("answered", Answer(text, subject=f"@{other.handle}"))


def _recommend(turn: Turn) -> Spoken:
    other = _named(turn)
    micro_monday.recommend(turn.session, turn.community, turn.who, other, unescaped(turn.asked.rest), turn.now)
    why = escaped(" ".join(unescaped(turn.asked.rest).split()).rstrip("."))
    text = t(
        "You recommend @{handle} this week: “{why}”. Thank you: everybody can read it on the Micro Monday page, and it will be in Tuesday's round-up. @{handle} is told, and may decline. There is one a week, and it stands.",
        handle=other.handle,
        why=why,
    )
    return Spoken("answered", Answer(text, subject=t("Micro Monday")))


def _inbox(turn: Turn) -> Spoken:
    came = history.of_member(turn.session, turn.community, turn.who.id, limit=10, but=turn.inbound_id)
    return Spoken("answered", listings.inbox(turn.community, turn.who, came))


def _settings(turn: Turn) -> Spoken:
    blog = blogs.of_member(turn.session, turn.who.id)
    return Spoken("answered", listings.settings(turn.session, turn.community, turn.who, blog))


def _help(turn: Turn) -> Spoken:
    return Spoken("answered", phrases.help_for(turn.asked.target, by_mail=turn.message.channel == "email"))


# What a command means by its words


def _named(turn: Turn) -> Member:
    answered = post_answered(turn) if not turn.asked.target else None
    if answered is not None and answered.author_id != turn.who.id:
        return answered.author
    if not turn.asked.target:
        raise Invalid(later("Whom?"), hint=later("Send `{verb} @name`. Nothing was changed.", verb=turn.asked.verb))
    return accounts.by_handle(turn.session, turn.asked.target)


Handler = Callable[[Turn], Spoken]

HANDLERS: dict[str, Handler] = {
    "post": post_verbs.say_post,
    "draft": post_verbs.say_draft,
    "drafts": post_verbs.drafts,
    "publish": post_verbs.publish,
    "title": post_verbs.title,
    "alt": post_verbs.alt,
    "reply": post_verbs.reply,
    "edit": post_verbs.edit,
    "delete": post_verbs.delete,
    "undo": post_verbs.undo,
    "timeline": _timeline,
    "mentions": _mentions,
    "thread": _thread,
    "follow": _follow,
    "unfollow": _unfollow,
    "following": _following,
    "mute": _shun("mute"),
    "unmute": _unshun,
    "block": _shun("block"),
    "unblock": _unshun,
    "recommend": _recommend,
    "refuse": micro_monday_verbs.refuse,
    "recommendable": micro_monday_verbs.recommendable,
    "report": report_verbs.report,
    "reports": report_verbs.reports,
    "newsletter": newsletter_verbs.newsletter,
    "digest": choice_verbs.digest,
    "tell": choice_verbs.tell,
    "quiet": choice_verbs.quiet_hours,
    "ask": choice_verbs.ask,
    "confirmations": choice_verbs.confirmations,
    "language": choice_verbs.language,
    "bind": binding.bind,
    "unbind": binding.unbind,
    "inbox": _inbox,
    "release": held.release,
    "discard": held.discard,
    "address": own_addresses.address,
    "link": link_verbs.link,
    "unlink": link_verbs.unlink,
    "settings": _settings,
    "help": _help,
}
