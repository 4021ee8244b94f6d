"""Invitations: what, when and where in words, for mail that says it in no other form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.email.invitation import summary
from gateway.email.read import read
from tests.email.growth import grows_linearly

GOOGLE = (
    "BEGIN:VCALENDAR\r\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
    "DTSTART:20261122T130000Z\r\nDTEND:20261122T140000Z\r\nORGANIZER;CN=Alice:mailto:alice@example.org\r\nUID:1@google.com\r\n"
    "DESCRIPTION:Bring \\n bread\\, please.\r\nLOCATION:Pier 3\\; harbour\r\nSUMMARY:Harbour li\r\n ght\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
OUTLOOK = (
    "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nBEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n"
    "END:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nSUMMARY;LANGUAGE=de-DE:Fest\r\nDTSTART;TZID=W. Europe Standard Time:20261122T140000\r\n"
    'DTEND;TZID="W. Europe Standard Time":20261123T010000\r\nBEGIN:VALARM\r\nDESCRIPTION:REMINDER\r\nEND:VALARM\r\nEND:VEVENT\r\n'
)


def event(*lines: str) -> str:
    return "\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"])


@pytest.mark.parametrize(
    ("calendar", "told"),
    [
        (GOOGLE, "Harbour light\nWhen: 2026-11-22 13:00 to 14:00 UTC\nWhere: Pier 3; harbour\n\nBring \n bread, please."),
        (OUTLOOK, "Cancelled: Fest\nWhen: 2026-11-22 14:00 to 2026-11-23 01:00 W. Europe Standard Time"),
        (event("SUMMARY:Day", "DTSTART;VALUE=DATE:20261122", "DTEND;VALUE=DATE:20261123"), "Day\nWhen: 2026-11-22"),
        (event("SUMMARY:Days", "DTSTART;VALUE=DATE:20261122", "DTEND;VALUE=DATE:20261125"), "Days\nWhen: 2026-11-22 to 2026-11-24"),
        (event("SUMMARY:x", "DTSTART;TZID=Europe/Berlin:20261122T1400"), "x\nWhen: 2026-11-22 14:00 Europe/Berlin"),
        (event("SUMMARY:x", "DTSTART;TZID=Europe/Berlin:20261122T140000"), "x\nWhen: 2026-11-22 14:00 Europe/Berlin"),
        (event("summary:lower", "dtstart:20261122T140000"), "lower\nWhen: 2026-11-22 14:00"),
        (event('SUMMARY;ALTREP="http://a.example/x:y":C:\\\\dir\\, one'), "C:\\dir, one"),
        (event("STATUS:CANCELLED", "SUMMARY:off"), "Cancelled: off"),
        (event("DTSTART:20261122T140000Z"), "An event\nWhen: 2026-11-22 14:00 UTC"),
        (event("SUMMARY:one") + "\n" + event("SUMMARY:two"), "one\n\ntwo"),
        ("BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:a task\nEND:VTODO\nEND:VCALENDAR", ""),
        ("no calendar", ""),
        ("", ""),
    ],
    ids=range(14),
)  # fmt: skip
def test_an_invitation_in_words(calendar: str, told: str) -> None:
    assert summary(calendar) == told


def test_a_mail_that_is_an_invitation_and_nothing_else_says_it_in_words() -> None:
    head = "From: alice@example.org\r\nSubject: Harbour\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n"
    mail = read(f"{head}{GOOGLE}".encode())
    assert mail.text.startswith("Harbour light\nWhen: 2026-11-22 13:00 to 14:00 UTC\n")
    assert [file.content_type for file in mail.attachments] == ["text/calendar"]


def test_an_invitation_beside_a_letter_adds_no_words() -> None:
    mail = read(
        b"From: alice@example.org\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nCome!\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<b>Come!</b>\r\n--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n"
        + GOOGLE.encode()
        + b"--b--\r\n"
    )
    assert (mail.text, mail.html, len(mail.attachments)) == ("Come!", "<b>Come!</b>", 1)


@given(
    st.lists(
        st.sampled_from(
            [
                "BEGIN:VEVENT",
                "END:VEVENT",
                "SUMMARY:",
                "DTSTART:2",
                "DTEND:2026",
                "\\",
                '"',
                ";",
                ":",
                "\n",
                "DTSTART:20261345",
            ]
        ),
        max_size=30,
    )
)
@settings(max_examples=200, deadline=None)
def test_any_calendar_gives_words(pieces: list[str]) -> None:  # fmt: skip
    summary("BEGIN:VEVENT\n" + "".join(pieces))
    summary("BEGIN:VEVENT\n" + "\n".join(pieces))


@pytest.mark.parametrize("piece", ["BEGIN:VEVENT\n", "\n ", "\\", 'A;"', "DESCRIPTION:x\n", ":", "BEGIN:X\nEND:X\n"])
def test_the_time_grows_no_faster_than_the_calendar(piece: str) -> None:
    grows_linearly(lambda size: "BEGIN:VEVENT\n" + piece * (size // len(piece)), summary, size=20_000)
