"""When two deliveries count as one mail."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.email.fingerprint import content_key, header_of, unique_key

HEAD = b"Message-ID: <1@x>\r\nFrom: alice@example.org\r\nDate: Sun, 22 Nov 2026 09:00:00 +0000\r\nSubject: Hi\r\n there\r\n"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MAIL = HEAD + b"\r\nA body.\r\n"


@pytest.mark.parametrize(
    "again",
    [
        b"Received: from here by there; now\r\n\tagain\r\n" + MAIL,
        b"DKIM-Signature: v=1\r\n" + MAIL,
        MAIL.replace(b"Hi\r\n there", b"Hi  there"),
        HEAD.replace(b"\r\n", b"\n") + b"\nA body.\r\n",
        MAIL.replace(b"\r\n", b"\n"),
        MAIL.replace(b"Subject: ", b"SUBJECT:\t"),
        MAIL.replace(b"Message-ID", b"message-id"),
        MAIL.replace(b"A body", b"A \t body"),
        MAIL + b"\r\n\r\n",
        b"From alice@example.org Sun Nov 22 09:00:00 2026\n" + MAIL,
    ],
)
def test_what_servers_add_or_fold_makes_no_other_mail(again: bytes) -> None:
    assert again != MAIL
    assert content_key(again) == content_key(MAIL)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<1@x>", b"<2@x>"),
        (b"alice@", b"eve@"),
        (b"09:00:00", b"09:00:01"),
        (b" there", b" here"),
        (b"A body", b"B body"),
        (b"body.\r\n", b"body..\r\n"),
    ],
)
def test_another_word_makes_another_mail(old: bytes, new: bytes) -> None:
    assert content_key(MAIL.replace(old, new)) != content_key(MAIL)
    feeds = MAIL.replace(b"\r\n", b"\n")
    assert content_key(feeds.replace(old.replace(b"\r", b""), new.replace(b"\r", b""))) != content_key(feeds)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_no_byte_of_a_short_body_is_left_out(line_end: bytes) -> None:
    keys = {
        content_key(b"Subject: x" + line_end * 2 + body) for body in (b"", b"a", b"b", b"ab", b"ba", b"aba", b"abb")
    }
    assert len(keys) == 7


def test_long_bodies_differ_by_their_last_byte() -> None:
    assert len({content_key(MAIL + b"x" * size + end) for size in (5_000, 100_000) for end in (b"a", b"b")}) == 4


@pytest.mark.parametrize(
    "odd", [b"Subject: x\r\nNo header line\r\nbody %d\r\n", b"Subject: x\r\rbody %d", b"%d", b"x\n%d"]
)
def test_a_mail_without_an_empty_line_is_all_that_it_is(odd: bytes) -> None:
    assert content_key(odd % 1) != content_key(odd % 2)
    assert header_of(odd % 1) == odd % 1


@pytest.mark.parametrize(
    "odd", [b"\r\nbody %d\n\nx", b"Subject: x\nNo header %d\n\nx", b"Subject: x\r\nno header %d\r\n\r\nx"]
)
def test_words_before_the_first_empty_line_count_where_they_are_no_header(odd: bytes) -> None:
    assert content_key(odd % 1) != content_key(odd % 2)


def test_each_recipient_has_a_row_of_its_own() -> None:
    key = content_key(MAIL)
    assert unique_key("blog:1", key, NOON) != unique_key("blog:2", key, NOON)
    assert unique_key("blog:1", key, NOON) == unique_key("blog:1", key, NOON + timedelta(days=1))


@pytest.mark.parametrize("nameless", [MAIL.replace(b"Message-ID: <1@x>\r\n", b""), b"no header", b"\r\n" + MAIL])
def test_a_mail_without_a_message_id_is_another_one_on_another_day(nameless: bytes) -> None:
    key, late = content_key(nameless), NOON.replace(hour=23)
    assert unique_key("blog:1", key, NOON) == unique_key("blog:1", key, late)
    assert unique_key("blog:1", key, NOON) != unique_key("blog:1", key, late + timedelta(hours=1))
    assert unique_key("blog:1", key, late) == unique_key("blog:1", key, late.astimezone(timezone(timedelta(hours=9))))
