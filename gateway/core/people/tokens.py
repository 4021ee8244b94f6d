"""Tokens that prove themselves: short strings that name rows of ours and that only we can have written.

A token is the lowercase base32 (RFC 4648 section 6, without padding) of

    1 byte     the form in its upper four bits (there is 1 only), the key id in its lower four
    8 bytes    each id, unsigned, most significant byte first
    16 bytes   the first half of HMAC-SHA256 (RFC 2104) over the purpose and all bytes before

One id makes 40 characters and two make 53. So with two ids and a letter and a dot before it, it fits into the 64 characters of a
local part (RFC 5321 section 4.5.3.1.1). Three ids serve in links only.

The purpose is part of what the MAC covers, so that a token for leaving a newsletter never answers a post. Tokens reveal
their ids and hide nothing; they carry no secret of a person. Whoever holds one can do what its purpose allows until the rows
it names say otherwise.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache

import idna

from gateway.core.errors import NotFound
from gateway.core.people.domains import a_label
from gateway.core.words import later

SECRET_LENGTH = 20  # characters of a secret posting address: 100 bits
SHORTEST_TOKEN = 24  # characters of a token in a mail address
_SIGNS = "abcdefghijklmnopqrstuvwxyz234567"
_BASE32 = frozenset(_SIGNS)
_LONGEST_SPREAD = 40  # bytes, which are 64 signs
_FORM = 1
_ID_BYTES, _MAC_BYTES = 8, 16
_SHORTEST_KEY = 16  # bytes
_LONGEST_TOKEN = 128  # characters; nothing longer is looked at
_LONGEST_LOCAL_PART = 256  # characters of one in a text, where marks may stand before its signs
_LOCAL = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-%\\"
_LIKE_SECRETS = re.compile(rf"[A-Za-z2-7]{{{SECRET_LENGTH},}}")
_BETWEEN = re.compile(r"(\\?[.+]|%2[be])", re.IGNORECASE)  # the parts, as Markdown and links write it too


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one community: `keys` by id (0 to 15), at least 16 random bytes each.

    The `current` one makes new tokens. The others only verify, until they are taken out and their tokens die.
    """

    keys: Mapping[int, bytes] = field(repr=False)
    current: int

    def __post_init__(self) -> None:
        """Raises ValueError for a keyring that could not be trusted."""
        if self.current not in self.keys:
            raise ValueError("The current key is not on the keyring.")
        for key_id, key in self.keys.items():
            if not 0 <= key_id <= 15:
                raise ValueError("A key id is a number from 0 to 15.")
            if len(key) < _SHORTEST_KEY:
                raise ValueError(f"Key {key_id} is too short: at least {_SHORTEST_KEY} bytes are needed.")


def mint(keyring: Keyring, purpose: str, *ids: int) -> str:
    """The token for `ids` (each from 0 to 2⁶⁴ - 1, or OverflowError) that lasts as long as its key is on the keyring."""
    body = bytes([_FORM << 4 | keyring.current]) + _packed(ids)
    return base32(body + mac(keyring.keys[keyring.current], purpose, body))


def read(keyring: Keyring, purpose: str, token: str) -> tuple[int, ...]:
    """The ids of a token that `mint` made for this purpose; upper case is as good as lower.

    Raises NotFound, always in the same words, for anything else.
    """
    return _ids(_opened(keyring, purpose, token))


def secret_part(keyring: Keyring, blog_id: int, epoch: int) -> str:
    """The 20 characters that make a blog's address secret, under the current key; raising `epoch` makes new ones."""
    return _secret_part(keyring.keys[keyring.current], blog_id, epoch)


def is_secret_part(keyring: Keyring, blog_id: int, epoch: int, secret: str) -> bool:
    """Whether `secret` is this blog's in this epoch, under any key on the keyring, so that rotating keys breaks none."""
    given = secret.lower().encode()
    matches = [hmac.compare_digest(_secret_part(key, blog_id, epoch).encode(), given) for key in keyring.keys.values()]
    return any(matches)


def new_secret(randomness: Callable[[int], bytes]) -> str:
    """26 base32 characters that nobody can guess (128 bits). `randomness` gives that many random bytes."""
    return base32(randomness(_MAC_BYTES))


def hash_token(secret: str) -> str:
    """What to store instead of a secret from `new_secret`: its SHA-256, 64 hexadecimal characters.

    No salt and no slow hash: 128 random bits cannot be tried out. Do not use it for anything a person chose.
    """
    return hashlib.sha256(secret.lower().encode()).hexdigest()


