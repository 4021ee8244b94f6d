"""Micro Monday's round-up as a post of a blog that the settings name: published as any other, so that its newsletter carries it, too.

The message map ties the post to its week, as it ties others to the message that made them; by that key it is made once, whoever ticks. Who refuses a
recommendation later takes it out of the post, and of an issue that waits to leave. In mails that left, it stays. Publishing and refusing wait for each other at the recommendations' rows.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from gateway.core.audience import withdrawing
from gateway.core.community import micro_monday
from gateway.core.desk import acts
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, Post, Recommendation
from gateway.core.words import quoted, speaking, t
from gateway.core.writing import blogs, conversations, message_map, posting
from gateway.core.writing.posting import Words
from gateway.core.writing.quoting import escaped
from gateway.core.writing.text import render

SOURCE = "clock"  # where messages that make posts come from, else a channel
MOST = 100  # recommendations in one post, lest it be longer than a post may be


@dataclass(frozen=True, slots=True)
class Written:
    """A round-up's post before it is published, and the recommendations that it holds."""

    period: str
    blog_id: int
    words: Words
    holds: tuple[int, ...]


def write(session: Session, community: Community, blog_name: str, period: str) -> Written | None:
    """The post of a week's round-up; None when there is nothing in it, or it was published. Reads only. Raises NotFound for no such blog."""
    blog = blogs.by_name(session, blog_name)
    shown = micro_monday.of_round_up(session, period)
    if not shown or _post_of(session, period) is not None:
        return None
    with speaking(blog.language):
        entries = [_entry(community, one) for one in shown[:MOST]]
        page = f"{community.base_url}/micro-monday"
        parts = [
            t(
                "Once a week, every member of {community} may recommend one person to follow.",
                community=escaped(community.name),
            ),
            *entries,
            t("All of them, week by week: {page}", page=page),
        ]
        title = t("Micro Monday: the round-up")
    return Written(period, blog.id, _worded(title, parts), tuple(one.id for one in shown))


def publish(session: Session, community: Community, written: Written, now: datetime) -> Post | None:
    """Publishes it; None when that was done, or when its recommendations are others by now: then it is to be written again."""
    micro_monday.hold_round_up(session, written.period)
    holds = tuple(one.id for one in micro_monday.of_round_up(session, written.period))
    if holds != written.holds or _post_of(session, written.period) is not None:
        return None
    blog = session.get_one(Blog, written.blog_id)
    post = posting.publish(session, community, blog, blog.owner, written.words, now, source=SOURCE, draft=True)
    acts.publish_draft(session, community, post, blog.owner, now)
    key = _key(written.period)
    message_map.remember_message(session, post, channel=SOURCE, place="", external_id=key, direction="in", now=now)
    return post


def refuse(session: Session, community: Community, one: Recommendation, now: datetime) -> None:
    """The recommended says no: it is shown nowhere any more, and goes from the round-up's post."""
    if not micro_monday.refuse(session, one, now):
        return
    session.refresh(one)  # it may have been carried, and published, while its row was waited for
    post = _post_of(session, one.round_up) if one.round_up is not None else None
    if one.round_up is None or post is None:
        return
    session.refresh(post, with_for_update={"key_share": True})  # others may refuse theirs in the same moment
    if post.status != "published":
        return
    paragraphs = post.markdown.split("\n\n")
    kept = [text for text in paragraphs if not _is_of(community, text, one)]
    if not micro_monday.of_round_up(session, one.round_up):
        acts.delete(session, post, post.author, now)
    elif len(kept) < len(paragraphs):
        acts.edit(session, post, post.author, _worded(post.title, kept), now)
        withdrawing.withdraw(session, post.id, wholly=False)


def _worded(title: str, parts: list[str]) -> Words:
    """The words of a post in which nobody is mentioned: they were told when they were recommended."""
    markdown = "\n\n".join(parts)
    return Words(markdown, render(markdown), title)


def _entry(community: Community, one: Recommendation) -> str:
    who, by = (f"[{escaped(m.shown_name)}]({community.member_url(m.handle)})" for m in (one.recommended, one.member))
    return t("**{who}**, recommended by {by}:  \n{reason}", who=who, by=by, reason=quoted(escaped(one.reason)))


def _is_of(community: Community, paragraph: str, one: Recommendation) -> bool:
    """Whether a paragraph is this recommendation's, whatever its people are called by now."""
    pages = (f"]({community.member_url(member.handle)})" for member in (one.recommended, one.member))
    return all(page in paragraph for page in pages) and escaped(one.reason) in paragraph


def _key(period: str) -> str:
    return f"micro_monday:{period}"


def _post_of(session: Session, period: str) -> Post | None:
    return conversations.answered_post(session, SOURCE, "", [_key(period)])
