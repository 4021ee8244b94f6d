"""Posting: publish, reply, draft. A post is on its blog and in timelines as soon as the transaction is. What becomes of it later is in `changing`.

Words are rendered before (`write`), so that a unit of the writer only stores. Telling people is community/telling's.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.errors import Conflict, Invalid, NotAllowed, NotFound
from gateway.core.messages import PreparedMedia, Rendition
from gateway.core.people.community import Community
from gateway.core.people.tokens import without_secrets
from gateway.core.store.models import Blog, Category, Media, MediaBlob, Member, Mention, Post
from gateway.core.words import later
from gateway.core.writing import new_posts, permalinks
from gateway.core.writing.categories import spelt_as_before
from gateway.core.writing.references import EXAMPLE, is_reference
from gateway.core.writing.text import mentions, render, slug

LONGEST_TEXT = 200_000  # characters
LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class Words:
    """A text ready to store: its Markdown, safe HTML, and the members it mentions."""

    markdown: str
    html: str
    title: str = ""
    mentioned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """How a post is published: at which moment, under which name, and who is told beside its own readers.

    A moment to come makes it a scheduled draft; a past one is the date it bears, and then nobody is told of it as news.
    """

    at: datetime | None = None
    slug: str = ""
    newsletter: bool = True
    in_chats: bool = True
    page: bool = False


AS_USUAL = Terms()


def write(session: Session, community: Community, markdown: str, *, title: str = "") -> Words:
    """Renders a text, linking the members it names, secret addresses left out. Reads only. Raises Invalid when it is too long."""
    markdown, title = (without_secrets(one, community.domain) for one in (markdown.strip(), " ".join(title.split())))
    if len(markdown) > LONGEST_TEXT or len(title) > LONGEST_TITLE:
        raise Invalid(
            later("This text is too long."),
            hint=later(
                "A post holds up to {most} characters, its title {most_of_title}.",
                most=f"{LONGEST_TEXT:,}",
                most_of_title=LONGEST_TITLE,
            ),
        )
    html = render(markdown)
    handles = [handle.lower() for handle in mentions(html)][:50]
    if not handles:
        return Words(markdown, html, title)
    known = {
        member.handle: member.id
        for member in session.scalars(select(Member).where(Member.handle.in_(handles), Member.status == "active"))
    }
    url = _linker(community, known)
    return Words(markdown, render(markdown, mention_url=url), title, tuple(known.values()))


def _linker(community: Community, known: dict[str, int]) -> Callable[[str], str | None]:
    return lambda handle: community.member_url(handle.lower()) if handle.lower() in known else None


def publish(
    session: Session,
    community: Community,
    blog: Blog,
    author: Member,
    words: Words,
    now: datetime,
    *,
    media: Sequence[PreparedMedia] = (),
    categories: Sequence[str] = (),
    source: str = "",
    draft: bool = False,
    terms: Terms = AS_USUAL,
) -> Post:
    """A new post on a blog, or a draft of one. Raises NotAllowed, Invalid when there is nothing to publish."""
    if blog.member_id != author.id:
        raise NotAllowed(
            later("Only its owner may post to {name}.", name=blog.name), hint=later("Nothing was published.")
        )
    check_not_empty(words, media)
    post = new_posts.begin(
        kind="page" if terms.page else "post",
        status="draft",
        blog_id=blog.id,
        author_id=author.id,
        title=words.title,
        markdown=words.markdown,
        html=words.html,
        slug=slug(terms.slug),
        newsletter=terms.newsletter,
        in_chats=terms.in_chats,
        publish_at=terms.at,
        source=source,
        created_at=now,
    )
    stem = None
    if not draft and not is_scheduled(post):
        _make_public(post, community, now)
        stem = permalinks.stem(post, blog)
    _add(session, post, words, media, stem)
    post.categories.extend(Category(name=name) for name in spelt_as_before(session, blog.id, categories))
    return post


def is_scheduled(post: Post) -> bool:
    """Whether this is a draft that is to be published by itself."""
    return post.status == "draft" and post.publish_at is not None and post.publish_at > post.created_at


def is_back_dated(post: Post) -> bool:
    """Whether this post bears a date before it was written, so that it is no news."""
    return post.published_at is not None and post.published_at < post.created_at


def publish_draft(session: Session, community: Community, post: Post, by: Member, now: datetime) -> Post:
    """Publishes a draft, under the past date it was given if any; its permalink is frozen from now on.

    Raises NotAllowed, Conflict, and NotFound when what a reply answers is gone.
    """
    own(post, by)
    if post.status != "draft":
        raise Conflict(later("[{ref}] is no draft.", ref=post.short_reference))
    if post.kind == "reply":
        _answerable(session.get_one(Post, post.reply_to_id))
    _make_public(post, community, now)
    if post.path is None and post.blog_id is not None:
        permalinks.freeze(session, post, session.get_one(Blog, post.blog_id))
    return post


def _make_public(post: Post, community: Community, now: datetime) -> None:
    at = post.publish_at if post.publish_at is not None and post.publish_at < post.created_at else now
    undo = community.undo_replies if post.kind == "reply" else community.undo_posts
    post.status, post.published_at, post.notify_at = "published", at, now + undo
    post.publish_at = None


def reply(
    session: Session,
    community: Community,
    parent: Post,
    author: Member,
    words: Words,
    now: datetime,
    *,
    media: Sequence[PreparedMedia] = (),
    source: str = "",
    draft: bool = False,
) -> Post:
    """A reply in the conversation of `parent`, or a draft of one. Raises NotFound when it is gone, Invalid when there is nothing to say."""
    _answerable(parent)
    check_not_empty(words, media)
    answer = new_posts.begin(
        kind="reply",
        status="draft",
        author_id=author.id,
        reply_to_id=parent.id,
        conversation_id=parent.conversation_id or parent.id,
        markdown=words.markdown,
        html=words.html,
        source=source,
        created_at=now,
    )
    if not draft:
        _make_public(answer, community, now)
    _add(session, answer, words, media, None)
    return answer


def _answerable(parent: Post) -> None:
    if parent.status != "published":
        raise NotFound(later("The post you answer is not there any more."), hint=later("Your reply was not published."))


def by_reference(session: Session, reference: str) -> Post:
    """The post that a short reference stands for, in any case, with or without brackets. Raises NotFound."""
    word = reference.strip().strip("[]").lower()
    post = session.scalar(select(Post).where(Post.short_reference == word)) if is_reference(word) else None
    if post is None or post.status == "deleted":
        is_example = word == EXAMPLE
        hint = (
            later("It stands for the short reference of the post you mean, which every message carries.")
            if is_example
            else ""
        )
        raise NotFound(later("There is no post [{word}].", word=word), hint=hint)
    return post


def drafts(session: Session, author_id: int) -> Sequence[Post]:
    """A member's drafts, newest first."""
    return session.scalars(
        select(Post).where(Post.author_id == author_id, Post.status == "draft").order_by(Post.id.desc()).limit(20)
    ).all()


