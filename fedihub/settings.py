"""Every setting, in one place, checked when the program starts.

A setting comes from the environment (`FEDIHUB_…`) or from a file named by `FEDIHUB_CONFIG` (lines of NAME=value,
the same names); the environment wins, and an empty value is no value. A name that starts with FEDIHUB_ and is none
of these is refused: a typo must not become a default (FEDIHUB_TEST_… belongs to the test suite and is left alone).
What is wrong is said with the place that it came from: `fedihub.settings_source` knows it.
"""

from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from federation.errors import BadUri
from federation.identifiers import host_of, parse_host, parse_uri
from fedihub.errors import SettingsError
from fedihub.settings_checks import (
    holds_certificates,
    is_email,
    is_listen_address,
    is_this_machine,
    names_a_database,
    without_password,
)
from fedihub.settings_source import PREFIX, Given, find_given, unknown_names

SQLITE = "sqlite+aiosqlite:///"
_SQLITE = ("sqlite:///", SQLITE)
_POSTGRESQL = ("postgresql://", "postgres://", "postgresql+asyncpg://")
_PLAIN_HTTP = "must be https:// (http is only for this machine itself: localhost)"

Network = IPv4Network | IPv6Network


class Settings(BaseModel):
    """What an operator decides. docs/reference/settings.md is made from the descriptions here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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
    trusted_proxies: tuple[Network, ...] = Field(
        default=(),
        description="Addresses or networks of the reverse proxies in front of the hub, separated by commas, like "
        "`127.0.0.1` or `127.0.0.1, 10.0.0.0/8`. Only what comes from there is believed when it says for whom it asks "
        "(X-Forwarded-For). Without it, behind a proxy, all visitors count as one for the limits on requests and on "
        "signing in.",
    )
    data_dir: Path = Field(
        default=Path("data"), description="The folder of the SQLite file and of everything else that must be kept."
    )
    database_url: str = Field(
        default="",
        description="`postgresql://name:password@host/database`, or `sqlite:////folder/file`; when empty, SQLite in "
        "the data directory is used.",
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
    authorized_fetch: bool = Field(
        default=False,
        description="Whether other servers must sign even to read: posts, activities, collections and profiles then "
        "stay closed (401) to whoever gives no name, and blocked hosts can't read along. Pages for people, what "
        "the client API says of open posts without a token, the server's own actor and what is needed to prove a "
        "signature stay open. Keeps less software out of step than it "
        "seems: Mastodon, GoToSocial, Pleroma, Misskey and Lemmy all sign.",
    )
    session_days: int = Field(default=30, description="Days that a browser stays signed in.", ge=1, le=365)
    rate_limit: int = Field(
        default=300, description="Client API requests that one account or address may make in five minutes.", ge=10
    )
    post_max_characters: int = Field(
        default=5000, description="The longest post that members may write.", ge=100, le=50000
    )
    media_dir: Path | None = Field(
        default=None,
        description="The folder of the files that members upload; when empty, `media` in the data directory. Every "
        "process of the hub needs the same one, and a backup is not whole without it.",
    )
    media_url: str = Field(
        default="",
        description="Another scheme and host, without a path, under which uploaded files are found, like "
        "`https://media.example`, so that they have an origin of their own. That host has to pass /media/ on to the "
        "hub. When empty, files are below the base URL. Files of earlier posts keep their address: it must stay "
        "reachable.",
    )
    image_max_megabytes: int = Field(
        default=16,
        description="The largest picture that members may upload, in megabytes. Peers take none above 16.",
        ge=1,
        le=100,
    )
    video_max_megabytes: int = Field(
        default=99,
        description="The largest film or sound that members may upload, in megabytes. Mastodon takes none above 99.",
        ge=1,
        le=2000,
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="How the log on standard error is written: text or json."
    )

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, value: str) -> str:
        return _origin(value, like="https://hub.example")

    @field_validator("media_url")
    @classmethod
    def _check_media_url(cls, value: str, others: ValidationInfo) -> str:
        url = _origin(value, like="https://media.example") if value.strip() else ""
        if url.startswith("http://") and not (others.data.get("allow_loopback") or is_this_machine(url)):
            raise ValueError(_PLAIN_HTTP)
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
        if not is_listen_address(value.strip()):
            raise ValueError("must look like 127.0.0.1:8080 or [::1]:8080")
        return value.strip()

    @field_validator("contact_email")
    @classmethod
    def _check_contact_email(cls, value: str) -> str:
        if value and not is_email(value.strip()):
            raise ValueError("must be an e-mail address, like hello@hub.example")
        return value.strip()

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_proxies(cls, value: Any) -> Any:
        """Not left to pydantic: who writes a network like one of its hosts (10.0.0.1/8) means the network."""
        if not isinstance(value, str):
            return value
        try:
            return tuple(ip_network(part, strict=False) for part in value.replace(",", " ").split())
        except ValueError:
            raise ValueError("must be addresses or networks, like 127.0.0.1, 10.0.0.0/8") from None

    @field_validator("data_dir", "media_dir", "ca_file")
    @classmethod
    def _expand_home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value else None

    @field_validator("ca_file")
    @classmethod
    def _check_ca_file(cls, value: Path | None) -> Path | None:
        if value and not value.is_file():
            raise ValueError(f"{value} is not a file")
        if value and not holds_certificates(value):
            raise ValueError(f"{value} holds no certificate in PEM form")
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str) -> str:
        if not value:
            return value
        file = next((value.removeprefix(start) for start in _SQLITE if value.startswith(start)), None)
        if file is not None:
            return f"{SQLITE}{_database_file(file)}"
        beginning = next((beginning for beginning in _POSTGRESQL if value.startswith(beginning)), None)
        if beginning is None:
            raise ValueError("must begin with postgresql:// or sqlite:///, or be empty (SQLite in the data directory)")
        rest = value.removeprefix(beginning)
        if not names_a_database(rest):
            raise ValueError(
                "must look like postgresql://name:password@host/database (special characters in the password "
                "percent-encoded)"
            )
        return "postgresql+asyncpg://" + rest

    @model_validator(mode="after")
    def _check_plain_http(self) -> "Settings":
        if self.base_url.startswith("http://") and not (self.allow_loopback or is_this_machine(self.base_url)):
            raise ValueError(_PLAIN_HTTP)
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
    def media_folder(self) -> Path:
        """Where uploaded files lie."""
        return self.media_dir or self.data_dir / "media"

    @property
    def media_origin(self) -> str:
        """What the addresses of uploaded files begin with."""
        return self.media_url or self.base_url

    @property
    def database_name(self) -> str:
        """The database, for people: without the password."""
        return str(self.sqlite_path) if self.sqlite_path else without_password(self.database)

    @property
    def sqlite_path(self) -> Path | None:
        """Where the SQLite file is; None with PostgreSQL."""
        return Path(self.database.removeprefix(SQLITE)) if self.database.startswith(SQLITE) else None


def _origin(text: str, *, like: str) -> str:
    """A scheme, a host and perhaps a port, in their one spelling."""
    try:
        url = parse_uri(text.strip().rstrip("/"), http_allowed=True)
    except BadUri:
        raise ValueError(f"must look like {like}") from None
    if url.count("/") != 2 or "?" in url or "#" in url:
        raise ValueError(f"must have no path, only scheme, host and port, like {like}")
    return url


def _database_file(text: str) -> Path:
    """The file that `sqlite:///` leads to: sqlite:////var/hub.db, or sqlite:///hub.db in the working directory."""
    if not text or text.startswith(":") or "?" in text:
        raise ValueError("must name a file, like sqlite:////var/lib/fedihub/hub.sqlite3")
    return Path(text).absolute()


