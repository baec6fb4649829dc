"""The `@context` of what we send: names that everybody has built in, and our extensions spelled out inline.

Never a context URL of our own: Fedify answers 500 where it cannot fetch one, and a term that is defined in place needs
no fetch. Readers like Mastodon take no notice of any of it; those that process JSON-LD need every term that we use.
"""

from typing import Any

from federation.vocabulary.terms import AS_CONTEXT, SECURITY_CONTEXT

HUB_NAMESPACE = "urn:fedihub:ns#"
"""Our own words. The prefix `hub:` is written out in documents (`hub:kind`)."""

_TOOT = "http://joinmastodon.org/ns#"
_SCHEMA = "http://schema.org#"
_SEC = "https://w3id.org/security#"

_ACTOR_TERMS: dict[str, Any] = {
    "toot": _TOOT,
    "schema": _SCHEMA,
    "hub": HUB_NAMESPACE,
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "sec": _SEC,
    "Multikey": "sec:Multikey",
    "assertionMethod": {"@id": "sec:assertionMethod", "@type": "@id", "@container": "@set"},
    "controller": {"@id": "sec:controller", "@type": "@id"},
    "publicKeyMultibase": {"@id": "sec:publicKeyMultibase", "@type": "sec:multibase"},
    "webfinger": {
        "@id": "https://purl.archive.org/socialweb/webfinger#webfinger",
        "@type": "http://www.w3.org/2001/XMLSchema#string",
    },
}
_POST_TERMS: dict[str, Any] = {
    "ostatus": "http://ostatus.org#",
    "toot": _TOOT,
    "gts": "https://gotosocial.org/ns#",
    "hub": HUB_NAMESPACE,
    "sensitive": "as:sensitive",
    "Hashtag": "as:Hashtag",
    "conversation": "ostatus:conversation",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    "votersCount": "toot:votersCount",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
    "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
}

PLAIN_CONTEXT = AS_CONTEXT
"""For activities that only name others: Follow, Accept, Like, Undo, Announce."""

ACTOR_CONTEXT: list[Any] = [AS_CONTEXT, SECURITY_CONTEXT, _ACTOR_TERMS]
"""For actors. The contexts of Multikey and FEP-2c59 stand inline, too: apmodel 0.5 has them not built in, and reads an
actor whose context it cannot fetch as nothing.
"""

POST_CONTEXT: list[Any] = [AS_CONTEXT, _POST_TERMS]
"""For posts, and for activities that carry one."""
