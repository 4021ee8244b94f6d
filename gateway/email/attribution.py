"""Where a line such as "On Monday, Bob <bob@…> wrote:" stands, in any language and wrapped over several lines.

No pattern per client and language: a span of lines is an attribution by what it holds. It ends in a colon or in a word for
"wrote", and it holds a date, an address, or both; or it names somebody who wrote and a quotation follows. A `Budget`
bounds the number of spans looked at, so that a body made of near misses costs no more than a letter.
"""

from dataclasses import dataclass

from gateway.email import reply_words as words
from gateway.email.attribution_dates import groups, has_clock, has_year, is_dated, is_old
from gateway.email.quoted_header import header_line
from gateway.email.reply_lines import is_quoted, is_rule, plain

_MOST_LINES = 7
_LONGEST_SPAN = 500
_TAIL = ("<", "(<", "[mailto")
_DASHES = "-‐—–_=*~ "
_BREAKS = str.maketrans(dict.fromkeys("\"'«»„“”‘’<>()[]{},;:：*", " "))
_NO_BREAKS = str.maketrans(dict.fromkeys("\"'«»„“”‘’<>[]{},;:：*", " "))


@dataclass(slots=True)
class Budget:
    """How many more spans of one body may be looked at closely."""

    spans: int = 2000

    def spend(self) -> bool:
        """True while there is some left."""
        self.spans -= 1
        return self.spans >= 0


def attribution(lines: list[str], start: int, budget: Budget) -> int:
    """The line after the attribution that begins with line `start`, or 0."""
    first = plain(lines[start])
    if not first or len(lines[start]) > _LONGEST_SPAN:
        return 0
    if not _may_begin(first) and not _is_name_above_address(lines, start):
        return 0
    firm = _begins_firmly(first)
    opened = is_dated(first) or (firm and "<" in first)
    span, blank, breaks = "", False, []
    for at in range(start, min(len(lines), start + _MOST_LINES)):
        line = plain(lines[at])
        if not line:
            if blank or not span:
                return 0
            blank = True
            continue
        torn = _unfinished(span)
        if at > start and not torn and _ends_the_span(lines[at], line, blank, opened):
            return 0
        if at > start and not torn and not line.startswith(_TAIL) and not _awaits(span, line):
            breaks.append(len(span) + 1)
        span, blank = f"{span} {line}" if span else line, False
        if len(span) > _LONGEST_SPAN or not budget.spend():
            return 0
        if at > start and not torn and not line.startswith(_TAIL) and _begins_anew(line, span[: -len(line)], opened):
            return 0
        if _may_end(span if line[-1] == ")" else line) and _is_attribution(span, _quote_follows(lines, at + 1)):
            if any("@" not in span[:n] and budget.spend() and _is_whole(span[n:], firm) for n in breaks):
                return 0
            return _with_its_end(lines, at)
        if _bare_dated(span) and _quote_follows(lines, at + 1):
            return at + 1
        if line[-1] in ".!?" and len(_last_word(line)) > 5 and not line[-2].isdigit() and not torn:
            return 0
    return 0


def _awaits(span: str, line: str) -> bool:
    """True if the date at the end of `span` goes on in `line`: with the hour, or with the year."""
    if _last_word(span) in words.HOUR_WORDS:
        return line[0].isdigit()
    year = line.split(None, 1)[0].rstrip(",")
    return len(year) == 4 and year.isdigit() and _starts_dated(span.lower()) and groups(span) > 0 and not has_year(span)


def _ends_the_span(source: str, line: str, blank: bool, opened: bool) -> bool:
    """True for a line that no attribution runs into: a quotation, a rule, quoted headers, or words below a blank line."""
    return (blank and not _goes_on(line, opened)) or is_quoted(source) or is_rule(line) or bool(header_line(line)[0])


def _is_whole(rest: str, firm: bool) -> bool:
    """True if the last lines of a span are an attribution without what stands above them, which was the reply then."""
    if rest.split(None, 1)[0].lower() in words.VERBS - words.OPENERS or not _is_attribution(rest, False):
        return False
    return not firm or (is_dated(rest) and _begins_firmly(rest))


