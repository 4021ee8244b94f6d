"""How much of a mail is read. Beyond these a mail is no letter but an attack, or a fault of whatever sent it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, or characters where it says so."""

    message: int = 64 * 1024 * 1024
    header: int = 256 * 1024  # of one header block, the mail's own or a part's
    header_lines: int = 2000
    parameters: int = 8 * 1024  # of one Content-Type or Content-Disposition, in characters
    parts: int = 500
    depth: int = 20
    text: int = 1_000_000  # of the plain or of the HTML body, in characters
    text_bytes: int = 4 * 1024 * 1024  # of the same, as it is encoded
    subject: int = 1000  # in characters
    mailboxes: int = 1000
    references: int = 100
    filename: int = 150  # in characters


LIMITS = Limits()
