"""Members: joining, signing in, changing the password, the profile."""

import re

from fedihub.errors import Conflict, Invalid, NotAllowed
from fedihub.hub import Hub
from fedihub.services.actors import check_display_name, check_username, key_row, new_actor
from fedihub.services.passwords import check_password, hash_password, verify_password
from storage.access import delete_access_of_member
from storage.actors import Actor, ActorKind, find_local_by_username, get_actor, insert_actor, insert_keys
from storage.database import Session
from storage.errors import AlreadyExists
from storage.members import (
    HubRole,
    Member,
    find_member,
    find_member_by_email,
    insert_member,
    note_sign_in,
    set_password_hash,
)

LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+")


async def create_member(
    hub: Hub, *, username: str, email: str, password: str, display_name: str = "", role: HubRole = HubRole.MEMBER
) -> Actor:
    """A new member with an actor and keys of their own. Raises Invalid, and Conflict when name or e-mail address is
    taken.
    """
    username = check_username(username)
    email = check_email(email)
    check_password(password)
    name = check_display_name(display_name, otherwise=username)
    await _check_free(hub, username=username, email=email)
    password_hash = await hash_password(password)
    keys = await hub.make_keys()

    async def unit(session: Session) -> Actor:
        actor = new_actor(hub, ActorKind.MEMBER, username=username, display_name=name)
        await insert_actor(session, actor)
        await insert_keys(session, key_row(actor.id, keys))
        await insert_member(
            session,
            Member(actor_id=actor.id, email=email, password_hash=password_hash, role=role, created_at=actor.created_at),
        )
        return actor

    try:
        return await hub.database.write(unit)
    except AlreadyExists as error:  # somebody else was faster
        raise Conflict("this username or e-mail address is taken") from error


async def sign_in(hub: Hub, *, email_or_username: str, password: str) -> Member | None:
    """The member whose name and password these are, or None; an unknown name takes as long as a wrong password.

    Raises NotAllowed for a member who is suspended; only who knows the password learns it.
    """
    member = await find_by_name(hub, email_or_username)
    if not await verify_password(member.password_hash if member else None, password) or member is None:
        return None
    actor = await hub.database.read(lambda session: get_actor(session, member.actor_id))
    if actor.suspended_at is not None:
        raise NotAllowed("this account is suspended: ask whoever runs this hub why")
    actor_id, now = member.actor_id, hub.clock.now()
    await hub.database.write(lambda session: note_sign_in(session, actor_id, now=now))
    return member


async def find_by_name(hub: Hub, email_or_username: str) -> Member | None:
    """The member with this e-mail address or username."""
    name = email_or_username.strip().removeprefix("@").lower()

    async def unit(session: Session) -> Member | None:
        if "@" in name:
            return await find_member_by_email(session, name)
        actor = await find_local_by_username(session, name)
        return await find_member(session, actor.id) if actor is not None else None

    return await hub.database.read(unit)


async def change_password(hub: Hub, *, member_id: int, password: str, old_password: str | None) -> None:
    """Set a new password, and end every session and token that the old one opened; `old_password` is None only for the
    operator. Raises Invalid, and NotAllowed if the old one is wrong.
    """
    check_password(password)
    if old_password is not None:
        member = await hub.database.read(lambda session: find_member(session, member_id))
        if not await verify_password(member.password_hash if member else None, old_password):
            raise NotAllowed("the old password is wrong")
    password_hash = await hash_password(password)

    async def unit(session: Session) -> None:
        await set_password_hash(session, member_id, password_hash=password_hash)
        await delete_access_of_member(session, member_id=member_id)

    await hub.database.write(unit)


def check_email(email: str) -> str:
    """The address in lower case. Whether it exists, only a message would show. Raises Invalid."""
    address = email.strip().lower()
    if len(address) > LONGEST_EMAIL or not _EMAIL.fullmatch(address):
        raise Invalid("this is no e-mail address", field="email")
    return address


async def _check_free(hub: Hub, *, username: str, email: str) -> None:
    """A clear answer before the expensive part; the database's own uniqueness decides."""

    async def unit(session: Session) -> None:
        if await find_local_by_username(session, username) is not None:
            raise Conflict("this username is taken")
        if await find_member_by_email(session, email) is not None:
            raise Conflict("somebody is registered under this e-mail address")

    await hub.database.read(unit)
