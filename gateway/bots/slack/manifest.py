"""The app manifest that an operator pastes at api.slack.com, and the names of our slash commands and shortcuts."""

from typing import Any, Literal

from gateway.core.desk.grammar import VERBS

# Slack's own slash commands win over an app's (Slack help centre, "Use slash commands").
_BUILT_IN = """
active add apps archive away call canvas close collapse create dm dnd expand feed feedback group help huddle invite join keys kick leave
list me msg mute open part prefs remind remove rename s search shortcuts shrug star starred status todo topic unarchive who
"""
PREFIX = "blog-"
PREFIXED = frozenset(_BUILT_IN.split()) | {"unmute"}  # beside /blog-mute


def slash(verb: str) -> str:
    """The slash command for a verb."""
    return f"/{PREFIX}{verb}" if verb in PREFIXED else f"/{verb}"


COMMANDS = {slash(verb.name): verb.name for verb in VERBS}
POST_MESSAGE, REPLY_TO_MESSAGE = "post_message", "reply_to_message"
SHORTCUTS = {  # callback_id → what a message's menu calls it, and what it does
    POST_MESSAGE: ("Post to my blog", "Opens these words in a form, to be changed and published on your blog."),
    REPLY_TO_MESSAGE: ("Reply on the blog", "Answers the post that this message tells of."),
}
SCOPES = (
    "app_mentions:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "im:history",
    "im:write",
    "users:read",
)
EVENTS = ("app_home_opened", "app_mention", "app_uninstalled", "message.im", "tokens_revoked")
EVENTS_PATH, COMMANDS_PATH, INTERACTIVE_PATH = "/slack/events", "/slack/commands", "/slack/interactive"
INSTALL_PATH, REDIRECT_PATH = "/slack/install", "/slack/oauth_redirect"


def manifest(base_url: str, mode: Literal["socket", "http"], name: str, *, by_oauth: bool = False) -> dict[str, Any]:
    """The manifest as JSON values. `base_url` is where Slack reaches us, used in HTTP mode, and for an app that workspaces install by OAuth."""
    base = base_url.rstrip("/") if mode == "http" else ""
    redirects = {"redirect_urls": [base_url.rstrip("/") + REDIRECT_PATH]} if by_oauth else {}
    interactivity: dict[str, Any] = {"is_enabled": True}
    events: dict[str, Any] = {"bot_events": list(EVENTS)}
    if base:
        interactivity["request_url"] = base + INTERACTIVE_PATH
        events["request_url"] = base + EVENTS_PATH
    return {
        "display_information": {
            "name": name[:35] or "Postroom",
            "description": f"Write your blog at {name[:60]}, and read and answer others, from Slack.",
            "background_color": "#2f3e46",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": _bot_name(name), "always_online": True},
            "shortcuts": [
                {"name": shown, "type": "message", "callback_id": name, "description": about}
                for name, (shown, about) in SHORTCUTS.items()
            ],
            "slash_commands": [_command(verb.name, verb.usage, verb.help, base) for verb in VERBS],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}} | redirects,
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": by_oauth,
            "socket_mode_enabled": mode == "socket",
            "token_rotation_enabled": False,
        },
    }


def _command(verb: str, usage: str, about: str, base: str) -> dict[str, Any]:
    command: dict[str, Any] = {
        "command": slash(verb),
        "description": about[:1].upper() + about[1:],
        "should_escape": False,
    }
    if hint := usage.removeprefix(verb).lstrip(": "):
        command["usage_hint"] = hint
    return command | ({"url": base + COMMANDS_PATH} if base else {})


def _bot_name(name: str) -> str:
    """Lowercase letters, digits and hyphens, as Slack asks of a bot's name."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower())
    return "-".join(part for part in kept.split("-") if part)[:80] or "postroom"
