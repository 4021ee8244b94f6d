"""Every kind of mail that Postroom sends, as it leaves: no link of it changes anything by being looked at, and nothing in it tells anybody that it was read."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from gateway.app import RENDERERS
from gateway.core.audience import subscribers
from gateway.core.community import micro_monday, reports
from gateway.core.desk.closed import close
from gateway.core.ledger import outbox
from gateway.core.ledger.inbox import OPEN
from gateway.core.ledger.issue_turns import IssueTurns
from gateway.core.ledger.outbox import Intent
from gateway.core.people import letters, web_sessions
from gateway.core.people.community import Community
from gateway.core.people.tokens import mint
from gateway.core.store.models import Blog, Delivery, Issue, Post, Subscriber
from gateway.email.copies import IssueCopies, NewsletterCarrier
from gateway.newsletter import owner_notices, previews, schedule
from gateway.web.site import make_site
from tests.conftest import Cast, Clock
from tests.core.hands import choose, do, everything, link, member, publish, reply, tell
from tests.email.mailhouse import Dns, MailHouse, letter, photo
from tests.email.test_copies import given
from tests.newsletter.conftest import at, freeze

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOT_MAILED = {"edit", "retract"}  # what stands in a chat is changed there
WRITTEN = "https://elsewhere.example/a?x=1&y=2"  # by alice, in a post
HOSTS = {"example.org", "alice.example.org", "bob.example.org", "carol.example.org"}
OWN_PICTURE = re.compile(r"https://example\.org/media/[0-9a-f]{64}(/[\w.-]+)?")  # whoever loads it
OVER = {
    "/undo": {409},
    "/unsubscribe": {404},
}  # of a post of two weeks ago; of a test copy, whose link to leave is none


@pytest.fixture
def community(community: Community) -> Community:
    """With undo windows, so that mails have buttons for undoing."""
    return replace(community, undo_posts=timedelta(seconds=60), undo_issues=timedelta(minutes=10))


class Scene:
    """Has every kind of mail sent, the short-lived links last."""

    def __init__(self, post: MailHouse, cast: Cast, clock: Clock) -> None:
        self.post, self.house, self.cast, self.clock = post, post.house, cast, clock
        self._number = 0

    async def play(self) -> None:
        await self.of_posts()
        await self.of_reports()
        self.of_the_clock()
        await self.of_issues()
        await self.of_readers()
        await self.of_held_mail()
        self.of_people()
        await self.mail("alice", letter("Just published.\n"))
        do(self.house, self.try_the_next_issue)
        await self.settled()

    async def of_posts(self) -> None:
        """Notices of posts, mentions and replies."""
        tell(self.house, "bob", "at_once", "posts", by=("email",))
        mail = letter(f"See [this]({WRITTEN}) and {WRITTEN}\n", subject="A title")
        mail.add_attachment(photo(), "image", "jpeg", filename="boat.jpg")
        await self.mail("alice", mail)
        [first] = self.post.posts()
        reply(self.house, "bob", first, "An answer")
        publish(self.house, "carol", "Hello @bob")
        await self.later(minutes=2)

    async def of_reports(self) -> None:
        choose(self.house, "carol", role="manager")
        found = self.post.posts()[0]
        do(
            self.house,
            lambda s: reports.report(
                s, member(s, "bob"), member(s, "alice"), s.get_one(Post, found.id), "Unkind", self.now()
            ),
        )

    def of_the_clock(self) -> None:
        """A digest on Saturday, Monday's question, a recommendation, Tuesday's round-up, and a weekly issue."""
        self.reader("eve@example.net")
        self.tick("2026-11-28 09:00")
        self.tick("2026-11-30 09:00")
        do(
            self.house,
            lambda s: micro_monday.recommend(
                s, self.house.community, member(s, "bob"), member(s, "alice"), "She knows boats", self.now()
            ),
        )

    async def of_issues(self) -> None:
        """What is mailed of an issue before, while and after it leaves."""
        await self.settled()
        self.tick("2026-11-30 09:30")
        await self.send_copies()
        self.tick("2026-12-01 09:00")

        def unit(session: Session) -> None:
            blog, now = session.get_one(Blog, self.cast.blog), self.now()
            blog.newsletter_late = "draft"
            values = {"blog_id": blog.id, "cadence": "weekly", "created_at": now, "send_at": now}
            paused = Issue(period="2026-W40", status="paused", subject="A week", **values)
            session.add(paused)
            session.flush()
            owner_notices.tell_paused(session, paused, 10, 200, "550 5.7.1 Go away", now)
            owner_notices.tell_templates(session, paused, "There is no mark to leave by.", now)
            failed = Issue(period="2026-W39", status="finished", subject="An earlier week", **values)
            session.add(failed)
            session.flush()
            outbox.queue(session, Intent("issue", "newsletter", "lost@example.net", "lost", issue_id=failed.id), now)
            lost = update(Delivery).where(Delivery.issue_id == failed.id)
            session.execute(lost.values(status="failed", reason="550 5.1.1 Nobody here", finished_at=now))
            owner_notices.tell_end(session, failed, now)

        do(self.house, unit)
        self.tick("2026-12-07 14:00")

    async def of_readers(self) -> None:
        """A reader's answer to the owner, who asks to subscribe, and who does though they are subscribed."""
        answer = letter(sender="eve@evil.example", message_id="<answer@evil.example>")
        to = self.house.community.mail("n." + mint(self.house.community.keyring, "newsletter", 1))
        await self.post.send(answer, to, mail_from="eve@evil.example")
        for address in ("eve@example.net", "zoe@example.net"):
            do(self.house, partial(self.ask, address))

    def ask(self, address: str, session: Session) -> None:
        blog, house = session.get_one(Blog, self.cast.blog), self.house
        asked = subscribers.Application(address, "weekly")
        subscribers.ask(session, house.community, blog, asked, self.now(), house.randomness)

    async def of_held_mail(self) -> None:
        """A question about each of three, and a list of what came after them."""
        self.post.dns.say_nothing()
        for _ in range(5):
            await self.mail("alice", letter("Perhaps hers.\n"))
        self.post.dns = Dns()
        await self.later(minutes=11)

    def of_people(self) -> None:
        """Links that work once, and word of a chat that is closed."""
        link(self.house, "bob", "200")
        community, randomness = self.house.community, self.house.randomness

        def unit(session: Session) -> None:
            bob = member(session, "bob")
            letters.ask_to_sign_in(session, community, "bob@example.com", self.now(), randomness)
            letters.invite(session, community, bob, "dora@example.net", self.now(), randomness)
            letters.ask_to_verify(session, community, bob, "bob@example.net", self.now(), randomness)
            close(session, community, "telegram", "200", self.now())

        do(self.house, unit)

    def try_the_next_issue(self, session: Session) -> None:
        blog = session.get_one(Blog, self.cast.blog)
        previews.send_test(session, self.house.community, blog, "weekly", blog.owner, self.now())

    async def mail(self, name: str, mail: EmailMessage) -> None:
        self._number += 1
        mail.replace_header("Message-ID", f"<{self._number}@example.com>")
        await self.post.send(mail, f"{name}@post.example.org", mail_from=f"{name}@example.com")
        await self.settled()

    async def later(self, **time: float) -> None:
        self.clock.forward(**time)
        self.house.database.bell.ring(frozenset({"outbox"}))
        await self.settled()

    async def settled(self) -> None:
        """Until nothing waits that the mail house works on; copies of issues it doesn't."""
        async with asyncio.timeout(60):
            while any(row.status in OPEN for row in self.post.inbox()) or any(map(self._waits, self.post.deliveries())):
                await asyncio.sleep(0.02)

    def _waits(self, row: Delivery) -> bool:
        return row.channel == "email" and row.status in outbox.UNFINISHED and row.due_at <= self.now()

    def tick(self, moment: str) -> None:
        self.clock.now = at(moment)
        schedule.tick(self.house, freeze=freeze)

    async def send_copies(self) -> None:
        def unit(session: Session) -> list[outbox.Claim]:
            now, lease = self.now(), self.house.lease
            return outbox.claim(session, "newsletter", now, limit=9, lease=lease, among=IssueTurns())

        carrier = NewsletterCarrier(self.house, None, self.post.mailbox, IssueCopies(self.house, []).make)
        assert await carrier.carry(given(do(self.house, unit)), asyncio.Event()) == ""

    def reader(self, address: str) -> None:
        values = {"address": address, "status": "active", "cadence": "weekly"}
        now = self.now()
        do(self.house, lambda s: s.add(Subscriber(blog_id=self.cast.blog, asked_at=now, confirmed_at=now, **values)))

    def now(self) -> datetime:
        return self.clock.now


