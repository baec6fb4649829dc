"""Who may see a post, said once and held against every pair of audience and viewer."""

from typing import NamedTuple

import pytest
from sqlalchemy import Select, select
from sqlmodel import col

from storage.actors import Actor
from storage.database import Database, Session
from storage.posts import OPEN, Audience, Post
from storage.visibility import is_visible, visible_to
from tests.support.rows import Rows


class Cast(NamedTuple):
    """Everybody who could look at a post of the author's."""

    author: Actor
    follower: Actor
    asking: Actor
    named: Actor
    stranger: Actor
    blocked: Actor
    blocking: Actor


@pytest.fixture
async def cast(rows: Rows) -> Cast:
    """All but the stranger are in some relation to the author; those of a block are named and follow, too."""
    cast = Cast(*[await rows.actor(name, host="peer.example") for name in Cast._fields])
    await rows.follow(cast.follower, cast.author)
    await rows.follow(cast.asking, cast.author, accepted=False)
    await rows.block(cast.author, cast.blocked)
    await rows.block(cast.blocking, cast.author)
    await rows.follow(cast.blocked, cast.author)
    await rows.follow(cast.blocking, cast.author)
    return cast


def may_see(audience: Audience, name: str) -> bool:
    """The rule, written as a person would."""
    if name in ("blocked", "blocking"):
        return False
    if audience in OPEN or name in ("author", "named"):
        return True
    return audience is Audience.FOLLOWERS and name == "follower"


async def test_every_viewer_of_every_audience(rows: Rows, database: Database, cast: Cast) -> None:
    for audience in Audience:
        mentions = [cast.named, cast.blocked, cast.blocking]
        post = await rows.post(cast.author, audience=audience, mentions=mentions)
        for name, viewer in cast._asdict().items():
            seen = await database.read(lambda session, v=viewer, p=post: is_visible(session, p, viewer_id=v.id))
            assert seen is may_see(audience, name), (audience, name)
        anybody = await database.read(lambda session, p=post: is_visible(session, p, viewer_id=None))
        assert anybody is (audience in OPEN)


async def test_lists_obey_the_same_rule(rows: Rows, database: Database, cast: Cast) -> None:
    posts = {audience: await rows.post(cast.author, audience=audience, mentions=[cast.named]) for audience in Audience}
    for name, viewer in [*cast._asdict().items(), ("anybody", None)]:
        viewer_id = viewer.id if viewer is not None else None
        wanted = select(col(Post.id)).where(visible_to(viewer_id))
        found = set(await database.read(lambda session, w=wanted: scalars(session, w)))
        allowed = {post.id for audience, post in posts.items() if may_see(audience, name)}
        assert found == allowed, name


async def scalars(session: Session, statement: Select[int]) -> list[int]:
    return list(await session.scalars(statement))
