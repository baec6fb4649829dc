"""Our actors as peers see them."""

from mimetypes import guess_type
from typing import Any

from federation.uris import LocalUris
from federation.vocabulary.context import ACTOR_CONTEXT
from fedihub.translate.features import feature_policy
from fedihub.translate.times import wire_time
from storage.actors import Actor, ActorKey, ActorKind

Json = dict[str, Any]

_STUB = ("@context", "id", "type", "preferredUsername", "inbox", "endpoints", "publicKey", "assertionMethod")


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
        document |= _group(actor, uris) if actor.kind is ActorKind.CHAPTER else {}
        document["interactionPolicy"] = feature_policy(actor)
        document["attributionDomains"] = [uris.host]  # so that Mastodon believes `fediverse:creator` on our pages
    return document | _elsewhere(actor) | (_silenced() if is_silenced(actor) else _pictures(actor))


def _group(actor: Actor, uris: LocalUris) -> Json:
    """What makes a Group one that Lemmy can read (FEP-1b12): who moderates it, and that everybody may begin."""
    return {"attributedTo": uris.moderators(str(actor.id)), "postingRestrictedToMods": False}


def actor_stub(actor: Actor, keys: ActorKey, uris: LocalUris) -> Json:
    """What everybody may have where readers must give their name: enough to prove a signature, and to answer."""
    document = actor_document(actor, keys, uris)
    return {name: document[name] for name in _STUB if name in document}


def is_silenced(actor: Actor) -> bool:
    """Whether nothing but the name, the addresses and the keys of an actor of ours are told: it is suspended, or its
    end is on its way to the world.
    """
    return actor.suspended_at is not None or actor.gone_at is not None


def _silenced() -> Json:
    """What takes the place of a profile, as Mastodon writes it. The keys stay: they prove the news of it."""
    return {"suspended": True, "name": "", "summary": "", "attachment": [], "discoverable": False, "indexable": False}


def _elsewhere(actor: Actor) -> Json:
    """Where else the same person is (FEP-7628): whoever moves here must be named, and who moved away says where to."""
    places: Json = {"alsoKnownAs": list(actor.also_known_as)} if actor.also_known_as else {}
    return places | ({"movedTo": actor.moved_to_uri} if actor.moved_to_uri else {})


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
    pictures = {
        "icon": _picture(actor.avatar_url, actor.avatar_description),
        "image": _picture(actor.header_url, actor.header_description),
    }
    return {name: picture for name, picture in pictures.items() if picture is not None}


def _picture(url: str | None, description: str) -> Json | None:
    """Mastodon 4.6 takes one plain `url`, and the description from `summary`."""
    if url is None:
        return None
    media_type, _ = guess_type(url.partition("?")[0])
    known = {"mediaType": media_type, "summary": description or None}
    return {"type": "Image", "url": url} | {name: value for name, value in known.items() if value}
