"""How answers leave for Telegram: limits obeyed per chat, failures told apart, long texts split, edits harmless."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from gateway.bots.telegram import Telegram
from gateway.bots.telegram.pages import is_public, pages
from gateway.core.messages import Answer, Button, Outgoing, Picture
from gateway.core.store.models import Delivery
from tests.bots.telegram.conftest import TelegramStage
from tests.fakes.wire import Mishap


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    """One database will do here; the contract's scenes run on both."""
    return new_database("sqlite")


def parcel(stage: TelegramStage, answer: Answer, **more: Any) -> Outgoing:
    return replace(Outgoing(1, "answer", "telegram", stage.alice.place, answer), **more)


async def test_a_429_is_obeyed_for_its_chat_while_others_flow(stage: TelegramStage) -> None:
    """Promise 12: nothing more goes to that chat until the time is over, and then everything does, in order."""
    stage.fake.fail_next("sendMessage", status=429, retry_after=30, chat_id=stage.bob.chat.id)
    stage.harness.publish("alice", "First")
    await stage.harness.until(lambda: "30 seconds" in stage.harness.deliveries("post")[0].reason, "waiting")
    calls = stage.calls("sendMessage")
    stage.harness.publish("alice", "Second")
    await stage.alice.say("following")
    await stage.alice.wait_for("You follow nobody yet")
    await stage.harness.until(lambda: stage.harness.deliveries()[-1].status == "sent", "answering alice")
    assert stage.calls("sendMessage") == calls + 1  # alice's answer
    stage.harness.forward(seconds=31)
    await stage.bob.wait_for("Second")
    texts = [one.text for one in stage.bob.chat.answers]
    assert [word for text in texts for word in ("First", "Second") if word in text] == ["First", "Second"]


async def test_a_403_ends_the_delivery_and_pauses_the_link(stage: TelegramStage) -> None:
    stage.fake.fail_next("sendMessage", status=403, chat_id=stage.bob.chat.id)
    stage.harness.publish("alice", "Anybody?")
    await stage.harness.until(lambda: stage.harness.deliveries("post")[0].status == "failed", "failing")
    assert "blocked by the user" in stage.harness.deliveries("post")[0].reason
    stage.harness.publish("alice", "And now?")
    await stage.harness.idle()
    assert len(stage.harness.deliveries("post")) == 1
    with stage.harness.house.database.read() as session:
        [said] = session.scalars(select(Delivery).where(Delivery.kind == "closed"))
    assert (said.channel, said.recipient) == ("email", "bob@example.com")


@pytest.mark.parametrize("mishap", ["timeout after send", "disconnect after send"])
async def test_no_answer_after_sending_is_uncertain(stage: TelegramStage, mishap: Mishap) -> None:
    stage.fake.fail_next("sendMessage", status=mishap)
    harness, fake = stage.harness, stage.fake
    hasty = Telegram(harness.house, fake.token, api=fake.url, filer=harness.filer, patience=0.5)
    result = await hasty.carrier.send(parcel(stage, Answer("Did it arrive?")))
    await hasty.close()
    assert result.status == "uncertain"
    assert "may have taken the message" in result.reason
    assert [one.text for one in stage.alice.chat.answers][-1] == "Did it arrive?"


async def test_a_server_that_cannot_be_reached_is_tried_again_later(stage: TelegramStage) -> None:
    await stage.harness.rest()
    await stage.driver.close_door()
    await stage.fake._server.stop()
    result = await stage.driver.door.carrier.send(parcel(stage, Answer("Anybody?")))
    assert result.status == "deferred"


@pytest.mark.parametrize("status", [500, 502, 401])
async def test_refusals_that_pass_are_tried_again_later(stage: TelegramStage, status: int) -> None:
    stage.fake.fail_next("sendMessage", status=status)
    result = await stage.driver.door.carrier.send(parcel(stage, Answer("Later")))
    assert result.status == "deferred"
    assert stage.fake.token not in result.reason


async def test_an_unknown_chat_is_closed_to_us(stage: TelegramStage) -> None:
    result = await stage.driver.door.carrier.send(parcel(stage, Answer("Hello"), recipient="77"))
    assert (result.status, result.unreachable) == ("failed", True)


async def test_what_telegram_cannot_read_goes_out_in_plain_words(stage: TelegramStage) -> None:
    stage.fake.fail_next("sendMessage", status=400, description="Bad Request: can't parse entities")
    answer = Answer("Some **bold** words", buttons=((Button("Open", url="https://a.example.org/x"),),))
    result = await stage.driver.door.carrier.send(parcel(stage, answer))
    assert result.status == "sent"
    said = stage.alice.chat.answers[-1]
    assert said.text == "Some bold words\n\nOpen: https://a.example.org/x"
    assert [entity["type"] for entity in said.entities] == ["url"]


