"""The jinja2 environments: one per kind of reader, with templates from `templates/` beside the package or inside the wheel."""

from functools import cache
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

_PACKAGE = Path(__file__).resolve().parents[1]
FOLDER = _PACKAGE / "templates" if (_PACKAGE / "templates").is_dir() else _PACKAGE.parent / "templates"


@cache
def environment(kind: Literal["email", "web", "chat"]) -> Environment:
    """The environment for one kind of template. HTML is escaped, text is not; an undefined name is an error."""
    return Environment(
        loader=FileSystemLoader(FOLDER / kind),
        autoescape=select_autoescape(("html", "xml"), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
