"""The words of an issue: HTML that loads nothing and tells nobody, and a text part that reads well."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from gateway.core.messages import RenderedIssue
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, Media, Member, Post
from gateway.core.writing.text import render
from gateway.newsletter.mail_html import mail_html
from gateway.newsletter.plain_text import plain_text
from gateway.newsletter.render import render_issue, subject_of

MARK = "unsubscribe-0123456789abcdef"


def blog(**facts: str) -> Blog:
    owner = Member(id=1, handle="alice", display_name="Alice Liddell")
    values = {
        "name": "alice",
        "title": "",
        "description": "",
        "time_zone": "UTC",
        "language": "en",
        "postal_address": "",
    }
    return Blog(id=1, owner=owner, **{**values, **facts})


def post(markdown: str, *, title: str = "", media: tuple[Media, ...] = (), hour: int = 12) -> Post:
    row = Post(
        id=1,
        kind="post",
        title=title,
        markdown=markdown,
        html=render(markdown),
        path="/2026/11/25/120000",
        published_at=datetime(2026, 11, 25, hour, tzinfo=UTC),
    )
    row.media = list(media)
    return row


def photo(alt: str = "", *, inline: bool = False, widths: tuple[int, ...] = (2400, 1200, 600)) -> Media:
    sizes = [
        {"blob": f"b{width}", "content_type": "image/jpeg", "size": 1, "width": width, "height": 10} for width in widths
    ]
    return Media(kind="image", alt=alt, inline=inline, filename="", renditions={"sizes": sizes})


def issue(community: Community, *posts: Post, of: Blog | None = None, cadence: str = "weekly") -> RenderedIssue:
    return render_issue(community, of or blog(), posts, cadence=cadence, mark=MARK)


class Page(HTMLParser):
    """The start tags of a page, with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str, attribute: str) -> list[str | None]:
        return [attributes.get(attribute) for name, attributes in self.tags if name == tag]


def test_both_parts_carry_the_readers_mark_once_and_the_facts_of_the_list(community: Community) -> None:
    rendered = issue(community, post("Words"), of=blog(title="The Blog"))
    assert rendered.marks == (MARK,)
    assert rendered.html.count(MARK) == rendered.text.count(MARK) == 1
    assert (rendered.from_name, rendered.list_id) == ("The Blog", "alice.post.example.org")
    assert rendered.archive_url == "https://alice.example.org/newsletters"


def test_only_our_own_pictures_are_loaded_and_no_link_is_rewritten(community: Community) -> None:
    words = (
        "![pixel](https://evil.example/p.gif) [out](https://other.example/?utm=kept) "
        "![mine](https://example.org/media/abc) <video src='/media/v' poster='https://evil.example/x.jpg'></video>"
        "<audio><source src='https://example.org/media/a' type='audio/mpeg'></audio>"
    )
    page = Page(issue(community, post(words, media=(photo("A pot"),))).html)
    assert page.all("img", "src") == ["https://example.org/media/abc", "https://example.org/media/b1200"]
    links = page.all("a", "href")
    for url in ("https://evil.example/p.gif", "https://other.example/?utm=kept", "https://example.org/media/v"):
        assert links.count(url) == 1
    assert "https://example.org/media/a" in links
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "video", "audio", "source", "iframe", "object", "form"}
    assert all("url(" not in (attributes.get("style") or "") for _, attributes in page.tags)


def test_a_photo_has_its_alternative_text_in_both_parts_and_fits_the_column(community: Community) -> None:
    rendered = issue(community, post("Look", media=(photo('A "red" <pot>'), photo(inline=True))))
    images = [attributes for tag, attributes in Page(rendered.html).tags if tag == "img"]
    assert [(one["alt"], one["width"]) for one in images] == [('A "red" <pot>', "580")]
    assert "max-width: 100%" in (images[0]["style"] or "")
    assert '[picture: A "red" <pot>]\n<https://example.org/media/b1200>' in rendered.text


def test_a_small_photo_is_not_blown_up(community: Community) -> None:
    rendered = issue(community, post("Look", media=(photo(widths=(300,)),)))
    assert Page(rendered.html).all("img", "width") == ["300"]


