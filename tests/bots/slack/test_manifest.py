"""The manifest that an operator pastes at Slack."""

import importlib
import importlib.util
import json
import os
from pathlib import Path
from typing import Any, Literal

import pytest

from gateway.bots.slack.manifest import COMMANDS, SCOPES, manifest
from gateway.core.desk import grammar
from gateway.core.desk.grammar import VERBS, Command
from tests.fakes.slack_methods import METHODS

MODES: tuple[Literal["socket", "http"], ...] = ("socket", "http")


@pytest.mark.parametrize("mode", MODES)
def test_it_says_what_slack_needs_within_slack_s_limits(mode: Literal["socket", "http"]) -> None:
    made = manifest("https://example.org/", mode, "Demo Town, a community with a name that has no end")
    shown, features, settings = made["display_information"], made["features"], made["settings"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert features["app_home"]["messages_tab_enabled"] is True
    assert features["app_home"]["messages_tab_read_only_enabled"] is False
    assert set(features["bot_user"]["display_name"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert settings["socket_mode_enabled"] is (mode == "socket")
    assert settings["interactivity"]["is_enabled"] is True
    assert features["app_home"]["home_tab_enabled"] is True
    shortcuts = [(one["name"], one["type"]) for one in features["shortcuts"]]
    assert shortcuts == [("Post to my blog", "message"), ("Reply on the blog", "message")]
    assert all(len(one["name"]) <= 24 and len(one["description"]) <= 150 for one in features["shortcuts"])
    assert set(settings["event_subscriptions"]["bot_events"]) == {
        "app_home_opened",
        "app_mention",
        "app_uninstalled",
        "message.im",
        "tokens_revoked",
    }
    assert len(features["slash_commands"]) <= 50
    for command in features["slash_commands"]:
        assert len(command["command"]) <= 32
        assert 0 < len(command["description"]) <= 2000


def test_it_names_addresses_in_http_mode_only() -> None:
    made = manifest("https://example.org/", "http", "Demo Town")
    assert made["settings"]["event_subscriptions"]["request_url"] == "https://example.org/slack/events"
    assert made["settings"]["interactivity"]["request_url"] == "https://example.org/slack/interactive"
    assert {one["url"] for one in made["features"]["slash_commands"]} == {"https://example.org/slack/commands"}
    assert "https://example.org" not in json.dumps(manifest("https://example.org/", "socket", "Demo Town"))


@pytest.mark.parametrize("mode", MODES)
def test_it_names_where_slack_sends_people_back_to_when_workspaces_install_by_oauth(
    mode: Literal["socket", "http"],
) -> None:
    made = manifest("https://example.org/", mode, "Demo Town", by_oauth=True)
    assert made["oauth_config"]["redirect_urls"] == ["https://example.org/slack/oauth_redirect"]
    assert made["settings"]["org_deploy_enabled"] is True
    assert "redirect_urls" not in manifest("https://example.org/", mode, "Demo Town")["oauth_config"]


def test_every_verb_has_a_command_and_none_is_slack_s_own() -> None:
    assert set(COMMANDS.values()) == {verb.name for verb in VERBS}
    assert not {"/mute", "/help", "/invite", "/leave", "/who", "/open"} & COMMANDS.keys()
    assert COMMANDS["/post"] == "post"
    assert COMMANDS["/blog-mute"] == "mute"
    for command, verb in COMMANDS.items():
        asked = grammar.read(f"/{verb} k7f")
        assert isinstance(asked, Command), command
        assert asked.verb == verb


def test_it_asks_for_the_scopes_of_the_methods_we_call_and_no_others() -> None:
    """What the fake knows of scopes; `commands`, `im:history` and `app_mentions:read` are those of what comes in."""
    called = ("chat.postMessage", "chat.update", "conversations.open", "users.info", "files.info", "files.delete")
    incoming = {"commands", "im:history", "app_mentions:read"}
    assert {METHODS[name][1] for name in called} | incoming == set(SCOPES)


@pytest.mark.parametrize("by_oauth", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_it_is_valid_against_slack_s_schema(mode: Literal["socket", "http"], by_oauth: bool) -> None:
    corpora = os.environ.get("TEST_CORPORA")
    if not corpora or importlib.util.find_spec("jsonschema") is None:
        pytest.skip("TEST_CORPORA names no folder with Slack's schema, or there is no jsonschema to judge by")
    judge: Any = importlib.import_module("jsonschema")
    judge.validate(
        manifest("https://example.org", mode, "Demo Town", by_oauth=by_oauth),
        json.loads((Path(corpora) / "slack" / "manifest.schema.json").read_text()),
    )
