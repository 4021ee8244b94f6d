"""Reports in prose: whether a mail is one, and which addresses it says failed.

No format per server: the part before the returned original is read line by line. An address counts where a report puts
one: alone at the beginning of a line, behind a label, or in a sentence of failure. Whoever sent the report or the original,
and whom to ask for help, does not count.

Who says it decides how much it takes. A daemon or a postmaster needs little; a sender that may be a person needs the subject
of a report, words of failure and a server's answer, and is never believed in an answer, a forward or a list's mail.
"""

import itertools
from email.message import Message

from gateway.email import bounce_phrases as phrases
from gateway.email.automatic import is_absence
from gateway.email.bounce_addresses import address_in, addresses_in
from gateway.email.bounce_original import Original
from gateway.email.bounce_words import answer_code, meaning, status_in, subject_of
from gateway.email.reply_marks import without_reply_mark

_MOST_LINES = 1500
_MOST_ADDRESSES = 200
_MOST_PLACES = 4  # where an address stands, whose words are taken
_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+-/=?^_`{|}~")


def is_report(mail: Message, text: str) -> bool:
    """True if the mail says that some mail was not delivered, and a machine says it."""
    if mail.get("X-Failed-Recipients") or mail.get_content_type() == "multipart/report":
        return True
    subject = subject_of(mail)[:400].lower()
    sender = f"{mail.get('From', '')} {mail.get('Sender', '')}"[:1000].lower()
    sure = any(name in sender for name in phrases.SURE_SENDERS) or not str(mail.get("From", "")).strip()
    strong = any(word in subject for word in phrases.STRONG_SUBJECTS)
    told = strong or any(word in subject for word in phrases.SUBJECTS)
    lines = before_original(text)
    low = _in_one_line(lines)
    begins = subject.startswith(phrases.STRONG_SUBJECTS) and bool(_standing(lines)) and _speaks_of_mail(low)
    if not sure and (_is_sent_on(subject) or (_is_bulk(mail) and not begins) or _is_answer(mail, subject, strong)):
        return False
    failed = any(phrase in low for phrase in phrases.FAILURE)
    said = bool(status_in(low) or answer_code(lines))
    meant = meaning(low) not in ("", "7.1")
    if _tells_success(low) and not (said or meant):
        return False
    if sure or str(mail.get("Return-Path", "")).strip() == "<>":
        return told or failed or said or meant or "daemon" in sender
    by_machine = any(name in sender for name in phrases.SENDERS)
    return failed and (told if by_machine else strong) and (said or bool(_standing(lines)) or _speaks_of_mail(low))


def _in_one_line(lines: list[str]) -> str:
    """The words in lower case, as if they had been broken nowhere."""
    return " ".join("\n".join(lines)[:8000].lower().split())


def _is_sent_on(subject: str) -> bool:
    """True for an answer or a forward: a person's, whatever it quotes."""
    sent_on = bool(without_reply_mark(subject)) or subject.startswith(phrases.FORWARDS)
    return sent_on and phrases.BEHIND_SUBJECTS not in subject


def _is_bulk(mail: Message) -> bool:
    return any(mail.get(name) for name in ("List-Id", "List-Unsubscribe", "List-Post"))


def _is_answer(mail: Message, subject: str, strong: bool) -> bool:
    """True for a person's automatic answer, which may well speak of mail that is not delivered."""
    replied = str(mail.get("Auto-Submitted", "")).strip().lower().startswith("auto-replied")
    return is_absence(subject) or (replied and not strong)


def _speaks_of_mail(low: str) -> bool:
    return any(phrase in low for phrase in phrases.OF_MAIL)


def _tells_success(low: str) -> bool:
    return any(phrase in low for phrase in phrases.SUCCESS)


def is_delay(mail: Message, lines: list[str]) -> bool:
    """True if delivery is still being tried."""
    low = _in_one_line([subject_of(mail), *lines])
    return any(phrase in low for phrase in phrases.DELAY)


def failures(mail: Message, lines: list[str], original: Original) -> list[tuple[str, str]]:
    """(address, the report's words about it) for each address that failed."""
    named = [a for value in mail.get_all("X-Failed-Recipients") or [] for a in addresses_in(str(value))]
    if named:
        return _with_words(lines, _distinct(named))
    strangers, parties = _strangers(mail, original), _strangers(mail, None)
    bare = _bare_names(mail, lines)
    for choose, others in ((_standing, parties), (_labelled, strangers), (_addressed, parties), (_any, strangers)):
        if bare and (choose is not _standing or "no matches" in " ".join(lines).lower()):
            return [(address, "\n".join(lines)) for address in bare]
        found = [a for a in _distinct(choose(lines)) if a.lower() not in others and not _is_no_recipient(a)]
        if found:
            return _with_words(lines, found)
    elsewhere = [*addresses_in(subject_of(mail)), "" if original.through_list else original.recipient]
    found = [a for a in elsewhere if a and a.lower() not in strangers and not _is_no_recipient(a)]
    return [(address, "\n".join(lines)) for address in found[:1]]


def before_original(text: str) -> list[str]:
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
            and not any(word in low for word in ("did not", "was received", "transcript", "resend", "message details"))
        ):
            break
        if said and low.startswith(("received: from", "return-path:", "received: by", ">received:", ">return-path:")):
            break
        said = said or "@" in low or any(phrase in low for phrase in phrases.FAILURE)
        lines.append(line[:1000])
    return lines


def _standing(lines: list[str]) -> list[str]:
    """Addresses that begin their line; where a server expanded one, what it made of it, if it says so."""
    found: list[str] = []
    before, asks = 0, False
    for line in lines:
        above, before = len(found) - before, len(found)
        if asks and line.strip():
            asks = False
            continue
        asks = asks or (line.rstrip().endswith(":") and any(word in line.lower() for word in phrases.OFFERS))
        bare = line.strip(" \t<>*-[]()\"'`|+=#\u00a0")
        low = bare.lower()
        for label in ("mailto:", "smtp:", "rfc822;", "rfc822:", "recipient:", "failed recipient:"):
            if low.startswith(label):
                bare = bare[len(label) :].lstrip(" [<\"'")
                low = bare.lower()
        first = addresses_in(bare[:400])[:1]
        if low.startswith(("expanded from", "generated from", "ultimately generated from")):
            found += [] if above and "generated" in low[:22] else first
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
    """Addresses that a report gives without their domain, completed by the reporter's (AOL, Yale, GroupWise)."""
    domain = address_in(str(mail.get("From", ""))).rpartition("@")[2]
    if not domain or not any(phrase in " ".join(lines).lower() for phrase in phrases.FAILURE):
        return []
    organisation = ".".join(domain.split(".")[-2:])
    for above, line in itertools.pairwise(lines):
        for_us = "accepting mail" in above.lower() or "recipients" in above.lower()
        name, mark, rest = line.strip().partition(" (")
        explained = bool(mark) and rest.endswith(")") and bool(meaning(rest.lower()))
        name = name if explained else line.strip().split("   ")[0].strip()
        told = for_us or explained or "no matches" in line.lower()
        if told and line[:1] in "\t " and 0 < len(name) < 65 and set(name) <= _LOCAL:
            return [f"{name}@{domain if explained else organisation}"]
    return []


