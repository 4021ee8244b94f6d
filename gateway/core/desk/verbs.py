"""What each word does. One function a verb, in one visible registry; each gives what became of the message and what to answer."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from gateway.core.community import micro_monday
from gateway.core.community.timeline import mentions_page, timeline_page
from gateway.core.desk import acts, listings, phrases
from gateway.core.desk.grammar import Command, Unknown, unescaped
from gateway.core.desk.plain import message_deleted, message_edited, plain_words, post_answered, post_words, reply_to
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.errors import Conflict, Invalid, NotAllowed, NotFound
from gateway.core.ledger import outbox
from gateway.core.messages import Answer, Intent
from gateway.core.people import accounts, relations
from gateway.core.people.accounts import Destination
from gateway.core.store.models import Member, Post
from gateway.core.writing import blogs, conversations, posting
from gateway.core.writing.posting import Words
from gateway.core.writing.quoting import escaped

__all__ = ["HANDLERS", "PRIVATE", "WRITING", "Spoken", "Turn", "obey", "stranger"]

WRITING = frozenset({"post", "draft", "reply", "edit"})
IN_A_THREAD = 20  # posts of a conversation that one answer shows; its page shows all

# What only the asker may see, or what nobody else should learn that they did: never said in a group or channel.
PRIVATE = frozenset(
    {"draft", "drafts", "publish", "timeline", "mentions", "mute", "unmute", "block", "unblock", "digest"}
    | {"link", "unlink", "settings"}
)


def obey(turn: Turn) -> Spoken:
    """Does what a member's message asks for."""
    if turn.message.intent is Intent.DELETE:
        return message_deleted(turn)
    if turn.message.intent is Intent.EDIT:
        return message_edited(turn)
    if isinstance(turn.command, Unknown):
        return Spoken(
            "rejected",
            phrases.unknown(turn.command.word, turn.command.nearest),
            reason=f"unknown command {turn.command.word}",
        )
    if turn.command is None:
        return plain_words(turn)
    if turn.command.verb in PRIVATE and not turn.message.private:
        raise NotAllowed("Ask me that in private.", hint="Nothing was saved, changed or shown here.")
    return HANDLERS[turn.command.verb](turn)


def stranger(turn: Turn) -> Spoken:
    """Somebody we don't know may link their account, and gets one help message a day."""
    if (
        isinstance(turn.command, Command)
        and turn.command.verb == "link"
        and turn.command.target
        and turn.message.private
    ):
        return _link(turn)
    if turn.message.channel == "email" or not turn.message.private:
        return Spoken("rejected", reason="An unknown sender.")
    cause = f"stranger:{turn.message.channel}:{turn.message.account}:{turn.now.date()}"
    return Spoken("rejected", phrases.stranger(turn.community), reason="An unknown account.", cause=cause)


# Verbs


def _say_post(turn: Turn) -> Spoken:
    return post_words(turn)


def _say_draft(turn: Turn) -> Spoken:
    return post_words(turn, draft=True)


def _drafts(turn: Turn) -> Spoken:
    return Spoken("answered", listings.drafts(posting.drafts(turn.session, turn.who.id)))


def _publish(turn: Turn) -> Spoken:
    post = acts.publish_draft(turn.session, turn.community, _meant(turn), turn.who, turn.now)
    return Spoken("published", phrases.published(turn.community, post), post.id)


def _title(turn: Turn) -> Spoken:
    post = _own_latest(turn)
    words = Words(post.markdown, post.html, unescaped(turn.asked.rest))
    changed = acts.edit(turn.session, post, turn.who, words, turn.now)
    return Spoken("edited", phrases.edited(turn.community, post, changed=changed), post.id)


def _alt(turn: Turn) -> Spoken:
    post = _meant(turn)
    number, rest = 1, unescaped(turn.asked.rest)
    head, _, tail = rest.partition(" ")
    if head.isdecimal() and len(head) < 4 and tail:
        number, rest = int(head), tail
    posting.describe(turn.session, post, number, rest, turn.who)
    return Spoken(
        "edited", Answer(f"Photo {number} of [{post.short_reference}] is described.", subject="Described"), post.id
    )


def _reply(turn: Turn) -> Spoken:
    return reply_to(turn, _meant(turn))


