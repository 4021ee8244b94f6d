"""Micro Monday's pages: refusing behind a link or signed in, and the microcast with its podcast feed."""

import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime

import pytest
from sqlalchemy.orm import Session

from gateway.core.community import micro_monday
from gateway.core.house import House
from gateway.core.people.tokens import mint
from gateway.core.store.models import Media, Member
from tests.conftest import NOON, Cast, Clock
from tests.web.conftest import Browser, Publish, everything, new_client, words_of
from tests.web.test_files import stored

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
CAST = "https://example.org/micro-monday/microcast"


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


@pytest.fixture
async def town(house: House, cast: Cast) -> AsyncIterator[Browser]:
    """A browser where alice's recordings in `talks` are the microcast."""
    house = replace(house, community=replace(house.community, microcast="alice/talks"))
    async with new_client(house) as client:
        yield Browser(client, house)


def recommend(house: House, who: int, whom: int, reason: str) -> str:
    """Where it can be refused."""

    def unit(session: Session) -> int:
        member, other = session.get_one(Member, who), session.get_one(Member, whom)
        micro_monday.recommend(session, house.community, member, other, reason, house.now())
        return micro_monday.refusable(session, whom)[0].id

    return f"/micro-monday/refuse/{mint(house.community.keyring, 'refuse', house.database.writer.run(unit))}"


async def test_a_recommendation_is_refused_behind_the_mailed_link_by_its_button_only(
    house: House, browser: Browser, cast: Cast
) -> None:
    link = recommend(house, cast.alice, cast.bob, "He & his ferries")
    before = everything(house)
    for _ in range(10):
        page = await browser.get(link)
        assert "He &amp; his ferries" in page.text
    assert everything(house) == before
    assert "He &amp; his ferries" in (await browser.get("/@bob")).text
    done = await browser.post(link)
    assert "Not shown any more" in done.text
    assert "Not shown any more" in (await browser.get(link)).text
    for path in ("/micro-monday", "/micro-monday?week=2026-W48", "/@bob"):
        assert "ferries" not in (await browser.get(path)).text, path
    assert (await browser.get("/micro-monday/refuse/" + "a" * 40)).status_code == 404


async def test_it_is_refused_by_the_recommended_alone_and_the_other_may_choose_again(
    house: House, browser: Browser, cast: Cast
) -> None:
    link = recommend(house, cast.alice, cast.bob, "He & his ferries")
    await browser.sign_in(cast.carol)
    assert link not in (await browser.get("/micro-monday")).text
    assert (await browser.get(link)).status_code == 403
    assert (await browser.post(link)).status_code == 403
    await browser.sign_in(cast.bob)
    assert link in (await browser.get("/micro-monday")).text
    assert (await browser.post(link)).status_code == 200
    await browser.sign_in(cast.alice)
    page = await browser.get("/micro-monday")
    assert "What you said of @bob is not shown" in words_of(page)
    assert (await browser.post("/micro-monday/recommend", handle="carol", reason="Tea")).status_code == 303
    page = await browser.get("/micro-monday")
    assert "This week you recommend @carol" in " ".join(words_of(page).split())
    assert "not shown" not in page.text


async def test_who_shut_somebody_out_does_not_read_of_them(house: House, browser: Browser, cast: Cast) -> None:
    recommend(house, cast.alice, cast.bob, "Ferries")
    await browser.sign_in(cast.carol)
    assert "Ferries" in (await browser.get("/micro-monday")).text
    await browser.post("/@alice/mute")
    for path in ("/micro-monday", "/@bob"):
        assert "Ferries" not in (await browser.get(path)).text, path


async def test_who_wants_none_is_left_alone_by_a_setting(house: House, alice: Browser, cast: Cast) -> None:
    page = await alice.get("/me/settings")
    assert 'name="recommendable" value="yes" checked' in page.text
    form = {"display_name": "", "bio": "", "time_zone": "UTC", "language": "", "timeline_replies": "all"}
    digest = {"digest": "weekly", "digest_weekday": "5", "digest_hour": "9"}
    assert (await alice.post("/me/settings", **form, **digest)).status_code == 303
    with house.database.read() as session:
        assert not session.get_one(Member, cast.alice).recommendable


