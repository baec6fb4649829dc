"""Create: somebody says something.

The most frequent activity, and the one with most to doubt: is it by its sender, does it concern anybody here, may its
parent be known to its author, is it really a post (a vote looks like one)?
"""

from dataclasses import replace
from datetime import timedelta

from federation.errors import BadDocument, OriginMismatch, ProtocolError
from federation.identifiers import host_of
from federation.trust import own_object, speaks_for
from federation.vocabulary.objects import RemoteObject, read_object
from federation.vocabulary.terms import is_public
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Later, Refused, Result
from fedihub.inbox.shown_to_few import fetch_named
from fedihub.inbox.votes import plan_vote
from fedihub.services.remote_posts import (
    PostPlan,
    Thread,
    apply_post,
    apply_quote,
    fetch_post,
    gather_thread,
    give_way,
    is_temporary,
    store_post,
    store_unless_ended,
)
from fedihub.translate.incoming import by_our_ids, is_vote
from storage.actors import Actor
from storage.conversations import find_conversation
from storage.database import Session
from storage.follows import has_local_followers
from storage.hosts import find_hosts
from storage.openings import is_about_opening
from storage.posts import OPEN, Audience, Post, find_post_by_uri, find_tombstones
from storage.quotes import find_quote
from storage.separated import join_afterwards

DISPUTED = "author_disputed"
"""Why a post is gathered anew whose id another actor has here."""
NOT_RELEVANT = "not_relevant"
EARLY = "perhaps_before_its_parent"
"""Why an answer is looked at once more."""
EARLY_BY = timedelta(minutes=2)


async def on_create(at: Gathering, received: In) -> Change | Result:
    """Store a post that concerns somebody here, set it into its conversation, tell whom it names."""
    found = await object_of(at, received)
    if not isinstance(found, RemoteObject):
        return found
    return await plan_post(at, received, found)


async def object_of(at: Gathering, received: In) -> RemoteObject | Result:
    """The post that the sender speaks of: embedded, or fetched from the sender's own host if only its id was sent."""
    activity, now = received.activity, at.hub.clock.now()
    try:
        found = own_object(received, at.hub.uris, now=now)
        if found is None:
            if activity.object_id is None or not speaks_for(received.actor, activity.object_id):
                return Refused("object_elsewhere", str(activity.object_id))
            document = await fetch_named(at, received, activity.object_id)
            found = read_object(document, now=now)
    except BadDocument as error:
        return Ignored("unsupported_object") if error.reason == "not_a_post" else Refused(error.reason, error.private)
    except OriginMismatch as error:
        return Refused(error.reason, error.private)
    if found.author != received.actor or at.hub.uris.is_local(found.uri):
        return Refused("author_is_not_sender", str(found.author))
    return by_our_ids(found, at.hub.uris)


async def plan_post(at: Gathering, received: In, found: RemoteObject) -> Change | Result:
    """What storing this post of the sender's means, or why it will not be stored."""
    if is_vote(found):
        return await plan_vote(at, received, found)
    plan = plan_of(at, received, found, sender=await at.sender(received))
    return await (settle(at, plan) if at.postponed == DISPUTED else plan_arrival(at, plan))


def plan_of(at: Gathering, received: In, found: RemoteObject, *, sender: Actor) -> PostPlan:
    """A post of the sender's with whom of us it is for."""
    found = with_addressees(found, received)
    addressed_ids = _addressed_ids(at, found, received)
    to_chapter = bool(at.chapters_in(received.activity.raw, found.raw))
    return PostPlan(found, sender, addressed_ids, to_own_inbox=received.inbox is not None, to_chapter=to_chapter)


async def plan_arrival(at: Gathering, plan: PostPlan) -> Change | Result:
    """What storing a post means that is known to be by its author."""
    named = (plan.found.in_reply_to, plan.found.quote)
    if any(uri is not None and not at.hub.uris.is_local(uri) for uri in named):
        # What concerns nobody here must not make us fetch what it answers or quotes.
        refusal = await why_not(at, plan)
        if refusal is not None:
            return Later(EARLY, after=EARLY_BY) if await _is_early(at, plan, refusal) else refusal
    thread = await gather_thread(at.hub, plan, budget=at.budget)
    return lambda session: _change(session, at, thread)


async def _is_early(at: Gathering, plan: PostPlan, refusal: Result) -> bool:
    """Whether a post that seems to concern nobody answers one that may still be on its way: an unknown one, of a server
    that we have to do with. It is looked at once more; nothing is fetched because of it.
    """
    parent_uri = plan.found.in_reply_to
    if refusal != Ignored(NOT_RELEVANT) or at.postponed == EARLY:
        return False
    if parent_uri is None or plan.audience not in OPEN or at.hub.uris.is_local(parent_uri):
        return False
    host = host_of(parent_uri)

    async def unit(session: Session) -> bool:
        return await find_post_by_uri(session, parent_uri) is None and host in await find_hosts(session, {host})

    return await at.hub.database.read(unit)


async def settle(at: Gathering, plan: PostPlan) -> Change | Result:
    """What to do about a post that is known here as somebody else's of the same host: what its origin says, stands.

    Nothing but this one document is asked for, of the sender's own server. Raises `ProtocolError` if it can't be had
    now.
    """
    try:
        found = await fetch_post(at.hub, plan.found.uri, at.budget)
    except ProtocolError as error:
        if is_temporary(error):
            raise
        return Refused("author_changed", f"{plan.found.uri} belongs to another actor, and cannot be had: {error}")
    if found.author != plan.author.uri or found.uri != plan.found.uri:
        return Refused("author_changed", f"{plan.found.uri} belongs to another actor")
    return await plan_arrival(at, replace(plan, found=found, is_vouched=True))


async def why_not(at: Gathering, plan: PostPlan) -> Result | None:
    """Why nothing is to be done about a post, if so: it is known, was deleted, or concerns nobody here."""
    _, refusal = await at.hub.database.read(lambda session: _look_up(session, at, plan))
    return refusal


async def _change(session: Session, at: Gathering, thread: Thread) -> Result:
    plan = thread.plans[-1]
    known, refusal = await _look_up(session, at, plan)
    if known is not None and await give_way(session, at.hub, known, to=plan):
        known = None
    if refusal is not None:
        return refusal
    for ancestor in thread.plans[:-1]:
        await apply_post(session, at.hub, ancestor)
    if known is not None:
        await _complete(session, at, known, plan=plan)
    elif not plan.is_vouched:
        await store_post(session, at.hub, plan)
    elif await store_unless_ended(session, at.hub, plan) is None:  # perhaps it is not its author whose turn it is
        return Ignored("deleted_before")
    return _applied(thread)


async def _complete(session: Session, at: Gathering, known: Post, *, plan: PostPlan) -> None:
    """Add what the known post quotes, and look once more for what it answers. What else its Create says may be older
    than what is known: anybody can pass it on, once it carries a proof.
    """
    join_afterwards(session, known)
    quote = await find_quote(session, known.id)
    if quote is not None and quote.quoted_uri == plan.found.quote:
        await apply_quote(session, at.hub, known, plan=plan)


def _applied(thread: Thread) -> Result:
    """A parent, or a quoted post, that could not be fetched is asked for again later; the post itself is there
    already.
    """
    if thread.unreachable:
        return Later("parent_unreachable", thread.unreachable, partly=True)
    quote = thread.plans[-1].quote
    if quote is not None and quote.unreachable:
        return Later("quoted_unreachable", quote.unreachable, partly=True)
    return Applied()


