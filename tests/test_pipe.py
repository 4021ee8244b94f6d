"""`postroom receive` in one process: who brought the mail to the MTA that calls it decides, as at the door."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway import pipe
from gateway.core.desk import welcome
from gateway.core.house import utc_now
from gateway.opening import open_house
from gateway.settings import Settings
from tests.fakes.dns import DnsFake

OURS = "192.0.2.10"
ZONES = {
    ("example.com", "TXT"): (f"v=spf1 ip4:{OURS} -all",),
    ("mail.example.com", "TXT"): (f"v=spf1 ip4:{OURS} -all",),
    ("_dmarc.example.com", "TXT"): ("v=DMARC1; p=reject",),
}
RESULTS = b"Authentication-Results: mx.example; spf=pass smtp.mailfrom=alice@example.com\r\n"


def mail(number: int) -> bytes:
    return f"From: alice@example.com\r\nTo: blog@old.example\r\nSubject: {number}\r\n\r\nMail {number}\r\n".encode()


pytestmark = pytest.mark.system


@pytest.fixture
async def dns() -> AsyncIterator[DnsFake]:
    async with DnsFake(ZONES, failing=frozenset({"away.example", "_dmarc.away.example"})) as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, dns: DnsFake) -> Settings:
    """A community with alice, that asks this DNS and believes the results of its MTA."""
    chosen = Settings(
        domain="post.example.org",
        base_url="https://example.org",
        data_dir=tmp_path,
        dns_servers=(dns.address,),
        authserv_id="mx.example",
    )
    house = open_house(chosen)
    house.database.writer.run(lambda s: welcome.add(s, house.community, utc_now(), "alice", "alice@example.com"))
    house.database.writer.run(lambda s: welcome.add(s, house.community, utc_now(), "bob", "bob@away.example"))
    house.database.close()
    return chosen


async def test_the_client_s_address_and_hello_decide_and_nobody_else_s(settings: Settings) -> None:
    async def end(
        raw: bytes, *, mail_from: str = "alice@example.com", to: str = "alice@post.example.org", **client: str
    ) -> tuple[str, int]:
        outcome, code = await pipe.receive(settings, raw, mail_from=mail_from, rcpt=to, **client)
        return outcome["status"], code

    assert await end(mail(1), client_ip=OURS, helo="mail.example.com") == ("published", 0)
    assert await end(mail(2), client_ip="203.0.113.66", helo="mail.example.com") == ("refused", 77)
    assert await end(RESULTS + mail(4)) == ("published", 0)
    assert await end(b"Delivered-To: alice@post.example.org\r\n" + mail(6), to="blog@old.example", client_ip=OURS) == (
        "published",
        0,
    )
    assert await end(mail(7), to="blog@old.example") == ("refused", 67)
    away = mail(8).replace(b"alice@example.com", b"bob@away.example")
    assert await end(away, mail_from="bob@away.example", to="bob@post.example.org", client_ip=OURS) == ("refused", 75)


async def test_what_goes_wrong_once_a_mail_is_stored_does_not_bring_it_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = {"mail_from": "alice@example.com", "rcpt": "alice@post.example.org", "client_ip": OURS}
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", str(settings.data_dir / "no python"))  # no worker can start
        outcome, code = await pipe.receive(settings, mail(9), **client)
    assert (outcome["status"], outcome["reason"], code) == ("stored", pipe.WAITS, 0)
    later, code = await pipe.receive(settings, mail(9), **client)
    assert (later["id"], later["status"], code) == (outcome["id"], "published", 0)
