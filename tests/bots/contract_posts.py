"""Scenes of writing: posts, photos, drafts, changes, deletions, and taking back."""

from datetime import timedelta

from tests.bots.contract import Play, Stage

WINDOW = timedelta(seconds=60)


async def published(stage: Stage, words: str) -> str:
    """The short reference of what alice has just written."""
    await stage.alice.say(words)
    await stage.alice.wait_for("Published")
    return stage.harness.posts()[-1].short_reference


async def plain_words_are_a_post_and_the_answer_says_who_sees_it(stage: Stage) -> None:
    """Words become a post on the blog; the answer says where it is and who can see it."""
    await stage.alice.say("Hello from my chat")
    answer = await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    assert (post.markdown, post.kind, post.source) == ("Hello from my chat", "post", stage.driver.channel)
    assert "public on your blog, and in the timelines of people who follow you" in answer.text
    assert f"https://alice.example.org{post.path}" in answer.text
    assert post.short_reference in answer.text
    assert "to change it" in answer.text


async def a_word_may_bear_a_colon_a_slash_or_an_exclamation_mark(stage: Stage) -> None:
    """`post:`, `/post` and `!post` publish what follows, and nothing of the word."""
    await stage.alice.say("post: Mine")
    await stage.alice.say("POST:\nYours")
    await stage.bob.say("!post\nHers")
    await stage.bob.say("/post@some_bot His")
    await stage.harness.until(lambda: len(stage.harness.posts()) == 4, "posting four times")
    assert {post.markdown for post in stage.harness.posts()} == {"Mine", "Yours", "Hers", "His"}


async def styles_come_and_go(stage: Stage) -> None:
    """Bold words are bold on the blog, and bold for who reads them."""
    await stage.alice.say("Quite a long day", bold="long")
    await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    assert "Quite a <strong>long</strong> day" in post.html
    await stage.bob.say(f"thread {post.short_reference}")
    shown = await stage.bob.wait_for("Answer with")
    assert "long" in shown.bold
    assert "Quite a long day" in shown.text.replace("**", "")  # which a mail's plain part shows


async def typed_marks_are_markdown(stage: Stage) -> None:
    """Asterisks make words stand out where Markdown is what people type."""
    await stage.alice.say("Quite *a* long day")
    await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    assert "<em>a</em>" in post.html


async def a_photo_is_on_the_post(stage: Stage) -> None:
    """A photo with words is a post with a photo."""
    await stage.alice.photo(stage.harness.jpeg(), caption="My garden")
    await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    assert (post.markdown, post.photos) == ("My garden", 1)


async def a_photo_is_shown_to_followers(stage: Stage) -> None:
    """Who is told of a post sees its photo."""
    await stage.alice.photo(stage.harness.jpeg(), caption="My garden")
    assert (await stage.bob.wait_for("My garden")).photos == 1


async def several_photos_are_one_post(stage: Stage) -> None:
    """Photos sent together are one post, in their order."""
    photos = [stage.harness.jpeg(width=width) for width in (300, 310, 320)]
    await stage.alice.photo(*photos, caption="Three of them")
    await stage.harness.received(1)
    stage.harness.forward(seconds=3)
    await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    assert (post.markdown, post.widths) == ("Three of them", (300, 310, 320))


async def a_photo_is_described(stage: Stage) -> None:
    """`alt k7f …` says what a photo shows, for who can't see it."""
    await stage.alice.photo(stage.harness.jpeg(), caption="My garden")
    await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    await stage.alice.say(f"alt {post.short_reference} A cat below a rose")
    await stage.alice.wait_for("is described: “A cat below a rose”")
    assert [post.alts for post in stage.harness.posts()] == [("A cat below a rose",)]


