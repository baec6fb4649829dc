"""Mastodon's entities, as its documentation has them for version 4.5, in one table, and the check that a piece of JSON
is one of them.

A line says `name:kind`; `?` after a kind means that it may be null, `[]` that it is a list, `~` after a name that the
key may be missing (it is shown to some only). A key that does not stand here must not come: it may tell a secret.
"""

import re
from collections.abc import Callable
from typing import Any

_ACCOUNT = """
    id:id username:text acct:text display_name:text note:text url:url uri:url
    avatar:url avatar_static:url header:url header_static:url avatar_description:text header_description:text
    locked:bool bot:bool group:bool
    discoverable:bool indexable:bool noindex:bool hide_collections:bool created_at:moment
    last_status_at:day? followers_count:int following_count:int statuses_count:int
    fields:Field[] emojis:Emoji[] roles:Role[]
"""
_APPLICATION = """
    id:id name:text website:url? redirect_uri:text redirect_uris:text[] scopes:text[] vapid_key:text
"""

ENTITIES = {
    "Account": _ACCOUNT,
    "CredentialAccount": _ACCOUNT + "source:Source role:Role",
    "Source": """
        privacy:visibility sensitive:bool language:text note:text fields:Field[] follow_requests_count:int
        discoverable:bool indexable:bool hide_collections:bool attribution_domains:text[] quote_policy:text
    """,
    "Role": "id:text name:text permissions:text color:text highlighted:bool",
    "Field": "name:text value:text verified_at:moment?",
    "Emoji": "shortcode:text url:url static_url:url visible_in_picker:bool category:text?",
    "Status": """
        id:id uri:url url:url created_at:moment edited_at:moment? account:Account content:text
        visibility:visibility local_only:bool sensitive:bool spoiler_text:text language:text? in_reply_to_id:id?
        in_reply_to_account_id:id? reblog:Status? application:StatusApplication?
        media_attachments:MediaAttachment[] mentions:Mention[] tags:StatusTag[] emojis:Emoji[]
        card:null poll:Poll? quote:Quote? quote_approval:QuoteApproval
        replies_count:int reblogs_count:int favourites_count:int quotes_count:int
        favourited~:bool reblogged~:bool muted~:bool bookmarked~:bool filtered~:FilterResult[]
        pinned~:bool text~:text
    """,
    "StatusApplication": "name:text website:url?",
    "StatusTag": "name:text url:url",
    "Mention": "id:id username:text acct:text url:url",
    "Quote": "state:text quoted_status~:Status? quoted_status_id~:id?",
    "QuoteApproval": "automatic:text[] manual:text[] current_user:text",
    "FilterResult": "filter:any keyword_matches:text[]? status_matches:id[]?",
    "MediaAttachment": """
        id:id type:media_type url:url preview_url:url? remote_url:url? preview_remote_url:url? text_url:null
        meta:any description:text? blurhash:text?
    """,
    "StatusSource": "id:id text:text spoiler_text:text",
    "StatusEdit": """
        content:text spoiler_text:text sensitive:bool created_at:moment account:Account
        media_attachments:MediaAttachment[] emojis:Emoji[] poll:PollEdit? quote:null
    """,
    "Poll": """
        id:id expires_at:moment? expired:bool multiple:bool votes_count:int voters_count:int? options:PollOption[]
        emojis:Emoji[] voted~:bool own_votes~:int[]
    """,
    "PollOption": "title:text votes_count:int?",
    "PollEdit": "options:PollEditOption[]",
    "PollEditOption": "title:text",
    "Context": "ancestors:Status[] descendants:Status[]",
    "Notification": "id:id type:text created_at:moment group_key:text account:Account status~:Status",
    "Relationship": """
        id:id following:bool showing_reblogs:bool notifying:bool languages:text[]? followed_by:bool
        blocking:bool blocked_by:bool muting:bool muting_notifications:bool requested:bool requested_by:bool
        domain_blocking:bool endorsed:bool note:text
    """,
    "FamiliarFollowers": "id:id accounts:Account[]",
    "Search": "accounts:Account[] statuses:Status[] hashtags:Tag[]",
    "Tag": "id:id name:text url:url history:TagDay[] following~:bool featuring~:bool",
    "TagDay": "day:id accounts:id uses:id",
    "Markers": "home~:Marker notifications~:Marker",
    "Marker": "last_read_id:id version:int updated_at:moment",
    "Preferences": """
        posting:default:visibility:visibility posting:default:sensitive:bool posting:default:language:text?
        posting:default:quote_policy:text reading:expand:media:text reading:expand:spoilers:bool
        reading:autoplay:gifs:bool
    """,
    "Application": _APPLICATION,
    "CredentialApplication": _APPLICATION + "client_id:text client_secret:text client_secret_expires_at:int",
    "Token": "access_token:text token_type:text scope:text created_at:int",
    "Identity": "iss:url sub:url name:text preferred_username:text profile:url picture:url",
    "V1Instance": """
        uri:text title:text short_description:text description:text email:text version:text urls:V1Urls stats:V1Stats
        thumbnail:url? languages:text[] registrations:bool approval_required:bool invites_enabled:bool
        configuration:V1Configuration contact_account:Account? rules:any[]
    """,
    "V1Urls": "streaming_api:text",
    "V1Stats": "user_count:int status_count:int domain_count:int",
    "V1Configuration": """
        accounts:AccountLimits statuses:StatusLimits media_attachments:MediaLimits polls:PollLimits
    """,
    "Instance": """
        domain:text title:text version:text source_url:url description:text usage:any thumbnail:Thumbnail icon:any[]
        languages:text[] configuration:Configuration registrations:Registrations api_versions:any contact:Contact
        rules:any[]
    """,
    "Thumbnail": "url:url",
    "Registrations": "enabled:bool approval_required:bool reason_required:bool message:text? min_age:int? url:url?",
    "Contact": "email:text account:Account?",
    "Configuration": """
        urls:Urls vapid:Vapid accounts:AccountLimits statuses:StatusLimits media_attachments:MediaLimits
        polls:PollLimits translation:Translation timelines_access:any limited_federation:bool
    """,
    "Urls": "status:url? about:url privacy_policy:url? terms_of_service:url?",
    "Vapid": "public_key:text",
    "AccountLimits": """
        max_featured_tags:int max_pinned_statuses:int max_profile_fields:int profile_field_name_limit:int
        profile_field_value_limit:int
    """,
    "StatusLimits": "max_characters:int max_media_attachments:int characters_reserved_per_url:int",
    "MediaLimits": """
        supported_mime_types:text[] description_limit:int image_size_limit:int image_matrix_limit:int
        video_size_limit:int video_frame_rate_limit:int video_matrix_limit:int
    """,
    "PollLimits": "max_options:int max_characters_per_option:int min_expiration:int max_expiration:int",
    "Translation": "enabled:bool",
    "Error": "error:text error_description~:text",
}


