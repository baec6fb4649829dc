"""Every table of the hub, gathered: importing this module makes the metadata complete, for migrations and for tests."""

from sqlmodel import SQLModel

from storage import (  # noqa: F401 - for the tables that they define
    access,
    actors,
    blocks,
    conversations,
    deliveries,
    follows,
    home,
    hosts,
    hub_facts,
    markers,
    members,
    notifications,
    posts,
    processes,
    projects,
    reactions,
    received,
    remote_keys,
)

METADATA = SQLModel.metadata
