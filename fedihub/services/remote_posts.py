"""Posts of other servers: believed only as far as their origin vouches for them, stored once, set into their
conversation.

Two steps, never mixed. `gather_thread` reads and fetches (authors, missing ancestors: bounded in depth and number),
`apply_post` writes, in a unit that the caller owns. A post whose parent cannot be had is stored all the same, in a
conversation of its own, and joins its parent's when that arrives.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

from federation.addressing import audience_of
from federation.dereference import Budget
from federation.errors import DereferenceFailed, ProtocolError
from federation.identifiers import ObjectUri, host_of, same_origin
from federation.trust import check_fetched
from federation.vocabulary.objects import RemoteObject, read_object
from fedihub.hub import Hub
from fedihub.services.remote_actors import known_actor
from fedihub.translate.incoming import IncomingPost, is_vote, post_values
from storage.actors import Actor, find_actor_ids
from storage.conversations import Conversation, attach_orphans, find_conversation_by_uri, insert_conversation
from storage.database import Session
from storage.home import add_post_to_homes
from storage.ids import moment_of
from storage.posts import Audience, Post, find_post_by_uri, find_tombstone, insert_post
from storage.rows import new_row
from storage.visibility import find_visible_post

DEEPEST = 30
MOST_PER_HOST = 12
"""Ancestors that one host may make us fetch for one post."""
JUST_AFTER = timedelta(milliseconds=1)
"""Peers tell whole seconds; an answer stands behind what it answers all the same."""


@dataclass(frozen=True, slots=True)
class PostPlan:
    """A remote post that may be stored. `addressed_ids` are local actors who may read it though nothing in it tags
    them; `to_own_inbox`: it came to the inbox of one of ours.
    """

    found: RemoteObject
    author: Actor
    addressed_ids: frozenset[int] = frozenset()
    to_own_inbox: bool = False

    @property
    def audience(self) -> Audience:
        """For whom it is."""
        wire = audience_of(self.found.to, self.found.cc, followers_uri=self.author.followers_url)
        return Audience(wire.value)


@dataclass(frozen=True, slots=True)
class Thread:
    """What `gather_thread` found: plans from the oldest missing ancestor down to the post itself.

    `unreachable` says why an ancestor could not be had though it may be had later.
    """

    plans: tuple[PostPlan, ...]
    unreachable: str | None = None


async def dereference_post(hub: Hub, uri: str, *, budget: Budget | None = None) -> Post | None:
    """Fetch a post with its missing ancestors and store them; None if it was deleted here before. Raises
    ProtocolError.
    """
    budget = budget or Budget()
    found = await fetch_post(hub, uri, budget)
    thread = await gather_thread(
        hub, PostPlan(found, await known_actor(hub, found.author or "", budget=budget)), budget=budget
    )
    return await hub.database.write(lambda session: apply_thread(session, hub, thread))


async def gather_thread(hub: Hub, plan: PostPlan, *, budget: Budget) -> Thread:
    """The post and those of its ancestors that are missing here, fetched from their origins."""
    plans = [plan]
    hosts: Counter[str] = Counter()
    while len(plans) <= DEEPEST and (parent_uri := plans[-1].found.in_reply_to) is not None:
        if any(parent_uri == each.found.uri for each in plans):  # posts that answer each other in a circle
            plans[-1] = replace(plans[-1], found=replace(plans[-1].found, in_reply_to=None))
            break
        if hub.uris.is_local(parent_uri) or await _is_known(hub, parent_uri):
            break
        hosts[host_of(parent_uri)] += 1
        if hosts[host_of(parent_uri)] > MOST_PER_HOST:
            break
        try:
            parent = await fetch_post(hub, parent_uri, budget)
            author = await known_actor(hub, parent.author or "", budget=budget)
        except ProtocolError as error:
            return Thread(tuple(reversed(plans)), unreachable=error.reason if is_temporary(error) else None)
        plans[-1] = replace(plans[-1], found=replace(plans[-1].found, in_reply_to=parent.uri))
        plans.append(PostPlan(parent, author))
    return Thread(tuple(reversed(plans)))


async def apply_thread(session: Session, hub: Hub, thread: Thread) -> Post | None:
    """Store what is missing, ancestors first; gives the last, or None if that one was deleted before."""
    post = None
    for plan in thread.plans:
        post = await apply_post(session, hub, plan)
    return post


async def apply_post(session: Session, hub: Hub, plan: PostPlan) -> Post | None:
    """Store a remote post, unless it is known: then it is left as it is.

    None if it was deleted here before: a late Create must not bring it back.
    """
    known = await find_post_by_uri(session, plan.found.uri)
    if known is not None or await find_tombstone(session, plan.found.uri) is not None:
        return known
    return await store_post(session, hub, plan)


async def store_post(session: Session, hub: Hub, plan: PostPlan) -> Post:
    """Store a remote post that is not known, with all that follows from it: conversation, mentions, home timelines."""
    found = plan.found
    values, parent = post_values(found, now=hub.clock.now()), await _visible_parent(session, plan)
    post = _row(hub, plan, values, conversation_id=await _conversation(session, hub, found, parent=parent))
    if parent is not None:
        post.in_reply_to_id, post.in_reply_to_author_id = parent.id, parent.author_id
        post.id = max(post.id, hub.ids.at(moment_of(parent.id) + JUST_AFTER))
    addressed = [hub.uris.actor(str(actor_id)) for actor_id in plan.addressed_ids]  # whether they exist, is asked here
    named = await find_actor_ids(session, [*(mention.href for mention in found.mentions), *addressed])
    await insert_post(session, post, mentioned_ids=sorted(named), tags=values.tags)
    await attach_orphans(session, post)
    await add_post_to_homes(session, post)
    return post


def is_temporary(error: ProtocolError) -> bool:
    """Whether the same attempt may succeed another time."""
    return bool(getattr(error, "temporary", False))


async def fetch_post(hub: Hub, uri: str, budget: Budget) -> RemoteObject:
    """A post from its origin, which vouches for it. Raises ProtocolError, also for a vote."""
    found = check_fetched(read_object(await hub.dereferencer.document(uri, budget=budget), now=hub.clock.now()))
    if is_vote(found):
        raise DereferenceFailed("a vote is not a post", reason="vote")
    return found


async def _is_known(hub: Hub, uri: ObjectUri) -> bool:
    async def unit(session: Session) -> bool:
        return await find_post_by_uri(session, uri) is not None or await find_tombstone(session, uri) is not None

    return await hub.database.read(unit)


async def _visible_parent(session: Session, plan: PostPlan) -> Post | None:
    """The parent, if the author may know it; answering a post that one must not see attaches to nothing and tells
    nobody.
    """
    if plan.found.in_reply_to is None:
        return None
    return await find_visible_post(session, plan.found.in_reply_to, viewer_id=plan.author.id)


async def _conversation(session: Session, hub: Hub, found: RemoteObject, *, parent: Post | None) -> int:
    """The parent's conversation; else the one that the post names, unless it names one of ours without answering
    anything in it.
    """
    if parent is not None:
        return parent.conversation_id
    uri = found.context or found.conversation
    if uri is not None and hub.uris.is_local(uri):
        uri = None
    known = await find_conversation_by_uri(session, uri) if uri is not None else None
    if known is not None:
        return known.id
    fresh = Conversation(id=hub.ids.next(), uri=uri, created_at=hub.clock.now())
    await insert_conversation(session, fresh)
    return fresh.id


def _row(hub: Hub, plan: PostPlan, values: IncomingPost, *, conversation_id: int) -> Post:
    return new_row(
        Post,
        id=hub.ids.at(values.published_at),
        uri=plan.found.uri,
        url=values.url,
        author_id=plan.author.id,
        wire_type=values.wire_type,
        title=values.title,
        content_html=values.content_html,
        content_warning=values.content_warning,
        sensitive=values.sensitive,
        language=values.language,
        audience=plan.audience,
        in_reply_to_uri=plan.found.in_reply_to,
        conversation_id=conversation_id,
        attachments=values.attachments,
        replies_uri=_own_collection(plan.found),
        published_at=values.published_at,
        edited_at=values.edited_at,
        created_at=hub.clock.now(),
    )


def _own_collection(found: RemoteObject) -> str | None:
    """Where the answers to a post are listed, if that is on the post's own server."""
    return found.replies if found.replies is not None and same_origin(found.replies, found.uri) else None
