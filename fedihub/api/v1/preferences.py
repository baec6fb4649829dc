"""Preferences: what clients suggest when a member writes, and how they show what they read."""

from typing import Any

from fedihub.api.endpoint import Call


async def show_preferences(_call: Call) -> dict[str, Any]:
    """`GET /api/v1/preferences`: the same for everybody, since there is nowhere to choose."""
    return {
        "posting:default:visibility": "public",
        "posting:default:sensitive": False,
        "posting:default:language": None,
        "posting:default:quote_policy": "public",
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }
