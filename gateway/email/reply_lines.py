"""What one line of a mail is by itself: blank, quoted, a rule, a signature's beginning, "Sent from my …".

Every function looks at a bounded number of characters of one line, so that the length of a line costs nothing.
"""

import re
from collections.abc import Callable

from gateway.email import reply_words as words

LONGEST = 400  # characters: no attribution, header or "Sent from" line is longer
_UNSEEN = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0xAD])
_UNSEEN |= {0xA0: " ", 0x202F: " ", 0x3000: " ", 0x09: " "}
_UNSEEN |= dict.fromkeys(map(ord, "︓﹕፦៖։․׃՝"), ":")  # what other scripts end an attribution with
_BRACKETS = str.maketrans({**dict.fromkeys("[](){}<>", ""), "，": ", ", "、": ", ", "。": ". "})
_EXCUSES = (
    "excuse",
    "sorry",
    "pardon",
    "forgive",
    "typo",
    "brevity",
    "entschuld",
    "kürze",
    "désolé",
    "disculp",
    "perdón",
    "scus",
    "desculp",
    "perdon",
    "brevit",
    "brièveté",
    "verontsch",
    "ursäkt",
    "undskyld",
    "beklag",
    "извин",
    "przepra",
    "omluv",
    "elnéz",
    "scuz",
    "原谅",
    "原諒",
)
_ESCAPED = frozenset(["\\-", "\\_", "\\*", "\\#", "\\=", "\\+"])  # as Markdown has them that was made from HTML
_RULE = frozenset("-_=~*#+—–‐‑−―─━═⸺⸻ᐧ.·•")
_SENTENCE_MARKS = "?？؟；،"
_SHORT_DEVICE = re.compile(rf"(?<![a-zß-ɏ])(?:{'|'.join(words.SHORT_DEVICES)})(?![a-zß-ɏ])")
_LISTS = ("list", "unsubscribe", "@", "http", "reply to this email", "disclaimer", "confidential")


def plain(line: str) -> str:
    """The line's words as they are seen: no bidirectional marks, one kind of blank, trimmed."""
    seen = line[:LONGEST].translate(_UNSEEN).strip()
    return seen[1:] if seen[:2] in _ESCAPED else seen


def folded(line: str) -> str:
    """`plain`, in lower case, the Turkish dotted capital too."""
    return plain(line).replace("İ", "i").lower()


def is_quoted(line: str) -> bool:
    """True for `> text`, `| text`, `JD> text`; not for a line that points with `<<<` or for a table's row."""
    head = line[:80].lstrip()
    if head.startswith((">", "&gt;")):
        return not line[-80:].rstrip().endswith("<<<")
    if head.rstrip() == "|":
        return True
    if head.startswith("| "):
        return not line[-80:].rstrip().endswith("|") and "|" not in line[len(line[:80]) - len(head) + 1 : LONGEST]
    initials, mark, rest = head.partition(">")
    named = initials.isalpha() and (initials.istitle() or (initials.isupper() and len(initials) <= 3))
    return bool(mark) and len(initials) <= 12 and named and rest[:1] in ("", " ", ">")


def points_at_sender(line: str) -> bool:
    """True for GroupWise's `>>> Bob <bob@example.org> 01/01/2025 3:00 PM >>>`."""
    seen = line[:LONGEST].strip()
    return (
        seen.startswith(">>> ")
        and seen.endswith(" >>>")
        and len(seen) > 12
        and any(c.isdigit() or c == "@" for c in seen)
    )


def enclosure(lines: list[str], at: int) -> tuple[str, int]:
    """(">", line after) for text between lines of `>>>` and `<<<`, ("-", line after) for OpenPGP's armour, else ("", 0)."""
    line = lines[at]
    if line.startswith("-----BEGIN PGP SIGNATURE"):
        return "-", _after(lines, at, lambda other: other.startswith("-----END PGP")) or at + 1
    if line.startswith("-----BEGIN PGP SIGNED"):
        return "-", _after(lines, at, lambda other: not other.strip()) or at + 1
    if line.startswith(">>>") and not line[:80].strip("> "):
        stop = _after(lines, at, lambda other: other.startswith("<<<") and not other[:80].strip("< "))
        return (">", stop) if stop else ("", 0)
    return "", 0


def _after(lines: list[str], at: int, ends: Callable[[str], bool]) -> int:
    """The line after the first of the next hundred that `ends` is true of, or 0."""
    return next((n + 1 for n in range(at + 1, min(len(lines), at + 100)) if ends(lines[n])), 0)


