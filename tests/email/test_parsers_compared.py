"""Our reading held against the standard library's and mail-parser's: where they differ, we know why (docs/decisions/0004)."""

import os
import re
from collections.abc import Iterator
from contextlib import redirect_stderr
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest

from gateway.email.read import OUR_FAULT, read
from tests.email.client_letters import LETTERS, wire
from tests.email.parsers import Parser, Seen, mail_parser, ours, standard_library

FIELDS = ("subject", "sender", "text", "files")
KNOWN = range(1, 48)  # CPython's samples of today; later ones must be read without a fault, whatever they hold

REASONS = {
    "05": "`From: foo` is no address",
    "10": "an HTML part stands between the texts: the plain text is not the whole letter, and is not offered as it",
    "15": "the inner multipart bears the outer one's boundary, which nobody reads well",
    "17": "the text is called an attachment's type, without being one",
    "25": "the boundary is quoted wrongly; we find the delimiters all the same",
    "31": "the boundary differs from the one that is announced",
    "33": "of a signed mail the first part is the letter",
    "36": "what is external-body is a file to us",
    "39": "an empty part is no file",
    "41": "the Content-Type has no subtype",
    "42": "line ends inside an enclosed mail",
    "43": "a part with nothing but headers is no file of a report",
    "45": "a signature is no file",
    "47": "an HTML part follows the text",
}


def cpythons_samples() -> dict[str, bytes]:
    found = find_spec("test.test_email")
    folder = Path(found.origin).parent / "data" if found and found.origin else None
    if folder is None or not folder.is_dir():
        pytest.skip("this Python comes without its own tests")
    return {path.stem.removeprefix("msg_"): path.read_bytes() for path in sorted(folder.glob("msg_*.txt"))}


def differing(samples: dict[str, bytes], other: Parser) -> Iterator[tuple[str, str]]:
    """(name, field) wherever the two readings are not the same; "raises" where the other has none."""
    for name, raw in samples.items():
        mine, theirs = ours(raw), quietly(other, raw)
        if theirs is None:
            yield name, "raises"
        else:
            yield from ((name, field) for field in FIELDS if getattr(mine, field) != getattr(theirs, field))


def quietly(parser: Parser, raw: bytes) -> Seen | None:
    try:
        with redirect_stderr(StringIO()):
            return parser(raw)
    except Exception:  # which is one of the things that are compared
        return None


def test_on_mail_of_fourteen_programs_all_three_agree_but_for_what_we_know() -> None:
    letters = {name: wire(name) for name in LETTERS}
    expected = {("Outlook for iOS", "text"), ("Apple Mail", "text")}  # windows-1252 called Latin-1; the photo's place
    assert set(differing(letters, standard_library)) == expected
    assert set(differing(letters, mail_parser)) == expected


def test_on_cpythons_samples_we_differ_from_the_standard_library_where_we_mean_to() -> None:
    samples = cpythons_samples()
    known = {name: raw for name, raw in samples.items() if name.isdecimal() and int(name) in KNOWN}
    assert {name for name, _ in differing(known, standard_library)} <= REASONS.keys()
    for name, raw in samples.items():
        for variant in (raw, re.sub(rb"\r?\n", b"\r\n", raw), re.sub(rb"\r?\n", b"\n", raw)):
            assert read(variant).unreadable != OUR_FAULT, name


def test_mail_parser_serves_worse_here_than_the_standard_library() -> None:
    """When this fails, mail-parser has become better: read docs/decisions/0004 again."""
    samples = cpythons_samples()
    theirs, stdlib = list(differing(samples, mail_parser)), list(differing(samples, standard_library))
    assert len(theirs) > len(stdlib)
    assert "raises" in {field for _, field in theirs}


def test_mail_parser_mixes_an_enclosed_mail_into_the_body() -> None:
    raw = (
        b"From: alice@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee this.\n--b\nContent-Type: message/rfc822\n\n"
        b"From: eve@example.net\nSubject: x\nContent-Type: text/plain\n\nPublish me.\n--b--\n"
    )
    assert "Publish me." in mail_parser(raw).text
    assert ours(raw).text == standard_library(raw).text == "See this."


def test_on_other_peoples_samples_we_never_fail_where_another_succeeds() -> None:
    corpora = os.environ.get("TEST_CORPORA")
    if not corpora:
        pytest.skip("TEST_CORPORA is not set: it names the folder with other projects' test data")
    paths = [*Path(corpora, "clients").glob("*.eml"), *Path(corpora, "bounces").glob("*.txt")]
    samples = {path.name: path.read_bytes() for path in sorted(paths)}
    differences = set(differing(samples, standard_library))
    texts = {name for name, field in differences if field == "text"}
    assert texts == set()
    assert len(set(differing(samples, mail_parser))) > 3 * len(differences)
