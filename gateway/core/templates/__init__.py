"""The jinja2 environments: one per kind of reader, with templates from `templates/` beside the package or inside the wheel."""

from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

_PACKAGE = Path(__file__).resolve().parents[2]
FOLDER = _PACKAGE / "templates" if (_PACKAGE / "templates").is_dir() else _PACKAGE.parent / "templates"

FILLER = "\u2007\u034f"  # a space and a joiner that nothing shows: after the words that a mail begins with for previews, so that no others follow
ESCAPED = ("html", "xml")  # in templates so called values are escaped
SPACES: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}


@cache
def environment(kind: Literal["email", "web", "chat"]) -> Environment:
    """The environment for one kind of template. HTML is escaped, text is not; an undefined name is an error."""
    loader = FileSystemLoader(FOLDER / kind)
    return Environment(
        loader=loader, undefined=StrictUndefined, autoescape=select_autoescape(ESCAPED, default=False), **SPACES
    )
