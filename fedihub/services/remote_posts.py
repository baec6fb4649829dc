"""Posts of other servers: believed only as far as their origin vouches for them, stored once, set into their
conversation.

Two steps, never mixed. `gather_thread` reads and fetches (authors, missing ancestors: bounded in depth and number),
`apply_post` writes, in a unit that the caller owns. A post whose parent cannot be had is stored all the same, in a
conversation of its own, and joins its parent's when that arrives.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from federation.addressing import audience_of
from federation.dereference import Budget
from federation.errors import DereferenceFailed, ProtocolError
from federation.identifiers import ObjectUri, host_of
from federation.trust import check_fetched, speaks_for
from federation.vocabulary.objects import RemoteObject, read_object
from federation.vocabulary.quotes import quoting_allowed
from fedihub.hub import Hub
from fedihub.services.groups import groups_addressed
from fedihub.services.rejected_media import allowed_parts
from fedihub.services.remote_actors import known_actor
from fedihub.services.remote_news import tell_of
from fedihub.services.remote_polls import store_poll
from fedihub.services.remote_quotes import QuotePlan, check_stamp, store_quote
from fedihub.services.remote_versions import apply_version, find_named_ids, is_older
from fedihub.translate.incoming import IncomingPost, by_our_ids, is_vote, post_values
from storage.actors import Actor, find_actor_ids, get_actor, hold_actor
from storage.conversations import Conversation, attach_orphans, find_conversation_by_uri, insert_conversation
from storage.database import Session
from storage.errors import AlreadyExists
from storage.forgetting import delete_with_words
from storage.home import add_post_to_homes
from storage.ids import moment_of
from storage.posts import Audience, Post, find_post_by_uri, find_tombstone, insert_post, update_post
from storage.quotes import attach_quotes, delete_quote
from storage.rows import new_row
from storage.separated import join_afterwards
from storage.visibility import find_visible_post

DEEPEST = 30
MOST_PER_HOST = 12
"""Ancestors that one host may make us fetch for one post."""
QUOTES_DEEP = 2
"""How far quotes of posts that quote are followed (Mastodon 4.6 as far)."""
JUST_AFTER = timedelta(milliseconds=1)
"""Peers tell whole seconds; an answer stands behind what it answers all the same, and so does a quote."""


class AuthorHidden(ProtocolError):
    """A post of somebody whom nobody here is shown (`storage.standing`)."""

    default_reason = "author_hidden"


@dataclass(frozen=True, slots=True)
class PostPlan:
    """A remote post that may be stored. `addressed_ids` are local actors who may read it though nothing in it tags
    them; `to_own_inbox`: it came to the inbox of one of ours; `to_chapter`: it or its activity names a chapter of ours,
    be it as its audience alone. `quote` is what it quotes, `quoted` that post where it was not known here.
    `is_vouched`: its origin itself was asked, and shows it under this author.
    """

    found: RemoteObject
    author: Actor
    addressed_ids: frozenset[int] = frozenset()
    to_own_inbox: bool = False
    to_chapter: bool = False
    quote: QuotePlan | None = None
    quoted: "PostPlan | None" = None
    is_vouched: bool = False

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
    """Fetch a post with its missing ancestors and store them; None as `store_unless_ended` says. Raises
    ProtocolError.
    """
    budget = budget or Budget()
    thread = await gather_thread(hub, await _fetch_plan(hub, uri, budget), budget=budget)
    try:
        return await hub.database.write(lambda session: apply_thread(session, hub, thread))
    except AlreadyExists:  # somebody else fetched it at the same moment, or another post drew the same key
        return await hub.database.write(lambda session: apply_thread(session, hub, thread))


async def gather_thread(hub: Hub, plan: PostPlan, *, budget: Budget) -> Thread:
    """The post, what it quotes, and those of its ancestors that are missing here, fetched from their origins. Raises
    AuthorHidden.
    """
    plans = [await gather_quote(hub, new_plan(plan), budget=budget)]
    hosts: Counter[str] = Counter()
    while len(plans) <= DEEPEST and (parent_uri := plans[-1].found.in_reply_to) is not None:
        if _planned(plans, parent_uri) is not None:  # posts that answer each other in a circle
            plans[-1] = _answering(plans[-1], None)
            break
        if hub.uris.is_local(parent_uri) or await _is_known(hub, parent_uri):
            break
        hosts[host_of(parent_uri)] += 1
        if hosts[host_of(parent_uri)] > MOST_PER_HOST:
            break
        try:
            parent = await _fetch_plan(hub, parent_uri, budget)
        except ProtocolError as error:
            return Thread(tuple(reversed(plans)), unreachable=error.reason if is_temporary(error) else None)
        plans[-1] = _answering(plans[-1], parent.found.uri)
        if _planned(plans, parent.found.uri) is not None:
            continue  # it was named by another address than its id
        if await _is_known(hub, parent.found.uri, author_uri=parent.author.uri):
            break
        plans.append(parent)
    return Thread(tuple(reversed(plans)))


def new_plan(plan: PostPlan) -> PostPlan:
    """The plan of a post that is not known here, however it reaches us. Raises AuthorHidden if nobody here shall see
    it.
    """
    if plan.author.is_hidden:
        raise AuthorHidden("the author of the post is not shown here", private=plan.found.uri)
    return plan


async def gather_quote(hub: Hub, plan: PostPlan, *, budget: Budget, above: tuple[PostPlan, ...] = ()) -> PostPlan:
    """The same post with what it quotes: fetched from its origin where it is not known here, with what is to be thought
    of the consent. Never raises `ProtocolError`: the post is kept in any case.

    `above` are the posts that quote it, one the next; where they go in a circle, none of them is planned twice.
    """
    uri, line = plan.found.quote, (*above, plan)
    if uri is None or hub.uris.is_local(uri):
        return plan
    known = _planned(line, uri) or await hub.database.read(lambda session: _known_with_author(session, uri))
    if known is not None:
        return await _with_stamp(hub, plan, quoted=known, budget=budget)
    if len(line) > QUOTES_DEEP:
        return plan
    try:
        quoted = await _fetch_plan(hub, uri, budget)
    except ProtocolError as error:
        return replace(plan, quote=QuotePlan(uri, unreachable=error.reason if is_temporary(error) else None))
    if quoted.found.uri == plan.found.uri:
        return replace(plan, found=replace(plan.found, quote=None))  # nothing quotes itself
    ids = quoted.found.uri, quoted.author.uri
    plan = await _with_stamp(hub, plan, quoted=ids, budget=budget)
    if _planned(line, quoted.found.uri) is not None:  # it was named by another address than its id
        return plan
    return replace(plan, quoted=await gather_quote(hub, quoted, budget=budget, above=line))


async def apply_thread(session: Session, hub: Hub, thread: Thread) -> Post | None:
    """Store what is missing, ancestors first; gives the last, or None as `store_unless_ended` says."""
    post = None
    for plan in thread.plans:
        post = await apply_post(session, hub, plan)
    return post


async def apply_post(session: Session, hub: Hub, plan: PostPlan) -> Post | None:
    """Store a remote post; if it is known, what was fetched is a version of it, which may be newer. None as
    `store_unless_ended` says.
    """
    known = await find_post_by_uri(session, plan.found.uri)
    if known is None or await give_way(session, hub, known, to=plan):
        return await store_unless_ended(session, hub, plan)
    if known.author_id == plan.author.id and not known.is_local:
        await update_quote(session, hub, known, plan=plan)
        if await apply_version(session, hub, known, found=plan.found):
            return await find_post_by_uri(session, plan.found.uri)
    return known


async def give_way(session: Session, hub: Hub, known: Post, *, to: PostPlan) -> bool:
    """Delete what another actor of the same host had sent under the id of a post, once its origin shows whose it is;
    True if so. An id that was not known here can be taken by whoever sends something under it first.
    """
    if not to.is_vouched or known.is_local or known.author_id == to.author.id:
        return False
    await delete_with_words(session, known, now=hub.clock.now())
    return True


async def store_unless_ended(session: Session, hub: Hub, plan: PostPlan) -> Post | None:
    """Store a remote post that is not known; None if it was deleted, or its author has ended or is hidden, by now: a
    late Create must not bring it back, nor what was fetched before.

    What its author's server says of either meanwhile is applied after this unit, and finds the post. (Of the post that
    a sender says themselves this need not be asked: their turn was taken, see `fedihub.workers.inbox`.)
    """
    author = await hold_actor(session, plan.author.id)
    if author is None or author.gone_at is not None or author.is_hidden:
        return None
    if await find_tombstone(session, plan.found.uri, author_uri=author.uri) is not None:
        return None
    return await store_post(session, hub, plan)


async def store_post(session: Session, hub: Hub, plan: PostPlan) -> Post:
    """Store a remote post that is not known, with all that follows from it: conversation, mentions, home timelines,
    notifications.
    """
    found = plan.found
    quoted = await _quoted_post(session, hub, plan)
    if plan.quoted is not None and (stored := await find_post_by_uri(session, found.uri)) is not None:
        return stored  # among what it quotes
    values = allowed_parts(hub, post_values(found, now=hub.clock.now()), uri=found.uri)
    parent = await _visible_parent(session, plan)
    post = _row(hub, plan, values, conversation_id=await _conversation(session, hub, found, parent=parent))
    if parent is not None:
        post.in_reply_to_id, post.in_reply_to_author_id = parent.id, parent.author_id
    for earlier in (parent, quoted):
        if earlier is not None:
            post.id = max(post.id, hub.ids.at(moment_of(earlier.id) + JUST_AFTER))
    named = await find_named_ids(session, hub, found)
    addressed = {hub.uris.actor(str(actor_id)) for actor_id in plan.addressed_ids}
    unnamed = addressed - {mention.href for mention in found.mentions}
    silent = await find_actor_ids(session, unnamed)  # whether they exist, is asked here
    silent += await groups_addressed(session, hub, found, author=plan.author)
    await insert_post(session, post, mentioned_ids=named, silent_ids=silent, tags=values.tags)
    await store_poll(session, post.id, found, now=hub.clock.now())
    await attach_orphans(session, post)
    await attach_quotes(session, post)
    await apply_quote(session, hub, post, plan=plan)
    await add_post_to_homes(session, post)
    await tell_of(session, hub, post, found=found, addressed_ids=plan.addressed_ids)
    join_afterwards(session, post)
    return post


async def update_quote(session: Session, hub: Hub, post: Post, *, plan: PostPlan) -> bool:
    """Take from a later version of a remote post what it quotes and who may quote it; False if nothing of that is
    news. Also where the text is the same: Mastodon 4.6 tells of a consent that way.
    """
    if is_older(plan.found, post):
        return False
    policy = quoting_allowed(plan.found.raw, followers=plan.author.followers_url)
    if policy != post.quote_policy:
        await update_post(session, post.id, {"quote_policy": policy})
    if plan.found.quote is None:
        return await delete_quote(session, post.id) or policy != post.quote_policy
    if plan.quote is None and not hub.uris.is_local(plan.found.quote):
        return policy != post.quote_policy
    return await apply_quote(session, hub, post, plan=plan) or policy != post.quote_policy


async def _quoted_post(session: Session, hub: Hub, plan: PostPlan) -> Post | None:
    """What a post quotes, stored where it was not known."""
    if plan.quoted is not None:
        return await apply_post(session, hub, plan.quoted)
    uri = plan.quote.uri if plan.quote is not None else plan.found.quote
    return await find_post_by_uri(session, uri) if uri is not None else None


async def apply_quote(session: Session, hub: Hub, post: Post, *, plan: PostPlan) -> bool:
    """Store what a remote post quotes, and the quoted post before it; True if that is news."""
    if plan.found.quote is None:
        return False
    if plan.quoted is not None:  # also where it is stored by now: it may quote this post, which is there only now
        await apply_post(session, hub, plan.quoted)
    return await store_quote(session, hub, post, author=plan.author, plan=plan.quote or QuotePlan(plan.found.quote))


def is_temporary(error: ProtocolError) -> bool:
    """Whether the same attempt may succeed another time."""
    return bool(getattr(error, "temporary", False))


async def fetch_post(hub: Hub, uri: str, budget: Budget) -> RemoteObject:
    """A post from its origin, which vouches for it. Raises ProtocolError, also for a vote."""
    found = check_fetched(read_object(await hub.dereferencer.document(uri, budget=budget), now=hub.clock.now()))
    if is_vote(found):
        raise DereferenceFailed("a vote is not a post", reason="vote")
    return by_our_ids(found, hub.uris)


async def _fetch_plan(hub: Hub, uri: str, budget: Budget) -> PostPlan:
    """The plan of a post that is fetched from its origin. Raises ProtocolError."""
    found = await fetch_post(hub, uri, budget)
    author = await known_actor(hub, found.author or "", budget=budget)
    return new_plan(PostPlan(found, author, is_vouched=True))


def _planned(plans: Iterable[PostPlan], uri: str) -> tuple[str, str] | None:
    """The ids of a post and of its author, if it is among these."""
    return next(((each.found.uri, each.author.uri) for each in plans if each.found.uri == uri), None)


def _answering(plan: PostPlan, uri: ObjectUri | None) -> PostPlan:
    return replace(plan, found=replace(plan.found, in_reply_to=uri))


async def _with_stamp(hub: Hub, plan: PostPlan, *, quoted: tuple[str, str], budget: Budget) -> PostPlan:
    """The same post with what its stamp is worth; `quoted` are the ids of what it quotes and of that post's author."""
    quoted_uri, author_uri = quoted
    stamp_uri, proof = await check_stamp(hub, plan.found, quoted_uri=quoted_uri, author_uri=author_uri, budget=budget)
    return replace(plan, quote=QuotePlan(quoted_uri, stamp_uri, proof))


