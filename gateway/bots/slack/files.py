"""Files that people share: fetched with the token, handed to whoever makes them ready; what is left out is told in words."""

import logging

from slack_sdk.errors import SlackApiError

from gateway.bots.capabilities import SLACK
from gateway.bots.slack.api import Api, Busy, NotRead
from gateway.bots.slack.asking import TRY_AGAIN, asked
from gateway.bots.slack.payloads import Json, inside, text
from gateway.core.errors import Postpone
from gateway.core.messages import Filed, Filer
from gateway.core.words import later

log = logging.getLogger("postroom.slack")


async def filed(api: Api, filer: Filer, file: Json) -> Filed:
    """The file ready to publish, or a note on why it is left out. Raises Postpone while Slack can't give it."""
    if text(file, "file_access") == "check_file_info":
        file = await _described(api, text(file, "id"))
    name = text(file, "name") or text(file, "title") or later("a file")
    if not text(file, "url_private_download") or file.get("is_external") is True:
        return left_out(later("“{name}” is kept where I can't read it.", name=name))
    size = file.get("size")
    if isinstance(size, int) and size > SLACK.takes:
        return left_out(
            later("“{name}” is larger than {megabytes} MB.", name=name, megabytes=SLACK.takes // 1024 // 1024)
        )
    try:
        data = await api.download(text(file, "url_private_download"), SLACK.takes)
    except NotRead as error:
        log.warning("file %s could not be read: %s (does the app have files:read?)", text(file, "id"), error)
        return left_out(later("“{name}” could not be read: {error}.", name=name, error=error))
    except Busy as error:
        raise Postpone(f"A file can't be fetched from Slack: {error}.", wait=TRY_AGAIN) from error
    return await filer(data, name)


def left_out(why: str) -> Filed:
    """A file that is not published, and why, in a sentence."""
    return Filed(None, (later("{why} It was left out.", why=why),))


async def _described(api: Api, number: str) -> Json:
    """A file that came as an id only; empty when it is not for us."""
    try:
        return inside(await asked(api, "files.info", file=number), "file")
    except SlackApiError:
        return {}
