"""Posts as pages show them: whole, with their pictures in several sizes."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from gateway.core.people.community import Community
from gateway.core.store.models import Media, Post
from gateway.core.writing.posting import renditions
from gateway.core.writing.sanitise import GUEST, clean_for_timeline
from gateway.core.writing.text import display_title, excerpt, summary

MORE = "<!--more-->"
_NAMED = {"image": "A photo", "audio": "A recording", "video": "A film"}


@dataclass(frozen=True, slots=True)
class File:
    """A stored file of a post. `sizes` is the `srcset` of a picture."""

    kind: str
    url: str
    content_type: str
    alt: str
    filename: str
    size: int
    width: int
    height: int
    sizes: str

    @property
    def shown_size(self) -> str:
        """As people say it."""
        if self.size >= 1_000_000:
            return f"{self.size / 1_000_000:.1f} MB"
        return f"{max(1, round(self.size / 1000))} KB"


@dataclass(frozen=True, slots=True)
class Entry:
    """A post or reply. `html` is safe; `shortened` says that it ends where its author put the mark for more."""

    reference: str
    kind: str
    title: str
    html: Markup
    url: str
    conversation_url: str
    published_at: datetime
    edited_at: datetime | None
    author_handle: str
    author_name: str
    author_url: str
    answers: str
    categories: tuple[str, ...]
    files: tuple[File, ...]
    shortened: bool
    words: str

    @property
    def shown_title(self) -> str:
        """The title, without one how the post begins."""
        return self.title or self.words or _NAMED.get(self.files[0].kind if self.files else "image", "A file")


def entry(community: Community, post: Post, *, answers: str = "", whole: bool = True) -> Entry:
    """A published post as a page shows it; without `whole`, only what stands before its mark for more."""
    assert post.published_at is not None
    html, shortened = post.html, False
    if post.kind == "reply":
        html = clean_for_timeline(html, rel=GUEST)
    elif not whole and MORE in post.markdown and (beginning := summary(post.markdown)) is not None:
        html, shortened = beginning, True
    return Entry(
        reference=post.short_reference,
        kind=post.kind,
        title=display_title(post.title),
        html=Markup(html),  # noqa: S704  (sanitised when it was stored, or just now)
        url=address(community, post),
        conversation_url=community.conversation_url(post.short_reference),
        published_at=post.published_at,
        edited_at=post.edited_at,
        author_handle=post.author.handle,
        author_name=post.author.shown_name,
        author_url=community.member_url(post.author.handle),
        answers=answers,
        categories=tuple(category.name for category in post.categories),
        files=tuple(file(community, media) for media in post.media if not media.inline),
        shortened=shortened,
        words=excerpt(post.html, 90),
    )


def address(community: Community, post: Post) -> str:
    """A post's permalink; a reply's is its place in the conversation."""
    if post.blog is not None and post.path:
        return community.post_url(post.blog.name, post.path)
    return community.conversation_url(post.short_reference)


def file(community: Community, media: Media) -> File:
    """A stored file in the sizes there are."""
    sizes = renditions(media)
    largest = sizes[0]
    return File(
        kind=media.kind,
        url=community.media_url(largest.blob),
        content_type=largest.content_type,
        alt=media.alt,
        filename=media.filename,
        size=largest.size,
        width=largest.width,
        height=largest.height,
        sizes=", ".join(f"{community.media_url(one.blob)} {one.width}w" for one in sizes if one.width),
    )
