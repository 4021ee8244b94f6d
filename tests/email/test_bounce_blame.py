"""Which reports of a failure for good blame the address, and which somebody else."""

import pytest

from gateway.email.bounces import parse
from tests.email.test_bounces import NOTICES, dsn, report

TO_BOB = "Final-Recipient: rfc822; bob@example.net\nAction: failed\n"
ABOUT_THE_ADDRESS = (
    "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <bob@example.net>... User unknown",
    "Status: 5.1.1",
    "Status: 5.1.2 (bad destination system)",
    "Status: 5.1.3",
    "Status: 5.1.6",
    "Status: 5.1.10\nDiagnostic-Code: smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "Status: 5.2.1\nDiagnostic-Code: smtp; 550 5.2.1 The email account that you tried to reach is disabled.",
    "Status: 5.0.0\nDiagnostic-Code: smtp; 550 No such user here",
    "Status: 5.0.0\nDiagnostic-Code: smtp; 550 sorry, no mailbox here by that name. (#5.1.1)",
    "Status: 5.0.0\nDiagnostic-Code: smtp; 554 delivery error: dd Sorry, your message cannot be delivered. This account has been disabled or discontinued",
    "Status: 5.1.0\nDiagnostic-Code: smtp; 5.1.0 - Unknown address error 550-'5.1.1 <bob@example.net>: User unknown'",
    "Status: 5.5.0\nDiagnostic-Code: smtp; 550 5.5.0 Requested action not taken: mailbox unavailable",
    "Diagnostic-Code: smtp; 550 Benutzer unbekannt",
    "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user spfister",
    "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown (client address 192.0.2.1)",
    "Diagnostic-Code: smtp; 550 No such user here; hostname mx1.example.org",
    "Diagnostic-Code: smtp; 550 User unknown, helo post.example.org, ip address 192.0.2.1",
)
ABOUT_ANOTHER = (
    "Status: 5.7.1\nDiagnostic-Code: smtp; 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "Status: 5.7.1\nDiagnostic-Code: smtp; 550 5.7.1 Message rejected as spam",
    "Status: 5.7.26\nDiagnostic-Code: smtp; 550-5.7.26 This mail has been blocked because the sender is unauthenticated.",
    "Status: 5.3.4\nDiagnostic-Code: smtp; 552 5.3.4 Message size exceeds fixed limit",
    "Status: 5.6.0",
    "Status: 5.6.1",
    "Status: 5.4.4\nDiagnostic-Code: X-Postfix; Host or domain name not found. Name service error for name=example.net type=MX",
    "Status: 5.4.6\nDiagnostic-Code: smtp; 554 5.4.6 Too many hops",
    "Status: 5.4.7\nDiagnostic-Code: smtp; 550 5.4.7 Delivery expired (message too old)",
    "Status: 5.1.7",
    "Status: 5.1.8\nDiagnostic-Code: smtp; 553 5.1.8 Domain of sender address alice@post.example.org does not exist",
    "Status: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full",
    "Status: 5.0.0\nDiagnostic-Code: smtp; 550 relay not permitted",
    "Status: 5.0.0",
    "Status: 5.1.1\nDiagnostic-Code: smtp; 550 your hostname is not known to us",
    "Status: 5.1.1\nDiagnostic-Code: smtp; 550 no SPF record for your domain",
    "Diagnostic-Code: smtp; 550 unknown user: the sender address is not known here",
    "Status: 5.1.0\nDiagnostic-Code: smtp; 550 5.1.0 Sender address rejected",
    "Status: 5.1.0\nDiagnostic-Code: smtp; 5.1.0 - Unknown address error 550-'5.7.1 Refused'",
    # sendmail writes 5.1.1 for a 550 without a status
    "Status: 5.1.1\nDiagnostic-Code: SMTP; 550 relay not permitted",
    "Status: 5.1.1\nDiagnostic-Code: SMTP; 550 rejected, see (#5.7.1)",
    "Status: 5.1.1\nDiagnostic-Code: SMTP; 550 192.0.2.1 is listed at zen.spamhaus.org",
    # a delay and a failure of class 4 blame nobody
    "Status: 4.1.1\nDiagnostic-Code: smtp; 450 4.1.1 User unknown",
)


@pytest.mark.parametrize(
    ("fields", "bad"), [*((one, True) for one in ABOUT_THE_ADDRESS), *((one, False) for one in ABOUT_ANOTHER)]
)
def test_a_notification_blames_the_address_only_for_what_is_its_own_fault(fields: str, bad: bool) -> None:
    (bounce,) = parse(dsn(TO_BOB + fields))
    assert bounce.bad_address is bad


BLAMED = {"qmail", "Sendmail", "Exim", "Exchange 5.5", "Exchange 2007", "Yahoo", "SMTP32", "Lotus Notes", "MailEnable", "label", "German", "HTML only"}  # fmt: skip


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_in_prose_blames_the_address_by_its_words(name: str) -> None:
    headers = "Content-Type: text/html\n" if name == "HTML only" else ""
    (bounce,) = parse(report(NOTICES[name][0], headers=headers))
    assert bounce.bad_address is (name in BLAMED)


def test_what_an_address_is_called_does_not_blame_it() -> None:
    words = "Your message could not be delivered:\n\n<nobody.unknown.user@no-such-user.example>: 550 refused\n"
    (bounce,) = parse(report(words))
    assert (bounce.hard, bounce.bad_address) == (True, False)
