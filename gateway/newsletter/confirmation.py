"""The mail by which the owner of an address confirms that they want a newsletter. No word in it is the applicant's."""

from sqlalchemy.orm import Session

from gateway.core.audience.subscribers import ERASED, confirm_url, unsubscribe_url
from gateway.core.ledger.outbox import Claim
from gateway.core.messages import Answer, Button
from gateway.core.people.community import Community
from gateway.core.store.models import Subscriber
from gateway.core.words import t
from gateway.newsletter.words import HOW_OFTEN, escaped


def confirm_subscription(session: Session, community: Community, claim: Claim) -> Answer | None:
    """The question, or, to somebody who reads it already, where to change it."""
    row = session.get(Subscriber, claim.subscriber_id)
    if row is None or row.status in {"unsubscribed", ERASED}:
        return None
    blog = row.blog
    title, how_often = blog.shown_title, t(HOW_OFTEN[row.cadence])
    name = f"**{escaped(blog.shown_title)}** ({community.blog_url(blog.name)})"
    if row.status == "active":
        return Answer(
            t(
                "You are subscribed to {name} already: {how_often}.\n\nNothing was changed. On this page you can change how often it comes, or leave.",
                name=name,
                how_often=how_often,
            ),
            subject=t("You are subscribed to {title}", title=title),
            buttons=((Button(t("Change or leave"), url=unsubscribe_url(community, blog.name, row.id)),),),
        )
    return Answer(
        t(
            "Somebody, we hope you, asked to have the newsletter {name} sent to this address: {how_often}.\n\nTo confirm it, open this page and press the button there. It works for seven days.\n\nIf it was not you, do nothing: nothing more will be sent.",
            name=name,
            how_often=how_often,
        ),
        subject=t("Confirm your subscription to {title}", title=title),
        buttons=((Button(t("Confirm"), url=confirm_url(community, blog, claim.payload["nonce"])),),),
    )
