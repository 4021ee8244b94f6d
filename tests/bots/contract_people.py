"""Scenes of people: reading, answering, being told, following and leaving alone."""

from tests.bots.contract import JOINER, Play, Shown, Stage
from tests.bots.contract_posts import published


async def answerable(stage: Stage, words: str) -> Shown:
    """What bob sees, once we know, too, that it was sent."""
    shown = await stage.bob.wait_for(words)
    await stage.harness.idle()
    return shown


async def a_follower_is_told_with_a_reference(stage: Stage) -> None:
    """Whoever follows is told in their chat, with the short reference that works everywhere."""
    await stage.alice.say("News for my followers")
    told = await stage.bob.wait_for("News for my followers")
    [post] = stage.harness.posts()
    assert f"[{post.short_reference}]" in told.text
    assert "Alice" in told.text


async def a_native_reply_is_a_reply(stage: Stage) -> None:
    """Answering a shown post natively is a reply to it; its author is told in the thread, and answers the same way."""
    reference = await published(stage, "What do you think?")
    await stage.bob.say(f"thread {reference}")
    await stage.bob.reply(await answerable(stage, "Answer with"), "I like it")
    await stage.bob.wait_for("Your reply to Alice is out")
    heard = await stage.alice.wait_for("I like it")
    assert heard.answers
    await stage.harness.idle()
    await stage.alice.reply(heard, "Thank you, Bob")
    await stage.bob.wait_for("Thank you, Bob")
    post, reply, second = stage.harness.posts()
    assert (reply.kind, reply.reply_to_id, reply.conversation_id) == ("reply", post.id, post.id)
    assert (second.kind, second.reply_to_id, second.conversation_id) == ("reply", reply.id, post.id)


async def answering_what_one_was_told_is_a_reply(stage: Stage) -> None:
    """The message that told of a post is answered like any other."""
    await stage.alice.say("What do you think?")
    await stage.bob.reply(await answerable(stage, "What do you think?"), "I like it")
    await stage.bob.wait_for("Your reply to Alice is out")
    post, reply = stage.harness.posts()
    assert (reply.kind, reply.reply_to_id, reply.markdown) == ("reply", post.id, "I like it")


async def a_reply_by_reference_is_a_reply(stage: Stage) -> None:
    """`reply k7f …` answers the post, with or without brackets."""
    reference = await published(stage, "Answer me")
    [post] = stage.harness.posts()
    await stage.bob.say(f"reply [{reference}] Here I am")
    answer = await stage.bob.wait_for("Your reply to Alice is out")
    assert "public in the conversation" in answer.text
    assert [(one.kind, one.reply_to_id, one.markdown) for one in stage.harness.posts()[1:]] == [
        ("reply", post.id, "Here I am")
    ]


async def a_reply_to_nothing_known_publishes_nothing(stage: Stage) -> None:
    """A reference that is none is named, and what to do now."""
    await stage.bob.say("reply k9z Here I am")
    answer = await stage.bob.wait_for("There is no post")
    assert "k9z" in answer.text
    assert stage.harness.posts() == []


async def who_is_answered_or_mentioned_is_told(stage: Stage) -> None:
    """A reply and a mention reach the one they are for, with who and which; nobody else."""
    reference = await published(stage, "A question")
    await stage.bob.say(f"reply {reference} An answer")
    told = await stage.alice.wait_for("An answer")
    assert "Bob answers you" in told.text
    assert f"[{stage.harness.posts()[-1].short_reference}]" in told.text
    await stage.bob.say("I thank @alice for that")
    told = await stage.alice.wait_for("I thank")
    assert "Bob mentions you" in told.text


async def mentions_are_listed(stage: Stage) -> None:
    """`mentions` has what others said to oneself, the newest first, with references."""
    await stage.alice.say("mentions")
    await stage.alice.wait_for("Nobody has written to you yet")
    reference = await published(stage, "A question")
    await stage.bob.say(f"reply {reference} An answer")
    await stage.bob.wait_for("is out")
    await stage.bob.say("I thank @alice for that")
    await stage.bob.wait_for("Published")
    await stage.alice.say("mentions")
    answer = (await stage.alice.wait_for("Answer one with")).text.replace(JOINER, "")
    assert 0 < answer.index("I thank @alice") < answer.index("An answer")
    assert all(f"[{post.short_reference}]" in answer for post in stage.harness.posts()[1:])


