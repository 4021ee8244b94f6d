"""A real Postfix in front of our doors: by XFORWARD it says who brought it each mail, over SMTP and over LMTP.

Without root, or without Postfix, the test is skipped; root with POSTROOM_CLIENTS=required must have it.
"""

import asyncio
import smtplib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.postfix import Postfix
from gateway.core.house import House
from gateway.core.people import accounts
from gateway.core.people.community import Community
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database
from gateway.core.store.models import Inbound, Refusal
from gateway.core.writing import blogs
from gateway.email.door import Limits
from gateway.email.networks import read_networks
from gateway.email.reception import Reception, checker
from gateway.email.server import serve_lmtp_socket, serve_smtp
from tests.conftest import NOON
from tests.email.mailhouse import BAD_IP, GOOD_IP, Dns, letter, wire
from tests.postfix import started

pytestmark = pytest.mark.system

OURS = Limits(relays=read_networks(("127.0.0.1/32",)))
DOORS = ("alice", "bob")  # by SMTP, by LMTP
WELCOME = {GOOD_IP: "mail.example.com", "2001:db8::25": "mail+six.example.com"}
REFUSED = {BAD_IP: "mail.evil.example"}
HANDED_ON = """inline:{{
    {{ alice@post.example.org = smtp:[127.0.0.1]:{port} }}
    {{ bob@post.example.org = lmtp:unix:{path} }} }}"""


@pytest.fixture
def house(new_database: Callable[[str], str], community: Community, tmp_path: Path) -> Iterator[House]:
    """alice's and bob's house."""
    database = Database(new_database("sqlite"))

    def unit(session: Session) -> None:
        for name in DOORS:
            member = accounts.join(session, handle=name, address=f"{name}@example.com", now=NOON)
            blogs.create(session, member, NOON)

    database.writer.run(unit)
    yield House(database, FileBlobs(tmp_path / "blobs"), community, now=lambda: NOON)
    database.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that Postfix's own user may enter, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="postroom-postfix-", dir="/tmp") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
    assert not path.exists()


@pytest.fixture
async def postfix(house: House, folder: Path) -> AsyncIterator[Postfix]:
    """Postfix before our two doors; whoever calls it may say by XCLIENT who they are."""
    dns, path = Dns(), folder / "lmtp.sock"
    dns.records["example.com", "TXT"] = (f"v=spf1 ip4:{GOOD_IP} ip6:2001:db8::25 -all",)
    door = Reception(house, checker(dns), folder)
    smtp = await serve_smtp(door, "127.0.0.1", 0, OURS, hostname="post.example.org")
    lmtp = await serve_lmtp_socket(door, path, OURS, hostname="post.example.org", mode=0o666)
    settings = {
        "relay_domains": "post.example.org",
        "transport_maps": " ".join(HANDED_ON.format(port=smtp.port, path=path).split()),
        "smtp_send_xforward_command": "yes",
        "lmtp_send_xforward_command": "yes",
        "smtpd_authorized_xclient_hosts": "127.0.0.1",
        "smtpd_relay_restrictions": "reject_unauth_destination",
        "notify_classes": "",
        "inet_protocols": "all",
    }
    (folder / "postfix").mkdir()
    try:
        with started(folder / "postfix", settings) as one:
            yield one
        assert not is_alive(one.pid), "Postfix was not stopped"
    finally:
        await asyncio.gather(smtp.close(grace=1), lmtp.close(grace=1))


def is_alive(pid: int) -> bool:
    """Whether the process runs; a dead one may still be listed, where nobody asks what became of orphans."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_postfix_says_who_brought_each_mail(house: House, postfix: Postfix) -> None:
    for name in DOORS:
        for client, helo in (*WELCOME.items(), *REFUSED.items()):
            await asyncio.to_thread(bring, postfix.port, name, client, helo)
    taken, refused = await settled(house, len(DOORS) * (len(WELCOME) + len(REFUSED)))
    assert {(row.recipient, row.envelope["peer"], row.envelope["helo"]) for row in taken} == {
        (f"{name}@post.example.org", client, helo) for name in DOORS for client, helo in WELCOME.items()
    }
    assert all("hold" not in row.envelope for row in taken), "SPF is judged by whoever brought it"
    assert {(row.recipient, row.peer, row.code) for row in refused} == {
        (f"{name}@post.example.org", client, "550 5.7.26") for name in DOORS for client in REFUSED
    }


async def settled(house: House, count: int) -> tuple[list[Inbound], list[Refusal]]:
    """What was taken and what was refused, once that is so many mails."""

    def rows() -> tuple[list[Inbound], list[Refusal]]:
        with house.database.read() as session:
            return list(session.scalars(select(Inbound))), list(session.scalars(select(Refusal)))

    async with asyncio.timeout(60):
        taken, refused = await asyncio.to_thread(rows)
        while len(taken) + len(refused) < count:
            await asyncio.sleep(0.05)
            taken, refused = await asyncio.to_thread(rows)
    return taken, refused


def bring(port: int, name: str, client: str, helo: str) -> None:
    """A mail for a blog, from this address with this HELO, as Postfix sees it."""
    raw = wire(letter(to=f"{name}@post.example.org", sender=f"{name}@example.com", message_id=f"<{helo}@{name}>"))
    shown = f"IPV6:{client}" if ":" in client else client
    with smtplib.SMTP("127.0.0.1", port, local_hostname="before.example", timeout=60) as connection:
        connection.ehlo()
        assert connection.docmd("XCLIENT", f"NAME=[UNAVAILABLE] ADDR={shown}")[0] == 220
        connection.ehlo(helo)
        connection.sendmail(f"{name}@example.com", [f"{name}@post.example.org"], raw)
