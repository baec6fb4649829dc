"""Announce: somebody passes a post on.

What is embedded in it is not believed: a post that we do not know is fetched from its origin. Only what is open to
everybody may be passed on; and to their own followers somebody may pass on their own words, which Mastodon 4.6 then
embeds, since nobody could fetch them: those arrive as in a Create.
"""

from federation.addressing import audience_of
from federation.vocabulary.base import addresses_of, id_of, time_of
from federation.vocabulary.terms import is_public
from fedihub.inbox.create import on_create
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.passed_on import on_passed_on, passed_on
from fedihub.inbox.results import Applied, Change, Ignored, Result
from fedihub.services.remote_posts import dereference_post
from storage.actors import Actor
from storage.database import Session
from storage.follows import has_local_followers
from storage.home import add_boost_to_homes
from storage.notifications import NotificationKind, insert_notification
from storage.posts import OPEN, Audience, Post, find_post, find_post_by_uri
from storage.reactions import Boost, insert_boost, rename_boost
from storage.received import was_undone_before
from storage.visibility import is_visible


async def on_announce(at: Gathering, received: In) -> Change | Result:
    """Counted once per actor, shown in the home timelines of those who follow the sender."""
    activity, uri = received.activity, await at.own_id(received.activity.object_id)
    if uri is None:
        return Ignored("no_object")
    sender = await at.sender(received)
    audience = Audience(audience_of(activity.to, activity.cc, followers_uri=sender.followers_url).value)
    if audience is Audience.MENTIONED:
        return Ignored("not_public")
    if audience is Audience.FOLLOWERS and _is_own_and_private(received):
        return await on_create(at, received)

    def boosted(post: Post) -> Change:
        return lambda session: _boost(session, at, received, sender=sender, post_id=post.id, audience=audience)

    if (hint := passed_on(received)) is not None:
        return await on_passed_on(at, hint, sender=sender, boosted=boosted)
    post = await _post(at, uri, sender=sender)
    return boosted(post) if post is not None else Ignored("not_relevant")


def _is_own_and_private(received: In) -> bool:
    """Whether the sender embeds a post of their own that is not for everybody."""
    post = received.activity.embedded
    if post is None or id_of(post.get("attributedTo")) != received.actor:
        return False
    return not any(map(is_public, (*addresses_of(post.get("to")), *addresses_of(post.get("cc")))))


async def _post(at: Gathering, uri: str, *, sender: Actor) -> Post | None:
    """The post, known or fetched; None where nobody here would see the boost anyway."""
    local_id = at.local_post_id(uri)

    async def unit(session: Session) -> tuple[Post | None, bool]:
        known = await (find_post(session, local_id) if local_id is not None else find_post_by_uri(session, uri))
        return known, await has_local_followers(session, sender.id)

    known, is_followed = await at.hub.database.read(unit)
    if known is not None or at.hub.uris.is_local(uri) or not is_followed:
        return known if known is not None and (known.is_local or is_followed) else None
    return await dereference_post(at.hub, uri, budget=at.budget)


async def _boost(
    session: Session, at: Gathering, received: In, *, sender: Actor, post_id: int, audience: Audience
) -> Result:
    hub, activity = at.hub, received.activity
    now = hub.clock.now()
    post = await find_post(session, post_id)
    if post is None or post.audience not in OPEN or not await is_visible(session, post, viewer_id=sender.id):
        return Ignored("no_such_post")
    if await was_undone_before(session, actor_uri=sender.uri, activity_uri=activity.id):
        return Ignored("undone_before")
    published = min(time_of(activity.raw.get("published"), now=now) or now, now)
    boost = Boost(
        id=hub.ids.at(published),
        uri=activity.id,
        actor_id=sender.id,
        post_id=post.id,
        audience=audience,
        published_at=published,
    )
    if not await insert_boost(session, boost):
        await rename_boost(session, boost)
        return Ignored("known")
    await add_boost_to_homes(session, boost, post)
    if post.is_local:
        await insert_notification(
            session,
            id=hub.ids.next(),
            recipient_id=post.author_id,
            kind=NotificationKind.BOOST,
            actor_id=sender.id,
            post_id=post.id,
            now=now,
        )
    return Applied()