def _with_its_end(lines: list[str], at: int) -> int:
    """The line after `at`, or after the short rest that stands below it where the colon is missing: `a écrit` / `:`."""
    below = plain(lines[at + 1]) if at + 1 < len(lines) else ""
    ends = below.endswith((":", "：")) or ("news:" in below and below.endswith("..."))
    torn = ends and plain(lines[at])[-1] not in ":：" and len(below.split()) <= 4
    return at + 2 if torn and not is_quoted(lines[at + 1]) else at + 1


def _goes_on(line: str, opened: bool) -> bool:
    """True for a line that carries an attribution on over a blank line: an address, or the word for "wrote"."""
    if line[0] == "<" or not opened:
        return line[0] == "<"
    return ("<" in line and "@" in line) or (len(line.split()) <= 3 and _last_word(line) in words.VERBS)


def _begins_firmly(first: str) -> bool:
    """True for a beginning that only attributions have: a word for "on", a date, a weekday, or `Name <address>`."""
    if _is_bare_number(first):
        return False
    dated = is_dated(first)
    if dated or (groups(first) >= 2 and any(c.isdigit() for c in first[:32])):
        head = (first.lstrip("-‐—–*( ") or "?").split(None, 1)[0].lower()
        if any(c.isdigit() for c in head) or head.strip(".,") in words.ON_WORDS:
            return True
        if dated and 2 <= len(head) <= 7 and head[-1] in ".,،" and (head.rstrip(".,").isalpha() or not head.isascii()):
            return True  # a weekday, shortened
    if first.split(None, 1)[0].lower() in words.OPENERS:
        return True
    if has_year(first) and has_clock(first) and len(first.split()) <= 14 and first[-1] not in "?!":
        return True
    name, bracket, address = first.partition("<")
    addressed = bool(bracket) and ("@" in address or not address.strip())
    return addressed and len(name.split()) <= 5 and not any(_ends_sentence(word) for word in name.split())


def _is_bare_number(first: str) -> bool:
    """True for a telephone number or an amount, which no date is: no letters, no year, no `3/6/24`."""
    return not any(c.isalpha() for c in first) and not is_dated(first)


def _ends_sentence(word: str) -> bool:
    """True for a word that no name holds: `Yes.`, `Bob!`, but not `Dr.` or `bob@example.org`."""
    return any(c in word for c in "!?:") or (word[-1] == "." and len(word) > 4)


def _is_name_above_address(lines: list[str], at: int) -> bool:
    """True for the first line of `Bob Reader` / `<bob@example.org> wrote:`."""
    below = plain(lines[at + 1]) if at + 1 < len(lines) else ""
    return below[:1] in ("<", "(") and "@" in below and len(lines[at].split()) <= 10


def _begins_anew(line: str, span: str, firm: bool) -> bool:
    """True for a line that begins an attribution of its own, which the lines above it (`span`) are then no part of."""
    head = line.split(None, 1)[0].strip(".,-").lower()
    dated = any(c.isdigit() for c in line[:25]) and "@" not in line[:25]
    if firm:
        again = dated and head in words.ON_WORDS and has_year(line) and has_year(span)
        usual = head in ("on", "am", "le", "el", "il", "em", "op", "den") and dated and ":" in line
        in_midst = _last_word(span) in _ANY_VERB or ("@" in span and span.rstrip()[-1] not in ">)")
        return again or (usual and groups(line) >= 3 and not in_midst)
    return head in words.ON_WORDS and dated and groups(line) >= 2


