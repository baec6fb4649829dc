"""Files that members upload, from when they have arrived to when they are off the disk again.

What a file is and how large it may be is decided first. A picture is then made anew beside the requests (`workshop`);
films and sounds are kept as they came. Names are written down before there is a file of that name, and forgotten after
it is gone: so nothing is left on the disk that the database does not know.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fedihub.errors import Conflict, Invalid, Missing, NotAllowed, OutOfOrder, TooLarge, UnknownKind
from fedihub.hub import Hub
from fedihub.media.files import new_name
from fedihub.media.kinds import HEAD, Kind, kind_of
from fedihub.media.workshop import LONGEST_SECONDS, SpoiltError
from fedihub.settings import Settings
from fedihub.text.clean import clean_text
from storage.actors import find_actor
from storage.database import Session
from storage.media import (
    Media,
    MediaState,
    count_unattached,
    delete_superfluous_media,
    drop_loose_media,
    find_media,
    insert_media,
    list_superfluous_media,
    update_media,
)

LONGEST_DESCRIPTION = 1500
KEPT_LOOSE = timedelta(days=1)
"""How long a file waits for its post."""
MOST_LOOSE = 100
"""Files of one account that wait for a post."""
GIVEN_UP = timedelta(seconds=LONGEST_SECONDS + 60)
"""What is in work for so long was dropped when the hub was stopped."""
MEGABYTE = 1024 * 1024
_AT_A_TIME = 100
_NO_ROOM, _UNWANTED = "room", "unwanted"
_LATER_SECONDS = 300

Focus = tuple[float, float]

_WHY = {
    "unreadable": "the picture can't be read: perhaps it is damaged, or something else under the name of a picture",
    "pixels": "the picture is too large: at most 7680 by 4320 pixels, or as many in another shape",
    "slow": "the picture takes too long to look at: please upload a smaller one",
    "frames": "the animation is too long: please upload it as a film",
}


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file on its desk (`fedihub.media.files`), which goes with it."""

    desk: Path
    file: Path
    size: int


@dataclass(frozen=True, slots=True)
class Begun:
    """An upload that is taken. `work` ends with why it failed, or None."""

    media_id: int
    actor_id: int
    work: asyncio.Task[str | None]


def most_bytes(settings: Settings) -> int:
    """The largest file of any kind."""
    return MEGABYTE * max(settings.image_max_megabytes, settings.video_max_megabytes)


async def begin_upload(
    hub: Hub, arrived: Arrived, *, actor_id: int, description: str = "", focus: Focus | None = None
) -> Begun:
    """Take a file, and its desk, and begin to make it ready. Raises UnknownKind, TooLarge, Invalid, TooMany."""
    async with AsyncExitStack() as held:
        held.push_async_callback(asyncio.to_thread, hub.workshop.files.clear, arrived.desk)
        kind = await asyncio.to_thread(_kind, arrived.file)
        if kind is None:
            raise UnknownKind("this kind of file is not taken here: pictures are JPEG, PNG, WebP, GIF or AVIF")
        _check_size(hub.settings, arrived, kind)
        if kind.is_picture:
            held.enter_context(hub.workshop.place(actor_id))
        media = _row(hub, arrived, kind, actor_id=actor_id, description=clean_description(description), focus=focus)
        await hub.database.write(lambda session: _insert(session, media))
        work = hub.workshop.begin(_finish(hub, media.id, arrived, kind, held=held.pop_all()))
    return Begun(media.id, actor_id, work)


async def wait_for_upload(hub: Hub, begun: Begun, *, seconds: float) -> Media:
    """The file, ready or, after so many seconds, still in work. Raises Invalid if it can't be used, and OutOfOrder if
    it can't be kept: then it is gone.
    """
    await asyncio.wait({begun.work}, timeout=seconds)
    if begun.work.done() and not begun.work.cancelled() and (why := begun.work.result()) is not None:
        await forget_media(hub, begun.media_id, actor_id=begun.actor_id)
        raise _later() if why == _NO_ROOM else Invalid(_WHY.get(why, _WHY["unreadable"]), field="file")
    return await get_media(hub, begun.media_id, actor_id=begun.actor_id)


