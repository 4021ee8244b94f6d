"""The words about what one is told, how, where and when, and whether one is asked before anything is published."""

from gateway.core.desk import listings, telling_words
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.errors import Invalid
from gateway.core.messages import Answer
from gateway.core.people import accounts, choices, quiet
from gateway.core.people import digest as moments
from gateway.core.people.preferences import DIGESTS
from gateway.core.store.models import Member
from gateway.core.words import LANGUAGES, later, named, speaking, spoken, t


def tell(turn: Turn) -> Spoken:
    """Changes how one is told of something; without words, says what holds."""
    if not turn.asked.rest:
        return Spoken("answered", listings.telling(turn.session, turn.who))
    said = telling_words.telling(turn.asked.rest)
    if said is None:
        raise Invalid(
            later("I can't tell what you want to be told of."),
            hint=later(
                "Send `tell replies digest`: mentions, replies, posts, all or @name; at once, digest or off; and behind that, if you like, by mail, in telegram, in slack or everywhere. Nothing was changed."
            ),
        )
    had_digest = turn.who.digest != "off"
    channels = _channels(turn, said.where)
    before = choices.of_member(turn.session, turn.who)
    lines = []
    if said.name:
        author = accounts.by_handle(turn.session, said.name)
        for channel in channels:
            choices.choose_of(turn.session, turn.who, author, channel, _how(said.how), turn.now)
            lines.append(_of_one(author, said.how, channel))
    for channel in channels:
        for what in said.whats:
            choices.choose(turn.session, turn.who, channel, what, said.how, turn.now)
            lines.append(_of_all(before, channel, what, said.how))
    if said.how == choices.DIGEST and not had_digest:
        lines.append(t("You had no digest; it comes every day from now on. `digest weekly` changes that."))
    elif said.how == choices.DIGEST:
        lines.append(listings.digest_line(turn.who))
    lines.append(t("Nobody else sees what you chose. `tell` lists all of it."))
    return Spoken("answered", Answer("\n\n".join(lines), subject=t("What you are told")))


def _how(said: str) -> str:
    return "" if said == telling_words.AS_USUAL else said


def _channels(turn: Turn, where: str) -> tuple[str, ...]:
    """The channels that are meant: by `here`, the one this was said in, or all when nothing is told in that one."""
    if where in choices.CHANNELS:
        return (where,)
    if where == telling_words.HERE and turn.message.channel in choices.CHANNELS:
        return (turn.message.channel,)
    linked = {linked.channel for linked in turn.who.linked_accounts}
    return tuple(channel for channel in choices.CHANNELS if channel == choices.MAIL or channel in linked)


def _of_all(before: choices.Choices, channel: str, what: str, how: str) -> str:
    was = before.how(channel, what)
    facts = {"what": t(listings.WHATS[what]), "how": t(listings.HOWS[how]), "where": t(listings.WAYS[channel])}
    if was == how:
        return t("{what}, {where}: {how}, as before.", **facts)
    undo = f"tell {what} {telling_words.SAID[was]} {channel.replace('email', 'mail')}"
    return t(
        "{what}, {where}: {how}. Before: {was}; `{undo}` brings that back.",
        was=t(listings.HOWS[was]),
        undo=undo,
        **facts,
    )


def _of_one(author: Member, how: str, channel: str) -> str:
    facts = {"handle": author.handle, "where": t(listings.WAYS[channel])}
    if how == telling_words.AS_USUAL:
        return t("New posts of @{handle}, {where}: as those of everybody whom you follow.", **facts)
    return t(
        "New posts of @{handle}, {where}: {how}. They are not told; `tell @{handle} as usual` ends it.",
        how=t(listings.HOWS[how]),
        **facts,
    )


def quiet_hours(turn: Turn) -> Spoken:
    """Sets the hours between which nothing is told; without words, says what holds."""
    said = telling_words.hours(turn.asked.rest)
    if turn.asked.rest and said is None:
        raise Invalid(
            later("Quiet hours are from one full hour to another."),
            hint=later("Send `quiet 22-7`, or `quiet off`. Nothing was changed."),
        )
    if said is not None:
        quiet.keep(turn.who, None if said == "off" else said)
        quiet.over(turn.session, turn.who, turn.now)
    return Spoken("answered", Answer(listings.quiet_line(turn.who), subject=t("Quiet hours")))


def digest(turn: Turn) -> Spoken:
    """Changes how often a digest comes."""
    choice = turn.asked.target.lower()
    if choice not in DIGESTS:
        raise Invalid(
            later("A digest comes daily, weekly or not at all."),
            hint=later("Send `digest weekly`. Nothing was changed."),
        )
    before = moments.keep(turn.who, turn.now, cadence=choice)
    if choice == "off":
        text = t("You get no digest any more. What you have put into it, you are not told of; `tell` lists that.")
    elif where := listings.digest_ways(turn.session, turn.who):
        text = t("{line} It is skipped when there is nothing new.", line=listings.digest_line(turn.who, where))
    else:
        text = t(listings.EMPTY_DIGEST)
    undo = t("`digest {before}` changes it back.", before=before) if before != choice else ""
    return Spoken("answered", Answer(f"{text} {undo}".rstrip(), subject=t("Your digest")))


def confirmations(turn: Turn) -> Spoken:
    """Changes whether one is told what one has published."""
    is_on = _switch(turn)
    turn.who.confirmations = is_on
    text = (
        t("You are told what you have published.")
        if is_on
        else t(
            "You are not told any more what you have published, unless something of it was left out. What is refused or held, you are told as before."
        )
    )
    return _switched(turn, text, is_on=is_on)


def ask(turn: Turn) -> Spoken:
    """Changes whether one is asked before what one sends is published."""
    is_on = _switch(turn)
    turn.who.ask_first = is_on
    text = (
        t(
            "From now on you are asked before a post or reply that you send by chat or mail is published. Until you say yes, nobody but you can see it. What you write on the site is published as before."
        )
        if is_on
        else t("What you send is published at once, as long as you don't ask for a draft.")
    )
    return _switched(turn, text, is_on=is_on)


def _switch(turn: Turn) -> bool:
    choice, verb = turn.asked.target.lower(), turn.asked.verb
    if choice not in {"on", "off"}:
        raise Invalid(
            later("That is on or off."), hint=later("Send `{verb} on` or `{verb} off`. Nothing was changed.", verb=verb)
        )
    return choice == "on"


def _switched(turn: Turn, text: str, *, is_on: bool) -> Spoken:
    undo = t("`{verb} {other}` changes it back.", verb=turn.asked.verb, other="off" if is_on else "on")
    return Spoken("answered", Answer(f"{text} {undo}", subject=t("Your settings")))


def language(turn: Turn) -> Spoken:
    """Changes the language of answers and notices; says so in the new one."""
    code = named(turn.asked.target)
    there = ", ".join(f"`language {code}` ({own})" for code, (own, _) in LANGUAGES.items())
    if not code:
        raise Invalid(
            later("Which language?"), hint=later("There are: {languages}. Nothing was changed.", languages=there)
        )
    before, turn.who.language = spoken(), code
    with speaking(code):
        text = t(
            "I speak {language} with you from now on, here, by mail and in your other chats.",
            language=LANGUAGES[code][0],
        )
        if before != code:
            text += " " + t("`language {before}` changes it back.", before=before)
        return Spoken("answered", Answer(text, subject=t("Your language")))
