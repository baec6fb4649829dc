"""A chapter: what people on microblogs and on Lemmy submit, what its moderators let pass, and who hears of what."""

from datetime import timedelta

from fedihub.services.openings import remove_opening
from fedihub.services.posting import delete_post, edit_post
from fedihub.services.reactions import boost, like, unlike
from fedihub.services.remote_posts import dereference_post
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.notifications import NotificationKind
from storage.openings import OpeningState
from storage.paging import Window
from storage.posts import Audience
from storage.received import delete_finished_received
from storage.views.timelines import list_home
from tests.journeys.conftest import both
from tests.support.chapters import ChapterScene, announced, announced_types, approve, chapter, mention, opening, page
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC
from tests.support.stories import answer_to, post_of, tell, told


async def test_a_chapter_is_a_group_that_mastodon_and_lemmy_can_read(at: ChapterScene) -> None:
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


async def test_a_strangers_mention_waits_until_a_moderator_lets_it_pass(at: ChapterScene) -> None:
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
    assert announced(at.lemmy, "Create") == create
    outbox = await at.home.document(f"{at.pune.uri}/outbox?page=0")
    assert [entry["object"] for entry in outbox["orderedItems"]] == [note["id"]]


async def test_a_post_that_was_known_before_its_author_sent_it_is_submitted_all_the_same(at: ChapterScene) -> None:
    note = mention(at.peer, at.rosa, at.pune, "We need a welder")
    post = await dereference_post(at.home.hub, note["id"])  # somebody here has looked at it
    assert post is not None
    assert await opening(at.home, at.pune, post) is None
    create = at.peer.create(note, by=at.rosa)
    await tell(at.peer, at.rosa, at.home, create)
    assert await opening(at.home, at.pune, post) is not None
    await approve(at.home, at.pune, post, by=at.ada)
    assert announced(at.lemmy, "Create") == create


async def test_a_post_of_which_no_signed_word_came_is_boosted_for_lemmy_too(at: ChapterScene) -> None:
    tomas = at.peer.add_actor("tomas")
    note = mention(at.peer, tomas, at.pune, "We need a welder")
    create = at.peer.activity(
        tomas, "Create", note["id"], to=note["to"], cc=note["cc"]
    )  # its post only named, and fetched
    await tell(at.peer, tomas, at.home, create)
    post = await post_of(at.home, note["id"])
    assert post is not None
    await at.home.hub.database.write(
        lambda session: delete_finished_received(session, before=at.home.hub.clock.now() + timedelta(days=1), limit=99)
    )
    await approve(at.home, at.pune, post, by=at.ada)
    assert [activity["object"] for activity in at.lemmy.received] == [note["id"]]
    assert [activity["object"] for activity in at.peer.received] == [note["id"]]


async def test_a_members_post_is_a_page_with_a_title_on_lemmy(at: ChapterScene) -> None:
    ben = await at.home.member("ben")
    post = await at.home.say(ben, "@pune We need a welder\n\nTwo days in May, paid.")
    await approve(at.home, at.pune, post, by=at.ada)

    create = announced(at.lemmy, "Create")
    shown = create["object"]
    assert (shown["type"], shown["name"], shown["audience"]) == ("Page", "We need a welder", at.pune.uri)
    assert (shown["id"], shown["attributedTo"], create["actor"]) == (post.uri, ben.uri, ben.uri)
    assert "inReplyTo" not in shown
    assert PUBLIC in create["to"]
    assert (await at.home.document(create["id"]))["object"]["id"] == post.uri
    assert [activity["object"] for activity in at.peer.received if activity["type"] == "Announce"] == [post.uri]
    assert "boost" in await told(at.home, ben)


