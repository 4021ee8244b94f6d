"""What the columns of a subscriber list mean, known by its header: which service wrote it, who is subscribed, who is not and why.

A state that we don't know is never taken for a yes. Where a file says several things of one person, the one furthest from yes holds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from gateway.core.audience.csv_files import plain
from gateway.core.audience.wishes import MOST_CATEGORIES
from gateway.core.errors import Invalid
from gateway.core.people.accounts import fold_address

Standing = Literal["active", "unconfirmed", "unknown", "unsubscribed", "bounced", "complained", "blocked"]
STANDINGS: tuple[Standing, ...] = (
    "active",
    "unconfirmed",
    "unknown",
    "unsubscribed",
    "bounced",
    "complained",
    "blocked",
)
"""From yes to never again."""

OURS = "Postroom"
BETWEEN = "|"  # categories in one cell
_Rule: TypeAlias = Callable[[str], Standing]


@dataclass(frozen=True, slots=True)
class Person:
    """What one row says of somebody; `since` and `left` when it tells."""

    address: str  # folded
    standing: Standing
    since: datetime | None = None
    left: datetime | None = None
    cadence: str = ""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a row stands what."""

    service: str
    address: int
    width: int = 0  # cells of the header; 0 without one
    rules: tuple[tuple[int, _Rule], ...] = ()
    since: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    cadence: int | None = None
    categories: int | None = None  # in lists of our own only; others mean something else by it
    at_least: Standing = "active"  # what the file's name says of all in it

    @property
    def has_header(self) -> bool:
        return self.width > 0


@dataclass(frozen=True, slots=True)
class _Service:
    """One exporter: any of `marks` is a set of columns that only it has."""

    name: str
    marks: tuple[frozenset[str], ...]
    rules: Mapping[str, _Rule]
    since: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def sniff(first: Sequence[str], *, file: str = "", column: str = "") -> Columns:
    """What the columns of a file with this first row mean; `column` names the one with the addresses. Raises Invalid when none has any."""
    at_least = next((standing for word, standing in _FILES if file.casefold().startswith(word)), _ACTIVE)
    names = {_name(cell): place for place, cell in reversed(list(enumerate(first)))}
    if column:
        if _name(column) not in names:
            raise Invalid(
                f"The file has no column {column!r}.",
                hint=f"Its first line has: {', '.join(first)[:300]}. Nothing was saved.",
            )
        address: int | None = names[_name(column)]
    else:
        if (headless := _first_address(first)) is not None:
            return Columns("a list without a header", headless, at_least=at_least)
        address = next((names[name] for name in _ADDRESS if name in names), None)
    if address is None:
        raise Invalid(
            "No column of this file is known to hold mail addresses.",
            hint=f"Say which column holds them. Its first line has: {', '.join(first)[:300]}. Nothing was saved.",
        )
    service = next(one for one in _SERVICES if not one.marks or any(marks <= names.keys() for marks in one.marks))
    return Columns(
        service.name,
        address,
        width=len(first),
        rules=tuple((names[name], rule) for name, rule in service.rules.items() if name in names),
        since=tuple(names[name] for name in service.since if name in names),
        left=tuple(names[name] for name in service.left if name in names),
        cadence=names.get("cadence"),
        categories=names.get("categories") if service.name == OURS else None,
        at_least=at_least,
    )


def read(columns: Columns, cells: Sequence[str]) -> Person:
    """Whom a row is about. Raises Invalid for a row that names nobody or does not fit its header."""
    if columns.has_header and len(cells) > columns.width and "".join(cells[columns.width :]).strip():
        raise Invalid("This line has more cells than the first one.")
    written = _cell(cells, columns.address)
    if not written:
        raise Invalid("There is no address in this line.")
    if "\N{REPLACEMENT CHARACTER}" in written:
        raise Invalid("The address is damaged.", hint="Save the file as UTF-8.")
    standings = [columns.at_least, *(rule(_cell(cells, place).casefold()) for place, rule in columns.rules)]
    return Person(
        fold_address(written),
        max(standings, key=STANDINGS.index),
        _moment(cells, columns.since),
        _moment(cells, columns.left),
        _cell(cells, columns.cadence).casefold() if columns.cadence is not None else "",
        _several(_cell(cells, columns.categories)) if columns.categories is not None else (),
    )


