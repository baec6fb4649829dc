"""Members, projects and their teams; facts of the hub; keys of peers."""

from datetime import timedelta

import pytest

from storage.actors import ActorKey, ActorKind, get_keys, insert_keys
from storage.database import Database
from storage.errors import AlreadyExists, NotFound
from storage.hub_facts import find_facts, get_fact, insert_facts
from storage.members import (
    HubRole,
    Member,
    count_members,
    find_member,
    find_member_by_email,
    find_owner,
    insert_member,
    list_members,
    note_sign_in,
    set_password_hash,
)
from storage.projects import (
    Project,
    ProjectRole,
    Stage,
    TeamRole,
    add_role,
    count_owners,
    find_project,
    insert_project,
    list_projects,
    projects_of,
    remove_role,
    role_of,
    team_of,
    update_project,
)
from storage.remote_keys import RemoteKeyRow, delete_remote_key, find_remote_key, upsert_remote_key
from tests.support.rows import NOW, Rows


async def join(rows: Rows, username: str, *, role: HubRole = HubRole.MEMBER) -> int:
    """A member with an actor; their key."""
    actor = await rows.actor(username)
    row = {"email": f"{username}@hub.example", "password_hash": "hash", "role": role, "created_at": NOW}
    await rows.database.write(lambda session: insert_member(session, Member(actor_id=actor.id, **row)))
    return actor.id


async def found(rows: Rows, username: str) -> int:
    """A project; its key."""
    actor = await rows.actor(username, kind=ActorKind.PROJECT, wire_type="Organization")
    await rows.database.write(lambda session: insert_project(session, Project(actor_id=actor.id, created_at=NOW)))
    return actor.id


async def test_members_are_found_by_what_they_sign_in_with(rows: Rows, database: Database) -> None:
    ada = await join(rows, "ada", role=HubRole.OWNER)
    bob = await join(rows, "bob")
    later = NOW + timedelta(days=1)
    await database.write(lambda session: note_sign_in(session, ada, now=later))
    await database.write(lambda session: set_password_hash(session, ada, password_hash="other"))
    member = await database.read(lambda session: find_member_by_email(session, "ada@hub.example"))
    assert member == await database.read(lambda session: find_member(session, ada))
    assert member is not None
    assert (member.role, member.password_hash, member.last_sign_in_at) == (HubRole.OWNER, "other", later)
    listed = await database.read(lambda session: list_members(session))
    assert [(actor.id, each.actor_id) for actor, each in listed] == [(ada, ada), (bob, bob)]
    assert await database.read(count_members) == 2
    owner = await database.read(find_owner)
    assert owner is not None
    assert owner.id == ada


async def test_an_e_mail_address_belongs_to_one_member(rows: Rows) -> None:
    await join(rows, "ada")
    with pytest.raises(AlreadyExists):
        actor = await rows.actor("bob")
        row = Member(actor_id=actor.id, email="ada@hub.example", password_hash="hash", created_at=NOW)
        await rows.database.write(lambda session: insert_member(session, row))


async def test_a_project_is_changed_and_listed(rows: Rows, database: Database) -> None:
    key = await found(rows, "solar")
    changed = Project(
        actor_id=key, stage=Stage.LAUNCHED, needs=["money"], links=[{"name": "x", "url": "y"}], created_at=NOW
    )
    await database.write(lambda session: update_project(session, changed))
    stored = await database.read(lambda session: find_project(session, key))
    assert stored is not None
    assert (stored.stage, stored.needs, stored.links) == (Stage.LAUNCHED, ["money"], [{"name": "x", "url": "y"}])
    assert isinstance(stored.stage, Stage)
    assert [(actor.id, project.stage) for actor, project in await database.read(list_projects)] == [
        (key, Stage.LAUNCHED)
    ]


async def test_a_team_and_its_roles(rows: Rows, database: Database) -> None:
    ada, bob = await join(rows, "ada"), await join(rows, "bob")
    project = await found(rows, "solar")

    async def give(member_id: int, role: TeamRole) -> None:
        row = ProjectRole(id=rows.key(), project_id=project, member_id=member_id, role=role, created_at=NOW)
        await database.write(lambda session: add_role(session, row))

    async def role(member_id: int) -> TeamRole | None:
        return await database.read(lambda session: role_of(session, project_id=project, member_id=member_id))

    await give(ada, TeamRole.OWNER)
    await give(bob, TeamRole.AUTHOR)
    await give(bob, TeamRole.MAINTAINER)
    assert (await role(ada), await role(bob)) == (TeamRole.OWNER, TeamRole.MAINTAINER)
    team = await database.read(lambda session: team_of(session, project))
    assert [(actor.id, part) for actor, part in team] == [(ada, TeamRole.OWNER), (bob, TeamRole.MAINTAINER)]
    theirs = await database.read(lambda session: projects_of(session, bob))
    assert [(actor.id, part) for actor, part in theirs] == [(project, TeamRole.MAINTAINER)]
    assert await database.read(lambda session: count_owners(session, project)) == 1
    for left in (True, False):
        removed = await database.write(lambda session: remove_role(session, project_id=project, member_id=bob))
        assert removed is left
    assert await role(bob) is None


async def test_facts_are_written_once(database: Database) -> None:
    assert await database.read(find_facts) == {}
    with pytest.raises(NotFound, match="fedihub init"):
        await database.read(lambda session: get_fact(session, "base_url"))
    await database.write(lambda session: insert_facts(session, {"base_url": "https://hub.example"}))
    await database.write(lambda session: insert_facts(session, {"base_url": "https://other.example", "more": "1"}))
    assert await database.read(find_facts) == {"base_url": "https://hub.example", "more": "1"}
    assert await database.read(lambda session: get_fact(session, "base_url")) == "https://hub.example"


async def test_the_keys_of_ours_and_of_peers(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")
    with pytest.raises(NotFound):
        await database.read(lambda session: get_keys(session, ada.id))
    own = ActorKey(
        actor_id=ada.id,
        rsa_private_pem="a",
        rsa_public_pem="b",
        ed25519_private_pem="c",
        ed25519_public_multibase="d",
    )
    await database.write(lambda session: insert_keys(session, own))
    assert await database.read(lambda session: get_keys(session, ada.id)) == own
    key_id = "https://peer.example/bob#key"
    for pem in ("one", "two"):
        row = RemoteKeyRow(key_id=key_id, owner_uri="https://peer.example/bob", public_pem=pem, fetched_at=NOW)
        await database.write(lambda session: upsert_remote_key(session, row))
        assert await database.read(lambda session: find_remote_key(session, key_id)) == row
    await database.write(lambda session: delete_remote_key(session, key_id))
    assert await database.read(lambda session: find_remote_key(session, key_id)) is None
