"""A delivery's intent made into words, at the moment it is sent: so an edit, a deletion or a mute in between counts.

`RENDERERS` is the registry by kind; app adds those that newsletter owns. A renderer gives None when there is nothing left to say, and the delivery is
cancelled. Rendering only reads.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gateway.core.desk import held, phrases, report_verbs
from gateway.core.ledger import kinds
from gateway.core.ledger.outbox import Claim
from gateway.core.messages import Answer, Attached, Button, Outgoing, Picture
from gateway.core.people import quiet
from gateway.core.people.accounts import is_chat_of, mailed_secret
from gateway.core.people.community import Community
from gateway.core.people.relations import may_tell
from gateway.core.store.models import Delivery, Media, Member, Post, Subscriber
from gateway.core.words import N, speaking, t
from gateway.core.writing.conversations import further_messages, message_in_conversation, message_of_post
from gateway.core.writing.posting import renditions
from gateway.core.writing.quoting import escaped

Renderer = Callable[[Session, Community, Claim], Answer | None]
NAMES = {"audio": N("recording"), "video": N("video")}
TAPPED = frozenset({"telegram", "slack"})  # channels whose notices have buttons beside the link
REPLIES_BY_SHORTCUT = frozenset({"slack"})  # where every message's own menu answers it
EXCERPT = 1500  # characters of a post that a notice carries


def quiet_until(session: Session, claim: Claim, now: datetime) -> datetime | None:
    """Until when this must wait, because its recipient wants quiet; None when it may go."""
    if claim.kind not in kinds.UNASKED or claim.member_id is None:
        return None
    member = session.get(Member, claim.member_id)
    return quiet.quiet_until(member, now) if member is not None else None


def answer(session: Session, community: Community, claim: Claim) -> Answer | None:
    """What was said in reply to a message; it was frozen when it was said."""
    return Answer.from_json(claim.payload["answer"])


def new_post(session: Session, community: Community, claim: Claim) -> Answer | None:
    """A post of somebody one follows."""
    return _told(session, community, claim, N("{name} wrote"))


def mention(session: Session, community: Community, claim: Claim) -> Answer | None:
    """A post that mentions one."""
    return _told(session, community, claim, N("{name} mentions you"))


def reply(session: Session, community: Community, claim: Claim) -> Answer | None:
    """A reply in a conversation one is in."""
    post = session.get(Post, claim.post_id)
    parent = session.get(Post, post.reply_to_id) if post is not None else None
    mine = parent is not None and parent.author_id == claim.member_id
    lead = N("{name} answers you") if mine else N("{name} in a conversation with you")
    return _told(session, community, claim, lead)


def changed(session: Session, community: Community, claim: Claim) -> Answer | None:
    """The same notice as before, with what the post says now."""
    before = session.get(Delivery, claim.payload["delivery"])
    return RENDERERS[before.kind](session, community, claim) if before is not None else None


def retract(session: Session, community: Community, claim: Claim) -> Answer | None:
    """What stands where a deleted post stood."""
    return Answer(t("*This post was deleted.*"), subject=t("Deleted"))


def _told(session: Session, community: Community, claim: Claim, lead: str) -> Answer | None:
    post = session.get(Post, claim.post_id)
    member = session.get(Member, claim.member_id)
    if post is None or member is None or post.status != "published" or member.status != "active":
        return None
    if claim.kind != "edit" and not may_tell(session, member.id, post.author_id):
        return None  # what stands in a chat already is changed there, whoever was muted since
    if claim.channel != "email" and not is_chat_of(session, member, claim.channel, claim.recipient):
        return None  # unlinked since it was queued
    name, url = post.author.shown_name, phrases.post_url(community, post)
    shown = escaped(name) if claim.channel == "email" else f"**{escaped(name)}**"  # a plain part shows the asterisks
    title = f"**{escaped(post.title)}**\n\n" if post.title else ""
    body = _shortened(post.markdown, url)
    images = [media for media in post.media if media.kind == "image"]
    files = tuple(attached(community, media) for media in post.media if media.kind != "image")
    return Answer(
        f"{t(lead, name=shown)}:\n\n{title}{body}".strip(),
        subject=_subject(session, post, t(lead, name=name)),
        buttons=_buttons(claim.channel, post, url, photos=len(images)),
        pictures=tuple(picture(community, media) for media in images),
        attached=files,
        post_id=post.id,
        in_conversation=post.conversation_id,
        short_reference=post.short_reference,
        reply_token=community.reply_token(post.id, member.id),
        link=url,
        foot=_foot(community, claim),
        author=name,
    )


def _foot(community: Community, claim: Claim) -> str:
    """Below a mail, how to be told otherwise."""
    if claim.channel != "email":
        return ""
    what = {"post": "posts", "mention": "mentions"}.get(claim.kind, "replies")
    return t(
        "To be told of these in your digest or not at all, send “tell {what} digest” or “tell {what} off” to {address}.",
        what=what,
        address=community.mail("do"),
    )


def _buttons(channel: str, post: Post, url: str, *, photos: int) -> tuple[tuple[Button, ...], ...]:
    """What one can do with a post in a tap. Several photos leave room for a link only: on Telegram an album can have no buttons."""
    if channel == "email":
        return ()
    open_it = (Button(t("Open"), url=url),)
    if channel not in TAPPED or (photos > 1 and channel == "telegram"):
        return (open_it,)
    ref, handle = post.short_reference, post.author.handle
    reply = () if channel in REPLIES_BY_SHORTCUT else (Button(t("Reply"), action=f"reply {ref}"),)
    mute, block = Button(t("Mute"), action=f"mute {handle}"), Button(t("Block"), action=f"block {handle}")
    return (open_it, (*reply, mute, block))


def _shortened(markdown: str, url: str) -> str:
    if len(markdown) <= EXCERPT:
        return markdown
    cut = markdown.rfind(" ", 0, EXCERPT)
    return f"{markdown[: cut if cut > 0 else EXCERPT]} …\n\n[{t('Read on')}]({url})"


def _subject(session: Session, post: Post, lead: str) -> str:
    """`[k7f]` in it finds the post again when a mail program drops everything else; a conversation keeps one subject."""
    if post.kind == "post":
        return f"{lead}: {phrases.shown_title(post)} [{post.short_reference}]"
    root = session.get(Post, post.conversation_id)
    return f"Re: {phrases.shown_title(root) if root is not None else lead} [{post.short_reference}]"


def picture(community: Community, media: Media) -> Picture:
    """A post's photo, to upload or to link."""
    largest = renditions(media)[0]
    return Picture(largest.blob, largest.content_type, community.media_url(largest.blob), media.alt, largest.size)


