"""MediaAttachment: a file beside a status, or one that waits for it. Files of remote posts stay where they are; we only
tell of them.
"""

from collections.abc import Sequence
from typing import Any

from fedihub.api.entities.base import Entity
from fedihub.media.files import MediaFiles
from fedihub.services.attaching import as_attachment
from storage.media import Media, MediaState

_KINDS = ("image", "video", "audio")


class MediaAttachment(Entity):
    """One file."""

    id: str
    type: str
    url: str | None
    preview_url: str | None
    remote_url: str | None
    preview_remote_url: str | None
    text_url: str | None
    meta: dict[str, Any]
    description: str | None
    blurhash: str | None


def media_attachments(stored: Sequence[dict[str, Any]], *, post_id: int) -> list[MediaAttachment]:
    """The attachments of a post, or of an earlier version of it."""
    return [media_attachment(each, post_id=post_id, position=position) for position, each in enumerate(stored)]


def media_attachment(stored: dict[str, Any], *, post_id: int, position: int) -> MediaAttachment:
    """One attachment of a post, as `storage.posts` keeps it. A remote file has no row of its own: its id names the
    place.
    """
    own, kind = stored.get("media_id"), _kind(stored.get("media_type"))
    return MediaAttachment(
        id=str(own) if own else f"{post_id}{position:02d}",
        type=kind,
        url=stored["url"],
        preview_url=stored.get("preview_url") or (stored["url"] if kind == "image" else None),
        remote_url=None if own else stored["url"],
        preview_remote_url=None if own else stored.get("preview_url"),
        text_url=None,
        meta=_meta(stored),
        description=stored.get("description") or None,
        blurhash=stored.get("blurhash"),
    )


def uploaded(media: Media, files: MediaFiles) -> MediaAttachment:
    """A file that was uploaded; until it is ready it has no address."""
    shown = media_attachment(as_attachment(media, files), post_id=0, position=0)
    if media.state is MediaState.READY:
        return shown
    return shown.model_copy(update={"url": None, "preview_url": None})


def _kind(media_type: object) -> str:
    kind = str(media_type or "").partition("/")[0]
    return kind if kind in _KINDS else "unknown"


def _meta(stored: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    original = _measures(stored.get("width"), stored.get("height"))
    if original:
        small = _measures(stored.get("preview_width"), stored.get("preview_height"))
        meta |= {"original": original, "small": small or original}
    focus = stored.get("focal_point")
    if isinstance(focus, list) and len(focus) == 2:
        meta["focus"] = {"x": float(focus[0]), "y": float(focus[1])}
    return meta


def _measures(width: object, height: object) -> dict[str, Any] | None:
    if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
        return None
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}
