"""Constants of the wire: names, types and media types that more than one module spells."""

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PUBLIC_SPELLINGS = frozenset({PUBLIC, "as:Public", "Public"})
"""All three are in use: Takahē 0.11 sends the compact `as:Public`, older software the bare word."""

AS_CONTEXT = "https://www.w3.org/ns/activitystreams"
SECURITY_CONTEXT = "https://w3id.org/security/v1"

ACTIVITY_JSON = "application/activity+json"
LD_JSON = "application/ld+json"
LD_JSON_WITH_PROFILE = f'{LD_JSON}; profile="{AS_CONTEXT}"'
JRD_JSON = "application/jrd+json"
ACCEPT_ACTIVITY = f"{ACTIVITY_JSON}, {LD_JSON_WITH_PROFILE}"

ACTOR_TYPES = frozenset({"Person", "Organization", "Group", "Service", "Application"})
POST_TYPES = frozenset({"Note", "Article", "Question", "Page", "Event", "Image", "Video", "Audio", "Document"})
COLLECTION_TYPES = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})
ACTIVITY_TYPES = frozenset(
    {
        "Accept", "Add", "Announce", "Block", "Create", "Delete", "FeatureRequest", "Flag", "Follow", "Like",
        "Move", "QuoteRequest", "Reject", "Remove", "Undo", "Update",
    }
)  # fmt: skip
"""Those that we act on. Others are read as well, and then nobody has a use for them."""


def is_public(uri: str) -> bool:
    """Whether an address means "everybody"."""
    return uri in PUBLIC_SPELLINGS
