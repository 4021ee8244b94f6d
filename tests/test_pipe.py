"""`postroom receive` in one process: who brought the mail to the MTA that calls it decides, as at the door."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway import pipe
from gateway.core.desk import welcome
from gateway.core.house import utc_now
from gateway.opening import open_house
from gateway.settings import Settings
from tests.fakes.dns import DnsFake

OURS = "192.0.2.10"
ALICE, BOB, NOBODY = "alice@post.example.org", "bob@post.example.org", "nobody@post.example.org"
ZONES = {
    ("example.com", "TXT"): (f"v=spf1 ip4:{OURS} -all",),
    ("mail.example.com", "TXT"): (f"v=spf1 ip4:{OURS} -all",),
    ("_dmarc.example.com", "TXT"): ("v=DMARC1; p=reject",),
}
RESULTS = b"Authentication-Results: mx.example; spf=pass smtp.mailfrom=alice@example.com\r\n"


def mail(number: int) -> bytes:
    return f"From: alice@example.com\r\nTo: blog@old.example\r\nSubject: {number}\r\n\r\nMail {number}\r\n".encode()


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
    house.database.writer.run(
        lambda s: welcome.add(s, house.community, utc_now(), "alice", "alice@example.com", operator=True)
    )
    house.database.writer.run(lambda s: welcome.add(s, house.community, utc_now(), "bob", "bob@away.example"))
    house.database.close()
    return chosen


@pytest.mark.system
async def test_the_client_s_address_and_hello_decide_and_nobody_else_s(settings: Settings) -> None:
    async def end(
        raw: bytes, *, mail_from: str = "alice@example.com", to: str = "alice@post.example.org", **client: str
    ) -> tuple[str, int]:
        [(outcome, code)] = await pipe.receive(settings, raw, mail_from=mail_from, recipients=[to], **client)
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


@pytest.mark.system
async def test_what_goes_wrong_once_a_mail_is_stored_does_not_bring_it_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: dict[str, Any] = {"mail_from": "alice@example.com", "recipients": [ALICE], "client_ip": OURS}
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", str(settings.data_dir / "no python"))  # no worker can start
        [(outcome, code)] = await pipe.receive(settings, mail(9), **client)
    assert (outcome["status"], outcome["reason"], code) == ("stored", pipe.WAITS, 0)
    [(later, code)] = await pipe.receive(settings, mail(9), **client)
    assert (later["id"], later["status"], code) == (outcome["id"], "published", 0)


@pytest.mark.system
async def test_each_of_several_recipients_is_answered(settings: Settings) -> None:
    """bob may not write to alice's blog, and his own domain's DNS is away: what was stored stays, and he is tried again for the rest."""
    taken = await pipe.receive(
        settings, mail(10), mail_from="alice@example.com", recipients=[NOBODY, ALICE, BOB], client_ip=OURS
    )
    assert [(outcome["status"], code) for outcome, code in taken] == [
        ("refused", 67),
        ("published", 0),
        ("refused", 77),
    ]
    assert pipe.exit_code(taken) == 67
    report = b"From: mta@example.net\r\nTo: postmaster@post.example.org\r\nSubject: x\r\n\r\nx\r\n"
    both = await pipe.receive(
        settings,
        report,
        mail_from="MAILER-DAEMON",
        recipients=["postmaster@post.example.org", "abuse@post.example.org"],
    )
    assert [outcome["status"] for outcome, _ in both] == ["recorded", "recorded"]
    assert len({outcome["id"] for outcome, _ in both}) == 2


@pytest.mark.parametrize(
    ("codes", "code"),
    [((0,), 0), ((67,), 67), ((0, 0), 0), ((0, 67), 67), ((77, 67), 77), ((0, 67, 75), 75), ((65, 0), 65)],
)
def test_several_ends_have_one_exit_code(codes: tuple[int, ...], code: int) -> None:
    assert pipe.exit_code([({}, one) for one in codes]) == code


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("IPv6:2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        *((word, "") for word in ("", "unknown", "mail.example.org", "192.0.2.1.5", "192.0.2.1/24", "-")),
    ],
)
def test_what_an_mta_calls_an_address_is_one_or_none(said: str, meant: str) -> None:
    assert pipe.address_of(said) == meant
