"""What another server found out about a mail, as it wrote it down: Authentication-Results (RFC 8601), and the same in ARC (RFC 8617).

Anybody can write such a field. Which one is believed is the caller's affair (`believed`): the topmost of the mail, and only when it carries the
one name that the operator has set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.core.people.domains import a_label

_LONGEST = 8 * 1024  # characters of one field


@dataclass(frozen=True, slots=True)
class Found:
    """One result: `method` and `result` in lower case (`spf`, `pass`), properties by name (`smtp.mailfrom`)."""

    method: str
    result: str
    properties: Mapping[str, str]

    def domain(self, *names: str) -> str:
        """The domain in the first of these properties that is there, in A-label form; what stands before an `@` is dropped."""
        value = next((self.properties[name] for name in names if self.properties.get(name)), "")
        return a_label(value.rpartition("@")[2])


@dataclass(frozen=True, slots=True)
class Results:
    """Who says so, and what."""

    authserv_id: str
    found: tuple[Found, ...] = ()

    def passed(self, method: str) -> list[Found]:
        """The results of a method that say pass."""
        return [one for one in self.found if one.method == method and one.result == "pass"]


def believed(values: Sequence[bytes], authserv_id: str) -> Results | None:
    """The results in the first of a mail's Authentication-Results fields, when that is `authserv_id`'s; else None."""
    if not values or not authserv_id:
        return None
    read = read_results(values[0].decode("utf-8", "replace"))
    return read if read is not None and read.authserv_id == authserv_id.lower() else None


def read_results(text: str) -> Results | None:
    """A field's value taken apart; None when it does not follow RFC 8601 section 2.2. Linear in time."""
    if len(text) > _LONGEST:
        return None
    reader = _Reader(text)
    try:
        authserv_id = reader.word(";")
        if not reader.is_over(";") and reader.word(";") != "1":
            return None
        found = []
        while reader.take(";") and not reader.is_over():
            found += _result(reader)
        return Results(authserv_id.lower(), tuple(found)) if reader.is_over() else None
    except _Malformed:
        return None


class _Malformed(Exception):
    """It does not follow the grammar."""


def _result(reader: "_Reader") -> list[Found]:
    """`spf=pass reason="…" smtp.mailfrom=example.org`, read up to the next semicolon; nothing for `none`."""
    method = reader.word("=/;").lower()
    if method == "none" and reader.is_over(";"):
        return []
    if reader.take("/"):
        reader.word("=;")
    result = _value(reader).lower()
    properties: dict[str, str] = {}
    while not reader.is_over(";"):
        name = reader.word("=;").lower()
        properties.setdefault(name, _value(reader))
    return [Found(method, result, properties)]


def _value(reader: "_Reader") -> str:
    """What stands behind an equals sign. Large providers write `/`, `=` and `+` there without quotation marks."""
    if not reader.take("="):
        raise _Malformed
    return reader.word(";")


class _Reader:
    """Reads words of a value; comments and white space between them are nothing, quotation marks go."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def is_over(self, mark: str = "") -> bool:
        """Whether nothing more follows, or this mark."""
        self._skip()
        return self._at == len(self._text) or self._text[self._at] == mark

    def take(self, mark: str) -> bool:
        """Reads this mark, if it comes next."""
        self._skip()
        here = self._text.startswith(mark, self._at)
        self._at += here
        return here

    def word(self, ends: str) -> str:
        """The next word, up to white space, a comment or one of these marks. Raises _Malformed when there is none."""
        self._skip()
        start, taken = self._at, []
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == '"':
                taken.append(self._quoted())
            elif character.isspace() or character == "(" or character in ends:
                break
            else:
                taken.append(character)
                self._at += 1
        if self._at == start:
            raise _Malformed
        return "".join(taken)

    def _quoted(self) -> str:
        taken: list[str] = []
        self._at += 1
        while self._at < len(self._text):
            character = self._text[self._at]
            self._at += 1
            if character == '"':
                return "".join(taken)
            if character == "\\":
                character = self._text[self._at : self._at + 1]
                self._at += 1
            taken.append(character)
        raise _Malformed

    def _skip(self) -> None:
        depth = 0
        while self._at < len(self._text):
            character = self._text[self._at]
            if depth:
                self._at += character == "\\"
                depth += (character == "(") - (character == ")")
            elif character == "(":
                depth = 1
            elif not character.isspace():
                return
            self._at += 1
        if depth:
            raise _Malformed
