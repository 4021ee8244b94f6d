"""Real clients through the real port to a published post: swaks, msmtp, curl, Python's smtplib, on both databases."""

import asyncio
from pathlib import Path

import pytest

from tests.conftest import Cast
from tests.email.mailhouse import MailHouse, letter, photo, wire
from tests.email.test_server_clients import client, run

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.system]

TO = "alice@post.example.org"


async def published(post: MailHouse) -> tuple[str, str]:
    """Title and text of the one post there is."""
    assert await post.outcomes() == ["published"]
    [made] = post.posts()
    return made.title, made.markdown


async def test_smtplib(post: MailHouse) -> None:
    assert (await post.send(letter())).startswith("250 2.0.0 ")
    assert await published(post) == ("Harbour", "Hello from the harbour.")


async def test_swaks_with_a_photo(post: MailHouse, tmp_path: Path) -> None:
    (tmp_path / "lake.jpg").write_bytes(photo())
    code, output = await run(
        client("swaks"), "--server", f"127.0.0.1:{post.port}", "--from", "alice@example.com", "--to", TO, "--h-Subject",
        "Härbour", "--body", "Grüße vom Hafen", "--attach-type", "image/jpeg", "--attach-name", "lake.jpg", "--attach",
        f"@{tmp_path / 'lake.jpg'}",
    )  # fmt: skip
    assert code == 0, output
    assert "250 2.0.0 Your mail has arrived and is stored." in output
    assert await published(post) == ("Härbour", "Grüße vom Hafen")
    with post.house.database.read() as session:
        [made] = [session.merge(one) for one in post.posts()]
        assert [item.filename for item in made.media] == ["lake.jpg"]


async def test_swaks_tells_its_user_who_may_write_here(post: MailHouse) -> None:
    code, output = await run(
        client("swaks"), "--server", f"127.0.0.1:{post.port}", "--from", "eve@evil.example", "--to", TO
    )
    assert code == 26, output
    assert "550 5.7.1 This blog takes mail from its owner only." in output
    assert post.posts() == []


async def test_msmtp(post: MailHouse) -> None:
    code, output = await run(
        client("msmtp"), "--host=127.0.0.1", f"--port={post.port}", "--from=alice@example.com", TO,
        given=b"From: Alice <alice@example.com>\nSubject: Harbour\n\nfrom msmtp\n",
    )  # fmt: skip
    assert code == 0, output
    assert await published(post) == ("Harbour", "from msmtp")


async def test_msmtp_is_told_that_nobody_has_this_address(post: MailHouse) -> None:
    code, output = await run(
        client("msmtp"), "--host=127.0.0.1", f"--port={post.port}", "--from=alice@example.com",
        "nobody@post.example.org", given=b"From: alice@example.com\n\nhi\n",
    )  # fmt: skip
    assert code != 0
    assert "5.1.1 Nobody here has this address" in " ".join(output.split())


async def test_curl_without_date_and_message_id(post: MailHouse, tmp_path: Path) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_bytes(b"From: alice@example.com\r\nTo: alice@post.example.org\r\nSubject: Harbour\r\n\r\nfrom curl\r\n")
    code, output = await run(
        client("curl"), "-sS", f"smtp://127.0.0.1:{post.port}/mail.example.com", "--mail-from", "alice@example.com",
        "--mail-rcpt", TO, "-T", str(mail),
    )  # fmt: skip
    assert code == 0, output
    assert await published(post) == ("Harbour", "from curl")


async def test_curl_sends_a_reply(post: MailHouse, cast: Cast, tmp_path: Path) -> None:
    await post.send(letter())
    hello = (await post.outcome()).post_id
    assert hello is not None
    mail = tmp_path / "mail.eml"
    mail.write_bytes(wire(letter("Well said!\n", sender="bob@example.com", message_id="<b@example.com>")))
    code, output = await run(
        client("curl"), "-sS", f"smtp://127.0.0.1:{post.port}/mail.example.com", "--mail-from", "bob@example.com",
        "--mail-rcpt", post.reply_address(hello, cast.bob), "-T", str(mail),
    )  # fmt: skip
    assert code == 0, output
    assert await post.outcomes() == ["published", "replied"]


async def test_many_clients_at_once_each_get_their_post(post: MailHouse) -> None:
    replies = await asyncio.gather(*(post.send(letter(f"Number {number}.\n")) for number in range(20)))
    assert all(reply.startswith("250 ") for reply in replies)
    assert await post.outcomes() == ["published"] * 20
    assert {made.markdown for made in post.posts()} == {f"Number {number}." for number in range(20)}