def shared_line(lines: list[str], start: int, budget: Budget) -> tuple[str, int]:
    """(text before, line after) where an attribution shares its first line with the reply, else ("", 0)."""
    line = lines[start]
    if len(line) > 4000:
        return "", 0
    for mark in (" On ", "-On ", " Am ", " Le ", " El ", " Op "):
        at = line.rfind(mark)
        if at <= 0 or not budget.spend():
            continue
        before, rest = line[: at + 1].rstrip(_DASHES), line[at + 1 :]
        if (
            not before.strip()
            or before.strip(" .,").lower() in words.ON_WORDS
            or not any(c.isdigit() for c in rest[:40])
        ):
            continue
        end = attribution([rest, *lines[start + 1 : start + _MOST_LINES]], 0, budget)
        if end and groups(rest) >= 2 and (":" in rest[:-1] or _quote_follows(lines, start + end)):
            return before, start + end
    return "", 0


def _may_begin(first: str) -> bool:
    """False for what begins no attribution: cheap, for nearly every line is of this kind."""
    if first[-1] in ":：" or first[-1] in "-—–*":
        return True
    if any(c.isdigit() for c in first[:60]) or "<" in first or "@" in first:
        return True
    head = first.split(None, 1)[0].strip(".,-").lower()
    if head in words.ON_WORDS or head in words.OPENERS:
        return True
    return len(first) <= 90 and any(_is_verb(word.rstrip(":").lower()) for word in first.split())


def _may_end(line: str) -> bool:
    seen = line.rstrip(_DASHES)
    shown = _shown(seen)
    return bool(seen) and (
        shown[-1:] in (":", "：")
        or shown != seen
        or (seen.endswith("...") and "news:" in seen)
        or _is_notes_line(seen)
        or seen[:10].lower() == "posted by "
        or _last_word(seen) in _ANY_VERB
        or seen.endswith(words.JOINED_VERBS)
    )


_ANY_VERB = words.VERBS | words.WEAK_VERBS


def _shown(core: str) -> str:
    """An attribution without what some write behind its verb: a date in brackets, three dots."""
    if core.endswith(")") and (at := core.rfind("(")) > 0:
        inner = core[at + 1 : -1]
        return core[:at].rstrip() if is_dated(inner) and has_clock(inner) and len(inner) < 60 else core
    bare = core.rstrip(".… ")
    return f"{bare}:" if core.endswith(("...", "…")) and _last_word(bare) in _ANY_VERB else core


def _last_word(line: str) -> str:
    tail = line[-40:].rstrip(" :：*_-").rsplit(None, 1)
    return tail[-1].rstrip(":：,.").lower().rpartition(">")[2] if tail else ""


def _unfinished(span: str) -> bool:
    """True if an address is open at the end: `Bob <` or `Bob <bob@`."""
    if span.count("<") <= span.count(">"):
        return False
    after = span[span.find("<") + 1 :].lstrip()
    return not after or after[0].isalnum()


def _quote_follows(lines: list[str], at: int) -> bool:
    for line in lines[at : at + 4]:
        if line.strip():
            return is_quoted(line)
    return False


def _is_notes_line(seen: str) -> bool:
    """True for Notes' `Bob Reader ---03.06.2024 10:11:12---The first words of the mail`."""
    name, _, rest = seen.partition(" ---")
    date = rest.partition("---")[0]
    return bool(name) and len(name) < 60 and 8 < len(date) < 30 and has_clock(date) and is_dated(date)


def _bare_dated(span: str) -> bool:
    """True for Gmail's old form without verb and colon: `2011/4/7 Bob <bob@example.com>`, `2016-03-03 17:21 GMT+01:00 Bob`."""
    head = span[:10]
    iso = len(head) >= 8 and head[:4].isdigit() and head[4] in "-/." and head[5].isdigit()
    return iso and len(span.split()) <= 12 and (span.endswith(">") or groups(span) >= 5)


