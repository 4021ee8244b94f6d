"""Commands about the look of a blog's newsletter: its own templates in the place of the shipped ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.shared import AsJson, fail, opened_house, table, tell

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gateway.core.house import House
    from gateway.core.store.models import Blog

theme = typer.Typer(help="How a blog's newsletter looks.", no_args_is_help=True)
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Templates, each called as the one it replaces.")]


@theme.command("show")
def theme_show(
    blog: str,
    name: Annotated[str, typer.Argument(help="Print this template.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the templates of a blog's newsletter, or print one of them."""
    from gateway.newsletter.dressing import NAMES
    from gateway.newsletter.themes import shipped

    with _reading(blog) as (_, _session, found):
        own = {one.name: one for one in found.templates}
        if name:
            body = own[name].body if name in own else shipped(name)
            tell({"name": name, "own": name in own, "body": body}, as_json, body.rstrip("\n"))
            return
        rows = [{"name": one, "whose": "own" if one in own else "shipped"} for one in NAMES]
        rows = [row | {"changed": str(own[row["name"]].changed_at) if row["name"] in own else ""} for row in rows]
    tell(rows, as_json, table(rows, ("name", "whose", "changed")))


@theme.command("look")
def theme_look(
    blog: str,
    out: Annotated[Path, typer.Option(help="The file to write the sample to, to be opened in a browser.")],
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Templates to try; not saved.")] = None,
) -> None:
    """Write a sample issue in a blog's templates. The text part goes beside it, with .txt at its end."""
    from gateway.newsletter.themes import look

    bodies = _bodies(files or [])
    with _reading(blog) as (house, _, found):
        made = look(house.community, found, bodies, house.now())
    for path, part in ((out, made.html), (out.with_suffix(".txt"), made.text)):
        try:
            path.write_text(part, "utf-8")
        except OSError as error:
            fail(f"{path} can't be written: {error.strerror}.", 1)
    print(f"Written to {out} and {out.with_suffix('.txt')}. Nothing was saved.")


@theme.command("set")
def theme_set(blog: str, files: Files, as_json: AsJson = False) -> None:
    """Make these templates the blog's own, if a sample in them can be mailed."""
    from gateway.newsletter.themes import keep, look

    bodies = _bodies(files)
    with _reading(blog) as (house, _, found):
        look(house.community, found, bodies, house.now())
        blog_id = found.id
        house.database.writer.run(lambda session: keep(session, blog_id, bodies, house.now()))
    tell({"blog": blog, "saved": sorted(bodies)}, as_json, f"Saved: {', '.join(sorted(bodies))}. The next issue is made with it.")  # fmt: skip


@theme.command("reset")
def theme_reset(
    blog: str,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="These only. Default: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Go back to the templates that Postroom brings."""
    from gateway.newsletter.themes import reset

    with _reading(blog) as (house, _, found):
        blog_id = found.id
        gone = house.database.writer.run(lambda session: reset(session, blog_id, names or ()))
    said = f"Gone: {', '.join(gone)}." if gone else "The blog had none of its own; nothing was changed."
    tell({"blog": blog, "gone": gone}, as_json, said)


@contextmanager
def _reading(name: str) -> "Iterator[tuple[House, Session, Blog]]":
    from gateway.core.writing import blogs

    with opened_house() as house, house.database.read() as session:
        yield house, session, blogs.by_name(session, name)


def _bodies(files: list[Path]) -> dict[str, str]:
    bodies = {}
    for path in files:
        try:
            bodies[path.name] = path.read_text("utf-8")
        except (OSError, ValueError) as error:
            fail(f"{path} can't be read: {getattr(error, 'strerror', None) or 'it is no text'}. Nothing was saved.", 1)
    return bodies
