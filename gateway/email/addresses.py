"""The addresses of a community: what each local part means, and how each is written.

    alice                 a blog           alice.<secret>       its secret posting address
    alice+draft           options          alice+subscribe      start a subscription
    r.<token>             a reply          n.<token>            an answer to a newsletter
    b.<token>             a bounce         u.<token>            unsubscribe
    do                    commands         postmaster, abuse    the operators
    community             the community managers

`.` and `+` are equal, because some relays drop what follows a `+`. What follows a name is told by its shape: a secret is always
20 characters of base32, an option is shorter or has other characters. Case does not matter; a domain is compared in its
A-label form (RFC 5890), so that an address reads the same with and without SMTPUTF8.
"""

import string
from dataclasses import dataclass

from gateway.core.people.domains import a_label
from gateway.core.people.names import RESERVED, is_name
from gateway.core.people.tokens import has_secret_shape, has_token_shape

_LONGEST_LOCAL_PART = 64  # octets, RFC 5321 section 4.5.3.1.1
_LONGEST_ADDRESS = 320
_OPTION = frozenset(string.ascii_lowercase + string.digits + "_-")
_LONGEST_OPTION = 32


@dataclass(frozen=True, slots=True)
class Blog:
    """A blog's address. `secret` is unchecked; `options` are words in the order written, `subscribe` among them."""

    name: str
    secret: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply to one post as one member; the token is unchecked, as in all that follow."""

    token: str


@dataclass(frozen=True, slots=True)
class NewsletterReply:
    """A reader's answer to a newsletter."""

    token: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """What became of one delivery (VERP)."""

    token: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """A subscriber leaves by mail, or a member ends what comes to them again and again."""

    token: str


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands by mail, in the same words as in chat."""


@dataclass(frozen=True, slots=True)
class Postmaster:
    """The operators. `name` is the mailbox that was written to."""

    name: str = "postmaster"


@dataclass(frozen=True, slots=True)
class Community:
    """The community managers' sealed queue."""


Tokened = Reply | NewsletterReply | Bounce | Unsubscribe
Recipient = Blog | Tokened | Commands | Postmaster | Community

_TOKENED: dict[str, type[Tokened]] = {"r": Reply, "n": NewsletterReply, "b": Bounce, "u": Unsubscribe}
_PREFIX: dict[type[Tokened], str] = {kind: prefix for prefix, kind in _TOKENED.items()}
_OPERATORS = frozenset({"postmaster", "abuse"})


def parse(address: str, domain: str) -> Recipient | None:
    """What `address` means to the community at `domain`, or None when it is no address of ours.

    Says nothing about whether the blog exists or the token is genuine. A bare `postmaster` needs no domain
    (RFC 5321 section 4.1.1.3).
    """
    if len(address) > _LONGEST_ADDRESS:
        return None
    local, at, host = address.strip().rpartition("@")
    if not at:
        return Postmaster() if host.lower() == "postmaster" else None
    if not local.isascii() or not host or a_label(host) != a_label(domain):
        return None
    first, *rest = local.lower().replace("+", ".").split(".")
    return _special(first, rest) or _blog(first, rest)


def write(recipient: Recipient, domain: str) -> str:
    """The address of `recipient`, such as `r.<token>@post.example.org`: what `parse` reads back.

    Raises ValueError when the local part would be longer than mail allows.
    """
    local = _local_part(recipient)
    if len(local) > _LONGEST_LOCAL_PART:
        raise ValueError(f"The local part is longer than {_LONGEST_LOCAL_PART} characters.")
    return f"{local}@{domain}"


def _special(first: str, rest: list[str]) -> Recipient | None:
    """The recipient when `first` is none of the names that blogs can have."""
    if first in _TOKENED:
        return _TOKENED[first](rest[0]) if len(rest) == 1 and has_token_shape(rest[0]) else None
    if first in _OPERATORS:
        return Postmaster(first)
    if rest:
        return None
    if first == "do":
        return Commands()
    return Community() if first == "community" else None


def _blog(name: str, rest: list[str]) -> Blog | None:
    if not is_name(name) or name in RESERVED:
        return None
    secrets = [part for part in rest if has_secret_shape(part)]
    options = tuple(part for part in rest if not has_secret_shape(part))
    if len(secrets) > 1 or not all(_is_option(option) for option in options):
        return None
    return Blog(name, secrets[0] if secrets else None, options)


def _is_option(part: str) -> bool:
    return 0 < len(part) <= _LONGEST_OPTION and _OPTION.issuperset(part)


def _local_part(recipient: Recipient) -> str:
    match recipient:
        case Blog(name, secret, options):
            return ".".join([name, *([secret] if secret else [])]) + "".join(f"+{option}" for option in options)
        case Postmaster(name):
            return name
        case Commands():
            return "do"
        case Community():
            return "community"
        case _:
            return f"{_PREFIX[type(recipient)]}.{recipient.token}"
