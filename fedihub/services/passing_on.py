"""How a chapter speaks to who follows it: an opening to everybody, the talk about it only to servers of communities.

A microblog hears of the opening alone, as a boost that names the post by its id; comments, likes and edits announced
there would flood its people's timelines (LemmyNet/lemmy#2224, mastodon/mastodon#18069). A server that reads FEP-1b12
hears the activities themselves, since that is how it holds the thread together. Which is which is known from NodeInfo
(`fedihub.services.host_software`); one of which nothing is known is a microblog.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from federation.addressing import Audience as WireAudience
from federation.identifiers import host_of
from federation.vocabulary.base import id_of
from fedihub.hub import Hub
from fedihub.outbox import Outgoing, new_activity, publish
from fedihub.services.host_software import lemmy_like
from fedihub.services.sayings import find_sayings
from fedihub.translate import activities, chapters
from fedihub.translate.activities import Json
from storage.actors import Actor, get_actor
from storage.chapters import first_owner, is_banned
from storage.database import Session
from storage.deliveries import has_announced, has_told_of
from storage.openings import Opening, approved_openings_around, find_open_answers, find_passed_on_of
from storage.posts import OPEN, Post, find_post
from storage.reactions import Boost, find_boost
from storage.recipients import inboxes_of, inboxes_of_followers

MOST_ANSWERS = 50
"""So many of the answers that came before an approval go out with it."""
MOST_TAKEN_BACK = 200
"""So many posts of an account that ends are taken back, the newest ones."""
_AUTHOR_GONE = "The account of its author was deleted."
_POST_GONE = "It was deleted where it comes from."


@dataclass(frozen=True, slots=True)
class Inboxes:
    """Who hears of what: `microblogs` of an opening, `communities` of all that goes on around it."""

    microblogs: list[str]
    communities: list[str]


async def inboxes_of_chapter(session: Session, chapter: Actor, *, author: Actor) -> Inboxes:
    """The followers of a chapter and the author of a post in it, told apart by the software of their hosts."""
    every = await inboxes_of_followers(session, chapter.id)
    every = list(dict.fromkeys([*every, *await inboxes_of(session, [author.id], sender_id=chapter.id)]))
    communities = await lemmy_like(session, {host_of(inbox) for inbox in every})
    return Inboxes(
        [inbox for inbox in every if host_of(inbox) not in communities],
        [inbox for inbox in every if host_of(inbox) in communities],
    )


async def announce_opening(
    session: Session, hub: Hub, boost: Boost, *, chapter: Actor, post: Post, is_boosted: bool
) -> None:
    """An approved opening goes out: boosted for microblogs (unless it `is_boosted` already), and said in the chapter
    for communities, together with the answers that it has by then.
    """
    author = await get_actor(session, post.author_id)
    inboxes = await inboxes_of_chapter(session, chapter, author=author)
    said = await find_sayings(session, hub, [(post, author)])
    if not is_boosted:
        microblogs = inboxes.microblogs if said else [*inboxes.microblogs, *inboxes.communities]
        boosted = Outgoing(boost.id, chapter.id, _boosted(boost, chapter, post, author=author), _story(chapter, post))
        await publish(session, hub, _open(boosted, post), inboxes=microblogs)
    if not said or not inboxes.communities:
        return
    answers = await find_open_answers(session, post, chapter_id=chapter.id, limit=MOST_ANSWERS)
    for activity, about, by in [*said, *await find_sayings(session, hub, answers)]:
        inner = chapters.in_chapter(activity, chapter, about, author=by)
        await _announce(session, hub, inner, chapter=chapter, post=about, opening=post, inboxes=inboxes.communities)


async def withdraw_opening(session: Session, hub: Hub, boost: Boost, *, chapter: Actor, post: Post) -> None:
    """An opening is one no longer: the boost is taken back. What communities hear says who did it, and why."""
    author = await get_actor(session, post.author_id)
    inboxes = await inboxes_of_chapter(session, chapter, author=author)
    key, uri = new_activity(hub)
    document = activities.undo_announce(uri, _boosted(boost, chapter, post, author=author))
    outgoing = Outgoing(key, chapter.id, document, _story(chapter, post))
    await publish(session, hub, _open(outgoing, post), inboxes=inboxes.microblogs)


async def announce_removal(
    session: Session,
    hub: Hub,
    *,
    chapter: Actor,
    post: Post,
    moderator: Actor,
    reason: str,
    opening: Post | None = None,
) -> None:
    """A moderator took an opening, or what stands below one, out of the chapter; communities take it out, too."""
    author = await get_actor(session, post.author_id)
    inboxes = await inboxes_of_chapter(session, chapter, author=author)
    _, uri = new_activity(hub)
    inner = chapters.removal(uri, moderator, chapter, post_uri=post.uri, reason=reason)
    story = opening or post
    await _announce(session, hub, inner, chapter=chapter, post=post, opening=story, inboxes=inboxes.communities)


async def take_back_all_of(session: Session, hub: Hub, actor: Actor) -> None:
    """An account ends, and is about to be erased: what chapters passed on of it goes, too, at microblogs the boosts, in
    communities the posts. Those know most of these people by us alone.

    Of our own it is they who delete; for others, whose words we cannot make, a moderator removes.
    """
    for chapter, post, opening in await find_passed_on_of(session, actor.id, limit=MOST_TAKEN_BACK):
        boost = await find_boost(session, actor_id=chapter.id, post_id=post.id)
        if boost is not None:
            await withdraw_opening(session, hub, boost, chapter=chapter, post=post)
        by = actor if actor.is_local else await first_owner(session, chapter.id)
        if by is None or chapter.is_hidden:
            continue
        _, uri = new_activity(hub)
        inner = chapters.removal(uri, by, chapter, post_uri=post.uri, reason=_AUTHOR_GONE)
        if actor.is_local:
            inner = chapters.deletion(uri, by, chapter, post_uri=post.uri)
        inboxes = await inboxes_of_chapter(session, chapter, author=actor)
        await _announce(session, hub, inner, chapter=chapter, post=post, opening=opening, inboxes=inboxes.communities)


async def remove_gone(session: Session, hub: Hub, *, post: Post, openings: Sequence[Opening]) -> None:
    """A post is no more, and its author's own word for that can't go on: communities that heard of it by us would keep
    it for ever, so a moderator removes it there.
    """
    for opening in openings:  # nearly always one
        chapter, by = await get_actor(session, opening.chapter_id), await first_owner(session, opening.chapter_id)
        opener = post if post.id == opening.post_id else await find_post(session, opening.post_id)
        if by is None or opener is None or chapter.is_hidden:
            continue
        if await has_told_of(session, chapter.id, post_id=post.id):
            await announce_removal(
                session, hub, chapter=chapter, post=post, opening=opener, moderator=by, reason=_POST_GONE
            )


async def pass_on(
    session: Session, hub: Hub, activity: Json, *, by: Actor, about: Post, openings: Sequence[Opening]
) -> None:
    """What somebody said or did in the conversations of these openings goes on to the communities that follow their
    chapters, as it came; `about` is the post that it is, or that it is about.

    Who is hidden, limited or banned from a chapter can only take back what it has passed on before, and nobody takes
    back anything else.
    """
    if about.audience not in OPEN:
        return
    for opening in openings:  # nearly always one
        chapter = await get_actor(session, opening.chapter_id)
        opener = about if about.id == opening.post_id else await find_post(session, opening.post_id)
        if opener is None or chapter.is_hidden:
            continue
        may_speak = activity["type"] != "Undo" and await _is_heard(session, chapter, by)
        if not may_speak and not await _takes_back(session, chapter, activity, about):
            continue
        inboxes = await inboxes_of_chapter(session, chapter, author=by)
        inner = chapters.in_chapter(activity, chapter, about, author=by)
        await _announce(session, hub, inner, chapter=chapter, post=about, opening=opener, inboxes=inboxes.communities)


async def pass_on_own(session: Session, hub: Hub, activity: Json, *, by: Actor, about: Post) -> None:
    """The same for what somebody of ours did, wherever the post belongs."""
    openings = await approved_openings_around(session, about.uri)
    await pass_on(session, hub, activity, by=by, about=about, openings=openings)


async def _is_heard(session: Session, chapter: Actor, actor: Actor) -> bool:
    """Whether somebody takes part in the conversations of a chapter."""
    if actor.is_hidden or actor.is_limited:
        return False
    return not await is_banned(session, chapter_id=chapter.id, actor_id=actor.id)


async def _takes_back(session: Session, chapter: Actor, activity: Json, about: Post) -> bool:
    """Whether an activity ends something that the chapter has passed on: a post, or what was said of one."""
    if activity["type"] == "Delete":
        return await has_told_of(session, chapter.id, post_id=about.id)
    undone = id_of(activity.get("object")) if activity["type"] == "Undo" else None
    return undone is not None and await has_announced(session, chapter.id, object_uri=undone)


async def _announce(
    session: Session,
    hub: Hub,
    activity: Json,
    *,
    chapter: Actor,
    post: Post,
    opening: Post,
    inboxes: list[str],
) -> None:
    if not inboxes:
        return
    key, uri = new_activity(hub)
    document = chapters.announce_activity(uri, chapter, activity, published=hub.clock.now())
    outgoing = Outgoing(key, chapter.id, document, _story(chapter, opening))
    await publish(session, hub, _open(outgoing, post), inboxes=inboxes)


def _open(outgoing: Outgoing, post: Post) -> Outgoing:
    """It can be fetched, and whoever heard of the post by it hears of its end."""
    return replace(outgoing, post_id=post.id, is_public=True)


def _boosted(boost: Boost, chapter: Actor, post: Post, *, author: Actor) -> Json:
    return activities.announce(
        boost.uri or "",
        chapter,
        post.uri,
        author=author.uri,
        audience=WireAudience.PUBLIC,
        published=boost.published_at,
    )


def _story(chapter: Actor, opening: Post) -> str:
    """The `order_key` of an opening and all that is passed on about it: a comment must not arrive before its post."""
    return f"{chapter.uri} {opening.uri}"
