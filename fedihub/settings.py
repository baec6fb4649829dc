"""Every setting, in one place, checked when the program starts.

A setting comes from the environment (`FEDIHUB_…`) or from a file named by `FEDIHUB_CONFIG` (lines of NAME=value,
the same names); the environment wins, and an empty value is no value. A name that starts with FEDIHUB_ and is none
of these is refused: a typo must not become a default (FEDIHUB_TEST_… belongs to the test suite and is left alone).
"""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from federation.errors import BadUri
from federation.identifiers import host_of, parse_host, parse_uri
from fedihub.errors import SettingsError

PREFIX = "FEDIHUB_"
TEST_PREFIX = "FEDIHUB_TEST_"
CONFIG_FILE = "FEDIHUB_CONFIG"
SQLITE = "sqlite+aiosqlite:///"
_POSTGRESQL = ("postgresql://", "postgres://", "postgresql+asyncpg://")


class Settings(BaseSettings):
    """What an operator decides. docs/reference/settings.md is made from the descriptions here."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    base_url: str = Field(
        default="http://localhost:8080",
        description="What the world calls the hub: scheme and host (and port), without a path. All its links and ids "
        "begin with it, so it can't be changed after `fedihub init`. https, except on this machine itself.",
    )
    handle_domain: str = Field(
        default="",
        description="What stands behind the @ of handles, when it is not the host of the base URL: with "
        "`hub.example` here and the base URL `https://social.hub.example`, members are `@name@hub.example`. That host "
        "has to pass /.well-known/webfinger on to the hub. Can't be changed after `fedihub init`.",
    )
    hub_name: str = Field(
        default="FediHub",
        description="The name of the hub, shown on its pages and to peers.",
        min_length=1,
        max_length=100,
    )
    hub_description: str = Field(
        default="A networking hub in the fediverse.", description="One or two sentences about the hub.", max_length=1000
    )
    contact_email: str = Field(default="", description="Where people can write to the operator; shown publicly.")
    listen: str = Field(
        default="127.0.0.1:8080",
        description="Where the server listens, as host:port. The default is right behind a reverse proxy on the same "
        "machine.",
    )
    data_dir: Path = Field(
        default=Path("data"), description="The folder of the SQLite file and of everything else that must be kept."
    )
    database_url: str = Field(
        default="",
        description="`postgresql://name:password@host/database`; when empty, SQLite in the data directory is used.",
    )
    ca_file: Path | None = Field(
        default=None,
        description="PEM file with certificate authorities to trust for outgoing TLS, beside the system's own.",
    )
    allow_loopback: bool = Field(
        default=False,
        description="For development only: admit peers on loopback addresses and over plain http. On a public server "
        "this lets strangers make the hub talk to the machine's own services.",
    )
    run_workers: bool = Field(
        default=True,
        description="Whether `fedihub serve` also applies what arrived and delivers what was said. Set to false on web "
        "processes that have `fedihub worker` processes beside them (PostgreSQL only).",
    )
    delivery_slots: int = Field(
        default=32, description="How many deliveries may be under way at once in one process.", ge=1, le=512
    )
    signature_window: int = Field(
        default=3600,
        description="Seconds that the date of an incoming signature may be off, either way.",
        ge=60,
        le=43200,
    )
    session_days: int = Field(default=30, description="Days that a browser stays signed in.", ge=1, le=365)
    rate_limit: int = Field(
        default=300, description="Client API requests that one account or address may make in five minutes.", ge=10
    )
    post_max_characters: int = Field(
        default=5000, description="The longest post that members may write.", ge=100, le=50000
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="How the log on standard error is written: text or json."
    )

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, value: str) -> str:
        try:
            url = parse_uri(value.strip().rstrip("/"), http_allowed=True)
        except BadUri:
            raise ValueError("must look like https://hub.example") from None
        if url.count("/") != 2 or "?" in url or "#" in url:
            raise ValueError("must have no path, only scheme, host and port, like https://hub.example")
        return url

    @field_validator("handle_domain")
    @classmethod
    def _check_handle_domain(cls, value: str) -> str:
        try:
            return parse_host(value.strip()) if value.strip() else ""
        except BadUri:
            raise ValueError("must be a host name, like hub.example") from None

    @field_validator("listen")
    @classmethod
    def _check_listen(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
            raise ValueError("must look like 127.0.0.1:8080")
        return value

    @field_validator("data_dir", "ca_file")
    @classmethod
    def _expand_home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value else None

    @field_validator("ca_file")
    @classmethod
    def _check_ca_file(cls, value: Path | None) -> Path | None:
        if value and not value.is_file():
            raise ValueError(f"{value} is not a file")
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str) -> str:
        if not value or value.startswith(SQLITE):
            return value
        for beginning in _POSTGRESQL:
            if value.startswith(beginning):
                return "postgresql+asyncpg://" + value.removeprefix(beginning)
        raise ValueError("must begin with postgresql://, or be empty for SQLite")

    @model_validator(mode="after")
    def _check_plain_http(self) -> "Settings":
        if self.base_url.startswith("http://") and not (self.allow_loopback or _is_this_machine(self.base_url)):
            raise ValueError("FEDIHUB_BASE_URL must be https:// (http is only for this machine itself: localhost)")
        return self

    @cached_property
    def host(self) -> str:
        """Host (and port, when not the usual one) of the base URL."""
        return host_of(self.base_url)

    @cached_property
    def domain(self) -> str:
        """The part after @ in our handles."""
        return self.handle_domain or self.host

    @cached_property
    def listen_address(self) -> tuple[str, int]:
        """Host and port to bind."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    @cached_property
    def database(self) -> str:
        """The SQLAlchemy URL."""
        return self.database_url or f"{SQLITE}{self.data_dir.absolute() / 'fedihub.sqlite3'}"

    @property
    def database_name(self) -> str:
        """The database, for people: without the password."""
        return str(self.sqlite_path) if self.sqlite_path else _without_password(self.database)

    @property
    def sqlite_path(self) -> Path | None:
        """Where the SQLite file is; None with PostgreSQL."""
        return Path(self.database.removeprefix(SQLITE)) if self.database.startswith(SQLITE) else None


