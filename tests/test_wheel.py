"""The built wheel works where the repository is not: templates, migrations and the command are inside it.

Nothing is downloaded: the wheel goes into an environment of its own, which borrows only the libraries that it depends on.
"""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.system

RENDER = """
import pathlib, gateway
from gateway.core.messages import Answer
from gateway.core.templates import FOLDER, environment
from gateway.core.writing.text import render as render_html
from gateway.email.compose import render

home = pathlib.Path(gateway.__file__).parent
assert FOLDER.is_relative_to(home), FOLDER
assert environment("web").list_templates()
text, html = render(Answer("Hello *there*"), subject="Hello", language="en", replies=False, render_html=render_html)
assert "there" in text and "<em>there</em>" in html
print(home)
"""


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, and a folder to work in."""

    bin: Path
    folder: Path
    wheel: Path

    def run(self, *command: str) -> str:
        """What a program of the environment prints. Fails with what it said."""
        home = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "POSTROOM_DATA_DIR": str(self.folder / "data")}
        done = subprocess.run(
            [self.bin / command[0], *command[1:]],
            cwd=self.folder,
            env=home,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder / "dist"), str(ROOT))
    (wheel,) = (folder / "dist").glob("postroom-*.whl")
    home = folder / "environment"
    venv.create(home, with_pip=False)
    (packages,) = home.glob("lib/python*/site-packages")
    pip = (sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"))
    call(*pip, "install", "-q", "--no-deps", "--no-index", str(wheel))
    # Paths named in a .pth file come last and are not searched for others, so this checkout stays unknown.
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "borrowed.pth").write_text("\n".join(sorted(borrowed)) + "\n")
    return Installed(home / "bin", folder, wheel)


def call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_holds_every_template_and_migration(installed: Installed) -> None:
    inside = set(zipfile.ZipFile(installed.wheel).namelist())
    wanted = {f"gateway/templates/{file.relative_to(ROOT / 'templates')}" for file in files(ROOT / "templates")}
    wanted |= {str(file.relative_to(ROOT)) for file in files(ROOT / "gateway" / "core" / "store" / "migrations")}
    assert wanted
    assert wanted <= inside
    assert "gateway/py.typed" in inside
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in inside)


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts]


def test_the_command_says_its_version(installed: Installed) -> None:
    from gateway import __version__

    assert installed.run("postroom", "--version") == f"postroom {__version__}"
    assert installed.run("python", "-m", "gateway", "--version") == f"postroom {__version__}"


def test_the_command_prints_its_settings(installed: Installed) -> None:
    shown = json.loads(installed.run("postroom", "config", "--json"))
    assert shown["data_dir"] == str(installed.folder / "data")
    assert shown["smtp_listen"] == "127.0.0.1:2525"


def test_templates_are_read_from_inside_the_wheel(installed: Installed) -> None:
    home = installed.run("python", "-c", RENDER)
    assert Path(home).is_relative_to(installed.bin.parent)


def test_a_fresh_database_is_migrated_and_gets_its_first_member(installed: Installed) -> None:
    from gateway.core.store.migrate import head

    assert installed.run("postroom", "migrate") == f"The database is at revision {head()}."
    assert "@alice is a member." in installed.run("postroom", "member", "add", "alice", "alice@example.com")
    assert json.loads(installed.run("postroom", "inbox", "list", "--json")) == []
