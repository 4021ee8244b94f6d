"""A blog's own templates: kept when what they make can be mailed, refused in plain words when not, and passed over when an issue shows they can't."""

import re

import pytest

from gateway.core.errors import Invalid, NotFound
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, BlogTemplate
from gateway.core.templates import environment
from gateway.core.templates.inlining import inlined
from gateway.newsletter import dress_code, themes
from gateway.newsletter.dressing import NAMES, dressed, given
from gateway.newsletter.render import Shown, variables
from tests.conftest import NOON
from tests.newsletter.conftest import Press, at
from tests.newsletter.test_render import blog, photo, post
from tests.pages import DOCS

BIG_LETTERS = '{% extends "shipped/newsletter.html" %}{% block masthead %}<h1>{{ title|upper }}</h1>{% endblock %}'


def shown(community: Community) -> Shown:
    posts = [post("Words", title="A title", media=(photo("A pot"),))]
    of = blog(postal_address="1 Folly Bridge\nOxford")
    return variables(community, of, posts, cadence="weekly", mark="unsubscribe-1", intro="", subject="", view_url="")


@pytest.fixture(scope="module")
def plain() -> tuple[str, str, Shown]:
    """Both parts in the shipped templates but what is owed, which keep to the rules, and what they were given."""
    from gateway.core.people.tokens import Keyring

    community = Community("Town", "post.example.org", "https://example.org", Keyring({0: b"0" * 32}, 0))
    seen = shown(community)
    html, text = (environment("email").get_template(name).render(given(seen)) for name in NAMES[:2])
    dress_code.check(inlined(html), text, seen)
    return inlined(html), text, seen


@pytest.mark.parametrize(
    ("where", "what", "why"),
    [
        ("</body>", "<script>x()</script></body>", "<script>"),
        ("</body>", "<svg><image href='https://e.example/x'/></svg></body>", "<image>"),
        ("</body>", "<form action='https://e.example'></form></body>", "<form>"),
        ("</body>", '<img src="https://e.example/pixel.gif" alt=""></body>', "pixel.gif"),
        ("</body>", '<img src="https://example.org/media/b1200?r=unsubscribe-1" alt=""></body>', "b1200"),
        ("</body>", '<table background="https://e.example/x"></table></body>', "background"),
        ("</body>", '<p onclick="x()">x</p></body>', "onclick"),
        ("</body>", '<a href="javascript:x()">x</a></body>', "javascript"),
        ("</body>", "<!-- here --></body>", "comments"),
        ("</body>", "<!--[if mso]><img src='https://e.example/x'><![endif]--></body>", "comments"),
        ("</body>", '<p style="background: URL(//e.example/x)">x</p></body>', "url("),
        ("</style>", "@font-face { font-family: x }</style>", "@font-face"),
        ("</style>", "p { background: u\\72l(//e.example/x) }</style>", "\\"),
        ("</head>", '<link rel="stylesheet" href="https://e.example/x.css"></head>', "<link>"),
        ("</head>", '<meta http-equiv="refresh" content="0"></head>', "http-equiv"),
        ("</style>", "@media all { body::after { content: 'x' } }</style>", "::before"),
        ("</style>", "@media all { p:/* */before { color: red } }</style>", "::before"),
        ("</style>", "@media all { a[title='/*'], p:/**/First-line { color: red } }</style>", "::before"),
        ("https://alice.example.org/2026/11/25/120000", "https://e.example/", "{{ entry.url }}"),
        ("</body>", "<p>" + "x" * 70_000 + "</p></body>", "too long"),
    ],
)
def test_html_that_breaks_a_rule_is_refused(plain: tuple[str, str, Shown], where: str, what: str, why: str) -> None:
    html, text, seen = plain
    assert where in html
    with pytest.raises(Invalid) as refused:
        dress_code.check(html.replace(where, what), text, seen)
    assert why in refused.value.message


def test_text_that_leaves_a_post_out_is_refused(plain: tuple[str, str, Shown]) -> None:
    html, text, seen = plain
    with pytest.raises(Invalid, match="Each post must be there"):
        dress_code.check(html, text.replace("https://alice.example.org/2026/11/25/120000", ""), seen)


def test_a_template_may_change_a_part_of_the_shipped_one(community: Community) -> None:
    own = {
        "newsletter.html": BIG_LETTERS,
        "newsletter.css": '{% include "shipped/newsletter.css" %} h1 { color: #123456; }',
    }
    made = dressed(own, shown(community))
    assert (made.fault, "ALICE LIDDELL</h1>" in made.html) == ("", True)
    assert "color: #123456" in made.html
    assert "A title" in made.text


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("\n\n{% if %}", "newsletter.html, line 3: Expected"),
        ("x\n{{ nonsense }}", "newsletter.html, line 2: 'nonsense' is undefined"),
        ("{{ ().__class__.__bases__ }}", "unsafe"),
        ("{{ 'x' * 10**10 }}", "MemoryError"),
        ('{% include "newsletter.html" %}', "includes itself"),
        ("{{ ('<div>' * 30000)|safe }}", "too much time or memory"),  # within each other: a parser's stack
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "too much time"),
    ],
)
def test_a_template_that_can_not_be_rendered_is_told_why(community: Community, body: str, why: str) -> None:
    """And nobody waits for it, or loses memory to it: it runs in a process of its own."""
    made = dressed({"newsletter.html": body}, shown(community))
    assert why in made.fault
    assert "You get this because" in made.html