async def _known_with_author(session: Session, uri: str) -> tuple[str, str] | None:
    """The ids of a post that is known here and of its author."""
    post = await find_post_by_uri(session, uri)
    return (post.uri, (await get_actor(session, post.author_id)).uri) if post is not None else None


async def _is_known(hub: Hub, uri: ObjectUri, *, author_uri: str | None = None) -> bool:
    """Whether a post is here, or was deleted by its author (where it is known who that is)."""

    async def unit(session: Session) -> bool:
        if await find_post_by_uri(session, uri) is not None:
            return True
        return author_uri is not None and await find_tombstone(session, uri, author_uri=author_uri) is not None

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
    named = [uri for uri in (found.context, found.conversation) if uri is not None and not hub.uris.is_local(uri)]
    for uri in named:
        known = await find_conversation_by_uri(session, uri)
        if known is not None:
            return known.id
    fresh = Conversation(id=hub.ids.next(), uri=named[0] if named else None, created_at=hub.clock.now())
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
        emojis=values.emojis,
        links=values.links,
        origin_likes=plan.found.likes,
        origin_boosts=plan.found.shares,
        replies_uri=_own_collection(plan.found),
        quote_policy=quoting_allowed(plan.found.raw, followers=plan.author.followers_url),
        published_at=values.published_at,
        edited_at=values.edited_at,
        created_at=hub.clock.now(),
    )


def _own_collection(found: RemoteObject) -> str | None:
    """Where the answers to a post are listed, if that is on the post's own server."""
    return found.replies if found.replies is not None and speaks_for(found.uri, found.replies) else None
