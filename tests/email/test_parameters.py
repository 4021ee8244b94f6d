"""Parameters of MIME headers: as RFC 2231 has them, and as clients write them all the same."""

from email.message import Message
from email.utils import collapse_rfc2231_value

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.email.parameters import parameters
from tests.email.growth import grows_linearly

TABLE = [
    ("attachment; filename=a.pdf", "a.pdf"),
    ('attachment; filename="a b; c.pdf"', "a b; c.pdf"),
    (r'attachment; filename="a \"b\".pdf"', 'a "b".pdf'),
    ("attachment; FileName = a.pdf ; size=3", "a.pdf"),
    ("attachment; filename=two words.pdf; size=3", "two words.pdf"),
    ("attachment; filename=report (1).pdf", "report (1).pdf"),
    ('attachment; filename="never closed.pdf; size=3', "never closed.pdf"),
    ('attachment; size="3" filename=a.pdf', "a.pdf"),
    ('attachment;; ; filename="a.pdf";', "a.pdf"),
    ("attachment; nothing; filename=a.pdf", "a.pdf"),
    ("attachment; filename=a.pdf; filename=b.pdf", "a.pdf"),
    (r'attachment; filename="C:\Users\eve\x.exe"', r"C:\Users\eve\x.exe"),
    ("attachment; filename*=utf-8'en'f%C3%BCr%20Bob.pdf", "für Bob.pdf"),
    ("attachment; filename*=UTF-8''%e2%82%ac.pdf", "€.pdf"),
    ("attachment; filename*=iso-2022-jp''%1B%24BF%7CK%5C%1B%28B.pdf", "日本.pdf"),
    ("attachment; filename*=''f%C3%BCr.pdf", "für.pdf"),
    ("attachment; filename*=f%C3%BCr.pdf", "für.pdf"),
    ("attachment; filename*=\"utf-8''f%C3%BCr.pdf\"", "für.pdf"),
    ("attachment; filename*=utf-8''100%.pdf", "100%.pdf"),
    ("attachment; filename*=utf-8''it's.pdf", "it's.pdf"),
    ("attachment; filename=f_r.pdf; filename*=utf-8''f%C3%BCr.pdf", "für.pdf"),
    ("attachment; filename*=utf-8''f%C3%BCr.pdf; filename=f_r.pdf", "für.pdf"),
    ('attachment; filename*0="a"; filename*1="b"; filename*2=.pdf', "ab.pdf"),
    ("attachment; filename*1=b.pdf; filename*0=a", "ab.pdf"),
    ("attachment; filename*10=k; filename*2=c; filename*0=a", "ack"),
    ("attachment; filename*0*=utf-8''f%C3; filename*1*=%BCr; filename*2=.pdf", "für.pdf"),
    ("attachment; filename*0=100%25; filename*1*=%C3%BC.pdf", "100%25ü.pdf"),
    ("attachment; filename*1*=%BCr.pdf; filename*0*=utf-8''f%C3", "für.pdf"),
    ("attachment; filename*3=only.pdf", "only.pdf"),
    ("attachment; filename*x=no.pdf; filename=a.pdf", "a.pdf"),
    ("attachment; filename*0=a.pdf; filename*0=b.pdf", "a.pdf"),
    ('attachment; filename="=?utf-8?q?f=C3=BCr.pdf?="', "=?utf-8?q?f=C3=BCr.pdf?="),
    ("attachment; filename=f\udcc3\udcbcr.pdf", "für.pdf"),
    ("attachment; filename=f\udcfcr.pdf", "für.pdf"),
    ("attachment", None),
    ("attachment; filename", None),
    ("", None),
]


@pytest.mark.parametrize(("value", "filename"), TABLE)
def test_a_file_name_as_clients_write_it(value: str, filename: str | None) -> None:
    assert parameters(value).get("filename") == filename


WORD = st.text(st.sampled_from("abz09-."), min_size=1, max_size=8)


@given(st.dictionaries(WORD, st.text(st.sampled_from('abc 0-_.=;"\\'), max_size=12), max_size=5))
@settings(max_examples=300, deadline=None)
def test_what_the_standard_library_wrote_is_read_as_it_was(given_parameters: dict[str, str]) -> None:
    message = Message()
    message.add_header("Content-Disposition", "attachment", **given_parameters)
    assert parameters(str(message["Content-Disposition"])) == {
        name: text for name, text in given_parameters.items() if text
    }


@given(st.text(st.sampled_from("äß☃ab '%"), min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_what_the_standard_library_encoded_is_read_as_it_was(filename: str) -> None:
    message = Message()
    message.add_header("Content-Disposition", "attachment", filename=("utf-8", "", filename))
    value = str(message["Content-Disposition"])
    assert parameters(value)["filename"] == filename
    theirs = message.get_param("filename", header="content-disposition")
    assert isinstance(theirs, tuple)
    assert collapse_rfc2231_value(theirs) == filename


@pytest.mark.parametrize("piece", ['"', "\\", ";", "a;", "a=", 'a="', 'a="\\', "*0*='", "a*1=b;", " ", "%", "a=b;"])
def test_the_time_grows_no_faster_than_the_value(piece: str) -> None:
    grows_linearly(lambda size: "x; " + piece * (size // len(piece)), parameters.__wrapped__, size=20_000)