async def the_timeline_shows_posts_with_their_references(stage: Stage) -> None:
    """`timeline` lists what the people one follows wrote."""
    reference = await published(stage, "First words")
    await stage.bob.say("timeline")
    answer = await stage.bob.wait_for("Your timeline")
    assert "First words" in answer.text
    assert f"[{reference}]" in answer.text


async def people_are_followed_and_left(stage: Stage) -> None:
    """`follow`, `following` and `unfollow` do so at once and tell nobody."""
    await stage.alice.say("follow @bob")
    assert "they are not told" in (await stage.alice.wait_for("You follow Bob now")).text
    await stage.alice.say("follow @bob")
    await stage.alice.wait_for("You follow Bob already")
    await stage.alice.say("following")
    await stage.alice.wait_for("@bob Bob")
    await stage.alice.say("unfollow @bob")
    await stage.alice.wait_for("You don't follow Bob any more")
    await stage.harness.idle()
    assert not any("follow" in one.text for one in await stage.bob.seen() if one.from_bot and "Alice" in one.text)


async def who_follows_is_told_from_then_on(stage: Stage) -> None:
    """New posts of somebody one follows come by themselves, and no more once one does not."""
    await stage.alice.say("follow @bob")
    await stage.alice.wait_for("You follow Bob now")
    await stage.bob.say("Bob writes too")
    await stage.alice.wait_for("Bob writes too")
    await stage.alice.say("unfollow @bob")
    await stage.alice.wait_for("any more")
    await stage.bob.say("Bob writes again")
    await stage.bob.wait_for("Published")
    await stage.harness.idle()
    assert not any("Bob writes again" in one.text for one in await stage.alice.seen())


async def somebody_is_muted_and_heard_again(stage: Stage) -> None:
    """`mute` hides somebody silently, `unmute` shows them again."""
    await published(stage, "Loud words")
    await stage.bob.say("mute @alice")
    assert "not told" in (await stage.bob.wait_for("muted")).text
    await stage.bob.say("timeline")
    await stage.bob.wait_for("is empty")
    await stage.bob.say("unmute @alice")
    await stage.bob.wait_for("again")
    await stage.bob.say("timeline")
    await stage.bob.wait_for("Loud words")


async def who_wrote_is_muted_in_a_tap(stage: Stage) -> None:
    """Below what one is told: Mute is done at once and goes, Block asks first and stays."""
    await stage.alice.say("Loud words")
    told = await answerable(stage, "Loud words")
    await stage.bob.press(told, "Block")
    await stage.bob.wait_for("Nothing is changed yet")
    await stage.bob.press(told, "Mute")
    await stage.bob.wait_for("is muted")
    [now] = [one.buttons for one in await stage.bob.seen() if one.id == told.id]
    assert "Block" in now
    assert "Mute" not in now


async def somebody_is_blocked_and_let_in_again(stage: Stage) -> None:
    """`block` hides both from each other, silently; only `unblock` ends it."""
    await stage.alice.say("block @bob")
    assert "not told" in (await stage.alice.wait_for("blocked")).text
    await published(stage, "Not for Bob")
    await stage.bob.say("timeline")
    await stage.bob.wait_for("is empty")
    await stage.alice.say("unmute @bob")
    await stage.alice.wait_for("is blocked, not only muted")
    await stage.alice.say("unblock @bob")
    await stage.alice.wait_for("You see")
    await stage.bob.say("follow @alice")
    await stage.bob.wait_for("You follow Alice")
    await stage.bob.say("timeline")
    await stage.bob.wait_for("Not for Bob")


async def a_report_is_for_managers_only(stage: Stage) -> None:
    """A report is thanked for, counts once, and is shown to nobody but the community's managers."""
    reference = await published(stage, "Something unkind")
    await stage.bob.say(f"report {reference} This is unkind")
    answer = await stage.bob.wait_for("Only the community's managers see this")
    assert "block @alice" in answer.text.replace(JOINER, "")
    await stage.bob.say(f"report {reference} Very unkind")
    await stage.bob.wait_for("it counts once")
    await stage.bob.say("reports")
    await stage.bob.wait_for("Only the community's managers see reports")
    await stage.harness.idle()
    assert not any("report" in one.text.lower() for one in await stage.alice.seen())


