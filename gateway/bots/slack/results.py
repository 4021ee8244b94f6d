"""What an error of the Web API means for a delivery.

Source: the error tables of chat.postMessage, chat.update and chat.delete at docs.slack.dev, and "Rate limits".
"""

from datetime import datetime, timedelta

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError

from gateway.core.ledger.outbox import Result

PASSING = frozenset(
    [
        "ratelimited",
        "rate_limited",
        "message_limit_exceeded",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
    ]
)
OURS = frozenset(  # the operator's to mend: a new token or scope, and everything that waits goes out (of an install's token: see `workspaces`)
    [
        "not_authed",
        "invalid_auth",
        "missing_scope",
        "not_allowed_token_type",
        "token_expired",
        "access_denied",
        "no_permission",
        "account_inactive",  # of our token's own account: the app was removed, or its workspace
        "token_revoked",
    ]
)
CLOSED = frozenset(
    [
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "user_not_found",
        "user_disabled",
        "cannot_dm_bot",
        "messages_tab_disabled",
    ]
)
GONE = frozenset({"message_not_found", "file_not_found", "file_deleted"})
NO_THREAD = frozenset({"thread_not_found", "cannot_reply_to_message", "invalid_thread_ts"})
BAD_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
DEFAULT_WAIT, LONGEST_WAIT = 30, 3600  # seconds

Trouble = (SlackApiError, SlackRequestError, aiohttp.ClientError, TimeoutError)


def result_of(error: Exception, now: datetime) -> Result:
    """How a delivery stands after this error. `now` is where a wait begins."""
    if isinstance(error, SlackApiError):
        return _refused(error, now)
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Result("deferred", f"Slack can't be reached ({type(error).__name__}).")
    return Result("uncertain", f"Slack did not answer; it may have taken the message ({type(error).__name__}).")


def _refused(error: SlackApiError, now: datetime) -> Result:
    code = error_of(error)
    if is_limited(error):
        wait = seconds_of(error)
        return Result("deferred", f"Slack asks to wait {wait} s.", shut_until=now + timedelta(seconds=wait))
    if is_passing(error) or code in OURS:
        return Result("deferred", f"Slack said {code}.")
    if not code:
        return Result("uncertain", "Slack's answer could not be read; it may have taken the message.")
    return Result("failed", f"Slack said {code}.", unreachable=code in CLOSED)


def error_of(error: SlackApiError) -> str:
    """Slack's word for what went wrong, else the HTTP status; empty for an answer that is none."""
    data = getattr(error.response, "data", None)
    if isinstance(data, dict) and isinstance(data.get("error"), str):
        return str(data["error"])
    status = _status(error)
    return "" if status == 200 else f"HTTP {status}"


def is_limited(error: SlackApiError) -> bool:
    return _status(error) == 429 or error_of(error) in {"ratelimited", "rate_limited"}


def is_passing(error: SlackApiError) -> bool:
    """Whether the same may work later."""
    return is_limited(error) or _status(error) >= 500 or error_of(error) in PASSING


def _status(error: SlackApiError) -> int:
    """slack_sdk gives its own response, or aiohttp's when the body was no JSON."""
    status = getattr(error.response, "status_code", None) or getattr(error.response, "status", None)
    return status if isinstance(status, int) else 0


def seconds_of(error: SlackApiError) -> int:
    """How long Slack asks to wait."""
    headers = getattr(error.response, "headers", None) or {}
    told = str(headers.get("Retry-After", ""))
    return max(1, min(int(told), LONGEST_WAIT)) if told.isascii() and told.isdigit() else DEFAULT_WAIT
