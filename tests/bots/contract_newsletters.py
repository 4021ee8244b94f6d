"""A scene of one's own newsletter: the next issue looked at, changed and tested from wherever one writes."""

from sqlalchemy.orm import Session

from gateway.core.store.models import Blog, Subscriber
from tests.bots.contract import Play, Stage
from tests.bots.contract_posts import published
from tests.core.hands import deliveries, do, member


async def the_next_issue_is_looked_at_changed_and_tested(stage: Stage) -> None:
    """`newsletter` shows it; words behind it give it a subject and an intro, thin it and send a test, to its owner alone."""
    house = stage.harness.house

    def subscribe(session: Session) -> None:
        blog = session.query(Blog).filter_by(member_id=member(session, "alice").id).one()
        facts = {"status": "active", "cadence": "weekly", "asked_at": house.now(), "confirmed_at": house.now()}
        session.add(Subscriber(blog_id=blog.id, address="eve@example.net", **facts))

    do(house, subscribe)
    reference = await published(stage, "By the river")
    await stage.alice.say("newsletter")
    shown = await stage.alice.wait_for("Your next weekly issue")
    assert f"By the river [{reference}]" in shown.text
    assert "to 1 reader" in shown.text
    await stage.alice.say("newsletter subject: Of rivers")
    await stage.alice.wait_for("as “Of rivers”")
    await stage.alice.say("newsletter intro: A quiet week.\n\nAnd a long one.")
    assert "And a long one." in (await stage.alice.wait_for("Your intro stands above")).text
    await stage.alice.say(f"newsletter without {reference}")
    await stage.alice.wait_for("of later issues too")
    await stage.alice.say(f"newsletter with {reference}")
    await stage.alice.wait_for("in the issue again")
    await stage.alice.say("newsletter test")
    await stage.alice.wait_for("A test is on its way to")
    assert [row.recipient for row in deliveries(house, "issue_test")] == ["alice@example.com"]


PLAYS = (Play(the_next_issue_is_looked_at_changed_and_tested),)
