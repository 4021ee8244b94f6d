"""What there is, is written down; what is written down, is there; and nothing of the machine it was written on stands in it."""

import ast
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
import typer

from gateway import cli
from gateway.configuration import load
from gateway.core.desk.grammar import VERBS
from gateway.core.desk.verbs import HANDLERS
from gateway.settings import ENVIRONMENT_PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def section(text: str, heading: str) -> str:
    """What stands between this heading and the next one; empty when it is not there."""
    _, found, rest = text.partition(f"\n{heading}\n")
    return re.split(r"\n#{1,4} ", rest, maxsplit=1)[0] if found else ""


# Settings


def settings_row(one: "Field[Any]") -> str:
    """The line of docs/operators/settings.md that says all there is to know of a setting."""
    default = "" if one.default is MISSING else one.default
    default = ",".join(default) if isinstance(default, tuple) else default
    shown = {True: "true", False: "false", "": "empty"}.get(default, str(default))
    secret = " (secret)" if one.metadata["secret"] else ""
    return f"| `{one.name}`{secret} | {one.metadata['help']} | {f'`{shown}`' if shown != 'empty' else shown} | {accepted(one)} |"


def accepted(one: "Field[Any]") -> str:
    wanted: Any = one.type
    if one.metadata["accepts"]:
        return str(one.metadata["accepts"])
    if get_origin(wanted) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(wanted))
    return {bool: "true or false", int: "a whole number, 0 or more", Path: "a path"}.get(wanted, "text")


@pytest.mark.parametrize("one", fields(Settings), ids=lambda one: one.name)
def test_a_setting_is_documented_with_its_default_and_what_it_takes(one: "Field[Any]") -> None:
    assert settings_row(one) in page("docs/operators/settings.md").splitlines()


def test_the_settings_page_lists_nothing_else() -> None:
    listed = re.findall(r"^\| `(\w+)`", page("docs/operators/settings.md"), re.MULTILINE)
    assert sorted(listed) == sorted(one.name for one in fields(Settings))


def toml_blocks() -> Iterator[Any]:
    for file in PAGES:
        for number, (language, block) in enumerate(FENCE.findall(file.read_text(encoding="utf-8"))):
            if language == "toml":
                yield pytest.param(block, id=f"{file.relative_to(ROOT)}-{number}")


@pytest.mark.parametrize("block", list(toml_blocks()))
def test_settings_shown_in_the_docs_are_accepted(block: str, tmp_path: Path) -> None:
    for key, value in tomllib.loads(block).items():
        if key.endswith("_file"):
            kept = tmp_path / key
            kept.write_text("0:" + "ab" * 32)
            block = block.replace(f'"{value}"', f'"{kept}"')
    file = tmp_path / "postroom.toml"
    file.write_text(block)
    load({}, file)


def test_environment_variables_named_in_the_docs_exist() -> None:
    known = {ENVIRONMENT_PREFIX + one.name.upper() for one in fields(Settings)}
    secret = {ENVIRONMENT_PREFIX + one.name.upper() + "_FILE" for one in fields(Settings) if one.metadata["secret"]}
    named = {name for file in PAGES for name in re.findall(r"\bPOSTROOM_[A-Z_]+\b", file.read_text(encoding="utf-8"))}
    of_tests = {"POSTROOM_CLIENTS", "POSTROOM_FUZZ", "POSTROOM_FUZZ_RUNS", "POSTROOM_WRITE_PAGES"}
    assert named <= known | secret | of_tests | {"POSTROOM_SETTINGS"}


# Commands of the terminal


def commands(command: Any, path: str = "postroom") -> Iterator[tuple[str, Any]]:
    """Every command that can be given, with its name in full."""
    inner = getattr(command, "commands", None)
    if not inner:
        yield path, command
        return
    for name, one in inner.items():
        yield from commands(one, f"{path} {name}")


COMMANDS = dict(commands(typer.main.get_command(cli.main)))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_documented_with_all_it_takes(name: str) -> None:
    written = section(page("docs/operators/commands.md"), f"### `{name}`")
    assert written, f"docs/operators/commands.md has no section ### `{name}`"
    for parameter in COMMANDS[name].params:
        is_option = str(parameter.opts[0]).startswith("--")
        word = parameter.opts[0] if is_option else parameter.metavar or parameter.name.upper()
        assert f"`{word}" in written, f"{word} of {name} is not documented"


def test_the_commands_page_documents_no_command_that_is_gone() -> None:
    documented = re.findall(r"^### `(postroom[^`]*)`$", page("docs/operators/commands.md"), re.MULTILINE)
    assert sorted(documented) == sorted(COMMANDS)


def test_every_command_that_the_docs_show_exists() -> None:
    shown = set()
    for file in PAGES:
        text = file.read_text(encoding="utf-8")
        for line in [block for _, body in FENCE.findall(text) for block in body.splitlines()]:
            shown |= set(re.findall(r"^(?:\$ )?(postroom(?: [a-z][a-z-]+)+)", line))
        shown |= set(re.findall(r"`(postroom(?: [a-z][a-z-]+)+)[^`]*`", text))
    words = set(COMMANDS) | {name.rsplit(" ", 1)[0] for name in COMMANDS}
    unknown = [one for one in shown if not any(one == name or one.startswith(f"{name} ") for name in words)]
    assert not unknown


