"""Bodies in a wire form that is already DKIM's relaxed canonical form.

No line ends in white space, no line holds two blanks in a row, and the body ends in exactly one CRLF, so that the bytes sent
are the bytes hashed (RFC 6376, 3.4.4). Everything is 7-bit quoted-printable (RFC 2045, 6.7). No line begins with a dot, so SMTP has nothing to double.
"""

import base64
import hashlib

_TOKENS = [chr(byte) if (33 <= byte <= 126 and byte != 61) or byte == 32 else f"={byte:02X}" for byte in range(256)]
SOFT_BREAK = "=\r\n"
_DOT = "=2E"


def quoted(text: str) -> str:
    """The text as quoted-printable lines of at most 76 characters, joined by CRLF."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\r\n".join([quoted_line(line) for line in lines])


def boundary_for(*parts: str) -> str:
    """A boundary that depends on the content only; `=_` cannot occur in quoted-printable."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
    return f"=_postroom_{digest[:24]}"


def alternative_type(boundary: str) -> str:
    """The Content-Type value of a text + HTML body with this boundary."""
    return f'multipart/alternative; boundary="{boundary}"'


def opening(boundary: str, subtype: str) -> str:
    """What stands before a text part: its boundary line and headers."""
    return (
        f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )


def closing(boundary: str) -> str:
    """What stands after the last part."""
    return f"--{boundary}--\r\n"


def alternative(text: str, html: str, boundary: str) -> str:
    """A whole multipart/alternative body of a text and an HTML part."""
    return "".join(
        (
            opening(boundary, "plain"),
            quoted(text),
            "\r\n",
            opening(boundary, "html"),
            quoted(html),
            "\r\n",
            closing(boundary),
        )
    )


def with_enclosed(text: str, html: str, enclosed: bytes) -> tuple[str, bytes]:
    """The Content-Type and body of a text + HTML mail, with another mail enclosed as message/rfc822 when there is one.

    A mail with bytes or lines that SMTP may not carry goes as a file, since RFC 2046, 5.2.1, forbids to encode message/rfc822.
    """
    inner = boundary_for(text, html)
    body = alternative(text, html, inner).encode("ascii")
    if not enclosed:
        return alternative_type(inner), body
    outer = boundary_for(text, html, hashlib.sha256(enclosed).hexdigest())
    mail = b"\r\n".join(enclosed.replace(b"\r\n", b"\n").split(b"\n"))
    if mail.isascii() and b"\0" not in mail and b"\r" not in mail.replace(b"\r\n", b"") and _short_lines(mail):
        head, content = "Content-Type: message/rfc822", mail
    else:
        head = 'Content-Type: application/octet-stream; name="message.eml"\r\nContent-Transfer-Encoding: base64'
        content = base64.encodebytes(enclosed).replace(b"\n", b"\r\n")
    pieces = (
        f"--{outer}\r\nContent-Type: {alternative_type(inner)}\r\n\r\n".encode("ascii"),
        body,
        f'\r\n--{outer}\r\n{head}\r\nContent-Disposition: attachment; filename="message.eml"\r\n\r\n'.encode("ascii"),
        content,
        f"\r\n--{outer}--\r\n".encode("ascii"),
    )
    return f'multipart/mixed; boundary="{outer}"', b"".join(pieces)


def _short_lines(mail: bytes) -> bool:
    """Whether no line is longer than RFC 5322, 2.1.1, allows."""
    return all(len(line) <= 998 for line in mail.split(b"\r\n"))


def quoted_line(line: str) -> str:
    """One line of text, without a break, as `quoted` has it."""
    if line.isascii() and line.isprintable():
        encoded = line.replace("=", "=3D")
    else:
        encoded = "".join(map(_TOKENS.__getitem__, line.encode("utf-8", "replace")))
    if "  " in encoded:
        encoded = encoded.replace("  ", " =20")
    if encoded.endswith(" "):
        encoded = encoded[:-1] + "=20"
    if encoded.startswith("."):
        encoded = _DOT + encoded[1:]
    return encoded if len(encoded) <= 76 else _wrapped(encoded)


def _wrapped(encoded: str) -> str:
    pieces, start, dot = [], 0, ""
    while len(dot) + len(encoded) - start > 76:
        end = start + 75 - len(dot)
        if encoded[end - 1] == "=":
            end -= 1
        elif encoded[end - 2] == "=":
            end -= 2
        pieces.append(dot + encoded[start:end])
        start, dot = (end + 1, _DOT) if encoded[end] == "." else (end, "")
    pieces.append(dot + encoded[start:])
    return SOFT_BREAK.join(pieces)
