"""The words in which a post goes on to communities: what its author said of it, as it came or as we sent it.

A chapter vouches for what it passes on, and its moderators have seen what is shown here. So what was said elsewhere
goes on only if it says just that: a second Create under the same id, or an Update that is no edit, changes nothing here
and must not reach others by us.
"""

from collections import defaultdict
from collections.abc import Sequence

import orjson

from federation.errors import BadDocument
from federation.vocabulary.objects import read_object
from fedihub.hub import Hub
from fedihub.outbox import MOST_FORWARDED
from fedihub.services.remote_versions import is_shown
from fedihub.translate import chapters
from fedihub.translate.activities import Json
from fedihub.translate.incoming import by_our_ids
from storage.actors import Actor
from storage.database import Session
from storage.deliveries import find_said_about
from storage.posts import Post
from storage.received import find_heard_about


async def newest_said(session: Session, post: Post) -> Json | None:
    """The last that we said to everybody of a post of ours; None for one that did not go out to everybody."""
    said = await find_said_about(session, [post.id], chapters.SAYINGS)
    newest: Json | None = orjson.loads(said[-1].body) if said else None
    return newest


async def find_sayings(
    session: Session, hub: Hub, posts: Sequence[tuple[Post, Actor]]
) -> list[tuple[Json, Post, Actor]]:
    """The activities that show these posts as they are now, post by post; of others the bytes that they signed, as long
    as the inbound log keeps them.
    """
    ours = {post.id for post, author in posts if author.is_local}
    theirs = [(post, author) for post, author in posts if not author.is_local]
    said: dict[str, list[Json]] = defaultdict(list)
    for each in await find_said_about(session, ours, chapters.SAYINGS) if ours else []:
        said[each.object_uri or ""].append(orjson.loads(each.body))
    heard = await _heard(session, hub, theirs) if theirs else {}
    return [
        (activity, post, author)
        for post, author in posts
        for activity in (chapters.of_ours(said[post.uri]) if author.is_local else chapters.of_others(heard[post.uri]))
    ]


def as_it_came(body: bytes) -> Json | None:
    """What somebody elsewhere signed, if it may go on at all: None for what is longer than anything anybody says, and
    for what names its type in an unusual way, which others may read otherwise than we do.
    """
    activity: Json | None = orjson.loads(body) if len(body) <= MOST_FORWARDED else None
    return activity if activity is not None and isinstance(activity.get("type"), str) else None


async def says_what_is_shown(session: Session, hub: Hub, activity: Json, *, post: Post) -> bool:
    """Whether a Create or Update carries a post as it is shown here. One that only names the post does not."""
    document = activity.get("object")
    if not isinstance(document, dict):
        return False
    try:
        found = by_our_ids(read_object(document, now=hub.clock.now()), hub.uris)
    except BadDocument:
        return False
    if post.in_reply_to_uri is not None and not chapters.is_plain_answer(document, post.in_reply_to_uri):
        return False
    return await is_shown(session, hub, post, found=found)


async def _heard(session: Session, hub: Hub, posts: Sequence[tuple[Post, Actor]]) -> dict[str, list[chapters.Saying]]:
    """What the authors of these posts said of them, each of their own."""
    of = {(author.uri, post.uri): post for post, author in posts}
    rows = await find_heard_about(
        session,
        actor_uris={actor_uri for actor_uri, _ in of},
        object_uris={post_uri for _, post_uri in of},
        types=chapters.SAYINGS,
        longest=MOST_FORWARDED,
    )
    heard: dict[str, list[chapters.Saying]] = defaultdict(list)
    for row in rows:
        post, activity = of.get((row.actor_uri, row.object_uri)), orjson.loads(row.body)
        if post is not None:
            shown = await says_what_is_shown(session, hub, activity, post=post)
            heard[post.uri].append(chapters.Saying(activity, is_shown=shown, was_applied=row.was_applied))
    return heard