async def test_a_photo_that_telegram_refuses_becomes_a_link(stage: TelegramStage) -> None:
    blob = stage.harness.house.blobs.put(b"not a picture")
    picture = Picture(blob, "image/jpeg", "https://example.org/media/x", alt="A tree")
    result = await stage.driver.door.carrier.send(parcel(stage, Answer("Look", pictures=(picture,))))
    assert result.status == "sent"
    assert stage.alice.chat.answers[-1].text == "Look\n\nA tree: https://example.org/media/x"


async def test_a_photo_that_is_no_longer_kept_is_left_out(stage: TelegramStage) -> None:
    picture = Picture("0" * 64, "image/jpeg", "https://example.org/media/x")
    result = await stage.driver.door.carrier.send(parcel(stage, Answer("Look", pictures=(picture,))))
    assert result.status == "sent"
    assert stage.alice.chat.answers[-1].text == "Look"


async def test_words_longer_than_a_caption_come_before_the_photo(stage: TelegramStage) -> None:
    blob = stage.harness.house.blobs.put(stage.harness.jpeg())
    answer = Answer(
        "word " * 400, pictures=(Picture(blob, "image/jpeg", ""),), buttons=((Button("Delete", "delete x"),),)
    )
    result = await stage.driver.door.carrier.send(parcel(stage, answer))
    words, photo = stage.alice.chat.answers[-2:]
    assert (result.remote_id, result.also) == (str(words.id), (str(photo.id),))
    assert words.button("Delete").data == "delete x"
    assert photo.file


async def test_a_long_answer_that_breaks_off_is_uncertain(stage: TelegramStage) -> None:
    """What went out is not sent again as if nothing had happened, and the shortage is on record."""
    sent = stage.calls("sendMessage")

    original = stage.alice.chat.post_by_bot

    def block_after_first(content: dict[str, object], reply_to: int | None = None) -> dict[str, object]:
        stage.fake.fail_next("sendMessage", status=502, chat_id=stage.alice.chat.id)
        return original(content, reply_to)

    stage.alice.chat.post_by_bot = block_after_first  # type: ignore[method-assign]
    result = await stage.driver.door.carrier.send(parcel(stage, Answer("word " * 1500)))
    assert result.status == "uncertain"
    assert result.reason.startswith("Only 1 of 2 messages went out")
    assert stage.calls("sendMessage") == sent + 2


async def test_an_edit_that_changes_nothing_is_done(stage: TelegramStage) -> None:
    carrier = stage.driver.door.carrier
    sent = await carrier.send(parcel(stage, Answer("The same")))
    again = await carrier.send(parcel(stage, Answer("The same"), edits=sent.remote_id))
    assert (again.status, again.remote_id) == ("sent", sent.remote_id)


async def test_an_edit_that_outgrows_a_caption_ends_with_where_to_read_on(stage: TelegramStage) -> None:
    carrier = stage.driver.door.carrier
    photo = Picture(stage.harness.house.blobs.put(stage.harness.jpeg()), "image/jpeg", "")
    sent = await carrier.send(parcel(stage, Answer("Short", pictures=(photo,), short_reference="k7f")))
    longer = Answer("**bold** " + "word " * 300, pictures=(photo,), short_reference="k7f", link="https://a.example/x")
    assert (await carrier.send(parcel(stage, longer, edits=sent.remote_id))).status == "sent"
    said = stage.alice.chat.answers[-1].raw
    assert said["caption"].startswith("bold word word")
    assert said["caption"].endswith("word …\n\nRead on: https://a.example/x\n\n[k7f]")
    assert 950 < len(said["caption"]) <= 1024


async def test_an_edit_of_a_message_that_is_gone_is_done(stage: TelegramStage) -> None:
    result = await stage.driver.door.carrier.send(parcel(stage, Answer("New"), edits="7"))
    assert result.status == "sent"
    assert "not found" in result.reason.lower()


async def test_an_answer_to_a_message_that_is_gone_goes_out(stage: TelegramStage) -> None:
    result = await stage.driver.door.carrier.send(parcel(stage, Answer("Still said"), reply_to="7"))
    assert result.status == "sent"


async def test_no_message_shows_a_preview_of_a_link(stage: TelegramStage) -> None:
    await stage.driver.door.carrier.send(parcel(stage, Answer("https://example.org/a")))
    last = [request for request in stage.fake.requests if request.method == "sendMessage"][-1]
    assert last.params["link_preview_options"] == {"is_disabled": True}


def test_buttons_that_telegram_would_refuse_become_words() -> None:
    rows = ((Button("Open", url="http://alice.localhost:8025/x"), Button("Too much", action="x" * 65)),)
    [page] = pages(Answer("Hello", buttons=rows, short_reference="k7f"))
    assert page.keyboard is None
    assert page.words == "Hello\n\nOpen: http://alice.localhost:8025/x\n\n[k7f]"


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://alice.example.org/x", True),
        ("http://localhost:8025/x", False),
        ("http://alice.localhost:8025/x", False),
        ("http://127.0.0.1:8025/x", False),
        ("http://intranet/x", False),
    ],
)
def test_which_addresses_telegram_takes(url: str, public: bool) -> None:
    assert is_public(url) is public
