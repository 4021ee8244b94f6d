"""What can go wrong, as one short tree.

    PostroomError            the message is fit to show to the person it concerns
    ├── Invalid              what was asked makes no sense as it stands
    ├── NotFound             no such member, blog, post, token …
    ├── NotAllowed           they may not do this
    ├── Conflict             it is taken, or done already
    ├── TooMuch              over a size, count or rate limit
    └── Unavailable          our fault and temporary: nothing was saved, try again
        └── Postpone         not now: DNS trouble, a platform that is down; try again after `wait`

Every message says what happened, whether anything was saved or published, and what to do next. An edge (SMTP, chat, HTTP)
translates the class once; nothing in core catches these.
"""

from datetime import timedelta

from gateway.core.words import Later, t, together


class PostroomError(Exception):
    """Base of every error that Postroom raises on purpose.

    `permanent` tells whether trying the same again can ever help; `hint` is the next step, in a short sentence.
    """

    permanent = True

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def said(self) -> str:
        """Message and hint in the language in force, where `later` made them."""
        return f"{t(self.message)} {t(self.hint)}".strip()

    @property
    def sentence(self) -> Later:
        """The same, to be said later."""
        return together(self.message, self.hint)


class Invalid(PostroomError):
    """What was asked makes no sense as it stands."""


class NotFound(PostroomError):
    """There is no such thing, or none that this member may see."""


class NotAllowed(PostroomError):
    """This member may not do this."""


class Conflict(PostroomError):
    """It is taken, or was done already."""


class TooMuch(PostroomError):
    """Over a size, count or rate limit."""


class Unavailable(PostroomError):
    """Ours and temporary; nothing was saved. `blames_message`: what was worked on may be why, so trying counts."""

    permanent = False
    blames_message = False


class Postpone(Unavailable):
    """A message can't be prepared yet, through no fault of its own: DNS trouble, a platform that is down."""

    def __init__(self, reason: str, *, wait: timedelta) -> None:
        super().__init__(reason)
        self.wait = wait
