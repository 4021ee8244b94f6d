"""An issue on the wire: joined from segments, signed, judged by dkimpy and the standard library's parser."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.errors import Invalid
from gateway.core.messages import RenderedIssue
from gateway.email.signing import Signer, canonical_body, dns_record, generate_key
from gateway.email.wire import IssueWire, Reader, message_id, prepare
from tests.email.growth import grows_linearly

DATE = datetime(2024, 11, 4, 8, 0, tzinfo=UTC)
KEY = generate_key()
SIGNER = Signer("post.example.org", "p1", KEY)
ISSUE = RenderedIssue(
    subject="Äpfel und Birnen – die ganze Woche in einem Brief, der etwas länger ist",
    html='<p>Hallo Q7name,</p>\n<p style="color:#123">ein  Absatz mit   Leerraum\t.</p><a href="Q7leave">Abmelden</a>\n'
    + "ä" * 200,
    text="Hallo Q7name,\n\n.punkt am Anfang\nFrom hier an \n\nAbmelden: Q7leave\n",
    from_name="Alice, die Bäckerin",
    list_id="alice.post.example.org",
    language="de",
    archive_url="https://alice.post.example.org/archive",
    marks=("Q7name", "Q7leave"),
)
READER = Reader(
    address="bob@example.net",
    message_id=message_id(b"key", "issue 7", 9, "post.example.org"),
    unsubscribe_url="https://post.example.org/u/abc?x=1&y=2",
    unsubscribe_mailto="mailto:u.abc@post.example.org",
    reply_to="n.abc@post.example.org",
    values={"Q7name": "Bób & <b>Co</b>", "Q7leave": "https://post.example.org/u/abc?x=1&y=" + "2" * 150},
)


def wire(issue: RenderedIssue = ISSUE) -> IssueWire:
    return prepare(
        issue,
        sender="alice@post.example.org",
        list_help="https://post.example.org/help",
        feedback_id="7:alice:issue:postroom",
    )


def parsed(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def part(raw: bytes, kind: str) -> str:
    found = parsed(raw).get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def verifies(raw: bytes) -> bool:
    return bool(dkim.verify(raw, dnsfunc=lambda name, timeout=5: dns_record(KEY).encode()))


def test_a_copy_verifies_and_reads_as_rendered() -> None:
    raw = wire().copy(READER, date=DATE, signers=[SIGNER])
    assert verifies(raw)
    assert part(raw, "plain") == ISSUE.text.replace("Q7name", "Bób & <b>Co</b>").replace(
        "Q7leave", READER.values["Q7leave"]
    )
    html = part(raw, "html")
    assert "<p>Hallo Bób &amp; &lt;b&gt;Co&lt;/b&gt;,</p>\n" in html
    assert f'href="https://post.example.org/u/abc?x=1&amp;y={"2" * 150}"' in html
    assert html.endswith("ä" * 200)


def test_the_headers_say_what_a_newsletter_must_say() -> None:
    mail = parsed(wire().copy(READER, date=DATE, signers=[SIGNER]))
    assert mail["From"].addresses[0].display_name == "Alice, die Bäckerin"
    assert mail["From"].addresses[0].addr_spec == "alice@post.example.org"
    assert mail["Subject"] == ISSUE.subject
    assert mail["To"].addresses[0].addr_spec == "bob@example.net"
    assert mail["Reply-To"].addresses[0].addr_spec == "n.abc@post.example.org"
    assert mail["List-Unsubscribe"] == "<https://post.example.org/u/abc?x=1&y=2>, <mailto:u.abc@post.example.org>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"].endswith("<alice.post.example.org>")
    assert mail["List-Archive"] == "<https://alice.post.example.org/archive>"
    assert mail["List-Help"] == "<https://post.example.org/help>"
    assert mail["Feedback-ID"] == "7:alice:issue:postroom"
    assert mail["Message-ID"] == READER.message_id
    assert mail["Content-Language"] == "de"
    assert mail["Date"].datetime == DATE


@pytest.mark.parametrize("name", ["List-Unsubscribe", "List-Unsubscribe-Post", "From", "Feedback-ID"])
def test_what_readers_rely_on_is_signed(name: str) -> None:
    """RFC 8058, 4: both unsubscribe headers must be covered by the signature."""
    raw = wire().copy(READER, date=DATE, signers=[SIGNER])
    assert not verifies(raw.replace(f"\r\n{name}: ".encode(), f"\r\n{name}: x".encode()))


def test_the_wire_is_seven_bit_short_lined_and_already_canonical() -> None:
    raw = wire().copy(READER, date=DATE, signers=[SIGNER])
    body = raw.partition(b"\r\n\r\n")[2]
    assert raw.isascii()
    assert canonical_body(body) == body
    assert all(len(line) <= 78 for line in body.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize("dots", [1, 74, 75, 76, 77, 400])
def test_no_line_begins_with_a_dot_however_it_is_broken(dots: int) -> None:
    text = f"{'.' * dots}Q7name{'.' * dots}\n.{'word.' * 60}\n{'é' * 12}{'.' * dots}Q7leave.\n."
    reader = replace(READER, values={"Q7name": "." * 80, "Q7leave": ".x"})
    raw = wire(replace(ISSUE, text=text)).copy(reader, date=DATE, signers=[SIGNER])
    assert verifies(raw)
    assert b"\r\n." not in raw
    assert max(map(len, raw.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 78
    plain = parsed(raw).get_body(("plain",))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == text.replace("Q7name", "." * 80).replace(
        "Q7leave", ".x"
    )


def test_the_same_recipient_always_has_the_same_message_id() -> None:
    assert message_id(b"key", "issue 7", 9, "example.org") == message_id(b"key", "issue 7", 9, "example.org")
    assert message_id(b"key", "issue 7", 9, "example.org") != message_id(b"key", "issue 8", 9, "example.org")
    assert message_id(b"key", "issue 7", 9, "example.org") != message_id(b"key", "issue 7", 10, "example.org")


def test_the_message_ids_of_an_issue_lie_side_by_side() -> None:
    """As the index of the deliveries holds them, between those of other issues."""
    readers = [(issue, number) for issue in (7, 8) for number in range(999)]
    ids = {message_id(b"key", f"issue {issue}", number, "example.org"): (issue, number) for issue, number in readers}
    in_order = [ids[one] for one in sorted(ids)]
    together = [a for a, b in itertools.pairwise(in_order) if b == (a[0], a[1] + 1)]
    assert len(together) > len(ids) * 0.9


def test_a_frozen_issue_makes_the_same_copies() -> None:
    frozen = wire().to_bytes()
    assert IssueWire.from_bytes(frozen) == wire()
    assert IssueWire.from_bytes(frozen).copy(READER, date=DATE, signers=[SIGNER]) == wire().copy(
        READER, date=DATE, signers=[SIGNER]
    )


@pytest.mark.parametrize("frozen", [b"", b"[]", b"{}", b'{"version":9}', b'{"version":1,"head":"","segments":[{}]}'])
def test_bytes_that_are_no_frozen_issue_are_refused(frozen: bytes) -> None:
    with pytest.raises(Invalid):
        IssueWire.from_bytes(frozen)


@pytest.mark.parametrize(
    ("marks", "why"),
    [
        (("Q7name", "Q7name2"), "part of another"),
        (("Q7gone",), "nowhere"),
        (("Q7 name",), "letters"),
        (("<Q7>",), "letters"),
        (("",), "letters"),
    ],
)
def test_a_template_whose_marks_cannot_be_told_apart_is_refused(marks: tuple[str, ...], why: str) -> None:
    issue = replace(ISSUE, marks=marks, text=ISSUE.text + "Q7name2 <Q7> Q7 name")
    with pytest.raises(Invalid, match=why):
        wire(issue)


def test_a_copy_with_a_value_missing_is_refused() -> None:
    with pytest.raises(Invalid, match="missing"):
        wire().copy(replace(READER, values={"Q7name": "Bob"}), date=DATE)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(READER, address="bob@example.net>\r\nBcc: <eve@example.com"),
        replace(READER, address="bob@example.net, eve@example.com"),
        replace(READER, message_id="<a@b>\r\nBcc: eve@example.com"),
        replace(READER, unsubscribe_url="https://post.example.org/\r\nBcc: eve@example.com"),
        replace(READER, unsubscribe_url="javascript:alert(1)"),
        replace(READER, unsubscribe_mailto="mailto:u@example.org>, <https://evil.example"),
        replace(READER, reply_to="n@example.org\nBcc: eve@example.com"),
    ],
)
def test_no_header_can_be_smuggled_in_by_a_recipient(wrong: Reader) -> None:
    with pytest.raises(Invalid):
        wire().copy(wrong, date=DATE)


def test_a_subject_or_name_with_line_breaks_stays_one_header() -> None:
    issue = replace(
        ISSUE, subject="Hi\r\nBcc: eve@example.com", from_name="Alice\r\nBcc: <eve@example.com>", marks=ISSUE.marks
    )
    mail = parsed(wire(issue).copy(READER, date=DATE))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hi Bcc: eve@example.com"
    assert mail["From"].addresses[0].addr_spec == "alice@post.example.org"


def test_line_breaks_in_a_value_cannot_add_lines_to_the_text() -> None:
    reader = replace(READER, values={**READER.values, "Q7name": "Bob\r\n\r\nSent by the bank"})
    assert "Hallo Bob Sent by the bank,\n" in part(wire().copy(reader, date=DATE), "plain")


def test_a_signature_of_another_domain_is_refused() -> None:
    with pytest.raises(Invalid, match="signing domain"):
        wire().copy(READER, date=DATE, signers=[Signer("example.net", "p1", KEY)])


def test_a_signature_of_the_domain_above_is_aligned() -> None:
    raw = wire().copy(READER, date=DATE, signers=[Signer("example.org", "p1", KEY)])
    assert verifies(raw)


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=120)


@settings(max_examples=40, deadline=None)
@given(
    before=TEXT,
    between=TEXT,
    after=TEXT,
    value=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=200),
)
def test_any_text_around_any_mark_arrives_as_written(before: str, between: str, after: str, value: str) -> None:
    source = f"{before}Q7name{between}Q7leave{after}"
    issue = replace(ISSUE, text=source, html=f"<p>{source}</p>")
    reader = replace(READER, values={"Q7name": value, "Q7leave": value[::-1]})
    raw = wire(issue).copy(reader, date=DATE, signers=[SIGNER])
    assert verifies(raw)
    written = source.replace("\r\n", "\n").replace("\r", "\n").split("Q7name")
    shown, mirrored = " ".join(value.split()), " ".join(value[::-1].split())
    expected = f"{shown}".join(written).replace("Q7leave", mirrored)
    plain = parsed(raw).get_body(("plain",))
    assert plain is not None
    payload = plain.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == expected.replace("\r\n", "\n")


def test_the_cost_of_a_signed_copy_grows_with_its_length() -> None:
    """What a copy costs by itself is measured in benchmarks/newsletter.py."""

    def issue(lines: int) -> IssueWire:
        html = "<p>Q7name and some words of the week</p>\n" * lines + "Q7leave"
        text = "Some words of the week\n" * lines + "Q7name Q7leave"
        return wire(replace(ISSUE, html=html, text=text))

    grows_linearly(issue, lambda prepared: prepared.copy(READER, date=DATE, signers=[SIGNER]), size=700)
