"""Pictures that stand in the HTML itself (`data:` addresses, RFC 2397), taken out and attached, so that they are treated like any other."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import replace

from gateway.email.read import Attachment, InboundEmail

_START = re.compile(
    r"src\s{0,3}=\s{0,3}([\"']?)data:image/([a-z0-9.+-]{1,20})(?:;[a-z0-9=._-]{1,40}){0,3};base64,", re.IGNORECASE
)
_END = re.compile(r"[\"'\s>]")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_MOST = 50
_EXTENSIONS = {"jpeg": "jpg", "svg+xml": "svg"}


def with_pictures_apart(mail: InboundEmail) -> InboundEmail:
    """The mail with its embedded pictures as inline attachments; what is no Base64 stays where it is."""
    if "base64," not in mail.html:
        return mail
    files: list[Attachment] = []
    html = "".join(_apart(mail.html, files))
    return replace(mail, html=html, attachments=(*mail.attachments, *files)) if files else mail


def _apart(html: str, files: list[Attachment]) -> Iterator[str]:
    at = behind = 0  # what is given out, and what is looked through
    while len(files) < _MOST and (found := _START.search(html, behind)):
        ended = _END.search(html, found.end())
        behind = ended.start() if ended else len(html)
        data = _decoded(html[found.end() : behind])
        if data is None:
            continue
        kind = found[2].lower()
        number = len(files) + 1
        name = f"picture-{number}.{_EXTENSIONS.get(kind, kind)}"
        files.append(Attachment(name, f"image/{kind}", data, f"data.{number}", inline=True))
        yield f"{html[at : found.start()]}src={found[1]}cid:data.{number}"
        at = behind
    yield html[at:]


def _decoded(text: str) -> bytes | None:
    if not text or not _BASE64.fullmatch(text):
        return None
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
