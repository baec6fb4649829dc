"""A vote: a Create of a Note that has a name and no content and answers a poll. It is counted and never shown."""

from federation.vocabulary.objects import RemoteObject
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Result
from fedihub.services.polls import count_vote
from storage.actors import Actor
from storage.database import Session
from storage.polls import find_poll
from storage.visibility import find_visible_post


async def plan_vote(at: Gathering, received: In, found: RemoteObject) -> Change | Result:
    """Counts once per voter and answer, if the poll is ours, is open, and may be seen by whoever votes. What is wrong
    with a vote is never an error for its sender: nothing would come of sending it again.
    """
    if found.in_reply_to is None or at.local_post_id(found.in_reply_to) is None:
        return Ignored("vote_elsewhere")
    voter = await at.sender(received)
    return lambda session: _count(session, at, found, voter=voter)


async def _count(session: Session, at: Gathering, found: RemoteObject, *, voter: Actor) -> Result:
    post = await find_visible_post(session, found.in_reply_to or "", viewer_id=voter.id)
    poll = await find_poll(session, post.id, in_turn=True) if post is not None else None
    if post is None or poll is None or not post.is_local:
        return Ignored("no_such_poll")
    title = found.name or ""
    objection = await count_vote(session, at.hub, poll=poll, actor_id=voter.id, title=title, uri=found.uri)
    return Ignored(objection) if objection is not None else Applied()
