"""What a report about one of our mails says: whom it failed for, whether for good, and why.

Reports come as RFC 3464 delivery status notifications, RFC 5965 abuse reports, RFC 8098 disposition notifications, and as prose
in whatever words a server's author chose (qmail, Exim, Exchange, Yahoo, Lotus Notes …). The structured forms are read
first (`bounce_report`), then the prose (`bounce_notice`).

    hard    True    delivery has failed for good, as the report says; a full mailbox too, whose status is then 5.2.2: whoever
                    stops mailing at once must look at it (RFC 3463 calls x.2.2 a persistent transient failure)
            False   a delay, or a failure whose status or reply code is of class 4
            None    the report is none about delivery: an absence note, a challenge, a complaint
"""

from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import Message

from gateway.email import bounce_notice as notice
from gateway.email import bounce_report as report
from gateway.email.bounce_words import (
    full_mailbox,
    is_absence_note,
    is_challenge,
    is_hard,
    meaning,
    reason_of,
    status_in,
    subject_of,
)

_MOST_BYTES = 300_000  # of a report; the rest is the original's body
_MOST_BOUNCES = 200
_COMPLAINTS = ("abuse", "fraud", "virus", "other", "opt-out", "opt-out-list", "miscategorized", "complaint")
_ARRIVED = ("delivered", "relayed", "expanded")  # actions of RFC 3464 2.3.3 that are no failure


@dataclass(frozen=True, slots=True)
class Bounce:
    """One recipient's report.

    `status` is the RFC 3463 code that the report gives (or words of a full mailbox mean), or empty; `reason` is a short
    sentence. `kind` is `dsn`, `arf`, `not-spam` (a complaint taken back), `notice` (prose), `mdn`, `autoreply` or
    `challenge`. `token` is the VERP token of ours that the report came to or quotes; `message_id` is the original's,
    without brackets.
    """

    address: str
    hard: bool | None = None
    status: str = ""
    reason: str = ""
    kind: str = "dsn"
    message_id: str = ""
    token: str = ""


def parse(raw: bytes) -> list[Bounce]:
    """The bounces, complaints or automatic answers in a mail; empty for any other mail. Never raises."""
    try:
        found = _parse(message_from_bytes(_without_runs(raw[:_MOST_BYTES])))
    except Exception:  # whatever the parser makes of hostile bytes, RecursionError included
        found = []
    return found[:_MOST_BOUNCES]


def _without_runs(raw: bytes) -> bytes:
    """The report with one blank line where there are many: the standard parser makes each a block of its own."""
    raw = raw.replace(b"\r\n", b"\n")
    while b"\n\n\n" in raw:
        raw = raw.replace(b"\n\n\n", b"\n\n")
    return raw


def _parse(mail: Message) -> list[Bounce]:
    parts = report.parts(mail)
    original = report.original_of(parts, notice.text_of(mail, parts))
    readers = (_complaint,) if report.feedback(parts) is not None else (_complaint, _notifications, _prose, _automatic)
    for read in readers:
        found = read(mail, parts, original)
        if found:
            token = report.token_of(mail, original)
            return [replace(bounce, message_id=original.message_id, token=token) for bounce in found]
    return []


def _complaint(mail: Message, parts: list[Message], original: report.Original) -> list[Bounce]:
    """RFC 5965: a reader pressed "spam", or took it back. Reports of another type, such as `auth-failure`, are no complaints."""
    fields = report.feedback(parts)
    if fields is None and _forwards_complaint(mail, parts):
        fields = {"original-rcpt-to": str(mail.get("X-HmXmrOriginalRecipient", ""))}
    if fields is None:
        return []
    kind = fields.get("feedback-type", "abuse").strip().lower() or "abuse"
    if kind not in (*_COMPLAINTS, "not-spam"):
        return []
    addresses = [fields.get(name, "") for name in ("original-rcpt-to", "removal-recipient")]
    address = next((a for a in map(notice.address_in, addresses) if a), "") or original.recipient
    if kind == "not-spam":
        return [Bounce(address, None, reason="The reader took back a complaint.", kind="not-spam")]
    return [Bounce(address, None, reason=f"The reader's provider reports: {kind}.", kind="arf")]


def _forwards_complaint(mail: Message, parts: list[Message]) -> bool:
    """True for a complaint without a report part: the original under a subject that says so, as Hotmail's JMRP has sent."""
    subject = subject_of(mail).lower()
    wraps = any(part.get_content_type() == "message/rfc822" for part in parts)
    return wraps and subject.startswith(("complaint about message", "abuse report", "spam report", "[feedback]"))


def _notifications(mail: Message, parts: list[Message], original: report.Original) -> list[Bounce]:
    """RFC 3464, and RFC 8098 where a delivery agent uses it to refuse."""
    found: dict[str, Bounce] = {}
    told = [r for r in report.recipients(parts)[: 2 * _MOST_BOUNCES] if r.action not in _ARRIVED]
    for recipient in told:
        address = recipient.address or (original.recipient if len(told) == 1 else "")
        if not address or address.lower() in found:
            continue
        words = recipient.diagnostic
        status = status_in(words, recipient.status)
        hard = False if recipient.action == "delayed" else is_hard(status, words)
        why = reason_of(words or notice.text_of(mail, parts), status)
        found[address.lower()] = Bounce(address, hard, status, why, "mdn" if recipient.disposition else "dsn")
    return list(found.values())


def _prose(mail: Message, parts: list[Message], original: report.Original) -> list[Bounce]:
    """A report without structure."""
    text = notice.text_of(mail, parts)
    arrived = report.is_read_receipt(parts) or any(r.action in _ARRIVED for r in report.recipients(parts))
    if arrived or not notice.is_report(mail, text):
        return []
    found = notice.failures(mail, text, original)
    delayed = notice.is_delay(mail, text)
    bounces = []
    for address, words in found:
        status = status_in(words) or status_in(text)
        hard = False if delayed else is_hard(status, words or text)
        why = (
            reason_of(words if meaning(words.lower()) else f"{words}\n{text}", status)
            if words
            else reason_of(text, status)
        )
        bounces.append(Bounce(address, hard, status or full_mailbox(words or text, hard), why, "notice"))
    return bounces


def _automatic(mail: Message, parts: list[Message], original: report.Original) -> list[Bounce]:
    """An absence note or a challenge: from the one who answers."""
    text = notice.text_of(mail, parts)
    sender = notice.address_in(str(mail.get("From", "")))
    if is_challenge(subject_of(mail), text):
        return [Bounce(sender, None, reason=reason_of(text, ""), kind="challenge")]
    if is_absence_note(mail):
        return [Bounce(sender, None, reason=reason_of(text, ""), kind="autoreply")]
    return []
