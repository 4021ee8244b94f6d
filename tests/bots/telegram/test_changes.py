"""What people change on Telegram after they sent it: words, captions, photos, parts of an album; and changes that come before what they change."""

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select

from gateway.core.store.models import Media, MessageMap
from tests.bots.telegram.conftest import TelegramStage
from tests.fakes.telegram_chats import Seen
from tests.fakes.wire import Json

ON_POSTGRESQL = {
    "test_eight_photos_of_which_one_comes_late_are_one_post",
    "test_of_several_edits_the_last_one_counts_in_whatever_order_they_come",
}


@pytest.fixture
def database_url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    """PostgreSQL for what leans on the database most, else SQLite."""
    return new_database("postgresql" if request.node.name in ON_POSTGRESQL else "sqlite")


async def settle(stage: TelegramStage, messages: int) -> None:
    """Until so many messages came and all is done."""
    await stage.harness.received(messages)
    await stage.harness.idle()


async def published(stage: TelegramStage, parts: list[Seen]) -> list[Seen]:
    """An album, and the post that it became."""
    await stage.harness.received(len(parts))
    stage.harness.forward(seconds=3)
    await stage.alice.wait_for("Published")
    await stage.harness.idle()
    return parts


def photos(stage: TelegramStage, count: int) -> list[bytes]:
    return [stage.harness.jpeg(width=300 + 10 * number) for number in range(count)]


def alts(stage: TelegramStage) -> list[str]:
    with stage.harness.house.database.read() as session:
        return list(session.scalars(select(Media.alt).order_by(Media.post_id, Media.position)))


class TestWordsAndFiles:
    async def test_another_photo_replaces_the_first_on_the_blog_and_in_chats(self, stage: TelegramStage) -> None:
        said = stage.alice.chat.photo(stage.harness.jpeg(width=300), "My garden")
        told = await stage.bob.wait_for("My garden")
        await stage.alice.reply(await stage.alice.wait_for("Published"), "alt: A rose")
        await stage.alice.wait_for("is described")
        stage.alice.chat.edit(said.id, "My garden", photo=stage.harness.jpeg(width=333))
        await stage.alice.wait_for("Changed, everywhere")
        await stage.harness.idle()
        [post] = stage.harness.posts()
        assert (post.markdown, post.widths) == ("My garden", (333,))
        assert alts(stage) == [""]  # it was about the other photo
        shown = stage.bob.chat.message(int(told.id))
        assert shown.raw["photo"][-1]["width"] == 333
        assert shown.text.startswith("Alice wrote:\n\nMy garden")
        assert shown.buttons

    async def test_another_document_and_other_words_come_together(self, stage: TelegramStage) -> None:
        said = stage.alice.chat.document(b"Tea at nine", "tea.txt", "text/plain", "Plans")
        told = await stage.bob.wait_for("Plans")
        file = stage.fake.home().files.add("documents", b"Tea at ten", "later.txt", "text/plain")
        stage.alice.chat.stored[said.id] |= {"document": file}
        stage.alice.chat.edit(said.id, "New plans")
        await stage.bob.wait_for("New plans")
        await stage.harness.idle()
        assert stage.bob.chat.message(int(told.id)).file == b"Tea at ten"
        assert [post.markdown for post in stage.harness.posts()] == ["New plans"]

    async def test_a_photo_added_to_words_is_on_the_post(self, stage: TelegramStage) -> None:
        said = stage.alice.chat.say("Look")
        await stage.alice.wait_for("Published")
        old = stage.alice.chat.stored[said.id]
        old["caption"] = old.pop("text")
        stage.alice.chat.edit(said.id, "Look", photo=stage.harness.jpeg())
        await settle(stage, 2)
        assert [(post.markdown, post.photos) for post in stage.harness.posts()] == [("Look", 1)]

    async def test_the_same_photo_and_words_again_change_nothing(self, stage: TelegramStage) -> None:
        photo = stage.harness.jpeg()
        said = stage.alice.chat.photo(photo, "My garden")
        await stage.bob.wait_for("My garden")
        stage.alice.chat.edit(said.id, "My garden", photo=photo)
        await settle(stage, 2)
        assert stage.harness.inbound()[-1].status == "ignored"
        assert not stage.harness.deliveries("edit")

    async def test_an_edit_that_changes_nothing_leaves_what_was_changed_elsewhere(self, stage: TelegramStage) -> None:
        """Telegram tells of an edit when somebody only reacts; the post was changed by command meanwhile."""
        said = stage.alice.chat.say("At nine")
        told = await stage.alice.wait_for("Published")
        await stage.alice.reply(told, "edit: At ten")
        await stage.alice.wait_for("Changed")
        stage.alice.chat.edit(said.id, "At nine")
        await settle(stage, 3)
        assert stage.harness.inbound()[-1].status == "ignored"
        assert [post.markdown for post in stage.harness.posts()] == ["At ten"]

    async def test_a_new_file_that_cannot_be_taken_is_told_and_changes_nothing(self, stage: TelegramStage) -> None:
        said = stage.alice.chat.document(b"Tea at nine", "tea.txt", "text/plain")
        await stage.alice.wait_for("Published")
        file = stage.fake.home().files.add("documents", b"MZ\x90\0", "tea.exe", "application/octet-stream")
        stage.alice.chat.stored[said.id] |= {"document": file}
        stage.alice.chat.edit(said.id, "")
        await stage.alice.wait_for("“tea.exe” was left out")
        assert "Nothing was changed" in stage.alice.chat.answers[-1].text
        with stage.harness.house.database.read() as session:
            assert [item.filename for item in session.scalars(select(Media))] == ["tea.txt"]

    async def test_a_deleted_post_leaves_no_words_behind(self, stage: TelegramStage) -> None:
        await stage.alice.say("Forget this")
        told = await stage.alice.wait_for("Published")
        await stage.alice.press(told, "Delete")
        await stage.alice.wait_for("Deleted")
        with stage.harness.house.database.read() as session:
            assert set(session.scalars(select(MessageMap.said))) == {""}


