"""Every table of the hub, gathered: importing this module makes the metadata complete, for migrations and for tests."""

from sqlmodel import SQLModel

from storage import (  # noqa: F401 - for the tables that they define
    access,
    actors,
    blocks,
    chapters,
    conversations,
    deliveries,
    features,
    follows,
    home,
    host_policies,
    hosts,
    hub_facts,
    markers,
    media,
    members,
    notifications,
    openings,
    pins,
    polls,
    posts,
    processes,
    projects,
    quotes,
    reactions,
    received,
    remote_keys,
    reports,
    revisions,
)

METADATA = SQLModel.metadata
