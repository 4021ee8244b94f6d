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
    part of it each time; what comes after FULL_SCAN lines is taken as one; and an
    `attribution.Budget` bounds the spans compared.
    A forward with nothing added comes back whole, its header lines too, without a signature above it.
"""

from collections import Counter
from dataclasses import dataclass

from gateway.email.attribution import Budget, attribution, shared_line
from gateway.email.quoted_header import bare_original, header_block, header_line, original_message
from gateway.email.reply_html import visible_html as visible_html
from gateway.email.reply_lines import (
    asks_to_reply_above,
    enclosure,
    is_bare_link,
    is_heading_underline,
    is_quoted,
    is_rule,
    is_sent_from,
    looks_like_footer,
    opens_signature,
    overflows,
    plain,
    points_at_sender,
    unquoted,
)

FULL_SCAN = 4000  # lines
_LONGEST_SIGNATURE = 6  # lines above a forward


BLANK, TEXT, QUOTE, RULE, SIGN, SENT, LEAD, FORWARD, ABOVE = range(9)
_LEADS = (LEAD, FORWARD)
_NEVER_KEPT = (LEAD, FORWARD, SENT, ABOVE, SIGN)


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
    if (forward := _bare_forward(lines, marks)) >= 0:
        whole = _lines(text)
        return _joined(whole[whole.index(lines[forward]) :])
    return _joined(_keep(lines, marks, _end(lines, marks)))


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n", FULL_SCAN)


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()


def _mark(lines: list[str]) -> bytearray:
    """A mark for each line. An attribution that shares its line with the reply cuts that line in `lines`."""
    marks = bytearray()
    budget = Budget()
    while (at := len(marks)) < min(len(lines), FULL_SCAN):
        line = lines[at]
        if not line or line.isspace() or (len(line) < 9 and not plain(line)):
            marks.append(BLANK)
            continue
        wrapped, stop = enclosure(lines, at)
        if stop:
            marks.extend([QUOTE if wrapped == ">" else SENT] * (stop - at))
            continue
        simple = _simple(lines, at, marks)
        if simple is not None:
            marks.append(simple)
            continue
        before, end = shared_line(lines, at, budget)
        if end:
            lines[at : at + 1] = [before, line[len(before) :]]
            marks.append(SENT if is_sent_from(before) else TEXT)
            marks.extend([LEAD] * (end - at))
            continue
        lead, end = _lead(lines, at, budget)
        if end:
            if at and marks[at - 1] == TEXT and is_rule(lines[at - 1]):
                marks[at - 1] = RULE  # no heading's underline
            marks.extend([lead] * (end - at))
            continue
        marks.append(TEXT)
    marks.extend(QUOTE if line[:1] == ">" else TEXT for line in lines[len(marks) :])
    for at in range(1, len(marks) - 1):
        if marks[at] == TEXT and marks[at - 1] == QUOTE == marks[at + 1] and overflows(lines[at - 1], lines[at]):
            marks[at] = QUOTE
    return marks


def _simple(lines: list[str], at: int, marks: bytearray) -> int | None:
    """The mark of a line that says by itself what it is."""
    line = lines[at]
    if points_at_sender(line) or (line[:3] == ">>>" and _leads_unmarked(lines, at, marks)):
        return LEAD
    if is_quoted(line):
        return QUOTE
    if opens_signature(line):
        return SIGN
    if is_rule(line):
        return TEXT if at and is_heading_underline(line, lines[at - 1]) else RULE
    sent = is_sent_from(line) and not header_line(line)[0] and not _goes_on_in(lines, at, marks)
    if sent or (at and marks[at - 1] == SENT and is_bare_link(line)):
        return SENT
    if asks_to_reply_above(line):
        return ABOVE
    return None


def _goes_on_in(lines: list[str], at: int, marks: bytearray) -> bool:
    """True for a line in the midst of a paragraph that was wrapped: "… the picture I" / "sent from my phone last night"."""
    above = lines[at - 1] if at and marks[at - 1] == TEXT else ""
    return len(above) >= 50 and plain(lines[at])[:1].islower() and plain(above[-40:])[-1:].isalnum()


def _leads_unmarked(lines: list[str], at: int, marks: bytearray) -> bool:
    """True for GroupWise's `>>> On Monday Bob <bob@example.org> wrote:` above a text that is not quoted."""
    below = next((line for line in lines[at + 1 : at + 4] if line.strip()), ">")
    inside = at > 0 and marks[at - 1] == QUOTE
    if inside or is_quoted(below):
        return False
    return bool(attribution([unquoted(lines[at]), *lines[at + 1 : at + 3]], 0, Budget(8)))


