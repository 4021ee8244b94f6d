"""What an author asks for beside the words: where it counts, what it may hold, and what stays text."""

from dataclasses import replace
from typing import Any, Literal

import pytest

from gateway.core.messages import Wishes
from gateway.email.body import draft
from gateway.email.directives import Directives, in_subject, in_text, of_options, over
from gateway.email.read import Attachment, InboundEmail
from gateway.email.subject import title_of
from tests.email.growth import grows_linearly

DRAFT = Directives(wishes=Wishes(state="draft"))


def post(text: str = "", html: str = "", title: str = "T", files: tuple[Attachment, ...] = ()) -> InboundEmail:
    return InboundEmail(title=title, text=text, html=html, attachments=files, sender="alice@example.org", from_count=1)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("[title The sea]", Directives(title="The sea")),
        ("title: The sea", Directives(title="The sea")),
        (":title The sea", Directives(title="The sea")),
        ("[category Sailing, The Harbour]", Directives(categories=["Sailing", "The Harbour"])),
        ("Categories: Sailing", Directives(categories=["Sailing"])),
        ("tags: #one, #two", Directives(categories=["one", "two"])),
        ("[category a] [tags b]", Directives(categories=["a", "b"])),
        ("[draft]", Directives(wishes=Wishes(state="draft"))),
        (":draft", Directives(wishes=Wishes(state="draft"))),
        ("status: draft", Directives(wishes=Wishes(state="draft"))),
        ("[status private]", Directives(wishes=Wishes(state="draft"))),
        ("[private]", Directives(wishes=Wishes(state="draft"))),
        (":private", Directives(wishes=Wishes(state="draft"))),
        ("private: yes", Directives(wishes=Wishes(state="draft"))),
        ("private: no", Directives(wishes=Wishes(state="publish"))),
        ("status: publish", Directives(wishes=Wishes(state="publish"))),
        ("draft: yes", Directives(wishes=Wishes(state="draft"))),
        ("[page]", Directives(wishes=Wishes(page=True))),
        ("date: 2026-12-24 18:00", Directives(wishes=Wishes(date="2026-12-24 18:00"))),
        ("[date tomorrow 9am]", Directives(wishes=Wishes(date="tomorrow 9am"))),
        ("delay: 2h", Directives(wishes=Wishes(delay="2h"))),
        ("[delay +1 hour]", Directives(wishes=Wishes(delay="+1 hour"))),
        ("slug: harbour-light", Directives(wishes=Wishes(slug="harbour-light"))),
        ("[slug Harbour Light]", Directives(wishes=Wishes(slug="harbour-light"))),
        ("alt: A dog", Directives(alts={1: "A dog"})),
        ("alt 2: Two dogs", Directives(alts={2: "Two dogs"})),
        ("alt2: Two dogs", Directives(alts={2: "Two dogs"})),
        ("[alt 2 Two dogs]", Directives(alts={2: "Two dogs"})),
        (":alt A dog", Directives(alts={1: "A dog"})),
        ("newsletter: no", Directives(wishes=Wishes(newsletter=False))),
        ("chats: off", Directives(wishes=Wishes(chats=False))),
        ("[publicize off]", Directives(wishes=Wishes(newsletter=False, chats=False))),
        ("syndicate: newsletter", Directives(wishes=Wishes(newsletter=True, chats=False))),
        ("\\[category x\\_y\\]", Directives(categories=["x_y"])),
    ],
)
def test_a_line_at_the_top_is_a_directive(line: str, found: Directives) -> None:
    read = Directives()
    assert in_text(f"{line}\n\nWords.", read).strip() == "Words."
    assert read == found