def no_room(hub: Hub, error: OSError) -> OutOfOrder:
    """What a member is told when our disk takes nothing; the operator reads why in the log."""
    _tell_of_disk(hub, error)
    return _later()


async def get_media(hub: Hub, media_id: int, *, actor_id: int) -> Media:
    """A file of this actor's; Missing for what is not theirs. One that was dropped half-way counts as failed."""
    media = await hub.database.read(lambda session: find_media(session, media_id, actor_id=actor_id))
    if media is None or (media.post_id is None and media.keep_until <= hub.clock.now()):
        raise Missing("there is no such file")
    if media.state is MediaState.WAITING and media.created_at < hub.clock.now() - GIVEN_UP:
        media.state = MediaState.FAILED
    return media


async def describe_media(
    hub: Hub, media_id: int, *, actor_id: int, description: str | None = None, focus: Focus | None = None
) -> Media:
    """Say what a file shows, and what in it must be seen, before it is part of a post. Raises Missing and Invalid."""
    media = await get_media(hub, media_id, actor_id=actor_id)
    if media.post_id is not None:
        raise Missing("this file is part of a post already: edit the post")
    changes = details(description, focus)
    if changes:
        await hub.database.write(lambda session: update_media(session, media_id, changes))
    return await get_media(hub, media_id, actor_id=actor_id)


async def forget_media(hub: Hub, media_id: int, *, actor_id: int) -> None:
    """Remove a file that no post has. Raises Missing, and Conflict for one that is part of a post."""
    await get_media(hub, media_id, actor_id=actor_id)
    if not await hub.database.write(lambda session: drop_loose_media(session, media_id, now=hub.clock.now())):
        raise Conflict("media attachment is currently used by a post")
    await remove_superfluous(hub)


async def remove_superfluous(hub: Hub) -> int:
    """Take off the disk what nobody need keep: files of deleted posts, and those that never came to one. What the
    disk does not let go of is tried again next time; gives how many went.
    """
    total = last = 0
    while True:
        now = hub.clock.now()
        found = await hub.database.read(_superfluous(now, after=last))
        gone = await asyncio.to_thread(_remove, hub, found)
        if gone:
            await hub.database.write(_deletion(gone, now))
        total += len(gone)
        if len(found) < _AT_A_TIME:
            return total
        last = found[-1].id


def details(description: str | None, focus: Focus | None) -> dict[str, Any]:
    """The columns that hold what is said of a file, as far as something is. Raises Invalid."""
    changes: dict[str, Any] = {}
    if description is not None:
        changes["description"] = clean_description(description)
    if focus is not None:
        changes["focal_point"] = list(focus)
    return changes


def clean_description(text: str) -> str:
    """What a file shows, in words. Raises Invalid."""
    if len(text) > LONGEST_DESCRIPTION:
        raise Invalid(f"description is too long (maximum is {LONGEST_DESCRIPTION} characters)", field="description")
    return clean_text(text, limit=LONGEST_DESCRIPTION)


def _later() -> OutOfOrder:
    return OutOfOrder("files can't be taken just now: please try again later", retry_after=_LATER_SECONDS)


def _tell_of_disk(hub: Hub, error: OSError) -> None:
    hub.log.error("the disk for uploaded files does not take one", because=repr(error))


def _kind(file: Path) -> Kind | None:
    with file.open("rb") as opened:
        return kind_of(opened.read(HEAD))


def _check_size(settings: Settings, arrived: Arrived, kind: Kind) -> None:
    megabytes = settings.image_max_megabytes if kind.is_picture else settings.video_max_megabytes
    if arrived.size > megabytes * MEGABYTE:
        raise TooLarge(f"file size must be at most {megabytes} MB")


