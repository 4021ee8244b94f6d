"""What Slack wants answered within three seconds: a form to open, what is wrong with one that was sent, where a command's answer will be.

Opening a form does nothing yet, so it is not stored. A form that was sent with a fault is given back with a sentence below each field, and not
stored either; without one it is stored and done as everything else. What comes from a workspace that is not, or no longer, ours is answered here, too, and
not stored: nothing would come of it, and nobody could be told so later.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackApiError
from sqlalchemy.orm import Session

from gateway.bots.rendering import from_slack, to_plain
from gateway.bots.rendering.slack import escape_mrkdwn
from gateway.bots.slack import views
from gateway.bots.slack.api import Api
from gateway.bots.slack.arrivals import is_at_home, kind_of, team_of
from gateway.bots.slack.home import COMPOSE, REPLY
from gateway.bots.slack.installs import Unreadable
from gateway.bots.slack.judging import GONE, IN_TIME, NO_BLOG, WHO, account_of, can_answer, given_back, judged
from gateway.bots.slack.manifest import COMMANDS, POST_MESSAGE, REPLY_TO_MESSAGE
from gateway.bots.slack.payloads import CHANNEL, Json, inside, objects, text
from gateway.bots.slack.results import Trouble, error_of
from gateway.bots.slack.views import Form, View
from gateway.bots.slack.workspaces import NotInstalled, Workspaces
from gateway.core.desk import link_phrases, phrases
from gateway.core.errors import NotFound
from gateway.core.house import House
from gateway.core.people import accounts
from gateway.core.store.models import Member, Post
from gateway.core.words import N, later, n, t
from gateway.core.writing import blogs, conversations, posting

log = logging.getLogger("postroom.slack")

# Seconds, of the three that Slack waits: for whose language it is and for saying that something failed; for where an answer will come.
BRIEFLY = 0.5
AFTER_STORING = 1.2
NOT_OPENED = N("The form could not be opened. Nothing was published. Try again, or write to me in a direct message.")
LOOK_THERE = N("Saved. My answer comes in our direct messages.")
NOT_HERE = N(
    "This app is not installed in this workspace, or this workspace is not wanted. Nothing was published. Ask the people who run the community, or write to it by mail."
)
WAITS = N(
    "Saved. I can't do it or answer you in this workspace until the people who run this community have mended something. Then I do both."
)
UNKNOWN_POST = N(
    "I know of no post that this message tells of. Nothing was published. Send `reply k7f your words` with the post's short reference."
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back in the same request."""

    body: str | dict[str, Any] = ""
    status: int = 200


Filling = Callable[[House, Session, Json, Member], View]


async def answered(house: House, workspaces: Workspaces, payload: Json) -> Reply | None:
    """The answer to what is done with by answering it; None for all that is to be stored."""
    if kind_of(payload) == "event":
        return None
    if (filling := _filling(payload)) is not None:
        return await _opened(house, workspaces, payload, filling)
    if await _is_elsewhere(workspaces, payload):
        return await _turned_away(workspaces.nobody(), payload, t(NOT_HERE))
    faults = await judged(house, payload) if views.is_composer(payload) else None
    return Reply(faults) if faults is not None else None


def _filling(payload: Json) -> Filling | None:
    """What fills the form that is asked for, if one is."""
    if kind_of(payload) == "command":
        verb = COMMANDS.get(text(payload, "command"), "")
        return _blank if verb in {"post", "draft"} and not text(payload, "text").strip() else None
    match text(payload, "type"):
        case "message_action":
            return {POST_MESSAGE: _from_message, REPLY_TO_MESSAGE: _to_message}.get(text(payload, "callback_id"))
        case "block_actions" if is_at_home(payload):
            pressed = {text(one, "action_id") for one in objects(payload, "actions")}
            return _blank if COMPOSE in pressed else _to_reference if REPLY in pressed else None
    return None


async def _is_elsewhere(workspaces: Workspaces, payload: Json) -> bool:
    """Whether the app is not installed there, or not wanted. When that can't be told now, it is found out once this is stored."""
    try:
        async with asyncio.timeout(BRIEFLY):
            await workspaces.api(team_of(payload))
    except NotInstalled as error:
        log.warning("a %s from Slack was turned away: %s", kind_of(payload), error)
        return True
    except Unreadable:
        return False
    except Exception:
        log.exception("could not find out whether the app is installed somewhere")
    return False


# Opening


async def _opened(house: House, workspaces: Workspaces, payload: Json, filling: Filling) -> Reply:
    try:
        async with asyncio.timeout(IN_TIME):
            api = await workspaces.api(team_of(payload))
            view = await asyncio.to_thread(_made, house, payload, filling)
            async with api.client() as client:
                await client.views_open(trigger_id=text(payload, "trigger_id"), view=view)
    except NotInstalled as error:
        log.warning("a form could not be opened in Slack: %s", error)
        return await _turned_away(workspaces.nobody(), payload, t(NOT_HERE))
    except Exception as error:
        if isinstance(error, Unreadable):
            log.warning("a form could not be opened in Slack: %s", error)
        elif isinstance(error, Trouble):
            code = error_of(error) if isinstance(error, SlackApiError) else type(error).__name__
            log.warning("a form could not be opened in Slack: %s", code)
        else:
            log.exception("a form could not be filled")
        return await _turned_away(workspaces.nobody(), payload, t(NOT_OPENED))
    return Reply()


async def _turned_away(api: Api, payload: Json, why: str) -> Reply:
    """Said where it can be: in a form that stays open with all its words, in answer to a command, or below the message whose menu or button it was;
    Slack marks a button elsewhere by itself."""
    if views.is_composer(payload):
        return Reply(given_back({WHO: why}))
    if kind_of(payload) == "command":
        return Reply(why)
    if not (url := text(payload, "response_url")):
        return Reply(status=503)
    try:
        async with asyncio.timeout(BRIEFLY):
            await api.say_at(url, why)
    except Trouble as error:
        log.warning("nobody could be told that something of theirs was not done: %s", type(error).__name__)
    return Reply()


