"""What is shown, key by key: a key too few breaks a page in a strictly typed client, a key too many may tell a
secret. The keys and their kinds stand in
`tests.support.entities`.
"""

import re

import pytest

from storage.members import HubRole
from tests.support.client import CALLBACK, ApiClient, client_for
from tests.support.entities import check
from tests.support.hub import RunningHub
from tests.support.peer import Peer

FOR_VIEWER = {"favourited", "reblogged", "muted", "bookmarked", "filtered"}

ANSWERS = [
    ("/api/v1/accounts/verify_credentials", "CredentialAccount"),
    ("/api/v1/accounts/{me}", "Account"),
    ("/api/v1/accounts/{eve}", "Account"),
    ("/api/v1/accounts/lookup?acct=eve@peer.test", "Account"),
    ("/api/v1/accounts/search?q=ada", "Account[]"),
    ("/api/v1/accounts/{me}/statuses", "Status[]"),
    ("/api/v1/accounts/{me}/followers", "Account[]"),
    ("/api/v1/accounts/{me}/following", "Account[]"),
    ("/api/v1/accounts/relationships?id[]={me}&id[]={eve}", "Relationship[]"),
    ("/api/v1/accounts/familiar_followers?id[]={eve}", "FamiliarFollowers[]"),
    ("/api/v1/follow_requests", "Account[]"),
    ("/api/v1/blocks", "Account[]"),
    ("/api/v1/statuses/{status}", "Status"),
    ("/api/v1/statuses/{boost}", "Status"),
    ("/api/v1/statuses/{status}/context", "Context"),
    ("/api/v1/statuses/{status}/source", "StatusSource"),
    ("/api/v1/statuses/{status}/history", "StatusEdit[]"),
    ("/api/v1/statuses/{status}/favourited_by", "Account[]"),
    ("/api/v1/statuses/{status}/reblogged_by", "Account[]"),
    ("/api/v1/favourites", "Status[]"),
    ("/api/v1/timelines/home", "Status[]"),
    ("/api/v1/timelines/public", "Status[]"),
    ("/api/v1/timelines/tag/work", "Status[]"),
    ("/api/v1/notifications", "Notification[]"),
    ("/api/v1/tags/work", "Tag"),
    ("/api/v2/search?q=w", "Search"),
    ("/api/v2/search?q=ada", "Search"),
    ("/api/v2/search?resolve=true&q={uri}", "Search"),
    ("/api/v1/markers?timeline[]=home", "Markers"),
    ("/api/v1/preferences", "Preferences"),
    ("/api/v1/apps/verify_credentials", "Application"),
    ("/api/v1/instance", "V1Instance"),
    ("/api/v2/instance", "Instance"),
    ("/oauth/userinfo", "Identity"),
]
MAY_BE_EMPTY = {"/api/v1/blocks", "/api/v1/follow_requests"}


async def story(home: RunningHub, peer: Peer) -> tuple[ApiClient, dict[str, str]]:
    """Something for each of the answers: local and remote people and statuses, an edit, a boost, files, markers."""
    ada, bob = await home.member("ada", role=HubRole.OWNER), await home.member("bob")
    client, other = await client_for(home, ada), await client_for(home, bob)
    eve = peer.add_actor("eve")
    picture = {"type": "Document", "mediaType": "image/png", "url": "https://peer.test/a.png", "width": 4, "height": 3}
    sound = {"type": "Audio", "mediaType": "audio/ogg", "url": "https://peer.test/a.ogg", "name": "A song"}
    note = peer.note(eve, "<p>from afar</p>", attachment=[picture, sound])
    found = await client.get("/api/v2/search", params={"q": note["id"], "resolve": "true"})
    status = await client.say("hello @bob, look at https://example.com/ #Work", spoiler_text="news", language="en")
    await client.call("PUT", f"/api/v1/statuses/{status['id']}", json={"status": "hello @bob again #work"})
    await client.say("more", in_reply_to_id=status["id"])
    boost = await other.post(f"/api/v1/statuses/{status['id']}/reblog")
    await other.post(f"/api/v1/statuses/{status['id']}/favourite")
    await client.post(f"/api/v1/statuses/{status['id']}/favourite")
    await client.post(f"/api/v1/statuses/{found['statuses'][0]['id']}/reblog")
    await client.post(f"/api/v1/accounts/{bob.id}/follow")
    await other.post(f"/api/v1/accounts/{ada.id}/follow")
    await client.call(
        "PATCH", "/api/v1/accounts/update_credentials", json={"fields_attributes": [{"name": "Site", "value": "x"}]}
    )
    await client.post("/api/v1/markers", home={"last_read_id": status["id"]})
    names = {"me": str(ada.id), "eve": found["statuses"][0]["account"]["id"], "uri": note["id"]}
    return client, names | {"status": status["id"], "boost": boost["id"]}


async def test_every_answer_is_the_entity_that_clients_expect(home: RunningHub, peer: Peer) -> None:
    client, names = await story(home, peer)
    for path, kind in ANSWERS:
        answer = await client.get(path.format(**names))
        check(answer, kind, where=path)
        assert answer or path in MAY_BE_EMPTY, path


async def test_what_registering_and_signing_in_answer(home: RunningHub) -> None:
    nobody = ApiClient(home, None)
    app = await nobody.post("/api/v1/apps", client_name="App", redirect_uris=CALLBACK, scopes="read")
    check(app, "CredentialApplication")
    form = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    check(await nobody.post("/oauth/token", grant_type="client_credentials", **form), "Token")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/timelines/home", 401),
        ("GET", "/api/v1/statuses/1", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/api/v1/timelines/public?max_id=x", 422),
        ("POST", "/oauth/token", 400),
        ("POST", "/oauth/revoke", 403),
    ],
)
async def test_every_refusal_is_an_error(home: RunningHub, method: str, path: str, status: int) -> None:
    answer = await ApiClient(home, None).call(method, path)
    assert answer.status == status
    check(answer.json(), "Error")


