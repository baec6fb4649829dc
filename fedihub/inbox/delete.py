"""Delete: a post, the consent to a quote, or a whole account is no more."""

from federation.trust import speaks_for
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Refused, Result
from fedihub.services.passing_on import take_back_all_of
from fedihub.services.quotes import end_quotes_resting_on
from storage.actors import hold_actor_by_uri
from storage.database import Session
from storage.erasure import erase_remote_actor
from storage.forgetting import delete_with_words
from storage.posts import Tombstone, find_post_by_uri, insert_tombstone


async def on_delete(at: Gathering, received: In) -> Change | Result:
    """Only the author can delete a post, and only an account itself can end. What was deleted never comes back.

    The sender is not fetched: an account that ends has no document any more.
    """
    uri = received.activity.object_id
    if uri is None:
        return Ignored("no_object")
    if uri == received.actor:
        return lambda session: _delete_actor(session, at, uri=uri)
    if at.hub.uris.is_local(uri) or not speaks_for(received.actor, uri):
        return Refused("object_elsewhere", uri)
    return lambda session: _delete_post(session, at, received, uri=uri)


async def _delete_actor(session: Session, at: Gathering, *, uri: str) -> Result:
    actor = await hold_actor_by_uri(session, uri)
    if actor is None or actor.is_local or actor.gone_at is not None:
        return Ignored("unknown_actor")
    await take_back_all_of(session, at.hub, actor)
    await erase_remote_actor(session, actor.id, now=at.hub.clock.now())
    return Applied()


async def _delete_post(session: Session, at: Gathering, received: In, *, uri: str) -> Result:
    now = at.hub.clock.now()
    author = await hold_actor_by_uri(session, received.actor)  # or it is stored while we look for it
    post = await find_post_by_uri(session, uri)
    if post is None and author is not None and await end_quotes_resting_on(session, at.hub, uri, by=author):
        return Applied()
    if post is None:
        await insert_tombstone(session, Tombstone(uri=uri, actor_uri=received.actor, deleted_at=now))
        return Ignored("unknown_post")
    if author is None or post.author_id != author.id:
        return Refused("author_is_not_sender", uri)
    await delete_with_words(session, post, now=now)
    return Applied()
