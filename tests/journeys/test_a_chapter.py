"""A chapter: what people on microblogs and on Lemmy submit, what its moderators let pass, and who hears of what."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from fedihub.services.moderation import limit_actor
from fedihub.services.openings import ban_actor, decline_opening, remove_opening
from fedihub.services.posting import delete_post, edit_post
from fedihub.services.reactions import boost, like, unlike
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.notifications import NotificationKind
from storage.openings import OpeningState
from storage.paging import Window
from storage.posts import Audience
from storage.views.timelines import list_home
from tests.journeys.conftest import both
from tests.support.chapters import approve, chapter, mention, opening, page
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC, Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import actor_of, answer_to, follows, post_of, tell, told


@dataclass
class Scene:
    """Who is there. `pune` is a chapter that Ada runs, followed by Rosa from a microblog (`peer`) and by Liv from
    `lemmy`.
    """

    home: RunningHub
    peer: Peer
    lemmy: Peer
    pune: Actor
    ada: Actor
    rosa: PeerActor
    liv: PeerActor

    def forget(self) -> None:
        """What went out so far is not looked at any more."""
        self.peer.received.clear()
        self.lemmy.received.clear()


@pytest.fixture
async def lemmy(resolver: TestResolver) -> AsyncIterator[Peer]:
    """A server of communities."""
    async with Peer.running("lemmy.test", resolver=resolver, software="lemmy") as running:
        yield running


@pytest.fixture
async def at(home: RunningHub, ada: Actor, peer: Peer, rosa: PeerActor, lemmy: Peer) -> Scene:
    """Everybody in their place."""
    pune = await chapter(home, "pune", founder=ada, display_name="Hub Pune", place="Pune", rules="Be kind.")
    found = Scene(home, peer, lemmy, pune, ada, rosa, lemmy.add_actor("liv"))
    await follows(peer, rosa, home, pune)
    await follows(lemmy, found.liv, home, pune)
    for server in (peer, lemmy):
        await server.wait_for(lambda activity: activity["type"] == "Accept")
    found.forget()
    return found


def _inner(server: Peer) -> list[str]:
    """The types of what was announced whole at a server."""
    announced = [activity["object"] for activity in server.received if activity["type"] == "Announce"]
    return [inner["type"] for inner in announced if isinstance(inner, dict)]


def _passed_on(server: Peer, type: str) -> Activity:
    """The only activity of a type that was announced whole at a server."""
    found = [
        activity["object"]
        for activity in server.received
        if activity["type"] == "Announce"
        and isinstance(activity["object"], dict)
        and activity["object"]["type"] == type
    ]
    assert len(found) == 1, server.received
    inner: Activity = found[0]
    return inner


async def test_a_chapter_is_a_group_that_mastodon_and_lemmy_can_read(at: Scene) -> None:
    document = await at.home.document(at.pune.uri)
    assert document["type"] == "Group"
    assert document["hub:kind"] == "chapter"
    assert document["preferredUsername"] == "pune"
    assert document["postingRestrictedToMods"] is False
    assert {"type": "PropertyValue", "name": "Place", "value": "<p>Pune</p>"} in document["attachment"]
    moderators = await at.home.document(document["attributedTo"])
    assert moderators["type"] == "OrderedCollection"
    assert moderators["orderedItems"] == [at.ada.uri]
    for name in ("followers", "outbox", "featured"):
        assert (await at.home.document(document[name]))["type"] == "OrderedCollection"
    assert (await at.home.get(f"{at.ada.uri}/moderators", accept="application/activity+json")).status == 404


async def test_a_strangers_mention_waits_until_a_moderator_lets_it_pass(at: Scene) -> None:
    tomas = at.peer.add_actor("tomas")
    note = mention(at.peer, tomas, at.pune, "We need a welder")
    create = at.peer.create(note, by=tomas)
    await tell(at.peer, tomas, at.home, create)
    post = await post_of(at.home, note["id"])
    assert post is not None
    submitted = await opening(at.home, at.pune, post)
    assert submitted is not None
    assert submitted.state is OpeningState.SUBMITTED
    assert not at.peer.received
    assert not at.lemmy.received

    await approve(at.home, at.pune, post, by=at.ada)

    # The microblog hears of the opening by its id, to everybody; Lemmy gets what Tomás signed, as he signed it.
    boosts = [activity for activity in at.peer.received if activity["type"] == "Announce"]
    assert [(boost["object"], boost["to"]) for boost in boosts] == [(note["id"], [PUBLIC])]
    assert set(boosts[0]["cc"]) == {at.pune.followers_url, tomas.uri}
    assert (await at.home.document(boosts[0]["id"]))["object"] == note["id"]
    assert _passed_on(at.lemmy, "Create") == create
    outbox = await at.home.document(f"{at.pune.uri}/outbox?page=0")
    assert [entry["object"] for entry in outbox["orderedItems"]] == [note["id"]]


async def test_a_members_post_is_a_page_with_a_title_on_lemmy(at: Scene) -> None:
    ben = await at.home.member("ben")
    post = await at.home.say(ben, "@pune We need a welder\n\nTwo days in May, paid.")
    await approve(at.home, at.pune, post, by=at.ada)

    create = _passed_on(at.lemmy, "Create")
    shown = create["object"]
    assert (shown["type"], shown["name"], shown["audience"]) == ("Page", "We need a welder", at.pune.uri)
    assert (shown["id"], shown["attributedTo"], create["actor"]) == (post.uri, ben.uri, ben.uri)
    assert "inReplyTo" not in shown
    assert PUBLIC in create["to"]
    assert (await at.home.document(create["id"]))["object"]["id"] == post.uri
    assert [activity["object"] for activity in at.peer.received if activity["type"] == "Announce"] == [post.uri]
    assert "boost" in await told(at.home, ben)


async def test_talk_about_an_opening_goes_to_lemmy_and_never_to_a_microblog(at: Scene) -> None:
    ben = await at.home.member("ben")
    post = await at.home.say(ben, "@pune We need a welder")
    await approve(at.home, at.pune, post, by=at.ada)
    at.forget()

    # Liv comments on Lemmy, Rosa answers from her microblog, Ada here; Liv likes it and thinks again.
    comment = answer_to(at.lemmy, at.liv, post, ben, "I can", audience=at.pune.uri)
    await tell(at.lemmy, at.liv, at.home, at.lemmy.create(comment, by=at.liv))
    assert _passed_on(at.lemmy, "Create")["object"]["id"] == comment["id"]
    at.lemmy.received.clear()
    reply = at.peer.create(answer_to(at.peer, at.rosa, post, ben, "Me, too"), by=at.rosa)
    await tell(at.peer, at.rosa, at.home, reply)
    assert _passed_on(at.lemmy, "Create") == reply
    at.lemmy.received.clear()
    answer = await at.home.say(at.ada, "Good", in_reply_to_id=post.id)
    await at.home.drain()
    assert _passed_on(at.lemmy, "Create")["object"] | {"type": "Note"} == (
        _passed_on(at.lemmy, "Create")["object"] | {"id": answer.uri, "audience": at.pune.uri, "inReplyTo": post.uri}
    )
    liking = at.lemmy.activity(at.liv, "Like", post.uri)
    await tell(at.lemmy, at.liv, at.home, liking)
    assert _passed_on(at.lemmy, "Like") == liking
    await tell(at.lemmy, at.liv, at.home, at.lemmy.activity(at.liv, "Undo", liking))
    assert _passed_on(at.lemmy, "Undo")["object"] == liking
    await like(at.home.hub, actor_id=at.ada.id, post_id=post.id)
    await unlike(at.home.hub, actor_id=at.ada.id, post_id=post.id)
    await at.home.drain()
    assert _inner(at.lemmy) == ["Create", "Like", "Undo", "Like", "Undo"]
    assert not [activity for activity in at.peer.received if activity["type"] == "Announce"]


async def test_what_was_boosted_as_the_chapter_is_not_boosted_again(at: Scene) -> None:
    post = await at.home.say(await at.home.member("ben"), "@pune We need a welder")
    await boost(at.home.hub, actor_id=at.pune.id, post_id=post.id)
    await at.home.drain()
    at.forget()
    await approve(at.home, at.pune, post, by=at.ada)
    assert not at.peer.received
    assert _inner(at.lemmy) == ["Create"]


async def test_what_is_said_in_private_under_an_opening_stays_private(at: Scene) -> None:
    ben = await at.home.member("ben")
    post = await at.home.say(ben, "@pune We need a welder")
    await approve(at.home, at.pune, post, by=at.ada)
    at.forget()
    private = answer_to(at.peer, at.rosa, post, ben, "My number is 5550100") | {"to": [at.rosa.followers]}
    await tell(at.peer, at.rosa, at.home, at.peer.create(private, by=at.rosa))
    assert await post_of(at.home, private["id"]) is not None
    await tell(at.peer, at.rosa, at.home, at.peer.activity(at.rosa, "Delete", private["id"]))
    await at.home.say(ben, "Between us", in_reply_to_id=post.id, audience=Audience.MENTIONED)
    await at.home.drain()
    assert not at.lemmy.received


async def test_what_was_answered_before_an_opening_passed_goes_out_with_it(at: Scene) -> None:
    ben = await at.home.member("ben")
    post = await at.home.say(ben, "@pune We need a welder")
    early = at.peer.create(answer_to(at.peer, at.rosa, post, ben, "I can"), by=at.rosa)
    await tell(at.peer, at.rosa, at.home, early)
    await at.home.say(at.ada, "So can I", in_reply_to_id=post.id)
    await at.home.say(at.ada, "Between us", in_reply_to_id=post.id, audience=Audience.FOLLOWERS)
    await at.home.drain()
    assert not at.lemmy.received
    at.forget()
    await approve(at.home, at.pune, post, by=at.ada)
    assert _inner(at.lemmy) == ["Create", "Create", "Create"]
    announced = [activity["object"] for activity in at.lemmy.received]
    assert announced[0]["object"]["id"] == post.uri  # the thread comes before what answers it
    assert early in announced
    assert [activity["object"] for activity in at.peer.received if activity["type"] == "Announce"] == [post.uri]


async def test_an_opening_from_lemmy_has_its_title_and_its_author_can_change_and_end_it(at: Scene) -> None:
    thread = page(at.lemmy, at.liv, at.pune, "Who repairs bicycles?")
    await tell(
        at.lemmy, at.liv, at.home, at.lemmy.create(thread, by=at.liv, audience=at.pune.uri, to=thread["to"], cc=[])
    )
    post = await post_of(at.home, thread["id"])
    assert post is not None
    assert post.title == "Who repairs bicycles?"
    await approve(at.home, at.pune, post, by=at.ada)
    assert [activity["object"] for activity in at.peer.received] == [thread["id"]]
    at.lemmy.received.clear()

    edited = thread | {"name": "Who repairs pumps?", "updated": at.home.hub.clock.now().isoformat()}
    update = at.lemmy.activity(at.liv, "Update", edited, to=[PUBLIC], cc=[at.pune.uri])
    await tell(at.lemmy, at.liv, at.home, update)
    assert _passed_on(at.lemmy, "Update")["object"]["name"] == "Who repairs pumps?"

    at.peer.received.clear()
    delete = at.lemmy.activity(at.liv, "Delete", thread["id"], to=[PUBLIC], cc=[at.pune.uri])
    await tell(at.lemmy, at.liv, at.home, delete)
    assert await post_of(at.home, thread["id"]) is None
    assert _passed_on(at.lemmy, "Delete") == delete
    assert [activity["type"] for activity in at.peer.received] == ["Undo"]
    assert at.peer.received[0]["object"]["object"] == thread["id"]


async def test_a_member_changes_and_ends_an_opening(at: Scene) -> None:
    post = await at.home.say(at.ada, "@pune We need a welder")
    await approve(at.home, at.pune, post, by=at.ada)
    at.lemmy.received.clear()
    await edit_post(at.home.hub, post_id=post.id, by_actor_id=at.ada.id, text="@pune We need two welders")
    await at.home.drain()
    assert _passed_on(at.lemmy, "Update")["object"]["name"] == "We need two welders"
    assert (await opening(at.home, at.pune, post)) is not None

    at.peer.received.clear()
    await delete_post(at.home.hub, post_id=post.id, by_actor_id=at.ada.id)
    await at.home.drain()
    assert _passed_on(at.lemmy, "Delete")["actor"] == at.ada.uri
    undone = [activity["object"]["object"] for activity in at.peer.received if activity["type"] == "Undo"]
    assert undone == [post.uri]


async def test_a_moderator_declines_quietly_and_removes_everywhere(at: Scene) -> None:
    note = mention(at.peer, at.rosa, at.pune, "Buy my pumps")
    await tell(at.peer, at.rosa, at.home, at.peer.create(note, by=at.rosa))
    post = await post_of(at.home, note["id"])
    assert post is not None
    waiting = await opening(at.home, at.pune, post)
    assert waiting is not None
    await decline_opening(at.home.hub, opening_id=waiting.id, by_member_id=at.ada.id, reason="an advertisement")
    await at.home.drain()
    assert not at.peer.received
    assert not at.lemmy.received
    await tell(at.peer, at.rosa, at.home, at.peer.create(note | {"content": "<p>Again</p>"}, by=at.rosa))
    declined = await opening(at.home, at.pune, post)
    assert declined is not None
    assert (declined.state, declined.reason) == (OpeningState.DECLINED, "an advertisement")

    await approve(at.home, at.pune, post, by=at.ada)  # a moderator may think again
    at.forget()
    await remove_opening(
        at.home.hub, opening_id=waiting.id, by_member_id=at.ada.id, reason="an advertisement after all"
    )
    await at.home.drain()
    assert [activity["type"] for activity in at.peer.received] == ["Undo"]
    removal = _passed_on(at.lemmy, "Delete")
    assert (removal["actor"], removal["object"], removal["summary"]) == (
        at.ada.uri,
        note["id"],
        "an advertisement after all",
    )
    assert await post_of(at.home, note["id"]) is not None  # only the chapter has parted with it
    assert (await at.home.document(f"{at.pune.uri}/outbox?page=0"))["orderedItems"] == []


async def test_who_is_banned_submits_nothing_and_is_not_passed_on(at: Scene) -> None:
    post = await at.home.say(at.ada, "@pune We need a welder")
    await approve(at.home, at.pune, post, by=at.ada)
    at.lemmy.received.clear()
    stranger = await actor_of(at.home, at.rosa)
    assert stranger is not None
    await ban_actor(at.home.hub, chapter_id=at.pune.id, actor_id=stranger.id, by_member_id=at.ada.id)
    note = mention(at.peer, at.rosa, at.pune, "Buy my pumps")
    await tell(at.peer, at.rosa, at.home, at.peer.create(note, by=at.rosa))
    stored = await post_of(at.home, note["id"])
    assert stored is not None
    assert await opening(at.home, at.pune, stored) is None
    await tell(at.peer, at.rosa, at.home, at.peer.create(answer_to(at.peer, at.rosa, post, at.ada, "Spam"), by=at.rosa))
    assert _inner(at.lemmy) == []


async def test_whom_the_operator_has_limited_is_not_passed_on_either(at: Scene) -> None:
    post = await at.home.say(at.ada, "@pune We need a welder")
    early = answer_to(at.peer, at.rosa, post, at.ada, "Before")
    await tell(at.peer, at.rosa, at.home, at.peer.create(early, by=at.rosa))
    stranger = await actor_of(at.home, at.rosa)
    assert stranger is not None
    await limit_actor(at.home.hub, actor_id=stranger.id)
    await approve(at.home, at.pune, post, by=at.ada)
    await tell(
        at.peer, at.rosa, at.home, at.peer.create(answer_to(at.peer, at.rosa, post, at.ada, "After"), by=at.rosa)
    )
    note = mention(at.peer, at.rosa, at.pune, "Buy my pumps")
    await tell(at.peer, at.rosa, at.home, at.peer.create(note, by=at.rosa))
    assert _inner(at.lemmy) == ["Create"]
    stored = await post_of(at.home, note["id"])
    assert stored is None or await opening(at.home, at.pune, stored) is None


@pytest.mark.parametrize("audience", [Audience.QUIET, Audience.FOLLOWERS, Audience.MENTIONED])
async def test_what_is_not_for_everybody_is_never_submitted_nor_widened(at: Scene, audience: Audience) -> None:
    post = await at.home.say(at.ada, "@pune just for you", audience=audience)
    await at.home.drain()
    assert await opening(at.home, at.pune, post) is None
    assert not at.peer.received  # Rosa follows the chapter, not Ada


async def test_an_answer_that_names_the_chapter_is_no_opening(at: Scene) -> None:
    post = await at.home.say(at.ada, "Hello")
    reply = await at.home.say(at.ada, "@pune look", in_reply_to_id=post.id)
    assert await opening(at.home, at.pune, reply) is None


async def test_a_chapter_that_trusts_members_passes_theirs_on_at_once(at: Scene) -> None:
    open_house = await chapter(at.home, "open", founder=at.ada, trusts_members=True)
    await follows(at.peer, at.rosa, at.home, open_house)
    await follows(at.lemmy, at.liv, at.home, open_house)
    post = await at.home.say(at.ada, "@open Tea on Friday")
    await at.home.drain()
    assert [activity["object"] for activity in at.peer.received if activity["type"] == "Announce"] == [post.uri]
    assert _inner(at.lemmy) == ["Create"]

    note = mention(at.peer, at.rosa, open_house, "Cake, too")
    await tell(at.peer, at.rosa, at.home, at.peer.create(note, by=at.rosa))
    stored = await post_of(at.home, note["id"])
    assert stored is not None
    waiting = await opening(at.home, open_house, stored)
    assert waiting is not None
    assert waiting.state is OpeningState.SUBMITTED


async def test_nobody_outside_moderates_a_chapter(at: Scene) -> None:
    post = await at.home.say(at.ada, "@pune We need a welder")
    await approve(at.home, at.pune, post, by=at.ada)
    delete = at.lemmy.activity(at.liv, "Delete", post.uri, to=[PUBLIC], cc=[at.pune.uri], summary="removed")
    remove = at.lemmy.activity(
        at.liv, "Remove", at.ada.uri, target=f"{at.pune.uri}/moderators", to=[PUBLIC], cc=[at.pune.uri]
    )
    block = at.lemmy.activity(at.liv, "Block", at.ada.uri, target=at.pune.uri, to=[PUBLIC], cc=[at.pune.uri])
    for activity in (delete, remove, block):
        await tell(at.lemmy, at.liv, at.home, activity)
    found = await opening(at.home, at.pune, post)
    assert found is not None
    assert found.state is OpeningState.APPROVED
    assert (await at.home.document(f"{at.pune.uri}/moderators"))["orderedItems"] == [at.ada.uri]


async def test_a_chapter_between_two_hubs(home: RunningHub, away: RunningHub, ada: Actor) -> None:
    """To another hub a chapter is a microblog's: it boosts, and what it boosts is whole there."""
    pune = await chapter(home, "pune", founder=ada, display_name="Hub Pune")
    zoe, yan = await away.member("zoe"), await away.member("yan")
    await away.follow(zoe, await resolve_handle(away.hub, "@pune@hub.test"))
    await both(home, away)
    post = await away.say(yan, "@pune@hub.test We need a welder")
    await both(home, away)
    here = await post_of(home, post.uri)
    assert here is not None
    await approve(home, pune, here, by=ada)
    await both(home, away)
    views = await away.hub.database.read(lambda session: list_home(session, zoe.id, window=Window()))
    boosts = [(view.uri, view.boost.booster.uri) for view in views if view.boost is not None]
    assert boosts == [(post.uri, pune.uri)]
    assert NotificationKind.BOOST in await told(away, yan)

    waiting = await opening(home, pune, here)
    assert waiting is not None
    await remove_opening(home.hub, opening_id=waiting.id, by_member_id=ada.id)
    await both(home, away)
    assert await away.hub.database.read(lambda session: list_home(session, zoe.id, window=Window())) == []
    assert (await away.post(post.id)).boosts_count == 0
