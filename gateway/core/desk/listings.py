"""Lists we answer with: posts, conversations, drafts, settings. Each entry carries the short reference that works everywhere."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gateway.core.community.timeline import Item
from gateway.core.desk.history import Came
from gateway.core.desk.phrases import shown_title, when
from gateway.core.messages import Answer
from gateway.core.people import choices
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, Member, Post
from gateway.core.words import LANGUAGES, N, at_hour, n, quoted, spoken, t
from gateway.core.writing.blogs import secret_address
from gateway.core.writing.posting import is_scheduled
from gateway.core.writing.quoting import escaped

CHOICES = {"daily": N("daily"), "weekly": N("weekly"), "off": N("off")}
WHATS = {"mentions": N("Mentions"), "replies": N("Replies"), "posts": N("New posts")}
HOWS = {"at_once": N("at once"), "digest": N("in your digest"), "off": N("not")}
WAYS = {"email": N("by mail"), "telegram": N("in Telegram"), "slack": N("in Slack")}
EMPTY_DIGEST = N("Your digest is on, but you have put nothing into it. Send `tell posts digest`.")
WEEKDAYS = (
    N("on Mondays"),
    N("on Tuesdays"),
    N("on Wednesdays"),
    N("on Thursdays"),
    N("on Fridays"),
    N("on Saturdays"),
    N("on Sundays"),
)


def posts(items: Sequence[Item], title: str, empty: str) -> Answer:
    """Posts, newest first."""
    if not items:
        return Answer(f"**{title}**\n\n{empty}", subject=title)
    entries = "\n\n".join(_entry(item) for item in items)
    return Answer(
        t(
            "**{title}**\n\n{entries}\n\nAnswer one with `reply {ref} your words`.",
            title=title,
            entries=entries,
            ref=items[0].short_reference,
        ),
        subject=title,
    )


def _entry(item: Item) -> str:
    photos = f" ({n('{count} photo', '{count} photos', item.photos)})" if item.photos else ""
    return f"**{escaped(item.author_name)}** [{item.short_reference}]{photos}  \n{escaped(item.plain)}  \n{item.url}"


def conversation(community: Community, shown: Sequence[Post], reader_id: int, *, earlier: bool = False) -> Answer:
    """The last posts of a conversation, oldest first; when there are `earlier` ones, where those are."""
    entries = "\n\n".join(
        f"**{escaped(post.author.shown_name)}** [{post.short_reference}]  \n{post.markdown or t('a photo')}"
        for post in shown
    )
    last, url = shown[-1], community.conversation_url(shown[-1].short_reference)
    above = (
        t("These are the last {shown}; the whole conversation: {url}\n\n", shown=len(shown), url=url) if earlier else ""
    )
    return Answer(
        t(
            "{above}{entries}\n\nAnswer with `reply {ref} your words`, or by answering this message.",
            above=above,
            entries=entries,
            ref=last.short_reference,
        ),
        subject=t("The conversation"),
        post_id=last.id,
        reply_token=community.reply_token(last.id, reader_id),
        link=url,
    )


def drafts(found: Sequence[Post]) -> Answer:
    if not found:
        return Answer(t("You have no drafts. Send `draft: your words` to keep one."), subject=t("Your drafts"))
    entries = "\n".join(f"- [{post.short_reference}] {escaped(shown_title(post, 80))}{_moment(post)}" for post in found)
    return Answer(
        t(
            "**Your drafts**\n\n{entries}\n\nSend `publish {ref}` to publish one.",
            entries=entries,
            ref=found[0].short_reference,
        ),
        subject=t("Your drafts"),
    )


def _moment(post: Post) -> str:
    if post.publish_at is None or not is_scheduled(post) or post.blog is None:
        return ""
    return t(" (published by itself on {when})", when=when(post.publish_at, ZoneInfo(post.blog.time_zone)))


def following(members: Sequence[Member]) -> Answer:
    if not members:
        return Answer(t("You follow nobody yet. Send `follow @name`."), subject=t("Whom you follow"))
    return Answer(
        f"**{t('You follow')}**\n\n"
        + "\n".join(f"- @{member.handle} {escaped(member.display_name)}".rstrip() for member in members),
        subject=t("Whom you follow"),
    )


def inbox(community: Community, member: Member, came: Sequence[Came]) -> Answer:
    """What became of a member's messages, the newest first."""
    if not came:
        return Answer(t("Nothing came from you by mail or chat yet."), subject=t("Your inbox"))
    zone = ZoneInfo(member.time_zone)
    entries = "\n".join(_line(one, zone) for one in came)
    page = f"{community.base_url}/me"
    return Answer(
        t(
            "What became of your messages, the newest first:\n\n{entries}\n\nYour page lists more: {page}",
            entries=entries,
            page=page,
        ),
        subject=t("Your inbox"),
    )


