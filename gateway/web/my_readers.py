"""Who reads one's blog by mail: numbers, the list, taking it along, and bringing one. For the blog's owner only.

A list is looked at first (`look_into`, a dry run that tells what would come of it) and taken when its owner says so (`take`). In between it waits as a
blob that no row names, which a sweep removes after a day. What the file is called may say who is in it, so its name is kept in the blob's first line.
How often is limited, since a list may be 20 MB long and each is gone through whole.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BufferedReader

from sqlalchemy.orm import Session
from starlette.responses import Response, StreamingResponse

from gateway.core.audience import exporting, readership
from gateway.core.audience.importing import File, Outcome, Summary, import_subscribers
from gateway.core.audience.settling import OUTCOMES
from gateway.core.errors import Invalid, NotFound, TooMuch
from gateway.core.house import House
from gateway.core.people import attempts
from gateway.core.store.models import Blog
from gateway.core.writing import blogs
from gateway.web.answers import page
from gateway.web.subscribing import CADENCES
from gateway.web.uploads import LONGEST_NAME
from gateway.web.visit import Look, Unit, Visit

LISTS_A_DAY = 30  # of one member: each that is looked into, and each that is taken
_DAY = timedelta(days=1)
_HEAD = b"A list of readers: "  # before its name
_LONGEST_HEAD = len(_HEAD) + 4 * LONGEST_NAME + 1  # bytes, with the end of the line
MOST = 100
SHOWN = 50  # lines of a list that are told of one by one
STATUSES = {"active": "Subscribed", "pending": "Asked, not confirmed", "unsubscribed": "Left"}
SOURCES = {"form": "by the form", "mail": "by mail", "api": "by another site's form", "import": "from a list"}
_QUIET = frozenset({"taken", "already", "double"})  # what nobody needs to look at line by line


@dataclass(slots=True)
class _Told:
    """What became of the lines: the first that somebody should look at."""

    lines: list[Outcome] = field(default_factory=list)
    more: int = 0

    def __call__(self, outcome: Outcome) -> None:
        if outcome.what in _QUIET:
            return
        if len(self.lines) < SHOWN:
            self.lines.append(outcome)
        else:
            self.more += 1


def readers_page(visit: Visit, session: Session) -> Response:
    """The numbers, the list, and the form for another."""
    blog = _mine(visit, session)
    found = readership.by_address(session, blog.id, after=_number(visit.query("after")), limit=MOST + 1)
    groups = readership.groups(session, blog.id)
    reading: Counter[str] = Counter()
    for one in groups:
        if one.status == "active":
            reading[one.cadence] += one.readers
    return page(
        visit,
        "my_readers.html",
        blog=blog,
        groups=groups,
        reading=reading,
        readers=found[:MOST],
        after=found[MOST - 1].id if len(found) > MOST else 0,
        cadences=CADENCES,
        statuses=STATUSES,
        sources=SOURCES,
        state=readership.state,
    )


def take_along(visit: Visit, session: Session) -> Response:
    """The whole list as CSV, written as it is read."""
    blog, house = _mine(visit, session), visit.site.house
    parts = exporting.parts(house.database, blog.id)
    headers = {"Content-Disposition": f'attachment; filename="{blog.name}-readers.csv"'}
    return StreamingResponse(parts, 200, headers | {"Cache-Control": "private, no-store"}, "text/csv; charset=utf-8")


def look_into(visit: Visit, session: Session) -> Unit:
    """What would come of a list. Nothing of it is saved but the list itself, for a day."""
    if not visit.upload:
        raise Invalid("Which file?", hint="Nothing was saved.")
    _count(visit, session)
    key = visit.site.house.blobs.put(_kept(visit.upload_name or "Your file", visit.upload))
    return _report(visit, session, key, dry_run=True)


def take(visit: Visit, session: Session) -> Unit:
    """Its people are subscribers now. Nobody is mailed."""
    _count(visit, session)
    return _report(visit, session, visit.typed("list"), dry_run=False)


def _report(visit: Visit, session: Session, key: str, *, dry_run: bool) -> Unit:
    blog_id = _mine(visit, session).id
    session.rollback()  # a long import goes on without this look at the database
    told = _Told()
    summary = _imported(visit.site.house, blog_id, key, visit, told, visit.now, dry_run=dry_run)

    def look(visit: Visit, session: Session) -> Response:
        return page(
            visit,
            "readers_import.html",
            counts=[(what, why, summary.counts[what]) for what, why in OUTCOMES.items() if what in summary.counts],
            services=list(summary.services.values()),
            told=told,
            dry_run=dry_run,
            list=key,
            cadence=visit.typed("cadence"),
            column=visit.typed("column"),
        )

    return _always(look)


def _count(visit: Visit, session: Session) -> None:
    """Counts one list of this member's. Raises TooMuch."""
    who, now = str(_mine(visit, session).member_id), visit.now
    if attempts.used_up(session, "lists", who, now, most=LISTS_A_DAY, within=_DAY):
        raise TooMuch(
            "You have brought many lists today.",
            hint="Nothing was saved. Try again tomorrow, or ask whoever runs the server: they can take lists of any number and size.",
        )
    visit.site.house.database.writer.run(lambda writing: attempts.count(writing, "lists", who, now, within=_DAY))


def _always(look: Look) -> Unit:
    return lambda session: look


def _imported(
    house: House, blog_id: int, key: str, visit: Visit, told: _Told, now: datetime, *, dry_run: bool
) -> Summary:
    try:
        path = house.blobs.path(key)
        if path is None:
            raise FileNotFoundError(key)
        with path.open("rb") as stream:
            return import_subscribers(
                house.database,
                house.community.keyring,
                blog_id,
                [File(_called(stream), stream)],
                now,
                cadence=visit.typed("cadence"),
                column=visit.typed("column").strip(),
                dry_run=dry_run,
                tell=told,
            )
    except FileNotFoundError:
        raise _gone() from None


def _kept(name: str, content: bytes) -> bytes:
    """A list as it waits, with its name."""
    return b"".join((_HEAD, name.encode(), b"\n", content))


def _called(stream: BufferedReader) -> str:
    """The name of a list that waited; its content comes next. Raises Invalid for a blob that is none."""
    head = stream.readline(_LONGEST_HEAD)
    if not (head.startswith(_HEAD) and head.endswith(b"\n")):
        raise _gone()
    return head[len(_HEAD) : -1].decode(errors="replace")


def _gone() -> Invalid:
    return Invalid("That list is not here any more.", hint="Nothing was saved. Choose the file again.")


def _mine(visit: Visit, session: Session) -> Blog:
    blog = blogs.of_member(session, visit.me(session).id)
    if blog is None:
        raise NotFound("You have no blog yet.", hint="Nothing was changed.")
    return blog


def _number(asked: str) -> int:
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 16):
        raise Invalid("This page does not exist.", hint="Go back to the first page.")
    return int(asked or 0)