@pytest.mark.parametrize(
    "line",
    [
        "**status: draft**", "__status: draft__", "**status:** draft", "**status:** **draft**", "**Status**: *draft*", "***status: draft***",
        "\\*\\*status: draft\\*\\*", "- status: draft", "* status: draft", "• status: draft", "1. status: draft", "# status: draft",
        "> status: draft", "> > **status: draft**", "**[draft]**", "> [draft]", "status：draft", "**status：draft**", "：draft", "[status：draft]",
    ],
)  # fmt: skip
def test_a_line_that_is_dressed_up_says_the_same(line: str) -> None:
    made = draft(post(f"{line}\n\nWords."))
    assert (made.wishes, made.text, made.notes) == (Wishes(state="draft"), "Words.", ())


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p><b>draft:</b> my words, all.</p>", "**draft:** my words, all."),
        ("<p><b>status: draft</b></p><p>Words.</p>", "Words."),
        ("<p><b>[draft]</b></p><p>Words.</p>", "Words."),
        ("<p><strong>status</strong>: <em>draft</em></p><p>Words.</p>", "Words."),
        ("<ul><li>status: draft</li></ul><p>Words.</p>", "Words."),
        ("<h2>status: draft</h2><p>Words.</p>", "Words."),
        ("<blockquote>status: draft</blockquote><p>Words.</p>", "Words."),
        ("<p>**status: draft**</p><p>Words.</p>", "Words."),
    ],
)
def test_a_formatted_wish_is_one(html: str, text: str) -> None:
    made = draft(post("", html))
    assert (made.wishes.state, made.text) == ("draft", text)


def test_a_dressed_up_line_keeps_its_value() -> None:
    for line, title in (
        ("title: *Old* and *new*", "*Old* and *new*"),
        ("**title: The sea**", "The sea"),
        ("title：Sea：two", "Sea：two"),
        ("[title Sea：two]", "Sea：two"),
    ):
        assert draft(post(f"{line}\n\nWords.")).title == title
    for line in ("**date: tomorrow 9:00**", "date：tomorrow 9：00"):
        assert draft(post(f"{line}\n\nWords.")).wishes == Wishes(date="tomorrow 9:00")


@pytest.mark.parametrize("text", ["draft：my own words", "**draft:** my own words", "# draft: my own words"])
def test_a_dressed_up_text_that_begins_with_draft_is_one_and_whole(text: str) -> None:
    made = draft(post(text))
    assert (made.wishes.state, made.text) == ("draft", text)


@pytest.mark.parametrize(
    "line",
    [
        "note: something", "Dear all:", "[1] a footnote", "[a link](https://example.org)", ":smile:", "[smile]",
        "Date: a fruit of the desert", "Date: a sweet fruit.", "Status: cold, but dry.", "Newsletter: we are going to start one",
        "Slug: an animal that eats lettuce", "Delay: what the ferry has, again", "Publish or perish: a saying", "publish: or perish, they say",
        "category:", "alt", "title", "page: one of three", "slug:", "newsletter:",
        "date - 2026-12-24", "http://example.org/", "my category: x", "[category a] and words", "alt x: dog",
        "[category " + "x" * 70 + "]", "> category: x", "> newsletter: no", "---", "**", "**Note:** x", "- one: two", "# Heading", "标题：你好", "`status: draft`", "- draft", "[date tomorrow] is a line", "Date: 1969-07-20 is the day on which people first walked on the moon",
    ],
)  # fmt: skip
def test_every_other_line_stays_text(line: str) -> None:
    read = Directives()
    text = f"{line}\n\nWords."
    assert in_text(text, read) == text
    assert read == Directives()


