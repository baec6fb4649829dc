"""The OpenAPI 3.1 document, made from the table of operations and the models, so it promises what the code does."""

import re
from collections.abc import Sequence
from inspect import getdoc
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from federation.endpoints.problems import PROBLEM_JSON
from federation.uris import KEY
from fedihub.hub_api.models import Problem, Wire
from fedihub.hub_api.operations import PREFIX, Operation
from fedihub.settings import Settings

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"
_ID = {"type": "string", "pattern": f"^{KEY}$"}
_WORDS = {
    400: "The request can't be read.",
    401: "There is no token, or it is worth nothing (any more).",
    403: "The token, or the member's role, does not allow this.",
    404: "There is no such thing, or none that may be seen.",
    409: "The name is taken, a project or chapter would be left without an owner, or it was decided already.",
    413: "The request is too large.",
    415: "The body is not JSON.",
    422: "A field is unknown or wrong; `errors` names it.",
    429: "Too many requests; `Retry-After` says when to come back.",
    500: "Something broke on our side.",
    503: "The hub is busy; `Retry-After` says when to come back.",
}
_ABOUT = (
    "Projects, their teams and updates, chapters and their openings: what Mastodon's client API has no words for. "
    "Posts, follows and timelines are in that API, with the same tokens. Ids are strings; unknown fields are refused."
)


def describe(operations: Sequence[Operation], settings: Settings) -> Json:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{settings.hub_name}: hub API", "version": "1", "description": _ABOUT},
        "servers": [{"url": settings.base_url + PREFIX}],
        "paths": _paths(operations),
        "components": {"schemas": _schemas(operations), "securitySchemes": {"oauth": _oauth(settings)}},
    }


def _paths(operations: Sequence[Operation]) -> Json:
    paths: dict[str, Json] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return paths


def summary(operation: Operation) -> str:
    """What an operation does, in one sentence without its full stop."""
    return _words(operation).partition(".")[0]


def _words(operation: Operation) -> str:
    return " ".join((getdoc(operation.endpoint) or "").split())


def _operation(operation: Operation) -> Json:
    described: Json = {
        "operationId": operation.name,
        "summary": summary(operation),
        "description": _words(operation),
        "security": [{"oauth": [operation.scope]}] if operation.scope else [],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation), *_header_parameters(operation)],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(operation.body)}}}
    return described


def _path_parameters(operation: Operation) -> list[Json]:
    names = re.findall(r"\{(\w+)\}", operation.path)
    return [{"name": name, "in": "path", "required": True, "schema": _ID} for name in names]


def _query_parameters(operation: Operation) -> list[Json]:
    if operation.query is None:
        return []
    properties: dict[str, Json] = operation.query.model_json_schema()["properties"]
    return [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in properties.items()]


def _header_parameters(operation: Operation) -> list[Json]:
    headers = {}
    if operation.idempotent:
        headers["Idempotency-Key"] = "The same key twice does it once, and gives the same answer."
    if operation.reads:
        headers["If-None-Match"] = "The ETag of an answer that you have: 304 while it is still true."
    return [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": about}
        for name, about in headers.items()
    ]


def _responses(operation: Operation) -> Json:
    good: Json = {"description": "Done."}
    if operation.answer is not None:
        good["content"] = {"application/json": {"schema": _ref(operation.answer)}}
    if operation.place is not None:
        good["headers"] = {"Location": _header("Where it is.")}
    if operation.reads:
        good["headers"] = {"ETag": _header("Changes with the answer.")}
    unchanged = {"304": {"description": "It is as you have it.", "headers": good["headers"]}} if operation.reads else {}
    refusals = {str(status): _refusal(status) for status in sorted(_refused_with(operation))}
    return {str(operation.status): good, **unchanged, **refusals}


def _header(about: str) -> Json:
    return {"schema": {"type": "string"}, "description": about}


def _refused_with(operation: Operation) -> set[int]:
    statuses = {400, 401, 403, 422, 429, 500, 503, *operation.refuses}
    if "{" in operation.path:
        statuses.add(404)
    if operation.body is not None:
        statuses |= {413, 415}
    return statuses


def _refusal(status: int) -> Json:
    return {"description": _WORDS[status], "content": {PROBLEM_JSON: {"schema": _ref(Problem)}}}


def _schemas(operations: Sequence[Operation]) -> Json:
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Problem, "serialization")]
    wanted += [(each.body, "validation") for each in operations if each.body]
    wanted += [(each.answer, "serialization") for each in operations if each.answer]
    _, definitions = models_json_schema(wanted, ref_template=_REF)
    schemas: Json = definitions["$defs"]
    return schemas


def _ref(model: type[Wire]) -> Json:
    return {"$ref": _REF.format(model=model.__name__)}


def _oauth(settings: Settings) -> Json:
    base = settings.base_url
    scopes = {"read": "See what this account may see.", "write": "Change what this account may change."}
    flow = {"authorizationUrl": f"{base}/oauth/authorize", "tokenUrl": f"{base}/oauth/token", "scopes": scopes}
    return {"type": "oauth2", "flows": {"authorizationCode": flow}}
