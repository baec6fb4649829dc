"""Conversations: answers that come before what they answer find their place when it arrives."""

import pytest
from sqlalchemy import update
from sqlmodel import col

from storage.conversations import (
    Conversation,
    attach_orphans,
    find_conversation,
    find_conversation_by_uri,
    get_conversation,
    insert_conversation,
)
from storage.database import Database
from storage.errors import NotFound
from storage.posts import Audience, Post
from tests.support.rows import NOW, Rows

PEER = "peer.example"


async def test_a_late_parent_takes_its_answers_in(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada", host=PEER), await rows.actor("bob", host=PEER)
    uri = "https://peer.example/late"
    public = await rows.post(bob, in_reply_to_uri=uri)
    private = await rows.post(bob, in_reply_to_uri=uri, audience=Audience.FOLLOWERS)
    nephew = await rows.post(ada, answers=public)
    parent = await rows.post(ada, uri=uri)
    attached = await database.write(lambda session: attach_orphans(session, parent))
    assert sorted(attached) == sorted([public.id, private.id])
    for post in (public, private):
        stored = await rows.fresh_post(post)
        assert (stored.in_reply_to_id, stored.in_reply_to_author_id) == (parent.id, ada.id)
    assert {(await rows.fresh_post(each)).conversation_id for each in (public, private, nephew, parent)} == {
        parent.conversation_id
    }
    assert (await rows.fresh_post(parent)).replies_count == 1
    assert await database.read(lambda session: find_conversation(session, public.conversation_id)) is None
    assert await database.write(lambda session: attach_orphans(session, parent)) == []


async def test_who_may_not_see_the_parent_attaches_to_nothing(rows: Rows, database: Database) -> None:
    ada, bob, friend = [await rows.actor(name, host=PEER) for name in ("ada", "bob", "friend")]
    await rows.follow(friend, ada)
    uri = "https://peer.example/private"
    allowed = await rows.post(friend, in_reply_to_uri=uri)
    refused = await rows.post(bob, in_reply_to_uri=uri)
    parent = await rows.post(ada, uri=uri, audience=Audience.FOLLOWERS)
    assert await database.write(lambda session: attach_orphans(session, parent)) == [allowed.id]
    stored = await rows.fresh_post(refused)
    assert (stored.in_reply_to_id, stored.conversation_id) == (None, refused.conversation_id)


async def test_the_heir_takes_the_name_if_it_has_none(rows: Rows, database: Database) -> None:
    ada, uri, answers = await rows.actor("ada", host=PEER), "https://peer.example/late", []
    for name in ("https://a.example/c", "https://b.example/c"):
        row = Conversation(id=rows.key(), uri=name, created_at=NOW)
        await database.write(lambda session, row=row: insert_conversation(session, row))
        answers.append(await rows.post(ada, in_reply_to_uri=uri, conversation_id=row.id))
    parent = await rows.post(ada, uri=uri)
    await database.write(lambda session: attach_orphans(session, parent))
    heir = await database.read(lambda session: get_conversation(session, parent.conversation_id))
    assert heir.uri == "https://a.example/c"
    assert await database.read(lambda session: find_conversation_by_uri(session, "https://b.example/c")) is None
    with pytest.raises(NotFound):
        await database.read(lambda session: get_conversation(session, answers[1].conversation_id))


async def test_a_late_parent_takes_in_nothing_but_its_answers(rows: Rows, database: Database) -> None:
    """Eve sets an answer into a talk of others, and then says what it answers: the talk stays where it is."""
    ada, eve = await rows.actor("ada", host=PEER), await rows.actor("eve", host="evil.example")
    talk = await rows.post(ada)
    answered = await rows.post(ada, answers=talk)
    uri = "https://evil.example/late"
    orphan = await rows.post(eve, in_reply_to_uri=uri, conversation_id=talk.conversation_id)
    below = await rows.post(ada, answers=orphan)
    parent = await rows.post(eve, uri=uri)
    await database.write(lambda session: attach_orphans(session, parent))
    kept = {(await rows.fresh_post(each)).conversation_id for each in (talk, answered)}
    assert kept == {talk.conversation_id}
    assert await database.read(lambda session: find_conversation(session, talk.conversation_id)) is not None
    assert {(await rows.fresh_post(each)).conversation_id for each in (orphan, below)} == {parent.conversation_id}


async def test_answers_in_a_circle_are_taken_in_once(rows: Rows, database: Database) -> None:
    ada, uri = await rows.actor("ada", host=PEER), "https://peer.example/late"
    first = await rows.post(ada, in_reply_to_uri=uri)
    second = await rows.post(ada, answers=first)
    third = await rows.post(ada, answers=second)
    circle = update(Post).where(col(Post.id) == second.id).values(in_reply_to_id=third.id)
    await database.write(lambda session: session.execute(circle))
    parent = await rows.post(ada, uri=uri)
    await database.write(lambda session: attach_orphans(session, parent))
    assert (await rows.fresh_post(first)).conversation_id == parent.conversation_id
