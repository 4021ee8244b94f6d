"""A browser for the site: the ASGI app itself on each database, without a socket between."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk import acts
from gateway.core.house import House
from gateway.core.messages import PreparedMedia
from gateway.core.people import accounts, web_sessions
from gateway.core.store.models import Base, Blog, Delivery, Member, Post
from gateway.core.writing import posting
from gateway.web.site import make_site
from gateway.web.visit import ChatWay
from tests.conftest import Cast

COMMUNITY, ALICE = "https://example.org", "https://alice.example.org"
CHATS = (ChatWay("telegram", "Telegram", "@town_bot", "https://t.me/town_bot?start={code}"),)


@dataclass
class Browser:
    """Opens pages and sends forms as a browser does: cookies, Origin, the page's own CSRF token."""

    client: httpx.AsyncClient
    house: House
    csrf: str = ""
    last: httpx.Response | None = field(default=None, repr=False)

    async def get(self, url: str, **headers: str) -> httpx.Response:
        self.last = await self.client.get(_full(url), headers=headers)
        if found := re.search(r'name="csrf" value="(\w+)"', self.last.text):
            self.csrf = found[1]
        return self.last

    async def post(self, url: str, **form: str) -> httpx.Response:
        full = _full(url)
        origin = "/".join(full.split("/")[:3])
        data = {"csrf": self.csrf, **form} if self.csrf else form
        return await self.client.post(full, data=data, headers={"Origin": origin, "Sec-Fetch-Site": "same-origin"})

    async def sign_in(self, member_id: int) -> None:
        """As if the mailed link had been used."""

        def unit(session: Session) -> str:
            return web_sessions.open_session(session, member_id, self.house.now(), self.house.randomness)

        self.client.cookies.set("__Host-postroom", self.house.database.writer.run(unit), domain="example.org")
        await self.get("/me")
        assert self.csrf


def _full(url: str) -> str:
    return COMMUNITY + url if url.startswith("/") else url


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    """A browser that nobody is signed in with."""
    async with new_client(house) as client:
        yield Browser(client, house)


def new_client(house: House, **more: Any) -> httpx.AsyncClient:
    site = make_site(house, chats=CHATS)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=site, **more), base_url=COMMUNITY)


@pytest.fixture
async def alice(browser: Browser, cast: Cast) -> Browser:
    """alice's browser, signed in."""
    await browser.sign_in(cast.alice)
    return browser


Publish = Callable[..., Post]


@pytest.fixture
def publish(house: House, cast: Cast) -> Publish:
    """Publishes on the blog of a member (alice unless told), through the acts that mail and chat use."""

    def publish(
        text: str,
        *,
        by: int = 0,
        title: str = "",
        draft: bool = False,
        categories: tuple[str, ...] = (),
        media: tuple[PreparedMedia, ...] = (),
    ) -> Post:
        def unit(session: Session) -> Post:
            author = session.get_one(Member, by or cast.alice)
            blog = session.scalars(select(Blog).where(Blog.member_id == author.id)).one()
            words = posting.write(session, house.community, text, title=title)
            return acts.publish(
                session,
                house.community,
                blog,
                author,
                words,
                house.now(),
                categories=categories,
                media=media,
                draft=draft,
            )

        return house.database.writer.run(unit)

    return publish


Reply = Callable[[Post, str, int], Post]


@pytest.fixture
def reply(house: House) -> Reply:
    def reply(parent: Post, text: str, by: int) -> Post:
        def unit(session: Session) -> Post:
            words = posting.write(session, house.community, text)
            return acts.reply(
                session,
                house.community,
                session.get_one(Post, parent.id),
                session.get_one(Member, by),
                words,
                house.now(),
            )

        return house.database.writer.run(unit)

    return reply


def mailed(house: House, kind: str) -> list[Delivery]:
    """The deliveries of one kind, oldest first."""
    with house.database.read() as session:
        return list(session.scalars(select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id)))


def secret_in(house: House, delivery: Delivery, purpose: str) -> str:
    """The secret that the mail's link carries."""
    return accounts.mailed_secret(house.community.keyring, purpose, delivery.payload["nonce"])


def everything(house: House) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with house.database.read() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def words_of(page: httpx.Response) -> str:
    """The page's words, without tags."""
    return unescape(re.sub(r"<[^>]*>", " ", page.text))
