"""CSV from anywhere: encodings, what parts the cells, quotes that are never closed; and cells that no spreadsheet runs."""

import codecs
import io
import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.core.audience.csv_files import LONGEST, MOST_LINES, Row, plain, rows, safe, writer


def read(data: bytes) -> list[Row]:
    return list(rows(io.BufferedReader(io.BytesIO(data))))


def cells(data: bytes) -> list[list[str]]:
    return [row.cells for row in read(data)]


@pytest.mark.parametrize(
    "data",
    [
        "email,name\na@b.de,Jörg\n".encode(),
        codecs.BOM_UTF8 + "email,name\r\na@b.de,Jörg\r\n".encode(),
        "email,name\ra@b.de,Jörg".encode(),
        "email;name\na@b.de;Jörg\n".encode("utf-16"),
        "email\tname\na@b.de\tJörg\n".encode("utf-16-le"),
        "email|name\na@b.de|Jörg\n".encode("utf-16-be"),
        '"email";"name"\n"a@b.de";"Jörg"\n'.encode(),
        "sep=;\nemail;name\na@b.de;Jörg\n".encode(),
        '\n\n"email","name"\n\n"a@b.de","Jörg"\n,\n'.encode(),
        "\r\n \t\r\nemail;name\r\na@b.de;Jörg\r\n".encode(),
        "\n\nsep=;\nemail;name\na@b.de;Jörg\n".encode(),
        "email;name\na@b.de;Jörg\n".encode("cp1252"),
    ],
    ids=[
        "utf-8",
        "bom",
        "old-mac",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "semicolons",
        "sep",
        "blank-lines",
        "blank-semicolons",
        "blank-sep",
        "windows-1252",
    ],
)
def test_a_file_is_read_however_it_was_saved(data: bytes) -> None:
    assert cells(data) == [["email", "name"], ["a@b.de", "Jörg"]]


def test_bytes_that_mean_nothing_are_marked_and_harm_nothing_else() -> None:
    utf_8, no_letter = "Jürgen".encode(), b"\x81"
    for beside, read_as in ((utf_8, "Jürgen"), (no_letter, "\N{REPLACEMENT CHARACTER}")):
        assert cells(b"email,name\na@b.de,J\xf6rg\nc@d.de," + beside) == [
            ["email", "name"],
            ["a@b.de", "J\N{REPLACEMENT CHARACTER}rg"],
            ["c@d.de", read_as],
        ]


@pytest.mark.parametrize("before", [0, 65_520, 200_000])
def test_a_file_of_windows_1252_is_known_however_late_its_first_letter_comes(before: int) -> None:
    lines = ["name,email", *["x,a@b.de"] * (before // 9), "ß “ €,Jörg@Bücher.example"]
    assert cells("\n".join(lines).encode("cp1252"))[-1] == ["ß “ €", "Jörg@Bücher.example"]
    assert cells("\n".join(lines).encode())[-1] == ["ß “ €", "Jörg@Bücher.example"]
    assert cells(("\n".join(lines) + "é").encode()[:-1])[-1] == [
        "ß “ €",
        "Jörg@Bücher.example\N{REPLACEMENT CHARACTER}",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_what_comes_through_a_pipe_is_read_like_a_file(encoding: str) -> None:
    data = ("email;name\n" + "a@b.de;Jörg\n" * 20_000).encode(encoding)
    reading, writing = os.pipe()
    with ThreadPoolExecutor() as threads, os.fdopen(reading, "rb") as stream:
        writer = threads.submit(pour, data, writing)
        found = list(rows(stream))
        writer.result()
    assert len(found) == 20_001
    assert {tuple(row.cells) for row in found[1:]} == {("a@b.de", "Jörg")}


def pour(data: bytes, into: int) -> None:
    with os.fdopen(into, "wb") as end:
        end.write(data)


def test_a_megabyte_of_blank_lines_before_a_header_keeps_the_numbers_right() -> None:
    [header, row] = read(b"\n" * 1_000_000 + b"email;name\na@b.de;Ann\n")
    assert (header.line, header.cells) == (1_000_001, ["email", "name"])
    assert (row.line, row.cells) == (1_000_002, ["a@b.de", "Ann"])


def test_a_quoted_cell_may_hold_newlines_and_lines_are_numbered_by_where_a_row_begins() -> None:
    found = read(b'email,note\na@b.de,"one\ntwo, ""three"""\nc@d.de,\n')
    assert [(row.line, row.cells) for row in found] == [
        (1, ["email", "note"]),
        (2, ["a@b.de", 'one\ntwo, "three"']),
        (4, ["c@d.de", ""]),
    ]


@pytest.mark.parametrize("after", [1, 5, MOST_LINES + 50])
def test_a_quote_that_is_never_closed_costs_its_own_line_only(after: int) -> None:
    lines = ["email,note", 'a@b.de,"oh', *(f"r{n}@b.de,x" for n in range(after))]
    found = read("\n".join(lines).encode())
    assert [(row.line, bool(row.wrong)) for row in found] == [(1, False), (2, True)] + [
        (n + 3, False) for n in range(after)
    ]
    assert "quote" in found[1].wrong


def test_a_line_of_ten_million_letters_is_refused_and_the_next_is_read() -> None:
    found = read(b"email,note\na@b.de," + b"x" * 10_000_000 + b"\nc@d.de,y\n")
    assert [(row.line, row.wrong) for row in found] == [(1, ""), (2, "This line is too long."), (3, "")]
    found = read(b'email,note\na@b.de,"' + b"x" * 100 + b"\n" + b"y" * (LONGEST + 9) + b"\nc@d.de,y\n")
    assert [(row.line, bool(row.wrong)) for row in found] == [(1, False), (2, True), (3, True), (4, False)]


def test_an_empty_file_has_no_rows() -> None:
    assert cells(b"") == cells(codecs.BOM_UTF8) == cells(b"\n\n") == []


@pytest.mark.parametrize("cell", ["=1+1", "+4@b.de", "-x@b.de", "@x", "\tx", "＝1", "'=1", "''=1", "'x", "a@b.de", ""])
def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless_and_comes_back_whole(cell: str) -> None:
    out = io.StringIO()
    writer(out)((cell, "b"))
    [[written, _]] = cells(out.getvalue().encode())
    assert written == safe(cell)
    assert not written.startswith(("=", "+", "-", "@", "\t", "＝"))
    assert plain(written) == cell


def test_whatever_the_bytes_are_every_line_is_read_or_told_of() -> None:
    """Line numbers go up, and nothing is said of lines that are not there."""
    chance = random.Random(5)
    pieces = [
        b"a@b.de",
        b",",
        b";",
        b"\n",
        b"\r\n",
        b'"',
        b'""',
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"=1",
        b"x" * 300,
        b"\t",
    ]
    for _ in range(400):
        data = b"a,b\n" + b"".join(chance.choices(pieces, k=chance.randrange(60)))
        numbers = [row.line for row in read(data)]
        assert numbers == sorted(set(numbers))
        assert numbers[0] == 1
        assert numbers[-1] <= data.count(b"\n") + data.count(b"\r") + 1
