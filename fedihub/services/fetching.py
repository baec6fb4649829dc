"""Look at an address elsewhere as the hub would, and keep nothing: the answer, and what it would mean here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from federation.addressing import audience_of
from federation.errors import BadDocument, ProtocolError
from federation.transport import Response
from federation.vocabulary.activities import read_activity
from federation.vocabulary.actors import RemoteActor, read_actor
from federation.vocabulary.base import type_of
from federation.vocabulary.objects import RemoteObject, read_object
from federation.vocabulary.parse import Json, parse_document
from federation.vocabulary.terms import ACCEPT_ACTIVITY, ACTIVITY_TYPES, ACTOR_TYPES, POST_TYPES
from fedihub.hub import Hub
from fedihub.text.clean import plain_text
from fedihub.translate.incoming import post_values

SHOWN_HEADERS = ("Content-Type", "Link", "Cache-Control", "Vary", "Server", "Retry-After", "Location")


@dataclass(frozen=True, slots=True)
class Looked:
    """`signed_by` is the key of our request; `verdict` says whether the document would be believed, and why not;
    `meaning` is what it would be here, empty where it would be nothing.
    """

    uri: str
    url: str
    status: int
    signed_by: str
    headers: Mapping[str, str]
    size: int
    verdict: str
    document: Json | None
    excerpt: str
    meaning: Mapping[str, Any] = field(default_factory=dict)


async def look_at(hub: Hub, uri: str) -> Looked:
    """Fetch it, signed by the server's own actor. Raises ProtocolError where there is no answer at all."""
    signer = await hub.signers.server_signer()
    response = await hub.transport.get(uri, ACCEPT_ACTIVITY, signer=signer)
    document, verdict = _document(response), "believed"
    meaning: Mapping[str, Any] = {}
    try:
        proved = await hub.dereferencer.document(uri)
        meaning = await _meaning(hub, proved)
    except ProtocolError as error:
        verdict = f"not believed: {error.public} ({error.reason})"
    return Looked(
        uri=uri,
        url=response.url,
        status=response.status,
        signed_by=signer.key_id,
        headers={name: response.headers[name] for name in SHOWN_HEADERS if name in response.headers},
        size=len(response.body),
        verdict=verdict,
        document=document,
        excerpt="" if document is not None else response.excerpt,
        meaning=meaning,
    )


def _document(response: Response) -> Json | None:
    try:
        return parse_document(response.body)
    except BadDocument:
        return None


async def _meaning(hub: Hub, document: Json) -> Mapping[str, Any]:
    """Raises ProtocolError for what would be refused."""
    now = hub.clock.now()
    if type_of(document, ACTOR_TYPES) in ACTOR_TYPES:
        return await _actor(hub, read_actor(document, now=now))
    if type_of(document, POST_TYPES) in POST_TYPES:
        found = read_object(document, now=now)
        owner = read_actor(await hub.dereferencer.document(found.author), now=now) if found.author else None
        return _post(hub, found, followers=owner.followers if owner else None)
    if type_of(document, ACTIVITY_TYPES) in ACTIVITY_TYPES:
        activity = read_activity(document)
        return {"is": "an activity", "type": activity.type, "actor": activity.actor, "object": activity.object_id}
    return {}


async def _actor(hub: Hub, actor: RemoteActor) -> Mapping[str, Any]:
    return {
        "is": "an actor",
        "type": actor.type,
        "handle": f"@{await hub.webfinger.confirm_handle(actor)}",
        "name": actor.name,
        "inbox": actor.inbox,
        "shared_inbox": actor.shared_inbox,
        "keys": [key.id for key in actor.keys],
        "approves_followers": actor.is_locked,
    }


def _post(hub: Hub, found: RemoteObject, *, followers: str | None) -> Mapping[str, Any]:
    values = post_values(found, now=hub.clock.now())
    return {
        "is": "a post",
        "type": found.type,
        "author": found.author,
        "audience": audience_of(found.to, found.cc, followers_uri=followers).value,
        "title": values.title,
        "warning": values.content_warning,
        "text": plain_text(values.content_html),
        "language": values.language,
        "in_reply_to": found.in_reply_to,
        "attachments": [file["url"] for file in values.attachments],
        "hashtags": [tag for _, tag in values.tags],
        "published_at": values.published_at,
        "edited_at": values.edited_at,
    }
