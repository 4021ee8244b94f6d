"""What commands share: an opened house, faults told as a sentence and an exit code, and printing."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer

from gateway.configuration import load, read_from
from gateway.core.errors import PostroomError
from gateway.core.house import House
from gateway.settings import SettingsError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def opened_house(*, may_create: bool = False) -> Iterator[House]:
    from gateway.opening import open_house

    with faults_told():
        house = open_house(load(os.environ), may_create=may_create)
        try:
            yield house
        finally:
            house.database.close()


@contextmanager
def faults_told() -> Iterator[None]:
    """What can go wrong, as a sentence and an exit code: 78 for the settings, 69 for the database, else 1."""
    from sqlalchemy.exc import OperationalError

    try:
        yield
    except SettingsError as error:
        fail(located(error), 78)
    except PostroomError as error:
        fail(str(error), 1)
    except OperationalError as error:
        fail(f"The database can't be used: {error.orig}. It is the one that database_url names.", 69)


def located(error: SettingsError) -> str:
    """What is wrong with the settings, and where they were read."""
    try:
        return f"{error} {read_from(os.environ)}"
    except SettingsError:
        return str(error)


def run_loop(work: Any) -> None:
    try:
        import uvloop
    except ImportError:  # not on Windows
        asyncio.run(work)
    else:
        uvloop.run(work)


def fail(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(code)


def tell(value: object, as_json: bool, text: str) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str) if as_json else text)


def table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    if not rows:
        return "There is nothing to list."
    cells = [[str(row.get(column, "")) for column in columns] for row in rows]
    widths = [max(len(column), *(len(line[n]) for line in cells)) for n, column in enumerate(columns)]
    lines = [columns, *cells]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
