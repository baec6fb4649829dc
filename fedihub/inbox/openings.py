"""What activities from elsewhere mean for our chapters: a post may be submitted by one, and what is said or done in the
conversation of an opening goes on to the communities that follow the chapter.

It stands around the handlers of the table, so that none of them has to know of chapters. Whatever goes on was signed by
the actor who did it and came to us as it is; hints that others forwarded are no proof of anything and end here. So does
what is too long to be sent to many, and a Create or Update that says something else than is shown here.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from federation.identifiers import host_of
from federation.vocabulary.base import id_of
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Later, Result
from fedihub.services.host_software import learn_software
from fedihub.services.openings import boosts_of_openings, submit_post
from fedihub.services.passing_on import pass_on, remove_gone, withdraw_opening
from fedihub.services.sayings import as_it_came, says_what_is_shown
from fedihub.services.threads import want_rest
from fedihub.translate.chapters import Json, like_of, unlike_of
from storage.actors import Actor, find_actor_by_uri
from storage.database import Session
from storage.deliveries import has_told_of
from storage.openings import Opening, approved_openings_around
from storage.posts import Post, find_post, find_post_by_uri
from storage.reactions import Boost, Like, find_like_by_uri, insert_like, rename_like
from storage.received import count_received, was_undone_before

Handler = Callable[[Gathering, In], Awaitable[Change | Result]]
_KNOWN = Ignored("known")
MOST_LIKES = 3
"""Of one actor for one post, in an hour."""


def may_submit(handle: Handler) -> Handler:
    """Around Create and Update: a post that names a chapter is submitted, an answer in an opening's conversation and an
    edit of what stands there are passed on.
    """

    async def handler(at: Gathering, received: In) -> Change | Result:
        outcome = await handle(at, received)
        uri = received.activity.object_id
        if uri is None or not (callable(outcome) or outcome == _KNOWN):
            return outcome

        async def change(session: Session) -> Result:
            result = await outcome(session) if callable(outcome) else outcome
            if isinstance(result, Applied | Later) or result == _KNOWN:
                await _hear(session, at, received, uri=uri, result=result)
            return result

        return change

    return handler


def ends_openings(handle: Handler) -> Handler:
    """Around whatever may end a post: what chapters passed on is taken back with it; communities hear the author's own
    Delete.
    """

    async def handler(at: Gathering, received: In) -> Change | Result:
        outcome = await handle(at, received)
        uri = received.activity.object_id
        if uri is None or not callable(outcome):
            return outcome

        async def change(session: Session) -> Result:
            around = await _openings_around(session, at, uri)
            post = await find_post_by_uri(session, uri) if around else None
            if post is None:
                return await outcome(session)
            boosts = await boosts_of_openings(session, post)
            result = await outcome(session)
            if await find_post_by_uri(session, uri) is None:
                await _end(session, at, received, post=post, openings=around, boosts=boosts)
            return result

        return change

    return handler


def likes_openings(handle: Handler) -> Handler:
    """Around Like: one that is for a post in an opening's conversation is passed on, once; also for posts of others,
    which are counted here for that reason.
    """

    async def handler(at: Gathering, received: In) -> Change | Result:
        outcome, uri = await handle(at, received), await at.own_id(received.activity.object_id)
        if callable(outcome):
            return _passing_on(outcome, at, received, uri=uri or "")
        if uri is None or at.hub.uris.is_local(uri) or not await _is_around(at, uri):
            return outcome
        sender = await at.sender(received)
        return lambda session: _like(session, at, received, sender=sender, uri=uri)

    return handler


def unlikes_openings(handle: Handler) -> Handler:
    """Around Undo: a like that was passed on is taken back where it went."""

    async def handler(at: Gathering, received: In) -> Change | Result:
        outcome = await handle(at, received)
        inner = received.activity.embedded
        if not at.chapters or not callable(outcome) or (inner is not None and inner.get("type") != "Like"):
            return outcome
        uri = await at.own_id(id_of((inner or {}).get("object")))

        async def change(session: Session) -> Result:
            liked = uri or await _liked(session, received)
            return await (outcome if liked is None else _passing_on(outcome, at, received, uri=liked))(session)

        return change

    return handler


def learns_software(handle: Handler) -> Handler:
    """Around Follow: how to speak to a new follower of a chapter is found out before there is something to say."""

    async def handler(at: Gathering, received: In) -> Change | Result:
        if at.local_actor_id(await at.own_id(received.activity.object_id)) in at.chapters:
            sender = await at.sender(received)
            await learn_software(at.hub, [host_of(sender.inbox_url)])
        return await handle(at, received)

    return handler


async def _hear(session: Session, at: Gathering, received: In, *, uri: str, result: Result) -> None:
    """What will be tried again (something that it names could not be had) is submitted now, and passed on then."""
    named = at.chapters_in(received.activity.raw, received.activity.embedded or {})
    around = await _openings_around(session, at, uri)
    if not named and not around:
        return
    post, author = await find_post_by_uri(session, uri), await find_actor_by_uri(session, received.actor)
    if post is None or author is None or post.author_id != author.id:
        return
    await submit_post(session, at.hub, post, named_ids=named)
    if around:
        await want_rest(session, at.hub, post.id)
    if result == _KNOWN:  # it was fetched before it came, or it comes again
        around = [each for each in around if not await has_told_of(session, each.chapter_id, post_id=post.id)]
    said = as_it_came(received.body) if around and not isinstance(result, Later) else None
    if said is not None and await says_what_is_shown(session, at.hub, said, post=post):
        await pass_on(session, at.hub, said, by=author, about=post, openings=around)


async def _end(
    session: Session,
    at: Gathering,
    received: In,
    *,
    post: Post,
    openings: Sequence[Opening],
    boosts: Sequence[tuple[Actor, Boost]],
) -> None:
    """A post is gone. Only its author's word goes on, not that of who forwarded it: there a moderator removes it."""
    author, said = await find_actor_by_uri(session, received.actor), as_it_came(received.body)
    if said is not None and author is not None and author.id == post.author_id:
        await pass_on(session, at.hub, said, by=author, about=post, openings=openings)
    else:
        await remove_gone(session, at.hub, post=post, openings=openings)
    for chapter, boost in boosts:
        await withdraw_opening(session, at.hub, boost, chapter=chapter, post=post)


