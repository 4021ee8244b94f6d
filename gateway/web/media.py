"""Files of posts. A blob is public only while a published post names it; its author alone sees a draft's."""

from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import FileResponse, Response

from gateway.core.errors import NotFound
from gateway.core.store.models import Media, MediaBlob, Member, Post
from gateway.web.visit import Visit

# A file that a browser would run opens in a place without scripts, forms or our cookies.
_POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"


def media(visit: Visit, session: Session) -> Response:
    """One stored size of a file."""
    blob = visit.path("blob")
    statement = (
        select(MediaBlob.content_type, Media.kind, Media.filename, Post.status, Post.author_id)
        .join(Media, Media.id == MediaBlob.media_id)
        .join(Post, Post.id == Media.post_id)
        .join(Member, Member.id == Post.author_id)
        .where(MediaBlob.blob == blob, Member.status == "active")
    )
    found = session.execute(statement).all()
    public = next((row for row in found if row.status == "published"), None)
    own = next((row for row in found if visit.who is not None and row.author_id == visit.who.member_id), None)
    row = public or own
    if row is None:
        raise NotFound("There is no such file.", hint="Its post may have been deleted.")
    kept = "public, max-age=31536000, immutable" if public is not None else "private, no-store"
    return _served(visit, blob, row.content_type, kept, _disposition(row.kind, row.filename))


def _disposition(kind: str, filename: str) -> str:
    """What is no picture, sound or film is saved, not opened, so that no program of the browser runs it in our name (RFC 6266)."""
    way = "attachment" if kind == "file" else "inline"
    return f"{way}; filename*=UTF-8''{quote(filename, safe='')}" if filename else way


def _served(visit: Visit, blob: str, content_type: str, kept: str, disposition: str) -> Response:
    headers = {
        "Content-Disposition": disposition,
        "Cache-Control": kept,
        "Content-Security-Policy": _POLICY,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": f'"{blob}"',
    }
    if visit.request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    blobs = visit.site.house.blobs
    try:
        path = blobs.path(blob)
        if path is None:
            return Response(blobs.get(blob), media_type=content_type, headers=headers)
        return FileResponse(path, media_type=content_type, headers=headers, stat_result=path.stat())
    except FileNotFoundError:
        raise NotFound("This file is lost.", hint="Its post is still there.") from None
