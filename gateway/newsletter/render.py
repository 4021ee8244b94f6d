"""An issue made into words, once for all its readers: HTML with its styles inlined, and a text part that stands on its own.

Nothing in it tells who opened it: no pixel, no rewritten link, no font or style from elsewhere. A reader's own link stands behind a mark
with something random in it, which email fills in for each copy. What we say ourselves is in the blog's language.
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from babel import Locale, UnknownLocaleError

from gateway.core.messages import RenderedIssue
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, Media, Post
from gateway.core.templates import FILLER
from gateway.core.words import on_full_day, speaking, t
from gateway.core.writing.posting import renditions
from gateway.core.writing.summary import cut
from gateway.core.writing.text import display_title, excerpt, plain, render
from gateway.newsletter import dressing
from gateway.newsletter.calendar import zone_of
from gateway.newsletter.mail_html import mail_html
from gateway.newsletter.plain_text import WIDTH, plain_text
from gateway.newsletter.words import furniture, headline_with

PICTURE_WIDTH = 1160  # pixels: twice a mail's column, for dense screens
COLUMN = 580  # pixels
PREVIEW = 150  # characters that mail programs show beside the subject, at most
_ROOM = 80_000  # characters of all posts; Gmail takes 102 KB, styles in the elements and all else included
_FRAME = 1_000  # of what stands around each
_STYLE = 40  # that come to each tag, half of them to its end
_BEGUN = 200  # of a post that is only begun, in words
_HEADLINE = 70  # characters of a post without a title
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")

Shown = dict[str, Any]
"""What a template of a newsletter is given: text, lists and dicts of text. docs/operators/themes.md lists it."""


def render_issue(
    community: Community,
    blog: Blog,
    posts: Sequence[Post],
    *,
    cadence: str,
    mark: str,
    intro: str = "",
    subject: str = "",
    view_url: str = "",
) -> RenderedIssue:
    """The issue with these posts in this order. `mark` begins with `unsubscribe-` and is in both parts.

    `intro` is the owner's Markdown above the posts, `subject` theirs when they wished for one, `view_url` the page that shows the issue to anybody.
    """
    with speaking(blog.language):
        shown = variables(
            community, blog, posts, cadence=cadence, mark=mark, intro=intro, subject=subject, view_url=view_url
        )
    dress = dressing.dressed({one.name: one.body for one in blog.templates}, shown)
    return RenderedIssue(
        subject=shown["subject"],
        html=dress.html,
        text=dress.text,
        from_name=blog.shown_title,
        list_id=f"{blog.name}.{community.domain}",
        language=shown["language"],
        archive_url=f"{shown['blog_url']}/newsletters",
        help_url=f"mailto:{community.mail('postmaster')}",
        marks=(mark,),
        fault=dress.fault,
    )


def variables(
    community: Community,
    blog: Blog,
    posts: Sequence[Post],
    *,
    cadence: str,
    mark: str,
    intro: str,
    subject: str,
    view_url: str,
) -> Shown:
    """All that a template gets, our own words in the language in force."""
    blog_url, language = community.blog_url(blog.name), _language(blog.language)
    opening = mail_html(community, render(intro), first_heading=2) if intro.strip() else ""
    return {
        "language": language,
        "direction": _direction(language),
        "subject": subject or (subject_of(posts) if posts else excerpt(opening, _HEADLINE)),
        "preheader": _preheader(posts, opening),
        "title": blog.shown_title,
        "description": " ".join(blog.description.split()),
        "blog_url": blog_url,
        "view_url": view_url,
        "intro": {"html": opening, "text": plain_text(opening)},
        "entries": _fitting([_entry(community, blog, post) for post in posts]),
        "words": furniture(blog.shown_title, blog.owner.shown_name, cadence),
        "postal_address": [line.strip() for line in blog.postal_address.splitlines() if line.strip()],
        "community": community.name,
        "unsubscribe": mark,
        "width": WIDTH,
    }


def subject_of(posts: Sequence[Post]) -> str:
    """What the first post is called, or how it begins, and how many more there are."""
    first = posts[0]
    headline = display_title(first.title) or excerpt(_beginning(first.html), _HEADLINE) or t("A photo")
    return headline_with(headline, len(posts) - 1)


def _beginning(html: str) -> str:
    """What begins a post without a title: its heading alone, where it has one there, else all of it."""
    level = html[2:3] if html.startswith("<h") else ""
    end = html.find(f"</h{level}>") if level.isdigit() else -1
    return html[:end] if end > 0 else html


def _preheader(posts: Sequence[Post], opening: str) -> str:
    """What programs show beside the subject: the intro, or what the subject does not say of the posts. Then nothing, so that no furniture follows it."""
    words = " ".join(plain(opening).split())
    for post in posts:
        if len(words) > PREVIEW:
            break
        words = f"{words} {_unsaid(post, is_first=post is posts[0])}".strip()
    shown = excerpt(f"<p>{escape(words)}</p>", PREVIEW)
    return shown + FILLER * (PREVIEW + 30 - len(shown))


def _unsaid(post: Post, *, is_first: bool) -> str:
    title, words = display_title(post.title), " ".join(plain(post.html).split())
    if not is_first:
        return f"{title}. {words}" if title else words
    said = "" if title else excerpt(_beginning(post.html), _HEADLINE).removesuffix("…")
    return words[len(said) :].strip()


def _fitting(entries: list[Shown]) -> list[Shown]:
    """The entries, long ones only begun where all would be too much for one mail: Gmail cuts it off, and with its end the way to leave."""
    left = max(_ROOM - _FRAME * len(entries), 0)
    for entry in entries:
        html = entry["html"]
        weight = len(html) + _STYLE * html.count("<")
        if weight > left:
            words = len(plain(html)) * left // weight
            begun = cut(html, words) if words > _BEGUN else f"<p>{escape(excerpt(html, _BEGUN))}</p>"
            entry |= {"html": begun, "text": plain_text(begun), "more": t("Read on")}
        left = max(left - weight, 0)
    return entries


def _entry(community: Community, blog: Blog, post: Post) -> Shown:
    """One post as an issue shows it. Its `html` is safe."""
    assert post.published_at is not None
    title = display_title(post.title)
    html = mail_html(community, post.html, first_heading=3 if title else 2)
    return {
        "title": title,
        "html": html,
        "text": plain_text(html),
        "more": "",
        "url": community.post_url(blog.name, post.path or ""),
        "date": on_full_day(post.published_at.astimezone(zone_of(blog.time_zone))),
        "photos": [_photo(community, media) for media in post.media if media.kind == "image" and not media.inline],
        "files": [_file(community, media) for media in post.media if media.kind != "image" and not media.inline],
    }


def _photo(community: Community, media: Media) -> Shown:
    """The smallest rendition that is wide enough, and its width for programs that know no max-width."""
    sizes = renditions(media)
    wide = [size for size in sizes if size.width >= PICTURE_WIDTH]
    chosen = min(wide, key=lambda size: size.width) if wide else sizes[0]
    alt = " ".join(media.alt.split())
    return {
        "url": community.media_url(chosen.blob),
        "alt": alt,
        "width": min(chosen.width or COLUMN, COLUMN),
        "shown": t("[picture: {alt}]", alt=alt) if alt else t("[picture]"),
    }


def _file(community: Community, media: Media) -> Shown:
    labels = {"audio": t("Listen"), "video": t("Watch")}
    label = labels.get(media.kind, t("Download"))
    return {
        "label": f"{label}: {media.filename}" if media.filename else label,
        "url": community.media_url(renditions(media)[0].blob),
    }


def _language(tag: str) -> str:
    """The blog's language, as HTML and mail name languages."""
    return tag if _TAG.fullmatch(tag) else "en"


def _direction(language: str) -> str:
    """Which way it is written: `ltr` or `rtl`."""
    try:
        return Locale.parse(language.partition("-")[0]).text_direction
    except UnknownLocaleError:
        return "ltr"