def test_directives_count_at_the_top_only() -> None:
    read = Directives()
    text = in_text("\ncategory: a\n\ntitle: B\nWords.\ncategory: c\n[draft]", read)
    assert text == "Words.\ncategory: c\n[draft]"
    assert (read.categories, read.title, read.wishes) == (["a"], "B", Wishes())


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("[date sometime soon]", "`date: tomorrow 9:00`"),
        (":date 2026-13-40", "`date: tomorrow 9:00`"),
        ("date: 24.13.2026", "`date: tomorrow 9:00`"),
        ("date: 2026-02-31", "`date: tomorrow 9:00`"),
        ("date: next week", "`date: tomorrow 9:00`"),
        ("date:", "`date: tomorrow 9:00`"),
        ("delay: soonish", "`delay: 2h`"),
        ("delay: two hours", "`delay: 2h`"),
        ("delay: 5 parsecs", "`delay: 2h`"),
        ("status: drfat", "`status: draft`"),
        ("[status drfat]", "`status: draft`"),
        ("draft: yse", "`draft: yes`"),
        ("private: yse", "`draft: yes`"),
        ("publish: nope", "`publish: no`"),
    ],
)
@pytest.mark.parametrize("after", ["\n\n", "\n"])
def test_what_would_hold_a_post_back_and_cannot_be_read_makes_a_draft_without_the_line(
    line: str, right: str, after: str
) -> None:
    """So nothing goes out at a moment that nobody chose, and `publish k7f` publishes the words alone."""
    made = draft(post(f"{line}{after}Words."))
    assert (made.wishes, made.text) == (Wishes(state="draft"), "Words.")
    [note] = made.notes
    assert line.strip("[]:").replace(" ", ": ", line[0] in "[:") in note
    assert "kept as a draft" in note
    assert right in note


@pytest.mark.parametrize("more", ["status: publish", "[publish]", "draft: no"])
def test_no_other_wish_makes_a_doubtful_one_public(more: str) -> None:
    for text in (
        f"date: next week\n{more}",
        f"{more}\ndate: next week",
        f"[date next week] {more if more[0] == '[' else '[publish]'}",
    ):
        assert draft(post(f"{text}\n\nWords.")).wishes.state == "draft", text
    made = draft(post(f"{more}\n\nWords.", title="[delay soonish] Harbour"))
    assert (made.title, made.wishes.state) == ("Harbour", "draft")


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("newsletter: maybe", "`newsletter: no`"),
        ("[newsletter maybe]", "`newsletter: no`"),
        ("chats: perhaps not", "`chats: no`"),
        ("syndicate: everywhere", "`syndicate: chats`"),
        ("slug: ../../etc/passwd <x>", "`slug: last-ferry`"),
        ("slug: Harbour light", "`slug: last-ferry`"),
    ],
)
def test_another_wish_that_cannot_be_read_is_left_out_and_noted(line: str, right: str) -> None:
    made = draft(post(f"{line}\n\nWords."))
    assert (made.wishes, made.text) == (Wishes(), "Words.")
    assert "was left out" in made.notes[0]
    assert right in made.notes[0]
    assert draft(post(f"category: a\n{line}\nWords.")).text == "Words.", "among others no blank line is needed"


def test_a_line_of_the_text_itself_is_no_wish_that_cannot_be_read() -> None:
    for line in ("newsletter: maybe", "slug: eater of lettuce"):
        made = draft(post(f"{line}\nand so it goes on."))
        assert (line in made.text, made.notes) == (True, ()), line


def test_lines_that_a_mail_program_joined_keep_the_post_back() -> None:
    for line in (
        "category: Sea status: draft",
        "status: draft category: Sea",
        "category: Sea title: All of it status: draft",
    ):
        made = draft(post(f"{line}\n\nWords."))
        assert (made.wishes, made.categories, made.text, made.notes) == (Wishes(state="draft"), ("Sea",), "Words.", ())
    assert draft(post("title: My category: mine\n\nWords.")).title == "My category: mine"


def test_a_description_without_a_number_is_of_the_first_photo_that_has_none() -> None:
    for lines, alts in (
        ("alt 2: b\nalt: a\nalt: c", {1: "a", 2: "b", 3: "c"}),
        ("alt: a\nalt 3: c\nalt: b", {1: "a", 2: "b", 3: "c"}),
    ):
        read = Directives()
        in_text(f"{lines}\n\nWords.", read)
        assert read.alts == alts


def test_categories_beyond_the_most_and_descriptions_of_no_photo_are_noted() -> None:
    names = [f"c{number}" for number in range(22)]
    made = draft(post(f"category: {', '.join(names)}\nalt 2: The *pier*\n\nWords.", files=(photo("a"),)))
    assert (made.categories, made.text) == (tuple(names[:20]), "Words.")
    categories, alt = made.notes
    assert "A post may have 20 categories, so these were left out: c20, c21." in categories
    assert "There is no photo 2 in this mail, so its description was left out: The *pier*" in alt
    prose = f"Category: {', '.join(names)}."
    assert draft(post(f"{prose}\n\nWords.")).text == f"{prose}\n\nWords."


def test_what_chats_take_as_a_draft_is_one_by_mail_too() -> None:
    made = draft(post("draft: The ferry is late again, by an hour.\n\nMore."))
    assert (made.wishes.state, made.text) == ("draft", "draft: The ferry is late again, by an hour.\n\nMore.")
    made = draft(post("Private: The ferry is late again.\n\nMore."))
    assert (made.wishes.state, made.text) == ("draft", "Private: The ferry is late again.\n\nMore.")
    assert draft(post("Words.", title="[private] Harbour")).wishes.state == "draft"
    assert of_options(("private",)) == (Wishes(state="draft"), ())
    assert draft(post("draft: no\n\nWords.")).wishes.state == "publish"
    assert draft(post("publish: no\n\nWords.")).wishes.state == "draft"


@pytest.mark.parametrize(
    ("subject", "rest", "found"),
    [
        ("[draft] Harbour", "Harbour", Directives(wishes=Wishes(state="draft"))),
        ("Harbour [category Sea] [delay 2h]", "Harbour", Directives(categories=["Sea"], wishes=Wishes(delay="2h"))),
        ("[title Other] Harbour", "Harbour", Directives(title="Other")),
        ("[draft]", "", Directives(wishes=Wishes(state="draft"))),
        ("[k7f] Harbour", "[k7f] Harbour", Directives()),
        ("Notes [2026]", "Notes [2026]", Directives()),
        ("category: Sea", "category: Sea", Directives()),
        ("[draft Harbour", "[draft Harbour", Directives()),
        ("[Newsletter March] Spring", "[Newsletter March] Spring", Directives()),
        ("[Publish or perish] A saying", "[Publish or perish] A saying", Directives()),
        ("Fwd: [draft] Hi", "Fwd: Hi", DRAFT),
        ("Re: [draft] Hi", "Re: Hi", DRAFT),
        ("回复：[draft] 新闻", "回复：新闻", DRAFT),
        ("Re: Fwd: [category Sea] Hi", "Re: Fwd: Hi", Directives(categories=["Sea"])),
        ("Fwd: [draft]", "Fwd:", DRAFT),
        ("[EXTERNAL] [draft] Hi", "[EXTERNAL] Hi", DRAFT),
        ("[EXTERNAL] Re: [SPAM?][draft] [draft] Hi", "[EXTERNAL] Re: [SPAM?]Hi", DRAFT),
        ("[EXTERNAL] [delay 2h] Hi", "[EXTERNAL] Hi", Directives(wishes=Wishes(delay="2h"))),
        ("[draft] [EXTERNAL] Hi [category Sea]", "[EXTERNAL] Hi", replace(DRAFT, categories=["Sea"])),
        ("[Sailing] [page] [title x] Three", "[Sailing] [page] [title x] Three", Directives()),
        ("[k7f]Harbour:  [draft] Hi", "[k7f]Harbour:  [draft] Hi", Directives()),
        ("回复：新闻", "回复：新闻", Directives()),
        ("Re:  Two  words", "Re:  Two  words", Directives()),
    ],
)
def test_brackets_at_either_end_of_a_subject_are_directives(subject: str, rest: str, found: Directives) -> None:
    assert in_subject(subject) == (rest, found)


@pytest.mark.parametrize("end", [":end", "[end]", ":END", "\\[end\\]", "**:end**", "*[end]*", "：end"])
def test_end_ends_the_text(end: str) -> None:
    assert draft(post(f"Words.\n\n{end}\n\nA company's long notice.")).text == "Words."
    assert draft(post(f"```\n{end}\n```")).text == f"```\n{end}\n```"
    assert draft(post("", "<p>Words.</p><p><b>:end</b></p><p>A foot.</p>")).text == "Words."


