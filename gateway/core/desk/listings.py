"""Lists we answer with: posts, conversations, drafts, settings. Each entry carries the short reference that works everywhere."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from gateway.core.community.timeline import Item
from gateway.core.desk.history import Came
from gateway.core.desk.phrases import shown_title, when
from gateway.core.messages import Answer
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, Member, Post
from gateway.core.writing.blogs import secret_address
from gateway.core.writing.posting import is_scheduled
from gateway.core.writing.quoting import escaped


def posts(items: Sequence[Item], title: str, empty: str) -> Answer:
    """Posts, newest first."""
    if not items:
        return Answer(f"**{title}** is empty. {empty}", subject=title)
    entries = "\n\n".join(_entry(item) for item in items)
    return Answer(
        f"**{title}**\n\n{entries}\n\nAnswer one with `reply {items[0].short_reference} your words`.", subject=title
    )


def _entry(item: Item) -> str:
    photos = f" ({item.photos} {'photo' if item.photos == 1 else 'photos'})" if item.photos else ""
    return f"**{escaped(item.author_name)}** [{item.short_reference}]{photos}  \n{escaped(item.plain)}  \n{item.url}"


def conversation(community: Community, shown: Sequence[Post], reader_id: int, *, earlier: bool = False) -> Answer:
    """The last posts of a conversation, oldest first; when there are `earlier` ones, where those are."""
    entries = "\n\n".join(
        f"**{escaped(post.author.shown_name)}** [{post.short_reference}]  \n{post.markdown or 'a photo'}"
        for post in shown
    )
    last, url = shown[-1], community.conversation_url(shown[-1].short_reference)
    above = f"These are the last {len(shown)}; the whole conversation: {url}\n\n" if earlier else ""
    return Answer(
        f"{above}{entries}\n\nAnswer with `reply {last.short_reference} your words`, or by answering this message.",
        subject="The conversation",
        post_id=last.id,
        reply_token=community.reply_token(last.id, reader_id),
        link=url,
    )


def drafts(found: Sequence[Post]) -> Answer:
    if not found:
        return Answer("You have no drafts. Send `draft: your words` to keep one.", subject="Your drafts")
    entries = "\n".join(f"- [{post.short_reference}] {escaped(shown_title(post, 80))}{_moment(post)}" for post in found)
    return Answer(
        f"**Your drafts**\n\n{entries}\n\nSend `publish {found[0].short_reference}` to publish one.",
        subject="Your drafts",
    )


def _moment(post: Post) -> str:
    if post.publish_at is None or not is_scheduled(post) or post.blog is None:
        return ""
    return f" (published by itself on {when(post.publish_at, ZoneInfo(post.blog.time_zone))})"


def following(members: Sequence[Member]) -> Answer:
    if not members:
        return Answer("You follow nobody yet. Send `follow @name`.", subject="Whom you follow")
    return Answer(
        "**You follow**\n\n"
        + "\n".join(f"- @{member.handle} {escaped(member.display_name)}".rstrip() for member in members),
        subject="Whom you follow",
    )


def inbox(community: Community, member: Member, came: Sequence[Came]) -> Answer:
    """What became of a member's messages, the newest first."""
    if not came:
        return Answer("Nothing came from you by mail or chat yet.", subject="Your inbox")
    zone = ZoneInfo(member.time_zone)
    entries = "\n".join(_line(one, zone) for one in came)
    page = f"{community.base_url}/me"
    return Answer(
        f"What became of your messages, the newest first:\n\n{entries}\n\nYour page lists more: {page}",
        subject="Your inbox",
    )


def _line(one: Came, zone: ZoneInfo) -> str:
    what = f"“{escaped(one.subject)}”" if one.subject else f"by {one.channel}"
    because = f". {escaped(one.reason)}" if one.reason else ""
    at = one.at.astimezone(zone)
    return f"- {at.day} {at:%B %H:%M}, {what}: {one.outcome}{because} {one.url}".rstrip()


def settings(community: Community, member: Member, blog: Blog | None) -> Answer:
    """A member's settings, with their secret posting address, which is theirs to see at will."""
    lines = [
        f"You are @{member.handle}. Your time zone is {member.time_zone}.",
        f"Digest: {member.digest}. Micro Monday prompt: {'on' if member.micro_monday else 'off'}. Confirmations: {'on' if member.confirmations else 'off'}.",
    ]
    if blog is not None:
        lines += [
            f"Your blog: {community.blog_url(blog.name)}",
            f"Post by mail to {community.mail(blog.name)}, or, from a mail service that does not sign its mail, to your secret address {secret_address(community, blog)}. Keep that one to yourself.",
        ]
    lines.append(f"Change them at {community.base_url}/me.")
    return Answer("\n\n".join(lines), subject="Your settings")