def _edit(turn: Turn) -> Spoken:
    post = _meant(turn)
    if not turn.text.markdown:
        raise Invalid(
            "Edit it to what?", hint=f"Send `edit {post.short_reference} the new words`. Nothing was changed."
        )
    changed = acts.edit(turn.session, post, turn.who, replace(turn.text, title=post.title), turn.now)
    return Spoken("edited", phrases.edited(turn.community, post, changed=changed), post.id)


def _delete(turn: Turn) -> Spoken:
    post = _meant(turn)
    acts.delete(turn.session, post, turn.who, turn.now)
    return Spoken("deleted", phrases.deleted(post), post.id)


def _undo(turn: Turn) -> Spoken:
    post = acts.undo(turn.session, turn.community, turn.who, turn.now)
    return Spoken("deleted", phrases.deleted(post, taken_back=True), post.id)


def _timeline(turn: Turn) -> Spoken:
    accounts.seen(turn.session, turn.who.id, turn.now)
    page = timeline_page(turn.session, turn.community, turn.who.id, limit=10)
    return Spoken(
        "answered",
        listings.posts(
            page.items, "Your timeline", "Follow somebody with `follow @name`, and their posts appear here."
        ),
    )


def _mentions(turn: Turn) -> Spoken:
    page = mentions_page(turn.session, turn.community, turn.who.id, limit=10)
    return Spoken("answered", listings.posts(page.items, "Said to you", "Nobody has written to you yet."))


def _thread(turn: Turn) -> Spoken:
    post = _meant(turn)
    root = post.conversation_id or post.id
    last, earlier = conversations.latest_of(turn.session, root, turn.who.id, limit=IN_A_THREAD)
    if not last:
        raise NotFound("Nothing of this conversation is there any more.")
    return Spoken("answered", listings.conversation(turn.community, last, earlier=earlier))


def _follow(turn: Turn) -> Spoken:
    other = _named(turn)
    new = relations.follow(turn.session, turn.who, other, turn.now)
    text = (
        f"You follow {escaped(other.shown_name)} now. Their posts are in your timeline; they are not told."
        if new
        else f"You follow {escaped(other.shown_name)} already."
    )
    return Spoken("answered", Answer(text, subject=f"Following @{other.handle}"))


def _unfollow(turn: Turn) -> Spoken:
    other = _named(turn)
    ended = relations.unfollow(turn.session, turn.who, other)
    name = escaped(other.shown_name)
    text = f"You don't follow {name} any more." if ended else f"You did not follow {name}."
    return Spoken("answered", Answer(text, subject=f"Not following @{other.handle}"))


def _following(turn: Turn) -> Spoken:
    return Spoken("answered", listings.following(relations.following(turn.session, turn.who.id)))


def _shun(kind: Literal["mute", "block"]) -> "Handler":
    def act(turn: Turn) -> Spoken:
        other = _named(turn)
        done = {
            "mute": "muted: you don't see their posts in timelines and notices any more",
            "block": "blocked: neither of you sees the other's posts in timelines and notices",
        }[relations.shun(turn.session, turn.who, other, kind, turn.now)]
        return Spoken("answered", Answer(f"@{other.handle} is {done}. They are not told.", subject=f"@{other.handle}"))

    return act


def _unshun(turn: Turn) -> Spoken:
    other = _named(turn)
    if turn.asked.verb == "unmute" and relations.has_blocked(turn.session, turn.who.id, other.id):
        raise Conflict(
            f"@{other.handle} is blocked, not only muted.", hint=f"Send `unblock @{other.handle}` to end that."
        )
    ended = relations.unshun(turn.session, turn.who, other)
    text = f"You see @{other.handle} again." if ended else f"@{other.handle} was neither muted nor blocked."
    return Spoken("answered", Answer(text, subject=f"@{other.handle}"))


def _recommend(turn: Turn) -> Spoken:
    other = _named(turn)
    micro_monday.recommend(turn.session, turn.community, turn.who, other, unescaped(turn.asked.rest), turn.now)
    text = f"You recommend @{other.handle} this week. Thank you: it will be in Tuesday's round-up."
    return Spoken("answered", Answer(text, subject="Micro Monday"))


