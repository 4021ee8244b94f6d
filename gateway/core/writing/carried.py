"""What the single messages of one post brought: an album's parts, each with its photo and perhaps a caption, and what they become when one of them changes.

A part is a message of the platform's. Parts are in the order of their ids, which is that of the chat.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.messages import PreparedMedia
from gateway.core.store.models import Media, MessageMap, Post
from gateway.core.writing.message_map import room
from gateway.core.writing.posting import Words, renditions, stored_file
from gateway.core.writing.summary import excerpt
from gateway.core.writing.text import render

LONGEST_ALT = 1500  # characters


def by_id(part: str) -> tuple[int, str]:
    """What parts are ordered by: their numbers, which are written without leading zeros."""
    return (len(part), part)


def words_of(captions: Mapping[str, str]) -> str:
    """One text of all the parts' captions, in order."""
    return "\n\n".join(captions[part] for part in sorted(captions, key=by_id) if captions[part])


def captions_of(session: Session, channel: str, place: str, post_id: int) -> dict[str, str]:
    """What each of the messages that made a post says now, by its id."""
    statement = select(MessageMap.external_id, MessageMap.said).where(
        MessageMap.post_id == post_id,
        MessageMap.channel == channel,
        MessageMap.place == room(channel, place),
        MessageMap.direction == "in",
    )
    return {row.external_id: row.said for row in session.execute(statement)}


def described(media: Sequence[PreparedMedia], captions: Mapping[str, str]) -> dict[str, str]:
    """By part, what its photo shows: its own caption, where there are several, for a single one is about the whole."""
    told = {part: said for part, said in captions.items() if said}
    if len(told) < 2:
        return {}
    pictured = {item.part for item in media if item.kind == "image"}
    return {part: excerpt(render(said), LONGEST_ALT) for part, said in told.items() if part in pictured}


def exchange(session: Session, post: Post, part: str, media: Sequence[PreparedMedia]) -> bool:
    """Puts these files where the part's files were, or where it belongs; False when they are the same ones."""
    mine = [item for item in post.media if item.part == part]
    if [renditions(item)[0].blob for item in mine] == [item.renditions[0].blob for item in media]:
        return False
    others = [item for item in post.media if item.part != part]
    at = sum(by_id(item.part) < by_id(part) for item in others)
    words = Words(post.markdown, post.html)
    new = [stored_file(at + number, item, words) for number, item in enumerate(media)]
    for item in mine:
        post.media.remove(item)
    post.media[at:at] = new
    for position, item in enumerate(post.media):
        item.position = position
    session.flush()
    return True


def describe(post: Post, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Gives photos their captions as descriptions, where several have one; a description of another origin stays."""
    images = [PreparedMedia("image", (), part=item.part) for item in post.media if item.kind == "image"]
    old, new = described(images, before), described(images, now)
    for item in post.media:
        if item.part in new and item.alt in ("", old.get(item.part, "")):
            item.alt = new[item.part]


def without_description(post: Post) -> list[Media]:
    """The photos that nobody has described yet, in order."""
    return [item for item in post.media if item.kind == "image" and not item.alt]