def load_settings(**overrides: Any) -> Settings:
    """Read environment and file; raises SettingsError with one clear line that names each wrong setting."""
    path = os.environ.get(CONFIG_FILE)
    if path and not Path(path).is_file():
        raise SettingsError(f"{CONFIG_FILE} names {path}, which is not a file")
    _refuse_unknown_names(os.environ)
    try:
        return Settings(_env_file=path, **overrides)  # type: ignore[call-arg]  # a pydantic-settings argument
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(problem) for problem in error.errors())) from None


def default_settings(**chosen: Any) -> Settings:
    """The defaults and what is chosen here, whatever the environment says: for the demo, which must touch no real
    hub.
    """
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    return Settings(**(defaults | chosen))


def setting_name(field: str) -> str:
    """How a field is called in the environment and in the file."""
    return PREFIX + field.upper()


def _known_names() -> list[str]:
    return [*map(setting_name, Settings.model_fields), CONFIG_FILE]


def _refuse_unknown_names(environment: Mapping[str, str]) -> None:
    known = _known_names()
    ours = (name for name in sorted(environment) if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX))
    unknown = [_unknown(name) for name in ours if name not in known]
    if unknown:
        raise SettingsError("; ".join(unknown))


def _unknown(name: str) -> str:
    """A name that is no setting, with the one that was probably meant."""
    similar = get_close_matches(name, _known_names(), n=1)
    return f"there is no setting {name}" + (f", did you mean {similar[0]}?" if similar else "")


def _explain(problem: Any) -> str:
    if problem["type"] == "extra_forbidden":  # from the file: the environment was checked before
        return _unknown(str(problem["loc"][0]).upper())
    message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    return f"{setting_name(str(problem['loc'][0]))}: {message}" if problem["loc"] else message


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"postgresql://{parts.username or ''}@{parts.hostname or ''}{parts.path}"


def _is_this_machine(url: str) -> bool:
    name = urlsplit(url).hostname or ""
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
