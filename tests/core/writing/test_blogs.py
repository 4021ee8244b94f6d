"""Blogs: their names, settings and secret addresses."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from gateway.core.errors import Conflict, Invalid, NotAllowed, NotFound
from gateway.core.house import House
from gateway.core.people import accounts
from gateway.core.store.models import Blog
from gateway.core.writing import blogs
from tests.conftest import Cast
from tests.core.hands import choose, do, member


def test_the_first_blog_bears_its_owners_handle_and_zone(house: House, cast: Cast) -> None:
    def unit(session: Session) -> tuple[str, ...]:
        dora = accounts.join(
            session, handle="Dora", address="dora@example.com", now=house.now(), time_zone="Asia/Tokyo", language="de"
        )
        blog = blogs.create(session, dora, house.now())
        return blog.name, blog.time_zone, blog.language, blog.shown_title

    assert do(house, unit) == ("dora", "Asia/Tokyo", "de", "dora")


def test_a_member_may_have_several_and_the_first_is_meant(house: House, cast: Cast) -> None:
    second = do(house, lambda s: blogs.create(s, member(s, "alice"), house.now(), name="Garden", title=" The garden "))
    assert (second.name, second.title, second.member_id) == ("garden", "The garden", cast.alice)
    with house.database.read() as session:
        first = blogs.of_member(session, cast.alice)
        assert first is not None
        assert first.id == cast.blog
        assert blogs.by_name(session, " GARDEN ").id == second.id


@pytest.mark.parametrize(
    ("name", "error"), [("bob", Conflict), ("postmaster", Conflict), ("a b", Invalid), ("x", Invalid), ("é", Invalid)]
)
def test_a_blog_takes_no_name_that_is_somebodys_reserved_or_none(
    house: House, cast: Cast, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        do(house, lambda s: blogs.create(s, member(s, "alice"), house.now(), name=name))


def test_a_member_has_the_blog_of_their_handle_once(house: House, cast: Cast) -> None:
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError):
        do(house, lambda s: blogs.create(s, member(s, "alice"), house.now()))


def test_a_closed_members_blog_is_not_there(house: House, cast: Cast) -> None:
    choose(house, "alice", status="closed")
    with house.database.read() as session, pytest.raises(NotFound):
        blogs.by_name(session, "alice")


def test_only_what_is_given_changes(house: House, cast: Cast) -> None:
    def change(**values: Any) -> Blog:
        def unit(session: Session) -> Blog:
            blog = session.get_one(Blog, cast.blog)
            blogs.change(session, blog, member(session, "alice"), **values)
            return blog

        return do(house, unit)

    change(title=" Harbour ", newsletter_late="draft", newsletter_hour=7)
    blog = change(newsletter_weekday=6, description=" News ")
    assert (blog.title, blog.description, blog.newsletter_late) == ("Harbour", "News", "draft")
    assert (blog.newsletter_hour, blog.newsletter_weekday, blog.time_zone) == (7, 6, "UTC")
    assert [change(language=tag).language for tag in ("de", "pt-BR", "zh-Hant-TW")] == ["de", "pt-BR", "zh-Hant-TW"]
    for tag in ("klingon", "de'", "", "de_AT", "x" * 40, "../de"):
        with pytest.raises(Invalid, match="names no language"):
            change(language=tag)
    for wrong in (
        {"newsletter_late": "never"},
        {"newsletter_hour": 24},
        {"newsletter_weekday": -1},
        {"time_zone": "Mars"},
    ):
        with pytest.raises(Invalid):
            change(**wrong)


def test_only_the_owner_changes_a_blog_or_its_secret(house: House, cast: Cast) -> None:
    for act in (
        lambda s: blogs.change(s, s.get_one(Blog, cast.blog), member(s, "bob"), title="His"),
        lambda s: blogs.rotate_secret(s, s.get_one(Blog, cast.blog), member(s, "bob")),
    ):
        with pytest.raises(NotAllowed):
            do(house, act)


def test_the_secret_address_is_shown_again_at_will_until_it_is_rotated(house: House, cast: Cast) -> None:
    def shown() -> str:
        with house.database.read() as session:
            return blogs.secret_address(house.community, session.get_one(Blog, cast.blog))

    before = shown()
    assert before == shown()
    local, _, domain = before.partition("@")
    name, _, secret = local.partition(".")
    assert (name, domain, len(secret)) == ("alice", "post.example.org", 20)
    do(house, lambda s: blogs.rotate_secret(s, s.get_one(Blog, cast.blog), member(s, "alice")))
    assert shown() != before
