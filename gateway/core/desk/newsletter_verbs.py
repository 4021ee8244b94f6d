"""`newsletter`: the next issue of one's newsletter, looked at, changed, tested and previewed. The work is the newsroom's, which comes with the house."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from gateway.core.audience.newsroom import Newsroom, Waiting, WaitingPost
from gateway.core.desk import issue_verbs, newsletter_words
from gateway.core.desk.grammar import unescaped
from gateway.core.desk.newsletter_words import LOOK, Asked
from gateway.core.desk.phrases import when
from gateway.core.desk.turns import Spoken, Turn
from gateway.core.errors import Invalid, NotFound, Unavailable
from gateway.core.messages import Answer, Button
from gateway.core.store.models import Blog
from gateway.core.words import N, later, n, t
from gateway.core.writing import blogs
from gateway.core.writing.quoting import escaped

HEADINGS = {"weekly": N("Your next weekly issue"), "monthly": N("Your next monthly issue")}
_INTRO = 600  # characters of an intro that are shown


def newsletter(turn: Turn) -> Spoken:
    """Does what is asked with the issue that waits, and shows it."""
    said = newsletter_words.asked(f"{turn.asked.target} {turn.asked.rest}".strip())
    if said is None:
        raise Invalid(
            later("I can't tell what you want with your newsletter."),
            hint=later(
                "Send `newsletter` to see the next issue; `newsletter intro: your words`, `newsletter subject: your words`, `newsletter first k7f`, `newsletter without k7f` or `newsletter with k7f` to change it; `newsletter test` or `newsletter preview` to see how it looks; `newsletter pause`, `newsletter resume` or `newsletter cancel` for one that is on its way. Nothing was changed or published. To publish these words, send `post:` and the words behind it."
            ),
        )
    if said.what in issue_verbs.DOINGS:
        return issue_verbs.control(turn, said.what, said.number)
    blog = blogs.of_member(turn.session, turn.who.id)
    if blog is None:
        raise NotFound(later("You have no blog yet."))
    room = _room(turn)
    found = room.waiting(turn.session, turn.community, blog, turn.now)
    if said.what == LOOK:
        shown = [one for one in found if said.cadence in ("", one.cadence)]
        return Spoken("answered", _shown(turn, blog, shown) if shown else _none(turn, blog))
    one = _meant(found, said)
    note = DOINGS[said.what](turn, room, blog, one, said)
    after = room.waiting(turn.session, turn.community, blog, turn.now)
    return Spoken("answered", _shown(turn, blog, [each for each in after if each.cadence == one.cadence], note))


def _room(turn: Turn) -> Newsroom:
    if turn.newsroom is None:
        raise Unavailable(later("Newsletters can't be looked after here just now."))
    return turn.newsroom


def _meant(found: Sequence[Waiting], said: Asked) -> Waiting:
    """The issue that is meant: the only one, unless its cadence was named. Raises NotFound, Invalid."""
    fitting = [one for one in found if said.cadence in ("", one.cadence)]
    if not fitting:
        raise NotFound(later("No such issue waits."), hint=later("Nothing was changed. `newsletter` says why."))
    if len(fitting) > 1:
        raise Invalid(
            later("You have a weekly and a monthly newsletter."),
            hint=later("Say which you mean: `newsletter weekly …` or `newsletter monthly …`. Nothing was changed."),
        )
    return fitting[0]


# What can be done: each says what came of it


def _introduce(turn: Turn, room: Newsroom, blog: Blog, one: Waiting, said: Asked) -> str:
    room.introduce(turn.session, turn.community, blog, one.cadence, said.words, turn.now)
    if not said.words:
        return t("It has no intro any more.")
    return t(
        "Your intro stands above the posts. Nobody sees it before the issue leaves. `newsletter intro:` and nothing more takes it away."
    )


def _entitle(turn: Turn, room: Newsroom, blog: Blog, one: Waiting, said: Asked) -> str:
    room.entitle(turn.session, turn.community, blog, one.cadence, unescaped(said.words), turn.now)
    if not said.words:
        return t("Its subject is made from its posts again.")
    return t("It has the subject you gave it. `newsletter subject:` and nothing more takes it away.")


def _leave_out(turn: Turn, room: Newsroom, blog: Blog, one: Waiting, said: Asked) -> str:
    room.leave_out(turn.session, blog, one.cadence, said.references, turn.now)
    return t(
        "Left out, of later issues too; it stays on your blog, and nobody is told. `newsletter with {reference}` puts it back.",
        reference=said.references[0],
    )


def _put_back(turn: Turn, room: Newsroom, blog: Blog, one: Waiting, said: Asked) -> str:
    room.put_back(turn.session, blog, one.cadence, said.references, turn.now)
    return t("It is in the issue again. `newsletter without {reference}` leaves it out.", reference=said.references[0])


def _arrange(turn: Turn, room: Newsroom, blog: Blog, one: Waiting, said: Asked) -> str:
    room.arrange(turn.session, blog, one.cadence, said.references, turn.now)
    return t("The order is changed.")


def _test(turn: Turn, room: Newsroom, blog: Blog, one: Waiting, said: Asked) -> str:
    address = room.send_test(turn.session, turn.community, blog, one.cadence, turn.who, turn.now)
    return t(
        "A test is on its way to {address}, with [Test] before its subject. Nobody else gets it.",
        address=escaped(address),
    )


def _preview(turn: Turn, room: Newsroom, blog: Blog, one: Waiting, said: Asked) -> str:
    if one.is_empty:
        raise NotFound(later("There is nothing in this issue yet."))
    url = room.preview_url(turn.community, blog, one.cadence, turn.now)
    return t("As it looks now, for a day, to everybody who has this link: {url}", url=url)


DOINGS: dict[str, Callable[[Turn, Newsroom, Blog, Waiting, Asked], str]] = {
    "intro": _introduce,
    "subject": _entitle,
    "without": _leave_out,
    "with": _put_back,
    "first": _arrange,
    "test": _test,
    "preview": _preview,
}


# How it is shown


def _shown(turn: Turn, blog: Blog, found: Sequence[Waiting], note: str = "") -> Answer:
    page = f"{turn.community.base_url}/me/issues/next"
    foot = t("You can change it here, as `help newsletter` says, or on its page: {page}", page=page)
    parts = [note, *(_described(one) for one in found), issue_verbs.on_their_way(turn), foot]
    rows = tuple(_buttons(turn, blog, one, several=len(found) > 1) for one in found if not one.is_empty)
    return Answer("\n\n".join(filter(None, parts)), subject=t("Your newsletter"), buttons=rows)


def _described(one: Waiting) -> str:
    parts = [f"**{t(HEADINGS[one.cadence])}**", _fate(one)]
    if one.intro:
        parts.append(t("Intro: {intro}", intro=_shortened(one.intro)))
    if one.posts:
        parts.append("\n".join(f"{number}. {_entry(post)}" for number, post in enumerate(one.posts, 1)))
    if one.left_out:
        parts.append(t("Left out: {posts}", posts=", ".join(_entry(post) for post in one.left_out)))
    return "\n\n".join(parts)


def _fate(one: Waiting) -> str:
    moment = when(one.leaves_at, ZoneInfo(one.zone))
    if one.is_empty:
        return t("There is nothing in it. If it stays so, nothing leaves on {when}.", when=moment)
    if not one.recipients:
        return t("Nobody would get it. If it stays so, nothing leaves on {when}.", when=moment)
    facts = {"when": moment, "subject": escaped(one.subject)}
    return n(
        "It leaves on {when}, to {count} reader, as “{subject}”.",
        "It leaves on {when}, to {count} readers, as “{subject}”.",
        one.recipients,
        **facts,
    )


def _entry(post: WaitingPost) -> str:
    return f"{escaped(post.title) or t('a photo')} [{post.reference}]"


def _shortened(intro: str) -> str:
    words = " ".join(intro.split())
    return escaped(words if len(words) <= _INTRO else words[:_INTRO].rstrip() + "…")


def _buttons(turn: Turn, blog: Blog, one: Waiting, *, several: bool) -> tuple[Button, ...]:
    url = _room(turn).preview_url(turn.community, blog, one.cadence, turn.now)
    name = t(HEADINGS[one.cadence])
    return (
        Button(t("Preview: {name}", name=name) if several else t("Preview"), url=url),
        Button(t("Send me a test"), action=f"newsletter {one.cadence} test"),
    )


def _none(turn: Turn, blog: Blog) -> Answer:
    page = f"{turn.community.base_url}/me/settings"
    if blog.newsletter == "off":
        text = t("Your blog has no newsletter. {page} offers one.", page=page)
    else:
        text = t(
            "No issue waits: nobody reads you weekly or monthly. Readers of every post get each by itself, once its undo time is over."
        )
    on_their_way = issue_verbs.on_their_way(turn)
    return Answer("\n\n".join(filter(None, [on_their_way, text])), subject=t("Your newsletter"))