def _is_attribution(span: str, quoted: bool) -> bool:
    """True if the whole span reads as an attribution; `quoted` says that a quotation follows it."""
    core = span.strip(_DASHES)
    if (shown := _shown(core)) != core:
        opens = core.split(None, 1)[0].lower() in words.OPENERS or _last_word(shown) in _ANY_VERB
        if opens and (quoted or "@" in core):
            return _is_attribution(f"{shown.rstrip(':')}:", quoted) or (quoted and is_dated(core))
    if ">. " in core:
        return False
    low = core.replace("İ", "i").lower()
    if "@" not in core and not has_clock(core) and is_old(core):
        return False
    colon = core.endswith((":", "：", "：")) or low.endswith(":*")
    tokens = low.translate(_NO_BREAKS).split()
    after = _words_after_verb(tokens, low)
    starts = _starts_dated(low)
    numbers, address = groups(core), "@" in core or "<" in core
    if after >= 0 and address and core.endswith("...") and "news:" in low:
        return True  # Outlook Express: `"Bob" <bob@example.org> wrote in message news:abc@example.org...`
    if _is_notes_line(core):
        return True
    if after < 0:
        return _verbless(core, low, colon, starts, numbers, address, quoted)
    if span[0] in "-‐—–" and span[-1] in "-‐—–":
        return after <= 1
    if not colon and after:
        return False
    if address and (colon or not after):
        return after <= 40
    if after <= 1 and not quoted and not address and not words.FIRST_PERSON.isdisjoint(tokens[-2:]):
        return False
    if after and not quoted and not address and not has_clock(core) and tokens[-after] in words.ARTICLES:
        return False
    if after == 0 and numbers == 0 and not address and _is_saying(core):
        return False
    if after <= 3 and ((starts and numbers >= 2) or (quoted and len(tokens) <= 14) or numbers >= 4):
        return True
    if after <= 12 and starts and numbers >= 3 and colon:
        return True
    if after <= 8 and ((starts and numbers >= 2) or numbers >= 5 or (quoted and numbers >= 2 and len(tokens) <= 14)):
        return True
    return after <= 14 and groups(" ".join(tokens[-after:])) >= 3


def _is_saying(core: str) -> bool:
    """True for "As the poet says": nobody is named."""
    tokens = core.rstrip(":： ").split()
    says = tokens[0].lower() in ("as", "like") and tokens[-1].lower() in ("says", "said")
    return says and all(token.islower() for token in tokens[1:])


def _words_after_verb(tokens: list[str], low: str) -> int:
    """How many words come after the word for "wrote", or -1 if there is none."""
    for back, token in enumerate(reversed(tokens)):
        if _is_verb(token):
            return back
    if tokens and (tokens[-1] in words.WEAK_VERBS or tokens[-1].rpartition(")")[2] in words.VERBS):
        return 0
    joined = low.rstrip(":： ")
    if joined.endswith(words.JOINED_VERBS):
        return 0
    return 2 if any(verb in joined for verb in words.JOINED_VERBS) else -1


def _is_verb(token: str) -> bool:
    """True for a word for "wrote", also with its other gender behind it: `napsal(a)`, `написао/ла`."""
    verbs = words.VERBS
    if token in verbs or token.rstrip("-.") in verbs or token.strip("()") in verbs:
        return True
    return token.partition("(")[0] in verbs or token.partition("/")[0].rstrip("-") in verbs


def _starts_dated(low: str) -> bool:
    tokens = low.translate(_BREAKS).split(None, 2)
    if not tokens:
        return False
    head = tokens[0].strip(".,-")
    return (
        low[0].isdigit()
        or head in words.ON_WORDS
        or (head[:3] in words.ON_WORDS and any(c.isdigit() for c in low[:24]))
    )


def _verbless(core: str, low: str, colon: bool, starts: bool, numbers: int, address: bool, quoted: bool) -> bool:
    count = len(low.split())
    starts = starts or low.split(None, 1)[0] in words.OPENERS
    if low.startswith("posted by ") and count <= 10:
        return numbers >= 2
    if quoted and colon and address and count <= 8 and "@" in core:
        return True
    if not colon or count > 24 or numbers < 3:
        return False
    starts = starts or any(c.isdigit() for c in core[:14])
    if (starts or count <= 12) and numbers >= 5 and any(zone in core for zone in (" UTC+", " UTC-", " GMT+", " GMT-")):
        return True
    if address and (starts or quoted):
        return True
    if "@" in core and "<" in core and (numbers >= 4 or core.endswith("]:")):
        return True
    return quoted and (starts or (numbers >= 4 and count <= 14))
