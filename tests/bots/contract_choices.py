"""Scenes of what members choose: what they are told and when, in which language, being asked first; and of reporting."""

from tests.bots.contract import JOINER, Play, Stage
from tests.bots.contract_posts import published
from tests.core.hands import choose


async def what_one_is_told_is_chosen_by_words(stage: Stage) -> None:
    """`tell` turns new posts off and on where it is said, at once; by mail, too, which keeps them for the digest otherwise."""
    await stage.bob.say("tell posts off")
    assert "Nobody else sees what you chose" in (await stage.bob.wait_for("New posts")).text
    await published(stage, "Not for Bob")
    await stage.bob.say("tell posts at once")
    await stage.bob.wait_for("at once. Before: ")
    await published_again(stage, "For Bob")
    await stage.bob.wait_for("For Bob")
    await stage.harness.idle()
    assert not any("Not for Bob" in one.text for one in await stage.bob.seen() if one.from_bot)


async def published_again(stage: Stage, words: str) -> None:
    """alice's next post is out."""
    count = len(stage.harness.posts())
    await stage.alice.say(words)
    await stage.harness.until(lambda: len(stage.harness.posts()) > count, "another post")


async def what_one_is_told_is_listed(stage: Stage) -> None:
    """`tell` and `!quiet` alone say what holds, and refuse what they can't read."""
    await stage.bob.say("tell")
    assert "Nobody is ever told that they are followed" in (await stage.bob.wait_for("You are told:")).text
    await stage.bob.say("/tell everybody loudly")
    assert "Nothing was changed" in (await stage.bob.wait_for("I can't tell what")).text
    await stage.bob.say("!quiet")
    await stage.bob.wait_for("You have no quiet hours")


async def nothing_is_told_in_quiet_hours_but_afterwards(stage: Stage) -> None:
    """Within `quiet 8-20` replies wait; when it is over they come. Answers to what one does oneself come at once."""
    reference = await published(stage, "A question")
    await stage.alice.say("quiet 8-20")
    await stage.alice.wait_for("From 8:00 to 20:00")
    await stage.bob.say(f"reply {reference} An answer")
    await stage.bob.wait_for("is out")
    await stage.harness.idle()
    assert not any("An answer" in one.text for one in await stage.alice.seen())
    stage.harness.forward(hours=9)
    await stage.alice.wait_for("An answer")
    await stage.alice.say("quiet off")
    await stage.alice.wait_for("You have no quiet hours")


async def a_yes_in_answer_to_the_question_publishes(stage: Stage) -> None:
    """Who is asked whether to publish may answer the question with yes."""
    await stage.alice.say("ask on")
    await stage.alice.wait_for("From now on you are asked")
    await stage.alice.say("Think twice")
    await stage.harness.until(stage.harness.posts, "a draft")
    asked = await stage.alice.wait_for(stage.harness.posts()[0].short_reference)
    await stage.harness.idle()
    await stage.alice.reply(asked, "yes")
    await stage.alice.wait_for("Published")
    assert [(post.status, post.markdown) for post in stage.harness.posts()] == [("published", "Think twice")]


async def a_manager_reads_and_closes_a_report(stage: Stage) -> None:
    """`reports` lists what was reported and by whom, and closes it with a note; whoever is reported hears of nothing."""
    reference = await published(stage, "Something unkind")
    await stage.bob.say(f"report {reference} It is unkind")
    await stage.bob.wait_for("Only the community's managers see this")
    choose(stage.harness.house, "bob", role="manager")
    await stage.bob.say("reports")
    assert "@bob reports" in (await stage.bob.wait_for("Open reports")).text.replace(JOINER, "")
    await stage.bob.say("reports close 1 talked to her")
    await stage.bob.wait_for("Report 1 is closed")
    await stage.harness.idle()
    assert not any("report" in one.text.lower() for one in await stage.alice.seen() if one.from_bot)


async def answers_come_in_the_language_of_ones_choice(stage: Stage) -> None:
    """`language de` has everything said in German, and `language en` in English again; others hear theirs."""
    await stage.alice.say("language de")
    await stage.alice.wait_for("Ich spreche von jetzt an Deutsch mit dir")
    await stage.alice.say("Guten Tag")
    await stage.alice.wait_for("Veröffentlicht")
    await stage.bob.say("help follow")
    await stage.bob.wait_for("Follow somebody")
    await stage.alice.say("language en")
    await stage.alice.wait_for("I speak English with you from now on")


PLAYS = (
    Play(what_one_is_told_is_chosen_by_words, ("unasked",)),
    Play(what_one_is_told_is_listed),
    Play(nothing_is_told_in_quiet_hours_but_afterwards, ("unasked",)),
    Play(a_yes_in_answer_to_the_question_publishes, ("threads",)),
    Play(a_manager_reads_and_closes_a_report),
    Play(answers_come_in_the_language_of_ones_choice),
)
