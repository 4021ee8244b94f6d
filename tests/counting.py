"""What SQLite does for an answer, counted: a cost without noise."""

from collections.abc import Callable

from sqlalchemy.orm import Session


def steps(session: Session, ask: Callable[[], object]) -> int:
    """How many instructions SQLite's virtual machine runs while it is asked."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    connection = session.connection().connection.driver_connection
    assert connection is not None
    connection.set_progress_handler(count, 1)
    ask()
    connection.set_progress_handler(None, 0)
    return counted
