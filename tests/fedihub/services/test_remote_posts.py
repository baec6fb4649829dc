"""Posts of other servers as plans, whoever made them: each is stored once."""

from dataclasses import replace

from federation.vocabulary.objects import read_object
from fedihub.services.remote_actors import known_actor
from fedihub.services.remote_posts import PostPlan, apply_post
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
