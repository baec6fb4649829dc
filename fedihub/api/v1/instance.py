"""What the server is and allows, in the older and the newer shape. Composers obey these numbers, so they are the
ones that we enforce.
"""

from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from fedihub.api.endpoint import Call
from fedihub.api.entities.account import Account, account
from fedihub.hub import VERSION, Hub
from fedihub.media.kinds import ALSO_CALLED, KINDS, MOST_PIXELS
from fedihub.services.attaching import MOST_FILES
from fedihub.services.media import LONGEST_DESCRIPTION, MEGABYTE
from fedihub.services.pins import MOST_PINNED
from fedihub.services.polls import LONGEST, LONGEST_OPTION, MOST_OPTIONS, SHORTEST
from fedihub.services.profiles import LONGEST_FIELD, MOST_FIELDS
from storage.host_policies import HostLevel, list_policies
from storage.members import find_owner
from storage.views.numbers import Numbers, load_numbers

SPEAKS = "4.2.0"
"""The Mastodon version whose calls clients may expect here: the first part of its API. Clients compare it with what
they need.
"""

API_VERSION = 1
"""`api_versions.mastodon`: 2 would promise grouped notifications."""

URL_LENGTH = 23
_ANY_FRAME_RATE = 240
_SEVERITIES = {HostLevel.BLOCKED: "suspend", HostLevel.LIMITED: "silence"}
_ACTIVE = timedelta(days=30)


def version_text() -> str:
    """`4.2.0 (compatible; FediHub 1.2.3)`: clients read numbers at the start."""
    return f"{SPEAKS} (compatible; FediHub {VERSION})"


async def show_instance(call: Call) -> dict[str, Any]:
    """`GET /api/v1/instance`: toot names its account by `uri`, so that is the domain of our handles."""
    hub = call.hub
    settings, numbers = hub.settings, await _numbers(hub)
    return {
        "uri": settings.domain,
        "title": settings.hub_name,
        "short_description": settings.hub_description,
        "description": settings.hub_description,
        "email": settings.contact_email,
        "version": version_text(),
        "urls": {"streaming_api": _streaming(hub)},
        "stats": {"user_count": numbers.members, "status_count": numbers.posts, "domain_count": numbers.hosts},
        "thumbnail": _picture(hub),
        "languages": ["en"],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": configuration(hub),
        "contact_account": await _contact(hub),
        "rules": [],
    }


async def list_domain_blocks(call: Call) -> list[dict[str, str]]:
    """`GET /api/v1/instance/domain_blocks`: which servers are blocked or limited here, and why: everybody may know."""
    policies = await call.hub.database.read(list_policies)
    return [
        {
            "domain": policy.host,
            "digest": sha256(policy.host.encode()).hexdigest(),
            "severity": _SEVERITIES[policy.level],
            "comment": policy.reason,
        }
        for policy in policies
        if policy.level in _SEVERITIES
    ]


async def show_instance_v2(call: Call) -> dict[str, Any]:
    """`GET /api/v2/instance`."""
    hub = call.hub
    settings, numbers = hub.settings, await _numbers(hub)
    return {
        "domain": settings.domain,
        "title": settings.hub_name,
        "version": version_text(),
        "source_url": settings.base_url,
        "description": settings.hub_description,
        "usage": {"users": {"active_month": numbers.active_members}},
        "thumbnail": {"url": _picture(hub)},
        "icon": [],
        "languages": ["en"],
        "configuration": _configuration_v2(hub),
        "registrations": _registrations(),
        "api_versions": {"mastodon": API_VERSION},
        "contact": {"email": settings.contact_email, "account": await _contact(hub)},
        "rules": [],
    }


def configuration(hub: Hub) -> dict[str, Any]:
    """What both versions tell of what may be posted."""
    return {
        "accounts": {
            "max_featured_tags": 0,
            "max_pinned_statuses": MOST_PINNED,
            "max_profile_fields": MOST_FIELDS,
            "profile_field_name_limit": LONGEST_FIELD,
            "profile_field_value_limit": LONGEST_FIELD,
        },
        "statuses": {
            "max_characters": hub.settings.post_max_characters,
            "max_media_attachments": MOST_FILES,
            "characters_reserved_per_url": URL_LENGTH,
        },
        "media_attachments": _media_attachments(hub),
        "polls": {
            "max_options": MOST_OPTIONS,
            "max_characters_per_option": LONGEST_OPTION,
            "min_expiration": int(SHORTEST.total_seconds()),
            "max_expiration": int(LONGEST.total_seconds()),
        },
    }


def _media_attachments(hub: Hub) -> dict[str, Any]:
    """Films are passed through as they come: nothing but their size is looked at, so no other limit is a small one."""
    return {
        "supported_mime_types": [kind.media_type for kind in KINDS] + list(ALSO_CALLED),
        "description_limit": LONGEST_DESCRIPTION,
        "image_size_limit": hub.settings.image_max_megabytes * MEGABYTE,
        "image_matrix_limit": MOST_PIXELS,
        "video_size_limit": hub.settings.video_max_megabytes * MEGABYTE,
        "video_frame_rate_limit": _ANY_FRAME_RATE,
        "video_matrix_limit": MOST_PIXELS,
    }


def _configuration_v2(hub: Hub) -> dict[str, Any]:
    """No `streaming` among the urls: clients then ask from time to time, instead of trying to connect for ever."""
    urls = {"status": None, "about": f"{hub.settings.base_url}/", "privacy_policy": None, "terms_of_service": None}
    return configuration(hub) | {
        "urls": urls,
        "vapid": {"public_key": ""},
        "translation": {"enabled": False},
        "timelines_access": _timelines(),
        "limited_federation": False,
    }


def _registrations() -> dict[str, Any]:
    """Members are admitted by the operator."""
    closed = {"enabled": False, "approval_required": False, "reason_required": False}
    return closed | {"message": None, "min_age": None, "url": None}


def _timelines() -> dict[str, Any]:
    open_to_all = {"local": "public", "remote": "public"}
    return {
        "live_feeds": open_to_all,
        "hashtag_feeds": open_to_all,
        "trending_link_feeds": {"local": "disabled", "remote": "disabled"},
    }


def _streaming(hub: Hub) -> str:
    base = urlsplit(hub.settings.base_url)
    return f"{'wss' if base.scheme == 'https' else 'ws'}://{base.netloc}"


def _picture(hub: Hub) -> str:
    return f"{hub.settings.base_url}/static/header.png"


async def _numbers(hub: Hub) -> Numbers:
    since = hub.clock.now() - _ACTIVE
    return await hub.database.read(lambda session: load_numbers(session, active_since=since))


async def _contact(hub: Hub) -> Account | None:
    owner = await hub.database.read(find_owner)
    return account(owner, hub.uris) if owner else None