async def _look_up(session: Session, at: Gathering, plan: PostPlan) -> tuple[Post | None, Result | None]:
    """The post as it is known here, and why nothing is to be done about it, if so."""
    known = await find_post_by_uri(session, plan.found.uri)
    return known, await _objection(session, at, plan, known=known)


async def _objection(session: Session, at: Gathering, plan: PostPlan, *, known: Post | None) -> Result | None:
    """Why this post need not be stored, if so: known, deleted, or nobody's concern here."""
    if known is not None and known.author_id != plan.author.id:
        if not plan.is_vouched:
            return Later(DISPUTED, f"{plan.found.uri} is known as another actor's: its origin is asked", at_once=True)
        known = None
    if known is not None and not await _lacks_something(session, known):
        return Ignored("known")
    buried = await find_tombstones(session, plan.found.uri)
    if any(each.actor_uri == plan.author.uri for each in buried):
        return Ignored("deleted_before")
    if not plan.is_vouched and plan.audience in OPEN and any(each.was_public for each in buried):
        return Later(DISPUTED, f"{plan.found.uri} was another actor's: its origin is asked", at_once=True)
    if known is not None or await _concerns_us(session, at, plan):
        return None
    return Ignored(NOT_RELEVANT)


async def _lacks_something(session: Session, post: Post) -> bool:
    """Whether what a known post answers or quotes could not be had so far."""
    if post.in_reply_to_id is None and post.in_reply_to_uri is not None:
        return True
    quote = await find_quote(session, post.id)
    return quote is not None and quote.quoted_post_id is None


async def _concerns_us(session: Session, at: Gathering, plan: PostPlan) -> bool:
    """Mastodon 4.6's gate: a follower here, somebody here addressed, or an answer to something that belongs here; and
    beyond it, whatever is said in a conversation that began here or about an opening of our chapters, so that it stays
    whole, what names such a chapter, and what quotes one of us.

    A mention alone, without being addressed, is not enough; the post that comes to somebody's own inbox is.
    """
    if plan.addressed_ids or plan.to_own_inbox:
        return True
    if plan.audience is Audience.MENTIONED:
        return False
    if await has_local_followers(session, plan.author.id):
        return True
    if plan.audience is Audience.FOLLOWERS:
        return False
    if plan.to_chapter or (plan.found.quote is not None and at.local_post_id(plan.found.quote) is not None):
        return True
    if plan.found.in_reply_to is None:
        return False
    parent = await find_post_by_uri(session, plan.found.in_reply_to)
    if parent is None:
        return False
    return (
        parent.is_local
        or await has_local_followers(session, parent.author_id)
        or await _began_here(session, at, parent)
        or await _is_about_an_opening(session, at, parent)
    )


async def _began_here(session: Session, at: Gathering, post: Post) -> bool:
    conversation = await find_conversation(session, post.conversation_id)
    return conversation is not None and conversation.uri is not None and at.hub.uris.is_local(conversation.uri)


async def _is_about_an_opening(session: Session, at: Gathering, post: Post) -> bool:
    """Whether a post is an opening of one of our chapters, passed on or still to be decided about (its answers go out
    with it), or answers one; a hub without chapters need not look.
    """
    return bool(at.chapters) and await is_about_opening(session, post.uri)


def with_addressees(found: RemoteObject, received: In) -> RemoteObject:
    """A post that names no addressees has those of its activity: GoToSocial and Mastodon address both, older software
    only the activity.
    """
    if found.to or found.cc:
        return found
    return replace(found, to=received.activity.to, cc=received.activity.cc)


def _addressed_ids(at: Gathering, found: RemoteObject, received: In) -> frozenset[int]:
    """Our own actors among the recipients; for a private post also the one whose own inbox it came to."""
    named = {at.local_actor_id(uri) for uri in (*found.to, *found.cc)}
    if received.inbox is not None and not any(map(is_public, (*found.to, *found.cc))):
        named.add(int(received.inbox))
    return frozenset(actor_id for actor_id in named if actor_id is not None)
