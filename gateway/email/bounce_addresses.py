"""Addresses as reports write them: in prose, and in the fields of RFC 3464."""

_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+-/=?^_`{|}~")
_DOMAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
_MOST_FOUND = 400


def address_in(value: str) -> str:
    """The first address in a value, or an empty string."""
    return next(iter(addresses_in(value[:4000])), "")


def addresses_in(text: str) -> list[str]:
    """Every address in a text, in order; what RFC 5322 forbids and some hosts give out (`a..b@`) only in angle brackets."""
    found: list[str] = []
    at = text.find("@")
    floor = 0
    while at >= 0 and len(found) < _MOST_FOUND:
        start = at
        while start > floor and at - start < 128 and text[start - 1] in _LOCAL:
            start -= 1
        end = _domain_end(text, at + 1)
        bracketed = text[start - 1 : start] == "<" and text[end : end + 1] == ">"
        local = _without_label(text[start:at]).strip("'`")
        domain = text[at + 1 : end].strip(".-_")
        if local and domain and "..." not in local and (bracketed or _is_usual(local, domain)):
            found.append(f"{local}@{domain}")
        floor = end
        at = text.find("@", max(end, at + 1))
    return found


def _domain_end(text: str, start: int) -> int:
    end = start
    if text[start : start + 1] == "[":
        close = text.find("]", start, start + 60)
        return close + 1 if close > 0 else start
    while (
        end < len(text) and end - start < 253 and (text[end] in _DOMAIN or (text[end] > "\x7f" and text[end].isalnum()))
    ):
        end += 1
    return end


def _is_usual(local: str, domain: str) -> bool:
    return "." in domain and ".." not in local and ".." not in domain and not local.startswith(".")


def _without_label(local: str) -> str:
    for label in ("SMTP=", "smtp=", "RFC-822=", "=3D", "rfc822="):
        local = local.rpartition(label)[2] if label in local else local
    return local


def field_address(value: str) -> str:
    """The address in `rfc822; bob@example.net` or `utf-8; bøb@example.net` (RFC 3464 2.3, RFC 6533 3), however odd."""
    kind, mark, rest = value.partition(";")
    rest = (rest if mark else value).strip()[:1000]
    if "\\x{" in rest:
        rest = _unescaped(rest)
    found = _bracketed_or_bare(rest) or address_in(rest)
    return found.replace("+2B", "+").replace("+3D", "=") if mark and "rfc822" in kind.lower() else found


def _bracketed_or_bare(text: str) -> str:
    """What stands in the last angle brackets, else the word with the `@`, if it is an address by any reading."""
    inner = text.rpartition("<")[2].partition(">")[0].strip()
    word = inner if inner[:1] == '"' else next((w for w in inner.split() if "@" in w), "")
    local, at, domain = word.strip("'(),;").rpartition("@")
    if not local.endswith('"'):
        local = local.rpartition(":")[2].strip("'\"")  # a route, or a label once more
    plain = domain[1:-1] if domain[:1] == "[" and domain[-1:] == "]" else domain
    good = (
        at
        and local
        and plain
        and "..." not in local
        and not local.startswith("/")
        and all(c.isalnum() or c in "-_.:" for c in plain)
    )
    return f"{local}@{domain.strip('.')}" if good else ""


def _unescaped(text: str) -> str:
    r"""The text with `\x{F8}` as the letter it stands for (RFC 6533 3)."""
    first, *rest = text.split("\\x{")
    letters = [first]
    for piece in rest:
        code, end, after = piece.partition("}")
        known = end and len(code) <= 6 and all(c in "0123456789abcdefABCDEF" for c in code) and code
        letters.append(f"{chr(min(int(code, 16), 0x10FFFF))}{after}" if known else piece)
    return "".join(letters)