async def one_line_describes_one_of_several_photos_and_says_which(stage: Stage) -> None:
    """It goes to the first that has no description, else to the first; what stood there is said, and how to name another one."""
    await stage.alice.photo(*(stage.harness.jpeg(width=width) for width in (300, 310)), caption="My garden")
    await stage.harness.received(1)
    stage.harness.forward(seconds=3)
    await stage.alice.wait_for("Published")
    [post] = stage.harness.posts()
    ref = post.short_reference
    for words, number, other in (("A cat", 1, 2), ("A rose", 2, 1)):
        await stage.alice.say(f"alt {ref} {words}")
        told = await stage.alice.wait_for(f"Photo {number} of [{ref}] is described: “{words}”.")
        assert f"This post has 2 photos: alt {ref} {other} other words describes photo {other}." in told.text.replace(
            "`", ""
        )
        assert "Before" not in told.text
    await stage.alice.say(f"alt {ref} A dog")
    await stage.alice.wait_for(f"Photo 1 of [{ref}] is described: “A dog”. Before, it was: “A cat”.")
    assert [post.alts for post in stage.harness.posts()] == [("A dog", "A rose")]


async def a_draft_is_kept_listed_changed_and_published(stage: Stage) -> None:
    """A draft is seen by its author only, until `publish`."""
    await stage.alice.say("draft: Half a thought")
    answer = await stage.alice.wait_for("Kept as a draft")
    assert "Nobody but you can see it" in answer.text
    [draft] = stage.harness.posts()
    assert draft.status == "draft"
    await stage.alice.say("drafts")
    assert "Half a thought" in (await stage.alice.wait_for("Your drafts")).text
    await stage.alice.say(f"edit {draft.short_reference} A whole thought")
    await stage.alice.wait_for("The draft is changed")
    await stage.bob.say("timeline")
    await stage.bob.wait_for("is empty")
    await stage.alice.say(f"publish {draft.short_reference}")
    await stage.alice.wait_for("Published")
    assert [(post.status, post.markdown) for post in stage.harness.posts()] == [("published", "A whole thought")]


async def a_title_is_given_afterwards(stage: Stage) -> None:
    """`title:` names the last post."""
    await published(stage, "It rained all day")
    await stage.alice.say("title: Weather")
    await stage.alice.wait_for("Its title is “Weather” now")
    assert [(post.title, post.markdown) for post in stage.harness.posts()] == [("Weather", "It rained all day")]


async def a_post_is_changed_by_its_reference(stage: Stage) -> None:
    """`edit k7f …` changes the words everywhere; nobody else's `edit` does."""
    reference = await published(stage, "Helo everybody")
    await stage.bob.say(f"edit {reference} Bye everybody")
    await stage.bob.wait_for("is not yours")
    await stage.alice.say(f"edit {reference} Hello everybody")
    await stage.alice.wait_for("Changed, everywhere")
    await stage.alice.say(f"edit {reference} Hello everybody")
    await stage.alice.wait_for("nothing was changed")
    assert [post.markdown for post in stage.harness.posts()] == ["Hello everybody"]


async def a_change_is_undone_within_a_minute(stage: Stage) -> None:
    """`undo` right after `edit` brings the earlier words back."""
    reference = await published(stage, "Hello everybody")
    stage.harness.forward(seconds=90)
    await stage.alice.say(f"edit {reference} Hullo everybody")
    await stage.alice.wait_for("Changed, everywhere")
    await stage.alice.say("undo")
    await stage.alice.wait_for("The earlier words are back")
    assert [post.markdown for post in stage.harness.posts()] == ["Hello everybody"]


async def a_post_is_deleted_by_its_reference(stage: Stage) -> None:
    """`delete k7f` deletes a post; the answer says what can't be called back."""
    reference = await published(stage, "Oh no")
    await stage.alice.say(f"delete {reference}")
    answer = await stage.alice.wait_for("Deleted")
    assert "gone from your blog and from timelines" in answer.text
    assert [post.status for post in stage.harness.posts()] == ["deleted"]


