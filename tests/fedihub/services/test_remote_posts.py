"""Posts of other servers as plans, whoever made them: each is stored once."""

from dataclasses import replace

from federation.dereference import Budget
from federation.vocabulary.objects import read_object
from fedihub.services.remote_actors import known_actor
from fedihub.services.remote_posts import PostPlan, apply_post, gather_quote
from fedihub.services.remote_quotes import QuotePlan
from storage.quotes import QuoteState
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.quoting import state_of


async def test_a_post_that_stands_among_what_it_quotes_is_stored_once(home: RunningHub, peer: Peer) -> None:
    rosa = peer.add_actor("rosa")
    first, second = peer.note(rosa), peer.note(rosa)
    first["quote"], second["quote"] = second["id"], first["id"]
    author, now = await known_actor(home.hub, rosa.uri), home.hub.clock.now()
    last = PostPlan(read_object(first, now=now), author)
    inner = PostPlan(read_object(second, now=now), author, quote=QuotePlan(first["id"]), quoted=last)
    plan = replace(last, quote=QuotePlan(second["id"]), quoted=inner)
    post = await home.hub.database.write(lambda session: apply_post(session, home.hub, plan))
    assert post is not None
    assert post.uri == first["id"]
    assert await state_of(home, second["id"]) is QuoteState.ACCEPTED
    assert await state_of(home, first["id"]) is QuoteState.ACCEPTED


async def test_a_circle_of_quotes_is_planned_once(home: RunningHub, peer: Peer) -> None:
    """Also where the first is named by the address of its page: as it was sent, more may be known of it."""
    rosa = peer.add_actor("rosa")
    first = peer.note(rosa)
    second = peer.note(rosa, quote=peer.serve("/pages/1", first))
    first["quote"] = second["id"]
    sent = PostPlan(read_object(first, now=home.hub.clock.now()), await known_actor(home.hub, rosa.uri))
    plan = await gather_quote(home.hub, sent, budget=Budget())
    assert plan.quoted is not None
    assert (plan.quoted.found.uri, plan.quoted.quoted) == (second["id"], None)