async def one_person_is_recommended_a_week(stage: Stage) -> None:
    """`recommend @name why` takes one, and says when it is read."""
    await stage.alice.say("recommend @carol She asks the best questions")
    answer = (await stage.alice.wait_for("this week")).text.replace(JOINER, "")
    assert "You recommend @carol" in answer
    assert "“She asks the best questions”" in answer
    await stage.alice.say("recommend @alice I am good, too")
    await stage.alice.wait_for("yourself")


async def who_is_recommended_is_told_and_may_refuse(stage: Stage) -> None:
    """By a button where there are any, else by an answer; then it is shown nowhere, and whoever said it hears nothing of that."""
    await stage.alice.say("recommend @bob He asks the best questions")
    await stage.alice.wait_for("this week")
    told = await stage.bob.wait_for("recommends you on Micro Monday")
    assert "He asks the best questions" in told.text
    assert stage.harness.recommended() == ["bob"]
    if stage.driver.capabilities.buttons:
        await stage.bob.press(told, "Don't show it")
    else:
        await stage.bob.reply(told, "refuse @alice")
    await stage.bob.wait_for("is shown nowhere any more")
    assert [one.buttons for one in await stage.bob.seen() if one.id == told.id] == [()]  # nobody presses it twice
    assert stage.harness.recommended() == []
    await stage.bob.say("refuse @alice")
    await stage.bob.wait_for("does not recommend you")
    await stage.harness.idle()
    assert not any("shown nowhere" in one.text for one in await stage.alice.seen())
    await stage.bob.say("recommendable off")
    await stage.bob.wait_for("Nobody can recommend you")
    await stage.alice.say("recommend @carol She, too")
    await stage.alice.wait_for("“She, too”")
    assert stage.harness.recommended() == ["carol"]


async def a_long_text_arrives_whole(stage: Stage) -> None:
    """What is longer than the platform's messages comes in several, with every word, in order."""
    words = [f"word{number}" for number in range(1500)]
    reference = stage.harness.publish("alice", " ".join(words))
    await stage.bob.say(f"thread {reference}")
    await stage.bob.wait_for("Answer with")
    await stage.harness.idle()
    text = " ".join(one.text for one in await stage.bob.seen() if one.from_bot)
    told = text[text.rindex("word0 ") :].split()
    assert [word for word in told if word.startswith("word") and word[4:].isdigit()] == words


async def no_name_in_a_post_notifies_anybody(stage: Stage) -> None:
    """Names in what we send are defused, so that no platform takes them for its own members'."""
    await stage.alice.say("Greetings to @everyone and @channel")
    told = await stage.bob.wait_for("Greetings to")
    assert "@everyone" not in told.text
    assert "Greetings to @everyone and @channel" in told.text.replace(JOINER, "")


PLAYS = (
    Play(a_follower_is_told_with_a_reference, ("news",)),
    Play(a_native_reply_is_a_reply, ("threads",)),
    Play(answering_what_one_was_told_is_a_reply, ("threads", "news")),
    Play(a_reply_by_reference_is_a_reply),
    Play(a_reply_to_nothing_known_publishes_nothing),
    Play(who_is_answered_or_mentioned_is_told, ("unasked",)),
    Play(mentions_are_listed),
    Play(the_timeline_shows_posts_with_their_references),
    Play(people_are_followed_and_left),
    Play(who_follows_is_told_from_then_on, ("news",)),
    Play(somebody_is_muted_and_heard_again),
    Play(who_wrote_is_muted_in_a_tap, ("buttons", "news")),
    Play(somebody_is_blocked_and_let_in_again),
    Play(a_report_is_for_managers_only),
    Play(one_person_is_recommended_a_week),
    Play(who_is_recommended_is_told_and_may_refuse, ("unasked",)),
    Play(a_long_text_arrives_whole),
    Play(no_name_in_a_post_notifies_anybody, ("names_notify", "news")),
)
