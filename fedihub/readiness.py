"""`/healthz`: the process lives. `/readyz`: it does its work, and says so only when that is true."""

from shutil import disk_usage

from aiohttp import web

from fedihub.hub import HUB, Hub
from storage.errors import StorageError
from storage.hub_facts import find_facts

PATHS = ("/healthz", "/readyz")
LEAST_ROOM = 256 * 1024
"""Bytes that must be free on the disk of a SQLite database: it needs some for its log before it can change anything."""


def routes() -> list[web.RouteDef]:
    """Both addresses."""
    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]


async def healthz(_request: web.Request) -> web.Response:
    """Always 200: whoever can answer is alive."""
    return web.json_response({"alive": True})


async def readyz(request: web.Request) -> web.Response:
    """503 with the reasons while requests should go elsewhere: stopping, no database, a worker that went silent."""
    problems = await _problems(request.app[HUB])
    return web.json_response({"ready": not problems, "problems": problems}, status=503 if problems else 200)


async def _problems(hub: Hub) -> list[str]:
    problems = ["the process is stopping"] if hub.health.draining else []
    problems += [f"the {task} worker has gone silent" for task in hub.health.silent_tasks()]
    path = hub.settings.sqlite_path
    if path and not path.exists():  # an open file goes on working without its name, and is lost at the end
        return [*problems, "the database file is gone"]
    if path and disk_usage(path.parent).free < LEAST_ROOM:
        problems.append("the disk of the database is full")
    try:
        facts = await hub.database.read(find_facts)
    except (StorageError, OSError) as error:
        hub.log.warning("the database does not answer", because=repr(error))
        return [*problems, "the database does not answer"]
    return problems if facts else [*problems, "the hub was not initialised"]
