"""What a client is told when something can't be: always JSON, `{"error": …}`, in the words that Mastodon's clients
look for.

The status decides what a client does: it signs its owner out on 401 and only then, and shows the text otherwise.
What may not be seen is not there (404, never 403).
"""

from typing import Any

from aiohttp import web
from pydantic import ValidationError

from fedihub import errors as hub
from fedihub.services.attaching import CannotAttach
from fedihub.services.tokens import GrantRefused
from storage.errors import AlreadyExists, DatabaseBusy, NotFound, StorageError, Unstorable

NOT_FOUND = "Record not found"
BUSY_SECONDS = 5


class ApiError(Exception):
    """An answer other than success; `body` is the whole JSON object."""

    def __init__(self, status: int, text: str, *, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(text)
        self.status = status
        self.body: dict[str, Any] = {"error": text, **more}
        self.headers = headers or {}


class Malformed(ApiError):
    """A request that can't be read."""

    def __init__(self, text: str, *, status: int = 400) -> None:
        super().__init__(status, f"Bad request: {text}")


def not_found() -> ApiError:
    """There is no such thing, or none that this account may see."""
    return ApiError(404, NOT_FOUND)


def invalid_token() -> ApiError:
    """No token, or one that is worth nothing (any more)."""
    return ApiError(
        401,
        "The access token is invalid",
        headers={"WWW-Authenticate": 'Bearer realm="FediHub", error="invalid_token"'},
    )


def outside_scopes() -> ApiError:
    """The token is good, but not for this."""
    return ApiError(403, "This action is outside the authorized scopes")


def needs_account() -> ApiError:
    """An app's own token, where an account is needed."""
    return ApiError(422, "This method requires an authenticated user")


def invalid(text: str) -> ApiError:
    """What was asked for can't be done like this; the owner of the client reads why."""
    return ApiError(422, f"Validation failed: {text}")


def explained(error: Exception) -> ApiError | None:
    """What to answer for an error that was raised on purpose; None for one that nobody expected."""
    match error:
        case ApiError():
            return error
        case GrantRefused():
            return ApiError(error.status, error.code, error_description=error.public)
        case hub.HubError():
            return _of_hub(error)
        case ValidationError():
            return invalid(_problem(error))
        case StorageError():
            return _of_storage(error)
        case web.HTTPRequestEntityTooLarge():
            return ApiError(413, "The request is too large")
        case web.HTTPException():
            return ApiError(error.status, error.reason)
        case _:
            return None


def _of_hub(error: hub.HubError) -> ApiError | None:
    match error:
        case hub.Missing():
            return not_found()
        case hub.NotAllowed():
            return ApiError(403, _capital(error.public) or "This action is not allowed")
        case CannotAttach():
            return ApiError(422, error.public)
        case hub.TooLarge() | hub.UnknownKind():
            return ApiError(error.status, f"Validation failed: {_capital(error.public)}")
        case hub.Invalid() | hub.Conflict():
            return invalid(_capital(error.public))
        case hub.TooMany():
            return ApiError(429, "Too many requests", headers={"Retry-After": str(error.retry_after)})
        case hub.Unreachable() | hub.OutOfOrder():
            headers = {"Retry-After": str(error.retry_after)} if isinstance(error, hub.OutOfOrder) else {}
            return ApiError(503, _capital(error.public), headers=headers)
        case _:
            return None


def _of_storage(error: StorageError) -> ApiError | None:
    match error:
        case NotFound():
            return not_found()
        case AlreadyExists():
            return invalid(_capital(str(error)))
        case Unstorable():
            return ApiError(400, f"Bad request: {error}")
        case DatabaseBusy():
            return ApiError(
                503, "The server is busy, try again in a moment", headers={"Retry-After": str(BUSY_SECONDS)}
            )
        case _:
            return None


def _problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = " ".join(str(part) for part in first["loc"]).replace("_", " ").capitalize()
    return f"{name} {first['msg'].removeprefix('Value error, ').removeprefix('Input ')}".strip()


def _capital(text: str) -> str:
    """As a sentence begins: the errors of services don't."""
    return text[:1].upper() + text[1:]
