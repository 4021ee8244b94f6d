"""The App Home of one person: their timeline, newest first and without counts; their drafts; their settings.

It is published when they open it and after what they do in it. Everything in it is text that names nobody, whatever people write.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from slack_sdk.errors import SlackApiError
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.bots.slack.api import Api
from gateway.bots.slack.asking import asked
from gateway.bots.slack.layout import URL_LIMIT, plain, rich
from gateway.bots.slack.payloads import CHANNEL
from gateway.bots.slack.results import error_of
from gateway.core.community.timeline import Item, timeline_page
from gateway.core.desk import link_phrases, listings, phrases
from gateway.core.errors import Postpone
from gateway.core.house import House
from gateway.core.people import accounts, relations
from gateway.core.people.community import Community
from gateway.core.people.preferences import DIGESTS
from gateway.core.store.models import Member, Post, Shun
from gateway.core.words import LANGUAGES, at_hour, speaking, spoken, t
from gateway.core.writing import posting
from gateway.core.writing.quoting import escaped

log = logging.getLogger("postroom.slack")

COMPOSE, REPLY = "compose", "reply"  # buttons that open a form
WORTH_WAITING = timedelta(minutes=1)  # who opened it longer ago looks at something else
POSTS, DRAFTS, PEOPLE, SHUNNED = 10, 10, 20, 10  # in one view; it takes 100 blocks
USUAL_HOURS = ((20, 7), (21, 7), (22, 7), (22, 8), (23, 7), (23, 8), (0, 8))  # of quiet; any others are made by words
LONGEST_ENTRY = 2_500

Block = dict[str, Any]


async def show(house: House, api: Api, account: str, since: datetime) -> str:
    """Publishes somebody's home and says what became of that. Raises Postpone while Slack is down and they may be looking still."""
    made = await asyncio.to_thread(_of, house, account)
    try:
        await asked(api, "views.publish", user_id=account.partition(":")[2], view=json.dumps(made))
    except Postpone:
        if house.now() - since < WORTH_WAITING:
            raise
        return "Slack was down, so their home was not shown; it is when they open it again."
    except SlackApiError as error:
        log.warning("an App Home was refused: %s", error_of(error))
        return f"Slack did not take their home: {error_of(error)}."
    return "Their home was shown."


def _of(house: House, account: str) -> Block:
    with house.database.read() as session:
        member = accounts.by_account(session, CHANNEL, account)
        with speaking((member.language if member is not None else "") or house.community.language):
            if member is None:
                return {"type": "home", "blocks": _for_a_stranger(house.community)}
            return {"type": "home", "blocks": _for_member(session, house.community, member)}


def _for_a_stranger(community: Community) -> list[Block]:
    return [
        _heading(community.name),
        *_said(link_phrases.stranger(community, CHANNEL).text),
        _row(_link(t("Sign in"), community.base_url)),
    ]


def _for_member(session: Session, community: Community, member: Member) -> list[Block]:
    zone = ZoneInfo(member.time_zone)
    items = timeline_page(session, community, member.id, limit=POSTS).items
    drafts = posting.drafts(session, member.id)[:DRAFTS]
    return [
        _row(
            _button(t("Write a post"), COMPOSE, "post", style="primary"),
            _link(t("Your page"), f"{community.base_url}/me"),
        ),
        _heading(t("Your timeline")),
        *(block for item in items for block in _entry(item, zone)),
        *([] if items else _said(t("It is empty. Follow somebody with `/follow @name`, and their posts appear here."))),
        {"type": "divider"},
        _heading(t("Your drafts")),
        *(block for post in drafts for block in _draft(post)),
        *([] if drafts else _said(t("You have none. Nobody but you sees what is kept here."))),
        {"type": "divider"},
        _heading(t("Your settings")),
        *_settings(session, member),
        *_people(session, member),
        *_said(t("More is on your page: {site}/me", site=community.base_url)),
    ]


# Posts


def _entry(item: Item, zone: ZoneInfo) -> list[Block]:
    author = f"**{escaped(item.author_name)}**"
    who = t("{author} to {answered}", author=author, answered=escaped(item.answers)) if item.answers else author
    pictures = "".join(
        "  \n" + (t("(a photo: {alt})", alt=escaped(one.alt)) if one.alt else t("(a photo)")) for one in item.pictures
    )
    files = "".join(f"  \n{escaped(one.name)}: {one.url}" for one in item.files)
    head = f"{who}, {at_hour(item.published_at, zone)} [{item.short_reference}]"
    words = f"{head}  \n{escaped(item.plain)}{pictures}{files}"
    row = (_button(t("Reply"), REPLY, item.short_reference), _link(t("Open"), item.url))
    return [*_said(words, LONGEST_ENTRY), _row(*row)]


def _draft(post: Post) -> list[Block]:
    ref = post.short_reference
    sure = _sure(t("Delete this draft?"), t("Its words will be gone."), t("Delete"))
    row = (
        _button(t("Publish"), "publish", f"publish {ref}"),
        _button(t("Delete"), "delete", f"delete {ref}", style="danger") | {"confirm": sure},
    )
    return [*_said(f"[{ref}] {escaped(phrases.shown_title(post, 300))}"), _row(*row)]


# Settings


