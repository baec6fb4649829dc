"""Every route of the client API: who may call it, with which scope, and what answers. What does not stand here does
not exist.

The scopes are those of Mastodon's documentation, except where Mastodon 4.6 itself asks for others.
`anyone("read:statuses")` works without a token, but a token that comes along must hold the scope.
"""

from fedihub.api import oauth
from fedihub.api.endpoint import Access, Endpoint, Route, account, anyone, token
from fedihub.api.v1 import (
    accounts,
    apps,
    empty,
    instance,
    markers,
    media,
    notifications,
    polls,
    preferences,
    quotes,
    relations,
    reports,
    statuses,
    tags,
    timelines,
)
from fedihub.api.v2 import search

_WITH_PICTURES = 6 * 1024 * 1024
"""A thumbnail of four megabytes, written out in JSON."""


def _get(path: str, access: Access, endpoint: Endpoint) -> Route:
    return Route("GET", path, access, endpoint)


def _post(path: str, access: Access, endpoint: Endpoint) -> Route:
    return Route("POST", path, access, endpoint)


OAUTH = (
    _get("/.well-known/oauth-authorization-server", anyone(), oauth.show_metadata),
    _post("/oauth/token", anyone(), oauth.issue_token),
    _post("/oauth/revoke", anyone(), oauth.revoke_token),
    _get("/oauth/userinfo", account("profile", "read:accounts"), oauth.show_identity),
    _post("/oauth/userinfo", account("profile", "read:accounts"), oauth.show_identity),
    _post("/api/v1/apps", anyone(), apps.create_app),
    _get("/api/v1/apps/verify_credentials", token(), apps.verify_app),
)

INSTANCE = (
    _get("/api/v1/instance", anyone(), instance.show_instance),
    _get("/api/v2/instance", anyone(), instance.show_instance_v2),
    _get("/api/v1/instance/domain_blocks", anyone(), instance.list_domain_blocks),
    _get("/api/v1/preferences", account("read:accounts"), preferences.show_preferences),
)

ACCOUNTS = (
    _get("/api/v1/accounts/verify_credentials", account("profile", "read:accounts"), accounts.verify_credentials),
    Route("PATCH", "/api/v1/accounts/update_credentials", account("write:accounts"), accounts.update_credentials),
    _get("/api/v1/accounts/lookup", anyone("read:accounts"), accounts.lookup),
    _get("/api/v1/accounts/search", account("read:accounts"), accounts.search),
    _get("/api/v1/accounts/relationships", account("read:follows"), relations.list_relationships),
    _get("/api/v1/accounts/familiar_followers", account("read:follows"), empty.nobody_familiar),
    _get("/api/v1/accounts/{id}", anyone("read:accounts"), accounts.show_account),
    _get("/api/v1/accounts/{id}/statuses", anyone("read:statuses"), accounts.list_statuses),
    _get("/api/v1/accounts/{id}/followers", anyone("read:accounts"), relations.show_followers),
    _get("/api/v1/accounts/{id}/following", anyone("read:accounts"), relations.show_following),
    _post("/api/v1/accounts/{id}/follow", account("write:follows"), relations.follow),
    _post("/api/v1/accounts/{id}/unfollow", account("write:follows"), relations.unfollow),
    _post("/api/v1/accounts/{id}/remove_from_followers", account("write:follows"), relations.remove_follower),
    _post("/api/v1/accounts/{id}/block", account("write:blocks"), relations.block),
    _post("/api/v1/accounts/{id}/unblock", account("write:blocks"), relations.unblock),
    _get("/api/v1/blocks", account("read:blocks"), relations.list_blocks),
    _get("/api/v1/follow_requests", account("read:follows"), relations.list_requests),
    _post("/api/v1/follow_requests/{id}/authorize", account("write:follows"), relations.accept_request),
    _post("/api/v1/follow_requests/{id}/reject", account("write:follows"), relations.reject_request),
    _post("/api/v1/reports", account("write:reports"), reports.create_report),
)

