"""The link in a confirmation that takes a post back, for a minute; and mail that goes again to an address that had bounced."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from gateway.core.audience.suppression import is_suppressed, suppress
from gateway.core.house import House
from gateway.core.people.tokens import mint
from gateway.core.store.models import Address, Post
from tests.conftest import Cast, Clock
from tests.core import hands
from tests.web.conftest import Browser, Publish, everything, new_client, words_of


def status(house: House, post: Post) -> str:
    with house.database.read() as session:
        return session.get_one(Post, post.id).status


def link(house: House, post: Post) -> str:
    return f"/undo/{mint(house.community.keyring, 'undo', post.id)}"


async def test_the_link_shows_what_it_would_take_back_and_its_button_does(
    house: House, browser: Browser, publish: Publish
) -> None:
    post = publish("Hello from the harbour")
    before = everything(house)
    page = await browser.get(link(house, post))
    assert "Hello from the harbour" in words_of(page)
    assert everything(house) == before
    done = await browser.post(link(house, post))
    assert done.status_code == 200
    assert status(house, post) == "deleted"
    assert (await browser.post(link(house, post))).status_code == 404


@pytest.mark.parametrize(("seconds", "said"), [(30, "nobody was told of it"), (50, "may have been told")])
async def test_it_says_whether_people_were_told(
    house: House, cast: Cast, clock: Clock, seconds: int, said: str
) -> None:
    patient = replace(house, community=replace(house.community, undo_posts=timedelta(seconds=40)))
    post = hands.publish(patient, "alice", "Hello")
    clock.forward(seconds=seconds)
    async with new_client(patient) as client:
        page = await Browser(client, patient).post(link(house, post))
    assert said in words_of(page)
    assert status(house, post) == "deleted"


async def test_after_a_minute_the_link_is_over_and_says_what_to_do(
    house: House, browser: Browser, publish: Publish, clock: Clock
) -> None:
    post = publish("Hello")
    clock.forward(seconds=61)
    for page in (await browser.get(link(house, post)), await browser.post(link(house, post))):
        assert page.status_code == 409
        assert "too late" in words_of(page)
        assert f"/write/{post.short_reference}/delete" in words_of(page)
    assert status(house, post) == "published"


async def test_a_link_that_is_not_ours_takes_nothing_back(house: House, browser: Browser, publish: Publish) -> None:
    post = publish("Hello")
    for token in ("x", mint(house.community.keyring, "held", post.id), mint(house.community.keyring, "undo", 999)):
        assert (await browser.post(f"/undo/{token}")).status_code == 404
    assert status(house, post) == "published"


async def test_a_member_sees_that_an_address_is_not_mailed_and_has_it_mailed_again(
    house: House, alice: Browser, cast: Cast
) -> None:
    keyring = house.community.keyring
    for address in ("alice@example.com", "bob@example.com"):
        hands.do(house, partial(suppress, keyring=keyring, address=address, reason="hard bounce", now=house.now()))
    with house.database.read() as session:
        ids = {row.address: row.id for row in session.scalars(select(Address))}
    assert "We don't mail this address any more (hard bounce)." in words_of(await alice.get("/me"))
    other = await alice.post("/me/addresses/mail-again", address=str(ids["bob@example.com"]))
    assert other.status_code == 404
    done = await alice.post("/me/addresses/mail-again", address=str(ids["alice@example.com"]))
    assert done.headers["location"] == "/me?done=mailed-again"
    assert "We don't mail" not in words_of(await alice.get("/me"))
    with house.database.read() as session:
        assert not is_suppressed(session, keyring, "alice@example.com")
        assert is_suppressed(session, keyring, "bob@example.com")
