"""How a mail that comes to a member again and again says that it need not: in its headers, for the button of a mail program, and in its last line."""

from dataclasses import replace

from gateway.core.ledger.outbox import Claim
from gateway.core.messages import Answer
from gateway.core.people import standing
from gateway.core.people.choices import MAIL
from gateway.core.people.community import Community
from gateway.core.people.standing import Standing
from gateway.core.words import N, t

_LINKS = {Standing.DIGEST: N("Stop my digest"), Standing.MICRO_MONDAY: N("Stop Micro Monday's mails")}


def with_its_end(answer: Answer, community: Community, claim: Claim, what: Standing) -> Answer:
    """The answer as a mail; a chat has its commands for that."""
    if claim.channel != MAIL or claim.member_id is None:
        return answer
    url, _ = standing.ways_to_end(community, claim.member_id, what)
    headers = (*answer.headers, *standing.headers(community, claim.member_id, what))
    return replace(answer, text=f"{answer.text}\n\n[{t(_LINKS[what])}]({url})", headers=headers)
