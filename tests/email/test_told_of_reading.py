"""What members see of how their mail was read: from the port to the post or to the words they are told."""

import base64

import pytest

from gateway.core.house import House
from gateway.core.store.models import Media
from gateway.email.workers import Workers
from tests.conftest import Cast, Clock
from tests.email.mailhouse import MailHouse, letter, photo
from tests.email.test_signed import ARMOUR, signed
from tests.email.test_workers import SLOW
from tests.email.winmail import Winmail, attachment, words

pytestmark = pytest.mark.asyncio(loop_scope="session")

HEAD = b"From: Alice <alice@example.com>\r\nTo: alice@post.example.org\r\nSubject: Harbour\r\nMessage-ID: <odd@example.com>\r\n"


async def test_encrypted_mail_publishes_nothing_and_its_sender_is_told(post: MailHouse) -> None:
    assert (await post.send(HEAD + b"\r\n" + ARMOUR)).startswith("250 ")
    assert await post.outcomes() == ["rejected"]
    assert post.posts() == []
    [told] = post.mails("alice@example.com")
    assert "The mail is encrypted, and we cannot read it. Nothing was published." in " ".join(told.text.split())


async def test_mail_signed_as_a_whole_is_published(post: MailHouse) -> None:
    body = base64.encodebytes(signed()).replace(b"\n", b"\r\n")
    kind = b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    await post.send(HEAD + kind + body)
    assert await post.outcomes() == ["published"]
    assert post.posts()[0].markdown == "Signed words, grün."


async def test_what_outlook_packs_into_winmail_dat_is_published_with_its_photo(post: MailHouse) -> None:
    made = Winmail(message=[words(0x1000, "Grüße vom Hafen")], attachments=[attachment(b"lake.jpg", photo())]).made()
    body = base64.encodebytes(made).replace(b"\n", b"\r\n")
    await post.send(
        HEAD
        + b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + body
    )
    assert await post.outcomes() == ["published"]
    [made_post] = post.posts()
    assert made_post.markdown == "Grüße vom Hafen"
    with post.house.database.read() as session:
        assert [media.filename for media in session.query(Media).filter_by(post_id=made_post.id)] == ["lake.jpg"]


async def test_a_mail_over_the_limit_of_computing_time_is_dead_after_three_tries(
    house: House, cast: Cast, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    workers = Workers(1, cpu_seconds=0)
    await workers.start()
    try:
        async with MailHouse(house, workers, tmp_path_factory.mktemp("mail")) as post:
            await post.send(HEAD + SLOW)
            for _ in range(3):
                await post.settled()
                clock.forward(minutes=1)
            await post.settled()
            await post.send(letter("Harmless.\n"))
            await post.settled()
            slow, after = post.inbox()
            assert (slow.status, after.status) == ("dead", "published")
            assert "Tried 3 times" in slow.reason
            assert "computing time" in slow.reason
            assert slow.raw is not None or slow.raw_blob is not None
    finally:
        await workers.stop()
