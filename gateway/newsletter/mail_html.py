"""A post's safe HTML made fit for mail: what mail programs can't show becomes a link, and nothing is loaded from other places."""

from collections.abc import Iterator
from html import escape

from gateway.core.people.community import Community
from gateway.core.words import N, t
from gateway.core.writing.markup import Token, tokens

_PLAYERS = {"audio": N("Listen"), "video": N("Watch")}
_NEVER = frozenset({"source", "picture"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CELLS = frozenset({"td", "th"})


def mail_html(community: Community, html: str, *, first_heading: int = 1) -> str:
    """The HTML with whole addresses. A picture that is not ours is a link, so that opening the mail tells nobody.

    Its headings begin at `first_heading` and leave no level out, so that they go on from what stands above them.
    """
    return "".join(_Fitting(community, first_heading).fitted(html))


class _Fitting:
    """One walk through a post: what is open where it is."""

    def __init__(self, community: Community, first_heading: int) -> None:
        self._community, self._first_heading = community, first_heading
        self._playing = ""  # the player whose sources come next
        self._linked = False
        self._levels: list[str] = []  # the headings that the next one stands below, as they were written

    def fitted(self, html: str) -> Iterator[str]:
        for token in tokens(html):
            if self._playing:
                yield from self._source(token)
            elif token.name in _PLAYERS and not token.closing:
                self._playing = token.name
                yield from self._source(token)
            elif token.name == "img":
                yield self._picture(token)
            elif token.name in _HEADINGS:
                yield self._heading(token)
            elif token.name in _CELLS and not token.closing:
                yield _cell(token)
            elif token.name not in _NEVER and token.name not in _PLAYERS:
                self._linked = (self._linked or token.name == "a") and not (token.name == "a" and token.closing)
                yield token.raw

    def _source(self, token: Token) -> Iterator[str]:
        if token.name == self._playing and token.closing:
            self._playing = ""
        elif token.name in {"source", self._playing} and (url := self._absolute(token.attributes.get("src", ""))):
            yield _link(url, t(_PLAYERS[self._playing]))

    def _picture(self, token: Token) -> str:
        url = self._absolute(token.attributes.get("src", ""))
        alt = token.attributes.get("alt", "")
        if not url:
            return escape(alt)
        if url.startswith(self._community.media_url("")):
            # A link of nothing but a picture is called what the picture is called.
            return f'<img src="{escape(url)}" alt="{escape(alt or (t("a picture") if self._linked else ""))}">'
        return escape(alt or t("a picture")) if self._linked else _link(url, alt or t("a picture"))

    def _heading(self, token: Token) -> str:
        if not token.closing:
            while self._levels and self._levels[-1] >= token.name:
                self._levels.pop()
            self._levels.append(token.name)
        level = min(6, self._first_heading - 1 + max(1, len(self._levels)))
        return f"</h{level}>" if token.closing else f"<h{level}>"

    def _absolute(self, url: str) -> str:
        """An address that works in a mail, or nothing."""
        if url.startswith("/") and not url.startswith("//"):
            return self._community.base_url + url
        return url if url.startswith(("https://", "http://")) else ""


def _cell(token: Token) -> str:
    """A cell's start, aligned by a style, since the attribute is no longer HTML."""
    align = token.attributes.get("align", "")
    if align not in {"left", "center", "right"}:
        return token.raw
    return token.raw.replace(f' align="{align}"', f' style="text-align: {align}"', 1)


def _link(url: str, label: str) -> str:
    return f'<a href="{escape(url)}">{escape(label)}</a>'
