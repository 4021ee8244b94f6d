"""What becomes of a post later: edited, described, deleted, taken back, its words brought back."""

from datetime import datetime

from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.errors import Conflict, NotFound
from gateway.core.ledger import amending
from gateway.core.people.community import Community
from gateway.core.store.models import Member, Mention, Post, PostRevision
from gateway.core.words import later
from gateway.core.writing import message_map
from gateway.core.writing.posting import Words, check_not_empty, note_mentions, own, renditions, stands_in


def edit(session: Session, post: Post, by: Member, words: Words, now: datetime) -> bool:
    """Changes what a post says, everywhere at once; False when it says so already. Raises NotAllowed, NotFound, Invalid."""
    own(post, by)
    if post.status == "deleted":
        raise NotFound(later("This post is deleted."), hint=later("Nothing was changed."))
    if (words.markdown, words.title) == (post.markdown, post.title):
        return False
    check_not_empty(words, post.media)
    before = words_of(session, post)
    session.add(
        PostRevision(
            post_id=post.id,
            title=before.title,
            markdown=before.markdown,
            html=before.html,
            mentioned=list(before.mentioned),
            replaced_at=now,
        )
    )
    _reword(session, post, words, now)
    return True


def words_of(session: Session, post: Post) -> Words:
    """What a post says, with whom it mentions."""
    named = session.scalars(select(Mention.member_id).where(Mention.post_id == post.id))
    return Words(post.markdown, post.html, post.title, tuple(sorted(named)))


def _reword(session: Session, post: Post, words: Words, now: datetime) -> None:
    post.title, post.markdown, post.html, post.edited_at = words.title, words.markdown, words.html, now
    for item in post.media:
        item.inline = stands_in(words, renditions(item))
    session.execute(delete_rows(Mention).where(Mention.post_id == post.id))
    note_mentions(session, post, words)
    session.flush()


def last_change(session: Session, author_id: int, post_id: int = 0) -> PostRevision | None:
    """What was replaced last by an edit, in one post of a member or in any; None when there was no edit."""
    mine = select(PostRevision).join(Post, Post.id == PostRevision.post_id).where(Post.author_id == author_id)
    if post_id:
        mine = mine.where(Post.id == post_id)
    return session.scalar(mine.order_by(PostRevision.id.desc()).limit(1))


def restore(session: Session, revision: PostRevision, now: datetime) -> Post:
    """Brings back what an edit replaced; the edit is as if it had never been."""
    post = session.get_one(Post, revision.post_id)
    words = Words(revision.markdown, revision.html, revision.title, tuple(revision.mentioned))
    session.delete(revision)
    _reword(session, post, words, now)
    return post


def delete(session: Session, post: Post, by: Member, now: datetime, *, reason: str = "The post was deleted.") -> None:
    """Takes a post away everywhere: its words and photos are erased, what was to be told of it is cancelled. Raises NotAllowed."""
    own(post, by)
    if post.status == "deleted":
        return
    post.status, post.deleted_at, post.publish_at = "deleted", now, None
    post.title = post.markdown = post.html = ""
    post.media.clear()
    post.categories.clear()
    session.execute(delete_rows(PostRevision).where(PostRevision.post_id == post.id))
    session.execute(delete_rows(Mention).where(Mention.post_id == post.id))
    amending.cancel(session, now, reason=reason, post_id=post.id)
    message_map.forget_words(session, post.id)
    session.flush()


def undo(session: Session, community: Community, by: Member, now: datetime) -> Post:
    """Takes back what the member published last while its undo window is open. Raises NotFound, Conflict."""
    post = undoable(session, community, by, now)
    delete(session, post, by, now, reason="The post was taken back.")
    return post


def undoable(session: Session, community: Community, by: Member, now: datetime) -> Post:
    """What the member published last, if its undo window is open. Raises NotFound, Conflict."""
    mine = select(Post).where(Post.author_id == by.id, Post.status == "published")
    open_ones = session.scalars(mine.where(Post.notify_at >= now)).all()  # whatever dates they bear
    post = max(
        open_ones,
        key=lambda one: (_published_at(community, one), one.id),
        default=session.scalar(mine.order_by(Post.published_at.desc(), Post.id.desc()).limit(1)),
    )
    if post is None or post.notify_at is None:
        raise NotFound(later("There is nothing to undo."))
    if now > post.notify_at:
        hint = later("Send `delete {ref}` to delete [{ref}].", ref=post.short_reference)
        raise Conflict(later("It is too late to undo your last post: people may have been told of it."), hint=hint)
    return post


def has_published_since(session: Session, community: Community, by: Member, at: datetime) -> bool:
    """Whether the member published something after that moment that can be taken back still."""
    mine = (Post.author_id == by.id, Post.status == "published", Post.notify_at > at)
    return any(_published_at(community, post) > at for post in session.scalars(select(Post).where(*mine)))


def _published_at(community: Community, post: Post) -> datetime:
    """When it was published, whatever date it bears."""
    assert post.notify_at is not None
    return post.notify_at - (community.undo_replies if post.kind == "reply" else community.undo_posts)


def describe(session: Session, post: Post, position: int, alt: str, by: Member, now: datetime) -> None:
    """Gives the photo at `position` (from 1) its alternative text. Raises NotAllowed, NotFound."""
    own(post, by)
    if not 1 <= position <= len(post.media):
        raise NotFound(later("[{ref}] has no photo number {position}.", ref=post.short_reference, position=position))
    post.media[position - 1].alt = " ".join(alt.split())[:1500]
    post.files_changed_at = now