def _digest(turn: Turn) -> Spoken:
    choice = turn.asked.target.lower()
    if choice not in {"daily", "weekly", "off"}:
        raise Invalid("A digest comes daily, weekly or not at all.", hint="Send `digest weekly`. Nothing was changed.")
    turn.who.digest = choice
    text = (
        "You get no digest any more."
        if choice == "off"
        else f"You get a digest, {choice}. It is skipped when there is nothing new."
    )
    return Spoken("answered", Answer(text, subject="Your digest"))


def _link(turn: Turn) -> Spoken:
    message = turn.message
    if not message.private:
        raise NotAllowed("A chat is linked in private only.", hint="Write to me directly and send the code there.")
    if not turn.asked.target:
        return Spoken("answered", phrases.help_for("link"))
    code = turn.asked.target
    owner = accounts.owner_of_code(turn.session, message.channel, code, turn.now)
    elsewhere = accounts.destinations(turn.session, owner) or accounts.mails(turn.session, owner)  # before it counts
    member = accounts.link(
        turn.session,
        message.channel,
        message.account,
        message.place,
        code,
        turn.now,
        shown_as=message.account_name,
    )
    _tell_of_link(turn, member, [to for to in elsewhere if to.recipient != message.place])
    return Spoken("answered", phrases.linked(turn.community, member.handle))


def _tell_of_link(turn: Turn, member: Member, elsewhere: Sequence[Destination]) -> None:
    """Has the member told, where they were told things until now: it may have been somebody else."""
    said = phrases.linked_elsewhere(turn.community, turn.message.channel, turn.message.account_name)
    intents = [
        outbox.Intent(
            kind="answer",
            channel=to.channel,
            recipient=to.recipient,
            cause=f"linked:{turn.inbound_id}",
            payload={"answer": said.to_json()},
            member_id=member.id,
        )
        for to in elsewhere
    ]
    outbox.queue_many(turn.session, intents, turn.now)


def _unlink(turn: Turn) -> Spoken:
    gone = accounts.unlink(turn.session, turn.message.channel, turn.message.account)
    text = (
        "This chat is no longer linked. Nothing you write here is published." if gone else "This chat was not linked."
    )
    return Spoken("answered", Answer(text, subject="Unlinked"))


def _settings(turn: Turn) -> Spoken:
    blog = blogs.of_member(turn.session, turn.who.id)
    return Spoken("answered", listings.settings(turn.community, turn.who, blog))


def _help(turn: Turn) -> Spoken:
    return Spoken("answered", phrases.help_for(turn.asked.target))


# What a command means by its words


def _named(turn: Turn) -> Member:
    if not turn.asked.target:
        raise Invalid("Whom?", hint=f"Send `{turn.asked.verb} @name`. Nothing was changed.")
    return accounts.by_handle(turn.session, turn.asked.target)


def _meant(turn: Turn) -> Post:
    """The post named by reference, else the one this message answers, for one's own confirmation the post it confirmed."""
    if turn.asked.target:
        post = posting.by_reference(turn.session, turn.asked.target)
    elif (answered := post_answered(turn)) is not None:
        post = answered
    elif turn.asked.verb in {"edit", "delete", "alt", "publish"}:
        return _own_latest(turn)
    else:
        raise Invalid("Which post?", hint=f"Send `{turn.asked.verb} k7f` with its short reference.")
    if post.status == "draft" and post.author_id != turn.who.id:
        raise NotFound(f"There is no post [{turn.asked.target}].")
    return post


def _own_latest(turn: Turn) -> Post:
    post = posting.latest(turn.session, turn.who.id)
    if post is None:
        raise NotFound("You have no post yet.", hint="Nothing was changed.")
    return post


Handler = Callable[[Turn], Spoken]

HANDLERS: dict[str, Handler] = {
    "post": _say_post,
    "draft": _say_draft,
    "drafts": _drafts,
    "publish": _publish,
    "title": _title,
    "alt": _alt,
    "reply": _reply,
    "edit": _edit,
    "delete": _delete,
    "undo": _undo,
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
    "digest": _digest,
    "link": _link,
    "unlink": _unlink,
    "settings": _settings,
    "help": _help,
}