def overflows(above: str, line: str) -> bool:
    """True if `line` is what a relay wrapped off the quoted line above it, and left without its mark."""
    if above[-80:].rstrip().endswith("=") and len(above) >= 60:
        return True  # quoted-printable that nobody decoded
    seen, end = plain(line), plain(above[-40:])
    return len(above) >= 60 and len(seen) < 60 and seen[:1].islower() and end[-1:] not in ".?!:;…)"


def unquoted(line: str) -> str:
    """The line without its quotation marks."""
    return line[:LONGEST].lstrip("> \t|\xa0")


def is_rule(line: str) -> bool:
    """True for a line drawn of dashes, underscores, stars …, two or more."""
    seen = plain(line).replace(" ", "") if len(line) <= LONGEST else ""
    if seen and not seen.strip(".·•"):
        return len(seen) >= 6
    if "+" in seen and seen.strip("+"):
        return False  # a table's border
    return (len(seen) >= 2 and _RULE.issuperset(seen)) or seen in ("ᐧ", "-", "_", "–", "―", "⸻")


def is_heading_underline(line: str, above: str) -> bool:
    """True where Markdown reads `line` as the underline of the heading `above`."""
    mark, title = line.strip(), plain(above)
    if not title or not mark or mark.strip(mark[0]) or mark[0] not in "=-":
        return False
    return len(mark) >= 3 and abs(len(mark) - len(title)) <= (8 if mark[0] == "=" else 2)


def opens_signature(line: str) -> bool:
    """True for `-- ` (RFC 3676 4.3), also as mended by clients and relays, and for the lone dash that GitHub writes."""
    return (
        line[:12].rstrip().removeprefix("\\") in ("--", "—", "- --", "––", "=2D-", "--=20", "-- =20") and len(line) < 24
    )


def is_sent_from(line: str) -> bool:
    """True for "Sent from my iPhone" and its like in any language, alone on its line."""
    if not line or len(line) > 240:
        return False
    seen = plain(_without_links(line)).translate(_BRACKETS).strip("*_.-—–~|! \"'")
    if not 6 <= len(seen) <= 120:
        return False
    low = seen.replace("İ", "i").lower()
    if low[-1] == ":" or any(mark in low for mark in _SENTENCE_MARKS):
        return False
    for mark in (". ", ", "):
        first, _, second = low.partition(mark)
        if second and _has_device(first) and (_is_excuse(second) or _offers_the_app(second)):
            low, seen = first, seen[: len(first)]
    if _offers_an_app(low) or _is_long_boast(low) or low in words.SENT_WHOLE:
        return True
    if low.startswith(words.SENT_OPENINGS):
        if (
            low.startswith(words.OPENINGS_OF_MORE)
            and len(low.split()) > 3
            and not any(v in low for v in words.SENT_VERBS)
        ):
            return False
        return _names_a_device(low) or (
            low.startswith("sent ") and "," not in seen and _short_phrase(seen, 8) and _names_an_app(seen)
        )
    if low.endswith(words.SENT_ENDINGS) or (low[:2] in ("从 ", "從 ") and low.endswith(words.ENDINGS_OF_MORE)):
        return _names_a_device(low) and words.HAVING.isdisjoint(low.split())
    if low.startswith("from my "):
        return _names_a_device(low) and _short_phrase(seen, 6)
    return line.rstrip()[-1] != "!" and _is_sent_by_parts(low)


def _is_sent_by_parts(low: str) -> bool:
    """True for a participle, a preposition, and then nothing but what names a device or a program, and whose it is."""
    for article in ("d'", "l'", "dall'", "dell'"):
        low = low.replace("’", "'").replace(f" {article}", f" {article} ")
    sent, by, *rest = (token.strip('„“”«»"') for token in [*low.split()[:9], "", ""])
    rest = rest[:-2]
    if sent not in words.SENT or not 1 <= len(rest) <= 6 or any(mark in low for mark in ":,!"):
        return False
    if by not in words.SENT_FROM and by not in words.SENT_WITH:
        return False
    devices = words.SENT_DEVICES if by in words.SENT_FROM else ()
    named = [token.startswith((*words.SENT_PROGRAMS, *devices)) for token in rest]
    fit = all(name or token in words.SENT_FILLERS for name, token in zip(named, rest, strict=True))
    return any(named) and (fit or "proton" in rest)


def _offers_the_app(second: str) -> bool:
    """True for "Get the app", "App herunterladen", "Obtenir l'application": what Yahoo writes behind its name."""
    tokens = second.replace("’", " ").replace("'", " ").split()
    return len(tokens) <= 4 and not words.APP.isdisjoint(tokens) and not words.GET.isdisjoint(tokens)


