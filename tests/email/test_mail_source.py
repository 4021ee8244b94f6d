"""A copy of an issue as the whole process makes it: every header is there once, explained in the docs, and covered by both signatures."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from sqlalchemy.orm import Session

from gateway import keys
from gateway.app import App
from gateway.core.audience.suppression import address_hash
from gateway.core.desk import acts
from gateway.core.people import accounts
from gateway.core.store.models import Subscriber
from gateway.core.writing import blogs, posting
from gateway.settings import Settings
from tests.email.test_signing import Judge
from tests.newsletter.conftest import at
from tests.pages import says

# Every header of a copy, in its order, and what the docs say of it.
EXPLAINED = {
    "Return-Path": "The envelope's sender, for each copy another one (VERP): a bounce that comes there names its delivery, whatever the bounce says. The receiving server writes the line.",
    "Delivered-To": "The envelope's recipient, written by the receiving server, too.",
    "DKIM-Signature": "Two of them: RSA with 2048 bits, which everybody verifies, and Ed25519 beside it where the operator set `dkim_ed25519_selector`. `d=` is the domain of From, so DMARC is aligned. `h=` names what is signed: each header once more than it occurs, so that nobody can add a second one and keep the signature whole; headers that are not there and must not be added are named, too.",
    "From": "The blog's own address, so that readers see whom they know; its domain is the one that signs.",
    "Subject": "What the first post is called, and how many more there are; or the owner's own.",
    "List-Id": "The name of the list, by which programs sort mail (RFC 2919). It never changes.",
    "List-Help": "Where a reader finds a person (RFC 2369).",
    "List-Post": "Nobody can write to all readers (RFC 2369).",
    "List-Archive": "Where past issues stand (RFC 2369).",
    "List-Unsubscribe-Post": "The HTTPS link of List-Unsubscribe may be used by one click: the mail program posts this, and asks nothing more (RFC 8058).",
    "Precedence": "Keeps old out-of-office programs quiet. Newer ones know List-Id (RFC 3834).",
    "Feedback-ID": "Blog, cadence, period, and who sends, by which Gmail makes its reports on complaints. Nothing in it is the reader's.",
    "Content-Language": "The blog's language.",
    "MIME-Version": "As in every mail (RFC 2045).",
    "Content-Type": "Two parts that say the same: first text, then HTML. Both are quoted-printable with short lines, so nothing on the way changes a byte.",
    "To": "The reader, and nobody else.",
    "Message-ID": "The same whenever this copy is made for this reader: should a doubtful copy be sent twice, it is one mail, and a bounce that lost its address finds its delivery. It is keyed, so nobody can work out another reader's.",
    "Date": "When the copy was handed to the relay.",
    "List-Unsubscribe": "Two ways to leave: a link whose token is the reader's own, and a mail to our own door. Opening the link changes nothing; the button, or the one click, does.",
    "Reply-To": "An answer reaches the blog's owner privately, and is published nowhere.",
}
NAMED = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "List-Archive",
    "List-Help",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "Reply-To",
    "Content-Type",
)


async def a_copy(folder: Path, database_url: str) -> tuple[bytes, Settings]:
    """What stands in the local mailbox after the clock of a process found a weekly issue due, and its deliveries were made."""
    settings = Settings(
        community_name="Demo Town",
        domain="post.example.org",
        base_url="https://example.org",
        data_dir=folder,
        database_url=database_url,
        secret_keys=("0:" + "ab" * 32,),
        undo_seconds=0,
        undo_issue_seconds=0,
        dkim_ed25519_selector="postroom-ed25519",
    )
    moment = at("2024-11-27 12:00")
    app = App(settings, only=("deliver", "clock"), now=lambda: moment)
    app.house = replace(app.house, randomness=lambda count: b"\7" * count)
    app.house.database.writer.run(lambda session: _town(session, app, moment))
    moment = at("2024-12-02 09:00")
    await app.start()
    try:
        async with asyncio.timeout(60):
            while not (found := _mails(folder)):
                await asyncio.sleep(0.02)
    finally:
        await app.stop()
    return found[0], settings


def _mails(folder: Path) -> list[bytes]:
    mails = (path.read_bytes() for path in (folder / "mail" / "new").glob("*"))
    return [mail for mail in mails if b"\r\nList-Id:" in mail]


def _town(session: Session, app: App, now: datetime) -> None:
    community = app.house.community
    alice = accounts.join(session, handle="alice", address="alice@example.com", now=now, display_name="Alice Liddell")
    alice.micro_monday, alice.digest = False, "off"  # so that the copy is the first mail
    blog = blogs.create(session, alice, now, title="Notes from the Harbour")
    blog.postal_address = "1 Folly Bridge\nOxford"
    address = "bob@example.net"
    facts = {"status": "active", "cadence": "weekly", "asked_at": now, "confirmed_at": now}
    session.add(
        Subscriber(blog_id=blog.id, address=address, address_hash=address_hash(community.keyring, address), **facts)
    )
    for title, words in (("The late ferry", "Nobody minded the *fog*."), ("Light", "The lighthouse is open again.")):
        acts.publish(session, community, blog, alice, posting.write(session, community, words, title=title), now)


async def test_a_copy_has_every_header_once_signed_twice_and_explained(
    tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    raw, settings = await a_copy(tmp_path, new_database("sqlite"))
    mail = message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    assert set(mail.keys()) == set(EXPLAINED)
    assert all(len(mail.get_all(name, [])) == 1 for name in EXPLAINED if name != "DKIM-Signature")
    assert mail["Feedback-ID"] == "alice:weekly:2024-W49:postroom"
    assert mail["List-Unsubscribe"].startswith("<https://alice.example.org/unsubscribe/")
    assert "<mailto:u." in mail["List-Unsubscribe"]
    assert mail["Reply-To"].addresses[0].username.startswith("n.")
    assert mail["From"].addresses[0].domain == mail["Message-ID"].strip("<>").rpartition("@")[2] == "post.example.org"

    sent = raw.partition(b"Delivered-To:")[2].partition(b"\r\n")[2]
    records = {f"{name}.".encode(): value.encode() for name, value in keys.dkim_records(settings)}
    for which, signature in enumerate(mail.get_all("DKIM-Signature", [])):
        assert Judge(sent).verify(which, dnsfunc=lambda name, timeout=5: records[name])
        covered = re.sub(r"\s", "", signature.partition("h=")[2].partition(";")[0]).lower().split(":")
        assert {name: covered.count(name.lower()) for name in NAMED} == dict.fromkeys(NAMED, 2)
    algorithms = [re.findall(r"a=([^;]+);", signature) for signature in mail.get_all("DKIM-Signature", [])]
    assert algorithms == [["rsa-sha256"], ["ed25519-sha256"]]
    says("members/mail-source.md", page(raw))


def page(raw: bytes) -> str:
    """docs/members/mail-source.md."""
    source = re.sub("=_postroom_[0-9a-f]+", "=_postroom_0a1b2c", raw.decode("ascii").replace("\r\n", "\n"))
    head, _, body = source.partition("\n\n")
    text_part, between, html_part = body.partition("\nContent-Type: text/html")
    head = re.sub(r"(?s)\bb=.*?\n(?=\S)", "b=…\n", re.sub(r"bh=[^;]+;", "bh=…;", head))
    rows = "\n".join(f"| `{name}` | {why} |" for name, why in EXPLAINED.items())
    encoding = html_part.partition("\n\n")[0]
    return f"""# A newsletter's source

This is what a reader's mail program gets of an issue: as the source, headers first. [Newsletters](newsletters.md) tells how it comes about. This page is made by
`tests/email/test_mail_source.py` from a copy that the whole process made, so it shows what is sent.

```text
{head}

{text_part}{between}{encoding}

[the HTML part, quoted-printable, too, and the end of both]
```

Signatures (`b=`), and the hash of the body that they sign (`bh=`), are left out, and the boundary is a shorter one.

## What each header is for

| Header | What it is for |
|---|---|
{rows}

Which of them a reader can be told apart by? To, Message-ID, Return-Path, Reply-To and the link that unsubscribes: these go to the reader, and come back only when they
answer, leave, or the mail bounces. Nothing in the mail tells us that it was read: it loads nothing but the pictures of the blog's own posts, at addresses that are the same for all.
"""
