"""Accept and Reject of a QuoteRequest of ours, and the end of a consent that was given (FEP-044f)."""

from collections.abc import Mapping

from federation.trust import speaks_for
from federation.vocabulary.base import id_of
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Ignored, Refused, Result
from fedihub.services.quotes import accept_quote, end_quote
from storage.actors import Actor
from storage.database import Session
from storage.posts import find_post
from storage.quotes import Quote, QuoteState, find_quote, find_quote_by_request


async def apply_yes(session: Session, at: Gathering, received: In, *, sender: Actor) -> Result:
    """The quoted author agrees; `result` is where the proof is, which must be on their own origin."""
    quote = await _asked(session, at, received, sender=sender)
    if quote is None:
        return Ignored("nothing_was_asked")
    if quote.state is not QuoteState.PENDING:
        return Ignored("answered_before")
    stamp = id_of(received.activity.raw.get("result"))
    if stamp is None or not speaks_for(sender.uri, stamp):
        return Refused("stamp_elsewhere", str(stamp))
    await accept_quote(session, at.hub, quote, approval_uri=stamp)
    return Applied()


async def apply_no(session: Session, at: Gathering, received: In, *, sender: Actor) -> Result:
    """The quoted author refuses, or takes back that they agreed."""
    quote = await _asked(session, at, received, sender=sender)
    if quote is None:
        return Ignored("nothing_was_asked")
    if quote.state in (QuoteState.REJECTED, QuoteState.REVOKED):
        return Ignored("answered_before")
    state = QuoteState.REVOKED if quote.state is QuoteState.ACCEPTED else QuoteState.REJECTED
    await end_quote(session, at.hub, quote, state=state)
    return Applied()


async def _asked(session: Session, at: Gathering, received: In, *, sender: Actor) -> Quote | None:
    """The quote of ours that is answered: by the id of our request, or by what the request said. Whatever the answer
    says, only the author of the quoted post can give it.
    """
    activity = received.activity
    quote = await find_quote_by_request(session, activity.object_id) if activity.object_id else None
    if quote is None and activity.embedded is not None:
        quote = await _named(session, at, activity.embedded)
    if quote is None or quote.request_uri is None or quote.quoted_post_id is None:
        return None
    quoted = await find_post(session, quote.quoted_post_id)
    return quote if quoted is not None and quoted.author_id == sender.id else None


async def _named(session: Session, at: Gathering, request: Mapping[str, object]) -> Quote | None:
    post_id = at.local_post_id(id_of(request.get("instrument")))
    if request.get("type") != "QuoteRequest" or post_id is None:
        return None
    quote = await find_quote(session, post_id)
    return quote if quote is not None and quote.quoted_uri == id_of(request.get("object")) else None
