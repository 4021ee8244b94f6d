"""Opening the house: the database at its newest schema, the blobs, the community's facts and keys. All a command needs that only looks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import ArgumentError

from gateway import keys, outgoing
from gateway.core.house import House, utc_now
from gateway.core.ledger.mail_limits import MailLimits
from gateway.core.ledger.pace import Rate
from gateway.core.people.community import Community
from gateway.core.store.blobs import FileBlobs
from gateway.core.store.db import Database, file_of
from gateway.core.store.migrate import upgrade
from gateway.settings import Settings, SettingsError, malformed

TO_MAKE = "`postroom run`, `postroom serve`, `postroom migrate` and `postroom member add` make one where there is none."


class NoCommunity(SettingsError):
    """There is no community where the settings say; nothing was made. The message says where it was looked for."""

    def __init__(self, why: str) -> None:
        super().__init__(f"There is no community here: {why}. {TO_MAKE}")


def open_house(settings: Settings, now: Callable[[], datetime] = utc_now, *, may_create: bool = True) -> House:
    """The community's data, brought to the newest schema, ready to work with. Close it by `house.database.close()`.

    Raises NoCommunity where there is none and none may be created.
    """
    prepare_database(settings, may_create=may_create)
    if not may_create and not settings.secret_keys and not keys.key_file(settings).exists():
        raise NoCommunity(f"{keys.key_file(settings).absolute()}, its keys, does not exist (data_dir)")
    return House(
        Database(settings.database),
        FileBlobs(settings.data_dir / "blobs"),
        community_of(settings),
        now=now,
        lease=timedelta(seconds=settings.lease_seconds),
        on_ambiguous=settings.on_ambiguous,
        mail_limits=mail_limits_of(settings),
    )


def mail_limits_of(settings: Settings) -> MailLimits:
    """How much mail may leave."""
    read = [outgoing.mail_limit(line) for line in settings.mail_limits]
    return MailLimits({one.domain: Rate(one.most, one.seconds) for one in read})


def prepare_database(settings: Settings, *, may_create: bool = True) -> None:
    """The database has the newest schema when this returns. Raises NoCommunity; or SettingsError for a folder that can't be had."""
    try:
        _check_file(settings, may_create=may_create)
        if may_create:
            settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # people's mail is in it
    except OSError as error:
        where = Path(error.filename or settings.data_dir).absolute()
        raise SettingsError(f"data_dir, database_url: {where} can't be used ({error.strerror}).") from None
    except ArgumentError:
        raise malformed("database_url", settings.database_url) from None
    if not upgrade(settings.database, may_create=may_create):
        raise NoCommunity("the database that database_url names has no tables of ours")


def _check_file(settings: Settings, *, may_create: bool) -> None:
    """SQLite would make the file of its database, whoever asks; and a folder is made for nobody but data_dir."""
    file, folder = file_of(settings.database), settings.data_dir
    if not may_create and not folder.is_dir():
        raise NoCommunity(f"the folder {folder.absolute()} does not exist (data_dir)")
    if not may_create and file is not None and not file.exists():
        raise NoCommunity(f"the database {file.absolute()} does not exist (database_url, data_dir)")
    if file is not None and file.parent != folder and not file.parent.is_dir():
        raise SettingsError(f"database_url: there is no folder {file.absolute().parent}. Make it, or correct the path.")


def community_of(settings: Settings) -> Community:
    """The community's facts."""
    return Community(
        name=settings.community_name,
        domain=settings.domain,
        base_url=settings.base_url,
        keyring=keys.keyring(settings),
        time_zone=settings.time_zone,
        language=settings.language,
        undo_posts=timedelta(seconds=settings.undo_seconds),
        undo_replies=timedelta(seconds=settings.undo_reply_seconds),
        undo_issues=timedelta(seconds=settings.undo_issue_seconds),
        pause_at_percent=settings.newsletter_pause_percent,
        open_sign_up=settings.open_sign_up,
        micro_monday_blog=settings.micro_monday_blog,
        microcast=settings.microcast,
    )
