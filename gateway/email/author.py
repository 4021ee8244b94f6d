"""Who wrote a mail, by its From header: one address, or none at all when anything is odd.

Identity is decided by this, so it is strict where readers are lenient: several From fields, several addresses, groups, routes,
encoded words inside an address and control characters all make a mail without an author. Line ends are read as the most
lenient reader would, so that no From field hides from us behind a bare CR.
"""

from dataclasses import dataclass

from gateway.email.paths import mailbox

_LONGEST_HEAD = 512 * 1024  # bytes of header looked at
_LONGEST_FIELD = 8 * 1024


@dataclass(frozen=True, slots=True)
class Author:
    """The address in From, or an empty one and in `problem` a sentence that says why."""

    address: str
    problem: str = ""


def author(raw: bytes) -> Author:
    """The one author of a mail. Never raises; linear in time."""
    fields = _from_fields(raw[:_LONGEST_HEAD])
    if not fields:
        return Author("", "The mail has no From field.")
    if len(fields) > 1:
        return Author("", "The mail has more than one From field.")
    if len(fields[0]) > _LONGEST_FIELD:
        return Author("", "The From field is too long.")
    try:
        text = fields[0].decode("utf-8")
    except UnicodeDecodeError:
        text = fields[0].decode("latin-1")
    return _one_address(text)


def _from_fields(head: bytes) -> list[bytes]:
    """The unfolded values of every field that any reader might take for From."""
    values: list[list[bytes]] = []
    current: list[bytes] | None = None
    for line in head.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if not line:
            break
        if line[:1] in b" \t":
            if current is not None:
                current.append(line)
            continue
        name, colon, value = line.partition(b":")
        current = None
        if colon and name.strip().lower() == b"from":
            current = [value]
            values.append(current)
    return [b"".join(value) for value in values]


def _one_address(text: str) -> Author:
    """The address in a From value of exactly one mailbox (RFC 5322 section 3.4)."""
    text = text.replace("\t", " ")
    if any(character < " " or character == "\x7f" for character in text):
        return Author("", "The From field holds control characters.")
    plain, angles, problem = _taken_apart(text)
    if problem:
        return Author("", problem)
    if len(angles) > 1 or (angles and plain.rpartition("<")[2].strip()):
        return Author("", "The From field holds more than one address.")
    written = angles[0] if angles else plain
    address = mailbox(written.strip())
    if address is None or "=?" in address or not address.isprintable():
        return Author("", "The From field holds no valid address.")
    return Author(address)


def _taken_apart(text: str) -> tuple[str, list[str], str]:
    """What stands outside comments (with `<` where an angle address stood), the angle addresses, and what is wrong."""
    outside: list[str] = []
    angles: list[list[str]] = []
    depth, quoted, escaped, inside = 0, False, False, False
    for character in text:
        kept = angles[-1] if inside else outside
        if escaped or (quoted and character not in '"\\'):
            escaped = False
        elif character == "\\" and (quoted or depth):
            escaped = True
        elif character == '"' and not depth:
            quoted = not quoted
        elif character == "(":
            depth += 1
        elif depth:
            depth -= character == ")"
            continue
        elif character == "<" and not inside:
            outside.append("<")
            angles.append([])
            inside = True
            continue
        elif character == ">" and inside:
            inside = False
            continue
        elif character in ",;" or (character == ":" and not inside):
            return "", [], "The From field holds more than one address, or a group."
        if not depth:
            kept.append(character)
    problem = "The From field is not closed properly." if quoted or depth or inside else ""
    return "".join(outside), ["".join(angle) for angle in angles], problem
