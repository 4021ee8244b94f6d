"""What is a command and what is a post, the same in every channel."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.desk.grammar import (
    MOST_AT_ONCE,
    VERBS,
    Command,
    Unknown,
    Verb,
    press,
    read,
    read_all,
    unescaped,
    with_title,
)
from gateway.core.errors import Invalid

MARKED = [
    ("/timeline", Command("timeline")),
    ("!timeline", Command("timeline")),
    ("/TIMELINE", Command("timeline")),
    ("/tl", Command("timeline")),
    ("/timeline@town_bot", Command("timeline")),
    ("/post@town_bot Hello @bob", Command("post", rest="Hello @bob")),
    ("/post@town_bot:Hello", Command("post", rest="Hello")),
    ("/post Hello\nworld", Command("post", rest="Hello\nworld")),
    ("/post", Command("post")),
    ("/follow @Bob", Command("follow", "bob")),
    ("/follow bob", Command("follow", "bob")),
    ("/follow @b\\_ob", Command("follow", "b_ob")),
    ("/reply k7f Hello there", Command("reply", "k7f", "Hello there")),
    ("/reply [K7F] Hello", Command("reply", "k7f", "Hello")),
    ("/reply \\[k7f\\] Hello", Command("reply", "k7f", "Hello")),
    ("/edit Hello", Command("edit", "", "Hello")),
    ("/delete", Command("delete")),
    ("/start AbCd", Command("link", "AbCd")),
    ("/help reply", Command("help", "reply")),
    ("!recommend @bob because", Command("recommend", "bob", "because")),
]
PLAIN = [
    ("timeline", Command("timeline")),
    ("Timeline", Command("timeline")),
    ("undo", Command("undo")),
    ("help", Command("help")),
    ("help follow", Command("help", "follow")),
    ("follow @bob", Command("follow", "bob")),
    ("follow bob", Command("follow", "bob")),
    ("mute @bob", Command("mute", "bob")),
    ("recommend @bob he writes well", Command("recommend", "bob", "he writes well")),
    ("reply k7f Hello", Command("reply", "k7f", "Hello")),
    ("edit [k7f] Hello", Command("edit", "k7f", "Hello")),
    ("delete k7f", Command("delete", "k7f")),
    ("thread [K7F]", Command("thread", "k7f")),
    ("post: Undo is a fine word", Command("post", rest="Undo is a fine word")),
    ("post:Undo", Command("post", rest="Undo")),
    ("Draft: words", Command("draft", rest="words")),
    ("title: The harbour", Command("title", rest="The harbour")),
    ("title:The harbour", Command("title", rest="The harbour")),
    ("digest off", Command("digest", "off")),
    ("link AbCd", Command("link", "AbCd")),
    ("  undo \n", Command("undo")),
]
POSTS = [
    "",
    " \n ",
    "Hello",
    "Block parties are fun",
    "Follow your heart, they said",
    "Post offices close at five",
    "Reply all is a menace",
    "Delete your account",
    "Undo is a fine word",
    "Help is on the way",
    "help: I need somebody",
    "Edit wars bore me",
    "recommend reading it",
    "Title fights",
    "draft beer",
    "timeline of the war",
    "mentions: none",
    "undo@example.com",
    "help@example.org",
    "settings@home",
    "post@example.org: write there",
    "https://example.org/",
    "/",
    "!",
    "!!!",
    "/ 2",
    "/2 a person",
    "// a comment",
    "…and then",
    "@bob hello",
    ":)",
    "k7f",
]


@pytest.mark.parametrize(("text", "command"), [*MARKED, *PLAIN])
def test_a_command_is_read(text: str, command: Command) -> None:
    assert read(text) == command


@pytest.mark.parametrize("text", POSTS)
def test_words_stay_words(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("/folow @bob", "follow"),
        ("!timline", "timeline"),
        ("/tmieline@town_bot", "timeline"),
        ("/xyzzy", ""),
        ("/etc/passwd", ""),
        ("timelin", "timeline"),
        ("Recomend", "recommend"),
    ],
)
def test_what_was_meant_as_a_command_is_never_published(text: str, nearest: str) -> None:
    found = read(text)
    assert isinstance(found, Unknown)
    assert found.nearest == nearest


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("delete", Command("delete")),
        ("Delete", Command("delete")),
        ("edit: New words", Command("edit", "", "New words")),
        ("publish", Command("publish")),
        ("reply k7f Hello", Command("reply", "k7f", "Hello")),
        ("edit", Command("edit")),
        ("mute", Command("mute")),
        ("report: spam", Command("report", "", "spam")),
        ("Delete that", None),
        ("Edit wars bore me", None),
        ("Thanks!", None),
    ],
)
def test_an_answer_to_a_message_needs_no_reference(text: str, command: Command | None) -> None:
    assert read(text, answering=True) == command


def test_the_same_words_mean_the_last_post_without_a_message() -> None:
    assert read("delete") == Command("delete")
    assert read("edit: New words") == Command("edit", "", "New words")


def test_in_a_list_of_commands_no_word_is_about_the_last_post() -> None:
    """There a slip is too likely: what a mail program wraps, for one."""
    assert read("delete", alone=False) is None
    assert read("edit: New words", alone=False) is None


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_command_word_that_stands_alone_is_no_post(verb: Verb) -> None:
    for word in (verb.name, verb.name.title(), *verb.also):
        found = read(word)
        assert isinstance(found, Command)
        assert found.verb == verb.name


def test_every_word_of_the_grammar_is_understood_marked() -> None:
    for verb in VERBS:
        for word in (verb.name, *verb.also):
            found = read(f"/{word}")
            assert isinstance(found, Command)
            assert found.verb == verb.name


def test_every_usage_that_help_shows_is_read_as_that_command_unmarked() -> None:
    for verb in VERBS:
        found = read(verb.usage)
        assert isinstance(found, Command), verb.usage
        assert found.verb == verb.name


def test_a_button_of_old_is_unknown_not_an_error() -> None:
    assert press("delete k7f") == Command("delete", "k7f")
    assert press("quiet 22-7") == read("quiet 22-7") == Command("quiet", rest="22-7")
    for action in ("", "dance", "dance k7f", "delete\0", "x" * 4000):
        assert isinstance(press(action), Unknown)


def test_escapes_are_taken_away_once() -> None:
    assert unescaped(r"a\_b \* \\ \n c\ ".strip()) == "a_b * \\ \\n c\\"


_WORDS = st.sampled_from([word for verb in VERBS for word in (verb.name, *verb.also)])
_AFTER = st.text(alphabet="@:[]\\/! \n\tk7fbob\x1c\u2028\0²", max_size=12)


@given(st.one_of(st.text(max_size=60), st.builds("{}{}{}".format, st.sampled_from(["", "/", "!", "\\/"]), _WORDS, _AFTER)), st.booleans())  # fmt: skip
def test_any_text_is_read(text: str, answering: bool) -> None:
    found = read(text, answering=answering)
    assert found is None or isinstance(found, Command | Unknown)
    if isinstance(found, Command):
        assert found.verb in {verb.name for verb in VERBS}


def test_a_long_text_is_read_at_once() -> None:
    for text in ("/" + "a" * 1_000_000, "post:" + "@" * 1_000_000, "\\" * 1_000_000, " " * 1_000_000, "a:" * 500_000):
        read(text)


FOLLOW, CAROL = Command("follow", "bob"), Command("follow", "carol")

LISTS: list[tuple[str, tuple[Command | Unknown, ...]]] = [
    ("follow @bob", (FOLLOW,)),
    ("follow @bob  \nfollow @carol", (FOLLOW, CAROL)),
    ("follow @bob\n\n\nfollow @carol\n\nThanks,\nAlice", (FOLLOW, CAROL)),
    (
        "follow @bob\nedit k7f one  \ntwo\n\nfollow @carol",
        (FOLLOW, Command("edit", "k7f", "one  \ntwo\n\nfollow @carol")),
    ),
    ("post:\nHello\n\nfollow @bob", (Command("post", rest="Hello\n\nfollow @bob"),)),
    ("title: A walk\nby the sea\n\nfollow @bob", (Command("title", rest="A walk\nby the sea"), FOLLOW)),
    ("recommend @carol She asks\nwell.\n\nfollow @bob", (Command("recommend", "carol", "She asks\nwell."), FOLLOW)),
    ("timelin\nfollow @bob", (Unknown("timelin", "timeline"), FOLLOW)),
    ("Hello there", ()),
    ("Hello\n\nfollow @bob", ()),
    ("", ()),
]


@pytest.mark.parametrize(("text", "commands"), LISTS)
def test_a_list_of_commands_is_read_line_by_line(text: str, commands: tuple[Command | Unknown, ...]) -> None:
    assert read_all(text) == commands


@pytest.mark.parametrize("text", ["follow @bob\nplease", "follow @bob\ndelete", "help\nfolow @bob\n\nfollow @carol"])
def test_a_list_with_a_line_that_is_no_command_is_refused_whole(text: str) -> None:
    with pytest.raises(Invalid, match="None of the lines was obeyed"):
        read_all(text)


@pytest.mark.parametrize("line", ["title: The ferry", "alt v4x The ferry", "recommend @bob He asks well"])
@pytest.mark.parametrize(
    "below", ["mentions", "title: Another", "alt v4x 2 Another", "follow @bob", "/nosuch", "!help"]
)
def test_a_description_ends_where_a_command_stands_below(line: str, below: str) -> None:
    assert read_all(f"{line}\n{below}") == (*read_all(line), *read_all(below))
    first, _ = read_all(f"{line} and\nthe pier\n{below}")
    assert isinstance(first, Command)
    assert first.rest.endswith("and\nthe pier"), "a wrapped line belongs to it"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("folow @bob", "There is no command “folow”. Did you mean `follow @name`? Nothing was done."),
        ("delte k7f", "Did you mean `delete k7f`?"),
        ("edit", "I can't do “edit”. Send `edit k7f new words` to change a post. Nothing was done."),
        ("edit zzz new words", "Send `edit k7f new words`"),
        ("delete it please", "Send `delete k7f` to delete a post."),
        ("Help me, I beg you", "Send `help` to see these words."),
        ("follow your heart today", "Send `follow @name`"),
    ],
)
def test_a_first_line_that_is_nearly_a_command_says_what_to_write(text: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_all(text)
    assert said in str(refused.value)


def test_what_to_write_in_an_answer_needs_no_reference() -> None:
    with pytest.raises(Invalid) as refused:
        read_all("edit", answering=True)
    assert "Send `edit: …`" in str(refused.value)


def test_a_word_that_can_be_no_reference_is_looked_for_nevertheless() -> None:
    assert read_all("delete zzz") == (Command("delete", "zzz"),)
    assert read_all("thread [Foo]") == (Command("thread", "foo"),)


@pytest.mark.parametrize("text", ["please delete this post", "yes", "Thanks, Alice", "Hello there", "?", "k7f"])
def test_other_words_are_nothing_like_a_command(text: str) -> None:
    assert read_all(text) == ()


def test_a_long_description_is_read_in_linear_time() -> None:
    """Each line below it is looked at once."""
    looked = read_all("alt v4x A\n" + "word and word\n" * 50_000)
    assert [one.verb for one in looked if isinstance(one, Command)] == ["alt"]


def test_a_list_is_read_no_further_than_it_may_be_long() -> None:
    assert len(read_all("follow @bob\n" * 100_000)) == MOST_AT_ONCE + 1


def test_a_title_leaves_the_words_below_it_as_they_are() -> None:
    assert with_title("title: A boat\n\n    code\n    more\n") == ("A boat", "    code\n    more")
    assert with_title("title:\nWords") == ("", "title:\nWords")
