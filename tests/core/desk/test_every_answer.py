"""Every word that changes something answers what happened, who sees it, and how it is undone; one table for all of them."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from gateway.core.community.micro_monday import recommend
from gateway.core.desk.grammar import VERBS
from gateway.core.house import House
from gateway.core.people import accounts
from gateway.core.store.models import Post
from tests.conftest import Cast
from tests.core.desk.test_intake import say
from tests.core.hands import choose, do, link, member, photo, publish


@pytest.fixture
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("sqlite")


@dataclass(frozen=True)
class Row:
    """What alice sends, after what; and pieces of the answer: what happened, who sees or learns it, how to undo or change it."""

    sends: str
    happened: str
    seen: str
    undone: str
    before: tuple[str, ...] = ()


CHANGING = {
    "post": Row("post: Hello", "Published: https://", "public on your blog", "`delete` to delete it"),
    "draft": Row("draft: Hello", "Kept as a draft", "Nobody but you can see it", "`publish` to publish it"),
    "publish": Row("publish {mine}", "Published: https://", "public on your blog", "`delete`", ("draft: Hello",)),
    "title": Row("title: Ferry", "Changed, everywhere", "Everybody who can see it", "`undo` brings the earlier words back", ("Hello",)),
    "alt": Row("alt {photo} A boat", "is described: “A boat”", "read to people who can't see", "changes it"),
    "reply": Row("reply {bobs} Yes", "Your reply to Bob is out", "public in the conversation", "`delete` to delete it"),
    "edit": Row("edit {mine} Bye", "Changed, everywhere", "also in the chats that got it", "`undo` brings the earlier words back", ("Hello",)),
    "delete": Row("delete {mine}", "Deleted: “Hello”", "gone from your blog and from timelines, and from the chats", "can't be brought back", ("Hello",)),
    "undo": Row("undo", "Taken back", "Nobody was told of it", "send it again", ("Hello",)),
    "follow": Row("follow @bob", "You follow Bob now", "they are not told. Whom you follow stands on your page", "`unfollow @bob`"),
    "unfollow": Row("unfollow @bob", "You don't follow Bob any more", "not told", "`follow @bob`", ("follow @bob",)),
    "mute": Row("mute @bob", "@bob is muted", "not told", "`unmute @bob`"),
    "unmute": Row("unmute @bob", "You see @bob again", "not told", "`mute @bob`", ("mute @bob",)),
    "block": Row("block @bob", "@bob is blocked", "not told", "`unblock @bob`"),
    "unblock": Row("unblock @bob", "You see @bob again", "not told", "`follow @bob`", ("block @bob",)),
    "recommend": Row("recommend @bob He asks well", "You recommend @bob", "everybody can read it", "it stands"),
    "refuse": Row("refuse", "shown nowhere any more", "Nobody is told", "again in another week"),
    "recommendable": Row("recommendable off", "Nobody can recommend you", "and not why", "`recommendable on` changes it back"),
    "report": Row("report @bob spam", "Thank you", "Only the community's managers see this", "take the report back"),
    "reports": Row("reports close 1 done", "Report 1 is closed", "other managers see", "`reports 1` shows it again", ("report @bob spam",)),
    "digest": Row("digest daily", "every day at 9:00", "by mail", "`digest weekly` changes it back"),
    "tell": Row("tell posts off", "New posts, in Telegram: not", "Nobody else sees", "`tell posts at once telegram` brings that back"),
    "quiet": Row("quiet 22-7", "From 22:00 to 7:00", "answers to what you do yourself", "`quiet off` ends it"),
    "ask": Row("ask on", "you are asked before", "nobody but you can see it", "`ask off` changes it back"),
    "confirmations": Row("confirmations off", "not told any more what you have published", "refused or held", "`confirmations on`"),
    "link": Row("link {code}", "This chat is linked", "What you write here is published on your blog", "`unlink` to end this"),
    "unlink": Row("unlink", "no longer linked", "Nothing you write here is published", "To link it again"),
    "address": Row("address a@work.example", "A link was mailed", "Nobody else sees your addresses", "without it nothing changes"),
}  # fmt: skip
READING = {"drafts", "timeline", "mentions", "thread", "following", "inbox", "settings", "help"}
DECIDING = {"release", "discard"}  # of held mail: tests/core/desk/test_held.py
OF_CHANNELS = {"bind", "unbind"}  # only a platform knows what is meant: tests/bots/telegram/test_channels.py
OF_THE_NEWSROOM = {"newsletter"}  # tests/core/desk/test_newsletter_verbs.py
IN_OTHER_WORDS = {"language"}  # its answer is in another language


def test_the_table_has_every_word() -> None:
    assert (
        set(CHANGING) | READING | DECIDING | OF_CHANNELS | OF_THE_NEWSROOM | IN_OTHER_WORDS
        == {verb.name for verb in VERBS} | IN_OTHER_WORDS
    )


@pytest.mark.parametrize("verb", CHANGING)
def test_an_answer_says_what_happened_who_sees_it_and_how_to_undo_it(house: House, cast: Cast, verb: str) -> None:
    link(house, "alice", "100")
    choose(house, "alice", role="manager")
    row, bobs = CHANGING[verb], publish(house, "bob", "A question")
    shot = publish(house, "alice", "Look", media=(photo(),))
    do(house, lambda s: recommend(s, house.community, member(s, "bob"), member(s, "alice"), "Ferries", house.now()))
    mine = shot
    for words in row.before:
        if (made := say(house, words).post_id) is not None:
            with house.database.read() as session:
                mine = session.get_one(Post, made)
    code = do(house, lambda s: accounts.link_code(s, member(s, "alice"), "telegram", house.now(), house.randomness))
    sends = row.sends.format(
        mine=mine.short_reference, bobs=bobs.short_reference, photo=shot.short_reference, code=code
    )
    answer = say(house, sends).answer
    assert answer is not None
    for words in (row.happened, row.seen, row.undone):
        assert words in answer.text
