"""The words members use, the same in every channel: what a line of text asks for.

With `/` or `!` a first word is always a command, and an unknown one is refused with a suggestion. Without, a word is a command only when what
follows has the command's shape, so that "Block parties are fun" stays a post. Slack's and Telegram's `@bot` suffix is dropped.
"""

import string
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from gateway.core.desk import newsletter_words
from gateway.core.desk.telling_words import hours, telling
from gateway.core.errors import Invalid
from gateway.core.people.choices import CHANNELS, MAIL
from gateway.core.people.names import is_name
from gateway.core.words import N, later, named
from gateway.core.writing.references import is_reference


@dataclass(frozen=True, slots=True)
class Command:
    """A verb and what it was given: names without `@`, references without brackets, the rest as it stood. `said` is the word that was used for it."""

    verb: str
    target: str = ""
    rest: str = ""
    said: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A first word that meant a command which does not exist. `nearest` may be empty."""

    word: str
    nearest: str


@dataclass(frozen=True, slots=True)
class Verb:
    """One command. `takes` is what follows it: nothing, text, name, reference, or one of these or nothing, with `?` (then: the one answered, or the only one); with `+`, words after it."""

    name: str
    usage: str
    help: str
    takes: str = "nothing"
    also: tuple[str, ...] = ()


VERBS = (
    Verb("post", N("post: your words"), N("publish on your blog"), "text"),
    Verb("draft", N("draft: your words"), N("keep it as a draft"), "text"),
    Verb("drafts", "drafts", N("list your drafts")),
    Verb("publish", "publish k7f", N("publish a draft"), "reference"),
    Verb("title", N("title: a title"), N("give your last post a title"), "text"),
    Verb("alt", N("alt k7f what the photo shows"), N("describe a photo for people who can't see it"), "reference+"),
    Verb("reply", N("reply k7f your words"), N("answer a post"), "reference+"),
    Verb("edit", N("edit k7f new words"), N("change a post"), "reference+"),
    Verb("delete", "delete k7f", N("delete a post"), "reference"),
    Verb("undo", "undo", N("take back your last post or change, within its undo time"), "reference?"),
    Verb("timeline", "timeline", N("read the people you follow"), also=("tl",)),
    Verb("mentions", "mentions", N("read replies to you and mentions of you")),
    Verb("thread", "thread k7f", N("read a conversation"), "reference", also=("conversation",)),
    Verb("follow", "follow @name", N("follow somebody"), "name"),
    Verb("unfollow", "unfollow @name", N("stop following"), "name"),
    Verb("mute", "mute @name", N("hide somebody from your timeline, silently"), "name"),
    Verb("unmute", "unmute @name", N("show them again"), "name"),
    Verb("block", "block @name", N("mute them and hide your posts from their timeline"), "name"),
    Verb("unblock", "unblock @name", N("end a block"), "name"),
    Verb("following", "following", N("list whom you follow")),
    Verb("recommend", N("recommend @name why"), N("recommend one person for Micro Monday"), "name+"),
    Verb("refuse", "refuse @name", N("have somebody's recommendation of you shown nowhere"), "name?"),
    Verb("recommendable", "recommendable off", N("let others recommend you on Micro Monday: on or off"), "switch"),
    Verb(
        "report", N("report k7f why"), N("report a post, or with @name a member, to the community's managers"), "about+"
    ),
    Verb("reports", "reports", N("for the community's managers: read and close reports"), "reports"),
    Verb(
        "newsletter",
        "newsletter",
        N(
            "see the next issue of your newsletter; behind it, `intro: your words`, `subject: your words`, `first k7f`, `without k7f`, `with k7f`, `test` or `preview`; for one that is on its way, `pause`, `resume` or `cancel`"
        ),
        "newsletter",
    ),
    Verb("digest", "digest weekly", N("get a digest: daily, weekly or off"), "word"),
    Verb(
        "tell",
        "tell replies digest",
        N("be told of mentions, replies, posts or @name: at once, digest or off"),
        "telling",
    ),
    Verb("quiet", "quiet 22-7", N("be told nothing between two hours; `quiet off` ends it"), "hours"),
    Verb("ask", "ask on", N("be asked before what you send is published: on or off"), "switch"),
    Verb("language", "language de", N("be answered in another language"), "language"),
    Verb("link", "link CODE", N("link this chat to your account"), "word", also=("start",)),
    Verb("unlink", "unlink", N("forget this chat, or from elsewhere `unlink telegram`"), "chat"),
    Verb("bind", "bind @channel", N("publish what is posted in a Telegram channel of yours"), "channel"),
    Verb("unbind", "unbind @channel", N("end that"), "channel"),
    Verb("inbox", "inbox", N("see what became of your mails and messages"), also=("status",)),
    Verb("release", "release 17", N("publish a message that was held"), "number"),
    Verb("discard", "discard 17", N("throw a held message away; `discard all` throws all away"), "number"),
    Verb("address", "address you@example.org", N("add a mail address to write from"), "mail", also=("addresses",)),
    Verb("confirmations", "confirmations off", N("be told what you have published: on or off"), "word"),
    Verb("settings", "settings", N("see your settings and addresses"), also=("einstellungen",)),
    Verb("help", "help", N("see these words"), "help", also=("hilfe",)),
)
MOST_AT_ONCE = 20  # commands in one mail
# What their words end with, unless a command stands below; those of a post or reply go on to the end.
_PARAGRAPH = frozenset({"title", "alt", "recommend", "report"})
CHATS = frozenset(CHANNELS) - {MAIL}
_PUNCTUATION = frozenset(string.punctuation)
_BY_WORD = {word: verb for verb in VERBS for word in (verb.name, *verb.also)}


def read(text: str, *, answering: bool = False, alone: bool = True) -> Command | Unknown | None:
    """What a text asks for; None when it is just words. Names and references may carry Markdown's escapes.

    `delete` and `edit: new words` need no reference: they mean the post of the message that this is `answering`, else the last one. So does every
    word that stands `alone`, unless that is not to count.
    """
    word, rest = _split(text.strip())
    word = unescaped(word)
    if answering and not rest:
        word = word.rstrip(".!")  # “Delete.”
    marked = word[:1] in {"/", "!"} and len(word) > 1 and word[1].isalpha()
    name = (word[1:].split("@", 1)[0] if marked else word).rstrip(":").lower()
    verb = _BY_WORD.get(name)
    if verb is None:
        return _suspect(name, rest, marked=marked)
    is_bare = (alone and not rest) or (answering and verb.takes == "reference" and not rest)
    is_about_one = verb.takes in {"reference+", "about+"} and word.endswith(":") and bool(rest) and (alone or answering)
    if marked or is_bare or is_about_one or _has_shape(verb, word, rest):
        return replace(_command(verb, rest), said=name)
    return None


def read_all(text: str, *, answering: bool = False) -> tuple[Command | Unknown, ...]:
    """The commands of a text that is there for nothing else, one a line; empty when its first line is nothing like one. Reads one more than MOST_AT_ONCE.

    A word that takes words takes all that follow, or its paragraph up to the next command. After a blank line, what is no command ends the list
    (“Thanks, Alice”). Raises Invalid when it stands right below a command, which makes the whole doubtful, and when the first line is nearly one.
    """
    lines = text.strip().split("\n")
    found: list[Command | Unknown] = []
    number = 0
    while number < len(lines) and len(found) <= MOST_AT_ONCE:
        if not lines[number].strip():
            number += 1
            continue
        end = _reach(lines, number, answering=answering)
        said = read("\n".join(lines[number:end]), answering=answering, alone=False)
        if said is None:
            if not number:
                said = _nearly(lines[number], answering=answering)
            elif lines[number - 1].strip():
                raise Invalid(
                    later(
                        "“{line}” is no command, and it stands right below one.",
                        line=unescaped(lines[number].strip())[:60],
                    ),
                    hint=later(
                        "{suggestion}None of the lines was obeyed.", suggestion=_suggestion(first_word(lines[number]))
                    ),
                )
            if said is None:
                return tuple(found)
        found.append(said)
        number = end
    return tuple(found)


def with_title(text: str) -> tuple[str, str]:
    """The title that the first line of an edit gives (`title: a title`), "" without one, and the words below it."""
    line, _, below = text.strip().partition("\n")
    word, title = _split(line)
    if word.lower() != "title:" or not title:
        return "", text
    return unescaped(title.removesuffix("\\").strip()), below.rstrip().lstrip("\n")


def verb_of(line: str) -> Verb | None:
    """The command that the first word of a line names."""
    return _BY_WORD.get(first_word(line))


def _nearly(line: str, *, answering: bool) -> Command | None:
    """What a line that is no command seems to mean where only commands come; None when nothing. Raises Invalid, with what could be sent instead."""
    name, rest = first_word(line), _split(line.strip())[1]
    verb = _BY_WORD.get(name)
    if verb is None:
        if suggestion := _suggestion(name):
            raise Invalid(
                later("There is no command “{name}”.", name=name),
                hint=later("{suggestion}Nothing was done.", suggestion=suggestion),
            )
        return None
    if verb.takes.startswith("reference") and rest.strip("[]").isalnum():
        return Command(verb.name, rest.strip("[]").lower()[:20])  # `delete zzz`: there is no such post
    usage = f"{name}: …" if answering and verb.takes == "reference+" else later(verb.usage)
    raise Invalid(
        later("I can't do “{line}”.", line=unescaped(line.strip())[:60]),
        hint=later("Send `{usage}` to {help}. Nothing was done.", usage=usage, help=later(verb.help)),
    )


def first_word(line: str) -> str:
    """The word that a line begins with, without the marks of a command."""
    return unescaped(_split(line.strip())[0]).lstrip("/!").rstrip(":").lower()


def _suggestion(name: str) -> str:
    nearest = get_close_matches(name, _BY_WORD, n=1, cutoff=0.8) if 2 < len(name) < 20 else []
    return later("Did you mean `{usage}`? ", usage=later(_BY_WORD[nearest[0]].usage)) if nearest else ""


def _reach(lines: list[str], start: int, *, answering: bool) -> int:
    """Where the words of the command that begins in a line end."""
    verb = _BY_WORD.get(first_word(lines[start]))
    if verb is not None and verb.name == "newsletter":
        return len(lines) if newsletter_words.takes_all(_split(lines[start].strip())[1]) else start + 1
    if verb is None or (verb.takes != "text" and not verb.takes.endswith("+")):
        return start + 1
    if verb.name not in _PARAGRAPH:
        return len(lines)
    ends = (
        n
        for n in range(start + 1, len(lines))
        if not lines[n].strip() or read(lines[n], answering=answering, alone=False)
    )
    return next(ends, len(lines))


def _split(text: str) -> tuple[str, str]:
    """The first word and all that follows; `title:x` is split behind the colon."""
    end = next((n for n, c in enumerate(text) if c.isspace()), len(text))
    word, rest = text[:end], text[end:].strip()
    if text[end : end + 1] == "\n":
        word = word.removesuffix("\\")  # Markdown's mark of a line's end, which chats give
    head, colon, tail = word.partition(":")
    if colon and tail and head.lstrip("/!").split("@", 1)[0].lower() in _BY_WORD:
        return head + ":", text[len(head) + 1 :].strip()
    return word, rest


def _suspect(name: str, rest: str, *, marked: bool) -> Unknown | None:
    """A marked unknown word is refused; so is a message of one word that is nearly a command, and what `newsletter` would understand."""
    if marked:
        nearest = get_close_matches(name[:40], _BY_WORD, n=1, cutoff=0.5)
        return Unknown(name, _BY_WORD[nearest[0]].name if nearest else "")
    if not rest and 3 < len(name) < 20 and (nearest := get_close_matches(name, _BY_WORD, n=1, cutoff=0.83)):
        return Unknown(name, _BY_WORD[nearest[0]].name)
    if 6 < len(name) < 14 and newsletter_words.asked(rest) and get_close_matches(name, ["newsletter"], cutoff=0.83):
        return Unknown(name, "newsletter")
    return None


def _has_shape(verb: Verb, word: str, rest: str) -> bool:
    """Whether what follows an unmarked word is what that command takes."""
    words = [_bare(word) for word in rest.split(None, 1)]
    rest = _bare(rest) if len(words) == 1 else rest
    shapes: dict[str, Callable[[], bool]] = {
        "nothing": lambda: not rest,
        "help": lambda: not rest or (rest.split()[0].lower() in _BY_WORD and len(words) == 1),
        "text": lambda: word.endswith(":"),
        "word": lambda: len(words) <= 1,
        "name": lambda: len(words) == 1 and is_name(unescaped(rest).lower().removeprefix("@")),
        "name?": lambda: not rest or (len(words) == 1 and is_name(unescaped(rest).lower().removeprefix("@"))),
        "name+": lambda: bool(words) and words[0].startswith("@"),
        "number": lambda: len(words) == 1 and (rest.isdecimal() or rest.lower() == "all"),
        "mail": lambda: not rest or _is_mail_address(words),
        "reference": lambda: len(words) == 1 and is_reference(rest),
        "reference?": lambda: not rest or (len(words) == 1 and is_reference(rest)),
        "reference+": lambda: bool(words) and is_reference(words[0]),
        "about+": lambda: bool(words) and (words[0].startswith("@") or is_reference(words[0])),
        "reports": lambda: not rest or _is_about_reports(_bare(rest).lower().split()),
        "chat": lambda: not rest or (len(words) == 1 and (rest.lower() in CHATS or rest.isdecimal())),
        "language": lambda: bool(named(rest)),
        "channel": lambda: not rest or (len(words) == 1 and rest[0] in "@-"),
        "switch": lambda: rest.lower() in {"on", "off"},
        "newsletter": lambda: newsletter_words.is_meant(rest),  # else it is told how
        "telling": lambda: not rest or telling(rest) is not None,
        "hours": lambda: hours(rest) is not None or (len(words) == 1 and rest[0].isdigit()),  # else it is told how
    }
    return shapes[verb.takes]()


def _is_mail_address(words: list[str]) -> bool:
    """Whether the first word is a mail address and at most its own link follows, as mail programs write it."""
    return "@" in words[0][1:-1] and (len(words) == 1 or words[1].startswith("<mailto:"))


def _is_about_reports(words: list[str]) -> bool:
    return (len(words) == 1 and words[0].isdecimal()) or (
        len(words) > 1 and words[0] == "close" and words[1].isdecimal()
    )


def _command(verb: Verb, rest: str) -> Command:
    if verb.takes in {"nothing", "text", "telling", "hours", "newsletter"}:
        return Command(verb.name, rest=rest)
    first, others = _split(rest) if rest else ("", "")
    first = unescaped(first)
    first = _bare(first)
    if verb.takes in {"word", "number", "mail", "chat", "channel", "switch", "language", "reports"}:
        return Command(verb.name, first, others)
    if verb.takes == "about+" and first.startswith("@"):
        return Command(verb.name, first.lower(), others)
    if verb.takes.startswith("name") or verb.takes == "help":
        return Command(verb.name, first.removeprefix("@").lower(), others)
    if is_reference(first):
        return Command(verb.name, first.strip("[]").lower(), others)
    return Command(verb.name, "", rest)  # no reference: it means the post that this message answers


def _bare(word: str) -> str:
    """A name or reference without escapes: neither holds a backslash."""
    return word.replace("\\", "")


def unescaped(text: str) -> str:
    """Markdown's backslashes taken away again: for names, titles and descriptions, which are not Markdown."""
    if "\\" not in text:
        return text
    out, skip = [], False
    for character, following in zip(text, [*text[1:], ""], strict=False):
        if character == "\\" and not skip and following in _PUNCTUATION and following:
            skip = True
            continue
        out.append(character)
        skip = False
    return "".join(out)


def press(action: str) -> Command | Unknown:
    """The command behind a button: `verb target` as we put it there, perhaps long ago."""
    word, _, given = action.partition(" ")
    target, _, rest = given.partition(" ")
    verb = _BY_WORD.get(word)
    if verb is None:
        return Unknown(word[:40], "")
    return Command(verb.name, rest=given) if verb.takes == "hours" else Command(verb.name, target, rest)
