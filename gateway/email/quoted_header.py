"""Where a client's block of quoted headers, or its "Original Message" line, begins and ends.

Outlook, Yahoo, Hotmail, Windows Mail, AOL and others write the original's From, Sent, To and Subject above it, in the
language of the reader, bold or not, wrapped or not, with a rule above or not.
"""

from gateway.email import reply_words as words
from gateway.email.attribution_dates import has_clock, has_year, is_dated
from gateway.email.reply_lines import LONGEST, plain

_EDGE = "*_-‐—–=~#>|+ "
_TITLE_EDGES = ("---", "___", "===", "***")
_BY = (" by ", " von ", " par ", " da ", " por ", " door ", " av ", " af ", " przez ", " от ", " від ")
_MOST_LINES = 40  # lines of one block, wrapped addressees included
_MOST_WRAPPED = 4  # lines of one wrapped value


def header_block(lines: list[str], start: int) -> int:
    """The line after the header block at `start`, or 0. Two different headers make one if one of them is From or Date."""
    if _is_one_line_block(lines[start]) or _is_notes_table(lines, start):
        return start + 1
    if _is_letterhead(lines, start):
        return start + 2
    roles: set[str] = set()
    values: list[str] = []
    end = start
    foreign = _is_foreign_sender(lines, start)
    wrapped = blanks = 0
    for at in range(start, min(len(lines), start + _MOST_LINES)):
        line = lines[at]
        role, value = header_line(line)
        if role:
            roles.add(role)
            values.append(value)
            end, wrapped, blanks = at + 1, 0, 0
            if len(values) > 6 and len(roles) < 2:
                return 0
        elif at == start and foreign:
            roles.add("from")
        elif at == start:
            return 0
        elif not line.strip():
            blanks += 1
            if blanks > 1:
                break
        else:
            wrapped += 1
            if blanks or wrapped > _MOST_WRAPPED:
                break
    bold = plain(lines[start])[:1] == "*" and {"from", "date"} <= roles and any(c.isdigit() for v in values for c in v)
    return end if bold or _is_block(roles, values) else 0


def _is_foreign_sender(lines: list[str], start: int) -> bool:
    """True for `Label: Bob <bob@example.org>` with a label that is not known, where all others stand below, the date with its clock."""
    label, colon, value = lines[start][:LONGEST].partition(":")
    if not colon or "@" not in value or "<" not in value or len(label) > 24 or len(label.split()) > 2:
        return False
    below = dict(header_line(line) for line in lines[start + 1 : start + 8])
    complete = has_clock(below.get("date", "")) and "@" in below.get("to", "") and "subject" in below
    return complete and not header_line(lines[start])[0]


def _is_one_line_block(line: str) -> bool:
    """True for `*From:* Bob *Sent:* Monday *To:* Alice *Subject:* Hello`, as some programs join what was a table."""
    if not header_line(line)[0] or line.count(":", 0, 600) < 2:
        return False
    tokens = plain(line).split()
    labels = [a if b in (":", "*:*") else b for a, b in zip(["", *tokens], tokens, strict=False) if ":" in b[-3:]]
    named = {words.LABELS.get(label.strip("*_:：").lower(), "") for label in labels[:20]}
    if {"from", "date"} <= named and "@" in line[:400]:
        return True
    return len(named - {"", "other", "cc"}) >= 3 and bool(named & {"from", "date"}) and "subject" in named


def _is_notes_table(lines: list[str], start: int) -> bool:
    """True for the border that Lotus Notes draws above `| From: |`."""
    if not lines[start].startswith("|--") or lines[start][:80].rstrip().strip("|->"):
        return False
    below = lines[start + 1] if start + 1 < len(lines) else ""
    return bool(header_line(below)[0])


def _is_letterhead(lines: list[str], start: int) -> bool:
    """True for how Notes opens a mail it quotes: a name, a date, and labels alone on their lines (`To`, `cc`, `Subject`)."""
    if len(lines[start]) > 100 or start + 1 == len(lines) or not is_dated(lines[start + 1][:60]):
        return False
    below = (plain(line).lower() for line in lines[start + 2 : start + 16] if not line.isspace() and line)
    roles = (words.LABELS.get(line, "") if len(line) < 24 else "" for line in below)
    return next(roles, "") == "to" and "subject" in roles


def _is_block(roles: set[str], values: list[str]) -> bool:
    named = roles - {"other"}
    if len(named) < 2 or not named & {"from", "date"}:
        return False
    if len(named) >= 3 and "subject" not in named:
        return any("@" in value or has_clock(value) or has_year(value) for value in values)
    if len(named) >= 3:
        return any(c.isdigit() or c == "@" for value in values for c in value) or {"from", "subject"} <= named
    return any("@" in value or "mailto:" in value for value in values) or named == {"from", "subject"}