def _settings(session: Session, member: Member) -> list[Block]:
    digests = [_option(t(listings.CHOICES[choice]).capitalize(), f"digest {choice}") for choice in DIGESTS]
    languages = [_option(own, f"language {code}") for code, (own, _) in LANGUAGES.items()]
    return [
        _switch(
            t("Confirmations of what you publish: {told}", told=_on_or_off(is_on=member.confirmations)),
            "confirmations",
            is_on=member.confirmations,
        ),
        _switch(
            t("Ask before what you send is published: {ask}", ask=_on_or_off(is_on=member.ask_first)),
            "ask",
            is_on=member.ask_first,
        ),
        _menu(_digest(session, member), "digest", digests, f"digest {member.digest}"),
        _quiet_hours(member),
        _menu(
            t("I speak {language} with you.", language=LANGUAGES[spoken()][0]),
            "language",
            languages,
            f"language {spoken()}",
        ),
    ]


def _on_or_off(*, is_on: bool) -> str:
    return t("on") if is_on else t("off")


def _quiet_hours(member: Member) -> Block:
    """The usual ones, and theirs when these are others."""
    since, until = member.quiet_from, member.quiet_until
    offered, now, words = list(USUAL_HOURS), "quiet off", t("You have no quiet hours.")
    if since is not None and until is not None:
        offered += [] if (since, until) in offered else [(since, until)]
        now = f"quiet {since}-{until}"
        words = t(
            "Your quiet hours are from {since}:00 to {until}:00 ({zone}). What you are told waits until then.",
            since=since,
            until=until,
            zone=member.time_zone,
        )
    hours = [
        _option(t("{since}:00 to {until}:00", since=one, until=other), f"quiet {one}-{other}") for one, other in offered
    ]
    return _menu(words, "quiet", [_option(t("off").capitalize(), "quiet off"), *hours], now)


def _digest(session: Session, member: Member) -> str:
    """When and where it comes."""
    where = listings.digest_ways(session, member)
    return listings.digest_line(member, where) if where or member.digest == "off" else t(listings.EMPTY_DIGEST)


def _people(session: Session, member: Member) -> list[Block]:
    """Whom they hear from, and whom not."""
    followed = relations.following(session, member.id)[:PEOPLE]
    blocks = _bold(t("Whom you hear from")) if followed else []
    blocks += [
        _setting(
            _name(one),
            {
                "type": "overflow",
                "action_id": "hear",
                "options": [
                    _option(t("Unfollow"), f"unfollow @{one.handle}"),
                    _option(t("Mute, silently"), f"mute @{one.handle}"),
                ],
            },
        )
        for one in followed
    ]
    shunned = _shunned(session, member)
    blocks += _bold(t("Whom you don't hear from")) if shunned else []
    return blocks + [
        _setting(
            _name(one),
            _button(t("Hear them again"), "hear", f"{'unblock' if kind == 'block' else 'unmute'} @{one.handle}"),
        )
        for one, kind in shunned
    ]


def _shunned(session: Session, member: Member) -> Sequence[tuple[Member, str]]:
    statement = (
        select(Member, Shun.kind)
        .join(Shun, Shun.target_id == Member.id)
        .where(Shun.member_id == member.id)
        .order_by(Member.handle)
        .limit(SHUNNED)
    )
    return [(one, kind) for one, kind in session.execute(statement)]


def _name(member: Member) -> str:
    return f"{member.shown_name} (@{member.handle})"


# Blocks


def _heading(words: str) -> Block:
    return {"type": "header", "text": plain(words, 150)}


def _said(markdown: str, limit: int = 9_000) -> list[Block]:
    words = rich(markdown, limit)
    return [words] if words else []


def _setting(words: str, choice: Block) -> Block:
    return {"type": "section", "text": plain(words, 3000), "accessory": choice}


def _switch(words: str, verb: str, *, is_on: bool) -> Block:
    """A setting that is on or off, with the button that makes it the other."""
    return _setting(
        words, _button(t("Turn off") if is_on else t("Turn on"), verb, f"{verb} {'off' if is_on else 'on'}")
    )


def _menu(words: str, verb: str, options: list[Block], now: str) -> Block:
    """A setting of several choices. Slack goes on showing what was chosen in a block of the same id, so what holds is its id."""
    holds = next((one for one in options if one["value"] == now), options[0])
    choice = {"type": "static_select", "action_id": verb, "options": options, "initial_option": holds}
    return _setting(words, choice) | {"block_id": holds["value"]}


def _row(*elements: Block | None) -> Block:
    return {"type": "actions", "elements": [one for one in elements if one is not None]}


def _button(label: str, name: str, value: str, *, style: str = "") -> Block:
    made = {"type": "button", "text": plain(label, 75), "action_id": name, "value": value}
    return made | ({"style": style} if style else {})


def _link(label: str, url: str) -> Block | None:
    made = {
        "type": "button",
        "text": plain(label, 75),
        "action_id": f"open_{label.lower()}".replace(" ", "_"),
        "url": url,
    }
    return made if len(url) <= URL_LIMIT else None


def _option(label: str, value: str) -> Block:
    return {"text": plain(label, 75), "value": value}


def _bold(words: str) -> list[Block]:
    return _said(f"**{words}**")


def _sure(question: str, why: str, yes: str) -> Block:
    return {
        "title": plain(question, 100),
        "text": plain(why, 300),
        "confirm": plain(yes, 30),
        "deny": plain(t("Cancel"), 30),
    }
