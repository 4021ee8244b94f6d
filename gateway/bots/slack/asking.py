"""One question to the Web API and its answer."""

from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from gateway.bots.slack.api import Api
from gateway.bots.slack.results import error_of, is_passing
from gateway.core.errors import Postpone

TRY_AGAIN = timedelta(seconds=20)


async def asked(api: Api, method: str, **about: str) -> dict[str, Any]:
    """Slack's answer. Raises Postpone for trouble that passes, SlackApiError for any other. As a form: not every peer reads query strings."""
    try:
        async with api.client() as client:
            answer = (await client.api_call(method, data=about)).data
    except SlackApiError as error:
        if is_passing(error):
            raise Postpone(f"Slack answered {error_of(error)} to {method}.", wait=TRY_AGAIN) from error
        raise
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Postpone(f"Slack can't be reached ({type(error).__name__}).", wait=TRY_AGAIN) from error
    return answer if isinstance(answer, dict) else {}
