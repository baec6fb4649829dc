"""What a command line loads before it does anything: little, so that it answers at once."""

import subprocess
import sys

from tests.support.process import environment

HEAVY = (
    "aiohttp",
    "alembic",
    "cryptography",
    "jinja2",
    "rich",
    "sqlalchemy",
    "sqlmodel",
    "structlog",
)


def test_version_and_help_load_no_heavy_module() -> None:
    program = (
        "import sys\n"
        "from fedihub.cli.app import app\n"
        "for arguments in (['version'], ['--help'], ['member', 'create', '--help']):\n"
        "    try:\n"
        "        app(args=arguments, prog_name='fedihub')\n"
        "    except SystemExit as end:\n"
        "        assert end.code == 0\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr.strip() == "[]"
