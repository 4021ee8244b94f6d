"""What crosses borders: frozen values between channels, core, and carriers.

A channel turns its own wire form into an `InboundMessage` and an `Answer` into its own wire form. Nothing else of a
platform enters core, and nothing of core's tables leaves it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal


class Intent(StrEnum):
    """What a message is, before anyone reads its words."""

    SPEAK = "speak"  # words, photos: a post, a reply or a command
    EDIT = "edit"  # the platform says that an earlier message now reads so
    DELETE = "delete"  # the platform says that an earlier message is gone
    PRESS = "press"  # a button: `action` carries its data
    AUTOMATIC = "automatic"  # auto-reply, list mail, our own mail come back: never posted, never answered
    REPORT = "report"  # a bounce or complaint about a delivery: `reports` says what
    SUBSCRIBE = "subscribe"  # a mail that asks for a blog's newsletter
    LEAVE = "leave"  # a mail that ends a subscription: `action` carries the token
    FOR_PEOPLE = "for_people"  # to be handed to people as it came: `hand_to` says whom
    BLOCKED = "blocked"  # the account blocked the bot, or left
    UNBLOCKED = "unblocked"
    MOVED = "moved"  # the chat has another id now: `action` carries it
    NOTHING = "nothing"  # a platform's housekeeping; recorded as ignored


@dataclass(frozen=True, slots=True)
class Rendition:
    """One stored size of a file. `blob` is its content hash in the blob store; sizes in pixels and bytes."""

    blob: str
    content_type: str
    size: int
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class PreparedMedia:
    """A file that is ready to publish: metadata gone, stored in the blob store, the largest rendition first."""

    kind: Literal["image", "audio", "video", "file"]
    renditions: tuple[Rendition, ...]
    filename: str = ""
    alt: str = ""
    content_id: str = ""  # the mark `![alt](cid:…)` in the text names it by this
    part: str = ""  # the platform's message that brought it


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of a file that came by chat: ready to publish, or left out; `notes` say so in words for its sender."""

    media: PreparedMedia | None
    notes: tuple[str, ...] = ()


Filer = Callable[[bytes, str], Awaitable[Filed]]  # a file's bytes and name; cleans it and stores its sizes as blobs


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a mail of ours, as its report says. `hard` is None when it can't be told; `bad_address`: the address is at fault."""

    address: str
    kind: str  # dsn | arf | notice | autoreply …
    hard: bool | None = None
    status: str = ""
    reason: str = ""
    message_id: str = ""
    delivery_id: int | None = None
    bad_address: bool = False


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an author asks for beside the words. `date` and `delay` stand as written, for a blog's own clock reads them."""

    state: Literal["", "draft", "publish"] = ""
    page: bool | None = None  # one that stands by itself, not in the stream? None: nobody said, and it is none
    slug: str = ""
    date: str = ""
    delay: str = ""
    newsletter: bool | None = None  # may it be mailed to subscribers? None: nobody said, and it may
    chats: bool | None = None  # may followers be told in their chats? None: nobody said, and they may


@dataclass(frozen=True, slots=True)
class Part:
    """One message of the platform's and its words; an album is several."""

    external_id: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """A channel that somebody asks to bind to their blog; `may` they post there, says the platform?

    `lost_by` is the account that had bound it, if it may no longer post there. `overheard`: somebody said so in the channel, so whoever is asked may not
    have wished for it.
    """

    place: str
    title: str = ""
    may: bool = False
    lost_by: str = ""
    overheard: bool = False


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message as it came through a channel, read and prepared, its words still to be understood.

    `account` is the sender in the channel's own ids (mail address, Telegram user id, Slack `team:user`, console handle).
    `place` is where an answer goes (mail address, chat id, `team:channel`).
    `external_id` names this message in its place; `answers` names the messages it answers, nearest first; for an EDIT or
    DELETE `external_id` is the id of the message changed.
    `hold` is set when the sender must be asked before anything is published, and says why in a sentence for them. `by_machine`: it may be an
    automatic reply, so what is asked about such is asked once a day.
    `reject` is set when nothing may become of it, and says why.
    `unproven`: nothing proves who sent it, and so nobody is answered; what it says counts nevertheless.
    """

    channel: str
    account: str
    place: str
    external_id: str = ""
    intent: Intent = Intent.SPEAK
    text: str = ""
    title: str = ""
    media: tuple[PreparedMedia, ...] = ()
    parts: tuple[Part, ...] = ()  # the platform's messages that this one is, in order
    revision: int = 0  # of two versions of a message the larger is the later; 0 where the platform does not tell
    answer_place: str = (
        ""  # where its answer goes, if not to its place: what is posted in a channel is answered in private
    )
    offered: Offered | None = None
    joins_post_id: int | None = None  # it is a late part of the album that made this post
    answers: tuple[str, ...] = ()
    thread: str = ""
    private: bool = True
    addressed: bool = True  # in a group: was the bot spoken to?
    only_commands: bool = False  # it came where nothing else is taken, one a line
    account_name: str = ""
    language: str = ""  # that the platform says its author speaks
    member_id: int | None = None
    blog_id: int | None = None
    reply_to_post_id: int | None = None
    action: str = ""
    wishes: Wishes = Wishes()
    categories: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hold: str = ""
    by_machine: bool = False
    reject: str = ""
    unproven: bool = False
    reports: tuple[Report, ...] = ()
    hand_to: str = ""  # operators | managers | owner
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under an answer. `action` goes back to us when pressed (at most 64 bytes); `url` opens a page instead."""

    label: str
    action: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo shown with an answer: its blob for uploading, its public address for linking."""

    blob: str
    content_type: str
    url: str
    alt: str = ""
    size: int = 0  # bytes; 0 when it is not known


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes with an answer and is no photo: its blob for uploading, its public address for linking."""

    kind: Literal["audio", "video", "file"]
    blob: str
    content_type: str
    filename: str
    url: str
    size: int = 0  # bytes; 0 when it is not known