class TestAlbums:
    async def test_eight_photos_of_which_one_comes_late_are_one_post(self, stage: TelegramStage) -> None:
        """The fourth comes when the post is there already; it takes its place, and nobody is told a second time."""
        chat, widths = stage.alice.chat, [300 + 10 * number for number in range(8)]
        ups = stage.fake.home().updates
        await stage.driver.close_door()
        chat.album(photos(stage, 8), "Eight of them")
        late = ups.everything[-5]
        waiting = [update for update in ups.pending if update is not late]
        ups.drop_pending()
        for update in waiting:
            ups.put_again(update)
        stage.driver.open_door()
        await stage.harness.received(7)
        stage.harness.forward(seconds=3)
        await stage.alice.wait_for("Published")
        await stage.driver.again(late)
        await stage.harness.received(8)
        stage.harness.forward(seconds=3)
        await stage.harness.idle()
        assert [(post.markdown, list(post.widths)) for post in stage.harness.posts()] == [("Eight of them", widths)]
        assert sorted(row.status for row in stage.harness.inbound()[-8:]) == ["merged"] * 7 + ["published"]
        assert sum("Published" in one.text for one in chat.answers) == 1

    async def test_a_late_part_may_bring_the_caption(self, stage: TelegramStage) -> None:
        late, first = photos(stage, 2)
        await published(stage, [stage.alice.chat.photo(first, album="77")])
        stage.alice.chat.photo(late, "What it is about", album="77")
        await stage.harness.received(2)
        stage.harness.forward(seconds=11)
        await stage.harness.idle()
        assert [(post.markdown, post.photos) for post in stage.harness.posts()] == [("What it is about", 2)]

    async def test_a_late_part_of_a_deleted_post_is_left(self, stage: TelegramStage) -> None:
        await published(stage, [stage.alice.chat.photo(stage.harness.jpeg(), "One", album="77")])
        await stage.alice.say("undo")
        await stage.alice.wait_for("Taken back")
        stage.alice.chat.photo(stage.harness.jpeg(), album="77")
        await stage.harness.received(3)
        stage.harness.forward(seconds=11)
        await stage.harness.idle()
        assert [post.status for post in stage.harness.posts()] == ["deleted"]
        assert stage.harness.inbound()[-1].status == "ignored"

    async def test_several_captions_are_the_words_and_describe_their_photos(self, stage: TelegramStage) -> None:
        first, second, third = photos(stage, 3)
        chat = stage.alice.chat
        parts = [
            chat.photo(first, "A rose", album="78"),
            chat.photo(second, album="78"),
            chat.photo(third, "A *wild* tulip", album="78"),
        ]
        await published(stage, parts)
        assert stage.harness.posts()[0].markdown == "A rose\n\nA \\*wild\\* tulip"
        assert alts(stage) == ["A rose", "", "A *wild* tulip"]
        chat.edit(parts[2].id, "A tulip")
        await settle(stage, 4)
        assert stage.harness.posts()[0].markdown == "A rose\n\nA tulip"
        assert alts(stage) == ["A rose", "", "A tulip"]

    async def test_a_single_caption_is_about_the_whole_wherever_it_stands(self, stage: TelegramStage) -> None:
        first, second = photos(stage, 2)
        parts = [
            stage.alice.chat.photo(first, album="78"),
            stage.alice.chat.photo(second, "post: Both of them", album="78"),
        ]
        await published(stage, parts)
        stage.alice.chat.edit(parts[1].id, "post: The two of them")
        await settle(stage, 3)
        assert stage.harness.posts()[0].markdown == "The two of them"
        assert alts(stage) == ["", ""]

    async def test_one_photo_of_an_album_is_replaced_in_its_place(self, stage: TelegramStage) -> None:
        parts = await published(stage, stage.alice.chat.album(photos(stage, 3), "Three"))
        first = await stage.bob.chat.wait_for(lambda one: one.from_bot and "Three" in one.text)
        await stage.harness.idle()
        stage.alice.chat.edit(parts[1].id, "", photo=stage.harness.jpeg(width=400))
        await settle(stage, 4)
        assert [(post.markdown, post.widths) for post in stage.harness.posts()] == [("Three", (300, 400, 320))]
        shown = [one for one in stage.bob.chat.messages if one.album == first.album]
        assert [one.raw["photo"][-1]["width"] for one in shown] == [300, 400, 320]
        assert shown[0].text.startswith("Alice wrote:\n\nThree")


