"""Media: files that wait for the status that they will be attached to."""

import math
from typing import ClassVar

from fedihub.api.answers import Answer
from fedihub.api.endpoint import Call
from fedihub.api.entities.media import MediaAttachment, uploaded
from fedihub.api.errors import ApiError, invalid
from fedihub.api.forms import Form
from fedihub.api.parameters import Nested
from fedihub.api.uploads import receive_upload
from fedihub.errors import Conflict
from fedihub.services.media import (
    Focus,
    begin_upload,
    describe_media,
    forget_media,
    get_media,
    wait_for_upload,
)
from storage.media import Media, MediaState

PATIENCE_SECONDS = 4.0
"""What takes longer is told of before it is done, by the newer of the two ways to upload."""
_AT_MOST_SECONDS = 50.0
"""A proxy in front gives up after a minute."""


class MediaForm(Form):
    """What is said of a file. An empty description is one."""

    clearable: ClassVar[frozenset[str]] = frozenset({"description"})

    description: str | None = None
    focus: str | None = None

    @property
    def point(self) -> Focus | None:
        """What must be seen, as `x,y`, each from -1 to 1; beyond that is the edge."""
        return _point(self.focus) if self.focus is not None else None


async def upload(call: Call) -> Answer:
    """`POST /api/v2/media`: 200 when it is ready at once, 202 without an address when it will be."""
    return await _upload(call, seconds=PATIENCE_SECONDS)


async def upload_and_wait(call: Call) -> Answer:
    """`POST /api/v1/media`: answers when the file is ready, or has taken all too long."""
    return await _upload(call, seconds=_AT_MOST_SECONDS)


async def show_media(call: Call) -> Answer:
    """`GET /api/v1/media/:id`: 206 while it is not ready."""
    return _shown(call, await get_media(call.hub, call.path_id(), actor_id=call.actor_id), waiting=206)


async def update_media(call: Call) -> Answer:
    """`PUT /api/v1/media/:id`: what the file shows, before it is attached. A thumbnail is passed over."""
    form = call.form(MediaForm)
    media = await describe_media(
        call.hub, call.path_id(), actor_id=call.actor_id, description=form.description, focus=form.point
    )
    return _shown(call, media, waiting=206)


async def delete_media(call: Call) -> dict[str, str]:
    """`DELETE /api/v1/media/:id`: only what no status has."""
    try:
        await forget_media(call.hub, call.path_id(), actor_id=call.actor_id)
    except Conflict:
        raise ApiError(422, "Media attachment is currently used by a status") from None
    return {}


async def _upload(call: Call, *, seconds: float) -> Answer:
    arrived, (description, focus) = await receive_upload(call, lambda fields: _said(call.parameters | fields))
    begun = await begin_upload(call.hub, arrived, actor_id=call.actor_id, description=description, focus=focus)
    return _shown(call, await wait_for_upload(call.hub, begun, seconds=seconds), waiting=202)


def _said(fields: Nested) -> tuple[str, Focus | None]:
    """What the form says of its file."""
    form = MediaForm.read(fields)
    return form.description or "", form.point


def _shown(call: Call, media: Media, *, waiting: int) -> Answer:
    if media.state is MediaState.FAILED:
        raise ApiError(422, "Error processing thumbnail for uploaded media")
    shown: MediaAttachment = uploaded(media, call.hub.workshop.files)
    return Answer(shown, status=200 if media.state is MediaState.READY else waiting)


def _point(text: str) -> Focus:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise invalid("Focus must be two numbers, like 0.5,-0.25") from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise invalid("Focus must be two numbers, like 0.5,-0.25")
    return max(-1.0, min(1.0, x)), max(-1.0, min(1.0, y))
