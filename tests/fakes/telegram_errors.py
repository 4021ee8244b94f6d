"""The Bot API's ways of saying no."""

from typing import NoReturn

from tests.fakes.wire import Json


class Refused(Exception):
    """An answer with `ok: false`, in the Bot API's words."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters or {}

    def body(self) -> Json:
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(words: str) -> NoReturn:
    raise Refused(400, f"Bad Request: {words}")


def forbidden(words: str) -> NoReturn:
    raise Refused(403, f"Forbidden: {words}")


UNAUTHORIZED = Refused(401, "Unauthorized")
NOT_FOUND = Refused(404, "Not Found")

USUAL_WORDS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    413: "Request Entity Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
    504: "Gateway Timeout",
}


def told_to_fail(status: int, retry_after: int, words: str) -> Refused:
    """The refusal for a failure that a test asked for."""
    if status == 429:
        return Refused(429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after})
    return Refused(status, words or USUAL_WORDS.get(status, "Internal Server Error"))
