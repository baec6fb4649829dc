"""What Alembic runs for every command: on the connection that it is given, or on a database of its own when a developer
asks.

The connection comes from `storage.schema` (in the attributes of the configuration), so that migrating is one
transaction of ours. Only `python -m storage.migrations`, which writes new revisions, names a URL instead.
"""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from storage.migrations.rendering import render_item
from storage.tables import METADATA


def run_migrations(connection: Connection) -> None:
    """Run what was asked for on a connection; SQLite gets its tables rebuilt where it can't alter them."""
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        render_item=render_item,
        transactional_ddl=True,  # true of SQLite too, since we send BEGIN ourselves
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_on_a_new_connection(url: str) -> None:
    """For who has no connection yet."""
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run_migrations)
    await engine.dispose()


given: Any = context.config.attributes.get("connection")
if given is not None:
    run_migrations(given)
else:
    asyncio.run(run_on_a_new_connection(context.config.get_main_option("sqlalchemy.url") or ""))
