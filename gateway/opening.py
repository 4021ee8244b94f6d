"""Opening the house: the database at its newest schema, the blobs, the community's facts and keys. All a command needs that only looks."""

from collections.abc import Callable
from datetime import datetime, timedelta

from gateway import keys
from gateway.core.house import House, utc_now
from gateway.core.people.community import Community
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database
from gateway.core.store.migrate import upgrade
from gateway.settings import Settings


def open_house(settings: Settings, now: Callable[[], datetime] = utc_now) -> House:
    """The community's data, brought to the newest schema, ready to work with. Close it by `house.database.close()`."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # people's mail is in it
    upgrade(settings.database)
    return House(
        Database(settings.database),
        FileBlobs(settings.data_dir / "blobs"),
        community_of(settings),
        now=now,
        lease=timedelta(seconds=settings.lease_seconds),
        on_ambiguous=settings.on_ambiguous,
    )


def community_of(settings: Settings) -> Community:
    """The community's facts."""
    return Community(
        name=settings.community_name,
        domain=settings.domain,
        base_url=settings.base_url,
        keyring=keys.keyring(settings),
        time_zone=settings.time_zone,
        undo_posts=timedelta(seconds=settings.undo_seconds),
        undo_replies=timedelta(seconds=settings.undo_reply_seconds),
        open_sign_up=settings.open_sign_up,
    )
