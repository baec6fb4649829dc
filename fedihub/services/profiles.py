"""Profiles: what a member, or a project, says of itself, changed in one go from the client API.

A project's profile has a part that only the hub knows (its links, from which its fields are made); whoever changes the
profile through a client changes both.
"""

from dataclasses import dataclass

from fedihub.errors import Invalid
from fedihub.hub import Hub
from fedihub.outbox import publish_actor_update
from fedihub.services.acting import get_acting
from fedihub.services.actors import check_display_name, field_html
from fedihub.services.chapters import demand_owner, show_place_and_rules
from fedihub.services.features import end_features
from fedihub.services.following import accept_all_requests
from fedihub.services.projects import Link, check_links, demand_editor
from fedihub.text.clean import clean_name, clean_text
from fedihub.text.render import render_simple
from storage.actors import Actor, ActorKind, update_actor
from storage.database import Session
from storage.projects import find_project
from storage.projects import update_project as store_project

LONGEST_BIO = 5_000
LONGEST_FIELD = 255
MOST_FIELDS = 8


@dataclass(frozen=True, slots=True)
class ProfileChanges:
    """What is to change; None leaves it as it is. `fields` are pairs of name and value, as written."""

    display_name: str | None = None
    bio: str | None = None
    fields: tuple[tuple[str, str], ...] | None = None
    approves_followers: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None


async def update_profile(hub: Hub, *, actor_id: int, by_member_id: int, changes: ProfileChanges) -> Actor:
    """Change a profile and tell the followers. Whoever no longer approves followers has those who wait; whoever no
    longer wants to be found stands in no collection any more.

    Raises Invalid, Missing, and NotAllowed for a member whose role in the project or chapter does not go so far. The
    fields of a chapter are its place and its rules, which are changed elsewhere.
    """

    async def unit(session: Session) -> Actor:
        actor = await get_acting(session, actor_id, even_suspended=True)
        opens = actor.approves_followers and changes.approves_followers is False
        hides = actor.discoverable and changes.discoverable is False
        _change(hub, actor, changes)
        if actor.kind == ActorKind.PROJECT:
            await _change_project(session, actor, by_member_id=by_member_id, changes=changes)
        if actor.kind == ActorKind.CHAPTER:
            await demand_owner(session, actor.id, member_id=by_member_id)
            await show_place_and_rules(session, hub, actor)
        actor.updated_at = hub.clock.now()
        await update_actor(session, actor)
        await publish_actor_update(session, hub, actor=actor)
        if opens:
            await accept_all_requests(session, hub, actor)
        if hides:
            await end_features(session, hub, actor)
        return actor

    actor = await hub.database.write(unit)
    hub.wake.outbound.set()
    return actor


def _change(hub: Hub, actor: Actor, changes: ProfileChanges) -> None:
    if changes.display_name is not None:
        actor.display_name = check_display_name(changes.display_name, otherwise=actor.username)
    if changes.bio is not None:
        if len(changes.bio) > LONGEST_BIO:
            raise Invalid(f"a profile has at most {LONGEST_BIO} characters", field="note")
        actor.bio_source = clean_text(changes.bio, limit=LONGEST_BIO)
        actor.bio_html = render_simple(actor.bio_source, hub.uris)
    if changes.fields is not None:
        actor.fields = _fields(changes.fields)
    if changes.approves_followers is not None:
        actor.approves_followers = changes.approves_followers
    if changes.discoverable is not None:
        actor.discoverable = changes.discoverable
    if changes.indexable is not None:
        actor.indexable = changes.indexable


async def _change_project(session: Session, actor: Actor, *, by_member_id: int, changes: ProfileChanges) -> None:
    """A project's fields are its links, so each must be one."""
    await demand_editor(session, actor.id, member_id=by_member_id)
    project = await find_project(session, actor.id)
    if project is not None and changes.fields is not None:
        project.links = check_links([Link(name, value) for name, value in changes.fields if name or value])
        await store_project(session, project)


def _fields(fields: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    given = [
        (clean_name(name, limit=LONGEST_FIELD + 1), clean_name(value, limit=LONGEST_FIELD + 1))
        for name, value in fields
    ]
    kept = [(name, value) for name, value in given if name or value]
    if len(kept) > MOST_FIELDS:
        raise Invalid(f"a profile has at most {MOST_FIELDS} fields", field="fields_attributes")
    if any(len(part) > LONGEST_FIELD for pair in kept for part in pair):
        raise Invalid(f"names and values of fields have at most {LONGEST_FIELD} characters", field="fields_attributes")
    return [{"name": name, "value": field_html(value), "source": value} for name, value in kept]
