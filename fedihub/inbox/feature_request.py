"""FeatureRequest: somebody wants to list one of ours in a collection of accounts (FEP-7aa9, Mastodon 4.6)."""

from federation.trust import speaks_for
from federation.vocabulary.base import id_of
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Refused, Result
from fedihub.outbox import new_activity, publish_to
from fedihub.services.features import consent_to_feature
from fedihub.translate.features import accept_feature, reject_feature
from storage.actors import find_actor
from storage.database import Session


async def on_feature_request(at: Gathering, received: In) -> Change | Result:
    """Answered at once: Accept with a stamp for who wants to be found, else Reject. Without an id it cannot be
    answered.
    """
    activity, collection = received.activity, id_of(received.activity.raw.get("instrument"))
    actor_id, request = at.local_actor_id(activity.object_id), activity.id
    if actor_id is None:
        return Ignored("not_ours")
    if request is None or collection is None or not speaks_for(received.actor, collection):
        return Refused("collection_elsewhere", str(collection))
    sender = await at.sender(received)

    async def change(session: Session) -> Result:
        actor = await find_actor(session, actor_id)
        if actor is None or not actor.is_local or actor.gone_at is not None:
            return Ignored("no_such_actor")
        stamp = await consent_to_feature(
            session, at.hub, actor, collection_uri=collection, by=sender, request_uri=request
        )
        _, uri = new_activity(at.hub)
        if stamp is not None:
            document = accept_feature(uri, request, by=actor.uri, to=sender.uri, stamp=stamp)
        else:
            document = reject_feature(uri, request, by=actor.uri, to=sender.uri)
        await publish_to(session, at.hub, actor=actor, target=sender, document=document, order_key=collection)
        return Applied() if stamp is not None else Ignored("not_allowed")

    return change