def test_styles_are_inlined_and_the_dark_ones_stay_in_the_head(community: Community) -> None:
    html = issue(community, post("Words")).html
    paragraphs = [attributes for tag, attributes in Page(html).tags if tag == "p"]
    assert all("margin" in (attributes.get("style") or "") for attributes in paragraphs)
    assert "@media (prefers-color-scheme: dark)" in html
    assert '<meta name="color-scheme" content="light dark">' in html


def test_the_date_is_the_permalink_in_the_blogs_zone(community: Community) -> None:
    rendered = issue(community, post("Late", hour=20), of=blog(time_zone="Asia/Tokyo"))
    assert "Thursday, 26 November 2026" in rendered.html
    assert "Thursday, 26 November 2026\n<https://alice.example.org/2026/11/25/120000>" in rendered.text


@pytest.mark.parametrize(
    ("cadence", "words"),
    [("each", "a mail for every post"), ("weekly", "one mail a week"), ("monthly", "one mail a month")],
)
def test_the_footer_says_why_and_how_often_and_where_from(community: Community, cadence: str, words: str) -> None:
    rendered = issue(community, post("Words"), of=blog(postal_address="1 Folly Bridge\n\n Oxford "), cadence=cadence)
    for part in (rendered.html, rendered.text):
        assert "You get this because this address is subscribed" in " ".join(
            part.split()
        )  # confirmed here, or in a list
        assert words in " ".join(part.split())
    assert "1 Folly Bridge\nOxford\n" in rendered.text
    assert "1 Folly Bridge<br>Oxford" in rendered.html


def test_titles_and_descriptions_are_escaped(community: Community) -> None:
    rendered = issue(community, post("Words", title="<b>&"), of=blog(title="<i>", description="<script>x</script>"))
    assert "<script>" not in rendered.html
    assert "&lt;b&gt;&amp;" in rendered.html
    assert "<script>x</script>" in rendered.text


@pytest.mark.parametrize(
    ("posts", "subject"),
    [
        ([post("Words of mine")], "Words of mine"),
        ([post("Words", title="A title")], "A title"),
        ([post("Words", title="2026-11-25")], "Words"),
        ([post("", media=(photo(),))], "A photo"),
        ([post("One"), post("Two")], "One and 1 more post"),
        ([post("One"), post("Two"), post("Three")], "One and 2 more posts"),
        ([post("## Low water\n\nThe ferry is late.")], "Low water"),
        ([post("word " * 40)], "word " * 13 + "word…"),
    ],
)
def test_the_subject_says_what_is_in_it(posts: list[Post], subject: str) -> None:
    assert subject_of(posts) == subject


def test_addresses_that_mean_nothing_in_a_mail_do_not_stay(community: Community) -> None:
    assert mail_html(community, '<p><img src="cid:1" alt="x &amp; y"></p>') == "<p>x &amp; y</p>"
    assert (
        mail_html(community, '<p><img src="/media/1" alt=""></p>')
        == '<p><img src="https://example.org/media/1" alt=""></p>'
    )
    assert mail_html(community, '<p><img src="//evil.example/1" alt="x"></p>') == "<p>x</p>"


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("One\n\nTwo", "One\n\nTwo"),
        ("One  \nTwo", "One\nTwo"),
        ("# Head\n\nBody", "Head\n\nBody"),
        ("[a link](https://example.org)", "a link <https://example.org>"),
        ("<https://example.org>", "https://example.org"),
        ("Write to <alice@example.org>", "Write to alice@example.org"),
        ("Before\n\n> quoted\n>\n> twice\n\nAfter", "Before\n\n> quoted\n>\n> twice\n\nAfter"),
        ("> one\n>> two", "> one\n>\n> > two"),
        ("- a\n- b\n  - c\n- d\n\nEnd", "- a\n- b\n  - c\n- d\n\nEnd"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("    code  here\n      more", "    code  here\n      more"),
        ("a\n\n---\n\nb", "a\n\n* * *\n\nb"),
        ("use `code`", "use `code`"),
        ("![A pot](https://example.org/media/1)", "[picture: A pot] <https://example.org/media/1>"),
        ("AT&amp;T &lt;3", "AT&T <3"),
        ("It is ~~not~~ so, <s>never</s> <del>ever</del>", "It is ~~not~~ so, ~~never~~ ~~ever~~"),
        (
            "Text[^1] and [^b], once more[^1].\n\n[^1]: The note.\n\n[^b]: Another.\n\n    1. with a list",
            "Text [1] and [2], once more [1].\n\n[1] The note.\n\n[2] Another.\n    1. with a list",
        ),
        ("Water is H<sub>2</sub>O, and 3<sup>2</sup> is 9", "Water is H2O, and 32 is 9"),
        ("", ""),
    ],
)
def test_the_text_part_reads_like_text(markdown: str, text: str) -> None:
    assert plain_text(render(markdown)) == text


def test_lines_are_wrapped_at_words_and_addresses_never_broken() -> None:
    url = "https://example.org/" + "long-path/" * 20
    text = plain_text(render(f"> {'word ' * 40}\n\n- {'item ' * 30}\n\n[here]({url})"))
    lines = text.split("\n")
    assert max(len(line) for line in lines if url not in line) <= 72
    assert any(url in line for line in lines)
    assert [line[:2] for line in lines if "word" in line] == ["> "] * 3
    assert [line[:2] for line in lines if "item" in line] == ["- ", "  ", "  "]


@pytest.mark.parametrize(
    "html",
    [
        "<li>x",
        "</ul></li></blockquote>x",
        "<a>x</a>",
        "</a><pre>",
        "<ol start='x'><li>y</li></ol>",
        "</sup><sup class='footnote-ref'>",
        "<section class='footnotes'></section></section><ol><li>x",
        "<a class='footnote-backref'><p>x</p></a>",
    ],
)
def test_odd_html_is_text_too(html: str) -> None:
    assert isinstance(plain_text(html), str)


def test_a_blogs_language_is_spoken_in_both_parts_by_everything_around_the_posts(community: Community) -> None:
    of = blog(language="de-AT", title="Der Garten")
    files = photo("Ein Topf"), Media(kind="audio", alt="", inline=False, filename="", renditions=photo().renditions)
    posts = [post("Eins", media=files), post("Zwei"), post("Drei")]
    rendered = render_issue(community, of, posts, cadence="monthly", mark=MARK, view_url="https://alice.example.org/x")
    assert (rendered.subject, rendered.language) == ("Eins und 2 weitere Beiträge", "de-AT")
    assert '<html lang="de-AT" dir="ltr">' in rendered.html
    for part in (rendered.html, rendered.text):
        said = " ".join(part.split())
        for words in (
            "Mittwoch, 25. November 2026",
            "Im Browser ansehen",
            "Du bekommst das, weil diese Adresse Der Garten abonniert hat: eine Mail im Monat.",
            "Abbestellen oder ändern, wie oft es kommt",
            "Antworte auf diese Mail, und du schreibst Alice Liddell",
            "Anhören",
        ):
            assert words in said
    assert "[Bild: Ein Topf]" in rendered.text
    english = ("You get", "Unsubscribe", "View in", "Listen", "November,", "picture", "photo")
    assert [word for word in english if word in rendered.text] == []


@pytest.mark.parametrize(
    ("language", "html", "mail"),
    [("fr", 'lang="fr" dir="ltr"', "fr"), ("ar", 'lang="ar" dir="rtl"', "ar"), ("x' y", 'lang="en" dir="ltr"', "en")],
)
def test_around_posts_in_a_language_without_a_catalogue_there_is_english_which_says_so(
    community: Community, language: str, html: str, mail: str
) -> None:
    rendered = issue(community, post("Bonjour"), of=blog(language=language))
    assert f"<html {html}>" in rendered.html
    assert rendered.language == mail
    assert 'lang="en"' in rendered.html[rendered.html.index('class="foot"') :][:200]
    assert "You get this because" in rendered.html


@pytest.mark.parametrize(
    ("posts", "intro", "begins"),
    [
        ([post("The words.", title="A title")], "", "The words."),
        ([post("word " * 20 + "and more of them")], "", "word word word word word word and more of them"),
        ([post("One"), post("Two words", title="Two"), post("Three")], "", "Two. Two words Three"),
        ([post("The words.", title="A title")], "Dear **readers**,\n\nhello", "Dear readers, hello The words."),
        ([post("<b> & more", title="A title")], "", "&amp; more"),
        ([post("long words " * 40, title="A title")], "", "long words long words"),
    ],
)
def test_beside_the_subject_stand_words_that_it_does_not_say_and_no_furniture(
    community: Community, posts: list[Post], intro: str, begins: str
) -> None:
    html = render_issue(community, blog(), posts, cadence="weekly", mark=MARK, intro=intro).html
    hidden = html[html.index('<div class="preheader"') :].partition(">")[2].partition("</div>")[0]
    words = hidden.rstrip("\u2007\u034f")
    assert words.startswith(begins)
    assert len(words) <= 160
    assert len(hidden) >= 180
    assert "display: none" in html[html.index('<div class="preheader"') :].partition(">")[0]


def test_the_owners_words_stand_above_the_posts_and_the_page_is_linked_in_both_parts(community: Community) -> None:
    view = "https://alice.example.org/newsletters/weekly/2026-W48"
    rendered = render_issue(
        community, blog(), [post("Words")], cadence="weekly", mark=MARK, intro="Dear *all*", subject="Hello", view_url=view
    )  # fmt: skip
    assert rendered.subject == "Hello"
    assert rendered.html.index("Dear <em>all</em>") < rendered.html.index("Words</p>")
    assert rendered.text.index("Dear all") < rendered.text.index("\nWords\n")
    assert Page(rendered.html).all("a", "href").count(view) == 1
    assert f"<{view}>" in rendered.text


@pytest.mark.parametrize(
    ("first", "html", "fitted"),
    [
        (3, "<h1>a</h1><h3>b</h3><h2>c</h2><h1>d</h1>", "<h3>a</h3><h4>b</h4><h4>c</h4><h3>d</h3>"),
        (2, "<h4>a</h4><h6>b</h6><h1>c</h1>", "<h2>a</h2><h3>b</h3><h2>c</h2>"),
        (6, "<h1>a</h1><h2>b</h2>", "<h6>a</h6><h6>b</h6>"),
        (1, '<a href="/x"><img src="https://e.example/p" alt=""></a>', '<a href="/x">a picture</a>'),
        (
            1,
            '<a href="/x"><img src="/media/1" alt=""></a>',
            '<a href="/x"><img src="https://example.org/media/1" alt="a picture"></a>',
        ),
        (1, '<td align="right">1</td>', '<td style="text-align: right">1</td>'),
    ],
)
def test_what_a_mail_reader_stumbles_over_is_put_in_order(
    community: Community, first: int, html: str, fitted: str
) -> None:
    """Levels of headings that leave one out, links in links, links without a name, attributes that are no longer HTML."""
    assert mail_html(community, html, first_heading=first) == fitted


@pytest.mark.parametrize(
    "lengths", [[2_000] * 40, [70_000], [100, 60_000, 100]], ids=["many", "one", "a long one between short ones"]
)
def test_an_issue_is_not_longer_than_what_gmail_shows(community: Community, lengths: list[int]) -> None:
    """Else it would cut off the end, where readers find how to leave. What is only begun can be read on."""
    posts = [post("Some *words* more.\n\n" * (length // 18), title=f"Post {n}") for n, length in enumerate(lengths)]
    rendered = issue(community, *posts)
    assert len(rendered.html.encode()) < 102_000
    begun = rendered.html.count(">Read on</a>")
    assert begun == rendered.text.count("Read on:")
    assert begun >= 1
    assert all(f">Post {n}</a>" in rendered.html for n in range(len(lengths)))
    Page(rendered.html)


def test_an_issue_of_usual_length_is_whole(community: Community) -> None:
    rendered = issue(community, *[post("word " * 600, title="One") for _ in range(10)])
    assert "Read on" not in rendered.html
    assert "Read on" not in rendered.text