def _lead(lines: list[str], at: int, budget: Budget) -> tuple[int, int]:
    """(LEAD or FORWARD, line after it) for what stands above a quotation, or (TEXT, 0)."""
    kind = original_message(lines[at]) or bare_original(lines, at)
    if kind:
        return (FORWARD if kind == "forward" else LEAD), at + 1
    end = header_block(lines, at) or _addressed(lines, at, budget)
    if not end:
        end = attribution(lines, at, budget)
    return (LEAD, end) if end else (TEXT, 0)


def _addressed(lines: list[str], at: int, budget: Budget) -> int:
    """The line after Yandex' `To: Bob;` and `Subject: Hello;` with the attribution below them, or 0."""
    below = at
    while (
        below - at < 4 and below < len(lines) and lines[below].rstrip().endswith(";") and header_line(lines[below])[0]
    ):
        below += 1
    return attribution(lines, below, budget) if at < below < len(lines) else 0


def _bare_forward(lines: list[str], marks: bytearray) -> int:
    """The line of a forward marker that comes before any word of the author, other than a signature; else -1."""
    signed = 0
    for at, mark in enumerate(marks):
        if mark == FORWARD:
            return at
        if mark in (QUOTE, LEAD) or (mark == TEXT and not (0 < signed <= _LONGEST_SIGNATURE and _signs(lines[at]))):
            return -1
        signed += mark == SIGN or (mark == TEXT and signed > 0)
    return -1


def _signs(line: str) -> bool:
    """True for a line as signatures have them: short, and no sentence."""
    return len(line) <= 60 and plain(line)[-1:] not in ".!?,:;…"


def _end(lines: list[str], marks: bytearray) -> int:
    """The line from which all is someone else's, or a signature."""
    written = False
    at = 0
    while at < len(marks):
        mark = marks[at]
        if mark in (TEXT, QUOTE):
            written = True
        elif mark in (ABOVE, SIGN):
            if written:
                return at
        elif mark == RULE:
            under = _under_rule(marks, at)
            if written and _cuts(lines, marks, under) and not _parts_a_text(lines, marks, at, under):
                return at
            at = under
            continue
        elif mark in (LEAD, FORWARD):
            after = _after_leads(marks, at)
            if written and (after == len(marks) or marks[after] != QUOTE):
                return at
            at = after
            continue
        at += 1
    return len(marks)


def _after_leads(marks: bytearray, at: int) -> int:
    """The first line at or after `at` that is neither blank nor a rule nor a lead."""
    while at < len(marks) and marks[at] in (LEAD, FORWARD, BLANK, RULE):
        at += 1
    return at


def _under_rule(marks: bytearray, at: int) -> int:
    """The first line after the rule at `at` that is neither blank nor a rule."""
    while at < len(marks) and marks[at] in (BLANK, RULE):
        at += 1
    return at


def _parts_a_text(lines: list[str], marks: bytearray, at: int, under: int) -> bool:
    """True for the `* * *` that stands between two parts of a story; no program draws it above a footer."""
    return lines[at].split() == ["*"] * 3 and under < len(marks) and marks[under] == TEXT


def _cuts(lines: list[str], marks: bytearray, under: int) -> bool:
    """True if a footer, a signature or a lead begins at `under`, below a rule, and not the next part of a text."""
    if under == len(marks) or marks[under] in (LEAD, FORWARD, ABOVE, SIGN):
        return _after_leads(marks, under) == len(marks) or marks[_after_leads(marks, under)] != QUOTE
    if marks[under] != TEXT or lines[under].startswith(("#", "- ", "* ")):
        return False
    stop = next((n for n in range(under, min(len(marks), under + 80)) if marks[n] in _LEADS), len(marks))
    return looks_like_footer(lines[under:stop]) if stop - under <= 80 else looks_like_footer(lines[under : under + 61])


