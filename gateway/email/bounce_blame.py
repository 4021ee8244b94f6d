"""Whether a refusal for good is the address's own fault, so that it may never be mailed again.

Most refusals are not: a blocklist, a policy, a lost password, a broken route or a sender's address say nothing about whoever was to have the mail. Held
against an address is that its mailbox or its domain is not there, is closed, has moved, or takes no mail: by the statuses that mean it (RFC 3463, RFC 7505),
and where no status tells, by words that servers have for it.
"""

from collections.abc import Iterable

from gateway.email.bounce_addresses import addresses_in
from gateway.email.bounce_meanings import NOBODY_THERE, OF_ANY, OF_HOST, OF_SENDER, OF_US
from gateway.email.bounce_words import meaning, statuses_in

STATUSES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
GONE = frozenset({"1.1", "1.2", "1.6", "1.10"})  # what words mean that tell of an address nobody has
CLOSED = GONE | {"2.1"}
_CODES = (550, 551, 553, 554, 556)  # all others are about a command, the space or the session
_MOST_READ = 8000


def blames_address(status: str, words: str, held: frozenset[str] = CLOSED) -> bool:
    """Whether a report's status and words of a failure for good blame the address; `held` is what its words may mean for that.

    Each status that is given and tells something must: sendmail gives 5.1.1 for whatever a server refuses without one.
    """
    low = _without_addresses(words[:_MOST_READ]).lower()
    if _says(low, OF_SENDER) or _says(low, OF_US) or (_says(low, OF_HOST) and not _says(low, NOBODY_THERE)):
        return False
    telling = [one for one in (*statuses_in(status), *statuses_in(words)) if not one.endswith(".0")]
    if telling:
        return STATUSES.issuperset(telling)
    for phrase in OF_ANY:
        low = low.replace(phrase, " ")
    return meaning(low) in held


def refuses_address(code: int, text: str) -> bool:
    """Whether a relay's answer to a recipient blames the address. A disabled account may be ours there, unless its status says whose."""
    return bool(statuses_in(text) or code in _CODES) and blames_address("", text, GONE)


def _says(low: str, phrases: Iterable[str]) -> bool:
    return any(phrase in low for phrase in phrases)


def _without_addresses(words: str) -> str:
    """The words on one line, without the addresses, of which some are called `unknown@`."""
    for address in set(addresses_in(words)):
        words = words.replace(address, " ")
    return f" {' '.join(words.split())}"
