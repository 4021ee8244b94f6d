"""A link that opens the bot links nobody unawares: somebody else may have made it."""

from tests.bots.telegram.conftest import TelegramStage


async def test_whoever_opens_a_link_is_asked_first(stage: TelegramStage) -> None:
    code = stage.harness.link_code("carol", "telegram")
    eve = await stage.driver.person("eve")
    await eve.say(f"/start {code}")
    asked = await eve.wait_for("Link this chat to @carol")
    await eve.say("Dear diary")
    await eve.wait_for("I don't know you yet")
    await stage.harness.idle()
    assert stage.harness.posts() == []
    assert asked.buttons == ("Yes, I am @carol",)


async def test_the_first_to_say_yes_is_linked_and_nobody_after(stage: TelegramStage) -> None:
    code = stage.harness.link_code("carol", "telegram")
    carol, eve = await stage.driver.person("carol"), await stage.driver.person("eve")
    for person in (carol, eve):
        await person.say(f"/start {code}")
    asked, asked_too = [await person.wait_for("Link this chat to @carol") for person in (carol, eve)]
    await carol.press(asked, "Yes, I am @carol")
    await carol.wait_for("you are @carol")
    await eve.press(asked_too, "Yes, I am @carol")
    await eve.wait_for("does not work any more")
    await carol.say("Mine at last")
    await carol.wait_for("Published")
    assert [post.markdown for post in stage.harness.posts()] == ["Mine at last"]
