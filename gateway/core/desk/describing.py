"""Describing photos for people who can't see them: by `alt`, or by answering the message that asks what the photos of a post show.

Who answers that natively, in private, and with nothing but words, describes what nobody has described yet. In a thread everything answers everything,
and below a reply words go on with the conversation, so there only `alt` counts.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk.grammar import Command, Unknown, unescaped
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.errors import Invalid, NotFound
from gateway.core.messages import Answer, InboundMessage, Intent
from gateway.core.people import accounts
from gateway.core.store.models import Media, Post
from gateway.core.words import later, n, t
from gateway.core.writing import carried, changing, conversations, posting
from gateway.core.writing.quoting import escaped

ASKS = "describe"  # the purpose of a message that asks what photos show
_AFTER_NUMBER = ".:)"


def as_description(session: Session, message: InboundMessage, command: Command | Unknown | None) -> Command | None:
    """The command in words that answer the confirmation of one's own post with photos; None when they mean something else. Reads only."""
    if (
        command is not None
        or message.intent is not Intent.SPEAK
        or not message.private
        or message.thread
        or message.media
    ):
        return None
    told = conversations.answered_message(session, message.channel, message.place, message.answers)
    if told is None or told.direction != "out" or told.purpose not in {"answer", ASKS}:
        return None
    post, member = session.get_one(Post, told.post_id), accounts.by_account(session, message.channel, message.account)
    if member is None or post.author_id != member.id or not _photos(post):
        return None
    word, _, rest = message.text.strip().partition(" ")
    if word.lower() == "alt" and rest.strip():
        return Command("alt", rest=rest, said="alt")
    is_asked = told.purpose == ASKS and post.kind != "reply" and post.status == "published"
    is_asked_for = is_asked and bool(carried.without_description(post))
    return Command("alt", rest=message.text) if is_asked_for else None


def describe(turn: Turn, post: Post) -> Spoken:
    """Gives photos their descriptions, and says which still have none."""
    if not turn.asked.rest.strip():
        raise Invalid(
            later("What does the photo show?"),
            hint=later("Send `alt {ref} what it shows`. Nothing was changed.", ref=post.short_reference),
        )
    posting.own(post, turn.who)
    photos = _photos(post)
    described = _numbered(turn.asked.rest, photos)
    told = [_described(turn, post, photos, number, words) for number, words in described]
    told.append(_how_to_change(post, len(photos), [number for number, _ in described]))
    if left := len(carried.without_description(post)):
        told.append(n("{count} photo has no description yet.", "{count} photos have no description yet.", left))
    if not turn.asked.said:
        told.append(t("If you meant to answer your own post, send `reply {ref} your words`.", ref=post.short_reference))
    return Spoken("edited", Answer("\n\n".join(told), subject=t("Described")), post.id)


def _described(turn: Turn, post: Post, photos: Sequence[Media], number: int, words: str) -> str:
    """Describes one photo, and says which and what stood there before. Raises NotFound."""
    ref = post.short_reference
    if not 1 <= number <= len(photos):
        raise NotFound(
            later("[{ref}] has no photo number {number}.", ref=ref, number=number), hint=later("Nothing was changed.")
        )
    photo = photos[number - 1]
    before = photo.alt
    changing.describe(turn.session, post, post.media.index(photo) + 1, words, turn.who, turn.now)
    told = t("Photo {number} of [{ref}] is described: “{alt}”.", number=number, ref=ref, alt=escaped(photo.alt))
    if before in ("", photo.alt):
        return told
    return f"{told} {t('Before, it was: “{before}”.', before=escaped(before))}"


def _how_to_change(post: Post, photos: int, described: Sequence[int]) -> str:
    """Who gets the words, and how to have others; among several photos, also how to name one."""
    ref = post.short_reference
    if photos == 1:
        return t("It is read to people who can't see the photo. `alt {ref} other words` changes it.", ref=ref)
    other = next((number for number in range(1, photos + 1) if number not in described), described[0])
    return t(
        "It is read to people who can't see the photo. This post has {count} photos: `alt {ref} {number} other words` describes photo {number}.",
        count=photos,
        ref=ref,
        number=other,
    )


def latest_with_photos(turn: Turn) -> Post:
    """The member's newest post with a photo."""
    statement = (
        select(Post)
        .join(Media, Media.post_id == Post.id)
        .where(Post.author_id == turn.who.id, Post.status != "deleted", Media.kind == "image")
        .order_by(Post.id.desc())
        .limit(1)
    )
    post = turn.session.scalar(statement)
    if post is None:
        raise NotFound(later("You have no post with a photo yet."), hint=later("Nothing was changed."))
    return post


def with_request(answer: Answer, post: Post, channel: str) -> Answer:
    """A chat's confirmation, which asks for what nobody has described."""
    left = len(carried.without_description(post))
    if not left or channel == "email":
        return answer
    asked = n(
        "Describe the photo for people who can't see it: send `alt: what it shows`.",
        "Describe the photos for people who can't see them: send `alt:` with a line for each of the {count}.",
        left,
    )
    return replace(answer, text=f"{answer.text}\n\n{asked}", purpose=ASKS)


def _photos(post: Post) -> list[Media]:
    return [item for item in post.media if item.kind == "image"]


def _numbered(text: str, photos: Sequence[Media]) -> list[tuple[int, str]]:
    """Which photo is described by which words: by the numbers they begin with, or a line for each, or all for the first that has no description."""
    lines = [unescaped(line.strip().removesuffix("\\")).strip() for line in text.strip().splitlines()]
    lines = [line for line in lines if line]
    numbered = [_number(line, alone=len(lines) == 1) for line in lines]
    if all(number for number, _ in numbered):
        return numbered
    if len(photos) > 1 and len(lines) == len(photos):
        return list(enumerate(lines, start=1))
    first = next((number for number, item in enumerate(photos, start=1) if not item.alt), 1)
    return [(first, " ".join(lines))]


def _number(line: str, *, alone: bool) -> tuple[int, str]:
    """The number that a line begins with, 0 for none, and the words after it: `2: a rose`, `2. a rose`, and alone `2 a rose`."""
    head, _, words = line.partition(" ")
    bare = head.rstrip(_AFTER_NUMBER)
    is_number = bare.isascii() and bare.isdecimal() and len(bare) < 4 and bool(words.strip())
    return (int(bare), words.strip()) if is_number and (alone or bare != head) else (0, line)
