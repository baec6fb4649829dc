"""Reports: what other servers tell our operators, what ours is told of theirs, and what is kept of it."""

from fedihub.services.reports import file_report
from storage.actors import Actor
from storage.posts import Audience
from storage.received import ReceivedState
from storage.reports import Report, list_reports
from tests.conformance.conftest import Scene
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import actor_of, follows, tell, told, verdict


async def reports(scene: Scene) -> list[tuple[Report, Actor]]:
    """All reports of the hub."""
    return await scene.home.hub.database.read(lambda session: list_reports(session, with_closed=True, limit=200))


def server(scene: Scene) -> PeerActor:
    """The actor of the whole peer."""
    return scene.peer.add_actor("instance", type="Application")


async def test_j10_a_report_with_an_actor_and_posts_is_kept_with_copies_of_them(scene: Scene) -> None:
    objects = [scene.ada.uri, scene.post.uri, "http://hub.test/ap/posts/999", "http://peer.test/users/x", {"x": 1}]
    flag = scene.peer.activity(scene.rosa, "Flag", objects, content="<p>Spam,\u202e <b>again</b></p>")
    await scene.hears(flag)
    [(report, about)] = await reports(scene)
    assert (about.id, report.comment, report.uri, report.closed_at) == (scene.ada.id, "Spam, again", flag["id"], None)
    assert [(each["uri"], each["content_html"]) for each in report.posts] == [(scene.post.uri, scene.post.content_html)]


async def test_j10_it_comes_from_a_whole_server_of_which_nothing_is_stored_or_fetched_but_the_key(
    scene: Scene,
) -> None:
    before = await scene.rows()
    instance = server(scene)
    await scene.hears(scene.peer.activity(instance, "Flag", [scene.ada.uri], content=""), by=instance)
    after = await scene.rows()
    assert {name: number - before[name] for name, number in after.items() if number != before[name]} == {"reports": 1}
    assert {request.path for request in scene.peer.requests} <= {"/users/instance", "/users/instance/main-key"}


async def test_j10_one_embedded_object_or_one_id_will_do(scene: Scene) -> None:
    await scene.hears(scene.peer.activity(scene.rosa, "Flag", {"id": scene.post.uri, "type": "Note"}))
    await scene.hears(scene.peer.activity(scene.rosa, "Flag", scene.ada.uri))
    assert [(about.id, len(report.posts)) for report, about in await reports(scene)] == [
        (scene.ada.id, 1),
        (scene.ada.id, 0),
    ]


async def test_j10_the_comment_is_cut(scene: Scene) -> None:
    await scene.hears(scene.peer.activity(scene.rosa, "Flag", scene.ada.uri, content="x" * 9_000))
    [(report, _)] = await reports(scene)
    assert report.comment == "x" * 5_000


async def test_j10_posts_that_the_server_could_not_see_are_left_out(scene: Scene) -> None:
    secret = await scene.home.say(scene.ada, "For Ben", audience=Audience.MENTIONED)
    inner = await scene.home.say(scene.ada, "For friends", audience=Audience.FOLLOWERS)
    flag = scene.peer.activity(scene.rosa, "Flag", [scene.ada.uri, secret.uri, inner.uri, scene.post.uri])
    await scene.hears(flag)
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await scene.hears(flag | {"id": f"{scene.rosa.uri}#second"})
    assert [[each["uri"] for each in report.posts] for report, _ in await reports(scene)] == [
        [scene.post.uri],
        [scene.post.uri, inner.uri],
    ]


async def test_j10_a_report_about_nobody_here_is_nothing(scene: Scene) -> None:
    await scene.hears(scene.peer.activity(scene.rosa, "Flag", [scene.rosa.uri, "http://hub.test/ap/actors/999"]))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "nobody_known")
    assert await reports(scene) == []


async def test_j10_the_same_report_again_is_one(scene: Scene) -> None:
    flag = scene.peer.activity(scene.rosa, "Flag", [scene.ada.uri])
    await scene.hears(flag)
    await scene.hears(flag | {"content": "again"})
    assert len(await reports(scene)) == 1


