"""Tokens: what was minted is read, nothing else is, and nobody learns why."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import NotFound
from gateway.core.people.tokens import (
    Keyring,
    hash_token,
    is_secret_part,
    mint,
    new_secret,
    read,
    redacted,
    redacted_as_written,
    secret_part,
    without_secrets,
)
from tests.email.growth import grows_linearly

OLD, NEW = b"o" * 32, b"n" * 32
RING = Keyring({3: OLD}, current=3)
ROTATED = Keyring({3: OLD, 4: NEW}, current=4)
LARGEST = 2**64 - 1
ALPHABET = set("abcdefghijklmnopqrstuvwxyz234567")


@given(st.lists(st.integers(0, LARGEST), max_size=3))
def test_ids_come_back_as_they_went_in(ids: list[int]) -> None:
    assert read(RING, "reply", mint(RING, "reply", *ids)) == tuple(ids)


def test_a_local_part_with_two_ids_fits_into_64_characters() -> None:
    assert len("r." + mint(RING, "reply", LARGEST, LARGEST)) == 55


def test_a_token_is_lowercase_base32_and_upper_case_reads_the_same() -> None:
    token = mint(RING, "reply", 7, 9)
    assert set(token) <= ALPHABET
    assert read(RING, "reply", token.upper()) == (7, 9)


def test_every_change_of_a_character_is_refused() -> None:
    token = mint(RING, "reply", 7, 9)
    for place, character in enumerate(token):
        changed = token[:place] + ("a" if character != "a" else "b") + token[place + 1 :]
        with pytest.raises(NotFound):
            read(RING, "reply", changed)


def test_a_token_has_one_spelling_only() -> None:
    token = mint(RING, "reply", 7, 9)  # 33 bytes leave one spare bit in the last character
    last = "abcdefghijklmnopqrstuvwxyz234567".index(token[-1])
    twin = token[:-1] + "abcdefghijklmnopqrstuvwxyz234567"[last | 1]
    assert twin != token
    with pytest.raises(NotFound):
        read(RING, "reply", twin)


def test_wrong_foreign_and_nonsense_are_told_the_same() -> None:
    stranger = Keyring({3: b"x" * 32}, current=3)
    attempts: list[Callable[[], object]] = [
        lambda: read(RING, "reply", mint(RING, "unsubscribe", 1)),
        lambda: read(RING, "reply", mint(stranger, "reply", 1)),
        lambda: read(RING, "reply", mint(ROTATED, "reply", 1)),
        lambda: read(RING, "reply", base64.b32encode(b"\x23" + b"x" * 24).decode()),
        lambda: read(RING, "reply", ""),
        lambda: read(RING, "reply", "not a token"),
        lambda: read(RING, "reply", "ä" * 40),
        lambda: read(RING, "reply", "a" * 100_000),
        lambda: read(RING, "reply", mint(RING, "reply", 1) + "="),
    ]
    words = set()
    for attempt in attempts:
        with pytest.raises(NotFound) as refusal:
            attempt()
        words.add(str(refusal.value))
    assert len(words) == 1


def test_purpose_and_ids_cannot_trade_bytes() -> None:
    """The MAC covers where the purpose ends."""
    token = mint(RING, "a", 1)
    with pytest.raises(NotFound):
        read(RING, "a" + base64.b32decode(token.upper())[:1].decode("latin-1"), token)


def test_an_old_key_verifies_until_it_leaves_the_ring() -> None:
    token = mint(RING, "reply", 1)
    assert read(ROTATED, "reply", token) == (1,)
    assert mint(ROTATED, "reply", 1) != token
    with pytest.raises(NotFound):
        read(Keyring({4: NEW}, current=4), "reply", token)


@pytest.mark.parametrize(
    ("keys", "current"), [({}, 0), ({1: OLD}, 2), ({16: OLD}, 16), ({-1: OLD}, -1), ({1: b"short"}, 1)]
)
def test_a_keyring_that_cannot_be_trusted_is_refused(keys: dict[int, bytes], current: int) -> None:
    with pytest.raises(ValueError, match=r"key|Key"):
        Keyring(keys, current)


def test_a_keyring_does_not_show_its_keys() -> None:
    assert "ooo" not in repr(RING)


@given(st.integers(0, LARGEST), st.integers(0, 1000))
def test_a_secret_part_is_always_20_base32_characters(blog_id: int, epoch: int) -> None:
    secret = secret_part(RING, blog_id, epoch)
    assert len(secret) == 20
    assert set(secret) <= ALPHABET


def test_raising_the_epoch_kills_the_old_secret_at_once() -> None:
    old = secret_part(RING, 5, 0)
    assert is_secret_part(RING, 5, 0, old.upper())
    assert not is_secret_part(RING, 5, 1, old)
    assert not is_secret_part(RING, 6, 0, old)
    assert not is_secret_part(RING, 5, 0, "ä")


def test_rotating_keys_does_not_break_a_secret_address() -> None:
    assert is_secret_part(ROTATED, 5, 0, secret_part(RING, 5, 0))


def test_a_new_secret_is_made_of_the_randomness_given_and_hashed_in_any_case() -> None:
    secret = new_secret(lambda count: bytes(range(count)))
    assert len(secret) == 26
    assert set(secret) <= ALPHABET
    assert secret != new_secret(lambda count: bytes(count))
    assert hash_token(secret) == hash_token(secret.upper())
    assert len(hash_token(secret)) == 64
    assert secret not in hash_token(secret)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("alice@post.example.org", "alice@post.example.org"),
        ("alice+k3v7abcdefghijklmnop+draft@post.example.org", "alice.….draft@post.example.org"),
        ("alice+draft.K3V7ABCDEFGHIJKLMNOP@post.example.org", "alice.draft.…@post.example.org"),
        ("r.aeaqcaibaeaqcaibaeaqcaibaeaq@post.example.org", "r.…@post.example.org"),
        ("friends_of_the_harbour@post.example.org", "friends_of_the_harbour@post.example.org"),
        ("friendsoftheharbours+draft@post.example.org", "friendsoftheharbours.draft@post.example.org"),
        ("nonsense", "nonsense"),
        ("", ""),
    ],
)
def test_secrets_in_addresses_are_not_shown_and_names_are(address: str, shown: str) -> None:
    assert redacted(address) == shown
    assert redacted_as_written(address).replace("+", ".") == shown


def test_an_address_is_shown_as_it_was_written() -> None:
    assert redacted_as_written("Alice+Draft@post.example.org") == "Alice+Draft@post.example.org"
    assert redacted_as_written(f"alice.{'a' * 20}+draft@post.example.org") == "alice.…+draft@post.example.org"


SECRET = "k3v7abcdefghijklmnop"
TOKEN = mint(RING, "reply", 7, 9)
OURS = "post.example.org"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Write to alice.{SECRET}@{OURS}.", f"Write to alice.…@{OURS}."),
        (f"alice+{SECRET.upper()}+draft@POST.example.org", "alice+…+draft@POST.example.org"),
        (f"alice+draft.{SECRET}@{OURS}, r.{TOKEN}@{OURS}", f"alice+draft.…@{OURS}, r.…@{OURS}"),
        (f"To: alice.{SECRET} <alice.{SECRET}@{OURS}>", f"To: alice.… <alice.…@{OURS}>"),
        (f"[us](mailto:alice%2B{SECRET}%40{OURS}?subject=x)", f"[us](mailto:alice%2B…%40{OURS}?subject=x)"),
        (rf"al\_ice\.{SECRET}\@post\.example.org", r"al\_ice\.…@post\.example.org"),
        (f"alice.{SECRET}@post.example.organic", "alice.…@post.example.organic"),
        *(
            (same, same)
            for same in (
                f"alice@{OURS} and alice+draft@{OURS}",
                f"alice.{SECRET}@example.com",
                f"friendsoftheharbours@{OURS}",
                "www.internationalization.org",
                f"@{OURS} %40{OURS}",
                "",
            )
        ),
    ],
)
def test_a_text_to_be_published_names_addresses_without_their_secrets(text: str, shown: str) -> None:
    assert without_secrets(text, OURS) == shown


def test_an_international_domain_is_known_in_both_its_forms() -> None:
    forms = ("häfen.example", "xn--hfen-loa.example")
    assert forms[0].encode("idna").decode() == forms[1]
    for domain in forms:
        for written in (*forms, forms[0].upper()):
            assert SECRET not in without_secrets(f"alice.{SECRET}@{written}", domain)


@given(st.lists(st.sampled_from(["alice", ".", "+", "@", OURS, SECRET, TOKEN, "\\", "%40", " ", "ä"])))
def test_no_secret_of_ours_is_left_in_any_text(parts: list[str]) -> None:
    text = "".join(parts)
    shown = without_secrets(text, OURS)
    assert f"alice.{SECRET}@{OURS}" not in shown
    assert without_secrets(shown, OURS) == shown


@pytest.mark.parametrize(
    "piece", ["@", "a", f"@{OURS}", f"alice.{SECRET}@{OURS} ", "a" * 200 + f"@{OURS}", ".", "%2", "@post."]
)
def test_looking_for_secrets_takes_time_in_proportion(piece: str) -> None:
    grows_linearly(
        lambda size: "@" + piece * (size // len(piece)), lambda text: without_secrets(text, OURS), size=100_000
    )
