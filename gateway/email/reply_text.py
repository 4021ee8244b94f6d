"""What a person newly wrote in a reply, without the mail they answered.

The policy
    Quotation, attribution lines ("On Monday Bob wrote:") and blocks of quoted headers go. The standard signature (`-- ` and
    what follows) and "Sent from my …" go, in any language. A sign-off written by hand ("Thanks, Alex", "-Alex") stays. Where
    an answer stands between quoted lines, the quoted lines it answers stay as Markdown quotes. A forward whose author added
    nothing keeps the forwarded text; where the author added something, that is what counts.

The states
    1. `_mark` reads the lines once, top to bottom, and gives each a mark: BLANK, TEXT, QUOTE, RULE, SIGN (a signature begins),
       SENT ("Sent from my …"), LEAD (an attribution, header block or "Original Message" line), FORWARD, ABOVE ("reply above
       this line"). A LEAD may span several lines.
    2. `_end` finds the first line from which everything is someone else's: a signature, a rule over a footer, or a LEAD
       that no quoted line follows. (One that quoted lines do follow leads only those.)
    3. `_keep` settles the quotations before that end: the last one goes; one that an attribution leads goes with
       it, unless the answer is interleaved; quotes that nobody leads were set by the author, and stay.

Invariants
    Every line given back is a line of the input, or the beginning of one where an attribution shares the reply's line.
    Their order is kept. Nothing raises. The work is linear: each line is looked at a bounded number of times, a bounded
    part of it each time; only FULL_SCAN lines get the close look, later ones only that for `>`; and an
    `attribution.Budget` bounds the spans compared.
    If trimming would leave nothing of a message that quotes no one, the message stays as it is.
"""

from dataclasses import dataclass
from enum import IntEnum

from gateway.email.attribution import Budget, attribution, shared_line
from gateway.email.quoted_header import header_block, header_line, original_message
from gateway.email.reply_html import visible_html as visible_html
from gateway.email.reply_lines import (
    asks_to_reply_above,
    is_heading_underline,
    is_quoted,
    is_rule,
    is_sent_from,
    looks_like_footer,
    opens_signature,
    unquoted,
)

FULL_SCAN = 6000  # lines


class Mark(IntEnum):
    """What a line is."""

    BLANK = 0
    TEXT = 1
    QUOTE = 2
    RULE = 3
    SIGN = 4
    SENT = 5
    LEAD = 6
    FORWARD = 7
    ABOVE = 8


@dataclass(frozen=True, slots=True)
class _Quote:
    """Quoted lines from `start` to `end`, what leads them from `lead`; `group` counts the leads so far."""

    lead: int
    start: int
    end: int
    group: int
    led: bool


def visible_text(text: str) -> str:
    """The new text of a plain-text reply; empty if there is none."""
    lines = _lines(text)
    marks = _mark(lines)
    if _is_bare_forward(marks):
        return _joined(lines)
    end = _end(lines, marks)
    kept = _keep(lines, marks, end)
    return _joined(kept)


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()


def _mark(lines: list[str]) -> list[Mark]:
    """A mark for each line. An attribution that shares its line with the reply cuts that line in `lines`."""
    marks: list[Mark] = []
    budget = Budget()
    while (at := len(marks)) < min(len(lines), FULL_SCAN):
        line = lines[at]
        if not line or line.isspace():
            marks.append(Mark.BLANK)
            continue
        simple = _simple(lines, at)
        if simple is not None:
            marks.append(simple)
            continue
        before, end = shared_line(lines, at, budget)
        if end:
            lines[at : at + 1] = [before, line[len(before) :]]
            marks.append(Mark.TEXT)
            marks.extend([Mark.LEAD] * (end - at))
            continue
        lead, end = _lead(lines, at, budget)
        if end:
            marks.extend([lead] * (end - at))
            continue
        marks.append(Mark.TEXT)
    rest = lines[len(marks) :]
    marks.extend(Mark.QUOTE if line[:1] == ">" else Mark.TEXT if line.strip() else Mark.BLANK for line in rest)
    return marks


def _simple(lines: list[str], at: int) -> Mark | None:
    """The mark of a line that says by itself what it is."""
    line = lines[at]
    if is_quoted(line):
        return Mark.QUOTE
    if opens_signature(line):
        return Mark.SIGN
    if is_rule(line):
        return Mark.TEXT if at and is_heading_underline(line, lines[at - 1]) else Mark.RULE
    if is_sent_from(line):
        return Mark.SENT
    if asks_to_reply_above(line):
        return Mark.ABOVE
    return None


def _lead(lines: list[str], at: int, budget: Budget) -> tuple[Mark, int]:
    """(LEAD or FORWARD, line after it) for what stands above a quotation, or (TEXT, 0)."""
    kind = original_message(lines[at])
    if kind:
        return (Mark.FORWARD if kind == "forward" else Mark.LEAD), at + 1
    end = header_block(lines, at)
    if not end:
        end = attribution(lines, at, budget)
    return (Mark.LEAD, end) if end else (Mark.TEXT, 0)


def _is_bare_forward(marks: list[Mark]) -> bool:
    """True if a forward marker comes before any word of the author."""
    for mark in marks:
        if mark in (Mark.TEXT, Mark.QUOTE, Mark.LEAD):
            return False
        if mark is Mark.FORWARD:
            return True
    return False


