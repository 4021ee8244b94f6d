"""A message that could not be read, however often it was tried. Of a mail its sender is told once, for they have heard that it arrived; what begins
like a report is sealed as a report.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway.core.desk import sealing
from gateway.core.desk.phrases import shown_title_of
from gateway.core.ledger import outbox
from gateway.core.messages import Answer
from gateway.core.people.community import Community
from gateway.core.store.models import Inbound, Member
from gateway.core.words import quoted, speaking, t
from gateway.core.writing.quoting import escaped


def tell(session: Session, community: Community, row_id: int, now: datetime) -> None:
    """Seals a dead report, and queues a mail to the sender of a dead mail, if we know for certain who that is."""
    row = session.get_one(Inbound, row_id)
    sealed = sealing.is_unread_report(row)
    if sealed:
        sealing.seal(row)
    facts = row.envelope
    is_unsure = (facts.get("hold") or facts.get("proof") == "none") and not facts.get("released")
    if row.channel != "email" or row.member_id is None or is_unsure or facts.get("automatic"):
        return
    with speaking(session.get_one(Member, row.member_id).language or community.language):
        said = _said(community, shown_title_of(str(facts.get("subject", ""))) if facts.get("subject") else "")
    intent = outbox.Intent(
        kind="answer",
        channel="email",
        recipient=str(facts["from"]),
        cause=f"dead:{row.id}",
        payload={"answer": said.to_json()} | ({"for": sealing.SEALED} if sealed else {}),
        member_id=row.member_id,
    )
    outbox.queue(session, intent, now)


def _said(community: Community, subject: str) -> Answer:
    which = f" {quoted(escaped(subject))}" if subject else ""
    return Answer(
        t(
            "Your mail{which} arrived, but we could not read it. We tried three times. Nothing was published.\n\nThe fault is ours. The mail is kept for now, and the people who run this place can try it again. If you don't want to wait, send it once more as plain text, with its files one by one.",
            which=which,
        ),
        subject=t("Not read: {subject}", subject=subject) if subject else t("Your mail could not be read"),
        foot=t("What became of each of your mails stands at {site}/me.", site=community.base_url),
    )