def _passing_on(outcome: Change, at: Gathering, received: In, *, uri: str) -> Change:
    """What has had its effect on a post goes on to those who follow its conversation."""

    async def change(session: Session) -> Result:
        result = await outcome(session)
        if isinstance(result, Applied):
            await _pass_on(session, at, received, uri=uri)
        return result

    return change


async def _like(session: Session, at: Gathering, received: In, *, sender: Actor, uri: str) -> Result:
    post = await find_post_by_uri(session, uri)
    if post is None or await was_undone_before(session, actor_uri=sender.uri, activity_uri=received.activity.id):
        return Ignored("no_such_post")
    like = Like(
        id=at.hub.ids.next(),
        uri=received.activity.id,
        actor_id=sender.id,
        post_id=post.id,
        created_at=at.hub.clock.now(),
    )
    if not await insert_like(session, like):
        await rename_like(session, like)
        return Ignored("known")
    await _pass_on(session, at, received, uri=uri)
    return Applied()


async def _pass_on(session: Session, at: Gathering, received: In, *, uri: str) -> None:
    """What somebody did to the post with this id, wherever that belongs."""
    openings = await _openings_around(session, at, uri)
    if not openings or await _is_said_often(session, at, received):
        return
    post, sender = await find_post_by_uri(session, uri), await find_actor_by_uri(session, received.actor)
    said = _reaction(received, post) if post is not None else None
    if post is not None and sender is not None and said is not None:
        await pass_on(session, at.hub, said, by=sender, about=post, openings=openings)


def _reaction(received: In, post: Post) -> Json | None:
    """A like or its end, as it goes on; None for one without an id."""
    activity = received.activity
    if activity.id is None or activity.object_id is None:
        return None
    if activity.type == "Like":
        return like_of(activity.id, received.actor, post_uri=post.uri)
    return unlike_of(activity.id, received.actor, like_uri=activity.object_id, post_uri=post.uri)


async def _liked(session: Session, received: In) -> str | None:
    """The id of the post that a like is for of which an Undo names the id alone, as long as we have it."""
    sender, like_uri = await find_actor_by_uri(session, received.actor), received.activity.object_id
    if sender is None or like_uri is None:
        return None
    like = await find_like_by_uri(session, like_uri, actor_id=sender.id)
    post = await find_post(session, like.post_id) if like is not None else None
    return post.uri if post is not None else None


async def _is_said_often(session: Session, at: Gathering, received: In) -> bool:
    """A like that is taken back and given again is for its post alone after a while, not for every community."""
    since, object_uri = at.hub.clock.now() - timedelta(hours=1), received.activity.object_id
    if received.activity.type != "Like" or object_uri is None:
        return False
    said = await count_received(session, actor_uri=received.actor, object_uri=object_uri, type="Like", since=since)
    return said > MOST_LIKES


async def _openings_around(session: Session, at: Gathering, uri: str) -> Sequence[Opening]:
    """The openings in whose conversation a post stands; a hub without chapters need not look."""
    return await approved_openings_around(session, uri) if at.chapters else []


async def _is_around(at: Gathering, uri: str) -> bool:
    """Whether a post belongs to the conversation of an opening."""
    return bool(at.chapters and await at.hub.database.read(lambda session: approved_openings_around(session, uri)))
