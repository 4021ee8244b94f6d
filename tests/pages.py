"""Parts of docs pages that tests make: a part that is out of date fails its test, or is written anew where POSTROOM_WRITE_PAGES is set."""

import os
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def says(page: str, made: str, *, begin: str = "", end: str = "") -> None:
    """Fails unless the page, or what stands in it between two marks, is what was made."""
    path = DOCS / page
    written = path.read_text("utf-8") if path.exists() else ""
    before, found, rest = written.partition(begin) if begin else ("", "", written)
    part, closed, after = rest.partition(end) if end else (rest, "", "")
    assert (found, closed) == (begin, end), f"docs/{page} has lost the marks around its made part"
    if os.environ.get("POSTROOM_WRITE_PAGES"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(before + begin + made + end + after, "utf-8")
        return
    assert part == made, f"docs/{page} is out of date; POSTROOM_WRITE_PAGES=1 with this test writes it:\n{made}"
