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
_GTS = "https://gotosocial.org/ns#"
_QUOTES = "https://w3id.org/fep/044f#"
_FEATURING = "https://w3id.org/fep/7aa9#"

_POLICY_TERMS: dict[str, Any] = {
    "gts": _GTS,
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
    "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
}
"""GoToSocial's words, which FEP-044f and FEP-7aa9 use as well."""

_ACTOR_TERMS: dict[str, Any] = _POLICY_TERMS | {
    "canFeature": {"@id": f"{_FEATURING}canFeature", "@type": "@id"},
    "toot": _TOOT,
    "schema": _SCHEMA,
    "hub": HUB_NAMESPACE,
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "suspended": "toot:suspended",
    "lemmy": "https://join-lemmy.org/ns#",
    "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
    "attributionDomains": {"@id": "toot:attributionDomains", "@type": "@id"},
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
_POST_TERMS: dict[str, Any] = _POLICY_TERMS | {
    "ostatus": "http://ostatus.org#",
    "toot": _TOOT,
    "hub": HUB_NAMESPACE,
    "sensitive": "as:sensitive",
    "Hashtag": "as:Hashtag",
    "conversation": "ostatus:conversation",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    "votersCount": "toot:votersCount",
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "canLike": {"@id": "gts:canLike", "@type": "@id"},
    "canReply": {"@id": "gts:canReply", "@type": "@id"},
    "canAnnounce": {"@id": "gts:canAnnounce", "@type": "@id"},
    "always": {"@id": "gts:always", "@type": "@id"},
    "quote": {"@id": f"{_QUOTES}quote", "@type": "@id"},
    "quoteAuthorization": {"@id": f"{_QUOTES}quoteAuthorization", "@type": "@id"},
    "quoteUrl": "as:quoteUrl",
    "quoteUri": "http://fedibird.com/ns#quoteUri",
    "_misskey_quote": "https://misskey-hub.net/ns#_misskey_quote",
}
_STAMP_TERMS: dict[str, Any] = {
    "gts": _GTS,
    "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
    "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
}

INTEGRITY_TERMS: dict[str, Any] = {
    "sec": _SEC,
    "DataIntegrityProof": "sec:DataIntegrityProof",
    "proof": {"@id": "sec:proof", "@type": "@id", "@container": "@graph"},
    "cryptosuite": "sec:cryptosuite",
    "verificationMethod": {"@id": "sec:verificationMethod", "@type": "@id"},
    "proofPurpose": {"@id": "sec:proofPurpose", "@type": "@vocab"},
    "assertionMethod": {"@id": "sec:assertionMethod", "@type": "@id", "@container": "@set"},
    "proofValue": {"@id": "sec:proofValue", "@type": "sec:multibase"},
    "created": {
        "@id": "http://purl.org/dc/terms/created",
        "@type": "http://www.w3.org/2001/XMLSchema#dateTime",
    },
}
"""The words of an integrity proof (FEP-8b32), as https://w3id.org/security/data-integrity/v1 defines them."""

PLAIN_CONTEXT = AS_CONTEXT
"""For activities that only name others: Follow, Accept, Like, Undo, Announce."""

ACTOR_CONTEXT: list[Any] = [AS_CONTEXT, SECURITY_CONTEXT, _ACTOR_TERMS]
"""For actors. The contexts of Multikey and FEP-2c59 stand inline, too: apmodel 0.5 has them not built in, and reads an
actor whose context it cannot fetch as nothing.
"""

POST_CONTEXT: list[Any] = [AS_CONTEXT, _POST_TERMS]
"""For posts, and for activities that carry one."""

QUOTE_REQUEST_CONTEXT: list[Any] = [AS_CONTEXT, _POST_TERMS | {"QuoteRequest": f"{_QUOTES}QuoteRequest"}]
"""For a QuoteRequest, which carries a post, and for the answers to one."""

QUOTE_STAMP_CONTEXT: list[Any] = [AS_CONTEXT, _STAMP_TERMS | {"QuoteAuthorization": f"{_QUOTES}QuoteAuthorization"}]
"""For the consent to a quote."""

FEATURE_STAMP_CONTEXT: list[Any] = [
    AS_CONTEXT,
    _STAMP_TERMS
    | {
        "FeatureRequest": f"{_FEATURING}FeatureRequest",
        "FeatureAuthorization": f"{_FEATURING}FeatureAuthorization",
    },
]
"""For the consent to stand in somebody's collection, and for the answers to who asks for it."""