def attached(community: Community, media: Media) -> Attached:
    """A post's file that is no photo, to upload or to link."""
    file = renditions(media)[0]
    kind: Any = media.kind
    name = media.filename or t(NAMES.get(media.kind, N("file")))
    return Attached(kind, file.blob, file.content_type, name, community.media_url(file.blob), file.size)


def outgoing(
    session: Session, community: Community, claim: Claim, renderers: Mapping[str, Renderer] | None = None
) -> Outgoing | None:
    """What a delivery says, in its recipient's language, with its place in their own thread of messages; None when nothing is left to say. Reads only."""
    language = _language(session, claim) or community.language
    with speaking(language):
        said = (renderers or RENDERERS)[claim.kind](session, community, claim)
    if said is None:
        return None
    reply_to, thread = str(claim.payload.get("to", "")), str(claim.payload.get("thread", ""))
    if said.in_conversation is not None:
        reply_to, thread = _place_in_thread(session, claim, said)
    return Outgoing(
        delivery_id=claim.id,
        kind=claim.kind,
        channel=claim.channel,
        recipient=claim.recipient,
        answer=said,
        reply_to=reply_to,
        thread=thread,
        references=tuple(dict.fromkeys(one for one in (thread, reply_to) if one)) if claim.channel == "email" else (),
        edits=str(claim.payload.get("message", "")),
        parts=_parts(session, claim),
        files_changed=bool(claim.payload.get("files")),
        language=language,
    )


def _language(session: Session, claim: Claim) -> str:
    """The member's own, or the blog's for one of its readers; empty where nobody chose any."""
    if claim.subscriber_id is not None:
        reader = session.get(Subscriber, claim.subscriber_id)
        return reader.blog.language if reader is not None else ""
    member = session.get(Member, claim.member_id) if claim.member_id is not None else None
    return member.language if member is not None else ""


