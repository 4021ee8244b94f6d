"""Blogs, posts and replies, what they mention and carry."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gateway.core.store.models.base import Base
from gateway.core.store.models.people import Member

if TYPE_CHECKING:
    from gateway.core.store.models.newsletter import BlogTemplate

# What timelines walk: they find their posts in the index alone, without the bodies.
_PUBLISHED: dict[str, Any] = {
    "sqlite_where": text("status = 'published'"),
    "postgresql_where": text("status = 'published'"),
}


class Blog(Base):
    __tablename__ = "blog"
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    name: Mapped[str] = mapped_column(ForeignKey("name.name"), unique=True)
    title: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str] = mapped_column(default="UTC")
    language: Mapped[str] = mapped_column(default="en")
    secret_epoch: Mapped[int] = mapped_column(default=1)  # raised to kill the old secret posting address
    newsletter: Mapped[str] = mapped_column(
        default="weekly"
    )  # off | each | weekly | monthly: what subscribers may choose first
    newsletter_since: Mapped[datetime | None]  # when it was switched on again: what was posted before is mailed no more
    newsletter_moved_at: Mapped[datetime | None]  # since when it has this hour, weekday and zone; None: always
    newsletter_hour: Mapped[int] = mapped_column(default=9)
    newsletter_weekday: Mapped[int] = mapped_column(default=0)  # Monday is 0
    newsletter_late: Mapped[str] = mapped_column(default="send")  # send | draft | skip: an issue that is hours late
    send_from: Mapped[int | None]  # hours of the blog's clock, between which copies leave; None: at any time
    send_until: Mapped[int | None]
    postal_address: Mapped[str] = mapped_column(default="")
    mail_body: Mapped[str] = mapped_column(default="auto")  # auto | text | html: which half of a mail is the post
    created_at: Mapped[datetime]
    owner: Mapped[Member] = relationship()
    templates: Mapped[list["BlogTemplate"]] = relationship(viewonly=True)  # of its mails, where they are its own
    pages: Mapped[list["Post"]] = relationship(
        # `kind` is compared to a literal, for only so is the partial index used
        primaryjoin="and_(Post.blog_id == Blog.id, Post.kind == literal_column(\"'page'\"), Post.status == 'published')",
        order_by="Post.title",
        viewonly=True,
    )

    @property
    def shown_title(self) -> str:
        return self.title or self.owner.shown_name


class Post(Base):
    """A post on a blog, or a reply in a conversation (kind `reply`, on no blog's front page and in no feed).

    `conversation_id` is the post that the conversation began with, itself for a post. `notify_at` ends the undo window.
    """

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("blog_id", "path"),
        Index("ix_post_stream", "published_at", "id", "author_id", "kind", "reply_to_id", **_PUBLISHED),
        Index("ix_post_timeline", "author_id", "published_at", "id", "kind", "reply_to_id", **_PUBLISHED),
        Index("ix_post_author", "author_id", "id"),
        Index("ix_post_blog", "blog_id", "published_at", "id"),
        Index("ix_post_page", "blog_id", sqlite_where=text("kind = 'page'"), postgresql_where=text("kind = 'page'")),
        Index("ix_post_conversation", "conversation_id", "published_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(
        default="post"
    )  # post | reply | page: on the blog at its own name, in no list of posts
    status: Mapped[str]  # draft | published | deleted
    blog_id: Mapped[int | None] = mapped_column(ForeignKey("blog.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    short_reference: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(default="")
    markdown: Mapped[str]
    html: Mapped[str]
    path: Mapped[str | None]  # /YYYY/MM/DD/slug, of a page /slug; frozen at first publication
    slug: Mapped[str] = mapped_column(default="")  # asked for, else it is made of the title
    newsletter: Mapped[bool] = mapped_column(default=True)  # mailed to subscribers?
    in_chats: Mapped[bool] = mapped_column(default=True)  # told to followers in their chats?
    publish_at: Mapped[datetime | None]  # of a draft: when it shall be published, or the past date it shall bear
    source: Mapped[str] = mapped_column(default="")  # the channel it came through
    asked_in: Mapped[str] = mapped_column(default="")  # the chat where its author was asked whether to publish it
    published_at: Mapped[datetime | None]
    notify_at: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]
    files_changed_at: Mapped[datetime | None]  # when a photo was exchanged or described: no undo brings that back
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    author: Mapped[Member] = relationship()
    blog: Mapped[Blog | None] = relationship()
    media: Mapped[list["Media"]] = relationship(order_by="Media.position", cascade="all, delete-orphan")
    categories: Mapped[list["Category"]] = relationship(cascade="all, delete-orphan", order_by="Category.name")


class PostRevision(Base):
    """What a post said before an edit, so that an undo can bring it back."""

    __tablename__ = "post_revision"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    title: Mapped[str]
    markdown: Mapped[str]
    html: Mapped[str]
    mentioned: Mapped[list[int]]  # members
    replaced_at: Mapped[datetime]


class Media(Base):
    """A file of a post; `renditions` lists its stored sizes, the largest first (`messages.Rendition` as JSON)."""

    __tablename__ = "media"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    position: Mapped[int]
    kind: Mapped[str]  # image | audio | video | file
    filename: Mapped[str] = mapped_column(default="")
    alt: Mapped[str] = mapped_column(default="")
    content_id: Mapped[str] = mapped_column(default="")
    part: Mapped[str] = mapped_column(default="")  # the platform's message that brought it: one of an album's
    inline: Mapped[bool] = mapped_column(default=False)  # stands in the text, so it is not shown again below it
    renditions: Mapped[dict[str, Any]]
    blobs: Mapped[list["MediaBlob"]] = relationship(cascade="all, delete-orphan")


class MediaBlob(Base):
    """One stored size of a file of a post: by it a public address finds out whether anything published still names the blob."""

    __tablename__ = "media_blob"
    blob: Mapped[str] = mapped_column(primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True, index=True)
    content_type: Mapped[str]


class Mention(Base):
    __tablename__ = "mention"
    __table_args__ = (Index("ix_mention_member", "member_id", "post_id"),)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)


class BoundChannel(Base):
    """A channel on a platform whose posts are posts of a blog. `account` is who bound it there, and must stay its admin."""

    __tablename__ = "bound_channel"
    __table_args__ = (UniqueConstraint("channel", "place"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    place: Mapped[str]
    title: Mapped[str]
    account: Mapped[str]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    blog_id: Mapped[int] = mapped_column(ForeignKey("blog.id"))
    created_at: Mapped[datetime]


class Category(Base):
    __tablename__ = "category"
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
