"""For developers: `python -m storage.migrations NUMBER "what changes"` writes the next revision, comparing tables with
the revisions so far.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from alembic import command

from storage.schema import configuration, migrate


def main() -> None:
    """Migrate an empty database, and write down what the tables have beyond it; read it through before you commit
    it.
    """
    parser = argparse.ArgumentParser(prog="python -m storage.migrations", description=__doc__)
    parser.add_argument("number", help="four digits, the next after the newest revision")
    parser.add_argument("message", help="what changes, in a few words")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'empty.db'}"
        asyncio.run(migrate(url))
        config = configuration()
        config.set_main_option("sqlalchemy.url", url)
        command.revision(config, arguments.message, rev_id=arguments.number, autogenerate=True)


if __name__ == "__main__":
    main()
