"""`postroom theme …`: a blog's own templates in, looked at, out."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import main
from tests import shell


@pytest.fixture(autouse=True)
def _community(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_database: Callable[[str], str]) -> None:
    """A community with alice's blog; nothing of whoever runs the tests."""
    shell.settle(tmp_path, monkeypatch, new_database("sqlite"))
    assert run("member", "add", "alice", "alice@example.com").exit_code == 0


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["theme", *arguments] if arguments[0] != "member" else list(arguments))


def test_a_style_is_taken_from_the_shipped_one_tried_set_shown_and_reset() -> None:
    style = run("show", "alice", "newsletter.css").stdout
    Path("newsletter.css").write_text(style.replace("#a8321f", "#00664d"))
    assert run("look", "alice", "newsletter.css", "--out", "sample.html").exit_code == 0
    assert "#00664d" in Path("sample.html").read_text()
    assert "shipped" in run("show", "alice").stdout
    done = run("set", "alice", "newsletter.css")
    assert (done.exit_code, done.stdout) == (0, "Saved: newsletter.css. The next issue is made with it.\n")
    listed = {one["name"]: one["whose"] for one in json.loads(run("show", "alice", "--json").stdout)}
    assert listed == {"newsletter.html": "shipped", "newsletter.txt": "shipped", "newsletter.css": "own"}
    assert json.loads(run("reset", "alice", "--json").stdout) == {"blog": "alice", "gone": ["newsletter.css"]}
    assert "nothing was changed" in run("reset", "alice", "newsletter.css").stdout


def test_what_can_not_be_mailed_is_refused_in_a_sentence_and_not_saved() -> None:
    Path("newsletter.html").write_text("<p>{{ title }}</p>\n")
    done = run("set", "alice", "newsletter.html")
    assert done.exit_code == 1
    assert "{{ entry.url }}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "own" not in run("show", "alice").stdout
    assert run("set", "alice", "nowhere.css").exit_code == 1
    assert run("reset", "alice", "newsletter.pdf").exit_code == 1
