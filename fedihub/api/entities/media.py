"""MediaAttachment: a file beside a status. Files of remote posts stay where they are; we only tell of them."""

from collections.abc import Sequence
from typing import Any

from fedihub.api.entities.base import Entity

_KINDS = ("image", "video", "audio")


class MediaAttachment(Entity):
    """One file."""

    id: str
    type: str
    url: str
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
    """One attachment of a post, as `storage.posts` keeps it. Its id names the place: a remote file has no row of
    its own.
    """
    kind = str(stored.get("media_type") or "").partition("/")[0]
    return MediaAttachment(
        id=f"{post_id}{position:02d}",
        type=kind if kind in _KINDS else "unknown",
        url=stored["url"],
        preview_url=stored.get("preview_url") or (stored["url"] if kind == "image" else None),
        remote_url=stored["url"],
        preview_remote_url=stored.get("preview_url"),
        text_url=None,
        meta=_meta(stored),
        description=stored.get("description"),
        blurhash=stored.get("blurhash"),
    )


def _meta(stored: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    width, height = stored.get("width"), stored.get("height")
    if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
        measures = {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}
        meta |= {"original": measures, "small": measures}
    focus = stored.get("focal_point")
    if isinstance(focus, list) and len(focus) == 2:
        meta["focus"] = {"x": float(focus[0]), "y": float(focus[1])}
    return meta