async def test_j10_nobody_can_bury_the_operators_in_reports(scene: Scene) -> None:
    for _ in range(101):
        flag = scene.peer.activity(scene.rosa, "Flag", [scene.ada.uri])
        assert (await scene.peer.send(scene.home.shared_inbox, flag, by=scene.rosa)).status == 202
    await scene.home.drain()
    assert len(await reports(scene)) == 100


async def test_j10_whoever_is_reported_is_not_told_and_nothing_happens_to_them(scene: Scene) -> None:
    before = await scene.home.actor(scene.ada)
    await scene.hears(scene.peer.activity(scene.rosa, "Flag", [scene.ada.uri, scene.post.uri]))
    assert await told(scene.home, scene.ada) == []
    assert await scene.home.actor(scene.ada) == before


async def test_j10_a_members_report_goes_on_to_the_other_server_without_their_name(scene: Scene) -> None:
    post = await scene.hears_note("<p>Buy!</p>", to=["as:Public"], cc=[scene.ada.uri])
    rosa = await actor_of(scene.home, scene.rosa)
    assert post is not None
    assert rosa is not None
    filed = await file_report(
        scene.home.hub, reporter_id=scene.ada.id, target_id=rosa.id, post_ids=[post.id], comment="Spam", forward=True
    )
    await scene.home.drain()
    flag = await scene.peer.wait_for(lambda activity: activity["type"] == "Flag")
    assert flag["object"] == [scene.rosa.uri, post.uri]
    assert flag["content"] == "Spam"
    assert (await scene.home.document(flag["actor"]))["type"] == "Application"
    assert scene.ada.uri not in str(flag)
    assert filed.report.reporter_uri == scene.ada.uri


async def test_j10_a_members_report_stays_here_unless_they_want_it_forwarded(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    await file_report(scene.home.hub, reporter_id=scene.ada.id, target_id=rosa.id, comment="Spam")
    await scene.home.drain()
    assert len(await reports(scene)) == 1
    assert [activity["type"] for activity in scene.peer.received] == ["Accept"]


async def test_i12_what_a_report_is_about_is_kept_for_the_operators_when_it_is_deleted(scene: Scene) -> None:
    post = await scene.hears_note("<p>Buy!</p>", to=["as:Public"], cc=[scene.ada.uri])
    rosa = await actor_of(scene.home, scene.rosa)
    assert post is not None
    assert rosa is not None
    await file_report(scene.home.hub, reporter_id=scene.ada.id, target_id=rosa.id, post_ids=[post.id])
    await tell(scene.peer, scene.rosa, scene.home, scene.peer.activity(scene.rosa, "Delete", post.uri))
    answer = await scene.home.get(f"/api/v1/statuses/{post.id}")
    assert answer.status == 404
    [(report, _)] = await reports(scene)
    assert [each["content_html"] for each in report.posts] == ["<p>Buy!</p>"]


async def test_j10_a_report_by_a_server_with_several_domains(scene: Scene, resolver: TestResolver) -> None:
    """Takahē's Flag has its id under the reporter's domain, and is signed by the server's actor under the main one. The
    id counts for nothing: another report that has it is not kept off by it.
    """
    instance = server(scene)
    flag = scene.peer.activity(instance, "Flag", [scene.ada.uri]) | {"id": "http://other.test/reports/1/"}
    await scene.hears(flag, by=instance)
    assert [(report.uri, about.id) for report, about in await reports(scene)] == [(None, scene.ada.id)]
    async with Peer.running("other.test", resolver=resolver) as other:
        otto = other.add_actor("otto")
        await tell(other, otto, scene.home, other.activity(otto, "Flag", scene.ada.uri) | {"id": flag["id"]})
    assert {report.uri for report, _ in await reports(scene)} == {None, flag["id"]}


async def test_j10_only_a_report_may_have_an_id_on_another_host(scene: Scene) -> None:
    like = scene.peer.activity(scene.rosa, "Like", scene.post.uri) | {"id": "http://other.test/likes/1"}
    assert (await scene.peer.send(scene.home.shared_inbox, like, by=scene.rosa)).status == 400