def _parts(session: Session, claim: Claim) -> tuple[str, ...]:
    if "delivery" not in claim.payload:
        return ()
    return further_messages(session, claim.payload["delivery"], str(claim.payload["message"]))


def _place_in_thread(session: Session, claim: Claim, said: Answer) -> tuple[str, str]:
    """The nearest message of the conversation that this person has, and the first one."""
    assert said.in_conversation is not None
    post = session.get(Post, said.post_id)
    nearest = None
    if post is not None and post.reply_to_id is not None:
        nearest = message_of_post(session, claim.channel, claim.recipient, post.reply_to_id)
    first = message_in_conversation(session, claim.channel, claim.recipient, said.in_conversation)
    nearest = nearest or first
    return (nearest.external_id if nearest else ""), ((first.thread or first.external_id) if first else "")


# Mails with a link that works once; the secret is made here and stands in no row


def sign_in(session: Session, community: Community, claim: Claim) -> Answer | None:
    secret = mailed_secret(community.keyring, "sign-in", claim.payload["nonce"])
    url = f"{community.base_url}/sign-in/{secret}"
    text = t(
        "Open this link and press the button to sign in to {community}:\n\n{url}\n\nIt works once, for 15 minutes. If you did not ask for it, do nothing.",
        community=community.name,
        url=url,
    )
    return Answer(text, subject=t("Sign in to {community}", community=community.name))


def invitation(session: Session, community: Community, claim: Claim) -> Answer | None:
    secret = mailed_secret(community.keyring, "invitation", claim.payload["nonce"])
    url = f"{community.base_url}/join/{secret}"
    inviter_id = claim.payload.get("inviter")  # none when an operator invites by command
    inviter = session.get(Member, inviter_id) if inviter_id is not None else None
    subject = (
        t("{name} invites you to {community}", name=inviter.shown_name, community=community.name)
        if inviter is not None
        else t("You are invited to {community}", community=community.name)
    )
    text = t(
        "{invited}, a community of blogs that people write by mail and chat.\n\nOpen this link to choose a name and start your blog:\n\n{url}\n\nIt works once, for 14 days.",
        invited=escaped(subject),
        url=url,
    )
    return Answer(text, subject=subject)


def verify_address(session: Session, community: Community, claim: Claim) -> Answer | None:
    secret = mailed_secret(community.keyring, "address", claim.payload["nonce"])
    url = f"{community.base_url}/addresses/{secret}"
    who = session.get(Member, claim.member_id)
    account = t("@{handle}'s account", handle=who.handle) if who is not None else t("your account")
    text = t(
        "Open this link and press the button to add this address to {account} at {community}:\n\n{url}\n\nIt works once, for two days. If that is not you, or you did not ask for it, do nothing.",
        account=account,
        community=community.name,
        url=url,
    )
    return Answer(text, subject=t("Confirm your address"))


def pass_on(session: Session, community: Community, claim: Claim) -> Answer | None:
    """A mail for the people who run the place, or a reader's answer for a blog's owner, wrapped as it came."""
    sender = claim.payload.get("from") or t("somebody who gave no address")
    shown, town = escaped(sender), escaped(community.name)
    came = {
        "operators": t("This mail from {shown} came for the operators of {town}.", shown=shown, town=town),
        "managers": t(
            "This mail from {shown} came for the community managers of {town}. It is confidential.",
            shown=shown,
            town=town,
        ),
    }.get(claim.payload["for"], t("A reader, {shown}, answers your newsletter. Nobody else sees that.", shown=shown))
    name, at, _ = sender.partition("@")
    reply = (
        t(" If you answer this mail, your answer goes to them, from your own address.") if at and name.isascii() else ""
    )
    text = t("{came} It is attached as it came.{reply}", came=came, reply=reply)
    return Answer(text, subject=t("Mail from {sender}", sender=sender), enclosed_inbound=claim.payload["inbound"])


RENDERERS: dict[str, Renderer] = {
    "pass_on": pass_on,
    "answer": answer,
    "closed": answer,
    "held": held.question,
    "held_list": held.questions,
    "post": new_post,
    "mention": mention,
    "reply": reply,
    "report": report_verbs.told,
    "edit": changed,
    "retract": retract,
    "sign_in": sign_in,
    "invitation": invitation,
    "verify_address": verify_address,
}