class TestOrder:
    """The platform keeps no promise about the order in which updates reach a webhook."""

    async def deliver(self, stage: TelegramStage, updates: list[Json]) -> None:
        """These updates, each worked on before the next comes."""
        already = len(stage.harness.inbound()) - 2  # both linked their chats
        for number, update in enumerate(updates, start=1):
            await stage.driver.again(update)
            await settle(stage, already + number)

    def hidden(self, stage: TelegramStage, do: Callable[[], object]) -> list[Json]:
        """The updates of what somebody does, kept back."""
        ups = stage.fake.home().updates
        before = len(ups.everything)
        do()
        ups.drop_pending()
        return ups.everything[before:]

    def edits(self, stage: TelegramStage, number: int, *words: str) -> list[Json]:
        return [self.hidden(stage, partial(stage.alice.chat.edit, number, one))[0] for one in words]

    async def test_an_edit_that_comes_before_its_message_is_not_lost(self, stage: TelegramStage) -> None:
        await stage.driver.close_door()
        chat = stage.alice.chat
        said, edit = self.hidden(stage, lambda: chat.edit(chat.say("Old words").id, "New words"))
        stage.driver.open_door()
        await self.deliver(stage, [edit, said])
        await stage.driver.again(edit)
        await stage.harness.idle()
        assert [post.markdown for post in stage.harness.posts()] == ["New words"]
        assert [row.status for row in stage.harness.inbound()[-2:]] == ["merged", "published"]
        assert sum("Published" in one.text for one in chat.answers) == 1

    async def test_of_several_edits_the_last_one_counts_in_whatever_order_they_come(self, stage: TelegramStage) -> None:
        await stage.driver.close_door()
        chat = stage.alice.chat
        [said] = self.hidden(stage, lambda: chat.say("One"))
        number = said["message"]["message_id"]
        two, three, four = self.edits(stage, number, "Two", "Three", "Four")
        stage.driver.open_door()
        await self.deliver(stage, [three, two, said])
        assert [post.markdown for post in stage.harness.posts()] == ["Three"]
        await self.deliver(stage, [four])
        assert [post.markdown for post in stage.harness.posts()] == ["Four"]

    async def test_an_older_edit_undoes_no_later_one(self, stage: TelegramStage) -> None:
        await stage.driver.close_door()
        chat = stage.alice.chat
        [said] = self.hidden(stage, lambda: chat.say("One"))
        number = said["message"]["message_id"]
        two, three = self.edits(stage, number, "Two", "Three")
        stage.driver.open_door()
        await self.deliver(stage, [said, three, two])
        assert [post.markdown for post in stage.harness.posts()] == ["Three"]
        assert stage.harness.inbound()[-1].reason == "A later version of it came before."

    async def test_an_edit_of_an_albums_part_that_comes_first_is_not_lost(self, stage: TelegramStage) -> None:
        await stage.driver.close_door()
        chat, (first, second) = stage.alice.chat, photos(stage, 2)
        [one] = self.hidden(stage, lambda: chat.photo(first, "Old words", album="5"))
        [two] = self.hidden(stage, lambda: chat.photo(second, album="5"))
        number = one["message"]["message_id"]
        [edit] = self.hidden(stage, lambda: chat.edit(number, "New words", photo=stage.harness.jpeg(width=400)))
        stage.driver.open_door()
        await self.deliver(stage, [edit])
        for update in (two, one):
            await stage.driver.again(update)
        await stage.harness.received(3)
        stage.harness.forward(seconds=3)
        await stage.alice.wait_for("Published")
        assert [(post.markdown, post.widths) for post in stage.harness.posts()] == [("New words", (400, 310))]
