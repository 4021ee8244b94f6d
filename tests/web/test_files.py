"""Sound, film, files, galleries and pages as the web shows them."""

import json
import re
from typing import Literal

import pytest
from sqlalchemy.orm import Session

from gateway.core.desk import acts
from gateway.core.house import House
from gateway.core.messages import PreparedMedia, Rendition
from gateway.core.store.models import Blog, Member, Post
from gateway.core.writing import posting
from gateway.core.writing.posting import Terms
from tests.conftest import Cast
from tests.web.conftest import ALICE, Browser, Publish, words_of

Kind = Literal["audio", "video", "file"]


def stored(house: House, kind: Kind, content_type: str, name: str, *, alt: str = "") -> PreparedMedia:
    data = name.encode() * 100
    size = Rendition(house.blobs.put(data), content_type, len(data))
    return PreparedMedia(kind, (size,), filename=name, alt=alt)


def one_of_each(house: House) -> tuple[PreparedMedia, ...]:
    return (
        stored(house, "audio", "audio/mpeg", "waves.mp3", alt="Waves on a beach"),
        stored(house, "video", "video/mp4", "boat.mp4"),
        stored(house, "file", "application/pdf", "größe.pdf"),
    )


def addresses(house: House, files: tuple[PreparedMedia, ...]) -> list[str]:
    return [house.community.media_url(file.renditions[0].blob) for file in files]


async def test_sound_and_film_play_and_files_are_linked(house: House, browser: Browser, publish: Publish) -> None:
    files = one_of_each(house)
    post = publish("Look and listen", media=files)
    sound, film, paper = addresses(house, files)
    for page in (f"{ALICE}{post.path}", f"{ALICE}/", "/discover", f"/conversations/{post.short_reference}"):
        html = (await browser.get(page)).text
        assert f'src="{sound}" aria-label="Waves on a beach"></audio>' in html, page
        assert f'src="{film}" aria-label="boat.mp4"></video>' in html, page
        assert f'href="{paper}"' in html, page
        assert "größe.pdf" in html, page


async def test_a_player_names_its_file_below_it(house: House, browser: Browser, publish: Publish) -> None:
    post = publish("Listen", media=one_of_each(house)[:2])
    for page in (f"{ALICE}{post.path}", f"{ALICE}/", f"/conversations/{post.short_reference}"):
        html = (await browser.get(page)).text
        assert "<figcaption>Waves on a beach · waves.mp3</figcaption>" in html, page
        assert "<figcaption>boat.mp4</figcaption>" in html, page
    assert "<figcaption>Waves on a beach</figcaption>" in (await browser.get("/discover")).text


async def test_feeds_carry_sound_film_and_files(house: House, browser: Browser, publish: Publish) -> None:
    files = one_of_each(house)
    publish("Look and listen", media=files)
    sound, film, paper = addresses(house, files)
    [item] = json.loads((await browser.get(f"{ALICE}/feed.json")).text)["items"]
    assert [one["url"] for one in item["attachments"]] == [sound, film, paper]
    assert all(url in item["content_html"] for url in (sound, film, paper))
    assert (
        f'<enclosure url="{sound}" length="900" type="audio/mpeg" />' in (await browser.get(f"{ALICE}/feed.xml")).text
    )


async def test_a_file_is_saved_under_its_name_and_never_opened_as_ours(
    house: House, browser: Browser, publish: Publish
) -> None:
    files = one_of_each(house)
    publish("Look", media=files)
    kept = [(await browser.get(url.removeprefix("https://example.org"))).headers for url in addresses(house, files)]
    assert [one["content-disposition"] for one in kept] == [
        "inline; filename*=UTF-8''waves.mp3",
        "inline; filename*=UTF-8''boat.mp4",
        "attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe.pdf",
    ]


async def test_a_post_of_a_recording_alone_is_named_so(house: House, browser: Browser, publish: Publish) -> None:
    post = publish("", media=one_of_each(house)[:1])
    assert "A recording" in words_of(await browser.get(f"{ALICE}{post.path}"))