def latest(session: Session, author_id: int) -> Post | None:
    """A member's newest post, reply or draft."""
    statement = select(Post).where(Post.author_id == author_id, Post.status != "deleted").order_by(Post.id.desc())
    return session.scalar(statement.limit(1))


def last_asked(session: Session, author_id: int, chat: str) -> Post | None:
    """The post that its author was asked about last in a chat, whatever became of it."""
    asked = select(Post).where(Post.author_id == author_id, Post.asked_in == chat)
    return session.scalar(asked.order_by(Post.id.desc()).limit(1))


def renditions(media: Media) -> tuple[Rendition, ...]:
    """A stored file's sizes, the largest first."""
    return tuple(Rendition(**rendition) for rendition in media.renditions["sizes"])


def _add(session: Session, post: Post, words: Words, media: Sequence[PreparedMedia], stem: str | None) -> None:
    new_posts.store(session, post, stem)
    post.media.extend(stored_file(n, item, words) for n, item in enumerate(media))
    note_mentions(session, post, words)


def stored_file(position: int, item: PreparedMedia, words: Words) -> Media:
    """A file as the database keeps it, in its place among a post's."""
    types = {rendition.blob: rendition.content_type for rendition in item.renditions}
    sizes: dict[str, Any] = {"sizes": [asdict(rendition) for rendition in item.renditions]}
    return Media(
        position=position,
        kind=item.kind,
        filename=item.filename,
        alt=item.alt,
        content_id=item.content_id,
        part=item.part,
        inline=stands_in(words, item.renditions),
        renditions=sizes,
        blobs=[MediaBlob(blob=blob, content_type=kind) for blob, kind in types.items()],
    )


def stands_in(words: Words, sizes: Sequence[Rendition]) -> bool:
    """Whether the text shows this file itself."""
    return bool(sizes) and f"/media/{sizes[0].blob}" in words.html


def note_mentions(session: Session, post: Post, words: Words) -> None:
    session.add_all(Mention(post_id=post.id, member_id=member_id) for member_id in words.mentioned)


def check_not_empty(words: Words, media: Sequence[object]) -> None:
    if not (words.markdown or words.title or media):
        raise Invalid(later("There is nothing to publish."), hint=later("Write some words or send a photo."))


def own(post: Post, by: Member) -> None:
    """Raises NotAllowed unless it is theirs."""
    if post.author_id != by.id:
        raise NotAllowed(later("[{ref}] is not yours.", ref=post.short_reference), hint=later("Nothing was changed."))
