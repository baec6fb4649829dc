"""Which files a post has: its author's own, ready, and no other post's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fedihub.errors import Invalid
from fedihub.hub import Hub
from fedihub.media.files import MediaFiles
from storage.database import Session
from storage.media import Media, MediaState, attach_media, find_media_of, update_media
from storage.posts import Post

MOST_FILES = 4
"""Mastodon shows no more."""

_NOT_READY = "Cannot attach files that have not finished processing. Try again in a moment!"
_MIXED = "Cannot attach a video to a post that already contains images"
_WITH_POLL = "Cannot attach files to a post that asks people to choose"


class CannotAttach(Invalid):
    """These files can't be part of the post; said in the words that clients of Mastodon know."""

    def __init__(self, public: str) -> None:
        super().__init__(public, field="files")


@dataclass(frozen=True, slots=True)
class Files:
    """The files that an edited post is to have; `details` are columns of some that change with it."""

    ids: Sequence[int] = ()
    details: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


async def choose_files(
    session: Session, hub: Hub, ids: Sequence[int], *, post: Post, with_poll: bool
) -> list[dict[str, Any]]:
    """These files as a post shows them, in their order. Nothing is written: the post may not be there yet. Raises
    CannotAttach.
    """
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST_FILES:
        raise CannotAttach(f"Cannot attach more than {MOST_FILES} files")
    if not wanted:
        return []
    if with_poll:
        raise CannotAttach(_WITH_POLL)
    found = await find_media_of(session, wanted, actor_id=post.author_id)
    _check(wanted, found, post_id=post.id)
    return [as_attachment(found[each], hub.workshop.files) for each in wanted]


async def attach_files(session: Session, hub: Hub, post: Post) -> None:
    """The files that a stored post shows are its own from now on. Raises CannotAttach when another was faster."""
    ids = [each["media_id"] for each in post.attachments if "media_id" in each]
    if ids and not await attach_media(session, ids, post_id=post.id, now=hub.clock.now()):
        raise CannotAttach(_not_found(ids))


async def change_files(
    session: Session, hub: Hub, post: Post, *, files: Files, with_poll: bool
) -> list[dict[str, Any]]:
    """Give an edited post other files, or say other things of them; gives them as it shows them. What it had stays
    where it is: its earlier versions show it. Raises CannotAttach.
    """
    details = {each: changes for each, changes in files.details.items() if changes and each in files.ids}
    for media_id in await find_media_of(session, list(details), actor_id=post.author_id):
        await update_media(session, media_id, details[media_id])
    shown = await choose_files(session, hub, files.ids, post=post, with_poll=with_poll)
    await attach_files(session, hub, Post(**post.model_dump() | {"attachments": shown}))
    return shown


def as_attachment(media: Media, files: MediaFiles) -> dict[str, Any]:
    """A ready file as `Post.attachments` has it."""
    return {
        "media_id": media.id,
        "url": files.address(media.name or ""),
        "media_type": media.media_type,
        "description": media.description,
        "blurhash": media.blurhash,
        "width": media.width,
        "height": media.height,
        "focal_point": media.focal_point,
        "preview_url": files.address(media.preview_name) if media.preview_name else None,
        "preview_width": media.preview_width,
        "preview_height": media.preview_height,
    }


def _check(wanted: Sequence[int], found: Mapping[int, Media], *, post_id: int) -> None:
    missing = [each for each in wanted if each not in found or found[each].post_id not in (None, post_id)]
    if missing:
        raise CannotAttach(_not_found(missing))
    if any(found[each].state is not MediaState.READY for each in wanted):
        raise CannotAttach(_NOT_READY)
    if len(wanted) > 1 and any(not media.media_type.startswith("image/") for media in found.values()):
        raise CannotAttach(_MIXED)


def _not_found(ids: Sequence[int]) -> str:
    return f"Media {', '.join(map(str, ids))} not found or already attached to another post"