STATUSES = (
    _post("/api/v1/statuses", account("write:statuses"), statuses.create_status),
    _get("/api/v1/statuses/{id}", anyone("read:statuses"), statuses.show_status),
    Route("PUT", "/api/v1/statuses/{id}", account("write:statuses"), statuses.update_status, most=_WITH_PICTURES),
    Route("DELETE", "/api/v1/statuses/{id}", account("write:statuses"), statuses.delete_status),
    _get("/api/v1/statuses/{id}/context", anyone("read:statuses"), statuses.show_context),
    _get("/api/v1/statuses/{id}/source", account("read:statuses"), statuses.show_source),
    _get("/api/v1/statuses/{id}/history", anyone("read:statuses"), statuses.show_history),
    _get("/api/v1/statuses/{id}/favourited_by", anyone("read:accounts"), statuses.list_favourited_by),
    _get("/api/v1/statuses/{id}/reblogged_by", anyone("read:accounts"), statuses.list_reblogged_by),
    _get("/api/v1/statuses/{id}/quotes", account("read:statuses"), quotes.list_quotes),
    _post("/api/v1/statuses/{id}/quotes/{quoting}/revoke", account("write:statuses"), quotes.revoke),
    Route("PUT", "/api/v1/statuses/{id}/interaction_policy", account("write:statuses"), quotes.change_policy),
    _post("/api/v1/statuses/{id}/pin", account("write:accounts"), statuses.pin),
    _post("/api/v1/statuses/{id}/unpin", account("write:accounts"), statuses.unpin),
    _post("/api/v1/statuses/{id}/favourite", account("write:favourites"), statuses.favourite),
    _post("/api/v1/statuses/{id}/unfavourite", account("write:favourites"), statuses.unfavourite),
    _post("/api/v1/statuses/{id}/reblog", account("write:statuses"), statuses.reblog),
    _post("/api/v1/statuses/{id}/unreblog", account("write:statuses"), statuses.unreblog),
    _get("/api/v1/polls/{id}", anyone("read:statuses"), polls.show_poll),
    _post("/api/v1/polls/{id}/votes", account("write:statuses"), polls.vote_in_poll),
    _get("/api/v1/favourites", account("read:favourites"), timelines.list_favourites),
)

MEDIA = (
    Route("POST", "/api/v2/media", account("write:media"), media.upload, is_upload=True),
    Route("POST", "/api/v1/media", account("write:media"), media.upload_and_wait, is_upload=True),
    _get("/api/v1/media/{id}", account("write:media"), media.show_media),
    Route("PUT", "/api/v1/media/{id}", account("write:media"), media.update_media, most=_WITH_PICTURES),
    Route("DELETE", "/api/v1/media/{id}", account("write:media"), media.delete_media),
)

READING = (
    _get("/api/v1/timelines/home", account("read:statuses"), timelines.show_home),
    _get("/api/v1/timelines/public", anyone("read:statuses"), timelines.show_public),
    _get("/api/v1/timelines/tag/{hashtag}", anyone("read:statuses"), timelines.show_tag),
    _get("/api/v1/tags/{name}", anyone("read"), tags.show_tag),
    _get("/api/v2/search", anyone("read:search"), search.search),
    _get("/api/v1/notifications", account("read:notifications"), notifications.show_notifications),
    _get("/api/v1/notifications/unread_count", account("read:notifications"), notifications.count_unread),
    _post("/api/v1/notifications/clear", account("write:notifications"), notifications.clear),
    _get("/api/v1/notifications/{id}", account("read:notifications"), notifications.show_notification),
    _post("/api/v1/notifications/{id}/dismiss", account("write:notifications"), notifications.dismiss),
    _get("/api/v1/markers", account("read:statuses"), markers.show_markers),
    _post("/api/v1/markers", account("write:statuses"), markers.save_markers),
)

EMPTY = {
    "/api/v1/lists": account("read:lists"),
    "/api/v1/mutes": account("read:mutes"),
    "/api/v1/bookmarks": account("read:bookmarks"),
    "/api/v1/filters": account("read:filters"),
    "/api/v2/filters": account("read:filters"),
    "/api/v1/conversations": account("read:statuses"),
    "/api/v1/scheduled_statuses": account("read:statuses"),
    "/api/v1/announcements": account(),
    "/api/v1/followed_tags": account("read:follows"),
    "/api/v1/featured_tags": account("read:accounts"),
    "/api/v1/endorsements": account("read:accounts"),
    "/api/v1/domain_blocks": account("read:blocks"),
    "/api/v1/suggestions": account("read"),
    "/api/v2/suggestions": account("read"),
    "/api/v1/trends": anyone(),
    "/api/v1/trends/tags": anyone(),
    "/api/v1/trends/statuses": anyone(),
    "/api/v1/trends/links": anyone(),
    "/api/v1/instance/rules": anyone(),
    "/api/v1/custom_emojis": anyone(),
    "/api/v1/accounts/{id}/featured_tags": anyone("read:accounts"),
    "/api/v1/accounts/{id}/lists": account("read:lists"),
}
"""Lists of what the hub does not have, which clients ask for all the same."""

NOT_HERE = tuple(_get(path, access, empty.nothing) for path, access in EMPTY.items())

ROUTES: tuple[Route, ...] = (*OAUTH, *INSTANCE, *ACCOUNTS, *STATUSES, *MEDIA, *READING, *NOT_HERE)
