"""Scenes of accounts and of the house itself: linking, strangers, settings, help, what is refused, held, repeated or comes too early."""

from gateway.core.desk.grammar import VERBS
from tests.bots.contract import JOINER, Play, Stage
from tests.bots.contract_posts import published


async def a_code_links_a_chat_once(stage: Stage) -> None:
    """A code links one chat; a second person can't use it, and nothing of theirs is published."""
    carol, eve = await stage.driver.person("carol"), await stage.driver.person("eve")
    code = stage.harness.link_code("carol", stage.driver.channel)
    await carol.say(f"link {code}")
    await carol.wait_for("you are @carol")
    await eve.say(f"link {code}")
    await eve.wait_for("does not work any more")
    await carol.say("I am here")
    await carol.wait_for("Published")
    assert [post.markdown for post in stage.harness.posts()] == ["I am here"]


async def an_unlinked_chat_is_a_strangers(stage: Stage) -> None:
    """After `unlink` nothing from there is published, and nothing is told there."""
    await stage.bob.say("unlink")
    await stage.bob.wait_for("no longer linked")
    await stage.bob.say("Am I still Bob?")
    await stage.bob.wait_for("I don't know you yet")
    await published(stage, "Bob should not hear this")
    await stage.harness.idle()
    assert [post.markdown for post in stage.harness.posts()] == ["Bob should not hear this"]
    assert not any("should not hear" in one.text for one in await stage.bob.seen())


async def a_stranger_publishes_nothing_and_is_told_so(stage: Stage) -> None:
    """Somebody unknown is answered, and nothing is published."""
    eve = await stage.driver.person("eve")
    await eve.say("Buy my pills")
    answer = await eve.wait_for("")
    assert "pills" not in answer.text
    await stage.harness.idle()
    assert stage.harness.posts() == []


async def a_stranger_is_told_once_a_day_how_to_join(stage: Stage) -> None:
    """Somebody unknown gets one help message a day."""
    eve = await stage.driver.person("eve")
    await eve.say("Buy my pills")
    await eve.wait_for("I don't know you yet")
    await eve.say("Buy my pills now")
    await stage.harness.received(2)
    await stage.harness.idle()
    assert len([one for one in await eve.seen() if one.from_bot]) == 1
    assert stage.harness.posts() == []


async def settings_are_changed_and_shown(stage: Stage) -> None:
    """`digest` and `confirmations` change what `settings` shows, and what one is told."""
    await stage.alice.say("digest hourly")
    assert "Nothing was changed" in (await stage.alice.wait_for("daily, weekly or not at all")).text
    await stage.alice.say("digest daily")
    await stage.alice.wait_for("Your digest comes every day at 9:00")
    await stage.alice.say("confirmations off")
    await stage.alice.wait_for("not told any more what you have published")
    await stage.alice.say("Quietly said")
    await stage.alice.say("settings")
    answer = await stage.alice.wait_for("You are @alice")
    assert "Digest: daily." in answer.text
    assert "Confirmations: off." in answer.text
    assert "https://example.org/me" in answer.text
    assert [post.markdown for post in stage.harness.posts()] == ["Quietly said"]
    assert not any("Published" in one.text for one in await stage.alice.seen())


async def what_one_is_told_is_chosen(stage: Stage) -> None:
    """`tell` and `quiet` change what `settings` shows; and what they answer says how to change it back."""
    await stage.alice.say("tell replies off by mail")
    answer = await stage.alice.wait_for("Replies, by mail: not.")
    assert "brings that back" in answer.text
    await stage.alice.say("quiet 22-7")
    assert "quiet off" in (await stage.alice.wait_for("From 22:00 to 7:00")).text
    await stage.alice.say("settings")
    answer = await stage.alice.wait_for("You are @alice")
    assert "Replies not" in answer.text
    assert "From 22:00 to 7:00" in answer.text


async def one_is_asked_before_anything_is_published(stage: Stage) -> None:
    """After `ask on`, a post waits with its words and its audience said, until it is published."""
    await stage.alice.say("ask on")
    await stage.alice.wait_for("you are asked before")
    await stage.alice.say("Shall I say this?")
    asked = await stage.alice.wait_for("Publish this?")
    assert "Shall I say this?" in asked.text
    assert "When it is published: It is public on your blog" in asked.text
    [post] = stage.harness.posts()
    assert post.status == "draft"
    await stage.alice.say(f"publish {post.short_reference}")
    await stage.alice.wait_for("Published")
    assert [post.status for post in stage.harness.posts()] == ["published"]


async def addresses_are_listed_and_added(stage: Stage) -> None:
    """`address` lists where one may write from; a new one is asked by mail first."""
    await stage.alice.say("address")
    assert "alice@example.com" in (await stage.alice.wait_for("You may write from")).text.replace(JOINER, "")
    await stage.alice.say("address alice@work.example")
    await stage.alice.wait_for("A link was mailed to")


async def what_became_of_messages_is_listed(stage: Stage) -> None:
    """`inbox` lists one's own messages with what became of them."""
    await published(stage, "Where did it go?")
    await stage.alice.say("inbox")
    answer = await stage.alice.wait_for("What became of your messages")
    assert "“Where did it go?”: published" in answer.text
    await stage.bob.say("inbox")
    await stage.bob.wait_for("Nothing came from you by mail or chat yet")