def _line(one: Came, zone: ZoneInfo) -> str:
    what = quoted(escaped(one.subject)) if one.subject else t("by {channel}", channel=one.channel)
    reason = "".join(f"`{words}`" if is_code else _escaped_within(words) for words, is_code in one.said)
    because = f". {reason}" if reason else ""
    return f"- {at_hour(one.at, zone)}, {what}: {one.outcome}{because} {one.url}".rstrip()


def _escaped_within(words: str) -> str:
    """A piece of a sentence, with the spaces at its ends."""
    bare = words.strip()
    return words.replace(bare, escaped(bare), 1) if bare else words


def telling(session: Session, member: Member) -> Answer:
    """What a member is told, how and where."""
    lines = [
        *_tellings(session, member),
        digest_line(member),
        quiet_line(member),
        t(
            "Send `tell replies digest` to change one here: mentions, replies, posts, all or @name; at once, digest or off. Put by mail, in telegram, in slack or everywhere behind it for elsewhere. Nobody is ever told that they are followed."
        ),
    ]
    return Answer("\n\n".join(lines), subject=t("What you are told"))


def _tellings(session: Session, member: Member) -> list[str]:
    holds = choices.of_member(session, member)
    lines = []
    for channel in (choices.MAIL, *sorted(holds.open_chats & WAYS.keys())):
        parts = [f"{t(WHATS[what])} {t(HOWS[holds.how(channel, what)])}" for what in choices.WHATS]
        lines.append(f"- {t(WAYS[channel])}: {', '.join(parts)}")
    for one in choices.of_authors(session, member.id):
        handle = session.get_one(Member, one.author_id).handle
        lines.append(f"- {t(WAYS[one.channel])}: {t('New posts of @{handle}', handle=handle)} {t(HOWS[one.how])}")
    return [t("You are told:\n\n{lines}", lines="\n".join(lines))]


def digest_line(member: Member, where: str = "") -> str:
    """When the digest comes, and where if that is told."""
    at = f"{member.digest_hour}:00"
    if member.digest == "off":
        return t("You get no digest.")
    if member.digest == "daily":
        return t("Your digest comes every day at {at}{where}.", at=at, where=f", {where}" if where else "")
    day = t(WEEKDAYS[member.digest_weekday])
    return t("Your digest comes {day} at {at}{where}.", day=day, at=at, where=f", {where}" if where else "")


def digest_ways(session: Session, member: Member) -> str:
    """Where a member's digest comes; nothing while they have put nothing into it."""
    return ", ".join(dict.fromkeys(t(WAYS.get(to.channel, to.channel)) for to in choices.digested(session, member)))


def quiet_line(member: Member) -> str:
    """When nothing is told."""
    if member.quiet_from is None:
        return t("You have no quiet hours. `quiet 22-7` makes some.")
    return t(
        "From {since}:00 to {until}:00 ({zone}) it is quiet: what you are told waits until then, answers to what you do yourself come at once. `quiet off` ends it.",
        since=member.quiet_from,
        until=member.quiet_until,
        zone=member.time_zone,
    )


def settings(session: Session, community: Community, member: Member, blog: Blog | None) -> Answer:
    """A member's settings, with their secret posting address, which is theirs to see at will."""
    lines = [
        t(
            "You are @{handle}. Your time zone is {time_zone}. I speak {language} with you.",
            handle=member.handle,
            time_zone=member.time_zone,
            language=LANGUAGES[spoken()][0],
        ),
        t(
            "Digest: {digest}. Micro Monday prompt: {prompt}. Confirmations: {confirmations}. Ask before publishing: {ask}.",
            digest=t(CHOICES[member.digest]),
            prompt=_switch(is_on=member.micro_monday),
            confirmations=_switch(is_on=member.confirmations),
            ask=_switch(is_on=member.ask_first),
        ),
        t(
            "Others may recommend you on Micro Monday: {recommendable}.",
            recommendable=_switch(is_on=member.recommendable),
        ),
        *_tellings(session, member),
        quiet_line(member),
    ]
    if blog is not None:
        lines += [
            t("Your blog: {blog_url}", blog_url=community.blog_url(blog.name)),
            t(
                "Post by mail to {mail}, or, from a mail service that does not sign its mail, to your secret address {secret_address}. Keep that one to yourself.",
                mail=community.mail(blog.name),
                secret_address=secret_address(community, blog),
            ),
        ]
    lines.append(t("Change them at {site}/me/settings.", site=community.base_url))
    return Answer("\n\n".join(lines), subject=t("Your settings"))


def _switch(*, is_on: bool) -> str:
    return t("on") if is_on else t("off")
