"""What is kept, for whom, and who is told: the gate of Mastodon 4.6, and what keeps floods out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedihub.services.resolving import resolve_handle
from storage.follows import accept_follow
from storage.notifications import NotificationKind
from storage.paging import Window
from storage.posts import Audience
from storage.received import ReceivedState
from storage.views.timelines import list_home
from tests.fedihub.inbox.conftest import Scene
from tests.support.peer import PUBLIC
from tests.support.stories import post_of, told, verdict


async def ada_follows_rosa(scene: Scene) -> None:
    rosa = await resolve_handle(scene.home.hub, scene.rosa.handle)
    await scene.home.follow(scene.ada, rosa)
    now = datetime.now(UTC)
    await scene.home.hub.database.write(
        lambda session: accept_follow(session, follower_id=scene.ada.id, followed_id=rosa.id, now=now)
    )


async def test_a_stranger_who_speaks_to_nobody_here_is_not_kept(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, "<p>Buy this</p>")
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "not_relevant")
    assert await post_of(scene.home, note["id"]) is None


async def test_a_mention_alone_is_not_enough(scene: Scene) -> None:
    tag = [{"type": "Mention", "href": scene.ada.uri, "name": "@ada@hub.test"}]
    note = scene.peer.note(scene.rosa, "<p>Buy this</p>", tag=tag)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is None
    assert await told(scene.home, scene.ada) == []


async def test_an_answer_to_an_answer_stays_in_the_conversation_that_began_here(scene: Scene) -> None:
    """Neither speaks to anybody here any more, and nobody here follows them: it is our conversation all the same."""
    first = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri, to=[PUBLIC], cc=[scene.ada.uri])
    await scene.rosa_sends(scene.peer.create(first, by=scene.rosa))
    second = scene.evil.note(scene.eve, inReplyTo=first["id"], to=[PUBLIC], cc=[scene.rosa.uri])
    await scene.eve_sends(scene.evil.create(second, by=scene.eve))
    stored = await post_of(scene.home, second["id"])
    assert stored is not None
    assert stored.conversation_id == scene.post.conversation_id
    assert len(await told(scene.home, scene.ada)) == 1


async def test_an_answer_in_a_conversation_elsewhere_is_not_kept(scene: Scene) -> None:
    first = scene.peer.note(scene.rosa, to=[PUBLIC], cc=[scene.ada.uri])
    await scene.rosa_sends(scene.peer.create(first, by=scene.rosa))
    second = scene.evil.note(scene.eve, inReplyTo=first["id"], to=[PUBLIC], cc=[scene.rosa.uri])
    await scene.eve_sends(scene.evil.create(second, by=scene.eve))
    assert await post_of(scene.home, second["id"]) is None


@pytest.mark.parametrize("public", [PUBLIC, "as:Public", "Public"])
async def test_public_in_any_spelling(scene: Scene, public: str) -> None:
    note = scene.peer.note(scene.rosa, to=public, cc=scene.ada.uri)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.audience is Audience.PUBLIC


@pytest.mark.parametrize(
    ("to", "cc", "audience"),
    [
        (["ADA"], [PUBLIC], Audience.QUIET),
        (["FOLLOWERS", "ADA"], [], Audience.FOLLOWERS),
        (["ADA"], [], Audience.MENTIONED),
        ("ADA", None, Audience.MENTIONED),
        ([{"id": "ADA"}], [{"a": 1}, 7, None], Audience.MENTIONED),
        (["ADA", "https://www.w3.org/ns/activitystreams#public"], [], Audience.MENTIONED),
    ],
)
async def test_what_is_not_understood_counts_as_private(scene: Scene, to: Any, cc: Any, audience: Audience) -> None:
    names = {"ADA": scene.ada.uri, "FOLLOWERS": scene.rosa.followers}

    def real(value: Any) -> Any:
        if isinstance(value, list):
            return [real(each) for each in value]
        return {"id": real(value["id"])} if isinstance(value, dict) and "id" in value else names.get(str(value), value)

    note = scene.peer.note(scene.rosa, to=real(to), cc=real(cc))
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.audience is audience


async def test_a_private_message_is_told_and_shown_to_its_recipient_alone(scene: Scene) -> None:
    tag = {"type": "Mention", "href": scene.ada.uri, "name": "@ada@hub.test"}
    note = scene.peer.note(scene.rosa, "<p>psst</p>", to=[scene.ada.uri], cc=[], tag=tag)
    bob = await scene.home.member("bob")
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert await told(scene.home, scene.ada) == [NotificationKind.MENTION]
    assert await told(scene.home, bob) == []
    for path in (f"/ap/contexts/{stored.conversation_id}", f"/ap/posts/{stored.id}"):
        assert (await scene.home.get(path)).status == 404


async def test_a_mention_bomb_tells_a_bounded_number(scene: Scene) -> None:
    members = [await scene.home.member(f"member{number}") for number in range(25)]
    tags = [{"type": "Mention", "href": member.uri} for member in members] + [
        {"type": "Mention", "href": f"http://nowhere{number}.test/u"} for number in range(500)
    ]
    note = scene.peer.note(scene.rosa, to=[PUBLIC, *(member.uri for member in members)], tag=tags)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    heard = [await told(scene.home, member) for member in members]
    assert sum(map(len, heard)) == 20
    assert not any("nowhere" in name for name in scene.peer.resolver.asked)


async def test_an_answer_to_what_one_cannot_see_attaches_to_nothing(scene: Scene) -> None:
    secret = await scene.home.say(scene.ada, "secret", audience=Audience.MENTIONED)
    note = scene.peer.note(scene.rosa, inReplyTo=secret.uri, to=[PUBLIC], cc=[scene.ada.uri])
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert (stored.in_reply_to_id, stored.conversation_id == secret.conversation_id) == (None, False)
    assert await told(scene.home, scene.ada) == []


async def test_an_answer_cannot_be_put_into_a_conversation_by_its_name(scene: Scene) -> None:
    context = scene.home.hub.uris.context(str(scene.post.conversation_id))
    note = scene.peer.note(scene.rosa, context=context, conversation=context, to=[PUBLIC], cc=[scene.ada.uri])
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.conversation_id != scene.post.conversation_id


async def test_a_vote_is_no_answer(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri, to=[scene.ada.uri], cc=[])
    vote = {name: value for name, value in note.items() if name != "content"} | {"name": "Red"}
    await scene.rosa_sends(scene.peer.create(vote, by=scene.rosa))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "no_such_poll")
    assert (await scene.home.post(scene.post.id)).replies_count == 0


async def test_old_posts_are_no_news(scene: Scene) -> None:
    long_ago = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    tag = [{"type": "Mention", "href": scene.ada.uri}]
    note = scene.peer.note(scene.rosa, to=[PUBLIC], cc=[scene.ada.uri], tag=tag, published=long_ago)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is not None
    assert await told(scene.home, scene.ada) == []


async def test_a_post_from_the_future_does_not_stay_on_top(scene: Scene) -> None:
    await ada_follows_rosa(scene)
    future = scene.peer.note(scene.rosa, "<p>future</p>", published="2099-01-01T00:00:00Z")
    await scene.rosa_sends(scene.peer.create(future, by=scene.rosa))
    later = await scene.home.say(scene.ada, "later")
    views = await scene.home.hub.database.read(lambda session: list_home(session, scene.ada.id, window=Window()))
    assert views[0].uri == later.uri


async def test_an_activity_to_two_inboxes_has_one_effect(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri, to=[PUBLIC], cc=[scene.ada.uri])
    create = scene.peer.create(note, by=scene.rosa)
    await scene.rosa_sends(create)
    await scene.rosa_sends(create, inbox=scene.ada.inbox_url)
    assert (await scene.home.post(scene.post.id)).replies_count == 1


@pytest.mark.parametrize("kind", ["EmojiReact", "View", "Listen", "Offer", "Whatever"])
async def test_what_we_have_no_use_for_is_ignored_with_a_reason(scene: Scene, kind: str) -> None:
    before = await scene.rows()
    activity = scene.peer.activity(scene.rosa, kind, [scene.post.uri, scene.ada.uri], target=scene.ada.uri)
    await scene.rosa_sends(activity)
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "unknown_type")
    assert await scene.rows() == before


ODD_OBJECTS: list[Any] = [
    None,
    [],
    {},
    7,
    "nonsense",
    "http://peer.test/",
    {"type": "Note"},
    {"id": 7},
    [[[]]],
    [{}, {}],
]


@pytest.mark.parametrize(
    "kind", ["Follow", "Accept", "Undo", "Create", "Update", "Delete", "Like", "Announce", "Block", "Move"]
)
async def test_odd_objects_do_no_harm(scene: Scene, kind: str) -> None:
    before = await scene.rows()
    for odd in ODD_OBJECTS:
        activity = scene.peer.activity(scene.rosa, kind, "x") | {"object": odd}
        assert (await scene.peer.send(scene.home.shared_inbox, activity, by=scene.rosa)).status in (202, 400)
    await scene.home.drain()
    after = await scene.rows()
    assert {each.state for each in await scene.home.log()} <= {ReceivedState.IGNORED, ReceivedState.REFUSED}
    assert {name for name in after if after[name] != before[name]} <= {"actors", "tombstones"}
