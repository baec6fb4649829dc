"""What must never change by accident once a hub has spoken to the world: its address, its handle domain, its server
actor.
"""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel

from storage.errors import NotFound
from storage.statements import insert_all, insert_into


class HubFact(SQLModel, table=True):
    """One fact. Written once, by `fedihub init`: base_url, handle_domain, server_actor_id; and anew with each change of
    a policy about a host: host_policies_version.
    """

    __tablename__ = "hub_facts"

    name: str = Field(primary_key=True)
    value: str


async def find_facts(session: AsyncSession) -> dict[str, str]:
    """All facts by name; none before the first start."""
    return {fact.name: fact.value for fact in await session.scalars(select(HubFact))}


async def get_fact(session: AsyncSession, name: str) -> str:
    """One fact. Raises NotFound before the hub was initialised."""
    fact = await session.get(HubFact, name)
    if fact is None:
        raise NotFound(f"the hub has no {name} yet: run `fedihub init`")
    return fact.value


async def insert_facts(session: AsyncSession, facts: Mapping[str, str]) -> None:
    """Write down facts that are not known yet; what is known stays as it is."""
    await insert_all(session, HubFact, [{"name": name, "value": value} for name, value in facts.items()])


async def set_fact(session: AsyncSession, name: str, value: str) -> None:
    """Write down a fact that may change."""
    insert = insert_into(session, HubFact).values(name=name, value=value)
    await session.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
