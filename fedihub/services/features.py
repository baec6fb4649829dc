"""Standing in collections of accounts that people elsewhere make (FEP-7aa9): with consent, which can be taken back.

Who is discoverable agrees to everybody; who no longer wants to be found takes back what was agreed to.
"""

from federation.identifiers import origin_text
from fedihub.hub import Hub
from fedihub.outbox import Outgoing, new_activity, publish
from fedihub.translate.features import delete_feature_stamp
from storage.actors import Actor, ActorKind, find_actor_by_uri
from storage.blocks import is_blocked
from storage.database import Session
from storage.features import (
    FeatureStamp,
    count_feature_stamps,
    find_feature_stamp_for,
    insert_feature_stamp,
    list_feature_stamps,
    revoke_feature_stamp,
)

MOST_FOR_HOST = 50
"""Collections of one server in which one of our actors may stand: nobody can fill the database with consents."""


async def consent_to_feature(
    session: Session, hub: Hub, actor: Actor, *, collection_uri: str, by: Actor, request_uri: str | None
) -> str | None:
    """The address of an actor's consent to stand in a collection of somebody's; None if there is none.

    What was taken back is not given again for the same collection, and one server gets so many consents and no more.
    """
    if not is_featurable(actor) or by.is_hidden or await is_blocked(session, by.id, actor.id):
        return None
    known = await find_feature_stamp_for(session, actor_id=actor.id, collection_uri=collection_uri)
    if known is not None:
        stands = known.revoked_at is None and known.requester_uri == by.uri
        return hub.uris.feature_stamp(str(known.id)) if stands else None
    if await count_feature_stamps(session, actor.id, base=f"{origin_text(by.uri)}/") >= MOST_FOR_HOST:
        return None
    stamp = FeatureStamp(
        id=hub.ids.next(),
        actor_id=actor.id,
        collection_uri=collection_uri,
        requester_uri=by.uri,
        request_uri=request_uri,
        created_at=hub.clock.now(),
    )
    if await insert_feature_stamp(session, stamp):
        return hub.uris.feature_stamp(str(stamp.id))
    return await consent_to_feature(  # another process was faster
        session, hub, actor, collection_uri=collection_uri, by=by, request_uri=request_uri
    )


def is_featurable(actor: Actor) -> bool:
    """Whether one of our actors lets itself be listed: it is somebody, is there, and wants to be found."""
    is_there = actor.gone_at is None and actor.suspended_at is None and actor.moved_to_uri is None
    return actor.is_local and actor.kind is not ActorKind.SERVER and is_there and actor.discoverable


async def end_features(session: Session, hub: Hub, actor: Actor) -> int:
    """An actor wants to stand in no collection any more: every consent is taken back; gives how many there were.

    Those who made the collections hear of it; whoever else shows them looks at the consent itself.
    """
    stamps = await list_feature_stamps(session, actor.id)
    for stamp in stamps:
        await revoke_feature_stamp(session, stamp.id, now=hub.clock.now())
        await _publish_end(session, hub, stamp, actor=actor)
    return len(stamps)


async def _publish_end(session: Session, hub: Hub, stamp: FeatureStamp, *, actor: Actor) -> None:
    requester = await find_actor_by_uri(session, stamp.requester_uri)
    key, uri = new_activity(hub)
    stamp_uri = hub.uris.feature_stamp(str(stamp.id))
    document = delete_feature_stamp(uri, stamp_uri, actor=actor.uri, collection=stamp.collection_uri)
    inboxes = [requester.inbox_url] if requester is not None and requester.gone_at is None else []
    await publish(session, hub, Outgoing(key, actor.id, document, stamp_uri), inboxes=inboxes)