def _names_an_app(seen: str) -> bool:
    """True for "Sent from Nine" and "Sent from my Commodore 64", not for "Sent by hand" and "Sent from my heart to yours"."""
    tokens = seen.split()
    if tokens[1].lower() not in ("from", "via", "with", "using", "by", "through") or len(tokens) < 3:
        return True
    if tokens[2].lower() in ("my", "a", "an", "the", "our"):
        return len(tokens) <= 5
    return not tokens[2].islower() or (len(tokens) <= 4 and tokens[1].lower() in ("from", "via", "using"))


def _is_long_boast(low: str) -> bool:
    """True for "Sent from my …" with what a carrier's advertising hangs on it."""
    if (
        not low.startswith(("sent from my ", "sent via the ", "sent from yahoo mail"))
        or len(low.split()) > 18
        or "? " in low
    ):
        return False
    named, comma, rest = low.partition(",")
    if comma and not rest.startswith((" an ", " a ", " at&t", " t-mobile", " verizon", " sprint", " powered")):
        return False
    named = named.replace("u.s.", "us").removesuffix(". get the app")
    return ". " not in named and _has_device(named)


def _offers_an_app(low: str) -> bool:
    """True for "Get Outlook for iOS" in any language: the names are the same in all."""
    if not any(app in low for app in ("outlook", "bluemail", "blue mail", "typeapp")) or len(low.split()) > 7:
        return False
    return len(low) <= 60 and any(system in low for system in ("ios", "android", "mac", "desktop", "windows"))


def is_bare_link(line: str) -> bool:
    """True for `<https://…>` alone, as it follows the name of an application."""
    seen = line[:LONGEST].strip()
    return seen.startswith(("<http", "(http", "[http")) and seen[-1] in ">)]" and " " not in seen


def _without_links(line: str) -> str:
    """The line without `<https://…>` and `(https://…)`, which clients put after the name of an application."""
    parts: list[str] = []
    at = 0
    while (start := line.find("http", at)) >= 0:
        end = min((p for p in (line.find(c, start) for c in ">) ]") if p >= 0), default=len(line) - 1)
        parts.append(line[at:start].rstrip("<(["))
        at = end + 1
    parts.append(line[at:])
    return "".join(parts)


def _names_a_device(low: str) -> bool:
    return _has_device(low) and _short_phrase(low, 14)


def _has_device(low: str) -> bool:
    return any(device in low for device in words.DEVICES) or bool(_SHORT_DEVICE.search(low))


def _short_phrase(seen: str, most: int) -> bool:
    """True for a phrase of at most `most` words that is no sentence going on."""
    return (
        len(seen.split()) <= most
        and ". " not in seen
        and "? " not in seen
        and (
            ", " not in seen
            or ("," in seen[12:40] and len(seen) < 60 and "," not in seen[:18] and seen[:5].lower() == "sent ")
        )
    )


def _is_excuse(rest: str) -> bool:
    return any(phrase in rest for phrase in _EXCUSES)


def asks_to_reply_above(line: str) -> bool:
    """True for "Please reply above this line" in the languages that help desks speak."""
    low = folded(line)
    if low.startswith(("reply to this email directly", "you are receiving this because you ")):
        return True
    return len(low) < 200 and any(phrase in low for phrase in words.ABOVE_LINE) and _is_marker(low)


def _is_marker(low: str) -> bool:
    return not low[0].isalnum() or any(
        w in low
        for w in (
            "reply",
            "respond",
            "write",
            "type ",
            "antwort",
            "répon",
            "respond",
            "rispond",
            "svar",
            "ответ",
            "回",
            "返信",
            "odpow",
            "odpov",
            "odgovor",
            "válasz",
            "răspuns",
            "yanıt",
            "antwoord",
            "відпов",
            "отговор",
            "απάντ",
            "vasta",
            "답장",
        )
    )


def looks_like_footer(lines: list[str]) -> bool:
    """True if these lines may stand under a rule as a signature or a list's footer: few and short, or speaking of lists."""
    filled = [plain(line) for line in lines[:60] if line.strip()]
    if any(mark in line.lower() for line in filled[:6] for mark in _LISTS):
        return True
    short = len(lines) <= 60 and all(len(line) <= 70 for line in filled)
    return short and (len(filled) <= 6 or (len(filled) <= 12 and any(_is_contact(line) for line in filled)))


def _is_contact(line: str) -> bool:
    """True for a telephone number or a site, as signatures end with."""
    low = line.lower()
    return low.startswith(("www.", "http")) or "@" in low or (sum(map(str.isdigit, low)) >= 7 and len(low) <= 50)
