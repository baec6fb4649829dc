"""CustomEmoji: a picture that stands for `:shortcode:` in the texts of one account or status.

This hub has none of its own; those of peers stay where they are, and we only tell of them.
"""

from collections.abc import Iterable
from typing import Any

from fedihub.api.entities.base import Entity


class CustomEmoji(Entity):
    """One picture. `visible_in_picker` is false: nobody here can write with somebody else's emoji."""

    shortcode: str
    url: str
    static_url: str
    visible_in_picker: bool
    category: str | None


def custom_emojis(stored: Iterable[dict[str, Any]]) -> list[CustomEmoji]:
    """The emoji of a post or an actor, as `storage` keeps them."""
    return [_emoji(each["shortcode"], each["url"]) for each in stored]


def _emoji(shortcode: str, url: str) -> CustomEmoji:
    return CustomEmoji(shortcode=shortcode, url=url, static_url=url, visible_in_picker=False, category=None)