def header_line(line: str) -> tuple[str, str]:
    """(role, value) of a line such as `*Von:* Alice`, or two empty strings."""
    colon = line.find(":", 0, 48)
    wide = line.find("：", 0, 48)
    if wide >= 0 and (colon < 0 or wide < colon):
        colon = wide
    if colon <= 0:
        return "", ""
    label = plain(line[:colon]).strip("*_ []|").lower()
    role = words.LABELS.get(label, "")
    return (role, line[colon + 1 : colon + 400]) if role else ("", "")


def original_message(line: str) -> str:
    """`original` or `forward` for the line that a client draws above the whole earlier message, else an empty string."""
    if line[:4] in ("----", "____", "====") and (joined := _joined_title(line[:LONGEST])):
        return joined
    if len(line) > 160:
        return ""
    seen = plain(line.replace("&nbsp;", " "))
    if seen and seen[0] in _EDGE:
        inner = seen.strip(_EDGE).replace("İ", "i").lower()
        drawn = sum(seen[:8].count(c) for c in "-‐_=—–")
        decorated = (drawn >= 2 and (drawn >= 5 or seen[-1] in _EDGE)) or _is_starred(seen)
        if not decorated or len(inner) > 90:
            return _opening(inner)
        return _kind(inner) or ("original" if drawn >= 5 and _names_its_sender(inner) else "")
    return _opening(seen.replace("İ", "i").lower()) if seen else ""


def _is_starred(seen: str) -> bool:
    """True for `***** Original Message *****`: people set three stars around any words of their own."""
    return seen[:5] == seen[-5:] == "*****" and len(seen.strip(_EDGE).split()) <= 2


def _names_its_sender(inner: str) -> bool:
    """True for Horde's `Message from Bob Reader <bob@example.org>`, in any language, with nothing else."""
    name, bracket, address = inner.partition("<")
    tokens = name.split()
    by = next((n for n, token in enumerate(tokens[1:5], 1) if words.LABELS.get(token) == "from"), 0)
    message = by > 0 and any(stem in tokens[by - 1] for stem in words.MESSAGE_STEMS)
    return message and bool(bracket) and "@" in address and " " not in address and len(tokens) - by <= 6


def _joined_title(line: str) -> str:
    """The kind of `----- Original Message -----From: Bob …`, which lost the end of its line."""
    body = line.lstrip("-_= ")
    title, dashes, rest = body[:80].partition(line[:3])
    if not dashes or not header_line(body[len(title) :].lstrip("-_= "))[0]:
        return ""
    return _kind(title.strip().lower()) if rest else ""


def bare_original(lines: list[str], at: int) -> str:
    """As `original_message`, for a line without dashes, or in words not known, which says so only with a header block below."""
    low = plain(lines[at]).lower().rstrip(":： ") if len(lines[at]) <= 90 else ""
    kind = _kind(low) if low and len(low.split()) <= 4 and len(low) <= 60 else ""
    if not kind and low[:3] in _TITLE_EDGES and low[-3:] == low[:3] and len(low.split()) <= 8:
        kind = "original" if low.strip(_EDGE) else ""
    if not kind:
        return ""
    for below in range(at + 1, min(len(lines), at + 4)):
        if header_line(lines[below])[0]:
            return kind if header_block(lines, below) else ""
        if lines[below].strip("-_=* \t\r"):
            return ""
    return ""


def _kind(inner: str) -> str:
    if not inner:
        return ""
    message = any(stem in inner for stem in words.MESSAGE_STEMS)
    if any(stem in inner for stem in words.FORWARD_STEMS) and (
        message or "@" in inner or any(by in inner for by in _BY)
    ):
        return "forward"
    if inner == "original" or inner in words.ORIGINAL_TITLES:
        return "original"
    if message and any(stem in f" {inner} " for stem in words.ORIGINAL_STEMS) and len(inner.split()) <= 7:
        return "original"
    return ""


def _opening(low: str) -> str:
    if len(low) > 100:
        return ""
    if low[-1:] in (":", "：") and _opens_with(low, words.FORWARD_OPENINGS):
        return "forward"
    if low.startswith(words.ORIGINAL_OPENINGS) and (low.endswith(":") or "david" in low):
        return "original"
    return ""


def _opens_with(low: str, phrases: tuple[str, ...]) -> bool:
    """True for one of the phrases, whole, with at most three words behind it."""
    rests = (low[len(phrase) :].rstrip(":： ") for phrase in phrases if low.startswith(phrase))
    return any(not rest[:1].isalnum() and len(rest.split()) <= 3 for rest in rests)