def _with_words(lines: list[str], addresses: list[str]) -> list[tuple[str, str]]:
    """Each address with the lines it stands in and the few below each, up to the next address that begins a line."""
    wanted = {address.lower() for address in addresses}
    where: dict[str, list[int]] = {}
    begins: list[str] = []
    for at, line in enumerate(lines):
        inside = [address.lower() for address in addresses_in(line)]
        for address in wanted.intersection(inside):
            where.setdefault(address, []).append(at)
        begins.append(inside[0] if inside and line.lower().strip(" <*\t").startswith(inside[0]) else "")
    return [
        (address, "\n".join(_about(lines, begins, at) for at in where.get(address.lower(), [])[:_MOST_PLACES]))
        for address in addresses[:_MOST_ADDRESSES]
    ]


def _about(lines: list[str], begins: list[str], at: int) -> str:
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


def _is_no_recipient(address: str) -> bool:
    """True for an office, and for a message id such as `20240603.abc@mx.example.net`: a date or a number, a dot, and more."""
    if address.lower().startswith(("mailer-daemon@", "postmaster@", "abuse@", "hostmaster@")):
        return True
    first, dot, _ = address.partition("@")[0].partition(".")
    return bool(dot) and len(first) >= 8 and first.isdigit()


def _distinct(addresses: list[str]) -> list[str]:
    return list({address.lower(): address for address in reversed(addresses)}.values())[::-1]
