"""Forms with a file: multipart/form-data, kept on disk while it comes, and no larger than a list of some hundred thousand people."""

from collections.abc import AsyncGenerator
from dataclasses import replace

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from gateway.core.errors import Invalid, TooMuch
from gateway.web.visit import Visit

LARGEST_UPLOAD = 20_000_000  # bytes
LONGEST_NAME = 100  # characters
MOST_FIELDS = 20


async def uploaded(visit: Visit) -> Visit:
    """The visit with the form's fields, and the name and content of its file. Raises Invalid, TooMuch."""
    if not visit.request.headers.get("content-type", "").startswith("multipart/form-data"):
        return visit
    parser = MultiPartParser(visit.request.headers, _bounded(visit.request), max_files=1, max_fields=MOST_FIELDS)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise Invalid("This form can't be read.", hint="Nothing was saved.") from None
    fields: dict[str, str] = {}
    content, called = b"", ""
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            content, called = await value.read(), _name(value.filename or "")
        else:
            fields[name] = value.replace("\r\n", "\n").replace("\0", "")
    await form.close()
    return replace(visit, form=fields, upload=content, upload_name=called)


def _name(given: str) -> str:
    """What a file is called, without folders and what can't be seen; cut to LONGEST_NAME."""
    last = given.replace("\\", "/").rpartition("/")[2]
    return "".join(mark for mark in last if mark.isprintable()).strip()[:LONGEST_NAME]


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_UPLOAD:
            raise TooMuch("This file is too large.", hint="Nothing was saved. Whoever runs the server can import it.")
        yield chunk
