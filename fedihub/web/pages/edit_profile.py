"""Changing one's own profile in a browser; followers everywhere are told."""

from aiohttp import web

from fedihub.errors import Invalid
from fedihub.hub import HUB
from fedihub.services.actors import LONGEST_NAME
from fedihub.services.profiles import LONGEST_BIO, ProfileChanges, update_profile
from fedihub.text.words import sentence
from fedihub.web.forms import Form, read_form
from fedihub.web.paths import sign_in_path
from fedihub.web.rendering import render, see_other, viewer_of

_PATH = "/you/profile"


class Profile(Form):
    """What a member says of themselves; what is too long comes back in the form."""

    display_name: str = ""
    bio: str = ""
    approves_followers: bool = False
    discoverable: bool = False
    indexable: bool = False


def routes() -> list[web.RouteDef]:
    """The form."""
    return [web.get(_PATH, show, allow_head=False), web.post(_PATH, submit)]


async def show(request: web.Request) -> web.Response:
    """The form as the profile is now."""
    viewer = await viewer_of(request)
    if viewer is None:
        return see_other(sign_in_path(_PATH))
    profile = Profile(
        display_name=viewer.display_name,
        bio=viewer.bio_source or "",
        approves_followers=viewer.approves_followers,
        discoverable=viewer.discoverable,
        indexable=viewer.indexable,
    )
    return await _page(request, profile)


async def submit(request: web.Request) -> web.Response:
    """Change it, and show it."""
    viewer, profile = await viewer_of(request), await read_form(request, Profile)
    if viewer is None:
        return see_other(sign_in_path(_PATH))
    changes = ProfileChanges(
        display_name=profile.display_name,
        bio=profile.bio.replace("\r\n", "\n"),
        approves_followers=profile.approves_followers,
        discoverable=profile.discoverable,
        indexable=profile.indexable,
    )
    try:
        await update_profile(request.app[HUB], actor_id=viewer.id, by_member_id=viewer.id, changes=changes)
    except Invalid as error:
        return await _page(request, profile, problem=sentence(error.public), status=422)
    return see_other(f"/@{viewer.username}")


async def _page(request: web.Request, profile: Profile, *, problem: str = "", status: int = 200) -> web.Response:
    return await render(
        request,
        "edit_profile.html",
        status=status,
        profile=profile,
        problem=problem,
        longest_name=LONGEST_NAME,
        longest_bio=LONGEST_BIO,
    )
