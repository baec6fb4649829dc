"""A forwarded activity: one server passes on what somebody of another did (see `federation.forwarding`).

Nothing of it is believed. It only says where to look, and we look only where it matters here: at a post that we have,
or at an answer to one. What the post's own origin then shows is stored; where it shows nothing any more, the post is
gone.
"""

from dataclasses import replace
from datetime import timedelta

from federation.dereference import Budget
from federation.errors import DereferenceFailed, OriginMismatch
from federation.trust import check_fetched
from federation.vocabulary.base import id_of, type_of
from federation.vocabulary.objects import read_object
from federation.vocabulary.parse import Json
from fedihub.hub import HINTS_REST
from fedihub.inbox.create import plan_arrival
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Later, Refused, Result
from fedihub.inbox.update import apply_edit
from fedihub.services.remote_actors import known_actor
from fedihub.services.remote_posts import PostPlan, gather_quote
from fedihub.translate.incoming import by_our_ids, is_vote
from storage.database import Session
from storage.forgetting import delete_with_words
from storage.posts import OPEN, Post, find_post_by_uri, find_tombstone

MOST_FETCHED = 5
"""Documents that one forwarded activity may make us fetch: the post, its author, a few ancestors."""
NOT_FOUND_FOR = timedelta(hours=6)
"""So long a post must be missing at its origin before that counts as a deletion: a 404 may pass (a page for
maintenance, a proxy that lost its server), a deletion here does not.
"""


async def on_forward(at: Gathering, received: In) -> Change | Result:
    """Look at the post where it lives, if it matters here."""
    uri = received.activity.object_id
    if uri is None or at.hub.uris.is_local(uri):
        return Refused("object_elsewhere", str(uri))
    parent_uri = await at.own_id(id_of(_said(received).get("inReplyTo")))
    known, refusal = await at.hub.database.read(lambda session: _look_up(session, received, parent_uri=parent_uri))
    if refusal is not None:
        return refusal
    resting = _resting(at, received, uri)
    if resting is not None:
        return resting
    at.hub.hints.put(uri, at.hub.clock.now())
    at = replace(at, budget=Budget(MOST_FETCHED))
    try:
        document = await at.hub.dereferencer.document(uri, budget=at.budget)
    except DereferenceFailed as error:
        if known is None or not (error.gone or _may_have_vanished(received, error)):
            raise
        if not error.gone and at.hub.clock.now() - received.received_at < NOT_FOUND_FOR:
            return Later("perhaps_gone", error.private)
        return lambda session: _vanish(session, at, uri)
    if known is not None and type_of(document, {"Tombstone"}) == "Tombstone":
        return lambda session: _vanish(session, at, uri)
    return await _show(at, document, known=known)


def _resting(at: Gathering, received: In, uri: str) -> Result | None:
    """What becomes of a hint about a post that was asked for a moment ago: it waits, unless it was here by then and the
    answer told all that it could tell. Only a deletion may need a longer look (`_may_have_vanished`).
    """
    looked_at = at.hub.hints.get(uri)
    if looked_at is None:
        return None
    if received.activity.raw.get("type") != "Delete" and received.received_at <= looked_at:
        return Ignored("looked_at_since")
    return Later(at.postponed or "looked_at_lately", after=HINTS_REST)


def _may_have_vanished(received: In, error: DereferenceFailed) -> bool:
    """A 410 says so by itself; a 404 only together with a Delete (GoToSocial 0.20 knows no 410 for posts)."""
    return error.status == 404 and received.activity.raw.get("type") == "Delete"


def _said(received: In) -> Json:
    """The post as the forwarded activity had it: good for a hint, and for nothing else."""
    embedded = received.activity.raw.get("object")
    return embedded if isinstance(embedded, dict) else {}


async def _look_up(session: Session, received: In, *, parent_uri: str | None) -> tuple[Post | None, Result | None]:
    """The post as it is known here, and why its origin need not be asked, if so.

    Who is said to be its author is no more than a hint, and only keeps us from asking for what they deleted. Only open
    posts: the others their origin does not show to us, and that must not look as if they were gone.
    """
    uri, said_by = received.activity.object_id or "", id_of(received.activity.raw.get("actor")) or ""
    known = await find_post_by_uri(session, uri)
    if known is not None:
        return known, None if known.audience in OPEN else Ignored("not_public")
    if await find_tombstone(session, uri, author_uri=said_by) is not None:
        return None, Ignored("deleted_before")
    if parent_uri is None or await find_post_by_uri(session, parent_uri) is None:
        return None, Ignored("not_relevant")
    return None, None


async def _show(at: Gathering, document: Json, *, known: Post | None) -> Change | Result:
    try:
        found = by_our_ids(check_fetched(read_object(document, now=at.hub.clock.now())), at.hub.uris)
    except OriginMismatch as error:
        return Refused(error.reason, error.private)
    author = await known_actor(at.hub, found.author or "", budget=at.budget)
    plan = PostPlan(found, author, is_vouched=True)
    if is_vote(found) or plan.audience not in OPEN:
        return Ignored("not_public")
    if known is None or known.author_id != author.id:
        return await plan_arrival(at, plan)
    plan = await gather_quote(at.hub, plan, budget=at.budget)
    return lambda session: apply_edit(session, at, plan)


async def _vanish(session: Session, at: Gathering, uri: str) -> Result:
    post = await find_post_by_uri(session, uri)
    if post is None or post.audience not in OPEN:
        return Ignored("unknown_post")
    await delete_with_words(session, post, now=at.hub.clock.now())
    return Applied()
