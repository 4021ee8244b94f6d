"""A blog's own templates for its newsletter: kept only when samples made with them may be mailed.

A sample is no issue, so an issue is judged anew when it is cut; templates that fail then are not used, and the owner is told.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gateway.core.audience.newsroom import Template
from gateway.core.errors import Invalid, NotFound
from gateway.core.people.community import Community
from gateway.core.store.models import Blog, BlogTemplate, Media, Post
from gateway.core.templates import FOLDER, sandbox
from gateway.core.words import later, speaking
from gateway.core.writing.text import render
from gateway.newsletter.dressing import NAMES, Dress, dressed, in_own
from gateway.newsletter.render import Shown, variables

LONGEST = 200_000  # characters of one template
MARK = "unsubscribe-sample"
_INTRO = "A few words **above** the posts."
_ADDRESS = ["Sample Street 1", "Sample Town"]
_WORDS = """The first paragraph of a sample, with a [link](https://example.com/), *stress* and `code`.

## A heading in it

> What somebody said.

- one
- two

| a | b |
|---|---|
| 1 | 2 |

```
some code
```
"""
_SHORT = "A post without a title, with a photo."


def templates(blog: Blog) -> tuple[Template, ...]:
    """The templates in force, each the blog's own or the shipped one."""
    own = {one.name: one.body for one in blog.templates}
    return tuple(Template(name, own.get(name) or shipped(name), name in own) for name in NAMES)


def sample(community: Community, blog: Blog, bodies: Mapping[str, str], now: datetime) -> str:
    """The HTML of a sample in these templates, by name; the shipped ones for those that are empty or not named. Raises Invalid, NotFound, Unavailable."""
    return _sampled(community, blog, _own(bodies), now).html


def keep_templates(session: Session, blog: Blog, bodies: Mapping[str, str], now: datetime) -> None:
    """Makes these the blog's own, and goes back to the shipped one for each that is empty."""
    keep(session, blog.id, _own(bodies), now)
    if gone := [name for name, body in bodies.items() if name not in _own(bodies)]:
        reset(session, blog.id, gone)


def _own(bodies: Mapping[str, str]) -> dict[str, str]:
    """Those that say something other than the shipped ones. Line ends may be a form's."""
    written = {name: "\n".join(body.splitlines()).strip("\n") + "\n" for name, body in bodies.items()}
    return {name: body for name, body in written.items() if body.strip() and body != shipped(name)}


def shipped(name: str) -> str:
    """A template as Postroom brings it. Raises NotFound."""
    _known(name)
    return (FOLDER / "email" / name).read_text("utf-8")


def look(community: Community, blog: Blog, bodies: Mapping[str, str], now: datetime) -> Dress:
    """A sample in the blog's templates, these in the place of those it has. Raises Invalid when they can't be mailed, NotFound, Unavailable."""
    own = {one.name: one.body for one in blog.templates} | dict(bodies)
    return _sampled(community, blog, own, now)


def _sampled(community: Community, blog: Blog, own: Mapping[str, str], now: datetime) -> Dress:
    for name, body in own.items():
        _known(name)
        if len(body) > LONGEST:
            raise Invalid(later("{name} is longer than {most} characters.", name=name, most=LONGEST))
    full, bare = _samples(community, blog, now)
    if not own:
        return dressed({}, full)
    in_own(own, bare, patience=sandbox.BRIEF)
    return in_own(own, full, patience=sandbox.BRIEF)


def keep(session: Session, blog_id: int, bodies: Mapping[str, str], now: datetime) -> None:
    """Makes these the blog's own; `look` has said that they can be mailed."""
    for name, body in bodies.items():
        session.merge(BlogTemplate(blog_id=blog_id, name=name, body=body, changed_at=now))


def reset(session: Session, blog_id: int, names: Sequence[str] = ()) -> list[str]:
    """Goes back to the shipped templates, all or these; returns which were the blog's own."""
    for name in names:
        _known(name)
    which = (BlogTemplate.blog_id == blog_id, BlogTemplate.name.in_(names or NAMES))
    own = list(session.scalars(select(BlogTemplate.name).where(*which).order_by(BlogTemplate.name)))
    session.execute(delete(BlogTemplate).where(*which))
    return own


def _known(name: str) -> None:
    if name not in NAMES:
        raise NotFound(later("There is no template {name}. There are: {names}.", name=name, names=", ".join(NAMES)))


def _samples(community: Community, blog: Blog, now: datetime) -> tuple[Shown, Shown]:
    """An issue with all that there can be in one, and one with as little as there can be."""
    sizes = [{"blob": "sample", "content_type": "image/jpeg", "size": 1, "width": 1200, "height": 800}]
    photo = Media(kind="image", alt="A sample", inline=False, filename="", renditions={"sizes": sizes})
    sound = Media(kind="audio", alt="", inline=False, filename="sample.mp3", renditions={"sizes": sizes})
    posts = [_post(_WORDS, now, title="A sample post"), _post(_SHORT, now, media=[photo, sound])]
    facts: dict[str, Any] = {"cadence": "weekly", "mark": MARK, "subject": ""}
    with speaking(blog.language):
        url = community.issue_url(blog.name, "weekly", "sample")
        full = variables(community, blog, posts, intro=_INTRO, view_url=url, **facts)
        bare = variables(community, blog, posts[1:], intro="", view_url="", **facts)
    full["postal_address"] = full["postal_address"] or _ADDRESS
    return full, bare | {"postal_address": [], "description": ""}


def _post(words: str, now: datetime, *, title: str = "", media: Sequence[Media] = ()) -> Post:
    return Post(title=title, html=render(words), path="/sample", published_at=now, media=list(media))
