"""What HTML a post may hold. nh3 always runs last, on what is about to be stored or sent.

Allowed is what Micro.blog allows in a timeline, and what a blog page needs besides: headings, tables, figures, notes.
Never: scripts, styles, forms, frames, event handlers, `javascript:` and `data:` addresses.
"""

import re
from collections.abc import Callable
from functools import lru_cache

import nh3

from gateway.core.writing.hosts import with_plain_host

OWN = "noopener"  # a blog's links are its owner's word
GUEST = "nofollow noopener ugc"  # a reply's links earn nothing on somebody else's page

_IN_TIMELINES = "a span b i img strong em div p br blockquote ul ol li code pre audio video source del s"
_ON_PAGES = """
    h1 h2 h3 h4 h5 h6 table caption thead tbody tfoot tr th td figure figcaption picture sup sub hr details summary
    u ins mark small q cite kbd samp var abbr time dl dt dd wbr section ruby rt rp
"""
_GONE_WITH_CONTENT = """
    script style template noscript noembed noframes iframe object embed applet textarea select title xmp svg math
"""
_TIMELINE_TAGS = frozenset(_IN_TIMELINES.split())
_TAGS = _TIMELINE_TAGS | frozenset(_ON_PAGES.split())
_WITH_CONTENT = frozenset(_GONE_WITH_CONTENT.split())
_ATTRIBUTES = {
    "a": {"href", "title", "class", "id"},
    "abbr": {"title"},
    "audio": {"src"},
    "code": {"class"},
    "details": {"open"},
    "img": {"src", "alt", "title", "width", "height"},
    "li": {"id", "value"},
    "ol": {"start", "reversed"},
    "section": {"class"},
    "source": {"src", "type"},
    "span": {"class"},
    "sup": {"class"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
    "time": {"datetime"},
    "video": {"src", "poster", "width", "height"},
}
_NOT_IN_SCHEME = frozenset("/?#")
_CLASSES = {
    "span": {"spoiler"},
    "a": {"mention", "footnote-backref"},
    "sup": {"footnote-ref"},
    "section": {"footnotes"},
}
_LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_MEDIA_SCHEMES = frozenset({"http", "https", "blob", "cid"})  # blob and cid name files of ours and of the mail
_ADDRESSES = frozenset({"href", "src", "poster"})
_PLAIN_WEB = ("https://", "http://")
_NOTE = re.compile(r"fn(?:ref)?-[A-Za-z0-9_.%-]{1,80}")
_LANGUAGE = re.compile(r"language-[\w+#.-]{1,40}")
_SIZE = re.compile(r"[0-9]{1,5}")


def clean(html: str, *, rel: str = OWN, notes: str = "") -> str:
    """Safe HTML for a page. `notes` sets this text's footnotes apart from others' on the same page."""
    return _cleaner(_TAGS, rel, notes).clean(html) if notes else _kept(_TAGS, rel).clean(html)


def clean_for_timeline(html: str, *, rel: str = OWN) -> str:
    """Safe HTML for a timeline: no headings, tables or notes."""
    return _kept(_TIMELINE_TAGS, rel).clean(html)


@lru_cache(maxsize=8)
def _kept(tags: frozenset[str], rel: str) -> nh3.Cleaner:
    return _cleaner(tags, rel, "")


def _cleaner(tags: frozenset[str], rel: str, notes: str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=tags,
        clean_content_tags=_WITH_CONTENT,
        attributes={tag: names for tag, names in _ATTRIBUTES.items() if tag in tags},
        attribute_filter=_attribute_filter(notes),
        url_schemes=_LINK_SCHEMES | _MEDIA_SCHEMES,
        link_rel=rel,
        set_tag_attribute_values={
            "img": {"loading": "lazy"},
            "audio": {"controls": "", "preload": "none"},
            "video": {"controls": "", "preload": "none"},
        },
    )


def _attribute_filter(notes: str) -> Callable[[str, str, str], str | None]:
    def kept(tag: str, name: str, value: str) -> str | None:
        if value.startswith(_PLAIN_WEB) and name in _ADDRESSES:  # which most are
            return with_plain_host(value)
        if name == "rel":  # ours
            return value
        if name == "id" or value.startswith("#"):
            return _note_name(name, value, notes)
        if name == "class":
            return _class_of(tag, value)
        if name in {"width", "height", "start", "value", "colspan", "rowspan"}:
            return value if _SIZE.fullmatch(value) else None
        if name in _ADDRESSES:
            schemes = _LINK_SCHEMES if name == "href" else _MEDIA_SCHEMES
            return value if _scheme(value) in {"", *schemes} else None
        return value

    return kept


def _note_name(attribute: str, value: str, notes: str) -> str | None:
    name = value.removeprefix("#").removeprefix(notes)  # cleaning twice adds it once
    if not notes or not _NOTE.fullmatch(name):
        return None if attribute == "id" else value
    return f"{'#' if attribute == 'href' else ''}{notes}{name}"


def _class_of(tag: str, value: str) -> str | None:
    if tag == "code":
        return value if _LANGUAGE.fullmatch(value) else None
    return " ".join(sorted(_CLASSES.get(tag, set()) & set(value.split()))) or None


def _scheme(address: str) -> str:
    head = address[:200]
    if " " in head or not head.isprintable():  # browsers pass over these
        head = "".join(c for c in head if c > " ")
    scheme, colon, _ = head.partition(":")
    return scheme.lower() if colon and _NOT_IN_SCHEME.isdisjoint(scheme) else ""
