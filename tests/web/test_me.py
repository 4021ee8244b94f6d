"""A member's own page and settings."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk import intake
from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.messages import InboundMessage
from gateway.core.people import accounts, choices
from gateway.core.people.tokens import mint
from gateway.core.store.models import Address, Issue, LinkedAccount, Member
from gateway.core.writing import blogs
from tests.conftest import Cast, Clock
from tests.core.hands import delete
from tests.web.conftest import Browser, Publish, mailed, words_of


def member(house: House, member_id: int) -> Member:
    with house.database.read() as session:
        return session.get_one(Member, member_id)


def arrive(house: House, member_id: int, subject: str) -> int:
    """A mail as the door stores it, too large to stand in its row."""
    arrival = inbox.Arrival(
        "email",
        unique_key=subject,
        ordering_key=f"email:{subject}",
        raw_blob="0" * 64,
        raw_size=70_000,
        envelope={"subject": subject},
        member_id=member_id,
    )
    row_id = house.database.writer.run(lambda s: inbox.store(s, arrival, house.now()))
    assert row_id is not None
    return row_id


def finish(house: House, outcome: str, reason: str = "", post_id: int | None = None) -> None:
    """Ends all that has arrived."""

    def unit(session: Session) -> None:
        for held in inbox.claim(session, house.now(), limit=10, lease=house.lease):
            inbox.finish(session, held, outcome, house.now(), reason=reason, post_id=post_id)

    house.database.writer.run(unit)


async def test_a_member_sees_what_became_of_their_messages_and_nobody_elses(
    house: House, alice: Browser, publish: Publish, cast: Cast
) -> None:
    post = publish("Hello", title="Hello")
    arrive(house, cast.alice, "Hello")
    finish(house, "published", post_id=post.id)
    arrive(house, cast.alice, "A holiday")
    finish(house, "rejected", reason="It came from a mailing list.")
    held = arrive(house, cast.alice, "Papers")
    finish(house, "held", reason="It was not signed.")
    arrive(house, cast.bob, "Bob's own")
    arrive(house, cast.alice, "Just sent")
    page = await alice.get("/me")
    assert 'href="https://alice.example.org/2026/11/25/hello"' in page.text
    assert "It came from a mailing list." in page.text
    assert f"/held/{mint(house.community.keyring, 'held', held)}" in page.text
    assert "Bob&#39;s own" not in page.text
    for what in ("Papers", "Just sent", "waiting"):
        assert what in page.text
    assert page.headers["cache-control"] == "private, no-store"


async def test_a_message_is_shown_as_things_stand_now(
    house: House, alice: Browser, publish: Publish, cast: Cast
) -> None:
    post = publish("Hello", title="Hello")
    arrive(house, cast.alice, "Hello")
    finish(house, "published", post_id=post.id)
    assert 'class="outcome published">published<' in (await alice.get("/me")).text
    delete(house, "alice", post)
    page = (await alice.get("/me")).text
    assert 'class="outcome gone">' in page
    assert "outcome published" not in page
    assert "/hello" not in page


async def test_commands_in_what_became_of_messages_are_code(house: House, alice: Browser, cast: Cast) -> None:
    arrive(house, cast.alice, "Late")
    finish(house, "rejected", reason="It is too late. Send `delete k7f` to <delete> it.")
    arrive(house, cast.alice, "Torn")
    finish(house, "rejected", reason="Half a ` tick.")
    page = (await alice.get("/me")).text
    assert "Send <code>delete k7f</code> to &lt;delete&gt; it." in page
    assert "Half a ` tick." in page


async def test_every_message_is_found_and_what_waits_is_first_on_every_page(
    house: House, alice: Browser, cast: Cast
) -> None:
    arrive(house, cast.alice, "Waits since long")
    finish(house, "held", reason="It was not signed.")
    for number in range(60):
        arrive(house, cast.alice, f"Mail {number:02}")
        finish(house, "answered")
    url, seen = "/me", list[str]()
    for _ in range(3):
        page = (await alice.get(url)).text
        assert page.index("Waits since long") < page.index("Post by mail") < page.index("What became of your messages")
        assert page.count("Waits since long") == 1
        seen += re.findall(r'class="what">(Mail \d\d)', page)
        assert ("Newest messages" in page) is (url != "/me")
        [url] = re.findall(r'href="([^"#]+)#messages">Earlier messages', page) or [""]
    assert seen == [f"Mail {number:02}" for number in reversed(range(60))]
    assert url == ""
    for nonsense in ("x", "²", "-1", "9" * 40):
        assert (await alice.client.get("/me", params={"before": nonsense})).status_code == 400


async def test_a_heap_that_waits_is_counted(house: House, alice: Browser, cast: Cast) -> None:
    for number in range(102):
        arrive(house, cast.alice, f"Mail {number}")
    for _ in range(11):
        finish(house, "held", reason="It was not signed.")
    page = words_of(await alice.get("/me"))
    assert page.count("It was not signed.") == 100
    assert "And 2 more." in page
    assert "discard all" in page


async def test_a_message_without_a_subject_is_called_by_its_first_words(
    house: House, alice: Browser, publish: Publish, cast: Cast
) -> None:
    post = publish("Sunrise over the harbour")
    arrive(house, cast.alice, "")
    finish(house, "published", post_id=post.id)
    say(house, "timline", "alice@example.com", cast.alice)
    say(house, "follow @bob", "alice@example.com", cast.alice)
    html = await alice.get("/me")
    page = words_of(html)
    for words in ("Sunrise over the harbour", "timline", "There is no command “timline”.", "follow @bob"):
        assert words in page
    assert "by mail" not in html.text[html.text.index('id="messages"') : html.text.index('id="invite"')]


def say(house: House, text: str, address: str, member_id: int) -> None:
    """Commands by mail, without a subject, through the desk."""
    facts = {"kind": "commands", "from": address, "subject": "", "member_id": member_id}
    arrival = inbox.Arrival("email", text, text, raw=b"x", envelope=facts, member_id=member_id)
    house.database.writer.run(lambda s: inbox.store(s, arrival, house.now()))
    [held] = house.database.writer.run(lambda s: inbox.claim(s, house.now(), limit=1, lease=house.lease))
    message = InboundMessage("email", address, address, text=text, member_id=member_id, only_commands=True)
    with house.database.read() as session:
        plan = intake.understand(session, house.community, message)
    house.database.writer.run(lambda s: intake.apply(s, house.community, held, plan, house.now(), house.randomness))


async def test_a_reason_is_a_sentence_whoever_gave_it(house: House, alice: Browser, cast: Cast) -> None:
    for number, reason in enumerate(("unknown command timline", "Tried thrice!", "  ")):
        arrive(house, cast.alice, f"Mail {number}")
        finish(house, "rejected", reason=reason)
    page = (await alice.get("/me")).text
    assert re.findall(r'reason">([^<]*)<', page) == ["Tried thrice!", "Unknown command timline."]


async def test_a_message_that_kills_its_reader_is_shown_as_one_that_could_not_be_read(
    house: House, alice: Browser, cast: Cast, clock: Clock
) -> None:
    arrive(house, cast.alice, "Poison")
    for _ in range(inbox.MAX_ATTEMPTS + 1):
        house.database.writer.run(lambda s: inbox.claim(s, house.now(), limit=10, lease=house.lease))
        clock.forward(hours=1)
    page = await alice.get("/me")
    assert "Poison" in page.text
    assert "could not be read" in page.text


async def test_the_secret_address_is_shown_and_dies_when_a_new_one_is_made(house: House, alice: Browser) -> None:
    def secret() -> str:
        with house.database.read() as session:
            return blogs.secret_address(house.community, blogs.by_name(session, "alice"))

    old = secret()
    assert old in (await alice.get("/me")).text
    assert (await alice.post("/me/secret-address")).headers["location"] == "/me?done=rotated"
    page = (await alice.get("/me")).text
    assert old not in page
    assert secret() in page


async def test_addresses_are_removed_but_never_the_last(house: House, alice: Browser, cast: Cast) -> None:
    def add(session: Session) -> int:
        owner = session.get_one(Member, cast.alice)
        return accounts.add_address(session, owner, "second@example.com", house.now(), verified=True).id

    second = house.database.writer.run(add)
    with house.database.read() as session:
        bobs = session.scalars(select(Address.id).where(Address.member_id == cast.bob)).one()
    assert (await alice.post("/me/addresses/remove", address=str(bobs))).status_code == 404
    assert (await alice.post("/me/addresses/remove", address=str(second))).status_code == 303
    with house.database.read() as session:
        [last] = session.scalars(select(Address).where(Address.member_id == cast.alice))
    refused = await alice.post("/me/addresses/remove", address=str(last.id))
    assert refused.status_code == 409
    assert "only address" in refused.text
    for nonsense in ("", "x", "²", "-1", "9" * 40):
        assert (await alice.post("/me/addresses/remove", address=nonsense)).status_code in {400, 404}


async def test_a_chat_is_linked_by_a_code_shown_once_and_unlinked_by_a_button(
    house: House, alice: Browser, cast: Cast
) -> None:
    page = await alice.post("/me/chats", channel="telegram")
    code = page.text.partition("<code>link ")[2].partition("<")[0]
    assert len(code) == 26
    assert f'href="https://t.me/town_bot?start={code}"' in page.text
    assert code not in (await alice.get("/me")).text
    house.database.writer.run(
        lambda s: accounts.link(s, "telegram", "77", "77", code, house.now(), shown_as="Alice in Telegram")
    )
    assert "Alice in Telegram" in (await alice.get("/me")).text
    with house.database.read() as session:
        linked = session.scalars(select(LinkedAccount.id)).one()
    await alice.sign_in(cast.bob)
    assert (await alice.post("/me/chats/unlink", chat=str(linked))).status_code == 404
    await alice.sign_in(cast.alice)
    assert (await alice.post("/me/chats/unlink", chat=str(linked))).headers["location"] == "/me?done=unlinked"
    assert "Alice in Telegram" not in (await alice.get("/me")).text
    assert (await alice.post("/me/chats", channel="fax")).status_code == 404


PREFERENCES = {
    "display_name": "Alice  W.",
    "bio": "Printer.",
    "time_zone": "Europe/Berlin",
    "tell_replies_email": "at_once",
    "tell_posts_email": "off",
    "quiet_from": "22",
    "quiet_until": "7",
    "timeline_replies": "followed",
    "digest": "daily",
    "digest_weekday": "2",
    "digest_hour": "7",
}


async def test_settings_are_saved_and_shown(house: House, alice: Browser, cast: Cast) -> None:
    assert (await alice.post("/me/settings", **PREFERENCES)).headers["location"] == "/me/settings?done=saved"
    row = member(house, cast.alice)
    assert (row.display_name, row.bio, row.time_zone) == ("Alice W.", "Printer.", "Europe/Berlin")
    assert (row.quiet_from, row.quiet_until, row.ask_first, row.confirmations) == (22, 7, False, False)
    assert not row.micro_monday
    with house.database.read() as session:
        holds = choices.of_member(session, row)
    assert [holds.how("email", what) for what in choices.WHATS] == ["at_once", "at_once", "off"]
    assert list(holds.chosen) == [("email", "posts")]  # what is as usual stays so
    assert row.timeline_replies == "followed"
    assert (row.digest, row.digest_weekday, row.digest_hour) == ("daily", 2, 7)
    page = (await alice.get("/me/settings")).text
    assert '<option value="daily" selected>' in page
    assert 'value="Europe/Berlin"' in page


WRONG = (
    {"time_zone": "Nowhere"},
    {"digest": "hourly"},
    {"digest_weekday": "7"},
    {"digest_hour": "24"},
    {"digest_hour": "x"},
    {"tell_replies_email": "by pigeon"},
    {"quiet_until": "22"},
    {"quiet_until": ""},
    {"timeline_replies": "some"},
    {"bio": "x" * 1001},
)


async def test_a_wrong_setting_saves_nothing(house: House, alice: Browser, cast: Cast) -> None:
    for wrong in WRONG:
        page = await alice.post("/me/settings", **{**PREFERENCES, **wrong})
        assert page.status_code == 400, wrong
        assert 'role="alert"' in page.text
        assert member(house, cast.alice).bio == "", wrong


async def test_the_blogs_settings_are_saved(house: House, alice: Browser, cast: Cast) -> None:
    form = {
        "title": "Slow Type",
        "description": "Letters.",
        "time_zone": "Asia/Tokyo",
        "language": "pt-BR",
        "newsletter": "monthly",
        "newsletter_hour": "8",
        "newsletter_weekday": "4",
        "postal_address": "1 Main Street",
    }
    assert (await alice.post("/me/blog", **form)).headers["location"] == "/me/settings?done=saved"
    with house.database.read() as session:
        blog = blogs.by_name(session, "alice")
        assert (blog.title, blog.time_zone, blog.newsletter) == ("Slow Type", "Asia/Tokyo", "monthly")
        assert blog.language == "pt-BR"
        assert (blog.newsletter_hour, blog.newsletter_weekday, blog.postal_address) == (8, 4, "1 Main Street")
    assert (await alice.post("/me/blog", **{**form, "newsletter": "hourly"})).status_code == 400
    facts = {"cadence": "weekly", "period": "2026-W47", "created_at": house.now(), "send_at": house.now()}
    house.database.writer.run(lambda s: s.add(Issue(blog_id=cast.blog, status="scheduled", **facts)))
    off = await alice.post("/me/blog", **{**form, "newsletter": "off"})
    assert off.headers["location"] == "/me/settings?done=newsletter-stopped"
    assert "it is paused" in (await alice.get(off.headers["location"])).text


async def test_a_member_invites_by_mail_and_not_without_end(house: House, alice: Browser, cast: Cast) -> None:
    assert (await alice.post("/me/invitations", address="dora@example.com")).headers["location"] == "/me?done=invited"
    [mail] = mailed(house, "invitation")
    assert (mail.recipient, mail.payload["inviter"]) == ("dora@example.com", cast.alice)
    assert (await alice.post("/me/invitations", address="bob@example.com")).status_code == 409
    for number in range(19):
        await alice.post("/me/invitations", address=f"friend{number}@example.com")
    over = await alice.post("/me/invitations", address="one-more@example.com")
    assert over.status_code == 429
    assert len(mailed(house, "invitation")) == 20