async def test_photos_side_by_side_in_the_text_are_a_gallery(house: House, browser: Browser, publish: Publish) -> None:
    blobs = [house.blobs.put(name) for name in (b"one", b"two")]
    media = tuple(PreparedMedia("image", (Rendition(blob, "image/jpeg", 3, 8, 6),)) for blob in blobs)
    marks = "\n".join(f"![Boat](https://example.org/media/{blob})" for blob in blobs)
    post = publish(f"Before\n\n{marks}\n\nAfter", media=media)
    html = (await browser.get(f"{ALICE}{post.path}")).text
    paragraph = html[html.index("<p><img") : html.index("</p>", html.index("<p><img"))]
    assert paragraph.count("<img") == 2
    style = (await browser.get(f"{ALICE}/")).text
    sheet = style[style.index("/style-") :].partition('"')[0]
    assert ".prose p:has(> img + img)" in (await browser.get(f"{ALICE}{sheet}")).text


def add_page(house: House, cast: Cast, title: str, slug: str = "") -> Post:
    def unit(session: Session) -> Post:
        alice, blog = session.get_one(Member, cast.alice), session.get_one(Blog, cast.blog)
        words = posting.write(session, house.community, "A painter.", title=title)
        terms = Terms(page=True, slug=slug)
        return acts.publish(session, house.community, blog, alice, words, house.now(), terms=terms)

    return house.database.writer.run(unit)


@pytest.mark.parametrize(
    ("title", "slug", "shown"),
    [
        ("About", "", ["Posts", "Archive", "About", "Subscribe by mail"]),
        ("Who I am", "about", ["Posts", "Archive", "Who I am", "Subscribe by mail"]),
        ("archive", "", ["Posts", "archive", "Subscribe by mail", "About"]),
        ("Posts", "", ["Archive", "Posts", "Subscribe by mail", "About"]),
        ("About me", "", ["Posts", "Archive", "About me", "Subscribe by mail", "About"]),
    ],
)
async def test_a_page_of_the_owners_stands_in_the_place_of_ours_of_that_name(
    house: House, browser: Browser, cast: Cast, title: str, slug: str, shown: list[str]
) -> None:
    page = add_page(house, cast, title, slug)
    html = (await browser.get(f"{ALICE}/")).text
    menu = html[html.index('<nav aria-label="Blog">') :].partition("</nav>")[0]
    assert re.findall(r">([^<>\n]+)</a>", menu) == shown
    assert f'href="{page.path}"' in menu
    assert '<a href="/archive">All posts</a>' in html, "the archive is found whatever the menu holds"


async def test_a_page_is_linked_from_every_other_and_in_no_list(house: House, browser: Browser, cast: Cast) -> None:
    page = add_page(house, cast, "About me")
    shown = await browser.get(f"{ALICE}/about-me")
    assert shown.status_code == 200
    assert "A painter." in words_of(shown)
    assert page.path == "/about-me"
    home = (await browser.get(f"{ALICE}/")).text
    assert '<a href="/about-me">About me</a>' in home
    assert "A painter." not in home
    for place in (f"{ALICE}/feed.xml", f"{ALICE}/feed.json", f"{ALICE}/archive", "/discover"):
        assert "A painter." not in (await browser.get(place)).text
    assert (await browser.get(f"{ALICE}/nothing-here")).status_code == 404


async def test_the_half_of_a_mail_that_counts_is_chosen_in_the_settings(
    house: House, alice: Browser, cast: Cast
) -> None:
    form = {
        "title": "Boats", "description": "", "time_zone": "UTC", "newsletter": "weekly", "newsletter_hour": "9",
        "newsletter_weekday": "0", "postal_address": "",
    }  # fmt: skip
    assert (await alice.post("/me/blog", **form, mail_body="text")).status_code == 303
    with house.database.read() as session:
        assert session.get_one(Blog, cast.blog).mail_body == "text"
    assert '<option value="text" selected>' in (await alice.get("/me/settings")).text
    await alice.post("/me/blog", **form, mail_body="nonsense")
    with house.database.read() as session:
        assert session.get_one(Blog, cast.blog).mail_body == "text"


async def test_a_post_for_later_says_so_among_the_drafts(house: House, alice: Browser, cast: Cast) -> None:
    def unit(session: Session) -> Post:
        who = session.get_one(Member, cast.alice)
        words = posting.write(session, house.community, "Not yet.")
        later = house.now().replace(year=2027)
        blog = session.get_one(Blog, cast.blog)
        return acts.publish(session, house.community, blog, who, words, house.now(), terms=Terms(at=later))

    house.database.writer.run(unit)
    assert "published by itself on" in words_of(await alice.get("/write"))
    assert (await alice.get(f"{ALICE}/")).text.count("Not yet.") == 0
