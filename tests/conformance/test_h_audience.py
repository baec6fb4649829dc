"""Posts: for whom they are, and who is told. Rows H1 to H6, and H14."""

from typing import Any

import pytest

from fedihub.services.posting import publish_post
from storage.notifications import NotificationKind
from storage.posts import Audience
from tests.conformance.conftest import Scene
from tests.support.peer import PUBLIC
from tests.support.speech import mention, sees, spoken_to, status_of
from tests.support.stories import answer_to, post_of, told

HINDI = "\u0939\u093f\u0928\u094d\u0926\u0940"
SPELLINGS = (PUBLIC, "as:Public", "Public")


@pytest.mark.parametrize("public", SPELLINGS)
async def test_h1_all_spellings_of_public_mean_the_same(scene: Scene, public: str) -> None:
    loud = await scene.hears_note(to=public, cc=[scene.ada.uri])
    quiet = await scene.hears_note(to=[scene.rosa.followers, scene.ada.uri], cc=public)
    assert loud is not None
    assert quiet is not None
    assert (loud.audience, quiet.audience) == (Audience.PUBLIC, Audience.QUIET)
    assert (await status_of(scene.home, quiet))["visibility"] == "unlisted"


@pytest.mark.parametrize("inlined", [False, True])
async def test_h2_a_post_for_followers_is_never_shown_in_public(scene: Scene, inlined: bool) -> None:  # noqa: FBT001
    await scene.ada_follows_rosa()
    bob, followers = await scene.home.member("bob"), scene.rosa.followers
    to: Any = [{"type": "OrderedCollection", "id": followers, "totalItems": 3}] if inlined else followers
    stored = await scene.hears_note("<p>Among us</p>", to=to, cc=[])
    assert stored is not None
    assert stored.audience is Audience.FOLLOWERS
    assert await sees(scene.home, stored, scene.ada)
    for stranger in (None, bob):
        assert not await sees(scene.home, stored, stranger)
    for path in (f"/api/v1/statuses/{stored.id}", f"/api/v1/statuses/{stored.id}/history", f"/versions/{stored.id}"):
        assert (await scene.home.get(path)).status in (401, 404)
    assert "Among us" not in (await scene.home.get("/api/v1/timelines/public")).text


async def test_h3_a_post_for_named_people_is_shown_to_them_alone(scene: Scene) -> None:
    bob = await scene.home.member("bob")
    stored = await scene.hears_note(to=[scene.ada.uri], cc=[], tag=[mention(scene.ada)])
    assert stored is not None
    assert stored.audience is Audience.MENTIONED
    assert [await sees(scene.home, stored, each) for each in (scene.ada, bob, None)] == [True, False, False]


async def test_h3_a_post_for_nobody_is_shown_to_whom_it_was_sent(scene: Scene) -> None:
    bob = await scene.home.member("bob")
    note = scene.peer.note(scene.rosa, to=[], cc=[])
    await scene.hears(scene.peer.create(note, by=scene.rosa), inbox=scene.ada.inbox_url)
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.audience is Audience.MENTIONED
    assert [await sees(scene.home, stored, each) for each in (scene.ada, bob, None)] == [True, False, False]


@pytest.mark.parametrize("to", [[], [PUBLIC]])
async def test_h4_who_is_addressed_but_not_mentioned_may_read_it_and_is_not_told(scene: Scene, to: list[str]) -> None:
    stored = await scene.hears_note(to=[*to, scene.ada.uri], cc=[])
    assert stored is not None
    assert await sees(scene.home, stored, scene.ada)
    assert await told(scene.home, scene.ada) == []
    if to:
        assert (await status_of(scene.home, stored))["mentions"] == []


async def test_h4_an_answer_of_ours_does_not_name_who_was_only_addressed(scene: Scene) -> None:
    bob = await scene.home.member("bob")
    stored = await scene.hears_note(to=[PUBLIC, bob.uri], cc=[scene.ada.uri], tag=[mention(scene.ada)])
    assert stored is not None
    assert [each["username"] for each in (await status_of(scene.home, stored))["mentions"]] == ["ada"]


@pytest.mark.parametrize("field", ["to", "cc"])
async def test_h5_who_is_mentioned_and_addressed_is_told(scene: Scene, field: str) -> None:
    addressing: dict[str, Any] = {"to": [PUBLIC], "cc": []}
    addressing[field] = [*addressing[field], scene.ada.uri]
    stored = await scene.hears_note(tag=[mention(scene.ada)], **addressing)
    assert stored is not None
    assert await told(scene.home, scene.ada) == [NotificationKind.MENTION]
    assert [each["username"] for each in (await status_of(scene.home, stored))["mentions"]] == ["ada"]


