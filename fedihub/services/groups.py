"""Groups elsewhere (`storage.groups`): an answer of ours in a conversation that a community, or a chapter of another
hub, holds together is told to that group as well, or only those would see it who happen to look for it.

FEP-1b12 has it so: Lemmy addresses a comment to its community, in `cc` and as `audience`.
"""

from federation.vocabulary.base import addresses_of
from federation.vocabulary.objects import RemoteObject
from federation.vocabulary.terms import is_public
from fedihub.hub import Hub
from storage.actors import Actor
from storage.database import Session
from storage.groups import find_group_ids, find_groups_around, may_be_for_groups
from storage.posts import Post

MOST_ADDRESSED = 10
"""Addressees of a post of others among whom we look for groups."""


async def groups_addressed(session: Session, hub: Hub, found: RemoteObject, *, author: Actor) -> list[int]:
    """The known groups elsewhere to which an open post of somebody else is addressed without naming them in its text,
    as Lemmy addresses its communities.
    """
    if not any(map(is_public, (*found.to, *found.cc))):
        return []
    told = {mention.href for mention in found.mentions} | {author.followers_url}
    every = dict.fromkeys((*found.to, *found.cc, *addresses_of(found.raw.get("audience"))))
    others = [uri for uri in every if not (uri in told or is_public(uri) or hub.uris.is_local(uri))]
    return await find_group_ids(session, others[:MOST_ADDRESSED])


async def choose_groups(session: Session, post: Post, *, author: Actor) -> list[int]:
    """The groups elsewhere that are to be told of a new post of ours, because of what it answers."""
    if post.in_reply_to_uri is None or not may_be_for_groups(post):
        return []
    return [group.id for group in await find_groups_around(session, post.in_reply_to_uri, by_id=author.id)]
