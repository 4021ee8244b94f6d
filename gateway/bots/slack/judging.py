"""What is wrong with a form that was sent in Slack: a sentence for each field, by which the form stays open."""

import asyncio
import logging
from typing import Any

from sqlalchemy.orm import Session

from gateway.bots.rendering import from_slack
from gateway.bots.slack import views
from gateway.bots.slack.arrivals import team_of
from gateway.bots.slack.payloads import CHANNEL, Json, inside, text
from gateway.bots.slack.views import Written
from gateway.core.house import House
from gateway.core.people import accounts
from gateway.core.people.relations import has_blocked
from gateway.core.store.models import Member, Post
from gateway.core.words import N, t
from gateway.core.writing import blogs, posting

log = logging.getLogger("postroom.slack")

IN_TIME = 1.8  # seconds for a form, of the three that Slack waits
WHO = views.WORDS  # the one field that every form has
GONE = N("The post you answer is not there any more. Nothing was published.")
NO_BLOG = N("You have no blog yet. Nothing was published.")
NO_LINK = N("This account is not linked any more. Nothing was published.")
NO_WORDS = N("Write something first. Nothing was published.")


async def judged(house: House, payload: Json) -> dict[str, Any] | None:
    """What to answer when a field has a fault, with a sentence for each; None when none has, or it can't be told now: then the desk decides."""
    try:
        async with asyncio.timeout(IN_TIME):
            faults = await asyncio.to_thread(_faults, house, payload)
    except Exception:
        log.exception("a form could not be judged")
        return None
    return given_back(faults) if faults else None


def given_back(faults: dict[str, str]) -> dict[str, Any]:
    """The answer by which a form stays open, with these sentences below its fields."""
    return {"response_action": "errors", "errors": faults}


def _faults(house: House, payload: Json) -> dict[str, str]:
    """What is wrong with a form, by field."""
    found = views.written(inside(payload, "view"))
    faults = _wrong_words(found)
    if WHO not in faults:
        with house.database.read() as session:
            if why := _not_theirs(session, account_of(payload), found):
                faults[WHO] = why
    return faults


def _wrong_words(found: Written) -> dict[str, str]:
    faults = {}
    size = len(from_slack(found.words, "").strip())
    if not size and not found.form.files:
        faults[views.WORDS] = t(NO_WORDS)
    elif size > posting.LONGEST_TEXT:
        faults[views.WORDS] = t(
            "A post holds up to {most} characters. Nothing was published.", most=f"{posting.LONGEST_TEXT:,}"
        )
    if len(found.title) > posting.LONGEST_TITLE:
        faults[views.TITLE] = t(
            "A title holds up to {most} characters. Nothing was published.", most=posting.LONGEST_TITLE
        )
    if len(found.categories) > views.MOST_CATEGORIES:
        faults[views.CATEGORIES] = t(
            "A post has up to {most} categories. Nothing was published.", most=views.MOST_CATEGORIES
        )
    elif any(len(name) > views.LONGEST_CATEGORY for name in found.categories):
        faults[views.CATEGORIES] = t(
            "A category has up to {most} characters; separate them by commas. Nothing was published.",
            most=views.LONGEST_CATEGORY,
        )
    return faults


def _not_theirs(session: Session, account: str, found: Written) -> str:
    """Why this person can't publish that now; empty when they can."""
    member = accounts.by_account(session, CHANNEL, account)
    if member is None:
        return t(NO_LINK)
    if found.form.post_id:
        return "" if can_answer(session, session.get(Post, found.form.post_id), member) else t(GONE)
    return "" if blogs.of_member(session, member.id) is not None else t(NO_BLOG)


def can_answer(session: Session, post: Post | None, member: Member) -> bool:
    """Whether this member may reply to that post."""
    return post is not None and post.status == "published" and not has_blocked(session, post.author_id, member.id)


def account_of(payload: Json) -> str:
    """Whose doing a payload is."""
    user = text(payload, "user_id") or text(inside(payload, "user"), "id")
    return f"{team_of(payload)}:{user}"
