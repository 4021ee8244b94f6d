"""The words about posts: writing, changing, taking back; and which post a command means."""

from dataclasses import replace

from gateway.core.desk import acts, describing, listings, phrases
from gateway.core.desk.asking import post_answered
from gateway.core.desk.grammar import unescaped
from gateway.core.desk.plain import post_words, reply_to
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.desk.undoing import with_undo
from gateway.core.errors import Invalid, NotFound
from gateway.core.messages import Intent
from gateway.core.store.models import Post
from gateway.core.words import N, later, t
from gateway.core.writing import changing, posting
from gateway.core.writing.quoting import escaped

NOT_ADDED = N("The files of this message were not added: an edit changes words. The post keeps the photos it had.")


def say_post(turn: Turn) -> Spoken:
    return post_words(turn)


def say_draft(turn: Turn) -> Spoken:
    return post_words(turn, draft=True)


def drafts(turn: Turn) -> Spoken:
    return Spoken("answered", listings.drafts(posting.drafts(turn.session, turn.who.id)))


def publish(turn: Turn) -> Spoken:
    post = acts.publish_draft(turn.session, turn.community, meant(turn), turn.who, turn.now)
    if post.kind == "reply":
        said = phrases.replied(turn.community, post, turn.session.get_one(Post, post.reply_to_id))
        return Spoken("replied", with_undo(turn, said, post), post.id)
    return Spoken("published", with_undo(turn, phrases.published(turn.community, post), post), post.id)


def title(turn: Turn) -> Spoken:
    if not turn.asked.rest.strip():
        raise Invalid(later("Which title?"), hint=later("Send `title: a title`. Nothing was changed."))
    post = meant(turn)
    words = replace(changing.words_of(turn.session, post), title=unescaped(turn.asked.rest))
    changed = acts.edit(turn.session, post, turn.who, words, turn.now)
    now = t("Its title is “{title}” now.", title=escaped(post.title)) if changed and post.title else ""
    return Spoken("edited", phrases.edited(turn.community, post, changed=changed, notes=(now,) if now else ()), post.id)


def alt(turn: Turn) -> Spoken:
    about_one = turn.asked.target or turn.message.answers or turn.message.reply_to_post_id is not None
    return describing.describe(turn, meant(turn) if about_one else describing.latest_with_photos(turn))


def reply(turn: Turn) -> Spoken:
    post = meant(turn)
    if turn.message.intent is Intent.PRESS:
        return Spoken("answered", phrases.asked_for_reply(post))
    return reply_to(turn, post)


def edit(turn: Turn) -> Spoken:
    post = meant(turn)
    words = turn.text
    if words.title and not words.markdown:
        words = replace(changing.words_of(turn.session, post), title=words.title)
    if not words.title and not words.markdown:
        raise Invalid(
            later("Edit it to what?"),
            hint=later("Send `edit {ref} the new words`. Nothing was changed.", ref=post.short_reference),
        )
    changed = acts.edit(turn.session, post, turn.who, replace(words, title=words.title or post.title), turn.now)
    notes = (*turn.message.notes, *((NOT_ADDED,) if turn.message.media else ()))
    return Spoken("edited", phrases.edited(turn.community, post, changed=changed, notes=notes), post.id)


def delete(turn: Turn) -> Spoken:
    post = meant(turn)
    shown = phrases.shown_title(post)
    acts.delete(turn.session, post, turn.who, turn.now)
    return Spoken("deleted", phrases.deleted(post, shown), post.id)


def undo(turn: Turn) -> Spoken:
    post = post_answered(turn)
    if turn.asked.target:
        post = posting.by_reference(turn.session, turn.asked.target)
        posting.own(post, turn.who)
    if post is None or post.author_id != turn.who.id:
        post, undone, shown = acts.undo(turn.session, turn.community, turn.who, turn.now)
    else:
        _still_there(post)
        shown = phrases.shown_title(post)
        undone = acts.undo_of(turn.session, turn.community, post, turn.who, turn.now)
    if undone == "restored":
        return Spoken("edited", phrases.restored(turn.community, post), post.id)
    return Spoken("deleted", phrases.deleted(post, shown, taken_back=undone == "taken back"), post.id)


def meant(turn: Turn) -> Post:
    """The post named by reference, else the one this message answers, for one's own confirmation the post it confirmed."""
    if turn.asked.target:
        post = posting.by_reference(turn.session, turn.asked.target)
    elif (answered := post_answered(turn)) is not None:
        post = answered
    elif turn.message.answers:
        raise NotFound(
            later("I can't tell which post you mean."),
            hint=later("Send `{verb} k7f` with its short reference. Nothing was changed.", verb=turn.asked.verb),
        )
    elif turn.asked.verb in {"edit", "delete", "publish", "title"}:
        return own_latest(turn)
    else:
        raise Invalid(
            later("Which post?"), hint=later("Send `{verb} k7f` with its short reference.", verb=turn.asked.verb)
        )
    if turn.asked.verb == "delete":
        _still_there(post)
    if post.status == "draft" and post.author_id != turn.who.id:
        raise NotFound(later("There is no post [{target}].", target=turn.asked.target))
    return post


def _still_there(post: Post) -> None:
    if post.status == "deleted":
        raise NotFound(later("It is deleted already."), hint=later("Nothing was changed."))


def own_latest(turn: Turn) -> Post:
    post = posting.latest(turn.session, turn.who.id)
    if post is None:
        raise NotFound(later("You have no post yet."), hint=later("Nothing was changed."))
    return post
