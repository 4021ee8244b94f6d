"""Newsletters, digests, Micro Monday, and the clock that says when. `RENDERERS` is what app adds to the desk's notices."""

from gateway.core.desk.notices import Renderer
from gateway.newsletter import confirmation, digests, micro_monday, owner_notices, previews

RENDERERS: dict[str, Renderer] = {
    "confirm_subscription": confirmation.confirm_subscription,
    "digest": digests.digest,
    "issue_test": previews.test_copy,
    "issue_failed": owner_notices.failed,
    "issue_finished": owner_notices.finished,
    "issue_late": owner_notices.late,
    "issue_paused": owner_notices.paused,
    "issue_scheduled": owner_notices.scheduled,
    "issue_templates": owner_notices.templates,
    "micro_monday_prompt": micro_monday.prompt,
    "micro_monday_round_up": micro_monday.round_up,
    "recommended": micro_monday.recommended,
}