def _first_address(cells: Sequence[str]) -> int | None:
    for place, cell in enumerate(cells):
        try:
            fold_address(cell)
        except Invalid:
            continue
        return place
    return None


def _name(cell: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in cell.casefold()).split())


def _cell(cells: Sequence[str], place: int) -> str:
    return plain(cells[place].strip()) if place < len(cells) else ""


def _several(cell: str) -> tuple[str, ...]:
    names = (" ".join(part.split())[:60] for part in cell.split(BETWEEN)[:MOST_CATEGORIES])
    return tuple(dict.fromkeys(name for name in names if name))


def _moment(cells: Sequence[str], places: Sequence[int]) -> datetime | None:
    """The first of these cells that is a date as ISO 8601 writes it, in UTC when it names no zone."""
    for place in places:
        text = _cell(cells, place)
        if not text:
            continue
        for part in (text, text[:19]):  # Go, and thus listmonk, writes `2024-05-06 07:08:09.1 +0000 UTC`
            try:
                found = datetime.fromisoformat(part)
            except ValueError:
                continue
            if 1990 <= found.year <= 2200:  # another is a mistake, or a service's word for never
                return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return None


def _filled(standing: Standing) -> _Rule:
    return lambda cell: standing if cell else "active"


def _empty(standing: Standing) -> _Rule:
    return lambda cell: "active" if cell else standing


def _words(**standings: str) -> _Rule:
    """By the cell's word; one that is not listed is unknown."""
    known: dict[str, Standing] = {
        word: standing
        for standing in STANDINGS
        for word in standings.get(standing, "").split(",")
        if standing in standings
    }
    return lambda cell: known.get(cell, "unknown")


_ADDRESS = ("email", "email_address", "e_mail", "e_mail_address", "mail", "subscriber_email", "address")
_SINCE = ("subscribed_at", "created_at", "subscription_created_at", "subscription_date", "subscribed_on", "start_date")
_OPT_IN = ("opt_in", "optin", "opted_in", "double_opt_in", "email_opt_in", "newsletter_opt_in")
_OPT_OUT = ("unsubscribed", "opt_out", "optout", "opted_out", "email_opt_out", "newsletter_opt_out")
_YES, _NO = "true,yes,1,t,y", "false,no,0,f,n"
_AGREED = _words(
    active=f"{_YES},on,x,single,double,confirmed,opted_in,opted in,opt-in,subscribed", unconfirmed=_NO + ","
)
_NEVER = frozenset(f"{_NO},off,never,none,null,n/a,-".split(",")) | {""}
_DATED = 6  # figures, at least


def _consented(cell: str) -> Standing:
    """Of a column for consent, which many fill with the moment when it was given."""
    is_moment = cell[:1].isdigit() and sum(mark.isdigit() for mark in cell) >= _DATED
    return "active" if is_moment else _AGREED(cell)


def _opted_out(cell: str) -> Standing:
    """Of a column for leaving: whatever stands there, unless it says no, is when or why."""
    return "active" if cell in _NEVER else "unsubscribed"


