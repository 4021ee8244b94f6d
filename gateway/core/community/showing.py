"""Words as timelines show them, remembered: making them costs more than reading a whole page of posts from the database."""

import threading
from collections import OrderedDict
from hashlib import blake2b

from gateway.core.writing.text import Shown, plain, timeline_text

REMEMBERED = 4096  # texts, mostly some hundred characters each

_known: OrderedDict[bytes, tuple[Shown, str]] = OrderedDict()
_lock = threading.Lock()


def shown(html: str, title: str) -> tuple[Shown, str]:
    """A post as a timeline shows it, and the same without markup. Known by its content, so an edit shows at once."""
    key = blake2b(f"{title}\0{html}".encode("utf-8", "surrogatepass"), digest_size=20).digest()
    with _lock:
        if (found := _known.get(key)) is not None:
            _known.move_to_end(key)
            return found
    made = timeline_text(html, title)
    found = made, plain(made.html)
    with _lock:
        _known[key] = found
        if len(_known) > REMEMBERED:
            _known.popitem(last=False)
    return found