async def a_post_is_taken_back_before_anybody_is_told(stage: Stage) -> None:
    """`undo` within its time takes the last post back, and nobody ever hears of it."""
    await stage.alice.say("Too early")
    answer = await stage.alice.wait_for("Published")
    assert "60 seconds" in answer.text
    await stage.alice.say("undo")
    assert "Nobody was told of it" in (await stage.alice.wait_for("Taken back")).text
    stage.harness.forward(seconds=90)
    await stage.harness.idle()
    assert [post.status for post in stage.harness.posts()] == ["deleted"]
    assert not any("Too early" in one.text for one in await stage.bob.seen())
    await stage.alice.say("undo")
    await stage.alice.wait_for("nothing to undo")


async def an_edit_changes_the_post_and_the_told_copies(stage: Stage) -> None:
    """An edited message edits its post, and the messages that told people of it."""
    said = await stage.alice.say("Helo everybody")
    await stage.bob.wait_for("Helo everybody")
    await stage.alice.edit(said, "Hello everybody")
    await stage.bob.wait_for("Hello everybody")
    await stage.harness.idle()
    assert [post.markdown for post in stage.harness.posts()] == ["Hello everybody"]
    assert not any("Helo" in one.text for one in await stage.bob.seen())


async def a_deleted_message_deletes_its_post(stage: Stage) -> None:
    """Deleting the message that made a post deletes the post, and what told people of it."""
    said = await stage.alice.say("Oh no")
    await stage.bob.wait_for("Oh no")
    await stage.alice.delete(said)
    await stage.alice.wait_for("Deleted")
    await stage.harness.idle()
    assert [post.status for post in stage.harness.posts()] == ["deleted"]
    assert not any("Oh no" in one.text for one in await stage.bob.seen())


async def a_button_deletes_a_post(stage: Stage) -> None:
    """The confirmation's button deletes the post, and what told people of it."""
    await stage.alice.say("Short-lived")
    answer = await stage.alice.wait_for("Published")
    await stage.bob.wait_for("Short-lived")
    await stage.alice.press(answer, "Delete")
    await stage.alice.wait_for("Deleted")
    await stage.harness.idle()
    assert [post.status for post in stage.harness.posts()] == ["deleted"]
    assert not any("Short-lived" in one.text for one in await stage.bob.seen())


async def answering_a_confirmation_changes_and_deletes(stage: Stage) -> None:
    """`edit: …` and `delete`, said in answer to a confirmation, are about its post."""
    await stage.alice.say("Helo everybody")
    confirmed = await stage.alice.wait_for("Published")
    await stage.alice.reply(confirmed, "edit: Hello everybody")
    await stage.alice.wait_for("Changed, everywhere")
    assert [post.markdown for post in stage.harness.posts()] == ["Hello everybody"]
    await stage.alice.reply(confirmed, "delete")
    await stage.alice.wait_for("Deleted")
    assert [post.status for post in stage.harness.posts()] == ["deleted"]


PLAYS = (
    Play(plain_words_are_a_post_and_the_answer_says_who_sees_it),
    Play(a_word_may_bear_a_colon_a_slash_or_an_exclamation_mark),
    Play(styles_come_and_go, ("styles",)),
    Play(typed_marks_are_markdown, ("markdown",)),
    Play(a_photo_is_on_the_post, ("takes",)),
    Play(a_photo_is_shown_to_followers, ("takes", "news")),
    Play(several_photos_are_one_post, ("takes",)),
    Play(a_photo_is_described, ("takes",)),
    Play(one_line_describes_one_of_several_photos_and_says_which, ("takes",)),
    Play(a_draft_is_kept_listed_changed_and_published),
    Play(a_title_is_given_afterwards),
    Play(a_post_is_changed_by_its_reference),
    Play(a_change_is_undone_within_a_minute),
    Play(a_post_is_deleted_by_its_reference),
    Play(a_post_is_taken_back_before_anybody_is_told, undo=WINDOW),
    Play(an_edit_changes_the_post_and_the_told_copies, ("hears_edits", "changes", "news")),
    Play(a_deleted_message_deletes_its_post, ("hears_deletes", "changes", "news")),
    Play(a_button_deletes_a_post, ("buttons", "changes", "news")),
    Play(answering_a_confirmation_changes_and_deletes, ("threads",)),
)
