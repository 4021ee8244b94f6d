"""What Postroom itself says in a newsletter, in the language in force, and other people's words inside our Markdown."""

from gateway.core.words import N, n, spoken, t
from gateway.core.writing.quoting import escaped

__all__ = ["HOW_OFTEN", "escaped", "furniture", "headline_with"]

HOW_OFTEN = {"each": N("a mail for every post"), "weekly": N("one mail a week"), "monthly": N("one mail a month")}


def furniture(title: str, owner: str, cadence: str) -> dict[str, str]:
    """The sentences around the posts, and the language they are in, which need not be the posts'."""
    return {
        "language": spoken(),
        "view": t("View in browser"),
        "answer": t("Answer this mail to write to {name}; nobody else sees it.", name=owner),
        "why": t(  # true of those who came by a list, too: an issue is made once for all
            "You get this because this address is subscribed to {title}: {how_often}.",
            title=title,
            how_often=t(HOW_OFTEN[cadence]),
        ),
        "leave": t("Unsubscribe, or change how often it comes"),
    }


def headline_with(headline: str, others: int) -> str:
    """A headline that tells of the other posts, too."""
    if not others:
        return headline
    return n("{headline} and {count} more post", "{headline} and {count} more posts", others, headline=headline)