def episode(house: House, publish: Publish, name: str, *, content_type: str = "audio/mpeg") -> None:
    publish(
        f"Shownotes of {name}",
        title=name,
        categories=("talks",),
        media=(stored(house, "audio", content_type, f"{name}.bin"),),
    )


async def test_the_microcast_is_a_podcast(house: House, town: Browser, publish: Publish, clock: Clock) -> None:
    publish("No sound", categories=("talks",))
    publish("Sound of something else", media=(stored(house, "audio", "audio/mpeg", "else.mp3"),))
    episode(house, publish, "On ferries")
    clock.forward(minutes=1)
    episode(house, publish, "Ä & B", content_type="audio/mp4")
    feed = await town.get(f"{CAST}.xml")
    assert feed.headers["content-type"].startswith("application/rss+xml")
    root = ElementTree.fromstring(feed.content)
    channel = root.find("channel")
    assert channel is not None
    assert (root.get("version"), channel.findtext("title")) == ("2.0", "Alice: talks")
    required = ("title", "link", "description", "language", f"{ITUNES}author", f"{ITUNES}explicit")
    assert [name for name in required if not channel.findtext(name)] == []
    found = channel.find(f"{ITUNES}category")
    assert found is not None
    assert found.get("text") == "Society & Culture"
    assert [item.findtext("title") for item in channel.findall("item")] == ["Ä & B", "On ferries"]
    assert [parsedate_to_datetime(item.findtext("pubDate") or "") for item in channel.findall("item")] == [
        NOON.replace(minute=1),
        NOON,
    ]
    endings = []
    for item in channel.findall("item"):
        [enclosure] = item.findall("enclosure")
        sound = await town.get(enclosure.attrib["url"])
        assert (sound.status_code, sound.headers["content-type"]) == (200, enclosure.get("type"))
        assert str(len(sound.content)) == enclosure.get("length")
        part = await town.get(enclosure.attrib["url"], Range="bytes=0-9")
        assert (part.status_code, len(part.content)) == (206, 10)
        endings.append(enclosure.attrib["url"].rpartition("/")[2])
    assert endings == ["%C3%84%20%26%20B.m4a", "On%20ferries.mp3"]
    again = await town.get(f"{CAST}.xml", **{"If-None-Match": feed.headers["etag"]})
    assert again.status_code == 304


async def test_the_newest_episodes_stand_with_micro_monday_and_all_on_their_page(
    house: House, town: Browser, publish: Publish, clock: Clock
) -> None:
    for name in ("First", "Second", "Third"):
        episode(house, publish, name)
        clock.forward(minutes=1)
    page = await town.get("/micro-monday")
    assert page.text.count("<audio") == 2
    assert page.text.index("Third") < page.text.index("Second")
    assert 'type="application/rss+xml" title="Microcast" href="/micro-monday/microcast.xml"' in page.text
    everything_there = await town.get("/micro-monday/microcast")
    assert everything_there.text.count("<audio") == 3
    assert "Shownotes of First" in everything_there.text


@pytest.mark.parametrize("setting", ["", "nobody", "alice"])
async def test_without_a_blog_or_an_episode_nothing_of_it_is_shown(house: House, cast: Cast, setting: str) -> None:
    elsewhere = replace(house, community=replace(house.community, microcast=setting))
    async with new_client(elsewhere) as client:
        assert "icrocast" not in (await client.get("/micro-monday")).text
        expected = 200 if setting == "alice" else 404
        assert (await client.get("/micro-monday/microcast")).status_code == expected
        assert (await client.get("/micro-monday/microcast.xml")).status_code == expected


async def test_a_recording_that_stands_in_the_text_is_an_episode_too(
    house: House, town: Browser, publish: Publish
) -> None:
    episode(house, publish, "Inline")

    def inline(session: Session) -> None:
        for media in session.query(Media):
            media.inline = True

    house.database.writer.run(inline)
    assert b"<enclosure" in (await town.get(f"{CAST}.xml")).content
