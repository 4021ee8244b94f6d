"""CSV from anywhere: encodings, what parts the cells, quotes that are never closed; and cells that no spreadsheet runs."""

import codecs
import io
import random

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
    ],
    ids=["utf-8", "bom", "old-mac", "utf-16", "utf-16-le", "utf-16-be", "semicolons", "sep", "blank-lines"],
)
def test_a_file_is_read_however_it_was_saved(data: bytes) -> None:
    assert cells(data) == [["email", "name"], ["a@b.de", "Jörg"]]


def test_bytes_that_mean_nothing_are_marked_and_harm_nothing_else() -> None:
    assert cells("email,name\na@b.de,Jörg\nc@d.de,Ann".encode("latin-1")) == [
        ["email", "name"],
        ["a@b.de", "J\N{REPLACEMENT CHARACTER}rg"],
        ["c@d.de", "Ann"],
    ]


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