def _matches(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


_KINDS: dict[str, Callable[[Any], bool]] = {
    "id": _matches("[0-9]+"),
    "text": lambda value: isinstance(value, str),
    "url": _matches(r"https?://\S+"),
    "moment": _matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "day": _matches(r"\d{4}-\d\d-\d\d"),
    "visibility": _matches("public|unlisted|private|direct"),
    "media_type": _matches("image|gifv|video|audio|unknown"),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: type(value) is int,
    "null": lambda value: value is None,
    "any": lambda value: isinstance(value, dict),
}


def check(value: Any, kind: str, *, where: str = "") -> None:
    """The value is of this kind: an entity of the table or one of the simple ones, with `?` and `[]` as there."""
    where = where or kind
    if kind.endswith("?"):
        if value is not None:
            check(value, kind[:-1], where=where)
    elif kind.endswith("[]"):
        assert isinstance(value, list), (where, value)
        for number, each in enumerate(value):
            check(each, kind[:-2], where=f"{where}[{number}]")
    elif kind in ENTITIES:
        _check_entity(value, kind, where=where)
    else:
        assert _KINDS[kind](value), (where, value)


def _check_entity(value: Any, entity: str, *, where: str) -> None:
    lines = [line.rpartition(":") for line in ENTITIES[entity].split()]
    kinds = {name.removesuffix("~"): kind for name, _, kind in lines}
    assert isinstance(value, dict), (where, value)
    assert set(value) - set(kinds) == set(), where
    assert {name for name, _, _ in lines if not name.endswith("~")} - set(value) == set(), where
    for name, each in value.items():
        check(each, kinds[name], where=f"{where}.{name}")
