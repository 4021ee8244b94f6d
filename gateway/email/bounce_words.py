"""The words of reports: what means for good, what passes, what is an absence or a challenge, and what to tell people."""

from email.message import Message

from gateway.email.automatic import is_absence
from gateway.email.header_values import words

_PASSING = (
    "mailbox is full", "mailbox full", "over quota", "overquota", "quota exceeded", "exceeded storage", "exceeding their quota", "exceeded its quota",
    "over disk quota", "exceeded their quota", "not enough storage", "insufficient disk", "insufficient system storage", "mailbox size limit", "out of disk space",
    "temporarily", "temporary failure", "temporary error", "try again later", "timed out", "timeout", "connection refused", "not responding", "too busy",
    "greylist", "graylist", "deferred", "rate limit", "too many connections", "in the queue too long", "could not connect", "unable to connect", "connection lost",
    "host not reachable", "not reachable within", "delivery time expired", "retry timeout", "retry time", "message expired", "queue too long", "lost connection",
    "has been delayed", "boîte pleine", "postfach voll", "buzón lleno", "casella piena", "is over quota", "is full", "mailbox limit", "mail quota",
)  # fmt: skip
_FOR_GOOD = (
    "user unknown", "unknown user", "no such user", "does not exist", "doesn't exist", "unknown or illegal", "not known", "no such", "invalid recipient",
    "recipient unknown", "unknown recipient", "unknown address", "addressee unknown", "not a valid", "not recognized", "no mailbox", "account is disabled",
    "disabled", "discontinued", "unrouteable", "unroutable", "host unknown", "domain not found", "name service error", "no matches", "address rejected",
    "user not found", "not found", "doesn't have a", "not listed", "permanent error", "permanent fatal", "inactive", "deactivated", "unavailable",
    "not our customer", "undeliverable address", "bad address", "bad destination", "invalid address", "rejected",
)  # fmt: skip
_CHALLENGE = (
    "confirm that you are a human", "verify that you are a human", "prove that you are human", "challenge-response", "spam arrest", "spamarrest", "please confirm your message",
    "click the link below to deliver", "to release your message", "whitelisted senders", "to verify your email please", "boxbe", "request to be authorized",
    "click here to complete the verification", "your message has been placed in quarantine until",
)  # fmt: skip
_SAID = {
    "1.1": "The address does not exist.", "1.2": "The address's domain does not exist.", "1.3": "The address is malformed.", "1.6": "The mailbox has moved.",
    "1.10": "The address's domain takes no mail.", "2.1": "The mailbox is disabled.", "2.2": "The mailbox is full.", "2.3": "The message is too large for the mailbox.",
    "3.4": "The message is too large.", "4.1": "The recipient's server does not answer.", "4.2": "The connection was bad.", "4.4": "The recipient's server cannot be found.",
    "4.6": "The recipient's server sends mail in a circle.", "4.7": "The message waited too long.", "7.1": "The recipient's server refuses our mail.",
    "7.26": "The recipient's server could not authenticate our mail.",
}  # fmt: skip
# What a report's words mean, where it gives no status that says it; the first that holds counts.
_MEANS = {
    "2.2": (
        "mailbox is full", "mailbox full", "over quota", "overquota", "over the quota", "quota exceeded", "exceeded storage", "exceeding their quota", "exceeded its quota", "exceeds allowed size",
        "disk quota", "exceeded their quota", "quota violation", "mailbox size limit", "storage limit", "account is over", "insufficient disk", "mailfolder is full", "inbox is full", "full mailbox", "exceeded the local limit", "out of storage",
        "boîte pleine", "boite pleine", "postfach voll", "postfach ist voll", "speicherplatz", "buzón lleno", "casella piena", "caixa de correio cheia", "mailbox vol", "skrzynka pełna", "skrzynka jest pełna", "ящик переполнен", "schránka je plná",
        "メールボックスが一杯", "容量を超え", "邮箱已满", "郵箱已滿", "信箱已滿", "용량 초과", "용량이 초과", "kotası dolu", "kota",
    ),
    "1.2": (
        "host unknown", "unknown host", "domain not found", "name service error", "no such domain", "host not found", "couldn't find any host", "unrouteable mail domain", "domain does not exist", "unknown domain", "bad destination host", "no mx", "unresolvable",
    ),
    "2.1": ("account is disabled", "account disabled", "account has been disabled", "account that you tried to reach is disabled", "mailbox disabled", "deactivated", "account is inactive", "mailbox is inactive", "suspended", "discontinued", "no longer accepts mail"),
    "3.4": ("message too large", "message size exceeds", "message is too large", "exceeds maximum message size", "message file too big", "exceeds size limit"),
    "7.1": (
        "spam", "blocked", "blacklist", "block list", "blocklist", "dnsbl", "rbl", "access denied", "policy reasons", "not allowed to send", "relaying denied", "relay access denied", "unable to relay", "poor reputation", "content rejected", "virus",
    ),
    "1.1": (
        "user unknown", "unknown user", "no such user", "no mailbox here", "unknown recipient", "recipient unknown", "unknown address", "addressee unknown", "user not found", "recipient not found", "recipnotfound", "recipientnotfound", "wasn't found at", "address lookup", "mailbox not found", "no such address",
        "account does not exist", "user does not exist", "mailbox does not exist", "address does not exist", "doesn't have a", "not listed in", "invalid recipient", "invalid receiver", "invalid mailbox", "address couldn't be found", "not recognized", "unknown or illegal", "does not like recipient",
        "not our customer", "user doesn't exist", "no such person", "no account", "no valid recipients", "unbekannt", "nicht gefunden", "existiert nicht", "inconnu", "n'existe pas", "desconocid", "no existe", "inexistente", "não existe", "sconosciut", "non esiste", "onbekend", "bestaat niet",
        "nie ma takiego", "nie istnieje", "не найден", "не существует", "neexistuje", "bulunamadı", "不存在", "見つかりません", "存在しません", "존재하지 않", "mailbox unavailable",
    ),
    "4.7": ("in the queue too long", "message expired", "delivery time expired", "retry timeout exceeded", "gave up after", "retry time not reached", "could not be delivered for more than"),
    "4.1": ("timed out", "connection refused", "not responding", "could not connect", "unable to connect", "did not respond", "did not accept our requests to connect", "establish an smtp connection", "host not reachable", "lost connection", "network is unreachable"),
}  # fmt: skip
_SENTENCE = 240