async def help_names_every_word(stage: Stage) -> None:
    """`help` has all the words, `help follow` one, and both how to use them."""
    await stage.alice.say("help")
    await stage.alice.wait_for("short reference")
    await stage.harness.idle()
    told = " ".join(one.text for one in await stage.alice.seen() if one.from_bot).replace(JOINER, "")
    assert [verb.usage for verb in VERBS if verb.usage not in told] == []
    await stage.alice.say("help follow")
    answer = await stage.alice.wait_for("Follow somebody.")
    assert "follow @name" in answer.text.replace(JOINER, "")


async def an_unknown_command_publishes_nothing(stage: Stage) -> None:
    """A command that does not exist gets the nearest one suggested."""
    await stage.alice.say("!tiemline")
    answer = await stage.alice.wait_for("There is no command")
    assert "timeline" in answer.text
    assert stage.harness.posts() == []


async def a_command_that_fails_says_what_to_do_now(stage: Stage) -> None:
    """What can't be done is told in a sentence, and changes nothing."""
    await stage.alice.say("follow @nobody")
    await stage.alice.wait_for("no member called @nobody")
    await stage.alice.say("delete k9z")
    await stage.alice.wait_for("There is no post")
    await stage.alice.say("following")
    await stage.alice.wait_for("You follow nobody yet")


async def a_held_mail_is_decided_by_words(stage: Stage) -> None:
    """`discard 17` throws away what was held, once; a number that is nothing of one's own says so."""
    number = stage.harness.hold_mail("alice", "Papers")
    await stage.bob.say(f"release {number}")
    await stage.bob.wait_for("no such message")
    await stage.alice.say(f"discard {number}")
    await stage.alice.wait_for("“Papers” was thrown away")
    assert stage.harness.became("Papers") == "rejected"
    await stage.alice.say(f"release {number}")
    await stage.alice.wait_for("not waiting any more")


async def a_held_mail_is_decided_by_a_button(stage: Stage) -> None:
    """Whether to publish a mail is asked in the chat too; the button does what it says, and none is left to answer it by again."""
    stage.harness.hold_mail("alice", "Papers")
    asked = await stage.alice.wait_for("A message came for your blog: “Papers”")
    assert stage.harness.became("Papers") == "held"
    await stage.alice.press(asked, "Throw it away")
    await stage.alice.wait_for("“Papers” was thrown away")
    assert stage.harness.became("Papers") == "rejected"
    await stage.harness.idle()
    [left] = [one.buttons for one in await stage.alice.seen() if one.id == asked.id]
    assert not {"Publish", "Throw it away"} & set(left)


async def an_event_that_comes_twice_counts_once(stage: Stage) -> None:
    """A second delivery of the same event makes no second post and no second answer."""
    await stage.alice.say("Only once")
    await stage.alice.wait_for("Published")
    await stage.driver.redeliver()
    await stage.harness.idle()
    assert len(stage.harness.posts()) == 1
    assert len([one for one in await stage.alice.seen() if "Published" in one.text]) == 1
    assert len([one for one in await stage.bob.seen() if "Only once" in one.text]) <= 1


async def what_was_said_while_nobody_worked_is_done_later(stage: Stage) -> None:
    """A message that is stored when the process ends is a post after the next start, once."""
    await stage.harness.rest()
    await stage.alice.say("Is anybody there?")
    await stage.harness.received(1)
    assert stage.harness.posts() == []
    await stage.harness.resume()
    await stage.alice.wait_for("Published")
    assert [post.markdown for post in stage.harness.posts()] == ["Is anybody there?"]


async def a_channel_is_bound_where_there_are_some(stage: Stage) -> None:
    """`bind` alone says how; `unbind` ends nothing where nothing is bound."""
    await stage.alice.say("bind")
    await stage.alice.wait_for("make the bot an admin of your channel")
    await stage.alice.say("unbind")
    await stage.alice.wait_for("No such channel is bound to your blog")
    assert stage.harness.posts() == []


PLAYS = (
    Play(a_channel_is_bound_where_there_are_some),
    Play(a_code_links_a_chat_once, ("linked",)),
    Play(an_unlinked_chat_is_a_strangers, ("linked",)),
    Play(a_stranger_publishes_nothing_and_is_told_so, ("kept",)),
    Play(a_stranger_is_told_once_a_day_how_to_join, ("linked",)),
    Play(settings_are_changed_and_shown),
    Play(what_one_is_told_is_chosen),
    Play(one_is_asked_before_anything_is_published),
    Play(addresses_are_listed_and_added),
    Play(what_became_of_messages_is_listed),
    Play(help_names_every_word),
    Play(an_unknown_command_publishes_nothing),
    Play(a_command_that_fails_says_what_to_do_now),
    Play(a_held_mail_is_decided_by_words),
    Play(a_held_mail_is_decided_by_a_button, ("buttons",)),
    Play(an_event_that_comes_twice_counts_once, ("kept",)),
    Play(what_was_said_while_nobody_worked_is_done_later, ("kept",)),
)
