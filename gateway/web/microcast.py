"""Micro Monday's microcast: the recordings of a blog, or of one of its categories, that the settings name; a page of them, and a podcast feed.

The feed is RSS 2.0 with the tags that podcast directories ask for (podcasters.apple.com/support/823). A programme counts nobody here: a recording is
fetched from us as any other file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.errors import NotFound
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, Category, Media, Post
from gateway.core.writing import blogs
from gateway.web import feeds
from gateway.web.answers import page
from gateway.web.blog import listed, newest, posts_of
from gateway.web.entries import Entry, File, entry, file
from gateway.web.visit import Visit

ON_THE_PAGE = 2  # below the recommendations
IN_THE_FEED = 100
PATH = "/micro-monday/microcast"
_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_ENDINGS = {
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "audio/webm": ".weba",
}
register_namespace("itunes", _ITUNES)


@dataclass(frozen=True, slots=True)
class Programme:
    """What the microcast is made of."""

    blog: Blog
    category: str  # empty: all of the blog

    @property
    def title(self) -> str:
        return f"{self.blog.shown_title}: {self.category}" if self.category else self.blog.shown_title

    @property
    def where(self) -> ColumnElement[bool]:
        """Its posts: those with a recording."""
        heard = and_(posts_of(self.blog), Post.id.in_(select(Media.post_id).where(Media.kind == "audio")))
        if not self.category:
            return heard
        return and_(heard, Post.id.in_(select(Category.post_id).where(Category.name == self.category)))


@dataclass(frozen=True, slots=True)
class Episode:
    """A post with its recording, wherever that stands in it."""

    entry: Entry
    sound: File


def newest_of(visit: Visit, session: Session) -> tuple[Entry, ...]:
    """The newest episodes; none where there is no microcast."""
    try:
        programme = _programme(visit, session)
    except NotFound:
        return ()
    return tuple(entry(visit.community, one) for one in newest(session, programme.where, ON_THE_PAGE))


def _programme(visit: Visit, session: Session) -> Programme:
    """Raises NotFound where there is none."""
    name, _, category = visit.community.microcast.partition("/")
    if not name:
        raise NotFound("There is no microcast here.", hint="The recommendations of Micro Monday are.")
    return Programme(blogs.by_name(session, name), category)


def episodes(visit: Visit, session: Session) -> Response:
    """All episodes, the newest first."""
    programme = _programme(visit, session)
    found, following = listed(visit, session, programme.blog, programme.where)
    return page(visit, "microcast.html", programme=programme, episodes=found, next=following)


def feed(visit: Visit, session: Session) -> Response:
    """The newest episodes as a podcast."""
    programme = _programme(visit, session)
    found = [_episode(visit.community, one) for one in newest(session, programme.where, IN_THE_FEED)]
    changed = feeds.changed(session, programme.blog)
    return feeds.conditional(visit.request, _rss(visit, programme, found), "application/rss+xml", changed)


def _episode(community: Community, post: Post) -> Episode:
    sound = next(media for media in post.media if media.kind == "audio")
    return Episode(entry(community, post), file(community, sound))


def _rss(visit: Visit, programme: Programme, found: Sequence[Episode]) -> bytes:
    root = Element("rss", version="2.0")
    channel = SubElement(root, "channel")
    blog, home = programme.blog, visit.community.base_url + PATH
    feeds.add(channel, "title", programme.title)
    feeds.add(channel, "link", home)
    feeds.add(channel, "description", blog.description or f"Recordings by {blog.owner.shown_name}")
    feeds.add(channel, "language", blog.language)
    feeds.add_self(channel, f"{home}.xml")
    feeds.add(channel, f"{{{_ITUNES}}}author", blog.owner.shown_name)
    feeds.add(channel, f"{{{_ITUNES}}}type", "episodic")
    feeds.add(channel, f"{{{_ITUNES}}}explicit", "false")
    SubElement(channel, f"{{{_ITUNES}}}category", text="Society & Culture")
    _add_picture(channel, *(one.entry for one in found))
    feeds.add_last_change(channel, [one.entry for one in found])
    for one in found:
        item = feeds.add_item(channel, one.entry, one.entry.shown_title)
        _add_picture(item, one.entry)
        SubElement(item, "enclosure", url=_named(one.sound), length=str(one.sound.size), type=one.sound.content_type)
    xml: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def _add_picture(parent: Element, *entries: Entry) -> None:
    """The first picture there is in a form that directories take."""
    pictures = (item.url for one in entries for item in one.files if item.content_type in {"image/jpeg", "image/png"})
    if picture := next(pictures, ""):
        SubElement(parent, f"{{{_ITUNES}}}image", href=picture)


def _named(sound: File) -> str:
    """Its address with a name behind it: directories go by how that ends."""
    stem = PurePosixPath(sound.filename).stem or "episode"
    return f"{sound.url}/{quote(stem + _ENDINGS.get(sound.content_type, ''), safe='')}"
