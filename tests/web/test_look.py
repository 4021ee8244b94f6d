"""The pages in a real browser: nothing is wider than a small phone, and nothing is refused by our own content policy."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.audience import subscribers
from gateway.core.desk import acts
from gateway.core.house import House
from gateway.core.people import accounts, relations, standing, web_sessions
from gateway.core.people.community import Community
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database
from gateway.core.store.models import Delivery, Issue, Member, Subscriber
from gateway.core.writing import blogs, posting
from gateway.newsletter import newsroom
from gateway.web.site import make_site
from tests.browser import chromium
from tests.conftest import NOON

pytestmark = pytest.mark.system

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
HARD_TO_FIT = f"""# A heading with {LONG}

{LONG} and https://example.com/{LONG}

| one | two | three | four | five | six | seven |
|-----|-----|-------|------|------|-----|-------|
| {LONG} | b | c | d | e | f | g |

```
{LONG} {LONG}
```

> {LONG}

<img src="/wide.png" width="4000" height="10" alt="wide">
"""


@asynccontextmanager
async def served(house: House, listening: socket.socket) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(make_site(house), log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve([listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


async def test_no_page_is_wider_than_a_small_phone_or_breaks_its_own_policy(
    new_database: Callable[[str], str], community: Community, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        database = Database(new_database("sqlite"))
        here = replace(community, base_url=f"http://localhost:{port}")
        house = House(database, FileBlobs(tmp_path / "blobs"), here, now=lambda: NOON, newsroom=newsroom)
        try:
            path, reference, cookie = database.writer.run(lambda session: _town(session, house))
            blog, town = here.blog_url("alice"), here.base_url
            public = [
                blog,
                blog + path,
                f"{blog}/archive",
                f"{blog}/subscribe",
                f"{blog}/unsubscribe/{subscribers.unsubscribe_token(here, 1)}",
                f"{blog}/nowhere",
                town,
                f"{town}/@alice",
                standing.ways_to_end(here, 1, standing.Standing.DIGEST)[0],
            ]
            private = [
                "/",
                "/me",
                "/me/settings",
                "/me/readers",
                "/me/issues",
                "/me/issues/1",
                "/me/issues/next",
                "/me/issues/looks",
                "/write",
                f"/write/{reference}",
                f"/conversations/{reference}",
            ]
            wide = {}
            async with served(house, listening), chromium(tmp_path / "chromium") as page:
                for url in public:
                    await page.open(url)
                    wide[url] = await page.value("document.documentElement.scrollWidth")
                await page.ask("Network.setCookie", name="postroom", value=cookie, url=town, httpOnly=True)
                for url in private:
                    await page.open(town + url)
                    wide[f"{url} signed in"] = await page.value("document.documentElement.scrollWidth")
                    assert await page.value("document.body.innerText.includes('Sign out')"), url
                complaints = page.complaints
        finally:
            database.close()
    assert {url: width for url, width in wide.items() if width != 320} == {}
    assert complaints == []


def _town(session: Session, house: House) -> tuple[str, str, str]:
    alice, bob = (
        accounts.join(session, handle=handle, address=f"{handle}@example.com", now=NOON, display_name=handle * 6)
        for handle in ("alice", "bob")
    )
    alice.bio = LONG
    blog = blogs.create(session, alice, NOON, title=LONG)
    reader = {"status": "active", "cadence": "weekly", "asked_at": NOON, "confirmed_at": NOON}
    session.add(Subscriber(blog_id=blog.id, address="eve" * 20 + "@example.net", **reader))
    relations.follow(session, alice, bob, NOON)
    words = posting.write(session, house.community, HARD_TO_FIT, title=LONG)
    post = acts.publish(session, house.community, blog, alice, words, NOON, categories=(LONG[:60],))
    plain = posting.write(session, house.community, HARD_TO_FIT)
    acts.publish(session, house.community, blog, alice, plain, NOON)
    acts.reply(session, house.community, post, bob, plain, NOON)
    issue = Issue(blog_id=blog.id, cadence="weekly", period="2026-W48", status="paused", subject=LONG, paused_why=LONG)
    issue.created_at = issue.send_at = NOON
    session.add(issue)
    session.flush()
    copy = Delivery(
        kind="issue", channel="newsletter", recipient=f"{LONG[:60]}@example.net", cause="issue:1", payload={}
    )
    copy.issue_id, copy.status, copy.reason, copy.reported = issue.id, "failed", LONG, LONG
    copy.due_at = copy.created_at = copy.finished_at = NOON
    session.add(copy)
    assert session.scalar(select(Member.id)) is not None
    assert post.path is not None
    return post.path, post.short_reference, web_sessions.open_session(session, alice.id, NOON, house.randomness)
