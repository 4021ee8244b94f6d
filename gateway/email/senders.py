"""Who may send what where: one decision for one recipient of one mail. The table of docs/decisions and of the addresses, as code.

Identity is the one From address, never Reply-To. It counts when it is a member's verified address and SPF or DKIM passed for its domain; a known sender
without a pass but without a failure is asked first; a DMARC failure is refused.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from gateway.core.errors import NotFound
from gateway.core.people import standing, tokens
from gateway.core.people.accounts import lowered
from gateway.core.people.community import Community
from gateway.core.store.models import Blog as BlogRow
from gateway.core.store.models import Delivery, Member, Post, Subscriber
from gateway.core.words import N
from gateway.core.writing import blogs
from gateway.email import addresses
from gateway.email.authenticate import Verdict
from gateway.email.door import ACCEPTED, Refusal, Reply
from gateway.email.read import InboundEmail

# Servers are told these in English, and a member about the other recipients of their mail in their own language.
NOBODY = Refusal(550, "5.1.1", N("Nobody here has this address. Check it for a typing mistake."))
UNKNOWN_SENDER = Refusal(
    550,
    "5.7.1",
    N("This blog takes mail from its owner only. If it is yours, send from an address you have confirmed."),
)
NOT_YOUR_REPLY = Refusal(
    550,
    "5.7.1",
    N("This address takes replies of one member only. If that is you, send from an address you have confirmed."),
)
NO_MEMBER = Refusal(
    550, "5.7.1", N("Only members can send commands here. If you are one, send from an address you have confirmed.")
)
FORGED = Refusal(
    550, "5.7.26", N("The domain in From says that this mail is not from it (DMARC). Nothing was published.")
)
NO_SENDER = Refusal(550, "5.7.1", N("A mail needs exactly one From address. Nothing was published."))
DNS_TROUBLE = Refusal(451, "4.7.0", N("We can't check the sender's domain just now. Please try again later."))

ASK = N(
    "We can't be sure that it is from you, because your mail provider does not vouch for it. (If you ask them: neither SPF nor DKIM passed for the domain of your address.)"
)
ASK_SENT_ON = N(
    "It names this address neither in To nor in Cc, so somebody who got it from you may have sent it here. (A blind copy looks the same.)"
)
ASK_OPEN = N(
    "Its signature leaves open some of what counts (subject, date, Message-ID, content type or what it answers), so somebody who got it from you may have changed that and sent it here."
)
ASK_AGAIN = N("The same mail came before, and the post that it made is deleted.")
ASK_FAILED = N(
    "The domain of your address says that it is not from you (DMARC), though it came to your secret address."
)

_FOR_MEMBERS = frozenset({"blog", "reply", "commands"})
_FOR_STAFF = frozenset({"operators", "managers"})
_FOR_PEOPLE = _FOR_MEMBERS | {"subscribe"}
_ANSWERED_BY_MACHINES = _FOR_PEOPLE | {"newsletter_reply"}
_ABOUT_OUR_MAIL = frozenset({"delivery-status", "feedback-report"})
_NAMING = ("blog_id", "post_id", "subscriber_id", "delivery_id", "standing", "mailbox")
_UNKNOWN = {"reply": NOT_YOUR_REPLY, "commands": NO_MEMBER}


@dataclass(frozen=True, slots=True)
class Target:
    """A recipient that exists: what kind of address it is, and the rows it names, as JSON for the inbox."""

    kind: str
    owner_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The same for all addresses of the recipient, however they are written and with whatever options."""
        meant = [self.facts[one] for one in _NAMING if one in self.facts]
        return ":".join(map(str, [self.kind, *meant, self.owner_id if self.kind == "reply" else ""]))


@dataclass(frozen=True, slots=True)
class Decision:
    """What one recipient is answered; `facts` go into the inbox when it is accepted. Of a member's mail `proof` in them says what proves who sent it:

        delivery     this very delivery does (SPF), or nobody was to check
        secret       whoever sent it knows the secret address
        signature    a signature, which may have been sent on by anybody who got the mail
        none         nothing; it was taken nevertheless, or its sender is asked

    `target` is the recipient's `Target.name`. `unproven`: who the sender is must still be proved. `later`: what it comes to when the DNS stays in trouble.
    """

    reply: Reply
    facts: dict[str, Any] = field(default_factory=dict)
    member_id: int | None = None
    target: str = ""
    unproven: bool = False
    later: "Decision | None" = None


def find(session: Session, community: Community, address: str) -> Target | None:
    """The recipient behind an address, or None when there is none. Wrong and foreign tokens are none."""
    match addresses.parse(address, community.domain):
        case addresses.Blog() as named:
            return _blog(session, community, named)
        case addresses.Reply(token):
            return _reply(session, community, token)
        case addresses.NewsletterReply(token):
            return _newsletter_reply(session, community, token)
        case addresses.Bounce(token):
            return _tokened(session, community, "bounce", "bounce", token, Delivery, "delivery_id")
        case addresses.Unsubscribe(token):
            return _unsubscribe(session, community, token)
        case addresses.Commands():
            return Target("commands")
        case addresses.Postmaster(name):
            return Target("operators", facts={"mailbox": name})
        case addresses.Community():
            return Target("managers")
    return None


