"""Following, answering, boosting and liking from one's own server: a form that asks for a handle, and goes there."""

from aiohttp import web

from fedihub.errors import HubError, Invalid, TooMany, Unreachable
from fedihub.hub import HUB
from fedihub.services.elsewhere import Wish, find_way
from fedihub.text.words import sentence
from fedihub.web.display import plain
from fedihub.web.limits import WEB_LIMITS, take
from fedihub.web.pages.conversation import POST_ID, conversation_of
from fedihub.web.pages.profile import USERNAME, local_actor
from fedihub.web.rendering import FormsLead, render, see_other
from storage.actors import Actor

_LONGEST_HANDLE = 320
_VERBS = {Wish.FOLLOW: "Follow", Wish.ANSWER: "Answer", Wish.BOOST: "Boost", Wish.LIKE: "Like"}
_TO_POSTS = {"reply": Wish.ANSWER, "boost": Wish.BOOST, "like": Wish.LIKE}
"""What stands behind a post's address, and what it is for."""


def routes() -> list[web.RouteDef]:
    """A page for each; with a handle in the query it leads on."""
    return [
        web.get(f"/@{USERNAME}/follow", follow, allow_head=False),
        web.get(f"/@{USERNAME}/{POST_ID}/{{act:{'|'.join(_TO_POSTS)}}}", act, allow_head=False),
    ]


async def follow(request: web.Request) -> web.Response:
    """Follow a member or project from elsewhere."""
    actor = await local_actor(request)
    return await _lead(request, actor, uri=actor.uri, wish=Wish.FOLLOW)


async def act(request: web.Request) -> web.Response:
    """Answer, boost or like a post from elsewhere."""
    author = await local_actor(request)
    view = await conversation_of(request)
    return await _lead(request, author, uri=view.post.uri, wish=_TO_POSTS[request.match_info["act"]])


async def _lead(request: web.Request, actor: Actor, *, uri: str, wish: Wish) -> web.Response:
    entered = request.query.get("handle", "").strip()[:_LONGEST_HANDLE]
    if not entered or not _comes_from_our_page(request):
        return await _page(request, actor, uri=uri, wish=wish, entered=entered)
    try:
        take(request, request.app[WEB_LIMITS].look_elsewhere)
        page = f"{request.app[HUB].settings.base_url}{request.path.rpartition('/')[0]}"
        return see_other(await find_way(request.app[HUB], entered, uri=uri, wish=wish, page=page))
    except (Invalid, Unreachable, TooMany) as error:
        return await _page(request, actor, uri=uri, wish=wish, entered=entered, error=error)


def _comes_from_our_page(request: web.Request) -> bool:
    """Whether the form was sent, as browsers tell; a link from elsewhere only fills it in.

    Else a link with our name in it would lead wherever its maker wants.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    return request.headers.get("Referer", "").startswith(f"{request.app[HUB].settings.base_url}/")


async def _page(
    request: web.Request, actor: Actor, *, uri: str, wish: Wish, entered: str = "", error: HubError | None = None
) -> web.Response:
    name = plain(actor.display_name) or actor.username
    whom = name if wish is Wish.FOLLOW or wish is Wish.ANSWER else f"a post by {name}"
    return await render(
        request,
        "follow.html",
        status=error.status if error else 200,
        forms_lead=FormsLead.TO_SERVERS,
        actor=actor,
        headline=f"{_VERBS[wish]} {whom}",
        action=request.path,
        entered=entered,
        verb=_VERBS[wish],
        problem=sentence(error.public) if error else "",
        search_for=f"@{request.app[HUB].uris.handle(actor.username)}" if wish is Wish.FOLLOW else uri,
    )
