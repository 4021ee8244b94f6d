"""How the app comes into a workspace, page by page; and all the ways in which it does not."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from sqlalchemy import select
from starlette.routing import Route

from gateway.app import App
from gateway.bots.slack.installing import MOST_STATES
from gateway.bots.slack.installs import Installs
from gateway.bots.slack.manifest import SCOPES
from gateway.bots.slack.sealing import NotOpened, seal, unseal
from gateway.bots.slack.workspaces import NotInstalled, Workspaces
from gateway.core.house import House
from gateway.core.people.tokens import Keyring
from gateway.core.store.models import OneTimeToken, SlackInstall
from gateway.settings import Settings, SettingsError
from tests.bots.harness import ChatHarness
from tests.bots.slack.workspaces_stage import Browser, Town, town

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def stage(harness: ChatHarness) -> AsyncIterator[Town]:
    async with town(harness) as made:
        made.fake.oauth.person = (made.one, "U07ADMIN")
        yield made


def kept(house: House) -> list[SlackInstall]:
    with house.database.read() as session:
        return list(session.scalars(select(SlackInstall)))


def states(house: House) -> list[OneTimeToken]:
    with house.database.read() as session:
        return list(session.scalars(select(OneTimeToken).where(OneTimeToken.purpose == "slack install")))


async def test_looking_at_the_page_does_nothing_and_its_button_asks_slack_for_our_scopes(stage: Town) -> None:
    house, browser = stage.harness.house, stage.browser()
    status, page = await browser.opens()
    assert (status, "Add to Slack" in page, states(house)) == (200, True, [])
    asked = parse_qs(urlsplit(await browser.begins()).query)
    assert asked["client_id"] == [stage.fake.oauth.client_id]
    assert asked["redirect_uri"] == ["https://example.org/slack/oauth_redirect"]
    assert set(asked["scope"][0].split(",")) == set(SCOPES)
    [state] = states(house)
    assert asked["state"][0] not in state.hash


async def test_what_is_installed_is_kept_with_its_token_sealed(stage: Town) -> None:
    status, page = await stage.browser().installs(stage.one)
    assert (status, "Installed in Harbour" in page) == (200, True)
    [row] = kept(stage.harness.house)
    assert (row.workspace, row.name, row.status, row.installed_by) == ("T07P0STR00M", "Harbour", "active", "U07ADMIN")
    assert (row.bot_user_id, row.bot_id) == (stage.one.app.user_id, stage.one.app.bot_id)
    assert stage.one.app.bot_token.startswith("xoxb-")
    assert "xoxb" not in row.sealed_token


async def test_a_state_works_once_for_ten_minutes_in_its_own_browser(stage: Town) -> None:
    browser, other = stage.browser(), stage.browser()
    back = await browser.answers(await browser.begins())
    assert (await other.returns(back))[0] == 400
    await other.begins()
    assert (await other.returns(back))[0] == 400
    cookies = dict(browser.cookies)
    assert (await browser.returns(back))[0] == 200
    browser.cookies = cookies
    status, page = await browser.returns(back)
    assert (status, "done already. Nothing was installed." in page) == (401, True)
    late = stage.browser()
    back = await late.answers(await late.begins())
    stage.harness.forward(minutes=10)
    assert (await late.returns(back))[0] == 401
    assert len(kept(stage.harness.house)) == 1


async def _page_after(browser: Browser) -> tuple[int, str]:
    return await browser.returns(await browser.answers(await browser.begins()))


async def test_every_failure_has_a_plain_page_and_leaves_nothing(stage: Town) -> None:
    fake = stage.fake
    fake.oauth.allows = False
    assert "You did not allow it at Slack. Nothing was installed." in (await _page_after(stage.browser()))[1]
    fake.oauth.allows = True
    for trouble in ({"status": 503}, {"status": "disconnect"}, {"status": 429}, {"error": "invalid_code"}):
        fake.fail_next("oauth.v2.access", **trouble)
        status, page = await _page_after(stage.browser())
        assert (status, "Slack did not confirm it. Nothing was installed." in page) == (401, True), trouble
    fake.fail_next("auth.test", error="fatal_error")
    assert (await _page_after(stage.browser()))[0] == 401
    browser = stage.browser()
    back = await browser.answers(await browser.begins())
    status, page = await browser.returns(back.partition("code=")[0] + back.partition("&")[2])
    assert (status, "Slack did not confirm it" in page) == (401, True)
    assert (await browser.returns("https://example.org/slack/oauth_redirect"))[0] == 400
    status, page = await browser.returns("https://example.org/slack/oauth_redirect?error=%3Cscript%3E")
    assert (status, "<script>" in page) == (200, False)
    assert kept(stage.harness.house) == []


async def test_only_wanted_workspaces_keep_what_they_installed(harness: ChatHarness) -> None:
    async with town(harness, wanted=["T07P0STR00M"]) as made:
        status, page = await made.browser().installs(made.two)
        assert (status, "take this workspace. Nothing was installed." in page) == (403, True)
        assert made.two.app.revoked
        assert (await made.browser().installs(made.one))[0] == 200
        assert [row.workspace for row in kept(harness.house)] == ["T07P0STR00M"]
        later = Workspaces(harness.house, made.fake.base_url, 1.0, wanted=["T07BAY"])
        with pytest.raises(NotInstalled):
            await later.api("T07P0STR00M")


async def test_an_install_that_names_no_workspace_has_a_plain_page_and_its_token_is_given_back(stage: Town) -> None:
    """Of a whole organisation, Slack says, but not of which."""
    status, page = await stage.browser().installs(stage.one, as_whole=True)
    assert (status, "did not say which workspace it is for. Nothing was installed." in page) == (502, True)
    assert stage.one.app.revoked
    assert kept(stage.harness.house) == []


async def test_one_network_can_not_fill_the_database_with_states(stage: Town) -> None:
    for _ in range(MOST_STATES):
        await stage.browser().begins()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{stage.driver.address}/slack/install", allow_redirects=False) as response,
    ):
        assert response.status == 429
        assert "Nothing was saved." in await response.text()
    assert len(states(stage.harness.house)) == MOST_STATES


async def test_pages_can_be_neither_framed_nor_kept_nor_told_of(stage: Town) -> None:
    url = f"{stage.driver.address}/slack/oauth_redirect?error=access_denied"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"


# Settings

OAUTH: dict[str, Any] = {"slack_client_id": "1.2", "slack_client_secret": "s", "slack_app_token": "xapp-1"}


def test_settings_that_make_no_app_stop_the_start_by_name(database_url: str) -> None:
    Settings(**OAUTH, slack_workspaces=("T012AB3C4", "E012AB3C4"))
    for wrong, named in (
        ({"slack_bot_token": "xoxb-1"}, "slack_client_id, slack_bot_token"),
        ({"slack_client_secret": ""}, "slack_client_secret"),
        ({"slack_app_token": ""}, "slack_app_token"),
        ({"slack_mode": "http"}, "slack_signing_secret"),
        ({"slack_workspaces": ("harbour.slack.com",)}, "slack_workspaces"),
    ):
        with pytest.raises(SettingsError, match=named):
            Settings(**(OAUTH | wrong))


def test_an_app_that_workspaces_install_serves_its_pages_in_either_mode(database_url: str, tmp_path: Path) -> None:
    for mode in ({}, {"slack_mode": "http", "slack_signing_secret": "s"}):
        app = App(Settings(**(OAUTH | mode), data_dir=tmp_path, database_url=database_url))
        paths = [route.path for bot in app._bots.values() for route in bot.routes if isinstance(route, Route)]
        assert {"/slack/install", "/slack/oauth_redirect"} <= set(paths)
        app.house.database.close()


# Sealing


def test_a_sealed_token_opens_for_its_own_workspace_and_with_its_own_key_only(database_url: str) -> None:
    old, new = bytes(32), bytes(range(32))
    sealed = seal(Keyring({0: old}, 0), "xoxb-1", "T1", lambda size: bytes(size))
    assert unseal(Keyring({0: old, 1: new}, 1), sealed, "T1") == "xoxb-1"
    for keyring, text, workspace in (
        (Keyring({0: old}, 0), sealed, "T2"),
        (Keyring({0: new}, 0), sealed, "T1"),
        (Keyring({1: old}, 1), sealed, "T1"),
        (Keyring({0: old}, 0), sealed[:-4] + "AAAA", "T1"),
        (Keyring({0: old}, 0), "", "T1"),
        (Keyring({0: old}, 0), "%%%", "T1"),
    ):
        with pytest.raises(NotOpened):
            unseal(keyring, text, workspace)


async def test_tokens_outlive_the_key_that_they_were_sealed_with(stage: Town) -> None:
    await stage.browser().installs(stage.one)
    house = stage.harness.house
    old = house.community.keyring.keys[0]

    def under(**keys: bytes) -> House:
        ring = Keyring({int(name[1:]): key for name, key in keys.items()}, max(int(name[1:]) for name in keys))
        return replace(house, community=replace(house.community, keyring=ring))

    both, new = under(k0=old, k1=bytes(range(32))), under(k1=bytes(range(32)))
    assert await _token(new, stage) is None
    await Installs(both).reseal()
    assert await _token(new, stage) == stage.one.app.bot_token


async def _token(house: House, stage: Town) -> str | None:
    bot = await Installs(house).async_find_bot(enterprise_id=None, team_id=stage.one.team["id"])
    return bot.bot_token if bot else None


async def test_bolt_finds_and_deletes_installs_as_in_any_store_of_its(stage: Town) -> None:
    store = Installs(stage.harness.house)
    await stage.browser().installs(stage.one)
    team = stage.one.team["id"]
    bot = await store.async_find_bot(enterprise_id="E1", team_id=team, is_enterprise_install=False)
    assert bot is not None
    assert (bot.team_id, bot.team_name, bot.bot_user_id) == (team, "Harbour", stage.one.app.user_id)
    assert await store.async_find_bot(enterprise_id="E1", team_id=team, is_enterprise_install=True) is None
    await store.async_delete_all(enterprise_id=None, team_id=team)
    assert await store.async_find_bot(enterprise_id=None, team_id=team) is None
    assert [row.sealed_token for row in kept(stage.harness.house)] == [""]
