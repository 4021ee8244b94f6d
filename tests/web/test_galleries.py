"""Galleries in a real browser: whatever shapes come together, every picture is shown whole and none leaves a hole."""

import io
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from gateway.core.desk import acts
from gateway.core.house import House
from gateway.core.messages import PreparedMedia, Rendition
from gateway.core.people import accounts
from gateway.core.people.community import Community
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database
from gateway.core.writing import blogs, posting
from tests.browser import Page, chromium
from tests.conftest import NOON
from tests.web.test_look import served

pytestmark = pytest.mark.system

WIDE, TALL, SQUARE, PHONE, PANORAMA = (800, 600), (600, 800), (500, 500), (450, 800), (1500, 500)
ODD = (700, 610)
GALLERIES = {
    "one tall": (TALL,), "one wide": (WIDE,), "two wide": (WIDE, WIDE), "two tall": (TALL, PHONE), "tall and wide": (TALL, WIDE),
    "three wide": (WIDE,) * 3, "three tall": (TALL,) * 3, "three mixed": (WIDE, TALL, TALL), "four wide": (WIDE,) * 4,
    "four mixed": (TALL, WIDE, SQUARE, TALL), "five": (TALL, WIDE, ODD, PANORAMA, PHONE), "nine": (WIDE, TALL, SQUARE) * 3,
}  # fmt: skip
LOADED = """Promise.all([...document.images].map(img => {
    img.loading = 'eager';
    return img.complete || new Promise(done => { img.onload = img.onerror = done })}))"""
MEASURE = """JSON.stringify([...document.querySelectorAll('.pictures, .prose p:has(> img + img)')].map(gallery => ({
    width: gallery.clientWidth, even: gallery.className != '',
    left: gallery.getBoundingClientRect().left, right: gallery.getBoundingClientRect().right,
    pictures: [...gallery.querySelectorAll('img')].map(img => ({
        box: img.getBoundingClientRect().toJSON(), fit: getComputedStyle(img).objectFit,
        wide: +img.getAttribute('width') || img.naturalWidth, high: +img.getAttribute('height') || img.naturalHeight}))})))"""


def picture(house: House, size: tuple[int, int], number: int) -> PreparedMedia:
    """A framed head whose top touches the upper edge."""
    image = Image.new("RGB", size, (70 + 17 * number % 120, 110, 150 - 13 * number % 100))
    drawing, middle = ImageDraw.Draw(image), size[0] // 2
    drawing.ellipse((middle - 90, 0, middle + 90, 180), fill="bisque")
    drawing.rectangle((0, 0, size[0] - 1, size[1] - 1), outline="gold", width=8)
    file = io.BytesIO()
    image.save(file, "JPEG")
    rendition = Rendition(house.blobs.put(file.getvalue()), "image/jpeg", len(file.getvalue()), *size)
    return PreparedMedia("image", (rendition,), filename=f"{number}.jpg", alt="A head")


def town(session: Session, house: House) -> None:
    """A post for each gallery, and one with its pictures in the text."""
    alice = accounts.join(session, handle="alice", address="alice@example.com", now=NOON)
    blog = blogs.create(session, alice, NOON)
    for title, shapes in GALLERIES.items():
        media = tuple(picture(house, shape, number) for number, shape in enumerate(shapes))
        acts.publish(session, house.community, blog, alice, _words(session, house, "", title), NOON, media=media)
    media = tuple(picture(house, shape, number) for number, shape in enumerate((WIDE, TALL, PHONE)))
    marks = "\n".join(f"![]({house.community.media_url(one.renditions[0].blob)})" for one in media)
    acts.publish(session, house.community, blog, alice, _words(session, house, marks, "in the text"), NOON, media=media)


def _words(session: Session, house: House, text: str, title: str) -> posting.Words:
    return posting.write(session, house.community, text or "Look.", title=title)


async def test_every_picture_is_shown_whole_and_beside_others_of_the_same_height(
    new_database: Callable[[str], str], community: Community, tmp_path: Path
) -> None:
    wrong = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        here = replace(community, base_url=f"http://localhost:{listening.getsockname()[1]}", timeline_page=50)
        house = House(Database(new_database("sqlite")), FileBlobs(tmp_path / "blobs"), here, now=lambda: NOON)
        try:
            house.database.writer.run(lambda session: town(session, house))
            async with served(house, listening), chromium(tmp_path / "chromium") as page:
                for width in (320, 1200):
                    for url in (here.blog_url("alice") + "/", here.base_url + "/discover"):
                        found = await galleries(page, url, width)
                        assert len(found) >= len(GALLERIES)
                        wrong += [(url, width, fault) for one in found for fault in faults(one)]
                assert page.complaints == []
        finally:
            house.database.close()
    assert not wrong, "\n".join(map(str, wrong))


async def galleries(page: Page, url: str, width: int) -> list[dict[str, Any]]:
    await page.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    await page.open(url)
    await page.ask("Runtime.evaluate", expression=LOADED, awaitPromise=True)
    found: list[dict[str, Any]] = json.loads(await page.value(MEASURE))
    return found


def faults(gallery: dict[str, Any]) -> Iterator[str]:
    """What is wrong in it: a picture that is cut or squeezed, a ragged row, a row that is too wide or, unless it is the last, leaves a hole."""
    *full, last = rows(gallery["pictures"])
    for one in gallery["pictures"]:
        box, natural = one["box"], one["wide"] / one["high"]
        if one["fit"] != "contain" and box["width"] / box["height"] != pytest.approx(natural, rel=0.02):
            yield f"cut or squeezed: {one}"
        if min(box["width"] / natural, box["height"]) < 0.8 * max(box["width"] / natural, box["height"]):
            yield f"mostly margin: {one}"
    for row in [*full, last]:
        heights = [one["box"]["height"] for one in row]
        used = row[-1]["box"]["right"] - row[0]["box"]["left"]
        if gallery["even"] and max(heights) - min(heights) > 1:
            yield f"ragged: {heights}"
        if used > gallery["width"] + 1 or (len(row) > 1 and used < 0.95 * gallery["width"] and gallery["even"]):
            yield f"{used} px of {gallery['width']}"
        left, right = row[0]["box"]["left"] - gallery["left"], gallery["right"] - row[-1]["box"]["right"]
        if len(gallery["pictures"]) > 1 and abs(left - right) > 2:
            yield f"a hole at one side: {left} px before, {right} px after"


def rows(pictures: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The pictures that stand beside each other."""
    found: list[list[dict[str, Any]]] = []
    for one in pictures:
        if found and one["box"]["top"] < found[-1][-1]["box"]["bottom"] - 1:
            found[-1].append(one)
        else:
            found.append([one])
    return found
