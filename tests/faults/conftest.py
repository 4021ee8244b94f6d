"""A town whose senders can be killed and stopped, on the kind of database that a test names."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.town import Town

Found = Callable[..., Town]


@pytest.fixture
def found(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[Found]:
    """Founds a town with an issue that waits to be sent to so many readers, over a relay that thinks about a body for some seconds at most."""
    towns: list[Town] = []

    def found(kind: str, recipients: int, on_ambiguous: str, *, thinks: float) -> Town:
        dice = random.Random(os.environ.get("FAULTS_SEED", "2026"))
        towns.append(Town(tmp_path, new_database(kind), recipients, on_ambiguous, thinks, dice))
        return towns[-1]

    yield found
    for town in towns:
        town.close()
