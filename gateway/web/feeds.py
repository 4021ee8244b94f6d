"""A blog's feeds: RSS 2.0 (rssboard.org/rss-specification) and JSON Feed 1.1 (jsonfeed.org/version/1.1), with conditional GET."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from html import escape
from typing import Any
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from gateway.core.store.models import Blog, Post
from gateway.web.answers import iso
from gateway.web.blog import blog_of, newest, posts_of
from gateway.web.entries import Entry, File, entry
from gateway.web.visit import Visit

POSTS = 25
_ATOM = "http://www.w3.org/2005/Atom"
_CREATOR = "http://purl.org/dc/elements/1.1/"
register_namespace("atom", _ATOM)
register_namespace("dc", _CREATOR)
# What XML 1.0 can't hold even when escaped (section 2.2).
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF))


def rss(visit: Visit, session: Session) -> Response:
    """The newest posts as RSS 2.0."""
    blog = blog_of(visit, session)
    return conditional(
        visit.request, _rss(visit, blog, _entries(visit, session, blog)), "application/rss+xml", changed(session, blog)
    )


def json_feed(visit: Visit, session: Session) -> Response:
    """The newest posts as JSON Feed 1.1."""
    blog = blog_of(visit, session)
    feed = _json(visit, blog, _entries(visit, session, blog))
    return conditional(
        visit.request, json.dumps(feed, ensure_ascii=False).encode(), "application/feed+json", changed(session, blog)
    )


def _entries(visit: Visit, session: Session, blog: Blog) -> list[Entry]:
    return [entry(visit.community, post) for post in newest(session, posts_of(blog), POSTS)]


def _rss(visit: Visit, blog: Blog, entries: Sequence[Entry]) -> bytes:
    root = Element("rss", version="2.0")
    channel = SubElement(root, "channel")
    home = visit.community.blog_url(blog.name)
    add(channel, "title", blog.shown_title)
    add(channel, "link", home)
    add(channel, "description", blog.description or f"Posts by {blog.owner.shown_name}")
    add(channel, "language", blog.language)
    add_self(channel, f"{home}/feed.xml")
    add_last_change(channel, entries)
    for one in entries:
        item = add_item(channel, one, one.title)
        sound = next((file for file in one.files if file.kind in {"audio", "video"}), None)
        if sound is not None:
            SubElement(item, "enclosure", url=sound.url, length=str(sound.size), type=sound.content_type)
    xml: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def add_self(channel: Element, url: str) -> None:
    """Where the feed itself is."""
    SubElement(channel, f"{{{_ATOM}}}link", href=url, rel="self", type="application/rss+xml")


def add_last_change(channel: Element, entries: Sequence[Entry]) -> None:
    """When one of these was published or edited last; nothing when there are none."""
    if entries:
        add(channel, "lastBuildDate", format_datetime(max(one.edited_at or one.published_at for one in entries)))


def add_item(channel: Element, one: Entry, title: str) -> Element:
    """A post as an item, without its enclosure; without a title when that is empty."""
    item = SubElement(channel, "item")
    if title:
        add(item, "title", title)
    add(item, "link", one.url)
    add(item, "guid", one.url)
    add(item, "pubDate", format_datetime(one.published_at))
    add(item, f"{{{_CREATOR}}}creator", one.author_name)
    for name in one.categories:
        add(item, "category", name)
    add(item, "description", _content(one))
    return item


def add(parent: Element, name: str, text: str) -> None:
    """An element with text, of which what XML can't hold is left out."""
    SubElement(parent, name).text = text.translate(_NOT_XML)


def _json(visit: Visit, blog: Blog, entries: Sequence[Entry]) -> dict[str, Any]:
    home = visit.community.blog_url(blog.name)
    author = {"name": blog.owner.shown_name, "url": visit.community.member_url(blog.owner.handle)}
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": blog.shown_title,
        "home_page_url": home,
        "feed_url": f"{home}/feed.json",
        **({"description": blog.description} if blog.description else {}),
        "language": blog.language,
        "authors": [author],
        "items": [_item(one) for one in entries],
    }


def _item(one: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": one.url,
        "url": one.url,
        "content_html": _content(one),
        "date_published": iso(one.published_at),
    }
    if one.title:
        item["title"] = one.title
    if one.edited_at is not None:
        item["date_modified"] = iso(one.edited_at)
    if one.categories:
        item["tags"] = list(one.categories)
    if picture := next((file.url for file in one.files if file.kind == "image"), ""):
        item["image"] = picture
    if others := [file for file in one.files if file.kind != "image"]:
        item["attachments"] = [
            {"url": file.url, "mime_type": file.content_type, "size_in_bytes": file.size} for file in others
        ]
    return item


def _content(one: Entry) -> str:
    """The post's HTML with its files below it."""
    pictures = (
        f'<p><img src="{escape(file.url)}" alt="{escape(file.alt)}" width="{file.width}" height="{file.height}"></p>'
        for file in one.files
        if file.kind == "image"
    )
    others = (_shown(file) for file in one.files if file.kind != "image")
    return f"{one.html}{''.join([*pictures, *others])}"


def _shown(file: File) -> str:
    url, name = escape(file.url), escape(file.alt or file.filename or "File")
    if file.kind in {"audio", "video"}:
        return f'<p><{file.kind} controls preload="none" src="{url}"><a href="{url}">{name}</a></{file.kind}></p>'
    return f'<p><a href="{url}">{name}</a></p>'


def changed(session: Session, blog: Blog) -> datetime | None:
    """When anything on the blog last changed, a deletion too."""
    statement = select(func.max(Post.published_at), func.max(Post.edited_at), func.max(Post.deleted_at))
    moments = session.execute(statement.where(Post.blog_id == blog.id, Post.published_at.is_not(None))).one()
    return max((moment for moment in moments if moment is not None), default=None)


def conditional(request: Request, body: bytes, content_type: str, changed: datetime | None) -> Response:
    """The body, or 304 when the reader has it already (RFC 9110, 13.1: If-None-Match goes before If-Modified-Since)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    if changed is not None:
        headers["Last-Modified"] = format_datetime(changed.astimezone(UTC).replace(microsecond=0), usegmt=True)
    if _has_it(request, tag, changed):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=content_type, headers=headers)


def _has_it(request: Request, tag: str, changed: datetime | None) -> bool:
    known = request.headers.get("if-none-match")
    if known is not None:
        tags = [one.strip().removeprefix("W/") for one in known.split(",")]
        return tag in tags or "*" in tags
    since = request.headers.get("if-modified-since")
    if since is None or changed is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    return moment.tzinfo is not None and changed.replace(microsecond=0) <= moment
