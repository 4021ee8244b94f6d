"""Who may switch a newsletter on and off, and to what. What follows for issues: tests/newsletter/test_switching.py."""

import pytest
from sqlalchemy.orm import Session

from gateway.core.audience import offering
from gateway.core.errors import Invalid, NotAllowed
from gateway.core.house import House
from gateway.core.store.models import Blog, Member
from tests.conftest import Cast


def test_its_owner_alone_switches_it_to_what_there_is(house: House, cast: Cast) -> None:
    def offered(newsletter: str, by: int = cast.alice) -> tuple[str, bool]:
        def unit(session: Session) -> tuple[str, bool]:
            blog = session.get_one(Blog, cast.blog)
            offering.offer(session, blog, session.get_one(Member, by), newsletter, house.now())
            return blog.newsletter, blog.newsletter_since is not None

        return house.database.writer.run(unit)

    assert [offered(one) for one in ("monthly", "off", "each")] == [("monthly", False), ("off", False), ("each", True)]
    with pytest.raises(Invalid, match="no cadence"):
        offered("hourly")
    with pytest.raises(NotAllowed):
        offered("off", by=cast.bob)
