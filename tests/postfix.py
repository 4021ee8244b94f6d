"""A Postfix for tests to talk to; without root, or without Postfix, they are skipped, unless POSTROOM_CLIENTS=required and root asks."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.postfix import Missing, Postfix, running
from tests.ports import free_ports


@contextmanager
def started(folder: Path, settings: Mapping[str, object]) -> Iterator[Postfix]:
    """A Postfix that runs on a port of its own with these settings."""
    [port] = free_ports(1)
    try:
        with running(folder, port, settings=settings) as one:
            yield one
    except Missing as missing:
        if os.environ.get("POSTROOM_CLIENTS") == "required" and os.geteuid() == 0:
            pytest.fail(f"{missing}, and POSTROOM_CLIENTS=required asks for it")
        pytest.skip(str(missing))
