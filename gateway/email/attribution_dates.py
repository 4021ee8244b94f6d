"""What of an attribution is a date: its numbers, its year, its time of day, in any calendar and script."""

import re
from itertools import islice

_NUMBER = re.compile(r"\d+")


def groups(span: str) -> int:
    """How many runs of digits there are; eight are as good as more."""
    return sum(1 for _ in islice(_NUMBER.finditer(span), 8))


def has_year(line: str) -> bool:
    """True if four digits stand together, of which the first is a 1 or a 2."""
    return any(len(number) == 4 and int(number[0]) in (1, 2) for number in _NUMBER.findall(line))


def is_old(span: str) -> bool:
    """True if a year is named in which nobody sent mail: 1000 to 1969, apart from the Persian and Arabic calendars."""
    years = [
        int(token)
        for token in span.replace(",", " ").replace("年", " ").split()
        if len(token) == 4 and token.isdecimal() and token.isascii()
    ]
    return any(1000 <= year < 1300 or 1500 <= year < 1970 for year in years)


def has_clock(line: str) -> bool:
    """True if a digit, a colon and a digit stand together."""
    at = line.find(":", 1)
    while 0 < at < len(line) - 1:
        if line[at - 1].isdigit() and line[at + 1].isdigit():
            return True
        at = line.find(":", at + 1)
    return False


def is_dated(span: str) -> bool:
    """True if there is a whole date, apart from a time of day: a year and one number more, or `3/6/24`."""
    if groups(span) < 2:
        return False
    before, _, address = span.partition("<")
    dates = [t for t in f"{before} {address.rpartition('>')[2]}".split()[:40] if ":" not in t[:-1] and t[0] not in "+-"]
    text = " ".join(dates)
    numbers = groups(text)
    if numbers >= 3 and any(len(token) <= 11 and groups(token) == 3 for token in dates):
        return True
    return numbers >= 2 and has_year(text)
