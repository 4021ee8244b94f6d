"""FLAC written bit by bit as RFC 9639 says it, with every way to code a channel, and secrets around the sound."""

from tests.core.writing.media_samples import SECRET, id3

SAMPLES = 192
FRAMES = 6


def crc(data: bytes, width: int, polynomial: int) -> bytes:
    """A checksum, bit by bit."""
    value, top, mask = 0, 1 << (width - 1), (1 << width) - 1
    for byte in data:
        value ^= byte << (width - 8)
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
    return value.to_bytes(width // 8, "big")


def _rice(order: int, *, parameter: int, partitions: int) -> str:
    made = f"00{partitions:04b}"
    for part in range(1 << partitions):
        count = (SAMPLES >> partitions) - (0 if part else order)
        made += f"{parameter:04b}" + "".join("0" * (number % 4) + "1" + "1" * parameter for number in range(count))
    return made


def _channel(number: int, bits: int) -> str:
    """One subframe: constant, verbatim, fixed with Rice codes, with escaped ones, with wasted bits, linear prediction."""
    sample = "10" * bits
    return {
        0: "0" + "000000" + "0" + sample[:bits],
        1: "0" + "000001" + "0" + sample[:bits] * SAMPLES,
        2: "0" + "001010" + "0" + sample[:bits] * 2 + _rice(2, parameter=3, partitions=2),
        3: "0" + "001000" + "0" + "00" + "0000" + "1111" + "00101" + "10101" * SAMPLES,
        4: "0" + "000001" + "1" + "001" + sample[: bits - 3] * SAMPLES,
        5: "0" + "100001" + "0" + sample[:bits] * 2 + "0110" + "00001" + "1010101" * 2 + _rice(2, parameter=0, partitions=0),
    }[number]  # fmt: skip


def frame(number: int) -> bytes:
    """Two channels as middle and side, 16 bits."""
    head = b"\xff\xf8\x19\xa8" + bytes([number])
    head += crc(head, 8, 0x07)
    bits = _channel(number % 6, 16) + _channel((number + 3) % 6, 17)
    bits += "0" * (-len(bits) % 8)
    body = head + int(bits, 2).to_bytes(len(bits) // 8, "big")
    return body + crc(body, 16, 0x8005)


def sound() -> bytes:
    """All frames."""
    return b"".join(frame(number) for number in range(FRAMES))


def block(kind: int, body: bytes, *, last: bool = False) -> bytes:
    return bytes([kind | (0x80 if last else 0)]) + len(body).to_bytes(3, "big") + body


def info(total: int = SAMPLES * FRAMES) -> bytes:
    packed = 44100 << 44 | 1 << 41 | 15 << 36 | total
    return SAMPLES.to_bytes(2, "big") * 2 + bytes(6) + packed.to_bytes(8, "big") + bytes(16)


def flac(
    tail: bytes = b"TAG" + SECRET.ljust(125), *, total: int = SAMPLES * FRAMES, body: bytes | None = None
) -> bytes:
    """Notes before the sound, pictures, and whatever stands behind."""
    blocks = [
        block(0, info(total)),
        block(4, SECRET),
        block(6, b"picture" + SECRET),
        block(2, SECRET),
        block(1, SECRET, last=True),
    ]
    return id3(SECRET) + b"fLaC" + b"".join(blocks) + (sound() if body is None else body) + tail
