"""What we say, the same words in every channel. One sentence on what happened, who can see it, and what to do next."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.core.desk.grammar import VERBS, Verb
from gateway.core.messages import Answer, Button
from gateway.core.people.community import Community
from gateway.core.store.models import Post
from gateway.core.words import N, n, on_clock, quoted, t
from gateway.core.writing.posting import is_back_dated
from gateway.core.writing.quoting import escaped

SURE = "sure"  # what a button's action ends with when it was asked about

PUBLIC = N("It is public on your blog, and in the timelines of people who follow you.")
PAGE_PUBLIC = N(
    "It is a page of your blog, public and linked from every other page; it is in nobody's timeline, and nobody is told."
)
DATED_PUBLIC = N(
    "It bears a past date, so it is public on your blog and in timelines at that date, and nobody is told of it as news."
)
REPLY_PUBLIC = N("It is public in the conversation, and people in it are told.")

READERS = N(
    "Everybody who can see it sees it so from now on, also in the chats that got it. Mails that left can't be changed."
)
UNDO_CHANGE = N("`undo` brings the earlier words back, within a minute.")
QUOTED = 1500  # characters of a draft that stand in the question about it

NO_COMMAND = N(
    "There is no command in your mail. Nothing was published. Send `help` for the commands there are; to post, write a new mail to your blog's address."
)


def published(community: Community, post: Post, notes: Sequence[str] = ()) -> Answer:
    """A post is out."""
    url = post_url(community, post)
    text = f"{t('Published: {url}', url=url)}\n\n{_audience(post)}{_undo(community.undo_posts, is_told=post.kind != 'page' and not is_back_dated(post))}{_notes(notes)}"
    return Answer(
        text,
        subject=t("Published: {title}", title=shown_title(post)),
        buttons=(_undo_buttons(post, community.undo_posts),),
        post_id=post.id,
        short_reference=post.short_reference,
        link=url,
    )


def scheduled(post: Post, zone: ZoneInfo, notes: Sequence[str] = ()) -> Answer:
    """A post waits for its moment."""
    assert post.publish_at is not None
    ref = post.short_reference
    text = t(
        "It will be published on {when}. Until then nobody but you can see it.\n\nAnswer this with `publish` to publish it now, or with `delete` to drop it; or send `publish {ref}` or `delete {ref}`.{notes}",
        when=when(post.publish_at, zone),
        ref=ref,
        notes=_notes(notes),
    )
    row = (
        Button(t("Publish now"), action=f"publish {ref}"),
        Button(t("Delete"), action=f"delete {ref}"),
    )
    return Answer(
        text,
        subject=t("Scheduled: {title}", title=shown_title(post)),
        buttons=(row,),
        post_id=post.id,
        short_reference=ref,
    )


def when(at: datetime, zone: ZoneInfo) -> str:
    """A moment on a clock, with the clock's name."""
    return on_clock(at, zone)


def replied(community: Community, post: Post, to: Post, notes: Sequence[str] = ()) -> Answer:
    """A reply is out."""
    url = post_url(community, post)
    text = t(
        "Your reply to {name} is out: {url}\n\n{reply_public}{undo}{notes}",
        name=escaped(to.author.shown_name),
        url=url,
        reply_public=t(REPLY_PUBLIC),
        undo=_undo(community.undo_replies),
        notes=_notes(notes),
    )
    return Answer(
        text,
        subject=t("Your reply is out"),
        buttons=(_undo_buttons(post, community.undo_replies),),
        post_id=post.id,
        short_reference=post.short_reference,
        link=url,
    )


def drafted(post: Post, notes: Sequence[str] = ()) -> Answer:
    """A draft is kept."""
    ref = post.short_reference
    if post.kind == "page":
        notes = (t("Published, it is a page of your blog."), *notes)
    text = t(
        "Kept as a draft [{ref}]. Nobody but you can see it.\n\nAnswer this with `publish` to publish it, or send `publish {ref}`.{notes}",
        ref=ref,
        notes=_notes(notes),
    )
    return Answer(
        text,
        subject=t("Draft: {title}", title=shown_title(post)),
        buttons=(_draft_buttons(ref),),
        post_id=post.id,
        short_reference=ref,
    )


def asked(post: Post, notes: Sequence[str] = ()) -> Answer:
    """Whether to publish what waits, with its words."""
    ref = post.short_reference
    audience = t(REPLY_PUBLIC) if post.kind == "reply" else _audience(post)
    text = t(
        "Publish this? [{ref}]\n\n{words}\n\nNobody but you can see it yet. When it is published: {audience}\n\nAnswer this with `yes` to publish it, `edit: the new words` to change it, or `delete` to drop it; or send `publish {ref}`. `ask off` ends these questions.{notes}",
        ref=ref,
        words=_quoted(post),
        audience=audience,
        notes=_notes(notes),
    )
    return Answer(
        text,
        subject=t("Publish this? {title}", title=shown_title(post)),
        buttons=(_draft_buttons(ref),),
        post_id=post.id,
        short_reference=ref,
    )


