"""The tables, one file per room. Importing this package loads the whole schema into `Base.metadata`."""

from gateway.core.store.models.base import Base, UtcDateTime
from gateway.core.store.models.community import Report
from gateway.core.store.models.ledger import Delivery, Inbound, MessageMap, Occurrence, Pace, Refusal
from gateway.core.store.models.newsletter import (
    Issue,
    IssuePost,
    Recommendation,
    SoftBounce,
    Subscriber,
    Suppression,
)
from gateway.core.store.models.people import (
    Address,
    Attempts,
    Follow,
    LinkedAccount,
    Member,
    Name,
    OneTimeToken,
    Shun,
    Telling,
    TellingOf,
    WebSession,
)
from gateway.core.store.models.slack import SlackInstall, SlackMessage
from gateway.core.store.models.writing import (
    Blog,
    BoundChannel,
    Category,
    Media,
    MediaBlob,
    Mention,
    Post,
    PostRevision,
)

__all__ = [
    "Address",
    "Attempts",
    "Base",
    "Blog",
    "BoundChannel",
    "Category",
    "Delivery",
    "Follow",
    "Inbound",
    "Issue",
    "IssuePost",
    "LinkedAccount",
    "Media",
    "MediaBlob",
    "Member",
    "Mention",
    "MessageMap",
    "Name",
    "Occurrence",
    "OneTimeToken",
    "Pace",
    "Post",
    "PostRevision",
    "Recommendation",
    "Refusal",
    "Report",
    "Shun",
    "SlackInstall",
    "SlackMessage",
    "SoftBounce",
    "Subscriber",
    "Suppression",
    "Telling",
    "TellingOf",
    "UtcDateTime",
    "WebSession",
]
