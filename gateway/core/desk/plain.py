"""What a message becomes without a command: a post, a reply, a change of what it made before, or a question to its sender."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from gateway.core.desk import acts, describing, phrases
from gateway.core.desk.asking import must_ask, note_asked, post_answered
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.desk.undoing import with_undo
from gateway.core.errors import Invalid, NotFound
from gateway.core.messages import Answer, Part
from gateway.core.store.models import Blog, Post
from gateway.core.store.sql import by_id
from gateway.core.words import later, t
from gateway.core.writing import blogs, conversations, message_map, posting
from gateway.core.writing.moments import delay, moment
from gateway.core.writing.posting import Terms
from gateway.core.writing.quoting import escaped


def plain_words(turn: Turn) -> Spoken:
    """A reply when the message answers a post, else a post; in a group, where the bot was named, only the former."""
    parent = post_answered(turn)
    if parent is not None:
        return reply_to(turn, parent)
    if turn.message.answers and turn.message.channel != "email":
        raise NotFound(
            later("I can't tell which post you answer."),
            hint=later("Nothing was published. Use `reply k7f your words` with its short reference."),
        )
    if not turn.message.private and turn.message.blog_id is None:
        return Spoken("ignored", reason=t("Said in a group without a command."))
    return post_words(turn)


def post_words(turn: Turn, *, draft: bool = False) -> Spoken:
    """Publishes the words on the member's blog, at the moment they wished for if any, or keeps them as a draft."""
    blog, wishes = _blog(turn), turn.message.wishes
    draft = draft or wishes.state == "draft"
    is_asked = not draft and must_ask(turn)
    terms, draft, notes = _terms(turn, blog, draft=draft or is_asked)
    notes = (*turn.message.notes, *notes)
    post = acts.publish(
        turn.session,
        turn.community,
        blog,
        turn.who,
        turn.text,
        turn.now,
        media=turn.message.media,
        categories=turn.message.categories,
        source=turn.message.channel,
        draft=draft,
        terms=terms,
    )
    remember(turn, post)
    if is_asked:
        return _asked(turn, post, notes)
    if draft:
        kept = t("Kept as a draft [{ref}]; nobody else can see it.", ref=post.short_reference)
        return Spoken("answered", phrases.drafted(post, notes), post.id, reason=kept)
    if posting.is_scheduled(post):
        answer = phrases.scheduled(post, ZoneInfo(blog.time_zone), notes)
        return Spoken(
            "answered", answer, post.id, reason=t("[{ref}] will be published at its time.", ref=post.short_reference)
        )
    answer = describing.with_request(phrases.published(turn.community, post, notes), post, turn.message.channel)
    return Spoken("published", unless_quiet(turn, with_undo(turn, answer, post), notes), post.id)


def _terms(turn: Turn, blog: Blog, *, draft: bool) -> tuple[Terms, bool, tuple[str, ...]]:
    """How the post is to be published, whether it is a draft, and in words what of it could not be. No doubt publishes anything."""
    wishes, notes = turn.message.wishes, list[str]()
    at = moment(wishes.date, turn.now.astimezone(ZoneInfo(blog.time_zone))) if wishes.date else None
    later = delay(wishes.delay) if wishes.delay else None
    for written, found in ((wishes.date, at), (wishes.delay, later)):
        if written and found is None:
            draft = True
            notes.append(t("“{written}” is no moment that I know, so it is kept as a draft.", written=escaped(written)))
    if later is not None:
        at = (at or turn.now) + later
    if draft and at is not None and at > turn.now:
        at = None
        notes.append(t("A draft waits for you, so its date was left out."))
    terms = Terms(at, wishes.slug, wishes.newsletter is not False, wishes.chats is not False, page=bool(wishes.page))
    return terms, draft, tuple(notes)


def _blog(turn: Turn) -> Blog:
    named = turn.message.blog_id
    blog = blogs.of_member(turn.session, turn.who.id) if named is None else by_id(turn.session, Blog, named)
    if blog is None:
        raise NotFound(later("You have no blog yet."), hint=later("Nothing was published."))
    return blog


def reply_to(turn: Turn, parent: Post) -> Spoken:
    """Publishes the words as a reply, or asks first."""
    if parent.status == "draft" and parent.author_id == turn.who.id:
        raise Invalid(
            later("This is a draft of yours; nobody can answer it yet."),
            hint=later(
                "Nothing was published. Answer it with `publish`, with `edit: the new words`, or with `delete`."
            ),
        )
    is_asked = must_ask(turn)
    post = acts.reply(
        turn.session,
        turn.community,
        parent,
        turn.who,
        turn.text,
        turn.now,
        media=turn.message.media,
        source=turn.message.channel,
        draft=is_asked,
    )
    remember(turn, post)
    if is_asked:
        return _asked(turn, post, turn.message.notes)
    told = phrases.replied(turn.community, post, parent, turn.message.notes)
    answer = describing.with_request(told, post, turn.message.channel)
    return Spoken("replied", unless_quiet(turn, with_undo(turn, answer, post), turn.message.notes), post.id)


def _asked(turn: Turn, post: Post, notes: Sequence[str]) -> Spoken:
    """Kept as a draft until its author says yes."""
    note_asked(turn, post)
    kept = t("[{ref}] waits for your yes; nobody else can see it.", ref=post.short_reference)
    return Spoken("answered", phrases.asked(post, notes), post.id, reason=kept)


def remember(turn: Turn, post: Post) -> None:
    """Ties the message, each of its parts, to the post that it made; in a chat with what it said, for it may be edited there."""
    message = turn.message
    for part in message.parts or (Part(message.external_id, message.text),):
        message_map.remember_message(
            turn.session,
            post,
            channel=message.channel,
            place=message.place,
            external_id=part.external_id,
            thread=message.thread,
            direction="in",
            now=turn.now,
            said="" if message.channel == "email" else part.text,
            revision=message.revision,
        )


def unless_quiet(turn: Turn, answer: Answer, notes: Sequence[str] = ()) -> Answer | None:
    """The answer, for who wants to be told what they have done, or must be told of what was left out."""
    return answer if turn.who.confirmations or notes else None


def message_deleted(turn: Turn) -> Spoken:
    """The platform says that an earlier message is gone; what it made goes with it."""
    made = conversations.answered_message(
        turn.session, turn.message.channel, turn.message.place, [turn.message.external_id]
    )
    if made is None or made.direction != "in":
        return Spoken("ignored", reason=t("The deleted message had made no post."))
    post = turn.session.get_one(Post, made.post_id)
    acts.delete(turn.session, post, turn.who, turn.now)
    return Spoken("deleted", unless_quiet(turn, phrases.deleted(post)), post.id)
