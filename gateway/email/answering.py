"""Which post a mail answers: by its reply address, by the mails it refers to, or by `[k7f]` in its subject.

A reference in the subject counts only behind a reply mark and at the end, as our own subjects have it: `[c4d] tips` stays a title. A reply
to all goes to a reply address and to a blog; however an MTA splits it, it is one reply and no post.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.ledger.inbox import Claim
from gateway.core.people.community import Community
from gateway.core.store.models import Inbound, Post
from gateway.core.words import later
from gateway.core.writing.conversations import answered_message
from gateway.core.writing.references import is_reference
from gateway.email import senders
from gateway.email.directive_values import WAYS
from gateway.email.fingerprint import content_key, unique_key
from gateway.email.prepared import PreparedMail
from gateway.email.reply_marks import without_reply_mark
from gateway.email.senders import Target
from gateway.email.subject import is_forwarded


@dataclass(frozen=True, slots=True)
class Answering:
    """`post_id` is set when nothing in the mail's own references says which post. `to_own_confirmation`: it answers what we told its sender
    of their own post. `is_copy`: its words are a reply already. `doubt`: it was meant as an answer, and nothing says to what; `title` is what it would
    be called as a post."""

    is_reply: bool = False
    post_id: int | None = None
    to_own_confirmation: bool = False
    is_copy: bool = False
    doubt: str = ""
    title: str = ""


def answering(session: Session, community: Community, held: Claim, raw: bytes, mail: PreparedMail) -> Answering:
    """What a member's mail answers. Reads only."""
    kind, key = held.envelope.get("kind"), content_key(raw)
    for target in _also_to(session, community, held, mail):
        own = Inbound.channel == "email", Inbound.unique_key == unique_key(target.name, key, held.received_at)
        twin = session.scalar(select(Inbound.status).where(*own))
        if (kind, target.kind) == ("blog", "reply"):
            return Answering(is_reply=True, post_id=target.facts["post_id"], is_copy=twin is not None)
        if (kind, target.kind, twin) == ("reply", "blog", "replied"):
            return Answering(is_reply=True, is_copy=True)
    if kind == "reply":
        return Answering(is_reply=True)
    if known := answered_message(session, "email", "", mail.references):
        post = session.get_one(Post, known.post_id)
        told = known.direction == "out" and known.purpose == "answer"
        return Answering(is_reply=True, to_own_confirmation=told and post.author_id == held.envelope["member_id"])
    return _by_subject(session, mail, held.envelope["member_id"])


def _also_to(session: Session, community: Community, held: Claim, mail: PreparedMail) -> Iterator[Target]:
    """The sender's own reply addresses and blogs among the other recipients named in the header."""
    for address in dict.fromkeys((*mail.to, *mail.cc)):
        if address == held.recipient.casefold() or not address.endswith(f"@{community.domain}"):
            continue
        target = senders.find(session, community, address)
        if target is not None and target.owner_id == held.envelope["member_id"]:
            yield target


def _by_subject(session: Session, mail: PreparedMail, member_id: int) -> Answering:
    _, found = named_last(mail.title)
    is_answer = bool(without_reply_mark(mail.title))
    if not found or not (is_answer or is_forwarded(mail.title)):
        return Answering()
    post = session.scalar(select(Post).where(Post.short_reference == found)) if is_reference(found) else None
    title, still = named_last(mail.post_title)
    title = title if still == found else mail.post_title
    if not is_answer:  # “Fwd: Harbour [k7f]”: what is ours is no part of a title
        return Answering(title="" if post is None else title)
    if post is not None and (post.status != "draft" or post.author_id == member_id):
        # A deleted one too: they are told, instead of posting “Re: …”. Nobody is mailed their own post, but in its confirmation.
        return Answering(is_reply=True, post_id=post.id, to_own_confirmation=post.author_id == member_id)
    doubt = later("It looks like a reply, but there is no post [{ref}], which its subject names.", ref=found)
    return Answering(doubt=doubt, title=without_reply_mark(title) or title)


def named_last(subject: str) -> tuple[str, str]:
    """A subject without the `[k7f]` at its end, and that in lower case; "" when it ends with nothing like it."""
    before, _, last = subject.strip().rpartition(" ")
    inner = last[1:-1].lower() if last[:1] == "[" and last[-1:] == "]" else ""
    is_one = is_reference(inner) or (
        3 <= len(inner) <= 6 and inner.isascii() and inner.isalnum() and not inner.isdigit() and inner not in WAYS
    )
    return (before, inner) if is_one else (subject, "")