def _quoted(post: Post) -> str:
    """What a post says and has, as a quotation."""
    words = post.markdown if len(post.markdown) <= QUOTED else f"{post.markdown[:QUOTED].rstrip()} …"
    lines = [f"**{escaped(post.title)}**", ""] if post.title else []
    lines += words.split("\n") if words else []
    if post.media:
        lines += [*([""] if lines else []), n("{count} file", "{count} files", len(post.media))]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _draft_buttons(ref: str) -> tuple[Button, ...]:
    return (Button(t("Publish"), action=f"publish {ref}"), Button(t("Delete"), action=f"delete {ref}"))


def edited(
    community: Community, post: Post, *, changed: bool, has_earlier_words: bool = True, notes: Sequence[str] = ()
) -> Answer:
    """A post is changed, or was so already. Only earlier words can be brought back, no photo."""
    undo = f" {t(UNDO_CHANGE)}" if changed and has_earlier_words else ""
    ref = post.short_reference
    if post.status == "draft":
        text = (
            t("The draft is changed [{ref}]. Nobody but you can see it.", ref=ref)
            if changed
            else t("The draft says so already [{ref}]. Nobody but you can see it.", ref=ref)
        )
        text = f"{text}\n\n{_quoted(post)}\n\n{t('`publish {ref}` publishes it.', ref=ref)}{undo}"
        buttons = (_draft_buttons(ref),)
        return Answer(
            f"{text}{_notes(notes)}", subject=t("Changed"), buttons=buttons, post_id=post.id, short_reference=ref
        )
    url = post_url(community, post)
    text = (
        t("Changed, everywhere: {url}", url=url) + f"\n\n{t(READERS)}{undo}"
        if changed
        else t("It says so already; nothing was changed: {url}", url=url)
    )
    return Answer(f"{text}{_notes(notes)}", subject=t("Changed"), post_id=post.id, short_reference=ref, link=url)


def restored(community: Community, post: Post) -> Answer:
    """A post says again what it said before an edit."""
    ref = post.short_reference
    if post.status == "draft":
        text = t("The earlier words are back in the draft [{ref}]. Nobody but you can see it.", ref=ref)
        return Answer(f"{text}\n\n{_quoted(post)}", subject=t("Changed back"), post_id=post.id, short_reference=ref)
    url = post_url(community, post)
    text = f"{t('The earlier words are back, everywhere: {url}', url=url)}\n\n{t(READERS)}"
    return Answer(text, subject=t("Changed back"), post_id=post.id, short_reference=ref, link=url)


def deleted(post: Post, shown: str = "", *, taken_back: bool = False) -> Answer:
    """A post is gone; `shown` is what it was called, for it has lost its words."""
    which = f"{quoted(escaped(shown))} [{post.short_reference}]" if shown else f"[{post.short_reference}]"
    if taken_back:
        text = t(
            "Taken back: {which}. Nobody was told of it. It can't be brought back; to publish it after all, send it again.",
            which=which,
        )
        return Answer(text, subject=t("Taken back"))
    text = (
        t("Dropped: {which}. It was a draft, and nobody else has seen it. It can't be brought back.", which=which)
        if post.published_at is None
        else t(
            "Deleted: {which}. It is gone from your blog and from timelines, and from the chats that got it. Mails that left can't be called back, and it can't be brought back.",
            which=which,
        )
    )
    return Answer(text, subject=t("Deleted"))


def unknown(word: str, nearest: str) -> Answer:
    word = word.replace("`", "’")  # it would end the code
    suggestion = (
        t(" Did you mean `{nearest}`?", nearest=nearest) if nearest else t(" Send `help` to see what there is.")
    )
    return Answer(
        t(
            "There is no command `{word}`.{suggestion} Nothing was published. To publish these words, send `post: {word}`.",
            word=word,
            suggestion=suggestion,
        ),
        subject=t("Not understood"),
    )


def refused(message: str, subject: str = "") -> Answer:
    """Something could not be done; the message says what and what now."""
    return Answer(message, subject=subject or t("That did not work"))


def refusal_by_mail(community: Community, said: Answer, *, once_a_day: bool, is_last: bool) -> Answer:
    """A refusal as it is mailed. `once_a_day`: it is not repeated on the same day. `is_last`: no other is sent within the hour."""
    once = t("You are told this once a day. ") if once_a_day else ""
    last = t("These are too many within an hour; of further ones you are told nothing for a while. ") if is_last else ""
    return replace(
        said,
        foot=t(
            "{once}{last}What became of each of your mails stands at {site}/me.",
            once=once,
            last=last,
            site=community.base_url,
        ),
    )


