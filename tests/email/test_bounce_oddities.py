"""Reports that keep to no rule: damaged bytes, malformed fields, odd addresses, many languages; and people's mail that looks like one.

Every sample is written for this table. `D` is a daemon's From, `P` a postmaster's.
"""

import pytest

from gateway.email.bounces import parse

BOB = "bob@example.net"
D = "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>"
P = "postmaster@example.net"
FIELDS = "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"
ORIGINAL = "Message-ID: <issue-7@post.example.org>\nFrom: Alice <news@post.example.org>\nTo: bob@example.net\nSubject: x\n\nWrite to dan@example.org.\n"


def dsn(
    fields: str = FIELDS, whole: str = "multipart/report; boundary=B", kind: str = "message/delivery-status"
) -> bytes:
    return (
        f"From: {D}\nTo: news@post.example.org\nSubject: Undelivered Mail\nMIME-Version: 1.0\nContent-Type: {whole}\n\n"
        f"--B\nContent-Type: text/plain\n\nSorry.\n--B\nContent-Type: {kind}\n\nReporting-MTA: dns; mx\n\n{fields}\n"
        f"--B\nContent-Type: message/rfc822\n\n{ORIGINAL}\n--B--\n"
    ).encode()


def mail(who: str, subject: str, body: str, headers: str = "", charset: str = "utf-8") -> bytes:
    kind = "" if "Content-Type" in headers else f"Content-Type: text/plain; charset={charset}\n"
    head = f"From: {who}\nTo: news@post.example.org\nSubject: {subject}\n{headers}{kind}"
    return head.encode() + b"Content-Transfer-Encoding: 8bit\n\n" + body.encode(charset)