def _end(lines: list[str], marks: list[Mark]) -> int:
    """The line from which all is someone else's, or a signature."""
    written = False
    at = 0
    while at < len(marks):
        mark = marks[at]
        if mark is Mark.TEXT or mark is Mark.QUOTE:
            written = True
        elif mark is Mark.ABOVE or mark is Mark.SIGN:
            if written:
                return at
        elif mark is Mark.RULE:
            if written and _cuts(lines, marks, at):
                return at
        elif mark is Mark.LEAD or mark is Mark.FORWARD:
            after = _after_leads(marks, at)
            if written and (after == len(marks) or marks[after] is not Mark.QUOTE):
                return at
            at = after
            continue
        at += 1
    return len(marks)


def _after_leads(marks: list[Mark], at: int) -> int:
    """The first line at or after `at` that is neither blank nor a rule nor a lead."""
    while at < len(marks) and marks[at] in (Mark.LEAD, Mark.FORWARD, Mark.BLANK, Mark.RULE):
        at += 1
    return at


def _cuts(lines: list[str], marks: list[Mark], at: int) -> bool:
    """True if a footer, a signature or a lead comes under the rule at `at`, not the next part of a text."""
    under = at + 1
    while under < len(marks) and marks[under] in (Mark.BLANK, Mark.RULE):
        under += 1
    if under == len(marks) or marks[under] in (Mark.LEAD, Mark.FORWARD, Mark.ABOVE, Mark.SIGN):
        return _after_leads(marks, under) == len(marks) or marks[_after_leads(marks, under)] is not Mark.QUOTE
    if marks[under] is not Mark.TEXT:
        return False
    stop = next((n for n in range(under, min(len(marks), under + 80)) if marks[n] in (Mark.LEAD, Mark.FORWARD)), len(marks))
    return looks_like_footer(lines[under:stop]) if stop - under <= 80 else looks_like_footer(lines[under : under + 61])


def _keep(lines: list[str], marks: list[Mark], end: int) -> list[str]:
    """The lines before `end` that are the author's, with the quotes that an answer between them needs."""
    quotes = _quotes(lines, marks, end)
    dropped = bytearray(end)
    for quote in quotes:
        if _goes(quote, quotes, marks, end):
            stop = quote.end
            while stop < end and marks[stop] is Mark.BLANK:
                stop += 1
            dropped[quote.lead : stop] = b"\x01" * (stop - quote.lead)
    kept = [n for n in range(end) if not dropped[n] and marks[n] not in (Mark.LEAD, Mark.FORWARD, Mark.SENT, Mark.ABOVE, Mark.SIGN)]
    while kept and marks[kept[-1]] in (Mark.BLANK, Mark.RULE):
        kept.pop()
    first = 0
    while first < len(kept) and marks[kept[first]] in (Mark.BLANK, Mark.RULE):
        first += 1
    return [lines[n] for n in kept[first:]]


def _quotes(lines: list[str], marks: list[Mark], end: int) -> list[_Quote]:
    """The runs of quoted lines before `end`, blank lines and torn links inside them included."""
    found: list[_Quote] = []
    lead, group, at = -1, 0, 0
    while at < end:
        mark = marks[at]
        if mark in (Mark.LEAD, Mark.FORWARD):
            lead = at if lead < 0 else lead
        elif mark is Mark.QUOTE:
            stop = _quote_end(lines, marks, at, end)
            led = lead >= 0 or _leads_itself(lines, at, stop)
            group += led
            found.append(_Quote(lead if lead >= 0 else at, at, stop, group, led))
            lead, at = -1, stop
            continue
        elif mark is Mark.TEXT:
            lead = -1
        at += 1
    return found


def _quote_end(lines: list[str], marks: list[Mark], at: int, end: int) -> int:
    """The line after the run of quoted lines at `at`."""
    stop = at
    while at < end:
        if marks[at] is Mark.QUOTE:
            stop = at + 1
        elif marks[at] is Mark.TEXT and not (stop == at and at + 1 < end and marks[at + 1] is Mark.QUOTE and _is_torn(lines, at)):
            break
        elif marks[at] not in (Mark.BLANK, Mark.TEXT):
            break
        at += 1
    return stop


def _is_torn(lines: list[str], at: int) -> bool:
    """True for the rest of a quoted link that was broken over two lines."""
    above, line = lines[at - 1][:1000], lines[at][:1000].strip()
    return line.startswith(("(http", "<http")) or (above.rfind("(http") > above.rfind(")")) or (above.rfind("<http") > above[1:].rfind(">") + 1)


def _leads_itself(lines: list[str], start: int, stop: int) -> bool:
    """True if the quotation's own first lines are an attribution or quoted headers, as Apple Mail and Hotmail set them."""
    inner = [unquoted(line) for line in lines[start : min(stop, start + 6)]]
    while inner and not inner[0].strip():
        inner.pop(0)
    if not inner:
        return False
    return bool(original_message(inner[0]) or header_line(inner[0])[0] and header_block(inner, 0) or attribution(inner, 0, Budget(8)))


def _goes(quote: _Quote, quotes: list[_Quote], marks: list[Mark], end: int) -> bool:
    """True if the quotation is not part of what the author says: nothing answers it, or it is one led block."""
    if not any(marks[n] is Mark.TEXT for n in range(quote.end, end)):
        return True
    interleaved = sum(q.group == quote.group for q in quotes) > 1
    return quote.group > 0 and not interleaved
