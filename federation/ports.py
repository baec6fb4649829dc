"""What this package asks of the program around it, and the proof that it hands out.

Small Protocols. Their implementations may reach a database, so all methods are coroutines; none of them may reach the
network, because we call them while we hold a peer's request open (a `Reader` may, to prove who it is).
"""

import enum
from collections.abc import Mapping
from dataclasses import InitVar, dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from federation.followers import FollowersHeader
from federation.identifiers import ActorUri, Host, KeyId
from federation.signatures.signer import Signer
from federation.vocabulary.activities import Activity

A = TypeVar("A")

PROOF = object()
"""Held by `receive.py` alone (a test looks after that): without it no `Received` can be made."""


@dataclass(frozen=True, slots=True)
class RemoteKey:
    """A public key of somebody else, as it is stored: `public_pem` is always SubjectPublicKeyInfo in PEM."""

    key_id: KeyId
    owner: ActorUri
    public_pem: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Received(Generic[A]):
    """An activity whose sender is proved. Whoever demands one cannot forget the check: only `receive` makes them.

    `signature_hash` is the SHA-256 (hex) of the signature's bytes: the same signature twice is the same request twice,
    even for activities without an id. `inbox` is the key of the actor whose inbox was addressed, None for the shared
    one. `followers` is what the sender said of its followers here (FEP-8fcf), if it signed that.
    """

    activity: A
    actor: ActorUri
    key_id: KeyId
    body: bytes
    signature_hash: str
    received_at: datetime
    inbox: str | None
    proof: InitVar[object]
    followers: FollowersHeader | None = None

    def __post_init__(self, proof: object) -> None:
        if proof is not PROOF:
            raise TypeError("only federation.receive can prove who sent an activity")


class KeyStore(Protocol):
    """Where remote public keys survive a restart."""

    async def find(self, key_id: KeyId) -> RemoteKey | None:
        """The stored key, if there is one."""

    async def remember(self, key: RemoteKey, *, announced: bool = False) -> None:
        """Insert the key, or replace the one with the same id; `announced` if its owner told us, proved by the old
        one.
        """

    async def forget(self, key_id: KeyId) -> None:
        """Remove the key, if it is there."""

    async def knows_actor(self, uri: ActorUri) -> bool:
        """Whether anything here belongs to this remote actor, so that its Delete or Update could change something."""


class HostGate(Protocol):
    """With whom we have to do at all. Asked for every request that comes in or goes out, so the answer comes from
    memory.
    """

    async def is_blocked_host(self, host: Host) -> bool:
        """Whether nothing shall come from or go to this host."""


class OpenGate:
    """A gate that is open to every host."""

    async def is_blocked_host(self, host: Host) -> bool:
        """Never."""
        return False


class LocalSigners(Protocol):
    """Who signs for us. Called for every request that goes out, so the answer comes from a cache."""

    async def server_signer(self) -> Signer:
        """The signer of the server's own actor: it signs our fetches, because its document is always public."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An inbox request that was not taken, and why. All names are what the request claimed; nothing of it is proved."""

    status: int
    reason: str
    detail: str
    key_id: str | None = None
    actor: str | None = None
    type: str | None = None


class InboxLog(Protocol):
    """The durable list of what came in."""

    async def accept(self, received: Received[Activity]) -> bool:
        """Write it down durably, at most once; False if this very activity or signature is there already."""

    def refuse(self, refusal: Refusal) -> None:
        """Remember a refusal for the operator, as far as there is room: nobody may fill the disk with refusals."""


class Absent(enum.Enum):
    """Why there is no document: never there (or not for this viewer, which looks the same), closed for a time (403), or
    gone for good (410).
    """

    NOT_FOUND = "not_found"
    CLOSED = "closed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Document:
    """A document to serve; `page` is the address of the same thing for people. One that is not open is for this reader
    alone, and may be kept by no cache on its way.
    """

    body: Mapping[str, Any]
    page: str | None = None
    is_open: bool = True


class Reader(Protocol):
    """Whoever asks for a document. To ask who it is may use the network: never within a unit of work."""

    @property
    def host(self) -> Host | None:
        """Where it says that it comes from; None if it does not say. Not proved."""

    async def identify(self) -> ActorUri | None:
        """Who it is, proved; None if that can't be told. Raises `HostBlocked`."""


class Anybody:
    """A reader who gives no name."""

    host: Host | None = None

    async def identify(self) -> ActorUri | None:
        """Nobody in particular."""
        return None


ANYBODY = Anybody()


@dataclass(frozen=True, slots=True)
class Usage:
    """Figures for NodeInfo."""

    members: int
    active_month: int
    active_half_year: int
    local_posts: int
    registrations_open: bool


class Directory(Protocol):
    """What our endpoints serve to other servers: what anybody may see, and to a reader who gives a name also what is
    for them.

    `cursor` is opaque to the endpoint: None asks for the collection itself, anything else for one of its pages.
    """

    async def webfinger(self, resource: str) -> Document | Absent:
        """The JRD of `acct:name@host` or of one of our URLs."""

    async def server_actor(self) -> ActorUri:
        """The id of the server's own actor."""

    async def inbox(self, key: str) -> Absent | None:
        """Why this actor takes no mail; None if it does."""

    async def actor(self, key: str, *, reader: Reader = ANYBODY) -> Document | Absent:
        """An actor's document."""

    async def actor_collection(
        self, key: str, name: str, *, cursor: str | None, reader: Reader = ANYBODY
    ) -> Document | Absent:
        """`name` is outbox, followers, following, featured, or moderators (of a group)."""

    async def followers_at(self, key: str, *, reader: Reader) -> Document | Absent:
        """Who follows an actor from the reader's own host (FEP-8fcf); the reader has given a name."""

    async def post(self, key: str, *, reader: Reader = ANYBODY) -> Document | Absent:
        """A post's document."""

    async def post_collection(
        self, key: str, name: str, *, cursor: str | None, reader: Reader = ANYBODY
    ) -> Document | Absent:
        """`name` is replies, likes or shares."""

    async def context(self, key: str, *, cursor: str | None) -> Document | Absent:
        """A conversation: the collection of its posts."""

    async def activity(self, key: str, *, reader: Reader = ANYBODY) -> Document | Absent:
        """An activity of ours, as it was sent."""

    async def quote_stamp(self, key: str) -> Document | Absent:
        """The consent of one of ours to be quoted (FEP-044f)."""

    async def feature_stamp(self, key: str) -> Document | Absent:
        """The consent of one of ours to stand in a collection (FEP-7aa9)."""

    async def usage(self) -> Usage:
        """The figures for NodeInfo."""