DAMAGED = {
    "blank lines first": b"\n\r\n" + dsn(),
    "a mailbox's From line": b"From MAILER-DAEMON Mon Jun  3 10:11:12 2024\n" + dsn(),
    "a quoted From line": b">From MAILER-DAEMON Mon Jun  3 10:11:12 2024\n" + dsn(),
    "a byte order mark": b"\xef\xbb\xbf" + dsn(),
    "CRLF": dsn().replace(b"\n", b"\r\n"),
    "CR CR LF": dsn().replace(b"\n", b"\r\r\n"),
    "CR alone": dsn().replace(b"\n", b"\r"),
    "no boundary named": dsn(whole="multipart/report; report-type=delivery-status"),
    "another boundary named": dsn(whole="multipart/report; boundary=other"),
    "no content type": dsn().replace(b"Content-Type: multipart/report; boundary=B\n", b"", 1),
    "called plain text": dsn(whole="text/plain"),
    "fields in plain text": dsn(kind="text/plain"),
    "fields in an octet stream": dsn(kind="application/octet-stream"),
    "fields each behind a blank line": dsn(FIELDS.replace("\n", "\n\n")),
    "fields indented": dsn("".join(f"  {line}\n" for line in FIELDS.splitlines())),
    "no recipient but the original's": dsn("Action: failed\nStatus: 5.1.1\n"),
    "no action": dsn("Final-Recipient: rfc822; bob@example.net\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\n"),
    "no semicolon": dsn(FIELDS.replace("rfc822;", "rfc822")),
    "marks behind action and status": dsn("Final-Recipient: rfc822; bob@example.net\nAction: Failed;\nStatus: 5.1.1;\n"),
    "action before recipient": dsn("Action: failed\nFinal-Recipient: rfc822;bob@example.net\nStatus: 5.1.1\n"),
    "a route": dsn(FIELDS.replace("bob@", "@relay.example.com:bob@")),
    "a program, and whose it is": dsn("Final-Recipient: rfc822; |/bin/x\nX-Actual-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"),
    "cut off behind the fields": dsn().partition(b"\n\n--B\nContent-Type: message/rfc822")[0],
    "prose sent on as itself": b"From: eve@example.org\nContent-Type: message/rfc822\n\n" + mail(D, "failure notice", "<bob@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_report_is_read(name: str) -> None:
    assert [(b.address, b.hard, b.status) for b in parse(DAMAGED[name])] == [(BOB, True, "5.1.1")]


@pytest.mark.parametrize(
    "address",
    ["bob@localhost", "bob@[192.0.2.77]", "bob..x.@docomo.example.jp", ".bob@docomo.example.jp", '"bob reader"@example.net', "bob=x+y@example.net"],
)  # fmt: skip
def test_an_odd_address_is_taken_as_it_stands(address: str) -> None:
    fields = f"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: 5.1.1\n"
    assert [b.address for b in parse(dsn(fields))] == [address]
    if '"' not in address:
        prose = mail(D, "failure notice", f"I could not deliver your message to:\n\n<{address}>:\nno such user\n")
        assert [b.address for b in parse(prose)] == [address]


@pytest.mark.parametrize(
    ("action", "status", "hard"),
    [("delayed", "5.4.1", False), ("deferred", "4.1.1", False), ("failed", "4.4.7", False), ("undeliverable", "5.1.1", True), ("failure", "5.0.0", True)],
)  # fmt: skip
def test_what_is_still_tried_is_never_hard(action: str, status: str, hard: bool) -> None:
    (bounce,) = parse(dsn(f"Final-Recipient: rfc822; bob@example.net\nAction: {action}\nStatus: {status}\n"))
    assert bounce.hard is hard


# (sender, subject, words, what the reason says)
GONE, FULL, NO_DOMAIN = "The address does not exist.", "The mailbox is full.", "The address's domain does not exist."
DISABLED, REFUSED, LARGE = (
    "The mailbox is disabled.",
    "The recipient's server refuses our mail.",
    "The message is too large.",
)
PROSE = {
    "addresses in brackets behind": (D, "Returned Mail", "---The following addresses had delivery errors---\n\nbob@example.net [User unknown]\n", GONE),
    "words broken over lines": ("Mail Delivery System", "Delivery status notification", "Delivery to the following recipients failed permanently:\n\n   * bob@example.net\n\n  =======\n  Technical details:\n\n   SMTP:RCPT host 192.0.2.8: 553 <bob@example.net>... No\n      such user here\n", GONE),
    "MailFoundry": ("<>", "Message delivery has failed", "Unable to deliver message to: <bob@example.net>\nDelivery failed for the following reason:\nServer mx[192.0.2.2] failed with: 550 <bob@example.net> No such user here\n", GONE),
    "DragonFly": (D, "Mail delivery failed", "This is the DragonFly Mail Agent at mx.\n\nThere was an error delivering your mail to <bob@example.net>.\n\nmx [192.0.2.2] did not like our RCPT TO:\n550 5.1.1 <bob@example.net>: User unknown\n\nMessage headers follow.\n", GONE),
    "GroupWise, no domain": ("Mailer-Daemon@example.net", "Message status - undeliverable", "The message that you sent was undeliverable to the following:\n\tbob (user not found)\n", GONE),
    "cc:Mail": ("cc:Mail Link <ccmail@example.net>", "cc:Mail Link to SMTP Undeliverable Message", 'Message is undeliverable.\nReason: User "bob@example.net" is unknown.\n', GONE),
    "InterMail, no host": ("Mail Administrator <Postmaster@example.net>", "Mail System Error", "Your message was not delivered because the DNS records for the\ndestination computer could not be found.\n\nThe following recipients did not receive this message:\n\n     <bob@example.net>\n", NO_DOMAIN),
    "Gmail, no domain": (D, "Delivery Status Notification (Failure)", "** Address not found **\n\nYour message wasn't delivered to bob@example.net because the domain example.net couldn't be found.\n", NO_DOMAIN),
    "vpopmail, locked": (D, "failure notice", "<bob@example.net>:\nvdelivermail: account is locked email bounced\n", DISABLED),
    "amavis": ('"Content-filter at mx" <postmaster@mx.example.net>', "Considered UNSOLICITED BULK EMAIL, apparently from you", "A message from <news@post.example.org> to:\n-> bob@example.net\n\nwas considered unsolicited bulk e-mail (UBE).\nDelivery of the email was stopped!\n", REFUSED),
    "a sender's domain is no recipient's": (D, "Undelivered Mail", "<bob@example.net>: 550 Sender address rejected: Domain not found\n", REFUSED),
    "too large": (D, "Undelivered Mail", "<bob@example.net>: message size 42011111 exceeds size limit 20480000 of server mx[192.0.2.1]\n", LARGE),
    "no MX wanted": (D, "Undelivered Mail", "<bob@example.net>: Domain example.net does not accept mail (nullMX)\n", "The address's domain takes no mail."),
    "in a circle": (D, "Undelivered Mail", "<bob@example.net>: too many hops\n", "The recipient's server sends mail in a circle."),
    "only in the subject": (P, "DELIVERY FAILURE: User bob (bob@example.net) not listed in Domino Directory", "Your message could not be delivered.\n", None),
    "only in the original": (D, "failure", f"Your message could not be delivered: the user does not exist.\n\n----- Original message -----\n\nReturn-Path: <news@post.example.org>\n{ORIGINAL}", GONE),
    "Exchange, behind the subject": ("info@example.net", "RE: x : non remis", "Votre message n'a pas pu etre delivre a\nbob@example.net\n", None),
    "French, full": ("postmaster@example.fr", "Votre message n'a pas été remis", "Votre message n'a pas pu être transmis à :\n\n   bob@example.net\n\nMotif : la boîte aux lettres du destinataire est pleine.\n", FULL),
    "French, gone": (P, "Echec", "L'adresse bob@example.net n'existe pas.\n", GONE),
    "Italian": (P, "Messaggio non consegnato", "Non e' stato possibile consegnare il messaggio a:\n<bob@example.net>\ncasella di posta piena\n", FULL),
    "Spanish": (P, "Mensaje devuelto", "Su mensaje no ha podido ser entregado a:\nbob@example.net\nEl buzón está lleno.\n", FULL),
    "Portuguese": (P, "Mensagem devolvida", "Não foi possível entregar sua mensagem para <bob@example.net>: usuário não encontrado\n", GONE),
    "Swedish": (P, "Kunde inte leverera", "Meddelandet kunde inte levereras till bob@example.net. Brevlådan är full.\n", FULL),
    "Danish": (P, "Fejl", "Meddelelsen kunne ikke leveres til bob@example.net. Postkassen er fuld.\n", FULL),
    "Finnish": (P, "Virhe", "Viestiä ei voitu toimittaa osoitteeseen bob@example.net, postilaatikko on täynnä\n", FULL),
    "Polish": (D, "Delivery Status Notification (Failure)", "Twoja wiadomość nie dotarła do bob@example.net, ponieważ nie znaleziono adresu\n", GONE),
    "Czech": (P, "Nedoručená zpráva", "Zprávu pro bob@example.net nebylo možné doručit, protože schránka je přeplněna.\n", FULL),
    "Hungarian": (P, "Hiba", "A levél nem kézbesíthető: bob@example.net - a postafiók megtelt\n", FULL),
    "Russian": (P, "Недоставленное сообщение", "Сообщение для bob@example.net не может быть доставлено.\nПочтовый ящик переполнен.\n", FULL),
    "Turkish": (P, "Hata", "bob@example.net adresine iletilemedi: posta kutusu dolu\n", FULL),
    "Vietnamese": (P, "Lỗi", "Thư gửi đến bob@example.net không gửi được: hộp thư đã đầy\n", FULL),
    "Japanese": (P, "Returned mail", "メールを配送できませんでした。\n\nbob@example.net\nメールボックスの容量が一杯です。\n", FULL),
    "Korean": (P, "[전송실패 안내]", "메일을 전달하지 못했습니다.\n\n받는 사람: bob@example.net\n원인: 메일함 용량 초과\n", FULL),
    "Chinese": (P, "退信通知", "用户不存在：bob@example.net\n", GONE),
}  # fmt: skip


@pytest.mark.parametrize("name", PROSE)
def test_prose_names_the_address_and_why(name: str) -> None:
    who, subject, body, why = PROSE[name]
    (bounce,) = parse(mail(who, subject, body))
    assert (bounce.address, bounce.hard) == (BOB, True)
    assert why in (None, bounce.reason)


@pytest.mark.parametrize(
    ("charset", "words", "why"),
    [
        ("iso-2022-jp", "メールボックスの容量が一杯です。", FULL), ("euc-kr", "존재하지 않는 사용자입니다.", GONE), ("big5", "信箱已滿", FULL),
        ("gb2312", "收件人邮箱已满。", FULL), ("koi8-r", "Пользователь не найден", GONE), ("iso-8859-1", "boîte pleine", FULL),
    ],
)  # fmt: skip
def test_words_are_read_in_the_charset_of_the_report(charset: str, words: str, why: str) -> None:
    (bounce,) = parse(mail(D, "failure notice", f"<bob@example.net>:\n{words}\n", charset=charset))
    assert (bounce.address, bounce.reason) == (BOB, why)


def test_html_is_read_where_the_plain_part_names_nobody() -> None:
    html = "<style>a@b.example</style><!-- x@y.example --><p>Delivery has failed: <b>bob</b>&#64;example.net</p>"
    headers = "Content-Type: multipart/alternative; boundary=B\n"
    body = f"--B\nContent-Type: text/plain\n\nPlease read the HTML.\n--B\nContent-Type: text/html\n\n{html}\n--B--\n"
    assert [b.address for b in parse(mail(P, "Undeliverable: x", body, headers))] == [BOB]


def test_a_vague_status_of_a_full_mailbox_gives_way() -> None:
    fields = "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 554 mailbox is full\n"
    assert [(b.hard, b.status) for b in parse(dsn(fields))] == [(True, "5.2.2")]


def test_a_version_or_a_date_is_no_status() -> None:
    body = "Release 2.0.12 of 5.12.2004\n\n<bob@example.net>: user unknown\n"
    assert [b.status for b in parse(mail(D, "failure notice", body))] == [""]


@pytest.mark.parametrize("name", ["X-HmXmrOriginalRecipient", "X-Original-To", "Delivered-To"])
def test_a_complaint_about_a_mail_to_nobody_names_whom_a_server_noted(name: str) -> None:
    original = ORIGINAL.replace("To: bob@example.net", f"To: undisclosed-recipients:;\n{name}: bob@example.net")
    body = f"--B\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n--B\nContent-Type: message/rfc822\n\n{original}\n--B--\n"
    raw = mail("feedback@isp.example", "x", body, "Content-Type: multipart/report; boundary=B\n")
    assert [(b.address, b.kind) for b in parse(raw)] == [(BOB, "arf")]


TIM = "Tim <tim@gmail.example>"
LIST = "List-Id: <x.lists.example>\nReturn-Path: <x-bounces@lists.example>\nSender: x-bounces@lists.example\n"
PEOPLE = {
    "an answer": (TIM, "Re: Undelivered Mail Returned to Sender", "My mail to eve@example.com could not be delivered: 550 5.1.1 user unknown.", ""),
    "a forward": (TIM, "Fwd: Undelivered Mail Returned to Sender", "Look:\n\n<eve@example.com>: 550 user unknown\n", ""),
    "an answer in German": (TIM, "AW: Unzustellbar: Brief", "eve@example.com konnte nicht zugestellt werden.", ""),
    "a report pasted": (TIM, "help", "Delivery to the following recipient failed permanently:\n\n     eve@example.com\n", ""),
    "a question": (TIM, "error sending mail", "I had an error sending to eve@example.com, it was rejected.", ""),
    "a parcel": ("Parcels <noreply@parcels.example>", "Delivery failed: your parcel", "It could not be delivered. Contact:\nhelp@parcels.example\n", ""),
    "a shop in German": ("Pakete <noreply@pakete.example>", "Ihre Sendung konnte nicht zugestellt werden", "Ihr Paket an eve@example.com konnte nicht zugestellt werden.", ""),
    "a song": ("Alice <alice@example.com>", "Return to sender", "It bounced. Returned to sender; write to eve@example.com", ""),
    "a list": (TIM, "[postfix] mail delivery problem", "Who knows this?\n<eve@example.com>: 550 5.1.1 User unknown\n", LIST),
    "a list's digest": ("x-request@lists.example", "X Digest, Vol 1", "eve@example.com wrote:\n550 unknown user, mail delivery failed\n", LIST),
    "a newsletter": ("Shop <news@shop.example>", "Free delivery this week", "If it is not delivered ask eve@example.com.", "List-Unsubscribe: <mailto:u@shop.example>\nSender: bounce@shop.example\n"),
    "a notification": ("Social <notify@social.example>", "Notification: Eve mentioned you", "Eve (eve@example.com) mentioned you. You can no longer reply.", ""),
    "a machine's log": ("root@host.example (Cron Daemon)", "Cron <root@host> backup", "rsync: eve@example.com: connection closed\nfile has 550 lines\n", ""),
    "a quarantine": (P, "Quarantine summary", "Spam digest:\n\neve@example.com  Buy pills\n", ""),
    "a success": (D, "Successful Mail Delivery Report", "<eve@example.com>: delivery via mx[192.0.2.1]: 250 ok\n\nYour message was successfully delivered.", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", PEOPLE)
def test_a_mail_that_only_looks_like_a_report_is_none(name: str) -> None:
    assert parse(mail(*PEOPLE[name])) == []


def test_an_absence_note_that_speaks_of_lost_mail_is_no_bounce() -> None:
    raw = mail(
        "bob@example.net",
        "Out of Office: Hello",
        "Mail to me is not delivered; reach eve@example.com.",
        "Return-Path: <>\n",
    )
    assert [(b.address, b.kind) for b in parse(raw)] == [(BOB, "autoreply")]
