"""The command line in a folder and a community of its own, with nothing of whoever runs the tests."""

import os
from pathlib import Path

import pytest


def away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder without settings, and without any in the environment."""
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("POSTROOM_")]:
        monkeypatch.delenv(name)


def settle(folder: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    """There, with the settings of a community in that database."""
    away(folder, monkeypatch)
    (folder / "data").mkdir()
    monkeypatch.setenv("POSTROOM_DATA_DIR", str(folder / "data"))
    monkeypatch.setenv("POSTROOM_SECRET_KEYS", "0:" + "ab" * 32)
    monkeypatch.setenv("POSTROOM_DATABASE_URL", database_url)
