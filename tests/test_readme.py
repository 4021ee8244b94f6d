"""The commands in README.md's `sh` blocks work as they stand there: one after the other, in an empty folder."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.system
def test_the_readme_is_true(tmp_path: Path) -> None:
    """A first post comes in by the pipe and is published; then there is nothing held, failed or doubtful."""
    assert len(BLOCKS) == 2
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("POSTROOM_")}
    command = f'postroom() {{ "{sys.executable}" -m gateway "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command + "".join(BLOCKS)],
        cwd=tmp_path,
        env={**inherited, "PYTHONPATH": str(ROOT), "POSTROOM_MIN_FREE_BYTES": "0"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    outcome = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    assert outcome["status"] == "published"
    assert "@alice is a member." in done.stdout
    assert re.search(r"^1 .* published", done.stdout, re.MULTILINE)
    assert done.stdout.splitlines()[-3:] == ["There is nothing to list."] * 3
