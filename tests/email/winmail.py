"""winmail.dat as Outlook writes it (MS-OXTNEF), made for tests."""

from dataclasses import dataclass, field

SIGNATURE = (0x223E9F78).to_bytes(4, "little") + b"\x01\x00"
RTF_HEAD = (0x414C454D).to_bytes(4, "little")


def attribute(level: int, name: int, kind: int, value: bytes) -> bytes:
    checksum = (sum(value) & 0xFFFF).to_bytes(2, "little")
    return (
        bytes([level]) + name.to_bytes(2, "little") + kind.to_bytes(2, "little") + number(len(value)) + value + checksum
    )


def number(value: int) -> bytes:
    return value.to_bytes(4, "little")


def padded(value: bytes) -> bytes:
    return value + b"\0" * (-len(value) % 4)


def long_property(kind: int, name: int, value: bytes) -> bytes:
    return kind.to_bytes(2, "little") + name.to_bytes(2, "little") + number(1) + number(len(value)) + padded(value)


def words(name: int, value: str) -> bytes:
    return long_property(0x1F, name, f"{value}\0".encode("utf-16-le"))


def old_words(name: int, value: str, codec: str = "cp1252") -> bytes:
    return long_property(0x1E, name, f"{value}\0".encode(codec))


def short_property(kind: int, name: int, value: int, size: int = 4) -> bytes:
    return kind.to_bytes(2, "little") + name.to_bytes(2, "little") + value.to_bytes(size, "little")


def named_property(kind: int, value: bytes, name: str = "") -> bytes:
    identity = b"\x01" * 16
    known = (
        number(1) + number(len(name) * 2 + 2) + padded(f"{name}\0".encode("utf-16-le"))
        if name
        else number(0) + number(7)
    )
    return kind.to_bytes(2, "little") + (0x8123).to_bytes(2, "little") + identity + known + value


def properties(*made: bytes) -> bytes:
    return number(len(made)) + b"".join(made)


def stored_rtf(rtf: bytes) -> bytes:
    """RTF in the form that is not packed."""
    return number(len(rtf) + 12) + number(len(rtf)) + RTF_HEAD + number(0) + rtf


@dataclass
class Winmail:
    """What the winmail.dat is to hold."""

    page: int = 1252
    body: bytes = b""
    message: list[bytes] = field(default_factory=list)
    attachments: list[bytes] = field(default_factory=list)

    def made(self) -> bytes:
        return b"".join(
            (
                SIGNATURE,
                attribute(1, 0x9006, 0x0008, number(0x10000)),
                attribute(1, 0x9007, 0x0006, number(self.page) + number(0)),
                attribute(1, 0x8008, 0x0007, b"IPM.Microsoft Mail.Note\0"),
                attribute(1, 0x800C, 0x0002, self.body) if self.body else b"",
                attribute(1, 0x9003, 0x0006, properties(*self.message)),
                *self.attachments,
            )
        )


def attachment(title: bytes, data: bytes, *more: bytes) -> bytes:
    return b"".join(
        (
            attribute(2, 0x9002, 0x0006, b"\x01\x00" + b"\xff" * 4 + b"\0" * 8),
            attribute(2, 0x8010, 0x0001, title + b"\0") if title else b"",
            attribute(2, 0x800F, 0x0006, data) if data else b"",
            attribute(2, 0x9005, 0x0006, properties(*more)) if more else b"",
        )
    )
