"""What handlers look up before they change anything: outside of any transaction, because it may need the network."""

from dataclasses import dataclass, field

from federation.dereference import Budget
from federation.ports import Received
from federation.vocabulary.activities import Activity
from federation.vocabulary.base import addresses_of
from federation.vocabulary.parse import Json
from fedihub.hub import Hub
from fedihub.services.remote_actors import STALE, known_actor, note_use
from storage.actors import Actor, find_local_by_username

_ADDRESSES = ("to", "cc", "audience")


@dataclass(frozen=True, slots=True)
class Gathering:
    """The context of one activity: the hub, what may still be fetched on its behalf, and what the batch has in common:
    the senders, and the ids of our chapters. `postponed` is why the activity could not be applied when it was tried
    last.
    """

    hub: Hub
    senders: dict[str, Actor]
    chapters: frozenset[int]
    budget: Budget = field(default_factory=Budget)
    postponed: str | None = None

    async def sender(self, received: Received[Activity]) -> Actor:
        """The row of the proved sender, fetched from its server if it is new. Raises ProtocolError."""
        known = self.senders.get(received.actor)
        if known is not None:
            note_use(self.hub, known, age=STALE)
            return known
        actor = await known_actor(self.hub, received.actor, budget=self.budget)
        self.senders[received.actor] = actor
        return actor

    def local_actor_id(self, uri: str | None) -> int | None:
        """The id of the local actor that a URI names, in its one spelling; whether there is one, the database knows."""
        key = self.hub.uris.actor_key(uri) if uri is not None else None
        return int(key) if key is not None else None

    def local_post_id(self, uri: str | None) -> int | None:
        """The id of the local post that a URI names."""
        key = self.hub.uris.post_key(uri) if uri is not None else None
        return int(key) if key is not None else None

    async def own_id(self, uri: str | None) -> str | None:
        """The id of one of our actors or posts whose page this is, any other URI as it is.

        Our pages serve those documents to who asks for ActivityPub, and some pass on what somebody pasted (WordPress).
        """
        if uri is None:
            return None
        username = self.hub.uris.page_username(uri)
        if username is None:
            return self.hub.uris.by_post_id(uri)
        actor = await self.hub.database.read(lambda session: find_local_by_username(session, username))
        return actor.uri if actor is not None else uri

    def chapters_in(self, *documents: Json) -> frozenset[int]:
        """Our chapters to which an activity or a post is addressed. Lemmy names its community as `audience`, too."""
        if not self.chapters:
            return frozenset()
        uris = {uri for each in documents for name in _ADDRESSES for uri in addresses_of(each.get(name))}
        return frozenset(key for uri in uris if (key := self.local_actor_id(uri)) in self.chapters)


In = Received[Activity]
"""A proved activity, the only thing that handlers accept."""
