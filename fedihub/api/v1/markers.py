"""Markers: how far an account has read, kept for all its devices."""

from typing import Any

from fedihub.api.endpoint import Call
from fedihub.api.entities.base import moment_text
from fedihub.api.errors import invalid
from fedihub.api.forms import Form
from storage.database import Session
from storage.markers import Marker, list_markers, set_marker

TIMELINES = ("home", "notifications")


class _ListForm(Form):
    timeline: tuple[str, ...] = ()


class _Position(Form):
    last_read_id: str = ""


class _MarkersForm(Form):
    home: _Position | None = None
    notifications: _Position | None = None


async def show_markers(call: Call) -> dict[str, Any]:
    """`GET /api/v1/markers?timeline[]=`."""
    owner_id, wanted = call.actor_id, [name for name in call.form(_ListForm).timeline if name in TIMELINES]
    return _shown(
        await call.hub.database.read(lambda session: list_markers(session, actor_id=owner_id, timelines=wanted))
    )


async def save_markers(call: Call) -> dict[str, Any]:
    """`POST /api/v1/markers`: answers those that were set."""
    owner_id, form, now = call.actor_id, call.form(_MarkersForm), call.hub.clock.now()
    positions = {name: getattr(form, name).last_read_id for name in TIMELINES if getattr(form, name)}
    for position in positions.values():
        if not (position.isascii() and position.isdigit() and len(position) <= 20):
            raise invalid("Last read is not an id")

    async def unit(session: Session) -> list[Marker]:
        return [
            await set_marker(session, actor_id=owner_id, timeline=name, last_read_id=position, now=now)
            for name, position in positions.items()
        ]

    return _shown(await call.hub.database.write(unit))


def _shown(markers: list[Marker]) -> dict[str, Any]:
    return {
        each.timeline: {
            "last_read_id": each.last_read_id,
            "version": each.version,
            "updated_at": moment_text(each.updated_at),
        }
        for each in markers
    }
