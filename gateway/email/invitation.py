"""An invitation (iCalendar, RFC 5545) in words: what, when and where, for mail that says it in no other form."""

from datetime import UTC, date, datetime, timedelta

from gateway.email.header_values import tidy
from gateway.email.parameters import parameters

_MOST_LINES = 20_000
_MOST_EVENTS = 20
_LONGEST = 5000  # characters of one value
_ESCAPES = {"n": "\n", "N": "\n", ",": ",", ";": ";", "\\": "\\"}
_Property = tuple[str, str]  # parameters as they came, and the value


def summary(calendar: str) -> str:
    """The events of a calendar as text, one paragraph each; "" when there is none. Never raises."""
    events, method = _events(calendar)
    return "\n\n".join(filter(None, (_told(event, method) for event in events)))


def _events(calendar: str) -> tuple[list[dict[str, _Property]], str]:
    """The properties of each event, and the calendar's METHOD; alarms and time zones inside are passed over."""
    events: list[dict[str, _Property]] = []
    event: dict[str, _Property] | None = None
    method, inside = "", 0
    for line in _unfolded(calendar):
        name, rest, value = _taken_apart(line)
        if name == "METHOD":
            method = value.strip().upper()
        elif name == "BEGIN" and event is None:
            event = {} if value.strip().upper() == "VEVENT" and len(events) < _MOST_EVENTS else None
        elif name == "BEGIN":
            inside += 1
        elif name == "END" and inside:
            inside -= 1
        elif name == "END" and event is not None:
            events.append(event)
            event = None
        elif event is not None and not inside:
            event.setdefault(name, (rest, value))
    return events, method


def _unfolded(calendar: str) -> list[str]:
    lines = calendar.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "").split("\n", _MOST_LINES)
    return lines[:_MOST_LINES]


def _taken_apart(line: str) -> tuple[str, str, str]:
    """The name, the parameters as they came, and the value of a line; a colon in quotes ends no name."""
    quoted = False
    for at, mark in enumerate(line[:_LONGEST]):
        if mark == '"':
            quoted = not quoted
        elif mark == ":" and not quoted:
            name, _, rest = line[:at].partition(";")
            return name.upper(), rest, line[at + 1 : at + 1 + _LONGEST]
    return "", "", ""


def _told(event: dict[str, _Property], method: str) -> str:
    what = tidy(_text(event, "SUMMARY")) or "An event"
    if method == "CANCEL" or event.get("STATUS", ("", ""))[1].strip().upper() == "CANCELLED":
        what = f"Cancelled: {what}"
    lines = [what]
    if begin := _moment(event, "DTSTART"):
        lines.append(f"When: {_span(begin, _moment(event, 'DTEND'))}")
    if where := _text(event, "LOCATION"):
        lines.append(f"Where: {tidy(where)}")
    about = _text(event, "DESCRIPTION")
    return "\n".join(lines) + (f"\n\n{about}" if about else "")


def _span(begin: str, end: str) -> str:
    """Both moments, the day and the zone said once; the end of whole days is the day after them."""
    if len(begin) == len(end) == 10:
        last = (date.fromisoformat(end) - timedelta(days=1)).isoformat() if end > begin else begin
        return begin if last == begin else f"{begin} to {last}"
    if not end or len(end) < 16 or len(begin) < 16:
        return begin
    until = end[11:] if end[:10] == begin[:10] else end
    return f"{begin[:16] if begin[16:] == end[16:] else begin} to {until}"


def _text(event: dict[str, _Property], name: str) -> str:
    """A text value, its escapes undone (3.3.11)."""
    value = event.get(name, ("", ""))[1]
    pieces = value.split("\\")
    made = [pieces[0]]
    skip = False
    for piece in pieces[1:]:
        if skip:  # this one follows an escaped backslash
            made.append(piece)
            skip = False
        elif not piece:
            made.append("\\")
            skip = True
        else:
            made.append(_ESCAPES.get(piece[0], f"\\{piece[0]}") + piece[1:])
    return "".join(made).strip()


def _moment(event: dict[str, _Property], name: str) -> str:
    """A date or a moment (3.3.4, 3.3.5) as `2026-11-22 14:00 Europe/Berlin` (Outlook names zones in words); "" when it is none."""
    rest, value = event.get(name, ("", ""))
    value = value.strip()
    try:
        if len(value) == 8:
            return date.fromisoformat(f"{value[:4]}-{value[4:6]}-{value[6:]}").isoformat()
        moment = datetime.strptime(value.removesuffix("Z")[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return ""
    zone = "UTC" if value.endswith("Z") else tidy(parameters(f";{rest}").get("tzid", ""))[:60]
    return f"{moment:%Y-%m-%d %H:%M} {zone}".rstrip()
