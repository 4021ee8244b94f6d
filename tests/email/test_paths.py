"""What may stand after MAIL and RCPT, and what is refused with which status."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.email.door import Refusal
from gateway.email.paths import Mail, read_mail, read_recipient


@pytest.mark.parametrize(
    ("argument", "mail"),
    [
        ("FROM:<alice@example.org>", Mail("alice@example.org")),
        ("from:<alice@example.org>", Mail("alice@example.org")),
        ("FROM: <alice@example.org> ", Mail("alice@example.org")),
        ("FROM:<>", Mail("")),
        ("FROM:<> SIZE=12 BODY=8BITMIME", Mail("", 12)),
        ("FROM:<alice@example.org> size=99 body=7bit", Mail("alice@example.org", 99)),
        ("FROM:<álice@bücher.example> SMTPUTF8", Mail("álice@bücher.example", 0, True)),
        ('FROM:<"alice"@example.org>', Mail("alice@example.org")),
        ('FROM:<"a>b\\" c"@example.org>', Mail('"a>b\\" c"@example.org')),
        ("FROM:<a..b.@docomo.example>", Mail("a..b.@docomo.example")),
        ("FROM:<alice@[192.0.2.1]>", Mail("alice@[192.0.2.1]")),
        ("FROM:<alice@[IPv6:2001:db8::1]>", Mail("alice@[IPv6:2001:db8::1]")),
        ("FROM:<prvs=1=a/b{c}'d#e@example.org>", Mail("prvs=1=a/b{c}'d#e@example.org")),
    ],
)
def test_senders_that_are_taken(argument: str, mail: Mail) -> None:
    assert read_mail(argument) == mail


@pytest.mark.parametrize(
    ("argument", "status"),
    [
        ("", "501 5.5.4"),
        ("TO:<alice@example.org>", "501 5.5.4"),
        ("FROM:alice@example.org", "501 5.5.4"),
        ("FROM:<alice@example.org", "501 5.5.4"),
        ("FROM:<alice@example.org>SIZE=1", "501 5.5.4"),
        ('FROM:<"alice>@example.org', "501 5.5.4"),
        ("FROM:<alice>", "501 5.1.7"),
        ("FROM:<@example.org>", "501 5.1.7"),
        ("FROM:<@relay.example:alice@example.org>", "501 5.1.7"),
        ("FROM:<alice@bob@example.org>", "501 5.1.7"),
        ("FROM:<al ice@example.org>", "501 5.1.7"),
        ("FROM:<alice@exa mple.org>", "501 5.1.7"),
        ("FROM:<alice@example..org>", "501 5.1.7"),
        ("FROM:<alice@.>", "501 5.1.7"),
        ("FROM:<alice@[]>", "501 5.1.7"),
        ('FROM:<"ali" "ce"@example.org>', "501 5.1.7"),
        ("FROM:<" + "a" * 400 + "@example.org>", "501 5.1.7"),
        ("FROM:<álice@example.org>", "553 5.6.7"),
        ("FROM:<alice@bücher.example>", "553 5.6.7"),
        ("FROM:<alice@example.org> SIZE=big", "501 5.5.4"),
        ("FROM:<alice@example.org> SIZE=-1", "501 5.5.4"),
        ("FROM:<alice@example.org> BODY=BINARYMIME", "501 5.5.4"),
        ("FROM:<alice@example.org> SMTPUTF8=yes", "501 5.5.4"),
        ("FROM:<alice@example.org> SIZE=1 SIZE=2", "555 5.5.4"),
        ("FROM:<alice@example.org> RET=HDRS", "555 5.5.4"),
        ("FROM:<alice@example.org> =1", "555 5.5.4"),
    ],
)
def test_senders_that_are_refused(argument: str, status: str) -> None:
    assert str(read_mail(argument)).startswith(status + " ")


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("TO:<alice@post.example.org>", "alice@post.example.org"),
        ("to: <alice+draft@post.example.org>", "alice+draft@post.example.org"),
        ("TO:<Postmaster>", "Postmaster"),
        ('TO:<"alice"@post.example.org>', "alice@post.example.org"),
    ],
)
def test_recipients_that_are_taken(argument: str, address: str) -> None:
    assert read_recipient(argument, smtputf8=False) == address


@pytest.mark.parametrize(
    ("argument", "status"),
    [
        ("", "501 5.5.4"),
        ("FROM:<alice@example.org>", "501 5.5.4"),
        ("TO:alice@example.org", "501 5.5.4"),
        ("TO:<>", "501 5.1.3"),
        ("TO:<alice>", "501 5.1.3"),
        ("TO:<@relay.example:alice@post.example.org>", "501 5.1.3"),
        ("TO:<@a.example,@b.example:alice@post.example.org>", "501 5.1.3"),
        ("TO:<alice@post.example.org,bob@post.example.org>", "501 5.1.3"),
        ("TO:<álice@post.example.org>", "553 5.6.7"),
        ("TO:<alice@post.example.org> NOTIFY=NEVER", "555 5.5.4"),
    ],
)
def test_recipients_that_are_refused(argument: str, status: str) -> None:
    assert str(read_recipient(argument, smtputf8=False)).startswith(status + " ")


def test_with_smtputf8_an_international_recipient_reaches_the_door() -> None:
    assert read_recipient("TO:<alice@bücher.example>", smtputf8=True) == "alice@bücher.example"


@given(st.text(max_size=60))
def test_any_argument_gets_an_answer(text: str) -> None:
    for argument in (f"FROM:{text}", f"FROM:<{text}>", f"FROM:<alice@example.org> {text}"):
        assert isinstance(read_mail(argument), Mail | Refusal)
    for argument in (f"TO:{text}", f"TO:<{text}>", f"TO:<alice@example.org>{text}"):
        assert isinstance(read_recipient(argument, smtputf8=True), str | Refusal)