async def test_talk_about_an_opening_goes_to_lemmy_and_never_to_a_microblog(at: ChapterScene) -> None:
    ben = await at.home.member("ben")
    post = await at.home.say(ben, "@pune We need a welder")
    await approve(at.home, at.pune, post, by=at.ada)
    at.forget()

    # Liv comments on Lemmy, Rosa answers from her microblog, Ada here; Liv likes it and thinks again.
    comment = answer_to(at.lemmy, at.liv, post, ben, "I can", audience=at.pune.uri)
    await tell(at.lemmy, at.liv, at.home, at.lemmy.create(comment, by=at.liv))
    assert announced(at.lemmy, "Create")["object"]["id"] == comment["id"]
    at.lemmy.received.clear()
    reply = at.peer.create(answer_to(at.peer, at.rosa, post, ben, "Me, too"), by=at.rosa)
    await tell(at.peer, at.rosa, at.home, reply)
    assert announced(at.lemmy, "Create") == reply
    at.lemmy.received.clear()
    answer = await at.home.say(at.ada, "Good", in_reply_to_id=post.id)
    await at.home.drain()
    assert announced(at.lemmy, "Create")["object"] | {"type": "Note"} == (
        announced(at.lemmy, "Create")["object"] | {"id": answer.uri, "audience": at.pune.uri, "inReplyTo": post.uri}
    )
    liking = at.lemmy.activity(at.liv, "Like", post.uri)
    await tell(at.lemmy, at.liv, at.home, liking)
    assert announced(at.lemmy, "Like") == liking
    await tell(at.lemmy, at.liv, at.home, at.lemmy.activity(at.liv, "Undo", liking))
    assert announced(at.lemmy, "Undo")["object"] == liking
    await like(at.home.hub, actor_id=at.ada.id, post_id=post.id)
    await unlike(at.home.hub, actor_id=at.ada.id, post_id=post.id)
    await at.home.drain()
    assert announced_types(at.lemmy) == ["Create", "Like", "Undo", "Like", "Undo"]
    assert not [activity for activity in at.peer.received if activity["type"] == "Announce"]


async def test_what_was_boosted_as_the_chapter_is_not_boosted_again(at: ChapterScene) -> None:
    post = await at.home.say(await at.home.member("ben"), "@pune We need a welder")
    await boost(at.home.hub, actor_id=at.pune.id, post_id=post.id)
    await at.home.drain()
    at.forget()
    await approve(at.home, at.pune, post, by=at.ada)
    assert not at.peer.received
    assert announced_types(at.lemmy) == ["Create"]


async def test_what_was_answered_before_an_opening_passed_goes_out_with_it(at: ChapterScene) -> None:
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
    assert announced_types(at.lemmy) == ["Create", "Create", "Create"]
    announced = [activity["object"] for activity in at.lemmy.received]
    assert announced[0]["object"]["id"] == post.uri  # the thread comes before what answers it
    assert early in announced
    assert [activity["object"] for activity in at.peer.received if activity["type"] == "Announce"] == [post.uri]


async def test_an_opening_from_lemmy_has_its_title_and_its_author_can_change_and_end_it(at: ChapterScene) -> None:
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
    assert announced(at.lemmy, "Update")["object"]["name"] == "Who repairs pumps?"

    at.peer.received.clear()
    delete = at.lemmy.activity(at.liv, "Delete", thread["id"], to=[PUBLIC], cc=[at.pune.uri])
    await tell(at.lemmy, at.liv, at.home, delete)
    assert await post_of(at.home, thread["id"]) is None
    assert announced(at.lemmy, "Delete") == delete
    assert [activity["type"] for activity in at.peer.received] == ["Undo"]
    assert at.peer.received[0]["object"]["object"] == thread["id"]


async def test_a_member_changes_and_ends_an_opening(at: ChapterScene) -> None:
    post = await at.home.say(at.ada, "@pune We need a welder")
    await approve(at.home, at.pune, post, by=at.ada)
    at.lemmy.received.clear()
    await edit_post(at.home.hub, post_id=post.id, by_actor_id=at.ada.id, text="@pune We need two welders")
    await at.home.drain()
    assert announced(at.lemmy, "Update")["object"]["name"] == "We need two welders"
    assert (await opening(at.home, at.pune, post)) is not None

    at.peer.received.clear()
    await delete_post(at.home.hub, post_id=post.id, by_actor_id=at.ada.id)
    await at.home.drain()
    assert announced(at.lemmy, "Delete")["actor"] == at.ada.uri
    undone = [activity["object"]["object"] for activity in at.peer.received if activity["type"] == "Undo"]
    assert undone == [post.uri]


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
