"""Reports in prose: whether a mail is one, and which addresses it says failed.

No format per server: the part before the returned original is read line by line. An address counts where a report puts
one: alone at the beginning of a line, behind a label, or in a sentence of failure. Whoever sent the report or the original,
and whom to ask for help, does not count.
"""

import itertools
from email.message import Message
from typing import TYPE_CHECKING

from gateway.email import bounce_phrases as phrases
from gateway.email.bounce_words import reply_code, status_in
from gateway.email.charsets import decode
from gateway.email.header_values import words as header_words

if TYPE_CHECKING:
    from gateway.email.bounce_report import Original

_MOST_TEXT = 60_000
_MOST_LINES = 1500
_MOST_ADDRESSES = 200
_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+-/=?^_`{|}~")
_DOMAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")


def decoded(part: Message) -> str:
    """A part's text, whatever its encoding says."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raw = part.get_payload()
        return raw if isinstance(raw, str) else ""
    return (
        decode(payload[: 4 * _MOST_TEXT], str(part.get_param("charset") or ""))[0]
        .replace("\r\n", "\n")
        .replace("\r", "\n")
    )


def text_of(mail: Message, parts: list[Message]) -> str:
    """The words of a report: its text parts, HTML as bare words, in order."""
    texts: list[str] = []
    for part in parts:
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        if kind == "text/html" and not any(t.strip() for t in texts):
            texts.append(_unmarked(decoded(part)))
        elif kind.startswith("text/") and kind not in ("text/html", "text/rfc822-headers", "text/css"):
            texts.append(decoded(part))
    if not any(t.strip() for t in texts) and isinstance(mail.preamble, str):
        texts.append(mail.preamble)
    return "\n".join(texts)[:_MOST_TEXT]


def _unmarked(html: str) -> str:
    pieces, at = [], 0
    while (start := html.find("<", at)) >= 0:
        pieces.append(html[at:start])
        end = html.find(">", start)
        if end < 0:
            break
        inside = html[start + 1 : end]
        name = inside[:12].strip("/ ").lower()
        pieces.append(
            f"<{inside}>"
            if "@" in inside and "=" not in inside
            else "\n"
            if name.startswith(("br", "p", "div", "tr", "li", "h"))
            else ""
        )
        at = end + 1
    pieces.append(html[at:])
    return (
        "".join(pieces)
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#64;", "@")
        .replace("&amp;", "&")
    )


def is_report(mail: Message, text: str) -> bool:
    """True if the mail says that some mail was not delivered, and a machine says it."""
    low = text[:8000].lower()
    failed = any(phrase in low for phrase in phrases.FAILURE)
    if mail.get("X-Failed-Recipients"):
        return True
    subject = header_words(str(mail.get("Subject", ""))[:400]).lower()
    sender = f"{mail.get('From', '')} {mail.get('Return-Path', '')} {mail.get('Sender', '')}"[:1000].lower()
    by_machine = any(name in sender for name in phrases.SENDERS) or not sender.strip()
    strong = any(word in subject for word in phrases.STRONG_SUBJECTS)
    told = strong or any(word in subject for word in phrases.SUBJECTS)
    if str(mail.get("Auto-Submitted", "")).lower().startswith("auto-replied") and not (by_machine or told):
        return False
    if (failed and (by_machine or strong)) or (by_machine and told) or mail.get_content_type() == "multipart/report":
        return True
    if not by_machine or _tells_success(low):
        return False
    if status_in(low) or reply_code(low) or "mailer-daemon" in sender:
        return True
    return "postmaster" in sender and bool(_standing(_before_original(text[:8000])))


def _tells_success(low: str) -> bool:
    return any(phrase in low for phrase in phrases.SUCCESS)


def is_delay(mail: Message, text: str) -> bool:
    """True if delivery is still being tried."""
    low = f"{mail.get('Subject', '')}\n{text[:8000]}".lower()
    return any(phrase in low for phrase in phrases.DELAY)


def failures(mail: Message, text: str, original: "Original") -> list[tuple[str, str]]:
    """(address, the report's words about it) for each address that failed."""
    lines = _before_original(text)
    named = [a for value in mail.get_all("X-Failed-Recipients") or [] for a in addresses_in(str(value))]
    if named:
        return _with_words(lines, _distinct(named))
    strangers = _strangers(mail, original)
    parties = _strangers(mail, None)
    bare = _bare_names(mail, lines)
    for choose, others in ((_standing, parties), (_labelled, strangers), (_addressed, parties), (_any, strangers)):
        if choose is _any and bare:
            break
        found = [
            a
            for a in _distinct(choose(lines))
            if a.lower() not in others and not _is_office(a) and not _is_message_id(a)
        ]
        if found:
            return _with_words(lines, found)
    return [(address, "\n".join(lines)) for address in bare]


def _before_original(text: str) -> list[str]:
    """The report's own lines: up to the line that announces the original, or the original's own headers."""
    lines: list[str] = []
    said = False
    for line in text.split("\n")[:_MOST_LINES]:
        low = line[:300].strip().lower()
        if (
            said
            and any(mark in low for mark in phrases.END)
            and len(low) < 110
            and not low.startswith("*")
            and not any(word in low for word in ("did not", "was received", "transcript"))
        ):
            break
        if said and low.startswith(("received: from", "return-path:", "received: by", ">received:", ">return-path:")):
            break
        said = said or "@" in low or any(phrase in low for phrase in phrases.FAILURE)
        lines.append(line[:1000])
    return lines


def _standing(lines: list[str]) -> list[str]:
    """Addresses that begin their line."""
    found = []
    for line in lines:
        bare = line.strip(" \t<>*-[]()\"'`|+=#\u00a0")
        low = bare.lower()
        for label in ("mailto:", "smtp:", "rfc822;", "rfc822:", "recipient:", "failed recipient:"):
            if low.startswith(label):
                bare = bare[len(label) :].lstrip(" [<\"'")
                low = bare.lower()
        first = addresses_in(bare[:400])[:1]
        if low.startswith(("expanded from", "generated from")):
            found += first
        elif first and bare.lstrip("\"'").startswith(first[0]):
            found += first
            rest = bare[len(first[0]) :].lstrip(" >")
            if rest.startswith((",", ";")):
                found += addresses_in(rest)
    return found


