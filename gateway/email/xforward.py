"""XFORWARD (Postfix's XFORWARD_README): our own mail server in front says who brought it the mail."""

from dataclasses import dataclass, replace

from gateway.email import refusals
from gateway.email.door import Refusal
from gateway.email.networks import plain_address

OFFER = "XFORWARD NAME ADDR PROTO HELO"
_KNOWN = frozenset({"NAME", "ADDR", "PROTO", "HELO", "PORT", "IDENT", "SOURCE"})
_UNKNOWN = frozenset({"[UNAVAILABLE]", "[TEMPUNAVAIL]"})
_LONGEST = 255  # characters of one value


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The address and the HELO of whoever brought a mail to the server in front; empty for what it does not know."""

    address: str = ""
    helo: str = ""


NOTHING_FORWARDED = Forwarded()


def read_xforward(argument: str, before: Forwarded) -> Forwarded | Refusal:
    """What was said before together with `ADDR=192.0.2.1 HELO=mail.example.org …`; several commands add up."""
    said = before
    for word in argument.split(" "):
        name, equals, value = word.partition("=")
        text = _decoded(value)
        if not equals or name.upper() not in _KNOWN or text is None:
            return refusals.BAD_XFORWARD
        if name.upper() == "ADDR":
            said = replace(said, address=_address(text))
        elif name.upper() == "HELO":
            said = replace(said, helo=text)
    return said


def _decoded(value: str) -> str | None:
    """The text of an xtext (RFC 3461 section 4), empty for what is unavailable; None when malformed."""
    first, *rest = value.split("+")
    taken = [first]
    for part in rest:
        try:
            taken.append(chr(int(part[:2], 16)) + part[2:] if len(part[:2]) == 2 else "\0")
        except ValueError:
            return None
    text = "".join(taken)
    if len(text) > _LONGEST or not text.isprintable():
        return None
    return "" if text.upper() in _UNKNOWN else text


def _address(text: str) -> str:
    """The IP address, without what Postfix writes before one of IPv6; empty for what is none."""
    return plain_address(text[5:] if text.upper().startswith("IPV6:") else text)
