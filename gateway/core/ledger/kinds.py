"""What kinds of deliveries are to whoever gets them: asked for or not, and which may wait behind others. Every new kind has its place here.

A mail somebody waits for (`is_awaited`) has a lane of its own, which no digest and no notice of posts ever fills, and room of its own in the limits of mail.
"""

# Mails that their recipient asked for or is there to get; any other spares an address that bounced or complained.
ASKED_FOR = frozenset({"answer", "held", "held_list", "sign_in", "verify_address", "pass_on", "report", "issue_test"})

# What is of no use when it comes late, though nobody asked for it: an owner may still stop an issue, or must decide on one.
_PRESSING = frozenset({"issue_scheduled", "issue_paused", "issue_late"})

# What may come any time later.
_BY_THE_WAY = frozenset(
    {"post", "mention", "reply", "report", "recommended", "issue_finished", "issue_failed", "issue_templates"}
)
TOGETHER = frozenset({"digest", "micro_monday_prompt", "micro_monday_round_up"})  # many at the same hour

# What nobody asked for: it waits for the end of a member's quiet hours. A change of what stands in a chat already notifies nobody.
UNASKED = _PRESSING | _BY_THE_WAY | TOGETHER

_UNHURRIED = _BY_THE_WAY | TOGETHER | {"issue"}


def is_awaited(kind: str) -> bool:
    """Whether it goes before what may wait: an answer, a link to sign in, a word on an issue that is about to leave."""
    return kind not in _UNHURRIED
