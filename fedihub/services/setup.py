"""The first start of a hub, and the check at every later one that it is still the same hub.

An ActivityPub server cannot change its address: every id that peers remember contains it. So address and handle domain
are written down once, and a start under another name is refused before it can do harm.
"""

import re

from fedihub.errors import SettingsError
from fedihub.facts import BASE_URL, HANDLE_DOMAIN, SERVER_ACTOR_ID
from fedihub.hub import Hub
from fedihub.services.actors import key_row, new_actor
from storage.actors import ActorKind, insert_actor, insert_keys
from storage.database import Session
from storage.hub_facts import find_facts, insert_facts

_NOT_IN_A_USERNAME = re.compile(r"[^a-z0-9_.-]+")


async def initialise(hub: Hub) -> int:
    """Make what a hub consists of before anybody joins it: its facts and its server actor; does nothing the second
    time.

    Gives the id of the server actor. Raises SettingsError when the database belongs to a hub with another address.
    """
    facts = await check_identity(hub)
    if SERVER_ACTOR_ID in facts:
        return int(facts[SERVER_ACTOR_ID])
    actor = new_actor(
        hub,
        ActorKind.SERVER,
        username=server_username(hub.uris.handle_domain),
        display_name=hub.settings.hub_name,
        url=f"{hub.uris.base_url}/",
    )
    keys = await hub.make_keys()
    actor_id = actor.id

    async def unit(session: Session) -> int:
        known = await find_facts(session)
        if SERVER_ACTOR_ID in known:  # another process was faster
            return int(known[SERVER_ACTOR_ID])
        await insert_actor(session, actor)
        await insert_keys(session, key_row(actor_id, keys))
        await insert_facts(session, _facts(hub) | {SERVER_ACTOR_ID: str(actor_id)})
        return actor_id

    return await hub.database.write(unit)


async def check_identity(hub: Hub) -> dict[str, str]:
    """The facts that the database holds. Raises SettingsError if the settings contradict them."""
    facts = await hub.database.read(find_facts)
    for name, value in _facts(hub).items():
        if facts.get(name, value) != value:
            raise SettingsError(
                f"this database belongs to the hub with {name} {facts[name]}, but the settings say {value}; "
                "a hub cannot change its name, since peers remember it in every id"
            )
    return facts


def server_username(domain: str) -> str:
    """The server actor's own name: its host, as Mastodon names its instance actor, in the characters that a username
    may have.
    """
    return _NOT_IN_A_USERNAME.sub("-", domain.lower()).strip(".-")


def _facts(hub: Hub) -> dict[str, str]:
    return {BASE_URL: hub.uris.base_url, HANDLE_DOMAIN: hub.uris.handle_domain}
