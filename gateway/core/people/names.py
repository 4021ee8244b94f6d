"""The one namespace of handles and blogs: which names can exist, and which never will."""

import string

SHORTEST, LONGEST = 2, 32  # characters
_LETTERS = frozenset(string.ascii_lowercase + string.digits + "_")

# Local parts of mail that mean something else, hosts that a community needs for itself, and names that would deceive
# (RFC 2142 lists the mailboxes that people expect to reach a site's operators).
_RESERVED = """
    r b u n do bounce bounces reply unsubscribe subscribe newsletter digest
    postmaster abuse hostmaster webmaster security noc support info sales marketing contact help mailer_daemon
    mailerdaemon noreply no_reply root admin administrator operator operators system daemon nobody postroom
    community moderator moderators manager managers staff team official everyone all members
    www mail smtp imap pop mx ns ns1 ns2 ftp api app web blog blogs static media assets cdn files img images
    autoconfig autodiscover localhost wpad isatap status health livez readyz metrics
    sign_in signin login logout signup join account accounts settings me about privacy terms rules legal
    discover timeline search feed feeds rss atom post posts page pages archive draft drafts tag tags topic topics
"""
RESERVED = frozenset(_RESERVED.split())


def is_name(text: str) -> bool:
    """Whether `text` has the shape of a name: 2 to 32 of `a-z`, `0-9` and `_`. Fold the case before asking."""
    return SHORTEST <= len(text) <= LONGEST and _LETTERS.issuperset(text)


def is_reserved(name: str) -> bool:
    """Whether nobody may be called `name`, in whatever case it is written."""
    return name.lower() in RESERVED
