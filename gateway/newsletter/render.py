"""An issue made into words, once for all its readers: HTML with its styles inlined, and a text part that stands on its own.

Nothing in it tells who opened it: no pixel, no rewritten link, no font or style from elsewhere. A reader's own link stands behind a mark
with something random in it, which email fills in for each copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import css_inline

from gateway.core.messages import RenderedIssue
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, Media, Post
from gateway.core.templates import environment
from gateway.core.writing.posting import renditions
from gateway.core.writing.text import display_title, excerpt
from gateway.newsletter.mail_html import mail_html
from gateway.newsletter.plain_text import WIDTH, plain_text

HOW_OFTEN = {"each": "a mail for every post", "weekly": "one mail a week", "monthly": "one mail a month"}
PICTURE_WIDTH = 1100  # pixels: twice a mail's column, for dense screens
_COLUMN = 552  # pixels
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo at its public address; `width` in pixels for programs that know no max-width."""

    url: str
    alt: str
    width: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One post as an issue shows it. `html` is safe."""

    title: str
    html: str
    text: str
    url: str
    date: str
    photos: tuple[Photo, ...]
    files: tuple[tuple[str, str], ...]  # label, URL


def render_issue(
    community: Community,
    blog: Blog,
    posts: Sequence[Post],
    *,
    cadence: str,
    mark: str,
    intro: str = "",
    subject: str = "",
    browser_url: str = "",
) -> RenderedIssue:
    """The issue with these posts in this order. `mark` begins with `unsubscribe-` and is in both parts.

    `intro` is safe HTML of the owner's words above the posts, `subject` theirs, too; `browser_url` where the issue can be read on the web.
    """
    blog_url = community.blog_url(blog.name)
    shown = {
        "language": blog.language,
        "subject": subject or subject_of(posts),
        "title": blog.shown_title,
        "blog_url": blog_url,
        "intro": mail_html(community, intro),
        "intro_text": plain_text(mail_html(community, intro)),
        "description": blog.description,
        "browser_url": browser_url,
        "entries": [_entry(community, blog, post) for post in posts],
        "how_often": HOW_OFTEN[cadence],
        "postal_address": [line.strip() for line in blog.postal_address.splitlines() if line.strip()],
        "community": community.name,
        "unsubscribe": mark,
        "width": WIDTH,
    }
    templates = environment("email")
    return RenderedIssue(
        subject=str(shown["subject"]),
        html=_INLINER.inline(templates.get_template("newsletter.html").render(shown)),
        text=templates.get_template("newsletter.txt").render(shown).strip("\n") + "\n",
        from_name=blog.shown_title,
        list_id=f"{blog.name}.{community.domain}",
        language=blog.language,
        archive_url=f"{blog_url}/newsletters",
        help_url=f"mailto:{community.mail('postmaster')}",
        marks=(mark,),
    )


def subject_of(posts: Sequence[Post]) -> str:
    """What the first post is called, or how it begins, and how many more there are."""
    first = posts[0]
    headline = display_title(first.title) or excerpt(first.html, 70) or "A photo"
    others = len(posts) - 1
    if not others:
        return headline
    return f"{headline} and {others} more {'post' if others == 1 else 'posts'}"


def _entry(community: Community, blog: Blog, post: Post) -> Entry:
    assert post.published_at is not None
    html = mail_html(community, post.html)
    return Entry(
        title=display_title(post.title),
        html=html,
        text=plain_text(html),
        url=community.post_url(blog.name, post.path or ""),
        date=_date(post.published_at.astimezone(ZoneInfo(blog.time_zone))),
        photos=tuple(_photo(community, media) for media in post.media if media.kind == "image" and not media.inline),
        files=tuple(_file(community, media) for media in post.media if media.kind != "image" and not media.inline),
    )


def _photo(community: Community, media: Media) -> Photo:
    """The smallest rendition that is wide enough."""
    sizes = renditions(media)
    wide = [size for size in sizes if size.width >= PICTURE_WIDTH]
    chosen = min(wide, key=lambda size: size.width) if wide else sizes[0]
    return Photo(community.media_url(chosen.blob), media.alt, min(chosen.width or _COLUMN, _COLUMN))


def _file(community: Community, media: Media) -> tuple[str, str]:
    labels = {"audio": "Listen", "video": "Watch"}
    label = labels.get(media.kind, "Download")
    return f"{label}: {media.filename}" if media.filename else label, community.media_url(renditions(media)[0].blob)


def _date(local: datetime) -> str:
    return f"{local:%A}, {local.day} {local:%B} {local.year}"