def base32(data: bytes) -> str:
    """As `base64.b32encode` without padding and in lower case, in a third of its time: each copy of a newsletter has four.

    The bits are spread with whole-number arithmetic, halves apart, then quarters, until each five of them stand in a byte of their own.
    """
    size = len(data)
    if size > _LONGEST_SPREAD:
        return base64.b32encode(data).decode("ascii").rstrip("=").lower()
    number = int.from_bytes(data, "big") << 8 * (_LONGEST_SPREAD - size)
    for low, high, apart in _SPREADING:
        number = number & low | (number & high) << apart
    return number.to_bytes(64, "big").translate(_TO_SIGNS)[: (8 * size + 4) // 5].decode("ascii")


def _spreading() -> Iterator[tuple[int, int, int]]:
    """For fields of 64, 32, … 2 signs: the bits of their lower halves, those of their upper halves, and how far these go up."""
    signs = 64
    while signs > 1:
        half, starts = signs // 2, range(0, 64 * 8, signs * 8)
        ones = (1 << 5 * half) - 1
        yield sum(ones << at for at in starts), sum(ones << at + 5 * half for at in starts), 3 * half
        signs = half


_SPREADING = tuple(_spreading())
_TO_SIGNS = _SIGNS.encode("ascii").ljust(256)


def _packed(ids: tuple[int, ...]) -> bytes:
    return b"".join([number.to_bytes(_ID_BYTES, "big") for number in ids])


def _ids(payload: bytes) -> tuple[int, ...]:
    starts = range(0, len(payload), _ID_BYTES)
    return tuple(int.from_bytes(payload[start : start + _ID_BYTES], "big") for start in starts)


def _opened(keyring: Keyring, purpose: str, token: str) -> bytes:
    """The payload of a genuine token."""
    sealed = _bytes(token)
    fixed = 1 + _MAC_BYTES
    if len(sealed) < fixed or (len(sealed) - fixed) % _ID_BYTES or sealed[0] >> 4 != _FORM:
        raise _unknown()
    body, sign = sealed[:-_MAC_BYTES], sealed[-_MAC_BYTES:]
    key = keyring.keys.get(sealed[0] & 15)
    if key is None or not hmac.compare_digest(sign, mac(key, purpose, body)):
        raise _unknown()
    return body[1:]


def mac(key: bytes, purpose: str, body: bytes) -> bytes:
    """16 bytes that nobody can make for this purpose and body without the key (RFC 2104, SHA-256).

    The length of the purpose goes first, so that no purpose and body can pass for another pair. Unlike `hmac.digest` it never gives the interpreter's lock away, which for
    each copy of a newsletter would cost more than the hash.
    """
    begun, ended = _states(key, purpose)
    inner, outer = begun.copy(), ended.copy()
    inner.update(body)
    outer.update(inner.digest())
    return outer.digest()[:_MAC_BYTES]


@lru_cache(maxsize=64)
def _states(key: bytes, purpose: str) -> "tuple[hashlib._Hash, hashlib._Hash]":
    """HMAC's inner hash up to the body and its outer one up to the inner (RFC 2104, section 4): with these kept a MAC costs a third."""
    name = purpose.encode()
    block = (key if len(key) <= 64 else hashlib.sha256(key).digest()).ljust(64, b"\0")
    begun = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
    begun.update(b"postroom token\0" + len(name).to_bytes(2, "big") + name)
    return begun, hashlib.sha256(bytes(byte ^ 0x5C for byte in block))


def _secret_part(key: bytes, blog_id: int, epoch: int) -> str:
    message = b"postroom secret address\0" + _packed((blog_id, epoch))
    return base32(hmac.digest(key, message, "sha256"))[:SECRET_LENGTH]


def _bytes(token: str) -> bytes:
    """What `base32` would have written as `token`; spare bits at the end must be zero, so that a token has one spelling."""
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        raise _unknown()
    try:
        data = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except ValueError:
        raise _unknown() from None
    if base32(data) != token.lower():
        raise _unknown()
    return data


def _unknown() -> NotFound:
    return NotFound(
        later("This link or address is not valid, or no longer."), hint=later("Nothing was changed. Ask for a new one.")
    )


def has_secret_shape(part: str) -> bool:
    """Whether a part of a mail address is written like the secret of a posting address."""
    return len(part) == SECRET_LENGTH and _BASE32.issuperset(part)


def has_token_shape(part: str) -> bool:
    """Whether a part of a mail address is written like a token."""
    return len(part) >= SHORTEST_TOKEN and _BASE32.issuperset(part)


def redacted(address: str) -> str:
    """A mail address as it may stand in a log or a page: secrets and tokens give way to `…`. What comes first is a name or a letter."""
    local, at, host = address.rpartition("@")
    return redacted_as_written(f"{local.replace('+', '.')}{at}{host}")


def redacted_as_written(address: str) -> str:
    """The same, with dots and pluses as its sender wrote them."""
    local, at, host = address.rpartition("@")
    if not at:
        return address
    first, *rest = re.split(r"([.+])", local)
    return "".join([first, *("…" if _is_hidden(part.lower()) else part for part in rest)]) + at + host


def without_secrets(text: str, domain: str) -> str:
    """A text fit to be published: the secrets and tokens of mail addresses of ours in it, links included, give way to `…` wherever they stand."""
    if "@" not in text and "%40" not in text:
        return text
    pieces: list[str] = []
    hidden: set[str] = set()
    at = 0
    for host in _hosts(domain).finditer(text):
        before = text[max(at, host.start() - _LONGEST_LOCAL_PART) : host.start()]
        local = before[len(before.rstrip(_LOCAL)) :]
        shown = _without_secrets(local, hidden)
        pieces += [text[at : host.start() - len(local)], shown, host[0]]
        at = host.end()
    shown = "".join([*pieces, text[at:]])
    return _LIKE_SECRETS.sub(lambda run: "…" if run[0].lower() in hidden else run[0], shown) if hidden else shown


def _without_secrets(local: str, hidden: set[str]) -> str:
    """A local part to be shown; what of it is not goes into `hidden`."""
    first, *rest = _BETWEEN.split(local)
    shown = [first]
    for part in rest:
        bare = part.rstrip("\\").lower()
        if _is_hidden(bare):
            hidden.add(bare)
        shown.append("…" if bare in hidden else part)
    return "".join(shown)


@cache
def _hosts(domain: str) -> re.Pattern[str]:
    """Finds a domain of ours behind an `@`, in both its forms if it is an international one, as Markdown and links write it too."""
    forms = {domain}
    forms.add(a_label(domain))
    with suppress(UnicodeError):
        forms.add(idna.decode(domain))
    written = ("".join(one if one.isalnum() else rf"\\?{re.escape(one)}" for one in form) for form in sorted(forms))
    return re.compile(f"(?:@|%40)(?:{'|'.join(written)})", re.IGNORECASE)


def _is_hidden(part: str) -> bool:
    return has_secret_shape(part) or has_token_shape(part)