_BUTTONDOWN = _words(
    active="regular,premium,trialed,unpaid,gifted,churning,churned,paused,past_due",
    unconfirmed="unactivated,upcoming",
    unsubscribed="unsubscribed,removed",
    bounced="undeliverable",
    complained="complained",
    blocked="blocked,spammy,malicious",
)
_STATE = _words(
    active="active,subscribed,confirmed,enabled," + _YES,
    unconfirmed="pending,unconfirmed,unactivated",
    unsubscribed="unsubscribed,left,removed,disabled," + _NO,
    bounced="bounced,cleaned,undeliverable",
    complained="complained,complaint,spam",
    blocked="blocked,blocklisted,suppressed",
)
_ACTIVE: Standing = "active"
_FILES: tuple[tuple[str, Standing], ...] = (  # as Mailchimp names what it exports
    ("unsubscribe", "unsubscribed"),
    ("cleaned", "bounced"),
    ("nonsubscribed", "unconfirmed"),
)
_SERVICES = (
    _Service(
        OURS,
        (frozenset({"email", "status", "cadence", "asked_at", "left_at"}),),
        {
            "status": _words(
                active="active",
                unconfirmed="pending",
                unsubscribed="unsubscribed",
                bounced="bounced",
                complained="complained",
                blocked="blocked",
            )
        },
        since=("asked_at",),
        left=("left_at",),
    ),
    _Service(
        "Ghost",
        (frozenset({"subscribed_to_emails"}),),
        {
            "subscribed_to_emails": _words(active=_YES, unsubscribed=_NO),
            "deleted_at": _filled("unsubscribed"),
        },
        since=("created_at",),
        left=("deleted_at",),
    ),
    _Service(
        "Substack",  # `active_subscription` tells who pays, not who reads
        (frozenset({"active_subscription"}), frozenset({"email_disabled"})),
        {"email_disabled": _words(active=_NO + ",", unsubscribed=_YES)},
        since=_SINCE,
    ),
    _Service(
        "listmonk",
        (frozenset({"uuid", "status", "attributes"}),),
        {
            "status": _words(active="enabled", unsubscribed="disabled", blocked="blocklisted,blacklisted"),
            "subscription_status": _words(active="confirmed", unconfirmed="unconfirmed", unsubscribed="unsubscribed"),
        },
        since=("created_at",),
    ),
    _Service(
        "Mailchimp",  # its unsubscribed and cleaned people come in files of their own, with columns of their own
        (frozenset({"leid", "euid"}), frozenset({"optin_time", "confirm_time"})),
        {
            "confirm_time": _empty("unconfirmed"),
            "status": _words(
                active="subscribed,",
                unconfirmed="pending,nonsubscribed,transactional,archived",
                unsubscribed="unsubscribed",
                bounced="cleaned",
            ),
            **dict.fromkeys(("unsub_time", "unsub_campaign_id", "unsub_reason"), _filled("unsubscribed")),
            **dict.fromkeys(("clean_time", "clean_campaign_id"), _filled("bounced")),
        },
        since=("optin_time", "confirm_time"),
        left=("unsub_time", "clean_time"),
    ),
    _Service(
        "Buttondown",
        (frozenset({"subscriber_type"}), frozenset({"type", "creation_date"})),
        {
            "type": _BUTTONDOWN,
            "subscriber_type": _BUTTONDOWN,
            "undeliverability_date": _filled("bounced"),
        },
        since=("creation_date",),
        left=("unsubscription_date", "undeliverability_date"),
    ),
    _Service(
        "a plain list",
        (),
        {
            **dict.fromkeys(("status", "state", "subscription_status"), _STATE),
            "subscribed": _words(active=_YES, unsubscribed=_NO),
            **dict.fromkeys(("confirmed", *_OPT_IN), _consented),
            **dict.fromkeys(_OPT_OUT, _opted_out),
            "bounced": _words(active=_NO + ",", bounced=_YES),
            **dict.fromkeys(("unsubscribed_at", "unsubscribe_date", "left_at"), _filled("unsubscribed")),
            "bounced_at": _filled("bounced"),
            "confirmed_at": _empty("unconfirmed"),
        },
        since=(*_SINCE, "confirmed_at"),
        left=("unsubscribed_at", "unsubscribe_date", "left_at", "bounced_at"),
    ),
)
