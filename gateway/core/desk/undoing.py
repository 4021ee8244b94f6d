"""Taking back what was just published, by a link in its confirmation: for a mail program, where answering takes longer than a minute.

The link works for a minute, or for the undo window if that is longer. Once the window is over people may have been told; then it is a deletion.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.core.desk import acts
from gateway.core.desk.turns import Turn
from gateway.core.errors import Conflict, NotFound
from gateway.core.messages import Answer, Button
from gateway.core.people.community import Community
from gateway.core.people.tokens import mint, read
from gateway.core.store.models import Post
from gateway.core.words import later, t

LINK_LASTS = timedelta(seconds=60)


def with_undo(turn: Turn, answer: Answer, post: Post) -> Answer:
    """The confirmation of a post; by mail with a button that takes it back, and with how to get no more of these."""
    if turn.message.channel != "email":
        return answer
    foot = t(
        "You get this because you published. To get no more of these, send “confirmations off” to {mail}, or choose so at {site}/me/settings.",
        mail=turn.community.mail("do"),
        site=turn.community.base_url,
    )
    if not _window(turn.community, post) or post.status != "published":
        return replace(answer, foot=foot, link="")  # its text begins with it
    url = f"{turn.community.base_url}/undo/{mint(turn.community.keyring, 'undo', post.id)}"
    return replace(answer, foot=foot, link="", buttons=((Button(t("Take it back"), url=url),),))


def post_of(session: Session, community: Community, token: str, now: datetime) -> Post:
    """The post behind an undo link. Raises NotFound when there is none any more, Conflict when it is too late."""
    ids = read(community.keyring, "undo", token)
    post = session.get(Post, ids[0]) if len(ids) == 1 else None
    if post is None or post.status != "published" or post.published_at is None:
        raise NotFound(later("This post is not there any more."), hint=later("There is nothing to take back."))
    window = post.notify_at - post.published_at if post.notify_at is not None else timedelta(0)
    if now > post.published_at + max(window, LINK_LASTS):
        raise Conflict(
            later("It is too late to take this post back: people may have been told of it."),
            hint=later(
                "Answer its mail with “delete”, or delete it at {site}/write/{ref}/delete.",
                site=community.base_url,
                ref=post.short_reference,
            ),
        )
    return post


def take_back(session: Session, community: Community, token: str, now: datetime) -> bool:
    """Takes the post behind an undo link away; True when nobody was told. Raises NotFound, Conflict."""
    post = post_of(session, community, token, now)
    return acts.take_back(session, post, post.author, now)


def _window(community: Community, post: Post) -> timedelta:
    return community.undo_replies if post.kind == "reply" else community.undo_posts
