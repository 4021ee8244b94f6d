"""What core's tests do over and over: write, reply, link a chat, look at rows."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.core.desk import acts
from gateway.core.house import House
from gateway.core.messages import PreparedMedia, Rendition
from gateway.core.people import choices
from gateway.core.store.models import Base, Blog, Delivery, LinkedAccount, Member, Post
from gateway.core.writing import posting

T = TypeVar("T")


def do(house: House, unit: Callable[[Session], T]) -> T:
    """Runs a unit and waits for it."""
    return house.database.writer.run(unit)


def member(session: Session, handle: str) -> Member:
    return session.scalars(select(Member).where(Member.handle == handle)).one()


def publish(
    house: House,
    handle: str,
    text: str,
    *,
    title: str = "",
    media: tuple[PreparedMedia, ...] = (),
    categories: tuple[str, ...] = (),
    draft: bool = False,
) -> Post:
    """A post on the member's first blog, with all that follows from it."""

    def unit(session: Session) -> Post:
        author = member(session, handle)
        blog = session.scalars(select(Blog).where(Blog.member_id == author.id).order_by(Blog.id)).first()
        assert blog is not None
        words = posting.write(session, house.community, text, title=title)
        return acts.publish(
            session, house.community, blog, author, words, house.now(), media=media, categories=categories, draft=draft
        )

    return do(house, unit)


def reply(house: House, handle: str, to: Post, text: str) -> Post:
    def unit(session: Session) -> Post:
        words = posting.write(session, house.community, text)
        parent = session.get_one(Post, to.id)
        return acts.reply(session, house.community, parent, member(session, handle), words, house.now())

    return do(house, unit)


def edit(house: House, handle: str, post: Post, text: str, *, title: str = "") -> bool:
    def unit(session: Session) -> bool:
        words = posting.write(session, house.community, text, title=title)
        return acts.edit(session, session.get_one(Post, post.id), member(session, handle), words, house.now())

    return do(house, unit)


def delete(house: House, handle: str, post: Post) -> None:
    do(house, lambda s: acts.delete(s, s.get_one(Post, post.id), member(s, handle), house.now()))


def link(house: House, handle: str, place: str, *, channel: str = "telegram", status: str = "active") -> None:
    """A chat of the member; account and place are one."""

    def unit(session: Session) -> None:
        owner = member(session, handle).id
        chat = LinkedAccount(
            member_id=owner, channel=channel, account=place, place=place, status=status, created_at=house.now()
        )
        session.add(chat)

    do(house, unit)


def choose(house: House, handle: str, **preferences: object) -> None:
    """Sets columns of a member."""

    def unit(session: Session) -> None:
        chosen = member(session, handle)
        for name, value in preferences.items():
            setattr(chosen, name, value)

    do(house, unit)


def tell(house: House, handle: str, how: str, *whats: str, by: tuple[str, ...] = choices.CHANNELS) -> None:
    """Has a member told of these (of all by default) so, by these channels."""

    def unit(session: Session) -> None:
        for channel in by:
            for what in whats or choices.WHATS:
                choices.choose(session, member(session, handle), channel, what, how, house.now())

    do(house, unit)


def deliveries(house: House, kind: str = "", *, status: str = "") -> list[Delivery]:
    """Rows of the outbox in order, of one kind and status when told."""
    statement = select(Delivery).order_by(Delivery.id)
    if kind:
        statement = statement.where(Delivery.kind == kind)
    if status:
        statement = statement.where(Delivery.status == status)
    with house.database.read() as session:
        return list(session.scalars(statement))


def told(house: House, kind: str) -> set[tuple[str, str]]:
    """Where a kind of delivery goes: channel and recipient."""
    return {(row.channel, row.recipient) for row in deliveries(house, kind)}


def everything(house: House) -> str:
    """All that stands in the database, as text."""
    with house.database.read() as session:
        return "\n".join(repr(row) for table in Base.metadata.sorted_tables for row in session.execute(select(table)))


def photo(name: str = "boat.jpg", *, blob: str = "a" * 64, content_id: str = "") -> PreparedMedia:
    """A file as it is after preparation; its bytes are nowhere."""
    return PreparedMedia("image", (Rendition(blob, "image/jpeg", 1000, 800, 600),), name, content_id=content_id)
