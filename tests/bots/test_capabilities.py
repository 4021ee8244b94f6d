"""What adapters declare is true to the settings around them, and stands in the members' page."""

from collections.abc import Callable
from dataclasses import fields

from gateway.app import CHANNELS
from gateway.core.messages import ANY, Capabilities
from gateway.email.capabilities import MAIL
from gateway.settings import Settings
from tests.pages import says

BEGIN = "<!-- This table is made by tests/bots/test_capabilities.py -->\n\n"
END = "\n\n<!-- end of the made table -->"
NAMES = {"telegram": "Telegram", "slack": "Slack", "console": "Console", "email": "Mail"}


def yes(has: bool) -> str:
    return "yes" if has else "no"


def count(most: int, none: str = "none") -> str:
    if most >= ANY:
        return "any number"
    return f"{most:,}" if most else none


def megabytes(size: int, none: str) -> str:
    unit = 1024 * 1024 if size % (1024 * 1024) == 0 else 1_000_000  # as the platform counts
    return f"up to {size // unit:,} MB" if size else none


ROWS: dict[str, Callable[[Capabilities], str]] = {
    "characters in one message; longer words come in several": lambda able: count(able.text),
    "characters beside a photo": lambda able: count(able.caption, count(able.text) if able.photos else "none"),
    "bold, links, lists and so on": lambda able: yes(able.styles),
    "you type Markdown": lambda able: "yes" if able.markdown else "no, you format as everywhere there",
    "photos shown with one message": lambda able: count(able.photos, "as links"),
    "recordings, videos, documents": lambda able: megabytes(able.largest_file, "as links"),
    "files that you send": lambda able: megabytes(able.takes, "none"),
    "answering a message is a reply": lambda able: yes(able.threads),
    "changing your message changes the post": lambda able: yes(able.hears_edits),
    "deleting your message deletes the post": lambda able: yes(able.hears_deletes),
    "what you were told changes with the post": lambda able: yes(able.changes),
    "buttons": lambda able: yes(able.buttons),
    "forms to write in": lambda able: yes(able.modals),
    "in groups, answers that only you see": lambda able: yes(able.ephemeral),
    "linked with a code": lambda able: yes(able.linked),
    "told of replies and mentions unasked": lambda able: yes(able.unasked),
    "told of new posts at once": lambda able: yes(able.news),
}


def test_the_members_page_says_what_each_channel_can_do() -> None:
    lines = [f"| | {' | '.join(NAMES.values())} |", "|---" * (len(NAMES) + 1) + "|"]
    for what, cell in ROWS.items():
        lines.append(f"| {what} | {' | '.join(cell(CHANNELS[name]) for name in NAMES)} |")
    says("members/chats.md", "\n".join(lines), begin=BEGIN, end=END)


def test_mail_takes_what_the_door_lets_in_at_first() -> None:
    assert [one.default for one in fields(Settings) if one.name == "max_message_size"] == [MAIL.takes]