@pytest.mark.parametrize("piece", ["> ", "*", "* ", "1. ", "# ", "_*", "：", "**a:", "[a] ", "\\*"])
def test_dressed_up_lines_cost_no_more_than_they_are_long(piece: str) -> None:
    grows_linearly(lambda size: post(f"{piece * 900}\n" * (size // 900)), draft, size=30_000)


def test_the_text_counts_more_than_the_subject_and_that_more_than_the_address() -> None:
    made = draft(post("status: publish\n\nWords.", title="[draft] T"))
    assert made.wishes.state == "publish"
    address, _ = of_options(("draft", "quiet"))
    assert over(made.wishes, address) == Wishes(state="publish", newsletter=False, chats=False)
    asked_for = draft(post("newsletter: yes\n\nWords.")).wishes
    assert over(asked_for, address) == Wishes(state="draft", newsletter=True, chats=False)


@pytest.mark.parametrize(
    ("title", "text", "options"),
    [
        ("T", "status: draft\nstatus: page", ()),
        ("T", "status: page\nstatus: draft", ()),
        ("T", "[draft] [page]", ()),
        ("T", "[draft]\npage: no", ()),
        ("[draft] [page] T", "", ()),
        ("T [page] [draft]", "", ()),
        ("[draft] T", "status: page", ()),
        ("[page] T", "status: draft", ()),
        ("T", "", ("draft", "page")),
        ("T", "", ("page", "draft")),
        ("T", "", ("draft", "publish")),
        ("T", "", ("drfat", "page")),
        ("T", "status: page", ("draft",)),
        ("[page] T", "", ("draft",)),
        ("T", "status: draft", ("page",)),
    ],
)
def test_a_draft_that_shall_be_a_page_stays_a_draft_in_any_order(
    title: str, text: str, options: tuple[str, ...]
) -> None:
    made = draft(post(f"{text}\n\nWords.", title=title))
    asked, _ = of_options(options)
    wanted = over(made.wishes, asked)
    assert (wanted.state, made.title, made.text) == ("draft", "T", "Words.")
    assert bool(wanted.page) == ("page" in f"{title}{text}{options}" and "page: no" not in text)


def test_options_that_mean_nothing_are_named() -> None:
    wishes, notes = of_options(("page", "text", "travel"))
    assert wishes == Wishes(page=True)
    assert len(notes) == 1
    assert "“+travel”" in notes[0]


def test_an_option_that_is_nearly_draft_publishes_nothing() -> None:
    for option in ("drfat", "drafts", "daft", "privat", "pirvate"):
        wishes, [note] = of_options((option,))
        assert wishes == Wishes(state="draft")
        assert f"“+{option}” in the address means nothing here. To be safe, this is kept as a draft." in note


def test_directives_work_in_html_mail() -> None:
    made = draft(post("x", "<p>category: a_b<br>[slug my-post]</p><p>Some <b>words</b>.</p>"))
    assert (made.categories, made.wishes.slug, made.text) == (("a_b",), "my-post", "Some **words**.")


def test_a_title_in_the_text_leaves_an_only_subject_as_the_words() -> None:
    made = draft(post("title: The sea\n", title="All I say"))
    assert (made.title, made.text) == ("The sea", "All I say")


def test_a_line_of_hashtags_adds_to_the_categories() -> None:
    made = draft(post("category: Sea\n\nAbout #sailing.\n\n#Harbour #Sea"))
    assert (made.categories, made.text) == (("Sea", "Harbour"), "About #sailing.")


@pytest.mark.parametrize(
    ("subject", "answers", "title"),
    [
        ("Fwd: News", False, "News"),
        ("FW: WG: News", False, "News"),
        ("Re: News", True, "News"),
        ("AW: Re[2]: News", True, "News"),
        ("Re: News", False, "Re: News"),
        ("TR: 5 things", False, "TR: 5 things"),
        ("TR: News", True, "News"),
        ("回复：新闻", True, "新闻"),
        ("Recipe: cake", True, "Recipe: cake"),
        ("Fwd:", False, ""),
        (":", True, ":"),
    ],
)
def test_marks_of_mail_programs_are_no_part_of_a_title(subject: str, answers: bool, title: str) -> None:
    assert title_of(subject, answers=answers) == title


def test_a_subject_too_long_for_a_title_begins_the_text() -> None:
    made = draft(post("Words.", title="long " * 100))
    assert made.title == ""
    assert made.text == ("long " * 100).strip() + "\n\nWords."
    assert "too long for a title" in made.notes[0]


@pytest.mark.parametrize("half", ["text", "html"])
def test_a_chosen_half_is_the_post_and_an_empty_one_gives_way(half: Literal["text", "html"]) -> None:
    both = post("The *plain* half.", "<p>The <b>other</b> half.</p>")
    wanted = {"text": "The *plain* half.", "html": "The **other** half."}
    assert draft(both, half).text == wanted[half]
    assert draft(post("", "<p>Only <b>this</b></p>"), half).text == "Only **this**"
    assert draft(post("Only this"), half).text == "Only this"


# Pictures


def photo(content_id: str, name: str = "IMG_1.jpg") -> Attachment:
    return Attachment(name, "image/jpeg", b"", content_id, True)


@pytest.mark.parametrize(
    ("html", "alt"),
    [
        ("<img src='cid:a' alt='The lake'>", "The lake"),
        ("<figure><img src='cid:a'><figcaption>The lake</figcaption></figure>", "The lake"),
        ("<p><img src='cid:a' alt='IMG_1234.HEIC'><br>The lake</p>", "The lake"),
        ("<p><img src='cid:a'></p><p><i>The lake</i></p>", "The lake"),
        ("<img src='cid:a' alt='A lake with trees Description automatically generated'>", "A lake with trees"),
        ("<p><img src='cid:a' alt='image.png'></p><p>Running text.</p>", ""),
        ("<p><img src='cid:a'><br>Two<br>lines</p>", ""),
        ("<p><img src='cid:a'></p><p>The lake at dawn</p>", "The lake at dawn"),
        (
            "<p><img src='cid:a'></p><p>Lake Constance, at dawn</p><p>More text follows here.</p>",
            "Lake Constance, at dawn",
        ),
        ("<p><img src='cid:a'></p><p>Best wishes, Alice</p>", ""),
        ("<p><img src='cid:a'></p><p>Thanks</p>", ""),
        ("<p><img src='cid:a'></p><p>And then we went home again.</p>", ""),
        ("<p><img src='cid:a'></p><h2>The next day there</h2>", ""),
        ("<p><img src='cid:a'></p><ul><li>one of the list</li></ul>", ""),
        ("<p>The lake at dawn</p><p><img src='cid:a'></p><p>The pier at night</p>", ""),
    ],
)
def test_captions_and_meant_descriptions_become_alt_text(html: str, alt: str) -> None:
    made = draft(post("", f"<p>Words <b>here</b>.</p>{html}", files=(photo("a"),)))
    assert made.alts.get("a", "") == alt
    assert f"![{alt}](cid:a)" in made.text


def test_captions_below_photos_count_and_captions_above_them_are_not_mistaken_for_such() -> None:
    below = "<p>Words <b>x</b>.</p><p><img src='cid:a'></p><p>The lake at dawn</p><p><img src='cid:b'></p><p>The pier at night</p>"
    above = "<p>The lake at dawn</p><p><img src='cid:a'></p><p>The pier at night</p><p><img src='cid:b'></p><p>Words <b>x</b>.</p>"
    gallery = "<p>Words <b>x</b>.</p><p><img src='cid:a'></p><p><img src='cid:b'></p><p>Both of them together</p>"
    files = (photo("a"), photo("b"))
    assert draft(post("", below, files=files)).alts == {"a": "The lake at dawn", "b": "The pier at night"}
    for html in (above, gallery):
        assert draft(post("", html, files=files)).alts == {}


def test_a_caption_between_the_parts_of_apple_mail_counts() -> None:
    made = draft(
        post("We went there.\n\n![IMG_1.jpg](<cid:a>)\n\nThe lake at dawn\n\nThen we left.", files=(photo("a"),))
    )
    assert made.alts == {"a": "The lake at dawn"}


def test_described_photos_are_counted_as_a_reader_meets_them() -> None:
    html = "<p>x <b>y</b></p><img src='cid:b'><p>z</p><img src='cid:a' alt='was'>"
    made = draft(
        post(
            "",
            f"<p>alt: First<br>alt 3: Third</p>{html}",
            files=(photo("a"), photo("b"), Attachment("c.jpg", "", b"", "part.3")),
        )
    )
    assert made.alts == {"b": "First", "a": "was", "part.3": "Third"}
    assert "![First](cid:b)" in made.text


def test_photos_that_follow_each_other_stand_together() -> None:
    html = (
        "<p>Before <b>it</b></p><div><img src='cid:a'></div><div><img src='cid:b'></div><p>After</p><img src='cid:c'>"
    )
    made = draft(post("", html, files=(photo("a"), photo("b"), photo("c"))))
    assert made.text == "Before **it**\n\n![](cid:a)\n![](cid:b)\n\nAfter\n\n![](cid:c)"


def test_a_picture_of_the_signature_is_no_photo_of_the_post() -> None:
    html = "<p>Words <b>x</b></p><div class='gmail_signature'>Alice <img src='cid:logo'></div>"
    made = draft(post("", html, files=(photo("logo"), photo("b"))))
    assert made.left_out == frozenset({"logo"})


LONG = "Two cormorants on the breakwater, drying their wings in the evening"


@pytest.mark.parametrize(
    ("top", "found"),
    [
        (f"alt: {LONG}\nsun, and a ferry behind them", {"alts": {1: f"{LONG} sun, and a ferry behind them"}}),
        (f"[alt 2 {LONG}\nsun]\nalt 1: A ferry", {"alts": {2: f"{LONG} sun", 1: "A ferry"}}),
        (f"title: {LONG}\nsun\nstatus: draft", {"title": f"{LONG} sun", "wishes": Wishes(state="draft")}),
        (f"draft: yes\nalt: {LONG}\nsun, with a ferry far behind them and one gull that is white all over,\nand more", {"wishes": Wishes(state="draft"), "alts": {1: f"{LONG} sun, with a ferry far behind them and one gull that is white all over, and more"}}),
    ],
)  # fmt: skip
def test_one_that_a_mail_program_wrapped_is_whole(top: str, found: dict[str, Any]) -> None:
    said = Directives()
    assert in_text(f"{top}\n\nWords", said) == "Words"
    assert said == Directives(**found)


@pytest.mark.parametrize(
    "text",
    [
        "alt: A ferry\nThe words begin here",
        f"alt: {LONG}\nThe words begin here",
        f"alt: {LONG}\n{LONG.lower()} {LONG}\n\nof a program that wraps nothing",
        f"alt: {LONG}\nsun is all my words",
        f"alt: {LONG}\nsunlight, says my text, and\nI made this break myself.",
        f"[alt {LONG}\nwithout an end\n\nWords",
    ],
)
def test_a_text_that_begins_right_below_stays_text(text: str) -> None:
    said = Directives()
    left = in_text(text, said)
    assert left == (text if text.startswith("[") else text.partition("\n")[2])
    assert max(map(len, said.alts.values()), default=0) <= len(LONG)


ITEMS = (
    "- Title: The Hobbit\n- Author: Tolkien\n- Date: 1937\n\nA review.",
    "1. Title: The Hobbit\n2. Title: Dune\n\nA review.",
    "- Date: 2026-11-20 18:00\n- Place: town hall\n\nWe met.",
    "**Date:** 2026-11-20 18:00\n**Place:** town hall\n\nWe met.",
    "_Date:_ 2026-11-20 18:00\n_Place:_ town hall\n\nWe met.",
    "* Date: someday soon\n* Place: hall",
    "- Slug: black\n- Snail: brown",
    "- Cat: a small animal\n- Dog: a big one",
    "* Delay: 3 hours\n* Distance: 2 km",
    "- Status: unknown\n- Place: hall",
    "- Draft: a wind\n- Drought: none",
    "> Date: 3 May 2026\n\nThis stands on the letter.",
    "> Delay: 2h\n\nSaid the sign.",
    "> draft: a wind that comes in\n> from the door\n\nThat I read.",
    "# Date: 2026-11-20\n\nA heading.",
    "## Alt: a key\n\nA heading.",
)


@pytest.mark.parametrize("text", ITEMS)
def test_a_list_a_quotation_and_a_bold_label_are_text(text: str) -> None:
    made = draft(post(text))
    assert (made.wishes, made.title, made.categories, made.notes) == (Wishes(), "T", (), ())
    assert "".join(made.text.split()) == "".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "How to post by mail:\n\n- [draft] keeps it\n\nTo stop early, write\n\n> :end\n\non a line of its own. That is all.",
        "Notes I took:\n\n1. :end\n2. :begin\n\nThe rest.",
        "See\n\n- :end\n\nand on.",
    ],
)
def test_an_end_that_is_shown_in_a_list_or_a_quotation_ends_nothing(text: str) -> None:
    assert draft(post(text)).text == text


@pytest.mark.parametrize(
    "subject",
    [
        "[Private view] tonight", "[private view] tonight", "[Photo] [Private Eye] cover", "[Photo] [status quo] us",
        "[Photo] [date night] us", "[Talk] [draft law] us", "[EXTERNAL] [Draft beer] review",
    ],
)  # fmt: skip
def test_words_in_brackets_that_are_a_title_stay_there(subject: str) -> None:
    assert in_subject(subject) == (subject, Directives())


@pytest.mark.parametrize(
    "subject", ["[EXTERNAL] [draft] Sea", "[EXTERNAL] [private] Sea", "[Photo] [status: draft] Sea"]
)
def test_behind_foreign_brackets_a_draft_in_so_many_words_is_one(subject: str) -> None:
    rest, found = in_subject(subject)
    assert (rest, found.wishes.state) == (f"{subject.partition(' ')[0]} Sea", "draft")


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("title: How to set status: draft", "How to set status: draft"),
        ("Title: The Trial Date: 1925", "The Trial Date: 1925"),
        ("title: The draft date: a love story", "The draft date: a love story"),
    ],
)
def test_a_title_may_hold_the_name_of_a_directive(line: str, title: str) -> None:
    made = draft(post(f"{line}\n\nWords"))
    assert (made.title, made.wishes, made.text) == (title, Wishes(), "Words")


def test_a_description_may_hold_the_name_of_a_directive() -> None:
    found = Directives()
    in_text("alt: A sign with the words status: draft\n\nWords", found)
    assert found == Directives(alts={1: "A sign with the words status: draft"})


@pytest.mark.parametrize(
    ("top", "alt", "wishes"),
    [
        ("alt: Ein altes Fährschiff liegt am Anleger und wartet dort auf die\nAbendsonne über dem Hafen\nstatus: draft",
         "Ein altes Fährschiff liegt am Anleger und wartet dort auf die Abendsonne über dem Hafen", Wishes(state="draft")),
        ("alt: The upper deck of the old\nBismarck, which came from\nBergen\ndate: tomorrow 9:00",
         "The upper deck of the old Bismarck, which came from Bergen", Wishes(date="tomorrow 9:00")),
        ("alt: The upper deck\n  in evening light\n[draft]", "The upper deck in evening light", Wishes(state="draft")),
    ],
)  # fmt: skip
def test_no_break_above_it_makes_text_of_what_keeps_a_post_back(top: str, alt: str, wishes: Wishes) -> None:
    found = Directives()
    assert in_text(f"{top}\n\nWords", found) == "Words"
    assert found == Directives(alts={1: alt}, wishes=wishes)
