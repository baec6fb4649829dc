"""How moments are spelled on the wire."""

from datetime import UTC, datetime


def wire_time(moment: datetime) -> str:
    """Whole seconds, as Mastodon and GoToSocial write them."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise_wire_time(moment: datetime) -> str:
    """Milliseconds: two edits in one second must not look like one."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
