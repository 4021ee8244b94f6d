"""The composer: the form in which posts and replies are written, what it is filled with, and what is read from it when it is sent.

Limits are those of Slack's reference pages "Views", "Input block" and "Rich text input". A text of rich text has no limit of Slack's but ours.
"""

import json
from dataclasses import dataclass
from typing import Any

from gateway.bots.slack.layout import plain, rich
from gateway.bots.slack.payloads import Json, inside, objects, text
from gateway.core.words import t

COMPOSER = "composer"  # its callback_id
TITLE, WORDS, CATEGORIES, STATE = (
    "title",
    "words",
    "categories",
    "state",
)  # its fields, each block and element by one name
MOST_FILES = 10
PREFILLED = 50_000  # characters
MOST_CATEGORIES, LONGEST_CATEGORY = 20, 60
PUBLISH, DRAFT = "publish", "draft"

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """What a composer is opened with: `post_id` is the post it answers, `files` are ids of Slack files that come along."""

    post_id: int = 0
    files: tuple[str, ...] = ()
    at_home: bool = False  # opened from the home tab, which is shown anew afterwards


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody sent: the text as Slack's rich text, everything else as it was typed."""

    form: Form
    title: str = ""
    words: tuple[Json, ...] = ()
    categories: tuple[str, ...] = ()
    state: str = PUBLISH


def composer(form: Form, *, markdown: str = "", about: str = "", heading: str = "", draft: bool = False) -> View:
    """The form, filled with these words. `about` says what it is for; a reply has no title, no categories, and is no draft."""
    blocks = [{"type": "context", "elements": [plain(about, 2000)]}] if about else []
    words = _input(WORDS, t("Your words"), _words(markdown))
    if form.post_id:
        blocks.append(words)
    else:
        blocks += [
            _input(TITLE, t("Title"), {"type": "plain_text_input", "max_length": 300}, optional=True),
            words | {"optional": bool(form.files)},
            _input(
                CATEGORIES,
                t("Categories"),
                {"type": "plain_text_input", "max_length": 1000, "placeholder": plain(t("Sailing, Harbour"), 150)},
                optional=True,
            ),
            _input(STATE, t("And then"), _choice(draft=draft)),
        ]
    return {
        "type": "modal",
        "callback_id": COMPOSER,
        "private_metadata": json.dumps({"post": form.post_id, "files": form.files, "home": form.at_home}),
        "title": plain(heading or t("Write a post"), 24),
        "submit": plain(t("Reply") if form.post_id else t("Save"), 24),
        "close": plain(t("Cancel"), 24),
        "blocks": blocks,
    }


def notice(heading: str, markdown: str) -> View:
    """A modal that only says something."""
    words = rich(markdown)
    return {
        "type": "modal",
        "title": plain(heading, 24),
        "close": plain(t("Close"), 24),
        "blocks": [words] if words else [],
    }


def _input(name: str, label: str, element: View, *, optional: bool = False) -> View:
    made = {"type": "input", "block_id": name, "label": plain(label, 2000), "element": element | {"action_id": name}}
    return made | ({"optional": True} if optional else {})


def _words(markdown: str) -> View:
    filled = rich(markdown, PREFILLED)
    return {"type": "rich_text_input"} | ({"initial_value": filled} if filled else {})


def _choice(*, draft: bool) -> View:
    options = [
        {"text": plain(t("Publish it"), 75), "value": PUBLISH},
        {"text": plain(t("Keep it as a draft, which nobody else can see"), 75), "value": DRAFT},
    ]
    return {"type": "radio_buttons", "options": options, "initial_option": options[draft]}


# What came back


def is_composer(payload: Json) -> bool:
    """Whether this is our composer, sent."""
    return text(payload, "type") == "view_submission" and text(inside(payload, "view"), "callback_id") == COMPOSER


def written(view: Json) -> Written:
    """What stands in a composer that was sent. What is missing or of another shape is empty."""
    values = inside(view, "state", "values")
    found = inside(values, WORDS, WORDS, "rich_text_value")
    form = _form(text(view, "private_metadata"))
    if form.post_id:
        return Written(form, words=(found,) if found else ())
    names = text(inside(values, CATEGORIES, CATEGORIES), "value").split(",")
    return Written(
        form,
        title=" ".join(text(inside(values, TITLE, TITLE), "value").split()),
        words=(found,) if found else (),
        categories=tuple(dict.fromkeys(filter(None, (" ".join(name.split()) for name in names)))),
        state=DRAFT if text(inside(values, STATE, STATE, "selected_option"), "value") == DRAFT else PUBLISH,
    )


def _form(kept: str) -> Form:
    """What we had opened it with."""
    try:
        about: Any = json.loads(kept)
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict):
        return Form()
    post_id, files = about.get("post"), about.get("files")
    return Form(
        post_id if isinstance(post_id, int) and 0 < post_id < 2**63 else 0,
        tuple(one for one in files if isinstance(one, str))[:MOST_FILES] if isinstance(files, list) else (),
        about.get("home") is True,
    )


def files_of(message: Json) -> tuple[str, ...]:
    """The ids of a message's files."""
    return tuple(filter(None, (text(one, "id")[:100] for one in objects(message, "files"))))[:MOST_FILES]