def with_notes(said: Answer, notes: Sequence[str]) -> Answer:
    """An answer with those notes about its mail that it does not bear yet."""
    return replace(said, text=said.text + _notes([note for note in notes if t(note) not in said.text]))


def asked_to_block(handle: str, name: str) -> Answer:
    """Asked of whoever taps “Block”: it is next to other buttons."""
    return Answer(
        t(
            "Block {name} (@{handle})? Then you don't see their posts, and they don't see yours in their timeline. They are not told. Nothing is changed yet.",
            name=escaped(name),
            handle=handle,
        ),
        subject=t("Block @{handle}?", handle=handle),
        buttons=((Button(t("Yes, block @{handle}", handle=handle), action=f"block {handle} {SURE}"),),),
    )


def asked_for_reply(post: Post) -> Answer:
    """Asked of whoever taps “Reply”: what they answer to this is the reply."""
    return Answer(
        t(
            "What do you reply to {name}? Answer this message with your words; they are public in the conversation.",
            name=escaped(post.author.shown_name),
        ),
        subject=t("Reply"),
        post_id=post.id,
        short_reference=post.short_reference,
        wants_answer=True,
    )


def help_for(verb_name: str = "", *, by_mail: bool = False) -> Answer:
    """All the words, or one with its usage."""
    for verb in VERBS:
        if verb.name == verb_name or verb_name in verb.also:
            return Answer(_help_of(verb), subject=t("Help"))
    lines = "\n".join(f"- `{t(verb.usage)}`: {t(verb.help)}" for verb in VERBS)
    lead = (
        t("What you mail to your blog's address is published. Answer a message to reply to it. Here you can send:")
        if by_mail
        else t("Write, and it is published on your blog. Answer a message to reply to it. Or send:")
    )
    foot = t("`k7f` stands for a post's short reference, which every message carries.")
    return Answer(f"{lead}\n\n{lines}\n\n{foot}", subject=t("Help"))


def _help_of(verb: Verb) -> str:
    """How one word is used, and below that what it does."""
    what = t(verb.help)
    also = t("Also {words}.", words=", ".join(f"`{word}`" for word in verb.also)) if verb.also else ""
    return f"`{t(verb.usage)}`\n\n{what[0].upper()}{what[1:]}. {also}".rstrip()


def shown_title(post: Post, length: int = 60) -> str:
    """A post in a few words: its title, or how it begins."""
    return shown_title_of(post.title or post.markdown, length)


def shown_title_of(text: str, length: int = 60) -> str:
    """How a text begins."""
    words = " ".join(text.split()) or t("a photo")
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"


def post_url(community: Community, post: Post) -> str:
    """The page of a post; a reply's is its place in the conversation."""
    if post.blog is not None and post.path:
        return community.post_url(post.blog.name, post.path)
    return community.conversation_url(post.short_reference)


def seconds(time: timedelta) -> str:
    whole = int(time.total_seconds())
    return (
        n("{count} second", "{count} seconds", whole)
        if whole < 120
        else n("{count} minute", "{count} minutes", whole // 60)
    )


def _audience(post: Post) -> str:
    if post.kind == "page":
        return t(PAGE_PUBLIC)
    has_newsletter = post.blog is not None and post.blog.newsletter != "off" and not is_back_dated(post)
    kept = [t("If your newsletter has readers, they get it by mail.")] if has_newsletter and post.newsletter else []
    kept += [] if post.newsletter else [t("It is not in your newsletter.")]
    kept += [] if post.in_chats else [t("Nobody is told of it in chats.")]
    return " ".join([t(DATED_PUBLIC) if is_back_dated(post) else t(PUBLIC), *kept])


def _undo(window: timedelta, *, is_told: bool = True) -> str:
    """How to take it back or change it, in words that work in every channel."""
    until = t(" (nobody is told of it for {seconds})", seconds=seconds(window)) if is_told else ""
    undo = t("`undo` to take it back{until}, ", until=until) if window else ""
    return t("\n\nAnswer this with {undo}`edit: the new words` to change it, or `delete` to delete it.", undo=undo)


def _undo_buttons(post: Post, window: timedelta) -> tuple[Button, ...]:
    undo = (Button(t("Undo"), action=f"undo {post.short_reference}"),) if window else ()
    return (*undo, Button(t("Delete"), action=f"delete {post.short_reference}"))


def _notes(notes: Sequence[str]) -> str:
    return "".join(f"\n\n{t(note)}" for note in notes)
