"""Files: public while a published post names them, and never more than that."""

import hashlib
from dataclasses import replace

from gateway.core.desk import acts
from gateway.core.house import House
from gateway.core.messages import PreparedMedia, Rendition
from gateway.core.store.models import Member, Post
from tests.conftest import Cast
from tests.core import hands
from tests.web.conftest import ALICE, Browser, Publish


def photo(house: House, data: bytes = b"\xff\xd8 not really a picture") -> PreparedMedia:
    small = house.blobs.put(data + b" small")
    sizes = (
        Rendition(house.blobs.put(data), "image/jpeg", len(data), 1600, 900),
        Rendition(small, "image/jpeg", 9, 800, 450),
    )
    return PreparedMedia("image", sizes, filename="hill.jpg", alt='A "hill" & a tree')


async def test_a_published_photo_is_served_for_keeps_and_as_nothing_but_itself(
    house: House, browser: Browser, publish: Publish
) -> None:
    item = photo(house)
    post = publish("Look", media=(item,))
    for size in item.renditions:
        answer = await browser.get(f"/media/{size.blob}")
        assert hashlib.sha256(answer.content).hexdigest() == size.blob
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert (
            await browser.get(f"/media/{size.blob}", **{"If-None-Match": answer.headers["etag"]})
        ).status_code == 304
    page = (await browser.get(f"{ALICE}{post.path}")).text
    assert 'alt="A &#34;hill&#34; &amp; a tree"' in page
    assert f"{item.renditions[1].blob} 800w" in page


async def test_part_of_a_file_can_be_asked_for(house: House, browser: Browser, publish: Publish) -> None:
    item = photo(house, b"0123456789")
    publish("Listen", media=(item,))
    answer = await browser.get(f"/media/{item.renditions[0].blob}", Range="bytes=2-4")
    assert (answer.status_code, answer.content) == (206, b"234")


async def test_a_blob_that_no_post_names_is_not_served(house: House, browser: Browser, cast: Cast) -> None:
    raw_mail = house.blobs.put(b"From: alice@example.com\r\n\r\nprivate")
    for blob in (raw_mail, "0" * 64, "..%2f..%2fetc%2fpasswd", "a"):
        assert (await browser.get(f"/media/{blob}")).status_code == 404


async def test_a_drafts_photo_is_its_authors_alone_until_it_is_published(
    house: House, browser: Browser, publish: Publish, cast: Cast
) -> None:
    item = photo(house)
    post = publish("Soon", media=(item,), draft=True)
    url = f"/media/{item.renditions[0].blob}"
    assert (await browser.get(url)).status_code == 404
    await browser.sign_in(cast.bob)
    assert (await browser.get(url)).status_code == 404
    await browser.sign_in(cast.alice)
    own = await browser.get(url)
    assert (own.status_code, own.headers["cache-control"]) == (200, "private, no-store")
    house.database.writer.run(
        lambda s: acts.publish_draft(
            s, house.community, s.get_one(Post, post.id), s.get_one(Member, cast.alice), house.now()
        )
    )
    browser.client.cookies.clear()
    assert (await browser.get(url)).status_code == 200


async def test_a_deleted_posts_photo_is_gone_unless_another_post_has_it(
    house: House, browser: Browser, publish: Publish, cast: Cast
) -> None:
    item = photo(house)
    posts = [publish(text, media=(replace(item),)) for text in ("One", "Two")]
    url = f"/media/{item.renditions[1].blob}"
    for post, status in zip(posts, (200, 404), strict=True):
        hands.delete(house, "alice", post)
        assert (await browser.get(url)).status_code == status
