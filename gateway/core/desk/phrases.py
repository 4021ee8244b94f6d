"""What we say, the same words in every channel. One sentence on what happened, who can see it, and what to do next."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.core.desk.grammar import VERBS
from gateway.core.messages import Answer, Button
from gateway.core.people.community import Community
from gateway.core.store.models import Post
from gateway.core.writing.posting import is_back_dated
from gateway.core.writing.quoting import escaped

PUBLIC = "It is public on your blog, and in the timelines of people who follow you."
PAGE_PUBLIC = "It is a page of your blog, public and linked from every other page; it is in nobody's timeline, and nobody is told."
DATED_PUBLIC = "It bears a past date, so it is public on your blog and in timelines at that date, and nobody is told of it as news."
REPLY_PUBLIC = "It is public in the conversation, and people in it are told."

NO_COMMAND = "There is no command in your mail. Nothing was published. Send `help` for the commands there are; to post, write a new mail to your blog's address."


def published(community: Community, post: Post, notes: Sequence[str] = ()) -> Answer:
    """A post is out."""
    url = post_url(community, post)
    text = f"Published: {url}\n\n{_audience(post)}{_undo(community.undo_posts, is_told=post.kind != 'page' and not is_back_dated(post))}{_notes(notes)}"
    return Answer(
        text,
        subject=f"Published: {shown_title(post)}",
        buttons=(_undo_buttons(post),),
        post_id=post.id,
        short_reference=post.short_reference,
        link=url,
    )


def scheduled(post: Post, zone: ZoneInfo, notes: Sequence[str] = ()) -> Answer:
    """A post waits for its moment."""
    assert post.publish_at is not None
    ref = post.short_reference
    text = f"It will be published on {when(post.publish_at, zone)}. Until then nobody but you can see it.\n\nAnswer this with `publish` to publish it now, or with `delete` to drop it; or send `publish {ref}` or `delete {ref}`.{_notes(notes)}"
    row = (Button("Publish now", action=f"publish {ref}"), Button("Delete", action=f"delete {ref}"))
    return Answer(text, subject=f"Scheduled: {shown_title(post)}", buttons=(row,), post_id=post.id, short_reference=ref)


def when(at: datetime, zone: ZoneInfo) -> str:
    """A moment on a clock, with the clock's name."""
    local = at.astimezone(zone)
    return f"{local:%A}, {local.day} {local:%B} {local.year}, {local:%H:%M} ({zone.key})"


def replied(community: Community, post: Post, to: Post, notes: Sequence[str] = ()) -> Answer:
    """A reply is out."""
    url = post_url(community, post)
    text = f"Your reply to {escaped(to.author.shown_name)} is out: {url}\n\n{REPLY_PUBLIC}{_undo(community.undo_replies)}{_notes(notes)}"
    return Answer(
        text,
        subject="Your reply is out",
        buttons=(_undo_buttons(post),),
        post_id=post.id,
        short_reference=post.short_reference,
        link=url,
    )


def drafted(post: Post, notes: Sequence[str] = ()) -> Answer:
    """A draft is kept."""
    ref = post.short_reference
    text = f"Kept as a draft [{ref}]. Nobody but you can see it.\n\nAnswer this with `publish` to publish it, or send `publish {ref}`.{_notes(notes)}"
    row = (Button("Publish", action=f"publish {ref}"), Button("Delete", action=f"delete {ref}"))
    return Answer(text, subject=f"Draft: {shown_title(post)}", buttons=(row,), post_id=post.id, short_reference=ref)


def edited(community: Community, post: Post, *, changed: bool, notes: Sequence[str] = ()) -> Answer:
    """A post reads differently, or did so already."""
    ref = post.short_reference
    if post.status == "draft":
        text = f"{'The draft is changed' if changed else 'The draft says so already'} [{ref}]. Nobody but you can see it.{_notes(notes)}"
        return Answer(text, subject="Changed", post_id=post.id, short_reference=ref)
    url = post_url(community, post)
    text = f"Changed, everywhere: {url}" if changed else f"It says so already; nothing was changed: {url}"
    return Answer(f"{text}{_notes(notes)}", subject="Changed", post_id=post.id, short_reference=ref, link=url)


def deleted(post: Post, shown: str = "", *, taken_back: bool = False) -> Answer:
    """A post is gone; `shown` is what it was called, for it has lost its words."""
    which = f"“{escaped(shown)}” [{post.short_reference}]" if shown else f"[{post.short_reference}]"
    if taken_back:
        return Answer(f"Taken back: {which}. Nobody was told of it.", subject="Taken back")
    return Answer(
        f"Deleted: {which}. It is gone from your blog and from timelines. Mails that left can't be called back.",
        subject="Deleted",
    )


def unknown(word: str, nearest: str) -> Answer:
    word = word.replace("`", "’")  # it would end the code
    suggestion = f" Did you mean `{nearest}`?" if nearest else " Send `help` to see what there is."
    return Answer(
        f"There is no command `{word}`.{suggestion} Nothing was published. To publish these words, send `post: {word}`.",
        subject="Not understood",
    )


