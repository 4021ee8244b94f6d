"""Files inside a text: uuencoded ones become files, damaged ones and yEnc stay text."""

import binascii
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.email.read import read
from gateway.email.uuencode import take_out
from tests.email.growth import grows_linearly
from tests.email.test_server_clients import client


def block(data: bytes, name: str = "lake.png", zero: str = "`") -> str:
    lines = [binascii.b2a_uu(data[at : at + 45], backtick=zero == "`").decode() for at in range(0, len(data), 45)]
    return f"begin 644 {name}\n{''.join(lines)}{zero}\nend\n"


@given(st.binary(min_size=1, max_size=300), st.sampled_from(["`", " "]), st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_block_gives_its_bytes_and_leaves_the_text_around_it(data: bytes, zero: str, stripped: bool) -> None:
    text = f"Before.\n\n{block(data, zero=zero)}\nAfter.\n"
    if stripped:  # by a relay that dislikes spaces at the ends of lines
        text = "\n".join(line.rstrip(" ") for line in text.split("\n"))
    assert take_out(text) == ("Before.\n\n\nAfter.\n", [("lake.png", data)])


def test_two_blocks_are_two_files() -> None:
    text, files = take_out(block(b"one", "a b.txt") + block(b"two" * 40, "2.txt"))
    assert (text, files) == ("", [("a b.txt", b"one"), ("2.txt", b"two" * 40)])


@pytest.mark.parametrize(
    "text",
    [
        "begin 644 is how it starts\nand this is prose.\nend\n",
        "begin 644 x\nend\n",
        "begin 644 x\n`\nend\n",
        "begin 644\n#86)C\n`\nend\n",
        "begin abc x\n#86)C\n`\nend\n",
        "begin 644 x\n#86)C\n",
        "begin 644 x\n#86)C\n`\n",
        "begin 644 x\n#86)C too long for three bytes\n`\nend\n",
        "begin 644 x\n#8\xe9)C\n`\nend\n",
        "to begin 644 x\n#86)C\n`\nend\n",
        "> begin 644 x\n> #86)C\n> `\n> end\n",
        "=ybegin line=128 size=3 name=x.bin\n\x8b\x8c\x8d\n=yend size=3\n",
    ],
)
def test_what_is_not_wholly_sound_stays_text(text: str) -> None:
    assert take_out(text) == (text, [])


def test_a_mail_with_a_block_has_a_file_and_its_words() -> None:
    raw = f"From: alice@example.org\nSubject: Lake\n\nLook:\n\n{block(b'PNG' * 50, '../lake.png')}".encode()
    mail = read(raw)
    assert mail.text.strip() == "Look:"
    [file] = mail.attachments
    assert (file.filename, file.content_type, file.data) == ("lake.png", "image/png", b"PNG" * 50)


def test_yenc_is_left_as_it_came() -> None:
    body = b"=ybegin line=128 size=4 name=x.bin\r\n\x8b\xff\x8c=\x6a\r\n=yend size=4 crc32=00000000\r\n"
    mail = read(b"From: alice@example.org\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nHello\r\n" + body)
    assert mail.attachments == ()
    assert mail.text == "Hello\n" + body.decode("cp1252").replace("\r\n", "\n")


def test_what_the_program_uuencode_makes(tmp_path: Path) -> None:
    file = tmp_path / "data.bin"
    file.write_bytes(bytes(range(256)) * 3)
    made = subprocess.run([client("uuencode"), str(file), "data.bin"], capture_output=True, check=True).stdout
    assert take_out(made.decode()) == ("", [("data.bin", bytes(range(256)) * 3)])


@pytest.mark.parametrize("piece", ["begin 644 x\n", "begin 644 x\n#86)C\n", "#86)C\n", "begin 644 x\n`\nend\n", "\n"])
def test_the_time_grows_no_faster_than_the_text(piece: str) -> None:
    grows_linearly(lambda size: "begin 644 x\n" + piece * (size // len(piece)), take_out, size=40_000)
