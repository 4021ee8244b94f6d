"""Secret addresses in what members write: whatever channel brings one along, it is not published."""

from dataclasses import asdict, replace

from sqlalchemy import select

from gateway.core.house import House
from gateway.core.store.models import Blog, Delivery, Media, Post
from gateway.core.writing import blogs, posting
from tests.conftest import Cast
from tests.core.desk.test_intake import link, say
from tests.core.hands import photo


def secret(house: House, cast: Cast) -> str:
    with house.database.read() as session:
        return blogs.secret_address(house.community, session.get_one(Blog, cast.blog))


def everything(house: House) -> str:
    """All that is stored of posts and told to anybody."""
    with house.database.read() as session:
        posts = [f"{one.title} {one.markdown} {one.html} {one.path}" for one in session.scalars(select(Post))]
        media = [f"{one.filename} {one.alt}" for one in session.scalars(select(Media))]
        told = [str(one.payload) for one in session.scalars(select(Delivery))]
    return "\n".join([*posts, *media, *told]).lower()


def test_a_secret_address_in_a_chat_is_published_without_its_secret(house: House, cast: Cast) -> None:
    link(house, cast.alice, "100")
    address = secret(house, cast)
    hidden = address.split("@")[0].split(".")[1]
    picture = replace(photo(), filename=f"{address}.jpg", alt=f"Mail to {address.upper()}")
    notes = (f"“{address}.pdf” was left out.",)
    said = say(
        house, f"Write to <{address}>, [or here](mailto:{address})", title=address, media=(picture,), notes=notes
    )
    assert said.outcome == "published"
    say(house, f"reply {newest(house).short_reference} to {address}")
    say(house, f"edit {newest(house).short_reference} or {address}")
    say(house, f"title {newest(house).short_reference} {address}")
    assert hidden not in everything(house)
    assert "alice.…@post.example.org" in everything(house)


def newest(house: House) -> Post:
    with house.database.read() as session:
        return session.scalars(select(Post).order_by(Post.id.desc())).all()[0]


def test_words_typed_on_a_page_are_no_exception(house: House, cast: Cast) -> None:
    address = secret(house, cast)
    with house.database.read() as session:
        words = posting.write(session, house.community, f"{address} and alice@post.example.org", title=address)
    assert address.split("@")[0] not in str(asdict(words))
    assert "alice@post.example.org" in words.markdown