def load_settings(**instead: str) -> Settings:
    """Read environment and file; `instead` are fields that have another value this time.

    Raises SettingsError with one clear line that names each wrong setting.
    """
    given = find_given()
    known = {setting_name(field): field for field in Settings.model_fields}
    wrong = unknown_names(given, list(known))
    chosen = {field: given[name].value for name, field in known.items() if name in given}
    try:
        settings = Settings(**chosen | instead)  # type: ignore[arg-type]  # texts, which become what they mean
    except ValidationError as error:
        wrong = [_explain(problem, given) for problem in error.errors()] + wrong
    if wrong:
        raise SettingsError("; ".join(wrong))
    return settings


def setting_name(field: str) -> str:
    """How a field is called in the environment and in the file."""
    return PREFIX + field.upper()


def _explain(problem: Any, given: dict[str, Given]) -> str:
    field = str(problem["loc"][0]) if problem["loc"] else "base_url"  # the one that is held against another
    name, limits = setting_name(field), problem.get("ctx", {})
    known = {
        "bool_parsing": "must be true or false",
        "int_parsing": "must be a whole number",
        "greater_than_equal": f"must be at least {limits.get('ge')}",
        "less_than_equal": f"must be at most {limits.get('le')}",
        "string_too_long": f"must have at most {limits.get('max_length')} characters",
    }
    plain = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    origin = f" (from {given[name].origin})" if name in given else ""
    return f"{name}: {known.get(problem['type'], plain)}{origin}"
