"""A bounded, coverage-guided fuzzing run over everything that reads what strangers wrote.

Needs atheris, which has wheels for Linux only; without it the tests are skipped, unless POSTROOM_FUZZ=required. POSTROOM_FUZZ_RUNS makes it longer.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.system

RUNS = os.environ.get("POSTROOM_FUZZ_RUNS", "2000")


@pytest.mark.parametrize("target", ["read", "visible_text", "visible_html", "bounces"])
def test_nothing_that_strangers_write_makes_it_fail(target: str, tmp_path: Path) -> None:
    if find_spec("atheris") is None:
        if os.environ.get("POSTROOM_FUZZ") == "required":
            pytest.fail("atheris is not installed, and POSTROOM_FUZZ=required asks for it")
        pytest.skip("atheris is not installed")
    (tmp_path / "corpus").mkdir()
    command = [sys.executable, "-m", "tests.email.fuzz", target, str(tmp_path / "corpus"), f"-runs={RUNS}", "-seed=1"]
    done = subprocess.run(
        [*command, f"-artifact_prefix={tmp_path}/"], capture_output=True, text=True, errors="replace", timeout=900
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
