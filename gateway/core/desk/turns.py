"""One message at the desk, and what became of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from gateway.core.audience.newsroom import Newsroom
from gateway.core.desk.grammar import Command, Unknown
from gateway.core.errors import Invalid
from gateway.core.messages import Answer, InboundMessage
from gateway.core.people.accounts import Randomness
from gateway.core.people.community import Community
from gateway.core.store.models import Member
from gateway.core.words import later
from gateway.core.writing.posting import Words


@dataclass(frozen=True, slots=True)
class Turn:
    """One message at the desk: who said what, and all that is needed to obey."""

    session: Session
    community: Community
    message: InboundMessage
    command: Command | Unknown | None
    words: Words | None
    member: Member | None
    inbound_id: int
    now: datetime
    randomness: Randomness
    refusal: str = ""  # why its words can't be stored
    newsroom: Newsroom | None = None

    @property
    def who(self) -> Member:
        assert self.member is not None
        return self.member

    @property
    def asked(self) -> Command:
        assert isinstance(self.command, Command)
        return self.command

    @property
    def text(self) -> Words:
        if self.words is None:
            raise Invalid(later("There are no words in this message."), hint=later("Nothing was published."))
        return self.words


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became of a message: the inbox outcome, the answer if any, the post it made. `cause` makes an answer unique."""

    outcome: str
    answer: Answer | None = None
    post_id: int | None = None
    reason: str = ""
    cause: str = ""