def mails(folder: Path) -> list[EmailMessage]:
    """All that was sent, as a mail program reads it."""
    parser: BytesParser[EmailMessage] = BytesParser(policy=policy.default)
    return [parser.parsebytes(path.read_bytes()) for path in sorted(folder.glob("*/*")) if path.is_file()]


class Read(HTMLParser):
    """The links of an HTML part, and what a mail program would fetch without being asked."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.fetched: set[str] = set(re.findall(r"(?:url\(|@import)\s*['\"]?([^'\")\s]+)", html))
        self.tags: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "href" and tag != "link":
                self.links.add(value or "")
            elif name in {"src", "srcset", "background", "poster", "data", "action", "href"}:
                self.fetched.add(value or "")


def parts(mail: EmailMessage, kind: str) -> Iterator[str]:
    """What our own parts of this kind say; a mail that is handed on inside is not ours."""
    body = mail.get_body((kind,))
    if body is not None:
        yield body.get_content()


def links_of(mail: EmailMessage) -> set[str]:
    """Every http link of the headers and of both parts."""
    said = [str(value) for value in mail.values()] + list(parts(mail, "plain"))
    found = {url.rstrip(".,:;)>") for text in said for url in re.findall(r"https?://[^\s<>\"]+", text)}
    for html in parts(mail, "html"):
        found |= {url for url in Read(html).links if url.startswith("http")}
    return found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_looking_at_any_mail_and_any_link_of_it_changes_nothing_and_tells_nobody(
    post: MailHouse, cast: Cast, clock: Clock
) -> None:
    await Scene(post, cast, clock).play()
    kinds = {row.kind for row in post.deliveries() if row.status == "sent"}
    assert kinds == {*RENDERERS, "issue"} - NOT_MAILED, "a kind of mail that the scene above does not send yet"
    sent = mails(post.mailbox)
    for mail in sent:
        for html in parts(mail, "html"):
            read = Read(html)
            assert not read.tags & {"script", "iframe", "object", "embed", "form", "link", "video", "audio", "base"}
            assert all(OWN_PICTURE.fullmatch(url) for url in read.fetched), mail["Subject"]
    links = set[str]().union(*map(links_of, sent))
    ours = sorted(url for url in links if urlsplit(url).hostname in HOSTS)
    assert links - set(ours) == {WRITTEN}
    assert all(urlsplit(url).query in {"", "week=2026-W49"} for url in ours)
    await look_ten_times(post, cast, ours)


async def look_ten_times(post: MailHouse, cast: Cast, links: list[str]) -> None:
    """At each, as a scanner does that nobody signed in, and once as alice: hers are all there."""
    house = post.house
    alice = do(house, lambda s: web_sessions.open_session(s, cast.alice, house.now(), house.randomness))
    before = everything(house)
    site = httpx.ASGITransport(app=make_site(house))
    async with httpx.AsyncClient(transport=site) as nobody, httpx.AsyncClient(transport=site) as signed_in:
        signed_in.cookies.set("__Host-postroom", alice, domain="example.org")
        for url in links:
            for method in ("GET",) * 10 + ("HEAD",):
                assert (await nobody.request(method, url)).status_code in {200, 303, *OVER.get(place(url), ())}, url
            assert (await signed_in.get(url)).status_code in {200, *OVER.get(place(url), ())}, url
    assert everything(house) == before


def place(url: str) -> str:
    """The page without its token."""
    return urlsplit(url).path.rpartition("/")[0]