def status_in(text: str, stated: str = "") -> str:
    """The RFC 3463 status that a text or a Status field gives; a vague one (x.0.0) gives way to a precise one."""
    stated = next((s for s in map(_status, stated[:200].split("(")[0].split()) if s), "")
    if stated and not stated.endswith(".0.0"):
        return stated
    found = next((s for s in map(_status, text[:20_000].replace("-", " ").replace(";", " ").split()) if s), "")
    if found and (not stated or stated[0] == found[0]):
        return found
    return stated


def _status(word: str) -> str:
    word = word.strip("#()[]<>,:;.*")
    digits = word.split(".")
    good = (
        len(digits) == 3
        and digits[0] in ("2", "4", "5")
        and all(d.isascii() and d.isdigit() and len(d) <= 3 for d in digits)
    )
    return word if good else ""


def reply_code(text: str) -> str:
    """The first SMTP reply code of 4xx or 5xx that stands where a server's answer begins."""
    pieces = (
        text[:20_000]
        .replace("<", " ")
        .replace(":", " ")
        .replace("-", " ")
        .replace("]", " ")
        .replace("(", " ")
        .replace("\n", " ")
        .split()
    )
    for word in pieces:
        word = word.strip(",;.)'\"#")
        if len(word) == 3 and word[0] in "45" and word[1] in "0125" and word.isascii() and word.isdigit():
            return word
    return ""


def is_hard(status: str, told: str) -> bool:
    """True if a report of failure is one for good: by its status, else by the server's reply code, else as it says."""
    if status:
        return not status.startswith("4")
    return not reply_code(told).startswith("4")


def reason_of(told: str, status: str) -> str:
    """A short sentence for people: what the status means, what the report's words mean, or those words."""
    low = told[:8000].lower()
    meant = status[2:] if status[2:] in _SAID else meaning(low)
    if meant == "1.10" and meaning(low) == "1.1":  # Exchange gives 5.1.10 for a recipient it does not find
        meant = "1.1"
    if meant:
        return _SAID[meant]
    lines = [" ".join(line.split()) for line in told[:8000].split("\n")]
    for line in lines:
        if line and any(phrase in line.lower() for phrase in (*_FOR_GOOD, *_PASSING)):
            return line[:_SENTENCE]
    return " ".join(filter(None, lines))[:_SENTENCE]


def meaning(low: str) -> str:
    """The subject and detail of an RFC 3463 status that words in lower case mean, or an empty string."""
    return next((detail for detail, phrases in _MEANS.items() if any(phrase in low for phrase in phrases)), "")


def full_mailbox(told: str, hard: bool) -> str:
    """The status of a full mailbox where a report's words speak of one, or an empty string."""
    return f"{5 if hard else 4}.2.2" if meaning(told[:8000].lower()) == "2.2" else ""


def is_absence_note(mail: Message) -> bool:
    """True for an automatic answer by a person's mailbox (RFC 3834), by its headers or by its subject in many languages."""
    automatic = str(mail.get("Auto-Submitted", "")).strip().lower()
    if (
        automatic.startswith("auto-replied")
        or mail.get("X-Autoreply")
        or mail.get("X-Autorespond")
        or mail.get("X-Autoresponder")
    ):
        return True
    if str(mail.get("Precedence", "")).strip().lower() in ("auto_reply", "auto-reply"):
        return True
    return is_absence(subject_of(mail))


def subject_of(mail: Message) -> str:
    """The subject as people read it, raw 8-bit and encoded words decoded."""
    return words(next((str(value)[:1000] for name, value in mail.raw_items() if name.lower() == "subject"), ""))


def is_challenge(subject: str, text: str) -> bool:
    """True if somebody's filter asks the sender to prove something."""
    low = f"{subject} {text[:4000]}".lower()
    return any(phrase in low for phrase in _CHALLENGE)