def test_whatever_fails_around_them_the_shipped_ones_stand_in(community: Community) -> None:
    made = dressed({"newsletter.css": "p { margin: 0 }"}, shown(community) | {"unheard": object()})
    assert "TypeError" in made.fault
    assert "You get this because" in made.html


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestKept:
    def test_a_look_refuses_what_only_fails_where_little_is_there(self, press: Press) -> None:
        """A sample without an intro and an address is made, too."""
        body = '{% extends "shipped/newsletter.html" %}{% block intro %}{{ intro.html[0] }}{{ postal_address[0] }}{% endblock %}'
        with press.house.database.read() as session:
            alice = session.get_one(Blog, press.cast.blog)
            with pytest.raises(Invalid, match="newsletter"):
                themes.look(press.house.community, alice, {"newsletter.html": body}, NOON)
            with pytest.raises(NotFound, match="There is no template"):
                themes.look(press.house.community, alice, {"newsletter.pdf": ""}, NOON)
            assert (
                "ALICE</h1>" in themes.look(press.house.community, alice, {"newsletter.html": BIG_LETTERS}, NOON).html
            )

    def test_an_issue_is_made_with_them_until_they_are_reset(self, press: Press) -> None:
        press.quiet().reader(cadence="weekly")
        press.run(lambda session: themes.keep(session, press.cast.blog, {"newsletter.html": BIG_LETTERS}, NOON))
        press.publish("One")
        press.clock.now = at("2026-11-30 09:00")
        press.tick()
        assert press.run(lambda session: themes.reset(session, press.cast.blog)) == ["newsletter.html"]
        press.publish("Two")
        press.clock.now = at("2026-12-07 09:00")
        press.tick()
        assert ["ALICE</h1>" in issue.html for issue in press.issues()] == [True, False]
        assert press.queued("issue_templates") == []

    def test_templates_that_fail_an_issue_are_not_used_and_the_owner_is_told_once(self, press: Press) -> None:
        """Nobody misses an issue because of them."""
        press.quiet().reader(cadence="weekly")
        press.run(lambda session: session.add(_template(press.cast.blog, "{{ entries[99].title }}")))
        press.publish("One")
        press.clock.now = at("2026-11-30 09:00")
        press.tick()
        press.tick()
        [issue] = press.issues()
        assert "You get this because" in issue.html
        [notice] = press.queued("issue_templates")
        said = press.said(notice)
        assert said is not None
        assert "line 1" in said.text

    def test_what_no_database_or_parser_takes_is_replaced_and_the_issue_is_cut(self, press: Press) -> None:
        """Halves of a pair, and NUL, where a sample shows none."""
        press.quiet().reader(cadence="weekly")
        odd = "{% if entries[0].title == 'boom' %}{{ '[\\ud800\\x00]' }}{% endif %}"
        own = {
            name: f'{{% extends "shipped/{name}" %}}{{% block masthead %}}{odd}{{% endblock %}}'
            for name in ("newsletter.html", "newsletter.txt")
        }
        press.run(lambda session: themes.keep(session, press.cast.blog, own, NOON))
        press.publish("One", title="boom")
        press.clock.now = at("2026-11-30 09:00")
        press.tick()
        [issue] = press.issues()
        assert "[\ufffd\ufffd]" in issue.html
        assert "[\ufffd\ufffd]" in issue.text
        assert press.queued("issue_templates") == []


def _template(blog_id: int, body: str) -> BlogTemplate:
    return BlogTemplate(blog_id=blog_id, name="newsletter.html", body=body, changed_at=NOON)


def test_all_that_a_template_is_given_is_documented(community: Community) -> None:
    page = (DOCS / "operators" / "themes.md").read_text("utf-8")
    seen = given(shown(community))
    [entry] = seen["entries"]
    named = {*seen, *entry, *entry["photos"][0], *seen["words"], "url", "label"}
    assert [name for name in named if not {f"`{name}`", f"`{name}.text`"} & set(re.findall(r"`[\w.]+`", page))] == []
    assert {"`unsubscribe`", "`postal_address`", "`why`", "`leave`"}.isdisjoint(re.findall(r"`\w+`", page))
    for name in NAMES:
        assert f"`{name}`" in page
        assert "{% block" in themes.shipped(name) or name == "newsletter.css"
