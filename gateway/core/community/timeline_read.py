"""Which posts a timeline page shows: the hand-written read path. It touches indexes only; bodies are fetched afterwards.

    follows < MANY    by author: the newest of each followed author, merged
    follows >= MANY   by time: walk the newest WINDOW posts and keep the followed; a page that stays short is read by author

Reading by author costs one search per follow, however dormant they are and however much they wrote. SQLite does so by itself: each author's
posts come newest first, and it leaves an author at the first post that is too old for the page. PostgreSQL is told to, by LATERAL: the newest
post of each author, the authors of the newest such posts, and of each of these a page; nothing else can be in the page, since every author left
out has only posts older than all of those.

Walking has a bound, for people who follow dormant accounts would wait for the whole history. Figures: docs/benchmarks.md.
"""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Boolean, String, TextualSelect, bindparam, text
from sqlalchemy.orm import Session

from gateway.core.store.models import UtcDateTime

MANY = 150  # follows
WINDOW = 1000  # posts
NEWEST = (datetime(9999, 12, 31, tzinfo=UTC), 2**62)  # the place before the first post

Place = tuple[datetime, int]
"""Where a post stands in the order of timelines: its `published_at` and id."""


def places(
    session: Session, member_id: int, *, limit: int, before: Place = NEWEST, many: int = MANY, window: int = WINDOW
) -> list[Place]:
    """The next `limit` posts of a member's timeline, newest first, after the place `before`."""
    session.flush()  # what the session has not written yet would be missing, for entities are not asked
    connection = session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    reader = connection.execute(_READER, {"me": member_id, "many": many}).one_or_none()
    replies, hides, follows = reader or ("all", False, 0)
    asked = {
        "me": member_id,
        "replies": replies,
        "hides": bool(hides),
        "simple": replies == "all" and not hides,
        "at": before[0],
        "id": before[1],
        "limit": limit,
    }
    if follows >= many:
        by_time = _BY_TIME if is_sqlite else _BY_TIME_CUT
        found = connection.execute(by_time, {**asked, "window": window}).all()
        if len(found) >= limit:
            return [(at, post_id) for post_id, at in found]
    by_author = _BY_AUTHOR if is_sqlite else _BY_AUTHOR_LATERAL
    return [(at, post_id) for post_id, at in connection.execute(by_author, asked)]


_READER = text("""
    SELECT timeline_replies,
           EXISTS (SELECT 1 FROM shun WHERE member_id = :me)
             OR EXISTS (SELECT 1 FROM shun WHERE target_id = :me AND kind = 'block'),
           (SELECT count(*) FROM (SELECT 1 FROM follow WHERE follower_id = :me LIMIT :many) AS counted)
    FROM member WHERE id = :me
""")

# Who stands in {person}: neither muted nor blocked by the member, nor blocking them.
_SEEN = """
    (NOT :hides OR (
        NOT EXISTS (SELECT 1 FROM shun s WHERE s.member_id = :me AND s.target_id = {person})
        AND NOT EXISTS (SELECT 1 FROM shun s WHERE s.member_id = {person} AND s.target_id = :me AND s.kind = 'block')))
"""

# A post `p` that the member wants to see. A subquery that gives one value is run for one row; PostgreSQL might
# answer EXISTS by hashing all posts there are.
_WANTED = """
    (p.kind = 'post' OR (p.kind = 'reply' AND :replies <> 'none' AND (:simple OR p.author_id = :me OR (
        SELECT {seen} AND (:replies = 'all' OR q.author_id = :me OR EXISTS (
            SELECT 1 FROM follow g WHERE g.follower_id = :me AND g.followed_id = q.author_id))
        FROM post q WHERE q.id = p.reply_to_id))))
""".replace("{seen}", _SEEN.replace("{person}", "q.author_id"))

# The member and whom they follow.
_CIRCLE = """
    SELECT f.followed_id AS author_id FROM follow f WHERE f.follower_id = :me AND {seen}
    UNION ALL SELECT :me
""".replace("{seen}", _SEEN.replace("{person}", "f.followed_id"))


def _statement(template: str) -> TextualSelect:
    """The query with its parts put in and its types known."""
    whole = template.replace("{wanted}", _WANTED).replace("{circle}", _CIRCLE)
    whole = whole.replace("{seen}", _SEEN.replace("{person}", "p.author_id"))
    typed = text(whole).bindparams(
        bindparam("me", type_=BigInteger),
        bindparam("at", type_=UtcDateTime),
        bindparam("id", type_=BigInteger),
        bindparam("replies", type_=String),
        bindparam("simple", type_=Boolean),
        bindparam("hides", type_=Boolean),
    )
    return typed.columns(id=BigInteger, published_at=UtcDateTime)


# `+` keeps SQLite from looking for authors first: it walks by time and stops when the page is full.
_BY_TIME = _statement("""
    SELECT p.id, p.published_at FROM post p
    WHERE p.status = 'published' AND (p.published_at, p.id) < (:at, :id)
      AND p.published_at >= coalesce((
              SELECT b.published_at FROM post b
              WHERE b.status = 'published' AND (b.published_at, b.id) < (:at, :id)
              ORDER BY b.published_at DESC, b.id DESC LIMIT 1 OFFSET :window), '')
      AND (+p.author_id = :me OR EXISTS (
              SELECT 1 FROM follow f WHERE f.follower_id = :me AND f.followed_id = p.author_id))
      AND {seen} AND {wanted}
    ORDER BY p.published_at DESC, p.id DESC LIMIT :limit
""")

# PostgreSQL cuts the window first, whatever its planner thinks of the rest.
_BY_TIME_CUT = _statement("""
    WITH newest AS MATERIALIZED (
        SELECT id, published_at, author_id, kind, reply_to_id FROM post
        WHERE status = 'published' AND (published_at, id) < (:at, :id)
        ORDER BY published_at DESC, id DESC LIMIT :window)
    SELECT p.id, p.published_at FROM newest p
    WHERE (p.author_id = :me OR EXISTS (
              SELECT 1 FROM follow f WHERE f.follower_id = :me AND f.followed_id = p.author_id))
      AND {seen} AND {wanted}
    ORDER BY p.published_at DESC, p.id DESC LIMIT :limit
""")

_BY_AUTHOR = _statement("""
    SELECT p.id, p.published_at FROM ({circle}) c CROSS JOIN post p
    ON p.author_id = c.author_id AND p.status = 'published' AND (p.published_at, p.id) < (:at, :id) AND {wanted}
    ORDER BY p.published_at DESC, p.id DESC LIMIT :limit
""")

_BY_AUTHOR_LATERAL = _statement("""
    WITH circle AS MATERIALIZED ({circle}),
    heads AS MATERIALIZED (
        SELECT c.author_id, head.published_at, head.id FROM circle c CROSS JOIN LATERAL (
            SELECT p.published_at, p.id FROM post p
            WHERE p.author_id = c.author_id AND p.status = 'published' AND (p.published_at, p.id) < (:at, :id) AND {wanted}
            ORDER BY p.published_at DESC, p.id DESC LIMIT 1) head
        ORDER BY head.published_at DESC, head.id DESC LIMIT :limit)
    SELECT page.id, page.published_at FROM heads CROSS JOIN LATERAL (
        SELECT p.id, p.published_at FROM post p
        WHERE p.author_id = heads.author_id AND p.status = 'published' AND (p.published_at, p.id) < (:at, :id) AND {wanted}
        ORDER BY p.published_at DESC, p.id DESC LIMIT :limit) page
    ORDER BY page.published_at DESC, page.id DESC LIMIT :limit
""")
