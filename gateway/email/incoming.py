"""The content of one mail on its way in, read in bulk: one search per chunk instead of one turn per line.

The end is CRLF.CRLF and nothing else (RFC 5321 section 4.1.1.4), so that no bare LF can smuggle in a second mail. Of a line that
begins with a dot the dot is dropped (section 4.5.2); every other byte stays as it came.

Content is kept in a BytesIO, which gives its bytes away without a copy: a mail of 25 MB takes 25 MB here, not 50.
"""

from io import BytesIO

_END = b"\r\n.\r\n"


class Incoming:
    """Collects what follows DATA. Feed it chunks until `feed` gives back what lies after the end.

    Over `limit` bytes it is `too_large`: nothing more is kept, but the end is still looked for, so that the client can be told.
    """

    __slots__ = ("_at_start", "_held", "_kept", "_limit", "dropped", "kept", "received", "too_large")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = BytesIO()
        self._held = b"\r\n"  # the line end of DATA itself: a dot right after it ends an empty mail
        self._at_start = True
        self.kept = 0  # bytes in memory
        self.received = 0
        self.too_large = False
        self.dropped = False

    def feed(self, chunk: bytes) -> bytes | None:
        """What came after the end of the content, or None when the end has not come yet."""
        self.received += len(chunk)
        window = self._held + chunk if self._held else chunk
        end = window.find(_END)
        if end >= 0:
            self._held = b""
            self._keep(window[: end + 2])
            return window[end + len(_END) :]
        held = _possible_end(window)
        self._held = window[len(window) - held :]
        self._keep(window[: len(window) - held])
        return None

    def take(self) -> bytes:
        """The content without doubled dots, once; the memory is then the caller's."""
        content = self._kept.getvalue()
        self._forget()
        return content

    def drop(self) -> None:
        """Forget what was kept, and keep nothing more: there is no memory for it."""
        self.dropped = True
        self._forget()

    def has_bare_line_ends(self) -> bool:
        """Whether a CR or LF stands alone in what was kept."""
        content = self._kept.getvalue()
        pairs = content.count(b"\r\n")
        return content.count(b"\r") != pairs or content.count(b"\n") != pairs

    def _keep(self, piece: bytes) -> None:
        """`piece` never ends within a line end or between it and a dot: `_possible_end` holds those back."""
        if not piece or self.too_large or self.dropped:
            return
        piece = piece.replace(b"\r\n.", b"\r\n")
        if self._at_start:
            piece, self._at_start = piece[2:], False
        self.kept += len(piece)
        if self.kept > self._limit:
            self.too_large = True
            self._forget()
        else:
            self._kept.write(piece)

    def _forget(self) -> None:
        self._kept = BytesIO()
        self.kept = 0


def _possible_end(window: bytes) -> int:
    """How many bytes at the end of `window` may be the beginning of the end."""
    for length in range(min(len(_END) - 1, len(window)), 0, -1):
        if _END.startswith(window[-length:]):
            return length
    return 0