@dataclass(frozen=True, slots=True)
class Answer:
    """What we say to one person, in Markdown; each channel renders what it can.

    `post_id` ties the sent message to a post, so that a reply to it is a reply to the post. `in_conversation` is the
    conversation whose messages in the same place it should be threaded with. `reply_address` is where a mail reply goes.
    `subject` serves mail; `short_reference` stands in subjects and at the end of chat messages, as `k7f`.
    """

    text: str
    subject: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()
    pictures: tuple[Picture, ...] = ()
    attached: tuple[Attached, ...] = ()
    post_id: int | None = None
    in_conversation: int | None = None
    short_reference: str = ""
    purpose: str = ""  # what it asks for, beyond its delivery's kind: `describe`, what a photo shows
    wants_answer: bool = False  # it asks for words: who reads it is offered to answer it natively
    reply_token: str = ""  # local part of the mail address that answers this
    secret_of: int | None = None  # a blog: a mail's answer goes to its secret address, which no payload may hold
    link: str = ""
    foot: str = ""  # said below a mail, in small print
    enclosed_inbound: int | None = None  # a mail that came in, to go along as it is
    author: str = ""  # display name of whoever's words these are; empty for our own
    headers: tuple[tuple[str, str], ...] = ()
    specimen: "Specimen | None" = None  # a mail that is one copy of an issue, instead of all the above

    def to_json(self) -> dict[str, Any]:
        """The answer as JSON values, for a delivery's payload; fields that hold nothing are left out."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Answer":
        """What `to_json` gave."""
        nested = {
            "buttons": tuple(tuple(Button(**button) for button in row) for row in values.get("buttons", ())),
            "pictures": tuple(Picture(**picture) for picture in values.get("pictures", ())),
            "attached": tuple(Attached(**one) for one in values.get("attached", ())),
            "headers": tuple((name, value) for name, value in values.get("headers", ())),
        }
        return cls(**{**values, **nested})


ANY = 2**31  # more than anybody writes or attaches


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can carry, as its adapter declares it. Sizes are in characters where they are of words, else in bytes."""

    text: int = ANY  # of one message; what is longer comes in several
    caption: int = 0  # of the words that a photo may bear; 0: photos and words are one message anyway, or never
    styles: bool = False  # bold, links, lists …, both ways
    markdown: bool = False  # what people type is Markdown; elsewhere typed marks stay marks
    photos: int = 0  # shown with one message; 0: their addresses stand in the words
    largest_photo: int = ANY
    largest_file: int = 0  # of what is no photo and goes along as a file; 0: its address stands in the words
    takes: int = 0  # the largest file taken from people; 0: none
    threads: bool = False  # people answer a message by the platform's own means, and a conversation hangs together
    hears_edits: bool = False  # when somebody changes what they wrote, we are told
    hears_deletes: bool = False
    changes: bool = False  # what we sent can be changed and taken away
    buttons: bool = False
    button_data: int = 0  # bytes of what a button may carry
    modals: bool = False
    ephemeral: bool = False  # in a group, answers that only whoever asked can see
    linked: bool = False  # accounts are linked by a code
    names_notify: bool = False  # the platform's own names, standing in a text, would notify whom they name
    unasked: bool = False  # people can be told things at any time
    news: bool = False  # new posts of people one follows come at once; elsewhere in the digest
    kept: bool = False  # what is said while nothing of ours works on it is worked on later


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An answer on its way to one place: what a carrier gets.

    `reply_to` and `thread` name messages in that place (Telegram: message id, Slack: ts, mail: Message-ID, with `references` the
    whole chain); `edits` is the message to change instead of sending a new one, `parts` the further ones that were sent with it.
    """

    delivery_id: int
    kind: str
    channel: str
    recipient: str
    answer: Answer
    reply_to: str = ""
    thread: str = ""
    references: tuple[str, ...] = ()
    edits: str = ""
    parts: tuple[str, ...] = ()
    files_changed: bool = False  # of an edit: not only the words
    language: str = "en"


@dataclass(frozen=True, slots=True)
class RenderedIssue:
    """A newsletter issue or digest rendered once for all its recipients.

    `html` and `text` hold the marks named in `marks` where a recipient's own value belongs; email splits on them.
    """

    subject: str
    html: str
    text: str
    from_name: str
    list_id: str
    language: str = "en"
    archive_url: str = ""
    help_url: str = ""
    marks: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=())
    fault: str = ""  # why the blog's own templates were not used


@dataclass(frozen=True, slots=True)
class Specimen:
    """A copy of an issue for its owner's eyes: the very mail that readers get, but that its ways to unsubscribe lead nowhere."""

    issue: RenderedIssue
    sender: str
    leave_url: str
    leave_mailto: str
