"""What a message changes that made a post before: it reads differently now, has another photo, or is a late part of an album.

A message's own words stand beside its post (`MessageMap.said`). So a change that changed nothing is known as such even when the post was changed elsewhere,
and the words of an album are put together anew when one of its captions changes.
"""

from dataclasses import replace

from sqlalchemy.orm import Session

from gateway.core.desk import acts, phrases
from gateway.core.desk.plain import remember, unless_quiet
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.messages import InboundMessage, Intent, Part
from gateway.core.store.models import MessageMap, Post
from gateway.core.words import t
from gateway.core.writing import carried, conversations
from gateway.core.writing.posting import Words


def whole(session: Session, message: InboundMessage) -> InboundMessage:
    """A change with the words of the whole post: those of the other parts of its album, too. Reads only."""
    if message.joins_post_id is None and message.intent is not Intent.EDIT:
        return message
    post_id = message.joins_post_id
    if post_id is None:
        made = _made(session, message)
        post_id = made.post_id if made is not None else None
    captions = carried.captions_of(session, message.channel, message.place, post_id) if post_id is not None else {}
    own = _own(message)
    return replace(
        message, text=carried.words_of({**captions, **{part.external_id: part.text for part in own}}), parts=own
    )


def message_edited(turn: Turn) -> Spoken:
    """The platform says that an earlier message reads differently now; what it made changes with it."""
    message, made = turn.message, _made(turn.session, turn.message)
    if made is None or made.direction != "in":
        return Spoken("ignored", reason=t("The edited message had made no post."))
    if message.revision < made.revision:
        return Spoken("ignored", post_id=made.post_id, reason=t("A later version of it came before."))
    post = turn.session.get_one(Post, made.post_id)
    before = carried.captions_of(turn.session, message.channel, message.place, post.id)
    own, words, files = _own(message)[0].text, post.markdown, [item.id for item in post.media]
    changed = _change(turn, post, before, has_new_words=own != made.said)
    made.said, made.revision = own, message.revision
    if files != [item.id for item in post.media]:
        post.files_changed_at = turn.now
    if not changed and not message.notes:
        return Spoken("ignored", post_id=post.id, reason=t("Nothing in it changed."))
    told = phrases.edited(
        turn.community, post, changed=changed, has_earlier_words=post.markdown != words, notes=message.notes
    )
    return Spoken("edited" if changed else "answered", unless_quiet(turn, told, message.notes), post.id)


def album_joined(turn: Turn) -> Spoken:
    """A part of an album that came when its post was there already becomes part of it. Its sender was told of the post before."""
    message, post = turn.message, turn.session.get(Post, turn.message.joins_post_id)
    if post is None or post.status == "deleted":
        return Spoken("ignored", reason=t("The post of its album is not there any more."))
    before, words = carried.captions_of(turn.session, message.channel, message.place, post.id), post.markdown
    changed = _change(turn, post, before, has_new_words=any(part.text for part in message.parts))
    remember(turn, post)
    if not message.notes:
        return Spoken("merged", post_id=post.id)
    told = phrases.edited(
        turn.community, post, changed=changed, has_earlier_words=post.markdown != words, notes=message.notes
    )
    return Spoken("merged", told, post.id)


def _change(turn: Turn, post: Post, before: dict[str, str], *, has_new_words: bool) -> bool:
    """The post with the message's words, where these are new, and its files."""
    message = turn.message
    words = replace(turn.text, title=post.title) if has_new_words else Words(post.markdown, post.html, post.title)
    files = {
        part.external_id: [item for item in message.media if item.part == part.external_id] for part in _own(message)
    }
    changed = acts.edit(turn.session, post, turn.who, words, turn.now, files=files)
    carried.describe(post, before, {**before, **{part.external_id: part.text for part in _own(message)}})
    return changed


def _made(session: Session, message: InboundMessage) -> MessageMap | None:
    return conversations.answered_message(session, message.channel, message.place, [message.external_id])


def _own(message: InboundMessage) -> tuple[Part, ...]:
    return message.parts or (Part(message.external_id, message.text),)