def test_every_make_target_that_the_docs_show_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    code = "\n".join(
        part
        for file in PAGES
        for part in re.findall(r"`[^`\n]+`|^```.*?^```", file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    )
    named = set(re.findall(r"(?:^|`|\$ |&& )make ([a-z]+)", code, re.MULTILINE))
    assert {"demo", "run", "test", "quick", "bench"} <= named
    assert named <= targets


# Words of members


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_word_that_members_use_is_documented(verb: Any) -> None:
    also = f" Also `{'`, `'.join(verb.also)}`." if verb.also else ""
    row = f"| `{verb.usage}` | {verb.help[0].upper()}{verb.help[1:]}.{also} |"
    assert row in page("docs/members/commands.md").splitlines()


def test_every_word_does_something() -> None:
    assert set(HANDLERS) == {verb.name for verb in VERBS}


# The house


def test_every_page_of_the_site_is_documented() -> None:
    from gateway.bots.slack.manifest import COMMANDS_PATH, EVENTS_PATH, INSTALL_PATH, INTERACTIVE_PATH, REDIRECT_PATH
    from gateway.bots.telegram import webhook
    from gateway.web.site import BLOGS, COMMUNITY
    from gateway.web.subscribe_api import PATH as SUBSCRIBE_PATH

    written = page("docs/operators/pages.md")
    paths = [door.path for door in (*COMMUNITY, *BLOGS)] + ["/livez", "/readyz"]
    paths += [SUBSCRIBE_PATH, webhook.PATH, EVENTS_PATH, COMMANDS_PATH, INTERACTIVE_PATH]
    paths += [INSTALL_PATH, REDIRECT_PATH]
    assert [path for path in paths if f"`{path}`" not in written] == []


def test_every_kind_of_delivery_has_its_words() -> None:
    """Whatever the code queues, something can render; newsletter copies are joined from their issue instead."""
    from gateway.app import RENDERERS

    queued = {kind for file in (ROOT / "gateway").rglob("*.py") for kind in kinds_queued(file)}
    assert {"answer", "digest", "confirm_subscription"} <= queued
    assert queued - set(RENDERERS) <= {"issue", "newsletter"}


def kinds_queued(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Intent":
            given = [word.value for word in node.keywords if word.arg == "kind"] or node.args[:1]
            yield from (one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str))


def test_every_channel_is_held_to_the_contract() -> None:
    from gateway.app import CHANNELS
    from tests.bots.test_contract import DRIVERS

    assert set(CHANNELS) == set(DRIVERS)


def test_every_delivery_kind_is_listed_for_operators() -> None:
    from gateway.app import RENDERERS

    written = page("docs/operators/queues.md")
    assert [kind for kind in RENDERERS if f"`{kind}`" not in written] == []


def test_every_outcome_and_state_is_explained_to_operators() -> None:
    from gateway.core.ledger.inbox import OPEN, OUTCOMES
    from gateway.core.ledger.outbox import UNFINISHED

    written = page("docs/operators/queues.md")
    states = {*OUTCOMES, *OPEN, *UNFINISHED, "sent", "failed", "suppressed", "cancelled", "uncertain"}
    assert [state for state in sorted(states) if f"`{state}`" not in written] == []


# The pages themselves


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(file: Path) -> None:
    for found in LINK.findall(FENCE.sub("", file.read_text(encoding="utf-8"))):
        target, _, anchor = (found[0] or found[1]).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        place = (file.parent / target).resolve() if target else file
        assert place.exists(), f"{file.relative_to(ROOT)} links to {target}, which is not there"
        assert not anchor or anchor in anchors(place), f"{target or file.name} has no heading #{anchor}"


def anchors(file: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", file.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for found in LINK.findall(file.read_text(encoding="utf-8")):
            target = (file.parent / found[0].partition("#")[0]).resolve()
            if found[0] and target.suffix == ".md" and target.is_file():
                waiting.append(target)
    assert [str(file.relative_to(ROOT)) for file in PAGES if file not in seen] == []


def test_decisions_are_numbered_without_a_gap() -> None:
    names = sorted(file.name for file in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    for name in names:
        written = page(f"docs/decisions/{name}")
        assert all(f"\n## {part}\n" in written for part in ("Context", "Decision", "Consequences")), name


# The repository


def test_no_file_names_this_machine_or_a_package_registry() -> None:
    places = [str(ROOT).encode(), str(ROOT.parent / "shared").encode()]
    registries = re.compile(
        rb"""--(?:extra-)?index-url[ =]|--find-links[ =]|"resolved":\s*"https?:|registry\s*=\s*["']?https?:"""
        rb"|https?://[^\s\"']*(?:/simple/|files\.pythonhosted|registry\.npmjs)"
    )
    configured = [
        os.environ.get(name, "").encode() for name in ("PIP_INDEX_URL", "UV_INDEX_URL", "NPM_CONFIG_REGISTRY")
    ]
    for file in tracked_files():
        if file == Path(__file__):
            continue
        data = file.read_bytes()
        assert not any(place in data for place in places if len(place) > len(b"/work")), f"{file} names this machine"
        assert not any(one in data for one in configured if one), f"{file} names this machine's package registry"
        assert not registries.search(data), f"{file} names a package registry"


def test_the_licence_is_apache_2() -> None:
    project = tomllib.loads(page("pyproject.toml"))["project"]
    assert project["license"] == "Apache-2.0"
    assert "LICENSE" in project["license-files"]
    assert "Apache License" in page("LICENSE")
    assert "Version 2.0" in page("LICENSE")
    assert "Apache-2.0" in page("README.md")
