"""`postroom subscribers …`: lists in and out, what is printed, and what is refused."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import main
from tests import shell

ROOT = str(Path(__file__).resolve().parents[1])
LIST = "email,status\nann@example.net,active\nno address,active\n=cmd@example.net,unsubscribed\n"


@pytest.fixture(autouse=True)
def _community(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_database: Callable[[str], str]) -> None:
    """A community with alice's blog; nothing of whoever runs the tests."""
    shell.settle(tmp_path, monkeypatch, new_database("sqlite"))
    assert run("member", "add", "alice", "alice@example.com").exit_code == 0
    Path("list.csv").write_text(LIST)


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


def exported() -> list[str]:
    return [line.split(",")[0] for line in run("subscribers", "export", "alice").stdout.splitlines()]


def test_a_list_is_taken_and_a_report_tells_of_each_line() -> None:
    done = run("subscribers", "import", "alice", "list.csv", "--report", "report.csv")
    assert done.exit_code == 0, done.output
    assert "list.csv, line 3: no address:" in done.stdout
    assert "Saved. Nobody was mailed." in done.stdout
    assert [line.split(",")[:4] for line in Path("report.csv").read_text().splitlines()] == [
        ["file", "line", "email", "outcome"],
        ["list.csv", "3", "no address", "wrong"],
        ["list.csv", "4", "'=cmd@example.net", "unsubscribed"],
        ["list.csv", "2", "ann@example.net", "taken"],
    ]
    assert exported() == ["email", "'=cmd@example.net", "ann@example.net"]


def test_a_dry_run_saves_nothing_and_says_so() -> None:
    done = run("subscribers", "import", "alice", "list.csv", "--dry-run", "--json")
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["dry_run"] is True
    assert told["services"] == {"list.csv": "a plain list"}
    assert told["counts"] == {"wrong": 1, "unsubscribed": 1, "taken": 1}
    assert [(one["line"], one["what"]) for one in told["lines"]] == [(3, "wrong"), (4, "unsubscribed")]
    assert exported() == ["email"]
    assert "nothing was saved" in run("subscribers", "import", "alice", "list.csv", "--dry-run").stdout


def test_a_list_comes_from_standard_input_and_an_export_goes_to_a_file() -> None:
    assert (
        run("subscribers", "import", "alice", "-", "--cadence", "monthly", stdin="Bob;bob@example.net\n").exit_code == 0
    )
    assert run("subscribers", "export", "alice", "--out", "out.csv").exit_code == 0
    assert Path("out.csv").read_text().splitlines()[1].startswith("bob@example.net,active,monthly,")


def test_more_than_a_screenful_of_faults_is_counted() -> None:
    Path("bad.csv").write_text("email\n" + "nonsense\n" * 30)
    done = run("subscribers", "import", "alice", "bad.csv")
    assert done.stdout.count("is no mail address") == 20
    assert "And 10 lines more; --report FILE tells of all." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("import", "nobody", "list.csv"), "no blog"),
        (("import", "alice", "missing.csv"), "missing.csv can't be read"),
        (("import", "alice", "list.csv", "--column", "Adresse"), "has no column"),
        (("import", "alice", "list.csv", "--cadence", "hourly"), "no cadence"),
        (("import", "alice", "list.csv", "--report", "missing/report.csv"), "can't be written"),
        (("export", "alice", "--out", "missing/out.csv"), "can't be written"),
    ],
)
def test_what_can_not_be_done_is_said_and_saves_nothing(arguments: tuple[str, ...], said: str) -> None:
    done = run("subscribers", *arguments)
    assert done.exit_code == 1
    assert said in done.stderr
    assert exported() == ["email"]


def test_an_import_that_is_killed_leaves_whole_batches_and_is_started_again(eventually: Callable[..., None]) -> None:
    Path("long.csv").write_text("\n".join(["email", *(f"r{n}@example.net" for n in range(12_000))]))
    with closing(sqlite3.connect(os.environ["POSTROOM_DATABASE_URL"].removeprefix("sqlite:///"))) as database:

        def taken() -> int:
            [number] = database.execute("SELECT count(*) FROM subscriber").fetchone()
            return int(number)

        command = [sys.executable, "-m", "gateway", "subscribers", "import", "alice", "long.csv"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": ROOT}) as process:
            try:
                eventually(taken, seconds=60, what="the first batch")
            finally:
                process.kill()
        assert taken() % 1000 == 0
        assert run("subscribers", "import", "alice", "long.csv").exit_code == 0
        assert taken() == 12_000
        assert database.execute("SELECT count(*) FROM delivery").fetchone() == (0,)
