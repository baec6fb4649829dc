"""Refusals, as problem documents (RFC 9457)."""

from http import HTTPStatus

import orjson
from aiohttp import web
from pydantic import ValidationError

from federation.endpoints.problems import PROBLEM_JSON
from federation.errors import BadDocument
from fedihub.cors import CORS_HEADERS
from fedihub.errors import HubError, Invalid, TooMany
from fedihub.hub import HUB
from fedihub.hub_api.models import Fault, Problem
from fedihub.text.words import sentence
from storage.errors import DatabaseBusy, NotFound, StorageError, Unstorable

_BUSY_SECONDS = 5
_REASONS = {
    400: "bad_request",
    401: "invalid_token",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    408: "body_too_slow",
    409: "conflict",
    413: "too_large",
    415: "unsupported_body",
    422: "invalid",
    429: "too_many_requests",
    500: "failed",
    503: "unavailable",
}


class Refused(Exception):
    """A request that gets a problem document instead of an answer."""

    def __init__(
        self, status: int, detail: str, *, errors: list[Fault] | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors or []
        self.headers = headers or {}


def refusal(request: web.Request, error: Exception) -> web.Response:
    """The answer to an error. One that nobody expected is logged, and says nothing about itself."""
    refused = _explained(error)
    if refused is None:
        request.app[HUB].log.error("hub_api.failed", path=request.path, method=request.method, exc_info=error)
        refused = Refused(500, "Something broke on our side.")
    body = Problem(
        title=HTTPStatus(refused.status).phrase,
        status=refused.status,
        detail=refused.detail,
        reason=_REASONS[refused.status],
        errors=refused.errors,
    )
    text = orjson.dumps(body.model_dump(mode="json"))
    headers = {**CORS_HEADERS, "Cache-Control": "no-store", **refused.headers}
    return web.Response(body=text, status=refused.status, content_type=PROBLEM_JSON, headers=headers)


def _explained(error: Exception) -> Refused | None:
    match error:
        case Refused():
            return error
        case ValidationError():
            return Refused(422, "Some fields are not as they should be.", errors=_faults(error))
        case BadDocument():
            return Refused(400, f"The body is not good JSON: {error.public}.")
        case HubError():
            return _of_hub(error)
        case StorageError():
            return _of_storage(error)
        case web.HTTPRequestEntityTooLarge():
            return Refused(413, "The request is too large.")
        case web.HTTPRequestTimeout():
            return Refused(408, "The request did not arrive in time.")
        case _:
            return None


def _of_storage(error: StorageError) -> Refused | None:
    match error:
        case NotFound():
            return Refused(404, "There is no such thing.")
        case Unstorable():
            return Refused(400, f"That can't be kept: {error}.")
        case DatabaseBusy():
            return Refused(503, "The hub is busy: try again in a moment.", headers={"Retry-After": str(_BUSY_SECONDS)})
        case _:
            return None


def _of_hub(error: HubError) -> Refused | None:
    if error.status not in _REASONS or error.status == 500:
        return None
    errors = [Fault(field=error.field or "", message=error.public)] if isinstance(error, Invalid) else []
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
    return Refused(error.status, sentence(error.public), errors=errors, headers=headers)


def _faults(error: ValidationError) -> list[Fault]:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        Fault(field=".".join(str(part) for part in each["loc"]), message=_say(each["type"], each["msg"]))
        for each in problems
    ]


def _say(kind: str, message: str) -> str:
    return "unknown field" if kind == "extra_forbidden" else message.removeprefix("Value error, ")