def refused(message: str, subject: str = "That did not work") -> Answer:
    """Something could not be done; the message says what and what now."""
    return Answer(message, subject=subject)


def refusal_by_mail(community: Community, said: Answer, *, once_a_day: bool, is_last: bool) -> Answer:
    """A refusal as it is mailed. `once_a_day`: it is not repeated on the same day. `is_last`: no other is sent within the hour."""
    once = "You are told this once a day. " if once_a_day else ""
    last = "These are too many within an hour; of further ones you are told nothing for a while. " if is_last else ""
    return replace(said, foot=f"{once}{last}What became of each of your mails stands at {community.base_url}/me.")


def with_notes(said: Answer, notes: Sequence[str]) -> Answer:
    """An answer with those notes about its mail that it does not bear yet."""
    return replace(said, text=said.text + _notes([note for note in notes if note not in said.text]))


def stranger(community: Community) -> Answer:
    """The one thing we say to somebody we don't know."""
    return Answer(
        f"This is {community.name}. I don't know you yet, so nothing was saved or published.\n\n"
        f"If you are a member, sign in at {community.base_url}, choose “Link a chat”, and send me the code as `link CODE`.",
        subject=community.name,
    )


def asked_to_link(community: Community, handle: str, code: str) -> Answer:
    """Asked of whoever opened a link with a code, lest they write on somebody else's blog unawares."""
    return Answer(
        f"Link this chat to @{handle} on {community.name}? Then what you write here is published on @{handle}'s blog.\n\n"
        f"If you are not @{handle}, or did not ask for this, do nothing: nothing is linked yet.",
        subject="Link this chat?",
        buttons=((Button(f"Yes, I am @{handle}", action=f"link {code}"),),),
    )


def linked(community: Community, handle: str) -> Answer:
    return Answer(
        f"This chat is linked: you are @{handle} on {community.name}.\n\n"
        "What you write here is published on your blog. Answer a message to reply to it. Send `help` to see all the words, `unlink` to end this.",
        subject="A chat was linked to your account",
    )


def linked_elsewhere(community: Community, channel: str, shown_as: str) -> Answer:
    """Told where a member was told things before, so that nobody is linked unseen."""
    shown = f" (shown as {escaped(shown_as)})" if shown_as else ""
    return Answer(
        f"A {channel.title()} chat was linked to your account{shown}. What is written there is published on your blog.\n\n"
        f"If that was not you, unlink it at {community.base_url}/me.",
        subject="A chat was linked to your account",
        link=f"{community.base_url}/me",
    )


def help_for(verb_name: str = "", *, by_mail: bool = False) -> Answer:
    """All the words, or one with its usage."""
    for verb in VERBS:
        if verb.name == verb_name or verb_name in verb.also:
            return Answer(f"`{verb.usage}`: {verb.help}.", subject="Help")
    lines = "\n".join(f"- `{verb.usage}`: {verb.help}" for verb in VERBS)
    lead = (
        "What you mail to your blog's address is published. Answer"
        if by_mail
        else "Write, and it is published on your blog. Answer"
    )
    return Answer(
        f"{lead} a message to reply to it. {'Here you can send' if by_mail else 'Or send'}:\n\n"
        f"{lines}\n\n`k7f` stands for a post's short reference, which every message carries.",
        subject="Help",
    )


def shown_title(post: Post, length: int = 60) -> str:
    """A post in a few words: its title, or how it begins."""
    return shown_title_of(post.title or post.markdown, length)


def shown_title_of(text: str, length: int = 60) -> str:
    """How a text begins."""
    words = " ".join(text.split()) or "a photo"
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"


def post_url(community: Community, post: Post) -> str:
    """The page of a post; a reply's is its place in the conversation."""
    if post.blog is not None and post.path:
        return community.post_url(post.blog.name, post.path)
    return community.conversation_url(post.short_reference)


def seconds(time: timedelta) -> str:
    whole = int(time.total_seconds())
    return f"{whole} seconds" if whole < 120 else f"{whole // 60} minutes"


def _audience(post: Post) -> str:
    if post.kind == "page":
        return PAGE_PUBLIC
    has_newsletter = post.blog is not None and post.blog.newsletter != "off" and not is_back_dated(post)
    kept = ["Readers of your newsletter get it by mail."] if has_newsletter and post.newsletter else []
    kept += [] if post.newsletter else ["It is not in your newsletter."]
    kept += [] if post.in_chats else ["Nobody is told of it in chats."]
    return " ".join([DATED_PUBLIC if is_back_dated(post) else PUBLIC, *kept])


def _undo(window: timedelta, *, is_told: bool = True) -> str:
    """How to take it back or change it, in words that work in every channel."""
    until = f" (nobody is told of it for {seconds(window)})" if is_told else ""
    undo = f"`undo` to take it back{until}, " if window else ""
    return f"\n\nAnswer this with {undo}`edit: the new words` to change it, or `delete` to delete it."


def _undo_buttons(post: Post) -> tuple[Button, ...]:
    return (Button("Delete", action=f"delete {post.short_reference}"),)


def _notes(notes: Sequence[str]) -> str:
    return "".join(f"\n\n{note}" for note in notes)
