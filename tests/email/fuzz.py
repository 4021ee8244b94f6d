"""A bounded run of coverage-guided fuzzing: `python -m tests.email.fuzz read CORPUS -runs=20000`. Ends with an error at the first fault.

Targets are what eats bytes from strangers. A fault is an exception, and for `read` also its own note that a fault is ours.
"""

import base64
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.email.client_letters import LETTERS, wire
from tests.email.winmail import Winmail, attachment, long_property, stored_rtf, words

atheris: Any = import_module("atheris")  # not everywhere installed, and without types

with atheris.instrument_imports(include=["gateway.email"]):
    from gateway.email import bounces
    from gateway.email.read import OUR_FAULT, read
    from gateway.email.reply_text import visible_html, visible_text


def main() -> None:
    """Fuzz one target until libFuzzer's own arguments end it."""
    name, corpus, *arguments = sys.argv[1:]
    folder = Path(corpus)
    for number, seed in enumerate(_seeds()):
        (folder / f"seed{number}").write_bytes(seed)
    atheris.Setup(
        [sys.argv[0], corpus, "-max_len=16384", "-timeout=20", "-rss_limit_mb=2048", *arguments], TARGETS[name]
    )
    atheris.Fuzz()


def _seeds() -> Iterator[bytes]:
    yield from map(wire, LETTERS)
    yield b"\r\nbegin 644 x.png\r\n#86)C\r\n`\r\nend\r\n"
    yield b"\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\n- -- x\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\n-----END PGP SIGNATURE-----\r\n"
    yield b"Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\nSUMMARY:a\\, b\r\nDTSTART;TZID=x:20261122T140000\r\nEND:VEVENT\r\n"
    signed = (
        "308006092a864886f70d010702a0803080020101310030 8006092a864886f70d010701a080248004020d0a00000000000000000000"
    )
    yield b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n" + bytes.fromhex(signed)
    rtf = long_property(0x102, 0x1009, stored_rtf(rb"{\rtf1\ansi\fromhtml1{\*\htmltag64 <p>}\'fc\u9731?\par}"))
    for made in (
        Winmail(message=[rtf]),
        Winmail(message=[words(0x1000, "Hi")], attachments=[attachment(b"a.txt", b"a")]),
    ):
        head = b"Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: "
        yield head + b"binary\r\n\r\n" + made.made()
        yield head + b"base64\r\n\r\n" + base64.encodebytes(made.made())


def _read(data: bytes) -> None:
    mail = read(data)
    if mail.unreadable == OUR_FAULT:
        raise AssertionError(mail.unreadable)
    for text in (mail.title, mail.text, mail.html, mail.sender, mail.sender_name, *mail.problems):
        text.encode()  # no lone surrogates: such text could not be stored


def _text(visible: Callable[[str], str]) -> Callable[[bytes], None]:
    def target(data: bytes) -> None:
        visible(data.decode("utf-8", "replace")).encode()

    return target


def _bounces(data: bytes) -> None:
    for bounce in bounces.parse(data):
        (bounce.address + bounce.reason).encode()


TARGETS: dict[str, Callable[[bytes], Any]] = {
    "read": _read,
    "visible_text": _text(visible_text),
    "visible_html": _text(visible_html),
    "bounces": _bounces,
}

if __name__ == "__main__":
    main()
