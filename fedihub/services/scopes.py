"""What an app may be allowed to do, in the words that clients ask with (`read`, `write:statuses` …)."""

from collections.abc import Iterable

DEFAULT = ("read",)

_READ = (
    *("accounts", "blocks", "bookmarks", "favourites", "filters", "follows"),
    *("lists", "me", "mutes", "notifications", "search", "statuses"),
)
_WRITE = (
    *("accounts", "blocks", "bookmarks", "conversations", "favourites", "filters", "follows"),
    *("lists", "media", "mutes", "notifications", "reports", "statuses"),
)

SUPPORTED: tuple[str, ...] = (
    "profile",
    "read",
    *(f"read:{part}" for part in _READ),
    "write",
    *(f"write:{part}" for part in _WRITE),
    "follow",
    "push",
)

_FOLLOW = frozenset(f"{verb}:{part}" for verb in ("read", "write") for part in ("blocks", "follows", "mutes"))


def split(text: str) -> tuple[str, ...]:
    """The scopes that a request names, each once, in its order; without any, `read` is meant (as Mastodon has it)."""
    return tuple(dict.fromkeys(text.split())) or DEFAULT


def unknown(scopes: Iterable[str]) -> list[str]:
    """Those that mean nothing here."""
    return [scope for scope in scopes if scope not in SUPPORTED]


def covers(granted: Iterable[str], wanted: str) -> bool:
    """Whether one of the granted scopes includes the wanted one: `read` includes every `read:…`, the old `follow`
    six of them.
    """
    held = set(granted)
    return wanted in held or wanted.partition(":")[0] in held or ("follow" in held and wanted in _FOLLOW)


def within(wanted: Iterable[str], granted: Iterable[str]) -> bool:
    """Whether everything wanted has been granted."""
    held = tuple(granted)
    return all(covers(held, scope) for scope in wanted)
