"""What went wrong, as a page like the others."""

from aiohttp import web

from fedihub.errors import HubError, TooMany
from fedihub.text.words import sentence
from fedihub.web.rendering import forget_viewer, render

_HEADLINES = {
    400: "That did not work",
    403: "This is not for you",
    404: "There is nothing here",
    405: "That is not how this page works",
    408: "That took too long",
    409: "Somebody was faster",
    410: "This is gone",
    413: "That was too much",
    422: "That did not work",
    429: "One moment, please",
    503: "We can't right now",
}
_MESSAGES = {
    400: "The request could not be read.",
    403: "You may not see or do this.",
    404: "The address may be mistyped, or what was here is not public.",
    405: "Please go back and use the page's own buttons.",
    408: "The form did not arrive in time. Please send it again.",
    410: "It was deleted by whoever wrote it, and is not coming back.",
    413: "What was sent is larger than we take.",
    429: "Too many requests came from you. Please wait a little and try again.",
    500: "Something broke on our side. It has been written down, and it is not your fault.",
    503: "Something that we need does not answer. Please try again in a moment.",
}


async def error_page(
    request: web.Request, status: int, *, message: str | None = None, retry_after: int | None = None
) -> web.Response:
    """The page for an HTTP status; `message` says more than the usual words, and may be shown to anybody."""
    if status >= 500:
        forget_viewer(request)  # whoever broke may be the database: this page must not ask it
    response = await render(
        request,
        "error.html",
        status=status,
        headline=_HEADLINES.get(status, "Something went wrong"),
        message=sentence(message) if message else _MESSAGES.get(status, "Please go back and try again."),
    )
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


async def refusal_page(request: web.Request, error: HubError) -> web.Response:
    """The page for what one of the hub's services refused."""
    retry_after = error.retry_after if isinstance(error, TooMany) else None
    message = error.public if error.status < 500 or error.status == 503 else None
    return await error_page(request, error.status, message=message, retry_after=retry_after)
