"""The address table: who may mail what where, and what each is answered, through the real port on both databases."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.core.audience import subscribers
from gateway.core.people.tokens import mint
from gateway.core.store.models import Blog, Member, Post, Subscriber, Suppression
from gateway.core.writing import blogs
from tests.conftest import Cast, Clock
from tests.email.mailhouse import BAD_IP, MailHouse, letter, signed, wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

ALICE = "alice@post.example.org"
NONE = "550 5.1.1 Nobody here has this address."


# The blog's address


async def test_a_proven_mail_from_the_owner_is_published(post: MailHouse) -> None:
    assert (await post.send(letter())).startswith("250 2.0.0 ")
    assert (await post.outcome()).status == "published"
    [made] = post.posts()
    assert (made.title, made.markdown, made.source) == ("Harbour", "Hello from the harbour.", "email")


async def test_dkim_proves_the_owner_from_anywhere(post: MailHouse) -> None:
    post.peer = BAD_IP
    post.dns.publish_key()
    assert (await post.send(signed(wire(letter())))).startswith("250 ")
    assert (await post.outcome()).status == "published"


async def test_a_signature_over_other_words_proves_nothing(post: MailHouse) -> None:
    post.peer = BAD_IP
    post.dns.publish_key()
    raw = signed(wire(letter())).replace(b"harbour", b"airport")
    assert (await post.send(raw)).startswith("550 5.7.26 ")


async def test_a_known_sender_without_proof_is_asked_before_anything_is_published(post: MailHouse) -> None:
    post.dns.say_nothing()
    assert (await post.send(letter())).startswith("250 ")
    held = await post.outcome()
    assert (held.status, post.posts()) == ("held", [])
    [asked] = post.mails("alice@example.com")
    token = mint(post.house.community.keyring, "held", held.id)
    assert asked.header("Subject") == "Publish this? Harbour"
    assert f"https://example.org/held/{token}" in asked.text
    assert f"https://example.org/held/{token}" in asked.html
    assert "Nothing is published yet" in asked.text


async def test_a_held_mail_is_published_once_its_sender_says_so(post: MailHouse) -> None:
    from gateway.core.ledger import inbox

    post.dns.say_nothing()
    await post.send(letter())
    held = await post.outcome()
    post.house.database.writer.run(lambda s: inbox.release(s, held.id, post.house.now()))
    assert (await post.outcome()).status == "published"
    assert [made.title for made in post.posts()] == ["Harbour"]


async def test_a_forged_mail_is_refused_in_the_session_and_leaves_no_content(post: MailHouse) -> None:
    post.peer = BAD_IP
    assert (await post.send(letter(), mail_from="eve@evil.example")).startswith("550 5.7.26 ")
    await post.settled()
    assert (post.inbox(), post.posts()) == ([], [])
    [refused] = post.refusals()
    assert (refused.code, refused.sender, refused.recipient) == ("550 5.7.26", "eve@evil.example", ALICE)


async def test_an_unknown_sender_is_refused(post: MailHouse) -> None:
    reply = await post.send(letter(sender="eve@evil.example"), mail_from="eve@evil.example")
    assert reply.startswith("550 5.7.1 This blog takes mail from its owner only.")


async def test_another_member_is_not_the_owner(post: MailHouse) -> None:
    assert (await post.send(letter(sender="bob@example.com"), mail_from="bob@example.com")).startswith("550 5.7.1 ")


async def test_an_address_that_is_not_confirmed_is_unknown(post: MailHouse, cast: Cast) -> None:
    post.know(cast.alice, "alice@work.example", verified=False)
    assert (await post.send(letter(sender="alice@work.example"))).startswith("550 5.7.1 ")


async def test_a_second_address_of_the_owner_is_as_good_and_case_does_not_matter(post: MailHouse, cast: Cast) -> None:
    post.know(cast.alice, "alice@home.example.com")
    await post.send(letter(sender="ALICE@Home.Example.Com"), "Alice@POST.example.org")
    assert (await post.outcome()).status == "published"


async def test_an_unknown_recipient_is_refused_at_rcpt(post: MailHouse) -> None:
    for local in (
        "nobody",
        "alice." + "a" * 20,
        "r." + "a" * 54,
        "b." + "a" * 42,
        "u." + "a" * 42,
        "n." + "a" * 42,
        "r",
    ):
        assert (await post.send(letter(), f"{local}@post.example.org")).startswith(NONE), local
    assert (await post.send(letter(), "alice@elsewhere.example")).startswith(NONE)


async def test_dns_trouble_puts_a_sender_off_for_four_hours_and_then_they_are_asked(
    post: MailHouse, clock: Clock
) -> None:
    post.dns.trouble = True
    assert (await post.send(letter())).startswith("451 4.7.0 ")
    clock.forward(hours=3, minutes=59)
    assert (await post.send(letter())).startswith("451 4.7.0 ")
    other = letter("Another mail.\n", message_id="<two@example.com>")
    assert (await post.send(other)).startswith("451 4.7.0 ")
    clock.forward(minutes=1)
    assert (await post.send(letter())).startswith("250 ")
    assert (await post.outcome()).status == "held"
    assert (await post.send(other)).startswith("451 4.7.0 ")
    assert post.posts() == []


async def test_dns_trouble_of_a_forger_hides_no_known_refusal(post: MailHouse) -> None:
    post.dns.trouble = True
    assert (await post.send(letter(sender="eve@evil.example"))).startswith("550 5.7.1 ")


async def test_mail_is_published_again_when_the_dns_is_back(post: MailHouse, clock: Clock) -> None:
    post.dns.trouble = True
    await post.send(letter())
    clock.forward(minutes=15)
    post.dns.trouble = False
    assert (await post.send(letter())).startswith("250 ")
    assert (await post.outcome()).status == "published"


async def test_a_mail_needs_exactly_one_from(post: MailHouse) -> None:
    for header in (
        b"From: alice@example.com\r\nFrom: eve@evil.example\r\n",
        b"From: alice@example.com\r\nFrom: alice@example.com\r\n",
        b"From: alice@example.com, eve@evil.example\r\n",
        b"From: Friends: alice@example.com;\r\n",
        b"From: undisclosed-recipients:;\r\n",
        b"From: alice\r\n",
        b"",
    ):
        raw = header + b"To: alice@post.example.org\r\nSubject: Harbour\r\n\r\nHi\r\n"
        assert (await post.send(raw)).startswith("550 5.7.1 A mail needs exactly one From address."), header
    assert post.inbox() == []


async def test_reply_to_is_never_identity(post: MailHouse) -> None:
    raw = letter(sender="eve@evil.example", Reply_To="alice@example.com", Sender="alice@example.com")
    assert (await post.send(raw)).startswith("550 5.7.1 ")


# Her secret posting address


async def test_the_secret_address_needs_no_proof_and_publishes(post: MailHouse, cast: Cast) -> None:
    post.dns.say_nothing()
    assert (await post.send(letter(), post.secret_address(cast.blog))).startswith("250 ")
    assert (await post.outcome()).status == "published"


async def test_the_secret_address_takes_no_strangers(post: MailHouse, cast: Cast) -> None:
    post.dns.say_nothing()
    for sender in ("eve@evil.example", "bob@example.com"):
        reply = await post.send(letter(sender=sender), post.secret_address(cast.blog))
        assert reply.startswith("550 5.7.1 "), sender


async def test_a_forged_mail_to_the_secret_address_is_held(post: MailHouse, cast: Cast) -> None:
    post.peer = BAD_IP
    assert (await post.send(letter(), post.secret_address(cast.blog), mail_from="eve@evil.example")).startswith("250 ")
    held = await post.outcome()
    assert (held.status, post.posts()) == ("held", [])
    assert "though it came to your secret address" in held.reason


async def test_a_rotated_secret_address_is_dead_at_once(post: MailHouse, cast: Cast) -> None:
    old = post.secret_address(cast.blog)
    assert (await post.send(letter(message_id="<before@example.com>"), old)).startswith("250 ")
    post.house.database.writer.run(
        lambda s: blogs.rotate_secret(s, s.get_one(Blog, cast.blog), s.get_one(Member, cast.alice))
    )
    assert (await post.send(letter(), old)).startswith(NONE)
    assert (await post.send(letter(), post.secret_address(cast.blog))).startswith("250 ")


async def test_a_secret_of_another_blog_opens_nothing(post: MailHouse, cast: Cast) -> None:
    address = post.secret_address(cast.blog).replace("alice.", "bob.")
    assert (await post.send(letter(sender="bob@example.com"), address)).startswith(NONE)


async def test_a_secret_stands_in_no_refusal(post: MailHouse, cast: Cast) -> None:
    address = post.secret_address(cast.blog)
    await post.send(letter(sender="eve@evil.example"), address)
    [refused] = post.refusals()
    assert refused.recipient == "alice.…@post.example.org"


# Options


@pytest.mark.parametrize("address", ["alice+draft@post.example.org", "alice.draft@post.example.org"])
async def test_the_option_draft_keeps_a_draft(post: MailHouse, address: str) -> None:
    await post.send(letter(), address)
    await post.settled()
    assert post.posts() == []
    assert [made.title for made in post.posts("draft")] == ["Harbour"]
    [told] = post.mails("alice@example.com")
    assert "Kept as a draft" in told.text
    assert "Nobody but you can see it" in told.text


async def test_a_secret_address_takes_options(post: MailHouse, cast: Cast) -> None:
    post.dns.say_nothing()
    await post.send(letter(), post.secret_address(cast.blog).replace("@", "+draft@"))
    await post.settled()
    assert [made.title for made in post.posts("draft")] == ["Harbour"]


async def test_anyone_may_ask_to_subscribe_and_must_confirm(post: MailHouse, cast: Cast) -> None:
    mail = letter(sender="Eve <eve@evil.example>", to="alice+subscribe@post.example.org")
    assert (await post.send(mail, "alice+subscribe@post.example.org", mail_from="eve@evil.example")).startswith("250 ")
    assert post.posts() == []
    assert (await post.outcome()).status == "recorded"
    with post.house.database.read() as session:
        row = session.scalars(select(Subscriber)).one()
        assert (row.address, row.status, row.blog_id) == ("eve@evil.example", "pending", cast.blog)
    assert [one.recipient for one in post.deliveries("confirm_subscription")] == ["eve@evil.example"]


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}])
async def test_a_machine_does_not_subscribe(post: MailHouse, headers: dict[str, str]) -> None:
    mail = letter(sender="eve@evil.example", **headers)
    assert (await post.send(mail, "alice+subscribe@post.example.org")).startswith("250 ")
    assert (await post.outcome()).status == "ignored"
    assert post.deliveries("confirm_subscription") == []


async def test_a_mail_without_a_sender_subscribes_nobody(post: MailHouse) -> None:
    raw = b"Subject: hello\r\n\r\nplease\r\n"
    assert (await post.send(raw, "alice+subscribe@post.example.org")).startswith("550 5.7.1 ")


# Tokens


async def test_a_reply_address_replies_as_its_member(post: MailHouse, cast: Cast) -> None:
    await post.send(letter())
    hello = (await post.outcome()).post_id
    assert hello is not None
    address = post.reply_address(hello, cast.bob)
    mail = letter(
        "Well said!\n", sender="bob@example.com", to=address, subject="Re: Harbour", message_id="<b@example.com>"
    )
    assert (await post.send(mail, address, mail_from="bob@example.com")).startswith("250 ")
    assert (await post.outcome()).status == "replied"
    reply = post.posts()[-1]
    assert (reply.kind, reply.reply_to_id, reply.author_id, reply.title) == ("reply", hello, cast.bob, "")
    assert reply.markdown == "Well said!"


async def test_a_reply_address_is_no_use_to_anybody_else(post: MailHouse, cast: Cast) -> None:
    await post.send(letter())
    hello = (await post.outcome()).post_id
    assert hello is not None
    address = post.reply_address(hello, cast.bob)
    for sender in ("alice@example.com", "eve@evil.example"):
        reply = await post.send(letter("No.\n", sender=sender, to=address), address, mail_from=sender)
        assert reply.startswith("550 5.7.1 "), sender


async def test_a_forged_mail_to_a_reply_address_is_refused_and_an_unproven_one_is_taken(
    post: MailHouse, cast: Cast
) -> None:
    await post.send(letter())
    hello = (await post.outcome()).post_id
    assert hello is not None
    address = post.reply_address(hello, cast.bob)
    mail = letter("Well said!\n", sender="bob@example.com", to=address, message_id="<b@example.com>")
    post.peer = BAD_IP
    assert (await post.send(mail, address, mail_from="bob@example.com")).startswith("550 5.7.26 ")
    post.dns.say_nothing()
    assert (await post.send(mail, address, mail_from="bob@example.com")).startswith("250 ")
    assert (await post.outcome()).status == "replied"


async def test_a_reply_to_a_post_that_is_gone_is_answered_and_not_published(post: MailHouse, cast: Cast) -> None:
    await post.send(letter())
    hello = (await post.outcome()).post_id
    assert hello is not None
    address = post.reply_address(hello, cast.bob)
    post.house.database.writer.run(lambda s: s.execute(update(Post).values(status="deleted")))
    await post.send(letter("Late.\n", sender="bob@example.com"), address, mail_from="bob@example.com")
    assert (await post.outcome()).status == "rejected"
    assert "Your reply was not published" in post.mails("bob@example.com")[-1].text


async def test_a_bounce_fails_its_delivery_and_suppresses_the_address(post: MailHouse) -> None:
    await post.send(letter())
    await post.settled()
    [sent] = post.deliveries("answer")
    address = post.house.community.mail("b." + mint(post.house.community.keyring, "bounce", sent.id))
    assert (await post.send(dsn("alice@example.com"), address, mail_from="")).startswith("250 ")
    assert (await post.outcome()).status == "recorded"
    [sent] = post.deliveries("answer")
    assert sent.status == "failed"
    assert sent.reported.startswith("5.1.1 ")
    with post.house.database.read() as session:
        assert session.scalars(select(Suppression.reason)).all() == ["hard bounce"]


async def test_a_subscriber_leaves_by_mail(post: MailHouse, cast: Cast) -> None:
    def subscribed(session: Session) -> int:
        row = Subscriber(
            blog_id=cast.blog,
            address="eve@evil.example",
            status="active",
            cadence="weekly",
            asked_at=post.house.now(),
            confirmed_at=post.house.now(),
        )
        session.add(row)
        session.flush()
        return row.id

    row_id = post.house.database.writer.run(subscribed)
    _, address = subscribers.ways_to_leave(post.house.community, "alice", row_id)
    assert (await post.send(letter(sender="somebody@else.example"), address)).startswith("250 ")
    assert (await post.outcome()).status == "recorded"
    with post.house.database.read() as session:
        assert session.get_one(Subscriber, row_id).status == "unsubscribed"


# Commands


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timeline\n", "Your timeline"),
        ("follow @alice\n", "You follow Alice already."),
        ("help\n", "`k7f` stands for a post's short reference"),
        ("HELP\n\n-- \nBob\nSent from my phone\n", "follow @name"),
    ],
)
async def test_commands_by_mail_are_answered_by_mail(post: MailHouse, text: str, said: str) -> None:
    mail = letter(text, sender="bob@example.com", to="do@post.example.org", subject="")
    assert (await post.send(mail, "do@post.example.org", mail_from="bob@example.com")).startswith("250 ")
    assert (await post.outcome()).status == "answered"
    [answer] = post.mails("bob@example.com")
    assert said.replace("`", "") in " ".join(answer.text.replace("`", "").split())
    assert answer.header("In-Reply-To") == "<one@example.com>"
    assert answer.header("Return-Path") == "<>"
    assert answer.header("Auto-Submitted") == "auto-generated"


async def test_a_command_may_stand_in_the_subject(post: MailHouse) -> None:
    mail = letter("\n", sender="bob@example.com", subject="follow @carol")
    await post.send(mail, "do@post.example.org", mail_from="bob@example.com")
    assert (await post.outcome()).status == "answered"
    assert "You follow Carol now." in post.mails("bob@example.com")[-1].text


async def test_words_without_a_command_are_not_published_by_the_command_address(post: MailHouse) -> None:
    mail = letter("How do I change my address?\n", sender="bob@example.com", subject="Re: Sign in to Demo Town")
    await post.send(mail, "do@post.example.org", mail_from="bob@example.com")
    assert (await post.outcome()).status == "rejected"
    assert post.posts() == []
    [answer] = post.mails("bob@example.com")
    assert "Nothing was published" in answer.text
    assert "help" in answer.text


async def test_an_unknown_command_gets_the_nearest_one(post: MailHouse) -> None:
    mail = letter("timelin\n", sender="bob@example.com", subject="")
    await post.send(mail, "do@post.example.org", mail_from="bob@example.com")
    assert (await post.outcome()).status == "rejected"
    assert "timeline" in post.mails("bob@example.com")[-1].text


async def test_commands_are_for_members_who_can_be_proven(post: MailHouse, clock: Clock) -> None:
    to = "do@post.example.org"
    mail = letter("timeline\n", sender="bob@example.com")
    assert (await post.send(letter("timeline\n", sender="eve@evil.example"), to)).startswith("550 5.7.1 ")
    post.dns.trouble = True
    assert (await post.send(mail, to)).startswith("451 4.7.0 ")
    clock.forward(hours=4)
    assert (await post.send(mail, to)).startswith("250 ")
    assert (await post.outcome()).status == "held"
    post.dns.trouble = False
    post.peer = BAD_IP
    assert (await post.send(letter("help\n", sender="bob@example.com"), to)).startswith("550 5.7.26 ")


# The people who run the place


async def test_postmaster_and_abuse_take_mail_from_anybody_and_hand_it_to_the_operator(
    post: MailHouse, cast: Cast
) -> None:
    make(post, cast.carol, "operator")
    post.peer = BAD_IP
    raw = wire(letter("Your server is on fire.\n", sender="Eve <eve@evil.example>"))
    for name, mail_from in (("postmaster", ""), ("abuse", "eve@evil.example"), ("POSTMASTER", "x@y.example")):
        assert (await post.send(raw, f"{name}@post.example.org", mail_from=mail_from)).startswith("250 "), name
    assert await post.outcomes() == ["recorded", "recorded"]  # the third is the first again, in other letters
    for handed in post.mails("carol@example.com"):
        assert b"Content-Type: message/rfc822" in handed.raw
        assert b"Your server is on fire." in handed.raw
        assert "eve@evil.example" in handed.text


async def test_a_bare_postmaster_is_ours(post: MailHouse, cast: Cast) -> None:
    make(post, cast.carol, "operator")
    assert (await post.send(b"From: a@b.example\r\n\r\nhi\r\n", "postmaster", mail_from="")).startswith("250 ")


async def test_mail_for_operators_without_an_operator_waits_to_be_seen(post: MailHouse) -> None:
    assert (await post.send(letter(), "abuse@post.example.org")).startswith("250 ")
    assert (await post.outcome()).status == "held"


async def test_community_goes_to_the_managers_and_into_no_operators_listing(post: MailHouse, cast: Cast) -> None:
    from gateway.core.desk import reports

    make(post, cast.bob, "manager")
    make(post, cast.carol, "operator")
    await post.send(letter("Bob was rude.\n", sender="eve@evil.example"), "community@post.example.org")
    assert (await post.outcome()).status == "recorded"
    assert len(post.mails("bob@example.com")) == 1
    assert post.mails("carol@example.com") == []
    with post.house.database.read() as session:
        assert reports.inbound(session) == []


def make(post: MailHouse, member_id: int, role: str) -> None:
    post.house.database.writer.run(lambda s: s.execute(update(Member).where(Member.id == member_id).values(role=role)))


def dsn(address: str) -> bytes:
    """A report of RFC 3464 about a mail to `address`."""
    return (
        "From: MAILER-DAEMON@mx.example.com\r\nTo: b@post.example.org\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\nMIME-Version: 1.0\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n\r\n--b--\r\n"
    ).encode()
