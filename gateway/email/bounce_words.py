"""The words of reports: what means for good, what passes, what is an absence or a challenge, and what to tell people."""

from email.message import Message

from gateway.email.automatic import is_absence
from gateway.email.bounce_addresses import addresses_in
from gateway.email.bounce_meanings import GENERIC, MEANINGS, SAID
from gateway.email.header_values import words

_CHALLENGE = (
    "confirm that you are a human", "verify that you are a human", "prove that you are human", "challenge-response", "spam arrest", "spamarrest", "please confirm your message",
    "click the link below to deliver", "to release your message", "whitelisted senders", "to verify your email please", "boxbe", "request to be authorized",
    "click here to complete the verification", "your message has been placed in quarantine until",
)  # fmt: skip
_SENTENCE = 240
_BREAKS = str.maketrans("<:-](", "     ")
_MOST_READ = 8000
_NO_REASON = "The report gives no reason."
_ANSWERS = (
    "<<<",
    "said:",
    "response was:",
    "responded:",
    "reason:",
    "says:",
    "error:",
    "replied:",
)  # a server's answer follows


def status_in(text: str, stated: str = "") -> str:
    """The RFC 3463 status that a text or a Status field gives; a vague one (x.0.0) gives way to a precise one."""
    stated = next((s for s in map(_status, stated[:200].split("(")[0].split()) if s), "")
    if stated and not stated.endswith(".0.0"):
        return stated
    found = next(iter(statuses_in(text)), "")
    if found and (not stated or stated[0] == found[0]):
        return found
    return stated


def statuses_in(text: str) -> list[str]:
    """Every RFC 3463 status of failure in a text, in order."""
    return [s for s in map(_status, text[:20_000].replace("-", " ").replace(";", " ").split()) if s]


def _status(word: str) -> str:
    """The word, if it is a status of failure; what RFC 3463 knows no subject for is a version or a date."""
    word = word.strip("#()[]<>,:;.*'\"")
    kind, _, subject_and_detail = word.partition(".")
    subject, _, detail = subject_and_detail.partition(".")
    numbers = (kind, subject, detail)
    good = kind in ("4", "5") and all(n.isascii() and n.isdigit() and (n == "0" or n[0] != "0") for n in numbers)
    return word if good and int(subject) <= 7 and len(detail) <= 3 else ""


def answer_code(lines: list[str]) -> str:
    """The first SMTP reply code of 4xx or 5xx that begins a line, or a server's answer in one."""
    for line in lines:
        places = [line, *(line.partition(mark)[2] for mark in _ANSWERS if mark in line)]
        code = next((c for c in map(_code, (place.strip()[:4] for place in places)) if c), "")
        if code:
            return code
    return ""


def reply_code(text: str) -> str:
    """The first SMTP reply code of 4xx or 5xx in a server's words."""
    apart = text[:20_000].translate(_BREAKS)
    return next((code for code in map(_code, apart.split()) if code), "")


def _code(word: str) -> str:
    word = word.strip(" -,;.)'\"#")
    good = len(word) == 3 and word[0] in "45" and word[1] in "0125" and word.isascii() and word.isdigit()
    return word if good else ""


def is_hard(status: str, told: str, answer: str = "") -> bool:
    """True if a report of failure is one for good: by its status, else by the server's reply code, else as it says."""
    return not (status or reply_code(told) or answer).startswith("4")


def reason_of(told: str, lines: list[str], status: str) -> str:
    """A short sentence for people: what the status means, what the report's words mean, or those words.

    `told` are the words about this recipient, `lines` all of the report's.
    """
    if not told.strip():
        told, lines = "\n".join(lines), []
    low, whole = told[:_MOST_READ].lower(), "\n".join(lines)[:_MOST_READ].lower()
    meant = status[2:] if status[2:] in SAID and not status.endswith(".2.0") else meaning(low) or meaning(whole)
    if meant == "1.10" and meaning(low) == "1.1":  # Exchange gives 5.1.10 for a recipient it does not find
        meant = "1.1"
    if meant:
        return SAID[meant]
    return _telling_words(told) or _telling_words("\n".join(lines)) or _NO_REASON


def _telling_words(text: str) -> str:
    """The first lines that say something about this failure, up to a blank one, the address before them left out."""
    said = ""
    for line in text[:_MOST_READ].split("\n"):
        bare = _without_address(" ".join(line.split()).strip(" -=*#|_"))
        letters = sum(map(str.isalpha, bare[:_SENTENCE]))
        tells = letters > 3 and not any(phrase in bare.lower() for phrase in GENERIC)
        if said and (not bare or not tells or len(said) >= _SENTENCE):
            break
        said = f"{said} {bare}".strip() if tells else said
    return said[:_SENTENCE]


def _without_address(line: str) -> str:
    """What a line says behind the address that begins it, if one does; nothing where it says no more than that."""
    first = next(iter(addresses_in(line[:400])), "")
    if not first:
        return line
    before, _, behind = line.partition(first)
    behind = behind.strip(" <>[]():;,.-'\"")
    return behind if len(before) <= 2 or before.lower().startswith(("to:", "(generated", "(expanded")) else line


def meaning(low: str) -> str:
    """The subject and detail of an RFC 3463 status that words in lower case mean, or an empty string."""
    low = " ".join(low.split())
    return next((detail for detail, phrases in MEANINGS if any(phrase in low for phrase in phrases)), "")


def full_mailbox(told: str, hard: bool) -> str:
    """The status of a full mailbox where a report's words speak of one, or an empty string."""
    return f"{5 if hard else 4}.2.2" if meaning(told[:_MOST_READ].lower()) == "2.2" else ""


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
