"""Writing in a plain form: posts, drafts, edits, deletions, replies."""

from sqlalchemy import select

from gateway.core.house import House
from gateway.core.store.models import Delivery, Post
from gateway.core.writing.posting import LONGEST_TEXT
from tests.conftest import Cast
from tests.web.conftest import ALICE, Browser, Publish


def posts(house: House) -> list[Post]:
    with house.database.read() as session:
        found = list(session.scalars(select(Post).order_by(Post.id)))
        for post in found:
            assert post.categories is not None
        return found


async def test_a_form_publishes_a_post_like_mail_and_chat_do(house: House, alice: Browser, cast: Cast) -> None:
    answer = await alice.post(
        "/write",
        title="From the web",
        text="Hello *there* @bob\r\nagain",
        categories="walks, , two  words",
        do="publish",
    )
    [post] = posts(house)
    assert (post.status, post.source, post.title) == ("published", "web", "From the web")
    assert post.markdown == "Hello *there* @bob\nagain"
    assert [one.name for one in post.categories] == ["two words", "walks"]
    assert answer.headers["location"] == f"/conversations/{post.short_reference}?done=published"
    assert "public on your blog" in (await alice.get(answer.headers["location"])).text
    assert "From the web" in (await alice.get(ALICE)).text
    with house.database.read() as session:
        kinds = session.execute(select(Delivery.kind, Delivery.recipient)).all()
    assert [tuple(one) for one in kinds] == [("mention", "bob@example.com")]


async def test_nothing_and_too_much_are_refused_with_what_was_typed(house: House, alice: Browser, cast: Cast) -> None:
    empty = await alice.post("/write", title="", text="  ", do="publish")
    assert empty.status_code == 400
    assert "nothing to publish" in empty.text
    long = await alice.post("/write", title="Kept title", text="é" * (LONGEST_TEXT + 1), do="publish")
    assert long.status_code == 400
    assert "Kept title" in long.text
    huge = await alice.post("/write", text="é" * 500_000, do="publish")
    assert huge.status_code == 413
    assert posts(house) == []


async def test_a_draft_is_its_writers_alone_until_it_is_published(
    house: House, alice: Browser, browser: Browser, cast: Cast
) -> None:
    answer = await alice.post("/write", text="Not finished", do="draft")
    assert answer.headers["location"] == "/write?done=drafted"
    [draft] = posts(house)
    assert "Not finished" in (await alice.get("/write")).text
    assert "Not finished" not in (await alice.get(ALICE)).text
    assert (await alice.get(f"/conversations/{draft.short_reference}")).status_code == 404
    await alice.post(f"/write/{draft.short_reference}", title="", text="Finished", do="publish")
    [post] = posts(house)
    assert (post.status, post.markdown) == ("published", "Finished")
    assert "Finished" in (await alice.get(ALICE)).text


async def test_an_edit_changes_the_post_everywhere_and_a_deletion_takes_it_away(
    house: House, alice: Browser, publish: Publish
) -> None:
    post = publish("Helo", title="Title")
    page = await alice.get(f"/write/{post.short_reference}")
    assert "Helo" in page.text
    assert 'value="Title"' in page.text
    answer = await alice.post(f"/write/{post.short_reference}", title="Title", text="Hello")
    assert answer.headers["location"].endswith("?done=changed")
    same = await alice.post(f"/write/{post.short_reference}", title="Title", text="Hello")
    assert same.headers["location"].endswith("?done=same")
    assert "Hello" in (await alice.get(f"{ALICE}{post.path}")).text
    assert "Delete this?" in (await alice.get(f"/write/{post.short_reference}/delete")).text
    assert (await alice.post(f"/write/{post.short_reference}/delete")).headers["location"] == "/write?done=deleted"
    assert (await alice.get(f"{ALICE}{post.path}")).status_code == 410


async def test_somebody_elses_post_can_be_neither_seen_in_a_form_nor_changed(
    house: House, browser: Browser, publish: Publish, cast: Cast
) -> None:
    post, draft = publish("Mine"), publish("My draft", draft=True)
    await browser.sign_in(cast.bob)
    for one in (post, draft):
        for url in (f"/write/{one.short_reference}", f"/write/{one.short_reference}/delete"):
            assert (await browser.get(url)).status_code == 404
            assert (await browser.post(url, text="Yours", title="")).status_code == 404
    assert [one.markdown for one in posts(house)] == ["Mine", "My draft"]


async def test_a_reply_on_the_conversation_page(house: House, browser: Browser, publish: Publish, cast: Cast) -> None:
    post = publish("Where is this?")
    url = f"/conversations/{post.short_reference}"
    assert "Sign in" in (await browser.get(url)).text
    await browser.sign_in(cast.bob)
    assert "Answer Alice" in (await browser.get(url)).text
    answer = await browser.post(f"{url}/reply", text="Over the hill")
    [_, reply] = posts(house)
    assert answer.headers["location"] == f"/conversations/{reply.short_reference}?done=replied"
    assert (reply.kind, reply.reply_to_id, reply.author_id) == ("reply", post.id, cast.bob)
    assert "Over the hill" in (await browser.get(f"{ALICE}{post.path}")).text
    edited = await browser.post(f"/write/{reply.short_reference}", text="Over the other hill", title="No title")
    assert edited.status_code == 303
    assert posts(house)[1].title == ""
    empty = await browser.post(f"{url}/reply", text=" ")
    assert empty.status_code == 400
    assert "Answer Alice" in empty.text
    assert (await browser.get("/conversations/zzz")).status_code == 404
