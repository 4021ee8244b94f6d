"""What of an attribution is a date: its numbers, its year, its time of day, in any calendar and script."""


def groups(span: str) -> int:
    """How many runs of digits there are; eight are as good as more."""
    count, inside = 0, False
    for c in span:
        digit = c.isdigit()
        if digit and not inside:
            count += 1
            if count >= 8:
                break
        inside = digit
    return count


def has_year(line: str) -> bool:
    """True if four digits stand together, of which the first is no zero."""
    run, leading = 0, ""
    for c in f"{line} ":
        if c.isdigit():
            leading = leading if run else c
            run += 1
        elif run == 4 and leading.isdecimal() and int(leading) in (1, 2):
            return True
        else:
            run = 0
    return False


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
    before, _, address = span.partition("<")
    dates = [t for t in f"{before} {address.rpartition('>')[2]}".split() if ":" not in t[:-1] and t[0] not in "+-"]
    if any(groups(token) == 3 and len(token) <= 11 for token in dates):
        return True
    text = " ".join(dates)
    return has_year(text) and groups(text) >= 2