def decide(
    target: Target, mail: InboundEmail, member_of: Callable[[str], int | None], *, null_sender: bool
) -> Decision:
    """What becomes of a mail for one recipient, as far as our own tables know; `unproven` when the sender must be vouched for.

    `member_of` gives the active member who has verified an address.
    """
    facts, name = {"kind": target.kind, "from": mail.sender, **target.facts}, target.name
    if target.kind not in _FOR_STAFF and _is_report(mail, null_sender=null_sender):
        report = facts if target.kind == "bounce" else {"kind": "bounce", "from": mail.sender}
        return Decision(ACCEPTED, report, target=name)
    if target.kind in _FOR_PEOPLE and (mail.from_count != 1 or not mail.sender):
        return Decision(NO_SENDER)
    if target.kind in _ANSWERED_BY_MACHINES:
        if null_sender:
            facts["automatic"] = "it has no sender to answer"
        elif mail.is_automatic:
            facts["automatic"] = mail.automatic_reason
    if target.kind not in _FOR_MEMBERS:
        return Decision(ACCEPTED, facts, target=name, unproven=target.kind == "subscribe")
    member_id = member_of(mail.sender)
    if member_id is None or (target.owner_id is not None and member_id != target.owner_id):
        return Decision(_UNKNOWN.get(target.kind, UNKNOWN_SENDER))
    return Decision(ACCEPTED, {**facts, "member_id": member_id}, member_id, name, unproven=True)


def _is_report(mail: InboundEmail, *, null_sender: bool) -> bool:
    """Whether a mail tells what became of another: relays that write their own envelope sender send these to any address of ours."""
    return mail.content_type == "multipart/report" and (null_sender or mail.report_type in _ABOUT_OUR_MAIL)


def vouched(decision: Decision, verdict: Verdict | None, *, is_named: bool = True) -> Decision:
    """An unproven sender published, asked or refused, by what SPF, DKIM and DMARC say. None: authentication is off, From is believed.

    `is_named` says whether To or Cc, as signed, name the recipient: a signature outlives whoever the mail was for.
    """
    kind, secret = decision.facts["kind"], decision.facts.get("secret", False)
    if verdict is not None and _compared(verdict.from_address) != decision.facts["from"]:
        return Decision(NO_SENDER)  # two readings of one From: whoever wrote it hoped for that
    if verdict is None or (verdict.aligned and verdict.is_fresh):
        return _taken(decision, "delivery")
    if verdict.failed:
        return _taken(decision, "none", hold=ASK_FAILED) if secret else Decision(FORGED)
    if secret:
        return _taken(decision, "secret")
    if verdict.aligned and is_named and verdict.is_whole:
        return _taken(decision, "signature")
    if kind in {"reply", "subscribe"}:  # who subscribes is asked by mail in any case
        return _taken(decision, "none")
    ask = (ASK_OPEN if is_named else ASK_SENT_ON) if verdict.aligned else ASK
    held = _taken(decision, "none", hold=ask)
    return replace(held, reply=DNS_TROUBLE, later=held) if verdict.temporary else held


def _taken(decision: Decision, proof: str, **facts: str) -> Decision:
    return replace(decision, facts={**decision.facts, "proof": proof, **facts}, unproven=False)


def is_named(recipients: Collection[str], mail: InboundEmail, headers: Collection[str], domain: str) -> bool:
    """Whether those of the mail's `to` and `cc` headers name one of a recipient's addresses, with the same options."""
    wanted = {_bare(one, domain) for one in recipients}
    named = (mail.to if "to" in headers else ()) + (mail.cc if "cc" in headers else ())
    return any(_bare(address, domain) in wanted for address in named)


def _bare(address: str, domain: str) -> addresses.Recipient | str:
    """What an address means to us, without the secret of a blog's; one that is not ours, compared as it stands."""
    found = addresses.parse(address, domain)
    return replace(found, secret=None) if isinstance(found, addresses.Blog) else found or _compared(address)


def _compared(address: str) -> str:
    """As `InboundEmail.sender` is written."""
    return lowered(address)


def _blog(session: Session, community: Community, named: addresses.Blog) -> Target | None:
    try:
        blog: BlogRow = blogs.by_name(session, named.name)
    except NotFound:
        return None
    facts: dict[str, Any] = {"blog_id": blog.id, "options": list(named.options)}
    if named.secret is not None:
        if not tokens.is_secret_part(community.keyring, blog.id, blog.secret_epoch, named.secret):
            return None
        facts["secret"] = True
    if "subscribe" in named.options:
        return Target("subscribe", facts=facts)
    return Target("blog", blog.member_id, facts)


def _reply(session: Session, community: Community, token: str) -> Target | None:
    try:
        post_id, member_id = tokens.read(community.keyring, "reply", token)
    except (NotFound, ValueError):
        return None
    if session.get(Post, post_id) is None or session.get(Member, member_id) is None:
        return None
    return Target("reply", member_id, {"post_id": post_id})


def _newsletter_reply(session: Session, community: Community, token: str) -> Target | None:
    found = _tokened(session, community, "newsletter_reply", "newsletter", token, Subscriber, "subscriber_id")
    if found is None:
        return None
    reader = session.get_one(Subscriber, found.facts["subscriber_id"])
    return Target(found.kind, facts={**found.facts, "blog_id": reader.blog_id})


def _unsubscribe(session: Session, community: Community, token: str) -> Target | None:
    """A reader's, or a member's who ends what comes to them again and again."""
    if not standing.is_token(community, token):
        return _tokened(session, community, "unsubscribe", "unsubscribe", token, Subscriber, "subscriber_id")
    try:
        member, what = standing.of_token(session, community, token)
    except NotFound:
        return None
    return Target("unsubscribe", facts={"standing": [member.id, what]})


def _tokened(
    session: Session, community: Community, kind: str, purpose: str, token: str, model: type[Any], name: str
) -> Target | None:
    try:
        (row_id,) = tokens.read(community.keyring, purpose, token)
    except (NotFound, ValueError):
        return None
    return Target(kind, facts={name: row_id}) if session.get(model, row_id) is not None else None
