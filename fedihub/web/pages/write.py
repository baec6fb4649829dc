"""Writing in a browser: as oneself, or as a project in whose team one is, at `/@name/write`.

What could not be posted stays in the form. Each form carries a key of its own, so that a second click posts nothing.
"""

import secrets
from datetime import timedelta

from aiohttp import web
from pydantic import Field

from fedihub.errors import Invalid, NotAllowed
from fedihub.hub import HUB
from fedihub.services.drafts import LONGEST_WARNING
from fedihub.services.polls import LONGEST_OPTION, NewPoll
from fedihub.services.posting import publish_post
from fedihub.services.projects import may_act_as
from fedihub.text.words import sentence
from fedihub.web.forms import Form, read_form
from fedihub.web.pages.profile import USERNAME, local_actor
from fedihub.web.paths import sign_in_path
from fedihub.web.rendering import render, see_other, viewer_of
from storage.actors import Actor, ActorKind
from storage.posts import Audience, PostKind

_AS_PROJECT = (PostKind.UPDATE, PostKind.VICTORY, PostKind.ASK, PostKind.OFFER)
_AS_MEMBER = (PostKind.TALK, PostKind.VICTORY, PostKind.ASK, PostKind.OFFER, PostKind.INTRODUCTION)
_POLL_LENGTHS = {1: "One hour", 6: "Six hours", 24: "A day", 72: "Three days", 168: "A week", 720: "Thirty days"}
_AUDIENCES = (Audience.PUBLIC, Audience.QUIET, Audience.FOLLOWERS)


class Draft(Form):
    """What is to be posted. What the form does not say is as for any post; what is too long comes back in the form."""

    text: str = ""
    content_warning: str = ""
    kind: PostKind | None = None
    audience: Audience = Audience.PUBLIC
    key: str = Field(default="", max_length=64)
    option1: str = ""
    option2: str = ""
    option3: str = ""
    option4: str = ""
    poll_hours: int = 24
    poll_multiple: bool = False
    poll_hidden: bool = False
    local_only: bool = False

    @property
    def fields_of_poll(self) -> list[str]:
        """What stands in the fields for answers."""
        return [self.option1, self.option2, self.option3, self.option4]

    @property
    def options(self) -> list[str]:
        """The answers of the poll, if there is to be one."""
        return [option for option in self.fields_of_poll if option.strip()]

    @property
    def poll(self) -> NewPoll | None:
        """What is to be asked; the service looks at whether it makes sense."""
        if not self.options:
            return None
        hours = min(max(self.poll_hours, 0), 10_000)
        return NewPoll(self.options, timedelta(hours=hours), self.poll_multiple, self.poll_hidden)


def routes() -> list[web.RouteDef]:
    """The form of each member and project."""
    path = f"/@{USERNAME}/write"
    return [web.get(path, show, allow_head=False), web.post(path, submit)]


async def show(request: web.Request) -> web.Response:
    """An empty form, for who may write here; or one with a text that another page proposes (`/share`)."""
    author, viewer = await local_actor(request), await viewer_of(request)
    if viewer is None:
        return see_other(sign_in_path(request.path_qs))
    await _demand_right(request, author, viewer=viewer)
    return await _page(request, author, Draft(text=request.query.get("text", ""), key=secrets.token_urlsafe(16)))


async def submit(request: web.Request) -> web.Response:
    """Post it, and go to where it stands."""
    author, viewer = await local_actor(request), await viewer_of(request)
    draft = await read_form(request, Draft)
    if viewer is None:
        return see_other(sign_in_path(request.path))
    await _demand_right(request, author, viewer=viewer)
    try:
        post_id = await _publish(request, draft, author=author, writer=viewer)
    except Invalid as error:
        return await _page(request, author, draft, problem=sentence(error.public), status=422)
    return see_other(f"/@{author.username}/{post_id}")


async def _publish(request: web.Request, draft: Draft, *, author: Actor, writer: Actor) -> int:
    kinds = _kinds(author)
    if (draft.kind or kinds[0]) not in kinds or draft.audience not in _AUDIENCES:
        raise Invalid("this form can't be posted like that")
    return await publish_post(
        request.app[HUB],
        author_id=author.id,
        writer_id=writer.id,
        text=draft.text,
        content_warning=draft.content_warning,
        audience=draft.audience,
        kind=draft.kind or kinds[0],
        idempotency_key=draft.key or None,
        poll=draft.poll,
        local_only=draft.local_only,
    )


async def _demand_right(request: web.Request, author: Actor, *, viewer: Actor) -> None:
    """Raises NotAllowed for whoever is neither this member nor in this project's team."""
    database = request.app[HUB].database
    if not await database.read(lambda db: may_act_as(db, member_id=viewer.id, actor_id=author.id)):
        raise NotAllowed("you may not post as this account")


def _kinds(author: Actor) -> tuple[PostKind, ...]:
    return _AS_PROJECT if author.kind is ActorKind.PROJECT else _AS_MEMBER


async def _page(
    request: web.Request, author: Actor, draft: Draft, *, problem: str = "", status: int = 200
) -> web.Response:
    return await render(
        request,
        "write.html",
        status=status,
        author=author,
        draft=draft,
        kinds=_kinds(author),
        audiences=_AUDIENCES,
        problem=problem,
        post_max_characters=request.app[HUB].settings.post_max_characters,
        longest_warning=LONGEST_WARNING,
        longest_option=LONGEST_OPTION,
        poll_lengths=_POLL_LENGTHS,
    )
