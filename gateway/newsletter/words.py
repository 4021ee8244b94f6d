"""Words of a newsletter: dates as they are said, and other people's words inside our Markdown."""

from datetime import datetime

from gateway.core.writing.quoting import escaped

__all__ = ["day_of", "escaped"]


def day_of(local: datetime) -> str:
    """As `Tuesday 24 November`."""
    return f"{local:%A} {local.day} {local:%B}"
