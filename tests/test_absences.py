"""What is not there, on purpose: counts of followers, likes, boosts, hashtags, trends, an order by anything but time, tracking.

The first tests look at what is written (tables, routes, commands, words, queries), the last ones at what pages show.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.orm import Session

from gateway.core.community import discover
from gateway.core.community.timeline import timeline_page
from gateway.core.desk.grammar import VERBS
from gateway.core.house import House
from gateway.core.people import accounts, relations, web_sessions
from gateway.core.store.models import Base
from gateway.core.writing.text import render
from gateway.web.site import BLOGS, COMMUNITY
from tests.conftest import Cast, Clock
from tests.core.hands import deliveries, do, edit, member, publish, reply
from tests.web.conftest import ALICE, new_client

ROOT = Path(__file__).parents[1]
_UNWANTED = """
    followers likes like liked loves hearts favorite favorites favourites boost boosts boosted repost reposts reblog reblogs retweet
    hashtag hashtags trend trends trending popular popularity hot score scores rank ranks ranked ranking karma vote votes upvotes
    streak leaderboard impressions views viewed opens opened clicks clicked pixel seen_by read_by
"""
UNWANTED = frozenset(_UNWANTED.split())
# Words of prose that mean something else; no label, title or count of ours may use the others.
SAID = re.compile(
    r"\bfollowers?\b|\b\d+ (?:likes?|follow)|\bboost|\bre(?:post|blog|tweet)|\bhashtag|\btrend|\bpopular|\bleaderboard|\bupvot"
    r"|\bmost (?:read|liked|followed)|\brecommended for you|\bpeople you may know",
    re.IGNORECASE,
)
_BY_HAND = re.compile(r"ORDER BY ([\w., ]+?)(?: LIMIT|[)\n])")
TIME_AND_NAMES = frozenset({
    "id", "published_at", "created_at", "due_at", "notify_at", "send_at", "finished_at", "confirmed_at", "cadence_since", "week", "month",  # moments, and numbers in their order
    "handle", "name", "position", "time_zone", "status", "external_id", "post_id", "issue_id", "choice",
    "address",  # of subscribers, in the list that their blog's owner takes along
})  # fmt: skip


def parts(name: str) -> set[str]:
    """The words in a name such as `follower_count` or `/conversations/{reference}`."""
    return set(re.findall(r"[a-z]+", name.lower()))


def test_no_table_or_column_counts_or_likes() -> None:
    for table in Base.metadata.tables.values():
        for name in (table.name, *(column.name for column in table.columns)):
            assert not parts(name) & (UNWANTED | {"count", "counter", "total", "followers"}), f"{table.name}.{name}"


def test_no_address_leads_to_followers_likes_tags_or_trends() -> None:
    for door in (*COMMUNITY, *BLOGS):
        assert not parts(door.path) & (UNWANTED | {"tag", "tags", "explore", "foryou"}), door.path


def test_no_command_likes_boosts_or_counts() -> None:
    for verb in VERBS:
        for words in (verb.name, verb.usage, *verb.also):
            assert not parts(words) & UNWANTED, words
        assert not SAID.search(verb.help), verb.help


@pytest.mark.parametrize("template", sorted((ROOT / "templates").rglob("*.*")), ids=lambda path: path.name)
def test_no_template_speaks_of_them(template: Path) -> None:
    text = template.read_text()
    assert not SAID.search(text), SAID.search(text)
    assert "utm_" not in text
    assert not re.search(r"""<img[^>]*(?:width|height)=["']?[01]["' >]""", text), "a pixel"
    if template.suffix == ".html":
        assert not re.search(r"<script|https?://(?!www\.w3\.org)[\w.]+/[\w./-]+\.(?:js|gif)", text), (
            "no script, nobody else's files"
        )


def code() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted((ROOT / "gateway").rglob("*.py")):
        yield str(file.relative_to(ROOT)), ast.parse(file.read_text())


def test_no_text_that_people_get_speaks_of_them() -> None:
    for file, tree in code():
        docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
                assert not SAID.search(node.value), f"{file}: {node.value!r}"


def test_nothing_is_ordered_by_anything_but_time_or_name() -> None:
    orders = list(_orders())
    assert len(orders) > 30  # they were found
    for where, order in orders:
        name = re.sub(r"\.(?:desc|asc)\(\)$|(?: DESC)?'\)$", "", order).split(".")[-1].lstrip("*")
        assert name in TIME_AND_NAMES, f"{where}: {order}"


def _orders() -> Iterator[tuple[str, str]]:
    for file, tree in code():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "order_by":
                yield from ((file, ast.unparse(argument)) for argument in node.args)


def test_sql_by_hand_is_ordered_by_time_too() -> None:
    found = [order for file in (ROOT / "gateway").rglob("*.py") for order in _BY_HAND.findall(file.read_text())]
    assert len(found) > 5  # they were found
    for order in found:
        names = {re.sub(r" (?:DESC|ASC)$", "", one.strip()).split(".")[-1] for one in order.split(",")}
        assert names <= TIME_AND_NAMES, order


def test_a_hashtag_is_text() -> None:
    assert render("Look at #boats and #sea") == "<p>Look at #boats and #sea</p>\n"


# What pages show


def crowd(house: House, size: int) -> list[str]:
    """Members whose names stand on no page by themselves; all of them follow alice."""

    def unit(session: Session) -> list[str]:
        names = [f"crowd_{n}" for n in range(size)]
        for name in names:
            one = accounts.join(session, handle=name, address=f"{name}@example.com", now=house.now())
            relations.follow(session, one, member(session, "alice"), house.now())
        return names

    return do(house, unit)


async def pages(house: House, *, as_member: int = 0) -> dict[str, str]:
    """Everything that shows alice or her words, and what is read by machines."""
    post = publish_once(house)
    urls = ["/", "/discover", "/@alice", "/micro-monday", f"/conversations/{post}", f"{ALICE}/", f"{ALICE}/archive"]
    urls += [f"{ALICE}/feed.xml", f"{ALICE}/feed.json", f"{ALICE}/2026/11/25/120000", f"{ALICE}/subscribe"]
    urls += ["/livez", "/readyz"]
    async with new_client(house) as client:
        if as_member:
            await _sign_in(client, house, as_member)
            urls += ["/timeline", "/mentions", "/me/settings"]
        shown = {}
        for url in urls:
            answer = await client.get(url)
            assert answer.status_code == 200, url
            shown[url] = re.sub(r'name="csrf" value="\w+"', "", answer.text)
        return shown


def publish_once(house: House) -> str:
    with house.database.read() as session:
        posts = discover.newest(session, house.community).items
    return posts[0].short_reference if posts else publish(house, "alice", "Hello").short_reference


async def _sign_in(client: httpx.AsyncClient, house: House, member_id: int) -> None:
    secret = do(house, lambda s: web_sessions.open_session(s, member_id, house.now(), house.randomness))
    client.cookies.set("__Host-postroom", secret, domain="example.org")


async def test_no_page_or_feed_changes_when_people_follow(house: House, cast: Cast) -> None:
    """Neither for a stranger nor for the one who is followed; so there is no count, list or order by it, anywhere."""
    before = await pages(house), await pages(house, as_member=cast.alice)
    names = crowd(house, 30)
    after = await pages(house), await pages(house, as_member=cast.alice)
    assert after == before
    assert not [name for name in names for shown in after for page in shown.values() if name in page]
    assert deliveries(house) == []  # nor is anybody told


async def test_whom_one_follows_is_shown_and_who_follows_one_is_not(house: House, cast: Cast) -> None:
    publish(house, "alice", "Hello")
    async with new_client(house) as client:
        bob, alice = (await client.get("/@bob")).text, (await client.get("/@alice")).text
    assert "@alice" in bob
    assert "@bob" not in alice
    assert "bob" not in alice.lower()


async def test_a_conversation_moves_no_post(house: House, cast: Cast, clock: Clock) -> None:
    """Neither replies nor an edit bring an older post up, in timelines or in Discover."""
    old = publish(house, "alice", "Old")
    clock.forward(minutes=1)
    new = publish(house, "alice", "New")
    clock.forward(minutes=1)
    for _ in range(5):
        reply(house, "carol", old, "Me too")
    edit(house, "alice", old, "Old, and better")
    with house.database.read() as session:
        timeline = [
            item.short_reference
            for item in timeline_page(session, house.community, cast.bob).items
            if item.kind == "post"
        ]
        newest = [item.short_reference for item in discover.newest(session, house.community).items]
    assert timeline == newest == [new.short_reference, old.short_reference]


async def test_a_page_sets_no_cookie_and_asks_nobody_else(house: House, cast: Cast) -> None:
    publish(house, "alice", "Hello")
    async with new_client(house) as client:
        for url in ("/", "/@alice", f"{ALICE}/", f"{ALICE}/2026/11/25/120000"):
            answer = await client.get(url)
            assert "set-cookie" not in answer.headers, url
            hosts = set(re.findall(r"""(?:src|srcset)=["']https?://([^/"']+)""", answer.text))
            assert hosts <= {"example.org", "alice.example.org"}, url