def _labelled(lines: list[str]) -> list[str]:
    """Addresses in a sentence that speaks of a recipient or of failure, or that follows one."""
    found, before = [], ""
    for sentence in itertools.chain.from_iterable(line.split(". ") for line in lines):
        low = sentence.lower()
        telling = any(label in low for label in phrases.LABELS) or any(
            phrase in f"{before} {low}" for phrase in phrases.FAILURE
        )
        summary = low.strip().startswith(("to:", "cc:"))
        if "@" in sentence and telling and not summary and not any(word in low for word in phrases.ASKING):
            found += addresses_in(sentence)
        before = low[-200:] if low.strip() else before
    return found


def _addressed(lines: list[str]) -> list[str]:
    """Addresses behind "To:" in a report that gives back the original's headers in its own words."""
    return [a for line in lines if line.strip().lower().startswith(("to:", "cc:")) for a in addresses_in(line)]


def _any(lines: list[str]) -> list[str]:
    return [a for line in lines if not any(word in line.lower() for word in phrases.ASKING) for a in addresses_in(line)]


def _bare_names(mail: Message, lines: list[str]) -> list[str]:
    """Addresses that a report gives without their domain, completed by the reporter's (AOL, Yale)."""
    domain = address_in(str(mail.get("From", ""))).rpartition("@")[2]
    if not domain or not any(phrase in " ".join(lines).lower() for phrase in phrases.FAILURE):
        return []
    domain = ".".join(domain.split(".")[-2:])
    for above, line in itertools.pairwise(lines):
        for_us = "accepting mail" in above.lower() or "recipients" in above.lower()
        name = line.strip().split("   ")[0].strip()
        indented = line[:1] in "\t "
        if (
            name
            and indented
            and " " not in name
            and len(name) < 65
            and set(name) <= _LOCAL
            and (for_us or "no matches" in line.lower())
        ):
            return [f"{name}@{domain}"]
    return []


def _with_words(lines: list[str], addresses: list[str]) -> list[tuple[str, str]]:
    """Each address with the line it stands in and the few below, up to the next address that begins a line."""
    where: dict[str, int] = {}
    begins: list[bool] = []
    for at, line in enumerate(lines):
        inside = addresses_in(line)
        for address in inside:
            where.setdefault(address.lower(), at)
        begins.append(bool(inside) and line.strip(" <*\t").startswith(inside[0]))
    return [(address, _about(lines, begins, where.get(address.lower(), -1))) for address in addresses[:_MOST_ADDRESSES]]


def _about(lines: list[str], begins: list[bool], at: int) -> str:
    if at < 0:
        return ""
    end = at + 1
    while end < min(len(lines), at + 8) and not begins[end]:
        end += 1
    return "\n".join(lines[at:end])


def _strangers(mail: Message, original: "Original | None") -> set[str]:
    """Addresses that take part in the mail and are not the one that failed."""
    names = ("From", "To", "Reply-To", "Return-Path", "Sender", "Errors-To")
    values = [str(mail.get(name, "")) for name in names]
    return {
        a.lower() for value in [*values, original.addresses if original else ""] for a in addresses_in(value[:2000])
    } - {""}


def _is_office(address: str) -> bool:
    return address.lower().startswith(("mailer-daemon@", "postmaster@", "abuse@", "hostmaster@"))


def _is_message_id(address: str) -> bool:
    """True for `20240603.abc@mx.example.net`: a date or a number, a dot, and more, as programs make them."""
    first, dot, _ = address.partition("@")[0].partition(".")
    return bool(dot) and len(first) >= 8 and first.isdigit()


def _distinct(addresses: list[str]) -> list[str]:
    return list({address.lower(): address for address in reversed(addresses)}.values())[::-1]


def address_in(value: str) -> str:
    """The first address in a value, or an empty string."""
    return next(iter(addresses_in(value[:4000])), "")


def addresses_in(text: str) -> list[str]:
    """Every address in a text, in order."""
    found: list[str] = []
    at = text.find("@")
    floor = 0
    while at >= 0 and len(found) < 400:
        start = at
        while start > floor and at - start < 128 and text[start - 1] in _LOCAL:
            start -= 1
        end = at + 1
        while (
            end < len(text)
            and end - at < 254
            and (text[end] in _DOMAIN or (text[end] > "\x7f" and text[end].isalnum()))
        ):
            end += 1
        local = _without_label(text[start:at]).strip("'`")
        domain = text[at + 1 : end].strip(".-_")
        if (
            local
            and domain
            and ("." in domain)
            and ".." not in local
            and ".." not in domain
            and not local.startswith(".")
        ):
            found.append(f"{local}@{domain}")
        floor = end
        at = text.find("@", max(end, at + 1))
    return found


def _without_label(local: str) -> str:
    for label in ("SMTP=", "smtp=", "RFC-822=", "=3D", "rfc822="):
        local = local.rpartition(label)[2] if label in local else local
    return local
