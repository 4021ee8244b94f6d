"""Coming in: sign-in links, invitations, confirming an address, held messages."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.house import House
from gateway.core.people import accounts, letters
from gateway.core.people.tokens import mint
from gateway.core.store.models import Inbound, Member, WebSession
from gateway.core.writing import blogs
from tests.conftest import Cast, Clock
from tests.web.conftest import ALICE, COMMUNITY, Browser, everything, mailed, new_client, secret_in, words_of


async def link_for(browser: Browser, house: House, address: str = "alice@example.com") -> str:
    await browser.post("/sign-in", address=address)
    return f"/sign-in/{secret_in(house, mailed(house, 'sign_in')[-1], 'sign-in')}"


async def test_a_mailed_link_signs_in_once_by_its_button(house: House, browser: Browser, cast: Cast) -> None:
    link = await link_for(browser, house, " Alice@Example.COM ")
    assert "Sign in as @alice" in (await browser.get(link)).text
    assert (await browser.get("/me")).headers["location"] == "/sign-in"
    answer = await browser.post(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-postroom=")
    for flag in ("httponly", "secure", "samesite=lax", "path=/"):
        assert flag in cookie
    assert "domain=" not in cookie
    assert "Timeline" in (await browser.get("/")).text
    assert (await browser.post(link)).status_code == 404
    assert (await browser.get(link)).status_code == 404


async def test_the_session_is_stored_hashed_and_ends_with_signing_out(
    house: House, browser: Browser, cast: Cast
) -> None:
    await browser.post(await link_for(browser, house))
    secret = browser.client.cookies["__Host-postroom"]
    with house.database.read() as session:
        [row] = session.scalars(select(WebSession))
        assert secret not in row.hash
    await browser.get("/me")
    answer = await browser.post("/sign-out")
    assert answer.headers["location"] == "/sign-in?done=signed-out"
    browser.client.cookies.set("__Host-postroom", secret, domain="example.org")
    assert (await browser.get("/me")).status_code == 303
    with house.database.read() as session:
        assert session.scalar(select(WebSession)) is None


async def test_signing_in_again_replaces_the_session(house: House, alice: Browser, cast: Cast) -> None:
    old = alice.client.cookies["__Host-postroom"]
    link = await link_for(alice, house)
    await alice.get(link)
    await alice.post(link)
    assert alice.client.cookies["__Host-postroom"] != old
    with house.database.read() as session:
        assert len(session.scalars(select(WebSession)).all()) == 1


async def test_the_answer_is_the_same_for_members_and_strangers(house: House, browser: Browser, cast: Cast) -> None:
    known, unknown = [await browser.post("/sign-in", address=a) for a in ("bob@example.com", "eve@example.com")]
    assert known.text.replace("bob@", "X@") == unknown.text.replace("eve@", "X@")
    assert [mail.recipient for mail in mailed(house, "sign_in")] == ["bob@example.com"]


async def test_a_link_lasts_fifteen_minutes_and_one_address_gets_three(
    house: House, browser: Browser, cast: Cast, clock: Clock
) -> None:
    for _ in range(5):
        link = await link_for(browser, house)
    assert len(mailed(house, "sign_in")) == 3
    assert (await browser.get(link)).status_code == 200
    clock.forward(minutes=15)
    assert (await browser.get(link)).status_code == 404
    assert (await browser.post(link)).status_code == 404
    await link_for(browser, house)
    assert len(mailed(house, "sign_in")) == 4


async def test_no_row_holds_the_secret_of_a_link(house: House, browser: Browser, cast: Cast) -> None:
    link = await link_for(browser, house)
    assert link.rsplit("/", 1)[1] not in repr(everything(house))


async def test_a_wrong_address_is_said_on_the_form(browser: Browser, cast: Cast) -> None:
    page = await browser.post("/sign-in", address="nobody")
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert 'value="nobody"' in page.text


def invited(house: House, cast: Cast, address: str = "dora@example.com") -> str:
    def unit(session: Session) -> None:
        letters.invite(
            session, house.community, session.get_one(Member, cast.alice), address, house.now(), house.randomness
        )

    house.database.writer.run(unit)
    return f"/join/{secret_in(house, mailed(house, 'invitation')[-1], 'invitation')}"


async def test_an_invited_person_chooses_a_name_and_has_a_blog(house: House, browser: Browser, cast: Cast) -> None:
    link = invited(house, cast)
    assert "Alice invites you" in words_of(await browser.get(link))
    answer = await browser.post(link, handle="Dora", display_name="Dora D.", time_zone="Asia/Tokyo")
    assert answer.headers["location"] == "/me?done=welcome"
    assert "Welcome!" in (await browser.get("/me?done=welcome")).text
    with house.database.read() as session:
        dora = accounts.by_handle(session, "dora")
        assert (dora.display_name, dora.time_zone) == ("Dora D.", "Asia/Tokyo")
        assert accounts.by_address(session, "dora@example.com") is not None
        assert blogs.by_name(session, "dora").member_id == dora.id
    assert (await browser.get("https://dora.example.org/")).status_code == 200
    assert (await browser.post(link, handle="dora2", time_zone="UTC")).status_code == 404


async def test_who_joins_is_offered_the_communitys_own_time_zone(house: House, cast: Cast) -> None:
    here = replace(house, community=replace(house.community, time_zone="Europe/Berlin"))
    link = invited(here, cast)
    async with new_client(here) as client:
        browser = Browser(client, here)
        assert 'name="time_zone" list="zones" required value="Europe/Berlin"' in (await browser.get(link)).text
        again = await browser.post(link, handle="alice", time_zone="Asia/Tokyo")
        assert 'value="Asia/Tokyo" aria-describedby' in again.text, "what was typed stays"
        await browser.post(link, handle="dora")
    with house.database.read() as session:
        assert accounts.by_handle(session, "dora").time_zone == "Europe/Berlin"


async def test_a_name_that_cannot_be_is_said_and_the_invitation_still_works(
    house: House, browser: Browser, cast: Cast
) -> None:
    link = invited(house, cast)
    wrong = (("alice", "UTC", 409), ("admin", "UTC", 409), ("é", "UTC", 400), ("dora", "Nowhere/Land", 400))
    for handle, zone, status in wrong:
        page = await browser.post(link, handle=handle, time_zone=zone)
        assert page.status_code == status, handle
        assert 'role="alert"' in page.text
    assert (await browser.post(link, handle="dora", time_zone="UTC")).status_code == 303


async def test_a_member_adds_an_address_by_the_link_mailed_there(house: House, alice: Browser, cast: Cast) -> None:
    answer = await alice.post("/me/addresses", address="alice@work.example")
    assert answer.headers["location"] == "/me?done=link-mailed"
    with house.database.read() as session:
        assert accounts.by_address(session, "alice@work.example") is None
    [mail] = mailed(house, "verify_address")
    assert mail.recipient == "alice@work.example"
    link = f"/addresses/{secret_in(house, mail, 'address')}"
    page = await alice.get(link)
    assert "alice@work.example" in page.text
    assert "@alice" in page.text
    assert "Address added" in (await alice.post(link)).text
    with house.database.read() as session:
        found = accounts.by_address(session, "alice@work.example")
        assert found is not None
        assert found.id == cast.alice
    assert (await alice.post(link)).status_code == 404


async def test_adding_somebody_elses_address_says_the_same_and_mails_nothing(
    house: House, alice: Browser, cast: Cast
) -> None:
    answer = await alice.post("/me/addresses", address="bob@example.com")
    assert answer.headers["location"] == "/me?done=link-mailed"
    assert mailed(house, "verify_address") == []


def held(house: House, cast: Cast, **facts: object) -> tuple[int, str]:
    def unit(session: Session) -> int:
        row = Inbound(
            channel="email",
            unique_key="k1",
            ordering_key="o",
            envelope={"subject": "Grüße <b>folded</b>", "from": "alice@example.com", **facts},
            raw_blob="0" * 64,
            raw_size=70_000,
            status="held",
            reason="Your mail service did not sign it.",
            sender="bounces+17@mailer.example",
            due_at=house.now(),
            received_at=house.now(),
            member_id=cast.alice,
        )
        session.add(row)
        session.flush()
        return row.id

    row_id = house.database.writer.run(unit)
    return row_id, f"/held/{mint(house.community.keyring, 'held', row_id)}"


def status_of(house: House, row_id: int) -> tuple[str, bool]:
    with house.database.read() as session:
        row = session.get_one(Inbound, row_id)
        return row.status, bool(row.envelope.get("released"))


async def test_a_held_message_is_shown_and_published_by_its_button(house: House, browser: Browser, cast: Cast) -> None:
    row_id, link = held(house, cast)
    page = await browser.get(link)
    assert "Grüße &lt;b&gt;folded&lt;/b&gt;" in page.text
    assert "did not sign it" in page.text
    assert "alice@example.com" in page.text, "who it says it is from, and no address of the envelope"
    assert "bounces+17" not in page.text
    assert "On its way" in (await browser.post(link, do="publish")).text
    assert status_of(house, row_id) == ("received", True)
    assert (await browser.post(link, do="publish")).status_code == 409
    assert "Not waiting any more" in (await browser.get(link)).text
    with house.database.read() as session:
        assert session.get_one(Inbound, row_id).due_at == house.now()


EXCERPT = {
    "text": "Dear all,\n<img src=https://evil.example/x.png> today",
    "files": ["boat.jpg", "<b>.pdf"],
    "count": 7,
}


async def test_a_held_message_shows_how_it_begins_and_what_files_it_has(
    house: House, browser: Browser, cast: Cast
) -> None:
    _, link = held(house, cast, excerpt=EXCERPT)
    page = await browser.get(link)
    assert "Dear all,\n&lt;img src=https://evil.example/x.png&gt; today</blockquote>" in page.text
    assert "With 7 files: boat.jpg &lt;b&gt;.pdf and 5 more" in " ".join(
        re.sub(r"</?(ul|li|p)[^>]*>", " ", page.text).split()
    )
    assert "<img" not in page.text, "nothing is loaded"
    assert page.headers["cache-control"] == "private, no-store"
    await browser.post(link, do="discard")
    assert "Dear all" not in (await browser.get(link)).text, "what was decided on is shown no more"


async def test_what_asks_for_something_to_be_done_is_not_called_published(
    house: House, browser: Browser, cast: Cast
) -> None:
    _, link = held(house, cast, orders=True, excerpt={"text": "follow @bob", "files": [], "count": 0})
    page = words_of(await browser.get(link))
    assert "Nothing is done yet." in page
    assert "Do it" in page
    assert "publish" not in page.lower()
    assert "What the message asks for is being done." in words_of(await browser.post(link, do="publish"))


async def test_another_member_neither_sees_nor_decides_a_held_message(
    house: House, browser: Browser, cast: Cast
) -> None:
    row_id, link = held(house, cast, excerpt=EXCERPT)
    await browser.sign_in(cast.bob)
    page = await browser.get(link)
    assert page.status_code == 403
    assert "Dear all" not in page.text
    await browser.get("/me")
    assert (await browser.post(link, do="publish")).status_code == 403
    assert status_of(house, row_id) == ("held", False)
    await browser.sign_in(cast.alice)
    assert "Dear all" in (await browser.get(link)).text
    assert (await browser.post(link, do="publish")).status_code == 200


@pytest.mark.parametrize("form", [{}, {"do": ""}, {"do": "frobnicate"}], ids=str)
async def test_a_held_message_waits_on_when_no_button_was_pressed(
    house: House, browser: Browser, cast: Cast, form: dict[str, str]
) -> None:
    row_id, link = held(house, cast)
    assert (await browser.post(link, **form)).status_code == 400
    assert status_of(house, row_id) == ("held", False)


async def test_a_held_message_is_thrown_away_by_the_other_button(house: House, browser: Browser, cast: Cast) -> None:
    row_id, link = held(house, cast)
    assert "Thrown away" in (await browser.post(link, do="discard")).text
    assert status_of(house, row_id) == ("rejected", False)
    assert (await browser.get("/held/wrong")).status_code == 404


async def test_ten_gets_of_every_mailed_link_change_nothing(house: House, browser: Browser, cast: Cast) -> None:
    def unit(session: Session) -> None:
        member = session.get_one(Member, cast.alice)
        letters.ask_to_verify(session, house.community, member, "new@example.com", house.now(), house.randomness)

    house.database.writer.run(unit)
    links = [
        await link_for(browser, house),
        invited(house, cast),
        held(house, cast)[1],
        f"/addresses/{secret_in(house, mailed(house, 'verify_address')[0], 'address')}",
    ]
    before = everything(house)
    for link in links:
        for _ in range(10):
            assert (await browser.get(link)).status_code == 200
            assert (await browser.client.head(COMMUNITY + link)).status_code == 200
    assert everything(house) == before


async def test_blogs_hosts_know_no_sign_in(browser: Browser, cast: Cast) -> None:
    await browser.sign_in(cast.alice)
    cookie = {"Cookie": f"__Host-postroom={browser.client.cookies['__Host-postroom']}"}
    for path in ("/me", "/sign-in", "/timeline"):
        assert (await browser.get(ALICE + path, **cookie)).status_code == 404
    assert "Sign out" not in (await browser.get(ALICE, **cookie)).text