def _made(house: House, payload: Json, filling: Filling) -> View:
    with house.database.read() as session:
        member = accounts.by_account(session, CHANNEL, account_of(payload))
        if member is None:
            return views.notice(t("Not linked yet"), link_phrases.stranger(house.community, CHANNEL).text)
        try:
            return filling(house, session, payload, member)
        except NotFound as error:
            return views.notice(t("That did not work"), error.said())


def _blank(house: House, session: Session, payload: Json, member: Member) -> View:
    """An empty form for a post."""
    if blogs.of_member(session, member.id) is None:
        raise NotFound(later(NO_BLOG))
    draft = COMMANDS.get(text(payload, "command")) == "draft"
    return views.composer(Form(at_home=is_at_home(payload)), draft=draft)


def _from_message(house: House, session: Session, payload: Json, member: Member) -> View:
    """The message's words, to be changed; somebody else's come as a quotation. Its files come along."""
    if blogs.of_member(session, member.id) is None:
        raise NotFound(later(NO_BLOG))
    message = inside(payload, "message")
    words = from_slack(objects(message, "blocks"), text(message, "text"), name_of=names(session, team_of(payload)))
    files = views.files_of(message)
    about = [n("Its file comes along.", "Its files come along.", len(files))] if files else []
    if text(message, "user") != text(inside(payload, "user"), "id"):
        words = "\n".join(f"> {line}".rstrip() for line in words.split("\n")) if words else ""
        about.insert(0, t("These are somebody else's words, so they stand as a quotation. Your blog is public."))
    return views.composer(Form(files=files), markdown=words, about=" ".join(about))


def _to_message(house: House, session: Session, payload: Json, member: Member) -> View:
    """A form for a reply to the post that the message tells of, or the first of its thread."""
    message = inside(payload, "message")
    place = f"{team_of(payload)}:{text(inside(payload, 'channel'), 'id')}"
    nearest = filter(None, (text(message, "ts") or text(payload, "message_ts"), text(message, "thread_ts")))
    post = conversations.answered_post(session, CHANNEL, place, nearest)
    if post is None:
        raise NotFound(later(UNKNOWN_POST))
    return _replying(session, post, member, Form(post.id))


def _to_reference(house: House, session: Session, payload: Json, member: Member) -> View:
    """A form for a reply to the post under whose button this was pressed."""
    reference = next((text(one, "value") for one in objects(payload, "actions") if text(one, "value")), "")
    post = posting.by_reference(session, reference)
    return _replying(session, post, member, Form(post.id, at_home=True))


def _replying(session: Session, post: Post, member: Member, form: Form) -> View:
    if not can_answer(session, post, member):
        raise NotFound(later(GONE))
    about = t(
        "You answer {name}: “{title}”. Your reply is public.",
        name=post.author.shown_name,
        title=phrases.shown_title(post, 200),
    )
    return views.composer(form, about=about, heading=t("Reply"))


def names(session: Session, team: str) -> Callable[[str], str]:
    """What people of a workspace are called here: the handles of those who have linked their accounts, for others nothing."""

    def handle_of(user: str) -> str:
        member = accounts.by_account(session, CHANNEL, f"{team}:{user}")
        return member.handle if member is not None else ""

    return handle_of


# What was stored


async def acknowledgement(house: House, workspaces: Workspaces, payload: Json) -> str | dict[str, Any]:
    """What is shown where a command was typed, to whoever typed it: where the answer comes. Nothing where that is the same place.

    A form just closes. Where neither can be answered, both say so.
    """
    if kind_of(payload) != "command" and not views.is_composer(payload):
        return ""
    try:
        async with asyncio.timeout(AFTER_STORING):
            await workspaces.api(team_of(payload))
            return "" if views.is_composer(payload) else await asyncio.to_thread(_where, house, payload)
    except Unreadable:
        if views.is_composer(payload):
            return {"response_action": "update", "view": views.notice(t("Saved"), t(WAITS))}
        return t(WAITS)
    except NotInstalled:
        return "" if views.is_composer(payload) else t(NOT_HERE)
    except Exception:  # it is stored, so it must be acknowledged
        log.exception("could not find out where an answer goes")
        return "" if views.is_composer(payload) else t(LOOK_THERE)


def _where(house: House, payload: Json) -> str:
    with house.database.read() as session:
        member = accounts.by_account(session, CHANNEL, account_of(payload))
        if member is None:
            is_linking = COMMANDS.get(text(payload, "command")) == "link"
            return (
                t(LOOK_THERE)
                if is_linking
                else escape_mrkdwn(to_plain(link_phrases.stranger(house.community, CHANNEL).text))
            )
        place = f"{team_of(payload)}:{text(payload, 'channel_id')}"
        return "" if accounts.is_chat_of(session, member, CHANNEL, place) else t(LOOK_THERE)


async def language(house: House, payload: Json) -> str:
    """What is spoken with whoever waits for an answer; never raises."""
    if text(payload, "type") == "event_callback":  # nobody waits for its answer
        return house.community.language
    try:
        async with asyncio.timeout(BRIEFLY):
            return await asyncio.to_thread(_language, house, account_of(payload))
    except Exception:
        log.exception("could not find out which language somebody speaks")
        return house.community.language


def _language(house: House, account: str) -> str:
    with house.database.read() as session:
        member = accounts.by_account(session, CHANNEL, account)
        return (member.language if member is not None else "") or house.community.language
