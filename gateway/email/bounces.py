"""What a report about one of our mails says: whom it failed for, whether for good, and why.

Reports come as RFC 3464 delivery status notifications, RFC 5965 abuse reports, RFC 8098 disposition notifications, and as prose
in whatever words a server's author chose (qmail, Exim, Exchange, Yahoo, Lotus Notes …). Damaged bytes are mended
(`bounce_raw`), the structured forms are read first (`bounce_report`), then the prose (`bounce_notice`), and a returned original
tells whom the mail was for where the report does not (`bounce_original`). A daemon is believed at a word; a sender that may be
a person only with a server's answer, and never in an answer, a forward or a list's mail.

    hard    True    delivery has failed for good, as the report says; a full mailbox too, whose status is then 5.2.2: whoever
                    stops mailing at once must look at it (RFC 3463 calls x.2.2 a persistent transient failure)
            False   a delay, or a failure whose status or reply code is of class 4
            None    the report is none about delivery: an absence note, a challenge, a complaint
"""

from dataclasses import dataclass, replace
from email.message import Message

from gateway.email import bounce_notice as notice
from gateway.email import bounce_report as report
from gateway.email.bounce_addresses import address_in
from gateway.email.bounce_blame import blames_address
from gateway.email.bounce_original import Original, original_of, token_of
from gateway.email.bounce_raw import opened
from gateway.email.bounce_text import text_of
from gateway.email.bounce_words import (
    answer_code,
    full_mailbox,
    is_absence_note,
    is_challenge,
    is_hard,
    reason_of,
    status_in,
    subject_of,
)

_MOST_BOUNCES = 200
_COMPLAINTS = ("abuse", "fraud", "virus", "other", "opt-out", "opt-out-list", "miscategorized", "complaint")
_ARRIVED = ("delivered", "relayed", "expanded")  # actions of RFC 3464 2.3.3 that are no failure


@dataclass(frozen=True, slots=True)
class Bounce:
    """One recipient's report.

    `status` is the RFC 3463 code that the report gives (or words of a full mailbox mean), or empty; `reason` is a short
    sentence. `kind` is `dsn`, `arf`, `not-spam` (a complaint taken back), `notice` (prose), `mdn`, `autoreply` or
    `challenge`. `token` is the VERP token of ours that the report came to or quotes; `message_id` is the original's,
    without brackets. `bad_address`: it failed for good, and by the address's own fault (`bounce_blame`).
    """

    address: str
    hard: bool | None = None
    status: str = ""
    reason: str = ""
    kind: str = "dsn"
    message_id: str = ""
    token: str = ""
    bad_address: bool = False


def parse(raw: bytes) -> list[Bounce]:
    """The bounces, complaints or automatic answers in a mail; empty for any other mail. Never raises."""
    try:
        found = _parse(opened(raw))
    except Exception:  # whatever the parser makes of hostile bytes, RecursionError included
        found = []
    return found[:_MOST_BOUNCES]


def _parse(mail: Message) -> list[Bounce]:
    whole = mail.get_payload()
    if mail.get_content_type() == "message/rfc822" and isinstance(whole, list) and isinstance(whole[0], Message):
        mail = whole[0]  # a report that was sent on as nothing but itself
    parts = report.parts(mail)
    original = original_of(parts, text_of(mail, parts))
    readers = (_complaint,) if report.feedback(parts) is not None else (_complaint, _notifications, _prose, _automatic)
    for read in readers:
        found = read(mail, parts, original)
        if found:
            token = token_of(mail, original)
            return [replace(bounce, message_id=original.message_id, token=token) for bounce in found]
    return []


def _complaint(mail: Message, parts: list[Message], original: Original) -> list[Bounce]:
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
    address = next((a for a in map(address_in, addresses) if a), "") or original.recipient
    if kind == "not-spam":
        return [Bounce(address, None, reason="The reader took back a complaint.", kind="not-spam")]
    return [Bounce(address, None, reason=f"The reader's provider reports: {kind}.", kind="arf")]


def _forwards_complaint(mail: Message, parts: list[Message]) -> bool:
    """True for a complaint without a report part: the original under a subject that says so, as Hotmail's JMRP has sent."""
    subject = subject_of(mail).lower()
    wraps = any(part.get_content_type() == "message/rfc822" for part in parts)
    return wraps and subject.startswith(("complaint about message", "abuse report", "spam report", "[feedback]"))


def _notifications(mail: Message, parts: list[Message], original: Original) -> list[Bounce]:
    """RFC 3464, and RFC 8098 where a delivery agent uses it to refuse."""
    named = report.recipients(parts)
    if not named and notice.is_report(mail, text_of(mail, parts)):
        named = report.recipients_in_text(parts)
    told = [recipient for recipient in named[: 2 * _MOST_BOUNCES] if recipient.action not in _ARRIVED]
    lines = notice.before_original(text_of(mail, parts))
    found: dict[str, Bounce] = {}
    for recipient in told:
        address = recipient.address or (original.recipient if len(told) == 1 else "")
        if address and address.lower() not in found:
            found[address.lower()] = _notification(address, recipient, lines)
    return list(found.values())


def _notification(address: str, recipient: report.Recipient, lines: list[str]) -> Bounce:
    words = recipient.diagnostic
    status = status_in(words, recipient.status)
    hard = False if recipient.action == "delayed" else is_hard(status, words or answer_code(lines))
    vague = not status or status.endswith((".0", ".0.0"))
    status = (full_mailbox(words, hard) if vague else "") or status
    bad = hard and blames_address(status, words or "\n".join(lines))
    kind = "mdn" if recipient.disposition else "dsn"
    return Bounce(address, hard, status, reason_of(words, lines, status), kind, bad_address=bad)


def _prose(mail: Message, parts: list[Message], original: Original) -> list[Bounce]:
    """A report without structure."""
    text = text_of(mail, parts)
    arrived = report.is_read_receipt(parts) or any(r.action in _ARRIVED for r in report.recipients(parts))
    if arrived or not notice.is_report(mail, text):
        return []
    lines = notice.before_original(text)
    delayed = notice.is_delay(mail, lines)
    bounces = []
    for address, words in notice.failures(mail, lines, original):
        status = status_in(words) or status_in("\n".join(lines))
        hard = False if delayed else is_hard(status, words, answer_code(lines))
        status = status or full_mailbox(words or "\n".join(lines), hard)
        bad = hard and blames_address(status, words or "\n".join(lines))
        bounces.append(Bounce(address, hard, status, reason_of(words, lines, status), "notice", bad_address=bad))
    return bounces


def _automatic(mail: Message, parts: list[Message], original: Original) -> list[Bounce]:
    """An absence note or a challenge: from the one who answers."""
    text = text_of(mail, parts)
    sender = address_in(str(mail.get("From", "")))
    if is_challenge(subject_of(mail), text):
        return [Bounce(sender, None, reason=reason_of(text, [], ""), kind="challenge")]
    if is_absence_note(mail):
        return [Bounce(sender, None, reason=reason_of(text, [], ""), kind="autoreply")]
    return []