def _row(hub: Hub, arrived: Arrived, kind: Kind, *, actor_id: int, description: str, focus: Focus | None) -> Media:
    now = hub.clock.now()
    return Media(
        id=hub.ids.next(),
        actor_id=actor_id,
        media_type=kind.media_type,
        size=arrived.size,
        description=description,
        focal_point=list(focus) if focus is not None else None,
        created_at=now,
        keep_until=now + KEPT_LOOSE,
    )


async def _insert(session: Session, media: Media) -> None:
    actor = await find_actor(session, media.actor_id)
    if actor is None or actor.gone_at is not None or actor.suspended_at is not None:
        raise NotAllowed("this account can't upload anything")
    if await count_unattached(session, media.actor_id) >= MOST_LOOSE:
        raise Invalid("so many files wait for their posts: please use or delete some of them first", field="file")
    await insert_media(session, media)


async def _finish(hub: Hub, media_id: int, arrived: Arrived, kind: Kind, *, held: AsyncExitStack) -> str | None:
    """Make a file ready, and leave what was `held` for that; gives why it can't be."""
    async with held:
        why = await _try(hub, media_id, arrived, kind)
    if why not in (None, _UNWANTED):
        await _change(hub, media_id, {"state": MediaState.FAILED})
    return why


async def _try(hub: Hub, media_id: int, arrived: Arrived, kind: Kind) -> str | None:
    try:
        kept, facts = await _made(hub, arrived, kind)
        return None if await _keep(hub, media_id, kept, facts) else _UNWANTED
    except SpoiltError as error:
        return error.reason
    except OSError as error:
        _tell_of_disk(hub, error)
        return _NO_ROOM
    except Exception:
        hub.log.exception("an uploaded file could not be made ready", media=media_id)
        return "failed"


async def _keep(hub: Hub, media_id: int, kept: Mapping[str, Path], facts: Mapping[str, Any]) -> bool:
    """Put files where they are found; False, and they are not there, if nobody wants them any more."""
    if not await _change(hub, media_id, {name: facts[name] for name in ("name", "preview_name")}):
        return False
    for name, file in kept.items():
        await asyncio.to_thread(hub.workshop.files.keep, file, name)
    if not await _change(hub, media_id, {**facts, "state": MediaState.READY}):  # it was deleted in this moment
        await asyncio.to_thread(hub.workshop.files.remove, *kept)
        return False
    return True


async def _made(hub: Hub, arrived: Arrived, kind: Kind) -> tuple[Mapping[str, Path], dict[str, Any]]:
    """What is to be kept, under which names, and what is known of it."""
    if not kind.is_picture:
        name = new_name(kind.extension)
        return {name: arrived.file}, {"name": name, "preview_name": None}
    made = await hub.workshop.make_anew(arrived.file, kind)
    original, preview = made.original, made.preview
    name, small = new_name(original.kind.extension), new_name(preview.kind.extension)
    size = (await asyncio.to_thread(original.file.stat)).st_size
    facts = {
        "name": name,
        "preview_name": small,
        "media_type": original.kind.media_type,
        "size": size,
        "width": original.width,
        "height": original.height,
        "preview_width": preview.width,
        "preview_height": preview.height,
        "blurhash": made.blurhash,
    }
    return {name: original.file, small: preview.file}, facts


async def _change(hub: Hub, media_id: int, values: Mapping[str, Any]) -> bool:
    return await hub.database.write(lambda session: update_media(session, media_id, values))


def _superfluous(now: datetime, *, after: int) -> Any:
    return lambda session: list_superfluous_media(session, now=now, after=after, limit=_AT_A_TIME)


def _deletion(ids: list[int], now: datetime) -> Any:
    return lambda session: delete_superfluous_media(session, ids, now=now)


def _remove(hub: Hub, found: list[Media]) -> list[int]:
    """The keys of those that are off the disk now."""
    gone = []
    for media in found:
        try:
            hub.workshop.files.remove(media.name, media.preview_name)
        except OSError as error:
            hub.log.warning("an uploaded file can't be removed from the disk", media=media.id, because=repr(error))
        else:
            gone.append(media.id)
    return gone