async def test_an_account_is_shown_as_it_is(home: RunningHub) -> None:
    client = await client_for(home, await home.member("ada"))
    await client.say("hello")
    own = await client.get("/api/v1/accounts/verify_credentials")
    assert own["avatar"] == f"{home.url}/static/avatar.png"
    assert (await home.get(own["avatar"])).headers["Access-Control-Allow-Origin"] == "*"
    assert (await home.get(own["header"])).headers["Content-Type"] == "image/png"
    assert (own["acct"], own["url"], own["statuses_count"]) == ("ada", f"{home.url}/@ada", 1)


async def test_a_status_tells_an_account_what_it_tells_nobody_else(home: RunningHub) -> None:
    client, nobody = await client_for(home, await home.member("ada")), ApiClient(home, None)
    said = await client.say("hello")
    boost = await client.post(f"/api/v1/statuses/{said['id']}/reblog")
    shown = set(await nobody.get(f"/api/v1/statuses/{said['id']}"))
    assert set(said) == shown | FOR_VIEWER | {"pinned"}
    assert set(boost) == shown | FOR_VIEWER
    assert set(boost["reblog"]) == shown | FOR_VIEWER | {"pinned"}
    deleted = await client.delete(f"/api/v1/statuses/{said['id']}")
    check(deleted, "Status")
    assert set(deleted) == shown | FOR_VIEWER | {"pinned", "text"}


async def test_a_status_is_shown_as_it_is(home: RunningHub) -> None:
    ada = await home.member("ada")
    client = await client_for(home, ada)
    await home.member("bob")
    said = await client.say("hello @bob, look at https://example.com/ #Work")
    reply = await client.say("more", in_reply_to_id=said["id"])
    boost = await client.post(f"/api/v1/statuses/{reply['id']}/reblog")
    assert said["application"] == {"name": "Test app", "website": None}
    assert said["tags"] == [{"name": "work", "url": f"{home.url}/tags/work"}]
    (mention,) = said["mentions"]
    assert f'href="{mention["url"]}" class="u-url mention"' in said["content"]
    assert (reply["in_reply_to_id"], reply["in_reply_to_account_id"]) == (said["id"], str(ada.id))
    assert (boost["id"] != reply["id"], boost["content"]) == (True, reply["content"])
    assert (boost["url"], boost["uri"] != reply["uri"]) == (reply["url"], True)


async def test_a_notification_and_a_relationship_are_shown_as_they_are(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    client, other = await client_for(home, ada), await client_for(home, bob)
    status = await client.say("hello")
    relationship = await other.post(f"/api/v1/accounts/{ada.id}/follow")
    await other.post(f"/api/v1/statuses/{status['id']}/favourite")
    liked, followed = await client.get("/api/v1/notifications")
    assert [(each["type"], "status" in each) for each in (liked, followed)] == [("favourite", True), ("follow", False)]
    assert liked["group_key"] == f"ungrouped-{liked['id']}"
    assert [relationship[name] for name in ("following", "showing_reblogs", "requested")] == [True, True, False]


async def test_a_hashtag_tells_its_use_in_texts(home: RunningHub) -> None:
    client = await client_for(home, await home.member("ada"))
    await client.say("#Work is #work")
    await client.say("#work for friends", visibility="private")
    tag = await client.get("/api/v1/tags/WORK/")
    check(tag, "Tag")
    assert {"following", "featuring"} <= set(tag)
    today, *before = tag["history"]
    assert (len(before), today["uses"], today["accounts"]) == (6, "1", "1")


async def test_the_instance_says_what_it_is_and_does_not_promise_more(home: RunningHub) -> None:
    owner = await home.member("owner", role=HubRole.OWNER)
    nobody = ApiClient(home, None)
    first, second = await nobody.get("/api/v1/instance"), await nobody.get("/api/v2/instance")
    assert first["uri"] == second["domain"] == "hub.test"
    assert re.fullmatch(r"4\.2\.0 \(compatible; FediHub \d+\.\d+\.\d+\)", first["version"])
    assert first["version"] == second["version"]
    assert first["contact_account"]["id"] == second["contact"]["account"]["id"] == str(owner.id)
    assert first["stats"] == {"user_count": 1, "status_count": 0, "domain_count": 0}
    assert second["api_versions"] == {"mastodon": 1}
    assert second["configuration"]["statuses"] == {
        "max_characters": 5000,
        "max_media_attachments": 4,
        "characters_reserved_per_url": 23,
    }
    files = second["configuration"]["media_attachments"]
    assert first["configuration"]["media_attachments"] == files
    assert {"image/jpeg", "image/avif", "video/mp4", "audio/mpeg"} < set(files["supported_mime_types"])
    assert not [each for each in files["supported_mime_types"] if "svg" in each or "html" in each]
    assert (files["image_size_limit"], files["description_limit"]) == (16 * 1024 * 1024, 1500)
    assert second["configuration"]["translation"] == {"enabled": False}
    assert "streaming" not in second["configuration"]["urls"]


async def test_what_came_from_elsewhere_is_as_complete(home: RunningHub, peer: Peer) -> None:
    client, names = await story(home, peer)
    found = await client.get("/api/v2/search", params={"q": names["uri"], "resolve": "true"})
    (status,) = found["statuses"]
    assert (status["account"]["acct"], status["uri"]) == ("eve@peer.test", names["uri"])
    assert [each["type"] for each in status["media_attachments"]] == ["image", "audio"]
