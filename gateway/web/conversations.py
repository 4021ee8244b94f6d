"""A conversation on the community's own pages, where members answer."""

from sqlalchemy.orm import Session
from starlette.responses import Response

from gateway.core.desk import acts
from gateway.core.errors import NotFound
from gateway.core.people.relations import has_blocked, may_tell
from gateway.core.store.models import Post
from gateway.core.writing import posting
from gateway.core.writing.conversations import conversation
from gateway.web.answers import go, page
from gateway.web.entries import entry
from gateway.web.visit import Unit, Visit


def conversation_page(visit: Visit, session: Session) -> Response:
    """The post that it began with, everything said since, and a form to answer the one asked for."""
    asked = _published(visit, session)
    whole = [one for one in conversation(session, asked.conversation_id or asked.id) if _shown(visit, session, one)]
    if asked not in whole:
        raise NotFound("There is no such conversation.")
    names = {one.id: one.author.shown_name for one in whole}
    entries = [entry(visit.community, one, answers=names.get(one.reply_to_id or 0, "")) for one in whole]
    shown = next(one for one in entries if one.reference == asked.short_reference)
    return page(visit, "conversation.html", entries=entries, asked=shown)


def _shown(visit: Visit, session: Session, post: Post) -> bool:
    if post.author.status != "active":
        return False
    return (
        visit.who is None
        or visit.who.member_id == post.author_id
        or may_tell(session, visit.who.member_id, post.author_id)
    )


def _published(visit: Visit, session: Session) -> Post:
    post = posting.by_reference(session, visit.path("reference"))
    if post.status != "published":
        raise NotFound("There is no such conversation.")
    if visit.who is not None and has_blocked(session, post.author_id, visit.who.member_id):
        raise NotFound("There is no such conversation.")
    return post


def answer(visit: Visit, session: Session) -> Unit:
    """A reply."""
    parent_id = _published(visit, session).id
    words = posting.write(session, visit.community, visit.typed("text"))

    def unit(session: Session) -> Response:
        parent = session.get_one(Post, parent_id)
        reply = acts.reply(session, visit.community, parent, visit.me(session), words, visit.now, source="web")
        return go(visit, f"/conversations/{reply.short_reference}", "replied")

    return unit
