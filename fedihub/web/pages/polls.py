"""Voting in a browser: the form stands under the poll, wherever that is shown, and leads back to its post."""

from urllib.parse import quote

from aiohttp import web
from pydantic import ConfigDict

from federation.uris import KEY
from fedihub.errors import Missing
from fedihub.hub import HUB
from fedihub.services.polls import vote
from fedihub.web.forms import Form, read_form
from fedihub.web.paths import sign_in_path
from fedihub.web.rendering import see_other, viewer_of
from storage.views.posts import PostView
from storage.views.timelines import find_visible


class Ballot(Form):
    """What is chosen: `choice` names one answer, `choice-2=on` one of several."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @property
    def choices(self) -> list[int]:
        """The positions of the answers; what is no position chooses nothing."""
        fields = self.model_extra or {}
        named = [name.removeprefix("choice-") for name in fields if name.startswith("choice-")]
        chosen = [*named, str(fields.get("choice", ""))]
        return [int(each) for each in chosen if each.isascii() and each.isdigit() and len(each) <= 4]


def routes() -> list[web.RouteDef]:
    """One address for each poll, ours or another server's."""
    return [web.post(f"/polls/{{post_id:{KEY}}}/votes", submit)]


async def submit(request: web.Request) -> web.Response:
    """Vote, and go to where the poll stands."""
    viewer, ballot = await viewer_of(request), await read_form(request, Ballot)
    if viewer is None:
        return see_other(sign_in_path("/"))
    hub, post_id = request.app[HUB], int(request.match_info["post_id"])
    view = await hub.database.read(lambda session: find_visible(session, post_id, viewer_id=viewer.id))
    if view is None:
        raise Missing("there is no such poll")
    await vote(hub, actor_id=viewer.id, post_id=view.id, choices=ballot.choices)
    return see_other(_place(view))


def _place(view: PostView) -> str:
    if view.is_local:
        return f"/@{view.author.username}/{view.id}"
    return f"/authorize_interaction?uri={quote(view.uri, safe='')}"
