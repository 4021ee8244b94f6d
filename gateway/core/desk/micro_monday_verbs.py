"""Micro Monday's words for who is recommended: not this time, or not at all. Nobody is told of either."""

from gateway.core.community import micro_monday
from gateway.core.desk import round_up_post
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.errors import Invalid, NotFound
from gateway.core.messages import Answer, Button
from gateway.core.words import later, t
from gateway.core.writing.quoting import escaped

MOST_NAMED = 6


def refuse(turn: Turn) -> Spoken:
    """Has a recommendation shown nowhere: the one by the named, or the only one there is."""
    by = turn.asked.target
    found = micro_monday.refusable(turn.session, turn.who.id, by)
    if not found:
        raise NotFound(
            later("@{handle} does not recommend you.", handle=by) if by else later("Nobody recommends you just now."),
            hint=later("Nothing was changed."),
        )
    handles = list(dict.fromkeys(one.member.handle for one in found))
    if len(handles) > 1:
        return Spoken("answered", _which(handles[:MOST_NAMED]))
    for one in found:
        round_up_post.refuse(turn.session, turn.community, one, turn.now)
    text = t(
        "What {name} said in recommending you is shown nowhere any more. Nobody is told; only mails that left can't be changed. They may recommend you again in another week; `recommendable off` keeps everybody from that.",
        name=escaped(found[0].member.shown_name),
    )
    return Spoken("answered", Answer(text, subject=t("Micro Monday")))


def _which(handles: list[str]) -> Answer:
    """Several people recommend somebody: one of them is to be named."""
    text = t(
        "Several people recommend you: {names}. Send `refuse @{first}` with the name that you mean. Nothing was changed.",
        names=", ".join(f"@{handle}" for handle in handles),
        first=handles[0],
    )
    buttons = tuple((Button(f"@{handle}", action=f"refuse {handle}"),) for handle in handles)
    return Answer(text, subject=t("Micro Monday"), buttons=buttons)


def recommendable(turn: Turn) -> Spoken:
    """Changes whether others may recommend one."""
    choice = turn.asked.target.lower()
    if choice not in {"on", "off"}:
        raise Invalid(
            later("That is on or off."),
            hint=later("Send `{verb} on` or `{verb} off`. Nothing was changed.", verb=turn.asked.verb),
        )
    turn.who.recommendable = choice == "on"
    text = (
        t(
            "Others may recommend you on Micro Monday. You are told of each, and may refuse it. `recommendable off` changes it back."
        )
        if turn.who.recommendable
        else t(
            "Nobody can recommend you on Micro Monday any more. Who tries is told that it can't be done, and not why. What was said before stays, unless you `refuse @name`. `recommendable on` changes it back."
        )
    )
    return Spoken("answered", Answer(text, subject=t("Your settings")))
