"""Acting on what stands elsewhere, at `/authorize_interaction?uri=…`.

Our WebFinger sends our members here when they press Follow, Answer, Boost or Like on another server's page
(FEP-3b86); our own pages' buttons lead here, too. `wish` says which button it was, `/share` begins a post or an answer.

Nothing happens on arrival: the member sees who or what it is, and decides.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlencode

from aiohttp import web
from pydantic import Field

from fedihub.errors import Invalid, Missing
from fedihub.hub import HUB, Hub
from fedihub.services.following import follow, unfollow
from fedihub.services.polls import refresh_poll
from fedihub.services.posting import publish_post
from fedihub.services.reactions import boost, like, unboost, unlike
from fedihub.services.resolving import resolve_handle, resolve_url
from fedihub.text.words import sentence
from fedihub.web.display import plain
from fedihub.web.forms import Form, read_form
from fedihub.web.limits import WEB_LIMITS, take
from fedihub.web.paths import sign_in_path
from fedihub.web.rendering import render, see_other, viewer_of
from storage.actors import Actor
from storage.views.member_page import follow_state
from storage.views.posts import PostView
from storage.views.timelines import find_visible

_LONGEST = 2048
_LONGEST_TEXT = 50_000
_WISHES = {"follow": "Follow", "reply": "Answer", "boost": "Boost", "like": "Like"}
_DONE = {
    "follow": "Done. If they approve their followers, they have been asked.",
    "unfollow": "You no longer follow them.",
    "reply": "Your answer is on its way.",
    "like": "They will see that you like it.",
    "unlike": "Your like is taken back.",
    "boost": "Passed on to everyone who follows you.",
    "unboost": "Your boost is taken back.",
}

_TO_ACTORS: dict[str, Callable[..., Awaitable[object]]] = {"follow": follow, "unfollow": unfollow}
_TO_POSTS: dict[str, Callable[..., Awaitable[object]]] = {
    "like": like,
    "unlike": unlike,
    "boost": boost,
    "unboost": unboost,
}


class Act(Form):
    """What the member does, to whom or what."""

    uri: str = Field(max_length=_LONGEST)
    act: str = Field(pattern=f"^({'|'.join(_DONE)})$")
    text: str = Field("", max_length=_LONGEST_TEXT)


def routes() -> list[web.RouteDef]:
    """The addresses are Mastodon's, so that whoever knows those knows ours."""
    return [
        web.get("/authorize_interaction", show, allow_head=False),
        web.post("/authorize_interaction", submit),
        web.get("/share", share, allow_head=False),
    ]


async def show(request: web.Request) -> web.Response:
    """Who or what it is, and what can be done."""
    viewer = await viewer_of(request)
    if viewer is None:
        return see_other(sign_in_path(request.path_qs))
    uri = request.query.get("uri") or request.query.get("acct") or ""
    take(request, request.app[WEB_LIMITS].look_elsewhere, key=str(viewer.id))
    found = await _find(request.app[HUB], uri, viewer_id=viewer.id)
    if isinstance(found, PostView) and found.poll is not None:
        await refresh_poll(request.app[HUB], found.id)
        found = await _find(request.app[HUB], uri, viewer_id=viewer.id)
    done = _DONE.get(request.query.get("done", ""), "")
    text = request.query.get("text", "")[:_LONGEST_TEXT]
    return await _page(request, viewer, found, uri=uri, done=done, text=text)


async def share(request: web.Request) -> web.Response:
    """To the form for a new post, or for an answer to one, with what another page would have the member say."""
    viewer, text = await viewer_of(request), request.query.get("text", "")[:_LONGEST_TEXT]
    if viewer is None:
        return see_other(sign_in_path(request.path_qs))
    answered = request.query.get("in_reply_to", "")
    if answered.startswith(("https://", "http://")):
        return see_other(f"/authorize_interaction?{urlencode({'uri': answered, 'wish': 'reply', 'text': text})}")
    return see_other(f"/@{viewer.username}/write?{urlencode({'text': text})}")


async def submit(request: web.Request) -> web.Response:
    """Do it, as the member who is signed in."""
    viewer, form = await viewer_of(request), await read_form(request, Act)
    if viewer is None:
        return see_other(sign_in_path(f"/authorize_interaction?uri={quote(form.uri, safe='')}"))
    hub = request.app[HUB]
    found = await _find(hub, form.uri, viewer_id=viewer.id)
    try:
        await _act(hub, form, found, actor_id=viewer.id)
    except Invalid as error:
        return await _page(request, viewer, found, uri=form.uri, problem=error.public, text=form.text, status=422)
    if isinstance(found, Actor) and found.is_local:
        return see_other(f"/@{found.username}")
    return see_other(f"/authorize_interaction?uri={quote(form.uri, safe='')}&done={form.act}")


async def _act(hub: Hub, form: Act, found: Actor | PostView, *, actor_id: int) -> None:
    """Call the service that does it. Raises Invalid for what can't be done to this."""
    if isinstance(found, Actor) and form.act in _TO_ACTORS:
        await _TO_ACTORS[form.act](hub, actor_id=actor_id, target_id=found.id)
    elif isinstance(found, PostView) and form.act in _TO_POSTS:
        await _TO_POSTS[form.act](hub, actor_id=actor_id, post_id=found.id)
    elif isinstance(found, PostView) and form.act == "reply":
        await publish_post(hub, author_id=actor_id, text=form.text, audience=found.audience, in_reply_to_id=found.id)
    else:
        raise Invalid("that can't be done to this")


async def _find(hub: Hub, uri: str, *, viewer_id: int) -> Actor | PostView:
    """The account or post behind an address or handle, as the viewer may see it. Raises Missing and Unreachable."""
    if not uri or len(uri) > _LONGEST:
        raise Missing("there is nothing at this address")
    is_address = uri.startswith(("http://", "https://"))
    found = await (resolve_url(hub, uri) if is_address else resolve_handle(hub, uri))
    if isinstance(found, Actor):
        return found
    post_id = found.id
    view = await hub.database.read(lambda session: find_visible(session, post_id, viewer_id=viewer_id))
    if view is None:
        raise Missing("there is nothing at this address")
    return view


async def _page(
    request: web.Request,
    viewer: Actor,
    found: Actor | PostView,
    *,
    uri: str,
    done: str = "",
    problem: str = "",
    text: str = "",
    status: int = 200,
) -> web.Response:
    actor = found if isinstance(found, Actor) else found.author
    name = plain(actor.display_name) or actor.username
    state = await request.app[HUB].database.read(lambda db: follow_state(db, actor.id, viewer_id=viewer.id))
    return await render(
        request,
        "interact.html",
        status=status,
        headline=f"Follow {name}?" if isinstance(found, Actor) else _headline(request, name),
        wish=request.query.get("wish", "reply"),
        actor=actor,
        post=None if isinstance(found, Actor) else found,
        follow_state=state,
        uri=uri,
        done=done,
        problem=sentence(problem) if problem else "",
        text=text,
        post_max_characters=request.app[HUB].settings.post_max_characters,
    )


def _headline(request: web.Request, name: str) -> str:
    verb = _WISHES.get(request.query.get("wish", ""))
    return f"{verb} a post by {name}?" if verb and verb != _WISHES["follow"] else f"A post by {name}"
