"""What is told of a post's files that are no photos: they go along where a channel carries them, and are linked where it does not."""

import pytest

from gateway.core.desk.fitting import fitted
from gateway.core.house import House
from gateway.core.messages import Answer, Attached, Capabilities, Picture, PreparedMedia, Rendition
from tests.conftest import Cast
from tests.core.desk.test_chat_links import rendered
from tests.core.hands import deliveries, link, publish

PLAN = Attached("file", "0" * 64, "application/pdf", "the_plan.pdf", "https://example.org/media/1", 2000)
LINK = "[the\\_plan.pdf](https://example.org/media/1)"
PICTURES = tuple(Picture("0" * 64, "image/jpeg", f"https://example.org/{number}") for number in range(5))


def test_a_post_of_one_file_is_told_with_it(house: House, cast: Cast) -> None:
    link(house, "bob", "200", channel="slack")
    blob = house.blobs.put(b"%PDF")
    plan = PreparedMedia("file", (Rendition(blob, "application/pdf", 4),), filename="the_plan.pdf")
    publish(house, "alice", "", media=(plan,))
    [told] = deliveries(house, "post")
    said = rendered(house, told)
    assert said is not None
    [file] = said.attached
    assert (file.kind, file.filename, file.url, file.size) == (
        "file",
        "the_plan.pdf",
        house.community.media_url(blob),
        4,
    )
    assert Answer.from_json(said.to_json()) == said


@pytest.mark.parametrize(
    ("able", "text", "along"),
    [
        (Capabilities(), f"Look\n\n{LINK}", ()),
        (Capabilities(largest_file=1999), f"Look\n\n{LINK}", ()),
        (Capabilities(largest_file=2000), "Look", (PLAN,)),
    ],
)
def test_a_file_that_can_not_go_along_is_linked(able: Capabilities, text: str, along: tuple[Attached, ...]) -> None:
    made = fitted(Answer("Look", attached=(PLAN,)), able)
    assert (made.text, made.attached) == (text, along)


@pytest.mark.parametrize(
    ("most", "text", "shown"),
    [
        (0, "Look", 5),
        (5, "Look", 5),
        (4, "Look\n\nThere is 1 more photo.", 4),
        (2, "Look\n\nThere are 3 more photos.", 2),
    ],
)
def test_photos_that_one_message_does_not_show_are_counted(most: int, text: str, shown: int) -> None:
    made = fitted(Answer("Look", pictures=PICTURES), Capabilities(photos=most))
    assert (made.text, len(made.pictures)) == (text, shown)