def _keep(lines: list[str], marks: bytearray, end: int) -> list[str]:
    """The lines before `end` that are the author's, with the quotes that an answer between them needs."""
    quotes = _quotes(lines, marks, end)
    in_group = Counter(quote.group for quote in quotes)
    last_words = marks.rfind(TEXT, 0, end)
    dropped = bytearray(end)
    for quote in quotes:
        if quote.led and all(_is_bare_mark(lines[n]) for n in range(quote.lead, quote.start)):
            below = quote.start + _own_lead(lines, quote.start, quote.end)
            dropped[quote.start : below] = b"\x01" * (below - quote.start)
    for quote in quotes:
        unanswered = quote.end > last_words and (quote.group or quote is quotes[-1])
        if unanswered or (quote.group and in_group[quote.group] == 1):
            stop = quote.end
            while stop < end and marks[stop] == BLANK:
                stop += 1
            dropped[quote.lead : stop] = b"\x01" * (stop - quote.lead)
    kept: list[int] = []
    gap = False  # something was left out here; the blank lines on its two sides become those of one side
    for n in range(end):
        if dropped[n] or marks[n] in _NEVER_KEPT:
            gap = True
        elif not (gap and marks[n] == BLANK and kept and marks[kept[-1]] == BLANK):
            gap = False
            kept.append(n)
    while kept and marks[kept[-1]] in (BLANK, RULE):
        kept.pop()
    first = 0
    while first < len(kept) and marks[kept[first]] in (BLANK, RULE):
        first += 1
    return [lines[n] for n in kept[first:]]


def _is_bare_mark(line: str) -> bool:
    return not line.strip() or bool(original_message(line))


def _quotes(lines: list[str], marks: bytearray, end: int) -> list[_Quote]:
    """The runs of quoted lines before `end`, blank lines and torn links inside them included."""
    found: list[_Quote] = []
    lead, group, at = -1, 0, 0
    while at < end:
        mark = marks[at]
        if mark in _LEADS:
            lead = at if lead < 0 else lead
        elif mark == QUOTE:
            stop = _quote_end(lines, marks, at, end)
            led = lead >= 0 or _leads_itself(lines, at, stop)
            group += led
            found.append(_Quote(lead if lead >= 0 else at, at, stop, group, led))
            lead, at = -1, stop
            continue
        elif mark == TEXT:
            lead = -1
        at += 1
    return found


def _quote_end(lines: list[str], marks: bytearray, at: int, end: int) -> int:
    """The line after the run of quoted lines at `at`."""
    stop = at
    while at < end:
        if marks[at] == QUOTE:
            stop = at + 1
        elif (
            marks[at] == TEXT and not (stop == at and at + 1 < end and marks[at + 1] == QUOTE and _is_torn(lines, at))
        ) or marks[at] not in (BLANK, TEXT):
            break
        at += 1
    return stop


def _is_torn(lines: list[str], at: int) -> bool:
    """True for the rest of a quoted link that was broken over two lines."""
    above, line = lines[at - 1][:1000], lines[at][:1000].strip()
    return (
        line.startswith(("(http", "<http"))
        or (above.rfind("(http") > above.rfind(")"))
        or (above.rfind("<http") > above[1:].rfind(">") + 1)
    )


def _leads_itself(lines: list[str], start: int, stop: int) -> bool:
    """True if the quotation's own first lines are an attribution or quoted headers, as Apple Mail and Hotmail set them."""
    return _own_lead(lines, start, stop) > 0


def _own_lead(lines: list[str], start: int, stop: int) -> int:
    """How many of the quotation's first lines lead it, the blank ones below included; 0 if none."""
    inner = [unquoted(line) for line in lines[start : min(stop, start + 6)]]
    first = next((n for n, line in enumerate(inner) if line.strip()), len(inner))
    inner = inner[first:]
    if not inner:
        return 0
    led = bool(original_message(inner[0])) or (
        (header_line(inner[0])[0] and header_block(inner, 0)) or attribution(inner, 0, Budget(8))
    )
    if not led:
        return 0
    below = start + first + int(led)
    while below < stop and not unquoted(lines[below]).strip():
        below += 1
    return below - start
