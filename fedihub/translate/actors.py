"""Our actors as peers see them."""

from typing import Any

from federation.uris import LocalUris
from federation.vocabulary.context import ACTOR_CONTEXT
from fedihub.translate.times import wire_time
from storage.actors import Actor, ActorKey, ActorKind

Json = dict[str, Any]


def actor_document(actor: Actor, keys: ActorKey, uris: LocalUris) -> Json:
    """The document behind an actor's id. `type` is always one plain word; what the actor is to the hub stands in
    `hub:kind`.
    """
    document: Json = {
        "@context": ACTOR_CONTEXT,
        "id": actor.uri,
        "type": actor.wire_type,
        "hub:kind": actor.kind.value,
        "preferredUsername": actor.username,
        "webfinger": uris.handle(actor.username),
        "name": actor.display_name or actor.username,
        "summary": actor.bio_html,
        "url": actor.url or actor.uri,
        "inbox": actor.inbox_url,
        "outbox": actor.outbox_url,
        "endpoints": {"sharedInbox": uris.shared_inbox()},
        "manuallyApprovesFollowers": actor.approves_followers,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "published": wire_time(actor.created_at),
        **_keys(actor, keys, uris),
    }
    if actor.kind is not ActorKind.SERVER:
        document |= _collections(actor) | {"attachment": [_field(field) for field in actor.fields]}
    return document | _pictures(actor)


def _keys(actor: Actor, keys: ActorKey, uris: LocalUris) -> Json:
    """The RSA key where every peer looks, the Ed25519 key as a Multikey (FEP-521a)."""
    name = str(actor.id)
    return {
        "publicKey": {"id": uris.rsa_key_id(name), "owner": actor.uri, "publicKeyPem": keys.rsa_public_pem},
        "assertionMethod": [
            {
                "id": uris.ed25519_key_id(name),
                "type": "Multikey",
                "controller": actor.uri,
                "publicKeyMultibase": keys.ed25519_public_multibase,
            }
        ],
    }


def _collections(actor: Actor) -> Json:
    return {"followers": actor.followers_url, "following": actor.following_url, "featured": actor.featured_url}


def _field(field: dict[str, Any]) -> Json:
    return {"type": "PropertyValue", "name": field["name"], "value": field["value"]}


def _pictures(actor: Actor) -> Json:
    pictures = {"icon": actor.avatar_url, "image": actor.header_url}
    return {name: {"type": "Image", "url": url} for name, url in pictures.items() if url}
