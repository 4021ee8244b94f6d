"""The same letter from fourteen mail programs is the same letter."""

import pytest

from gateway.email.body import draft
from gateway.email.read import read
from tests.email.client_letters import FIRST, LETTERS, PNG, SECOND, wire

PLACED = {"Gmail", "Outlook", "iPhone", "Apple Mail"}  # these put the photo between the paragraphs
ONLY_PLAIN = {"Apple Mail", "Thunderbird", "K-9", "Roundcube"}


@pytest.mark.parametrize("name", LETTERS)
def test_what_is_read(name: str) -> None:
    mail = read(wire(name))
    assert (mail.title, mail.sender, mail.sender_name, mail.to) == (
        "Harbour light",
        "alice@example.org",
        "Alice",
        ("alice@post.example.org",),
    )
    assert mail.date is not None
    assert mail.date.isoformat() == "2026-11-22T08:30:00+00:00"
    assert (mail.is_automatic, mail.problems, mail.unreadable) == (False, (), "")
    assert mail.message_id
    assert bool(mail.html) is (name not in ONLY_PLAIN)
    words = mail.text.replace("*nobody*", "nobody")
    assert FIRST in words
    assert SECOND in words
    [photo] = mail.attachments
    assert (photo.content_type, photo.data, photo.inline) == ("image/png", PNG, name in PLACED)
    assert photo.filename.endswith(".png")


@pytest.mark.parametrize("name", LETTERS)
def test_what_is_posted(name: str) -> None:
    made = draft(read(wire(name)))
    bold = FIRST if name in ONLY_PLAIN else FIRST.replace("nobody", "**nobody**")
    first, *between, last = [paragraph for paragraph in made.text.split("\n\n") if paragraph.strip()]
    assert (made.title, first.strip(), last.strip()) == ("Harbour light", bold, SECOND)
    assert len(between) == (name in PLACED)
