"""What members do to posts, with all that follows from it: the one way for chat, mail and web alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from sqlalchemy.orm import Session

from gateway.core.audience import withdrawing
from gateway.core.community import telling
from gateway.core.desk.phrases import shown_title
from gateway.core.errors import Conflict, NotFound
from gateway.core.ledger import occurrences
from gateway.core.messages import PreparedMedia
from gateway.core.people.accounts import seen
from gateway.core.people.community import Community
from gateway.core.people.relations import has_blocked
from gateway.core.store.models import Blog, Member, Post, PostRevision
from gateway.core.words import later, t
from gateway.core.writing import carried, changing, posting
from gateway.core.writing.posting import AS_USUAL, Terms, Words

CHANGE_UNDONE = timedelta(seconds=60)  # or for as long as a post can be taken back, if that is longer
Undone = Literal["restored", "taken back", "dropped"]
SCHEDULED = "publish"  # the name of the occurrences that publish posts at their time


def publish(
    session: Session,
    community: Community,
    blog: Blog,
    author: Member,
    words: Words,
    now: datetime,
    *,
    media: Sequence[PreparedMedia] = (),
    categories: Sequence[str] = (),
    source: str = "",
    draft: bool = False,
    terms: Terms = AS_USUAL,
) -> Post:
    """Publishes a post and has people told, keeps a draft, or has the clock publish it at its time."""
    post = posting.publish(
        session,
        community,
        blog,
        author,
        words,
        now,
        media=media,
        categories=categories,
        source=source,
        draft=draft,
        terms=terms,
    )
    if post.status == "published":
        telling.tell(session, post, now)
    elif posting.is_scheduled(post) and post.publish_at is not None:
        occurrences.expect(session, f"{SCHEDULED}:{post.id}", post.publish_at.isoformat(), post.publish_at)
    seen(session, author.id, now)
    return post


def publish_draft(session: Session, community: Community, post: Post, by: Member, now: datetime) -> Post:
    """Publishes a draft and has people told. A reply that could not be given any more is not published."""
    parent = session.get(Post, post.reply_to_id) if post.reply_to_id is not None else None
    if parent is not None and has_blocked(session, parent.author_id, by.id):
        raise _not_there()
    posting.publish_draft(session, community, post, by, now)
    telling.tell(session, post, now)
    return post


def publish_scheduled(session: Session, community: Community, post_id: int, now: datetime) -> str:
    """Publishes a post whose moment has come; says what was done, or nothing when it is published or deleted already."""
    post = session.get(Post, post_id)
    if post is None or not posting.is_scheduled(post) or post.author.status != "active":
        return ""
    publish_draft(session, community, post, post.author, now)
    return t("[{ref}] is published.", ref=post.short_reference)


def reply(
    session: Session,
    community: Community,
    parent: Post,
    author: Member,
    words: Words,
    now: datetime,
    *,
    media: Sequence[PreparedMedia] = (),
    source: str = "",
    draft: bool = False,
) -> Post:
    """Publishes a reply and has people told, or keeps a draft of one. Who is blocked by the author of a post finds that it is not there."""
    if has_blocked(session, parent.author_id, author.id):
        raise _not_there()
    answer = posting.reply(session, community, parent, author, words, now, media=media, source=source, draft=draft)
    if not draft:
        telling.tell(session, answer, now)
    seen(session, author.id, now)
    return answer


def _not_there() -> NotFound:
    return NotFound(later("The post you answer is not there any more."), hint=later("Your reply was not published."))


def edit(
    session: Session,
    post: Post,
    by: Member,
    words: Words,
    now: datetime,
    *,
    files: Mapping[str, Sequence[PreparedMedia]] = MappingProxyType({}),
) -> bool:
    """Changes a post everywhere, chats included; False when nothing changed. `files` replace those that the same messages brought, if any."""
    posting.own(post, by)
    new = [carried.exchange(session, post, part, media) for part, media in files.items() if media]
    if any(new):
        post.edited_at = now
    if not (changing.edit(session, post, by, words, now) or any(new)):
        return False
    if post.status == "published":
        telling.change_in_chats(session, post, now, kind="edit", files=any(new))
    return True


def delete(session: Session, post: Post, by: Member, now: datetime) -> None:
    """Deletes a post everywhere, chats and issues that wait included; nothing when it is deleted already."""
    gone = post.status == "deleted"
    changing.delete(session, post, by, now)
    if not gone:
        withdrawing.withdraw(session, post.id)
        telling.change_in_chats(session, post, now, kind="retract")  # after it, since deleting cancels what is queued


def undo(session: Session, community: Community, by: Member, now: datetime) -> tuple[Post, Undone, str]:
    """Takes back what they did last, a post within its undo window or an edit; and what the post was called. Raises NotFound, Conflict when it is too late."""
    change = _last_change(session, community, by, now)
    if change is not None and not changing.has_published_since(session, community, by, change.replaced_at):
        post = _restored(session, change, now)
        return post, "restored", shown_title(post)
    last = changing.undoable(session, community, by, now)
    _check_files(community, last, now)
    shown = shown_title(last)  # it loses its words
    withdrawn = changing.undo(session, community, by, now)
    withdrawing.withdraw(session, withdrawn.id)
    return withdrawn, "taken back", shown


def undo_of(session: Session, community: Community, post: Post, by: Member, now: datetime) -> Undone:
    """The same of one post: its last edit if that was lately, else the post, while its window is open. Raises Conflict: nothing that is older is lost by it."""
    change = _last_change(session, community, by, now, post.id) if post.status != "deleted" else None
    if change is not None:
        _restored(session, change, now)
        return "restored"
    _check_files(community, post, now)
    if now > _undone_until(community, post):
        raise Conflict(
            later("It is too late to undo [{ref}].", ref=post.short_reference),
            hint=later("Nothing was changed. Send `delete {ref}` to delete it.", ref=post.short_reference),
        )
    is_draft = post.status == "draft"
    delete(session, post, by, now)
    return "dropped" if is_draft else "taken back"


def _check_files(community: Community, post: Post, now: datetime) -> None:
    """Raises Conflict when what was changed last is a photo: whoever takes that back does not mean the whole post."""
    at = post.files_changed_at
    if at is not None and now <= at + max(CHANGE_UNDONE, community.undo_posts):
        raise Conflict(
            later("`undo` does not bring back a photo, or what was said of it."),
            hint=later(
                "Nothing was changed. Change it once more, or send `delete {ref}` to delete the post.",
                ref=post.short_reference,
            ),
        )


def _undone_until(community: Community, post: Post) -> datetime:
    """Until when a post is taken back by an undo: until people are told; a draft as long as a change."""
    if post.status == "draft":
        return post.created_at + max(CHANGE_UNDONE, community.undo_posts)
    return post.notify_at or post.created_at


def _last_change(
    session: Session, community: Community, by: Member, now: datetime, post_id: int = 0
) -> PostRevision | None:
    change = changing.last_change(session, by.id, post_id)
    if change is None or now > change.replaced_at + max(CHANGE_UNDONE, community.undo_posts):
        return None
    return change


def _restored(session: Session, change: PostRevision, now: datetime) -> Post:
    post = changing.restore(session, change, now)
    if post.status == "published":
        telling.change_in_chats(session, post, now, kind="edit")
    return post


def take_back(session: Session, post: Post, by: Member, now: datetime) -> bool:
    """Takes this post away; True when nobody was told of it yet, else it is a deletion as any other."""
    unseen = post.notify_at is not None and now <= post.notify_at
    delete(session, post, by, now)
    return unseen
