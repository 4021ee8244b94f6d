"""What is told of a post's files that are no photos: sent where a channel sends files, linked where it does not."""

import pytest

from gateway.core.desk import notices
from gateway.core.house import House
from gateway.core.messages import Answer, PreparedMedia, Rendition
from tests.conftest import Cast
from tests.core.desk.test_chat_links import rendered
from tests.core.hands import deliveries, link, publish


@pytest.mark.parametrize("channel", ["telegram", "slack"])
def test_a_post_of_one_file_is_told_with_it(house: House, cast: Cast, channel: str) -> None:
    link(house, "bob", "200", channel=channel)
    blob = house.blobs.put(b"%PDF")
    plan = PreparedMedia("file", (Rendition(blob, "application/pdf", 4),), filename="the_plan.pdf")
    publish(house, "alice", "", media=(plan,))
    [told] = deliveries(house, "post")
    said = rendered(house, told)
    assert said is not None
    url = house.community.media_url(blob)
    if channel in notices.SENDS_FILES:
        [file] = said.attached
        assert (file.kind, file.filename, file.url, file.size) == ("file", "the_plan.pdf", url, 4)
        assert Answer.from_json(said.to_json()) == said
    else:
        assert said.attached == ()
        assert f"[the\\_plan.pdf]({url})" in said.text