async def test_h5_who_is_mentioned_in_what_is_addressed_to_another_is_not_told(scene: Scene) -> None:
    bob = await scene.home.member("bob")
    stored = await scene.hears_note(to=[PUBLIC], cc=[bob.uri], tag=[mention(scene.ada), mention(bob)])
    assert stored is not None
    assert await told(scene.home, bob) == [NotificationKind.MENTION]
    assert await told(scene.home, scene.ada) == []


async def test_h5_one_of_ours_who_is_named_late_is_told_all_the_same(scene: Scene) -> None:
    others = [{"type": "Mention", "href": f"http://peer.test/users/nobody{number}"} for number in range(300)]
    stored = await scene.hears_note(to=[PUBLIC], cc=[scene.ada.uri], tag=[*others, mention(scene.ada)])
    assert stored is not None
    assert await told(scene.home, scene.ada) == [NotificationKind.MENTION]


@pytest.mark.parametrize(
    "tag",
    [
        {"type": "Mention"},
        {"type": "Mention", "href": None, "name": "@ada@hub.test"},
        {"type": "Mention", "href": 7},
        {"type": "Mention", "href": "http://nowhere.test/users/nobody"},
        {"type": "Mention", "href": "http://hub.test/ap/actors/999999"},
        {"type": "Mention", "href": {"id": "x"}},
        "a text",
        None,
    ],
)
async def test_h6_a_mention_that_leads_nowhere_does_not_cost_the_post(scene: Scene, tag: Any) -> None:
    stored = await scene.hears_note(to=[PUBLIC], cc=[scene.ada.uri], tag=[tag, mention(scene.ada)])
    assert stored is not None
    assert [each["username"] for each in (await status_of(scene.home, stored))["mentions"]] == ["ada"]


@pytest.mark.parametrize("more", [{}, {"conversation": "tag:peer.test,2026:objectId=1:objectType=Conversation"}])
async def test_h14_an_answer_is_in_the_thread_of_what_it_answers(scene: Scene, more: dict[str, Any]) -> None:
    answer = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "yes", **more)
    await scene.hears(scene.peer.create(answer, by=scene.rosa))
    stored = await post_of(scene.home, answer["id"])
    assert stored is not None
    assert stored.conversation_id == scene.post.conversation_id


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"conversation": "tag:peer.test:1"}, {"conversation": "tag:peer.test:1"}),
        ({"context": "http://peer.test/contexts/1"}, {"context": "http://peer.test/contexts/1"}),
        (
            {"conversation": "tag:peer.test:1"},
            {"conversation": "tag:peer.test:1", "context": "http://peer.test/contexts/1"},
        ),
    ],
)
async def test_h14_posts_that_name_one_conversation_are_in_one_thread(
    scene: Scene, first: dict[str, Any], second: dict[str, Any]
) -> None:
    one = await scene.hears_note(**first, **spoken_to(scene.ada, scene.rosa))
    two = await scene.hears_note(**second, **spoken_to(scene.ada, scene.rosa))
    assert one is not None
    assert two is not None
    assert one.conversation_id == two.conversation_id


async def test_h14_nobody_gets_into_a_thread_of_ours_by_naming_it(scene: Scene) -> None:
    conversation = f"http://hub.test/ap/contexts/{scene.post.conversation_id}"
    stored = await scene.hears_note(context=conversation, **spoken_to(scene.ada, scene.rosa))
    assert stored is not None
    assert stored.conversation_id != scene.post.conversation_id


async def test_h14_members_and_peers_meet_under_one_hashtag(scene: Scene) -> None:
    """The same letters: composed, decomposed, full-width; Hindi with its vowel signs."""
    for ours, theirs, name in (
        ("#caf\u00e9", "#cafe\u0301", "caf\u00e9"),
        ("#caf\u00e9s cafe\u0301s #cafe\u0301s", "#CAF\u00c9S", "caf\u00e9s"),
        ("#\uff42\uff52\uff49\uff44\uff47\uff45", "#Bridge", "bridge"),
        (f"#{HINDI}", f"#{HINDI}", HINDI),
    ):  # fmt: skip
        written = await publish_post(scene.home.hub, author_id=scene.ada.id, text=ours, audience=Audience.PUBLIC)
        tag = [{"type": "Hashtag", "name": theirs}]
        heard = await scene.hears_note(**spoken_to(scene.ada, scene.rosa, tag=tag))
        assert heard is not None
        shown = (await scene.home.get(f"/api/v1/timelines/tag/{name}")).json()
        assert {each["id"] for each in shown} == {str(written), str(heard.id)}
