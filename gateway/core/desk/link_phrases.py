"""What is said about linking a chat: to strangers, to whoever has a code, and where the member was told things before."""

from gateway.core.messages import Answer, Button
from gateway.core.people.community import Community
from gateway.core.words import t
from gateway.core.writing.quoting import escaped


def stranger(community: Community, channel: str) -> Answer:
    """The one thing we say to somebody we don't know."""
    return Answer(
        t(
            "This is {community}. I don't know you yet, so nothing was saved or published.\n\nIf you are a member, sign in at {site}, choose “Link {platform}”, and send me the code as `link CODE`.",
            community=community.name,
            site=community.base_url,
            platform=channel.title(),
        ),
        subject=community.name,
    )


def asked_to_link(community: Community, handle: str, code: str) -> Answer:
    """Asked of whoever opened a link with a code, lest they write on somebody else's blog unawares."""
    return Answer(
        t(
            "Link this chat to @{handle} on {community}? Then what you write here is published on @{handle}'s blog.\n\nIf you are not @{handle}, or did not ask for this, do nothing: nothing is linked yet.",
            handle=handle,
            community=community.name,
        ),
        subject=t("Link this chat?"),
        buttons=((Button(t("Yes, I am @{handle}", handle=handle), action=f"link {code}"),),),
    )


def linked(community: Community, handle: str) -> Answer:
    return Answer(
        t(
            "This chat is linked: you are @{handle} on {community}.\n\nWhat you write here is published on your blog. Answer a message to reply to it. Send `help` to see all the words, `unlink` to end this.",
            handle=handle,
            community=community.name,
        ),
        subject=t("A chat was linked to your account"),
    )


def linked_elsewhere(community: Community, channel: str, shown_as: str) -> Answer:
    """Told where a member was told things before, so that nobody is linked unseen."""
    shown = t(" (shown as {shown_as})", shown_as=escaped(shown_as)) if shown_as else ""
    return Answer(
        t(
            "A {channel} chat was linked to your account{shown}. What is written there is published on your blog.\n\nIf that was not you, unlink it at {site}/me.",
            channel=channel.title(),
            shown=shown,
            site=community.base_url,
        ),
        subject=t("A chat was linked to your account"),
        link=f"{community.base_url}/me",
    )
