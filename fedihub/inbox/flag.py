"""Flag: another server tells our operators about somebody here.

It mostly comes from that server's own actor, who stands for whoever complained; so who it is matters less than whose.
Nothing is fetched for it, nothing happens by itself, and whoever is reported is not told.
"""

from collections import defaultdict

from federation.identifiers import origin_text
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Result
from fedihub.text.clean import clean_text, plain_text
from storage.actors import Actor, find_actors
from storage.database import Session
from storage.posts import Post
from storage.reports import Report, copy_of, count_open_reports, insert_report, list_reportable
from storage.rows import new_row

LONGEST_COMMENT = 5_000
"""As Mastodon 4.6 cuts what comes from elsewhere."""
MOST_OPEN = 100
"""Reports of one server that may wait for an operator: nobody shall bury the others."""


async def on_flag(at: Gathering, received: In) -> Change | Result:
    """One report for each of ours who is named, with those of their posts that the sender's server may know; an author
    of whom only posts are named counts as named.
    """
    uris = received.activity.object_ids
    if not any(at.local_actor_id(uri) or at.local_post_id(uri) for uri in uris):
        return Ignored("not_ours")
    return lambda session: _file(session, at, received)


async def _file(session: Session, at: Gathering, received: In) -> Result:
    server = origin_text(received.actor)
    uris = received.activity.object_ids
    posts: dict[int, list[Post]] = defaultdict(list)
    for post in await list_reportable(session, uris, of_server=server):
        posts[post.author_id].append(post)
    named = [actor_id for uri in uris if (actor_id := at.local_actor_id(uri)) is not None]
    actors = [each for each in await find_actors(session, dict.fromkeys([*named, *posts])) if _is_here(each)]
    if not actors:
        return Ignored("nobody_known")
    if await count_open_reports(session, of_server=server) + len(actors) > MOST_OPEN:
        return Ignored("too_many_reports")
    new = [
        await insert_report(session, _row(at, received, actor, posts=posts[actor.id], is_first=actor is actors[0]))
        for actor in actors
    ]
    if not new[0]:
        return Ignored("known")
    at.hub.log.warning("somebody was reported", about=[actor.uri for actor in actors], by=received.actor)
    return Applied()


def _is_here(actor: Actor) -> bool:
    return actor.is_local and actor.gone_at is None


def _row(at: Gathering, received: In, actor: Actor, *, posts: list[Post], is_first: bool) -> Report:
    """The id of the Flag belongs to the first report: it can be there only once."""
    said = received.activity.raw.get("content")
    comment = plain_text(said[: 4 * LONGEST_COMMENT]) if isinstance(said, str) else ""
    return new_row(
        Report,
        id=at.hub.ids.next(),
        uri=received.activity.id if is_first else None,
        reporter_uri=received.actor,
        actor_id=actor.id,
        comment=clean_text(comment, limit=LONGEST_COMMENT),
        posts=[copy_of(post) for post in posts],
        created_at=received.received_at,
    )
