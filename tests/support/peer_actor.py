"""An actor of a fake remote server: its documents and its keys."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.support.forge import Plan
from tests.support.keys import ed25519_key, public_pem, rsa_key

CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]


class Server(Protocol):
    """What an actor has to know of its server."""

    host: str
    base: str
    shared_inbox: bool


@dataclass
class PeerActor:
    """`key_style`: "fragment" (Mastodon), "path" (GoToSocial's stub of the actor) or "document" (a key of its own)."""

    server: Server
    name: str
    type: str = "Person"
    key_style: str = "fragment"
    key_number: int = 0
    with_ed25519: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    """410 or 404 for an actor who was deleted."""

    @property
    def uri(self) -> str:
        return f"{self.server.base}/users/{self.name}"

    @property
    def inbox(self) -> str:
        return f"{self.uri}/inbox"

    @property
    def followers(self) -> str:
        return f"{self.uri}/followers"

    @property
    def handle(self) -> str:
        return f"{self.name}@{self.server.host}"

    @property
    def key_id(self) -> str:
        return f"{self.uri}#main-key" if self.key_style == "fragment" else f"{self.uri}/main-key"

    @property
    def ed25519_key_id(self) -> str:
        return f"{self.uri}#ed25519-key"

    def plan(self, **changes: Any) -> Plan:
        """How this actor signs: with its RSA key, unless `changes` say otherwise."""
        own: dict[str, Any] = {"key": rsa_key(self.key_number), "key_id": self.key_id}
        return Plan(**(own | changes))

    def public_key(self) -> dict[str, Any]:
        return {"id": self.key_id, "owner": self.uri, "publicKeyPem": public_pem(rsa_key(self.key_number))}

    def document(self) -> dict[str, Any]:
        actor: dict[str, Any] = {
            "@context": CONTEXT,
            "id": self.uri,
            "type": self.type,
            "preferredUsername": self.name,
            "name": self.name.title(),
            "summary": f"<p>{self.name} of {self.server.host}</p>",
            "url": f"{self.server.base}/@{self.name}",
            "inbox": self.inbox,
            "outbox": f"{self.uri}/outbox",
            "followers": self.followers,
            "following": f"{self.uri}/following",
            "publicKey": self.public_key(),
        }
        if self.server.shared_inbox:
            actor["endpoints"] = {"sharedInbox": f"{self.server.base}/inbox"}
        if self.with_ed25519:
            actor["assertionMethod"] = [self.multikey()]
        return actor | self.extra

    def multikey(self) -> dict[str, Any]:
        return {
            "id": self.ed25519_key_id,
            "type": "Multikey",
            "controller": self.uri,
            "publicKeyMultibase": multibase(ed25519_key(self.key_number).public_key().public_bytes_raw()),
        }

    def key_document(self) -> dict[str, Any]:
        """What a GET of the key id answers, for keys that have a URL of their own."""
        if self.key_style == "document":
            return {"@context": CONTEXT[1], "type": "Key"} | self.public_key()
        kept = ("@context", "id", "type", "preferredUsername", "publicKey")
        return {name: value for name, value in self.document().items() if name in kept}


def multibase(raw_ed25519: bytes) -> str:
    """base58btc of an Ed25519 key with its multicodec prefix."""
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(b"\xed\x01" + raw_ed25519, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    return "z" + text
