"""A post's safe HTML made fit for mail: what mail programs can't show becomes a link, and nothing is loaded from other places."""

from collections.abc import Iterator
from html import escape

from gateway.core.people.community import Community
from gateway.core.writing.markup import Token, tokens

_PLAYERS = {"audio": "Listen", "video": "Watch"}
_NEVER = frozenset({"source", "picture"})


def mail_html(community: Community, html: str) -> str:
    """The HTML with whole addresses. A picture that is not ours is a link, so that opening the mail tells nobody."""
    return "".join(_fitted(community, html))


def _fitted(community: Community, html: str) -> Iterator[str]:
    playing = ""
    for token in tokens(html):
        if playing:
            if token.name == "source" and (url := _absolute(community, token.attributes.get("src", ""))):
                yield _link(url, _PLAYERS[playing])
            elif token.name == playing and token.closing:
                playing = ""
        elif token.name in _PLAYERS and not token.closing:
            playing = token.name
            if url := _absolute(community, token.attributes.get("src", "")):
                yield _link(url, _PLAYERS[playing])
        elif token.name == "img":
            yield _picture(community, token)
        elif token.name not in _NEVER and token.name not in _PLAYERS:
            yield token.raw


def _picture(community: Community, token: Token) -> str:
    url = _absolute(community, token.attributes.get("src", ""))
    alt = token.attributes.get("alt", "")
    if not url:
        return escape(alt)
    if not url.startswith(community.media_url("")):
        return _link(url, alt or "a picture")
    return f'<img src="{escape(url)}" alt="{escape(alt)}">'


def _absolute(community: Community, url: str) -> str:
    """An address that works in a mail, or nothing."""
    if url.startswith("/") and not url.startswith("//"):
        return community.base_url + url
    return url if url.startswith(("https://", "http://")) else ""


def _link(url: str, label: str) -> str:
    return f'<a href="{escape(url)}">{escape(label)}</a>'
