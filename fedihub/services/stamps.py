"""The consent of our people, as peers fetch it: who may quote a post (FEP-044f), who may list an actor (FEP-7aa9).

What was taken back is as absent as what never was; so is the consent of somebody who is gone. Of who is suspended it is
withheld: a quote that rests on it is not shown meanwhile, but nobody shall take the consent for taken back.
"""

from fedihub.hub import Hub
from fedihub.services.features import is_featurable
from fedihub.translate.actors import is_silenced
from fedihub.translate.features import feature_stamp
from fedihub.translate.quotes import Json, quote_stamp
from storage.actors import find_actor
from storage.database import Session
from storage.features import find_feature_stamp
from storage.posts import OPEN, find_post, find_post_by_uri
from storage.quotes import find_stamp
from storage.visibility import is_visible


async def find_quote_stamp(session: Session, hub: Hub, key: int) -> Json | None:
    """The document of a consent to a quote, while it stands."""
    stamp = await find_stamp(session, key)
    quoted = await find_post(session, stamp.quoted_post_id) if stamp is not None and stamp.revoked_at is None else None
    if stamp is None or quoted is None or not await is_visible(session, quoted, viewer_id=None):
        return None
    author, quoting = await find_actor(session, quoted.author_id), await find_post_by_uri(session, stamp.quoting_uri)
    if author is None or is_silenced(author) or (quoting is not None and quoting.is_local_only):
        return None
    uri = hub.uris.quote_stamp(str(stamp.id))
    return quote_stamp(uri, author=author.uri, quoting=stamp.quoting_uri, quoted=quoted.uri)


async def is_withheld(session: Session, key: int) -> bool:
    """Whether a consent to quote an open post stands, and its author is suspended."""
    stamp = await find_stamp(session, key)
    quoted = await find_post(session, stamp.quoted_post_id) if stamp is not None and stamp.revoked_at is None else None
    if quoted is None or quoted.audience not in OPEN or quoted.is_local_only:
        return False
    author = await find_actor(session, quoted.author_id)
    return author is not None and author.suspended_at is not None and author.gone_at is None


async def find_feature_stamp_document(session: Session, hub: Hub, key: int) -> Json | None:
    """The document of a consent to stand in a collection, while it stands."""
    stamp = await find_feature_stamp(session, key)
    actor = await find_actor(session, stamp.actor_id) if stamp is not None and stamp.revoked_at is None else None
    if stamp is None or actor is None or not is_featurable(actor):
        return None
    uri = hub.uris.feature_stamp(str(stamp.id))
    return feature_stamp(uri, actor=actor.uri, collection=stamp.collection_uri)
