"""What is shown, key by key: a key too few breaks a page in a strictly typed client, a key too many may tell a
secret.
"""

import re
from typing import Any

from storage.members import HubRole
from tests.support.client import ApiClient, client_for
from tests.support.hub import RunningHub
from tests.support.peer import Peer


def keys(text: str) -> set[str]:
    """The names in a text."""
    return set(text.split())


ACCOUNT = keys(
    "id username acct display_name note url uri avatar avatar_static header header_static locked bot "
    "group discoverable indexable noindex hide_collections created_at last_status_at followers_count "
    "following_count statuses_count fields emojis roles"
)
SOURCE = keys(
    "privacy sensitive language note fields follow_requests_count discoverable indexable "
    "hide_collections attribution_domains"
)
STATUS = keys(
    "id uri url created_at edited_at account content visibility sensitive spoiler_text language "
    "in_reply_to_id in_reply_to_account_id reblog application media_attachments mentions tags emojis "
    "card poll replies_count reblogs_count favourites_count"
)
FOR_VIEWER = {"favourited", "reblogged", "muted", "bookmarked", "filtered"}
RELATIONSHIP = keys(
    "id following showing_reblogs notifying languages followed_by blocking blocked_by muting "
    "muting_notifications requested requested_by domain_blocking endorsed note"
)
NULLABLE = keys(
    "last_status_at edited_at language in_reply_to_id in_reply_to_account_id reblog application card "
    "poll languages verified_at description blurhash preview_url remote_url preview_remote_url "
    "text_url website account message url"
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def check_values(value: Any, name: str = "") -> None:
    """Ids are texts, moments are written in the one way that every client reads, and nothing is null that may not
    be.
    """
    match value:
        case dict():
            for key, each in value.items():
                check_values(each, key)
        case list():
            for each in value:
                check_values(each, name)
        case None:
            assert name in NULLABLE, name
        case _ if name == "id" or name.endswith("_id"):
            assert isinstance(value, str), name
        case str() if name.endswith("_at"):
            assert MOMENT.fullmatch(value) or (name == "last_status_at" and re.fullmatch(r"\d{4}-\d\d-\d\d", value)), (
                name
            )
        case _:
            pass


async def test_an_account_has_exactly_these_keys(home: RunningHub) -> None:
    client = await client_for(home, await home.member("ada"))
    await client.say("hello")
    own = await client.get("/api/v1/accounts/verify_credentials")
    shown = await client.get(f"/api/v1/accounts/{own['id']}")
    assert set(own) == ACCOUNT | {"source", "role"}
    assert set(own["source"]) == SOURCE
    assert set(own["role"]) == {"id", "name", "permissions", "color", "highlighted"}
    assert set(shown) == ACCOUNT
    check_values([own, shown])
    assert shown["avatar"] == f"{home.url}/static/avatar.png"
    assert (await home.get(shown["avatar"])).headers["Access-Control-Allow-Origin"] == "*"
    assert (await home.get(shown["header"])).headers["Content-Type"] == "image/png"
    assert (shown["acct"], shown["url"], shown["statuses_count"]) == ("ada", f"{home.url}/@ada", 1)


async def test_a_status_has_exactly_these_keys(home: RunningHub) -> None:
    ada = await home.member("ada")
    client, nobody = await client_for(home, ada), ApiClient(home, None)
    await home.member("bob")
    said = await client.say("hello @bob, look at https://example.com/ #Work")
    reply = await client.say("more", in_reply_to_id=said["id"])
    boost = await client.post(f"/api/v1/statuses/{reply['id']}/reblog")
    assert set(said) == STATUS | FOR_VIEWER | {"pinned"}
    assert set(await nobody.get(f"/api/v1/statuses/{said['id']}")) == STATUS
    assert set(boost) == STATUS | FOR_VIEWER
    assert set(boost["reblog"]) == STATUS | FOR_VIEWER | {"pinned"}
    assert set(await client.delete(f"/api/v1/statuses/{reply['id']}")) == STATUS | FOR_VIEWER | {"pinned", "text"}
    check_values([said, reply, boost])
    assert said["application"] == {"name": "Test app", "website": None}
    assert said["tags"] == [{"name": "work", "url": f"{home.url}/tags/work"}]
    (mention,) = said["mentions"]
    assert set(mention) == {"id", "username", "acct", "url"}
    assert f'href="{mention["url"]}" class="u-url mention"' in said["content"]
    assert (reply["in_reply_to_id"], reply["in_reply_to_account_id"]) == (said["id"], str(ada.id))
    assert (boost["id"] != reply["id"], boost["content"]) == (True, reply["content"])


async def test_a_notification_and_a_relationship_have_exactly_these_keys(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    client, other = await client_for(home, ada), await client_for(home, bob)
    status = await client.say("hello")
    relationship = await other.post(f"/api/v1/accounts/{ada.id}/follow")
    await other.post(f"/api/v1/statuses/{status['id']}/favourite")
    liked, followed = await client.get("/api/v1/notifications")
    assert set(liked) == {"id", "type", "created_at", "group_key", "account", "status"}
    assert set(followed) == {"id", "type", "created_at", "group_key", "account"}
    assert (liked["type"], followed["type"]) == ("favourite", "follow")
    assert liked["group_key"] == f"ungrouped-{liked['id']}"
    assert set(relationship) == RELATIONSHIP
    assert (relationship["following"], relationship["showing_reblogs"], relationship["requested"]) == (
        True,
        True,
        False,
    )
    check_values([liked, followed, relationship])


async def test_a_hashtag_tells_its_use_in_texts(home: RunningHub) -> None:
    client = await client_for(home, await home.member("ada"))
    await client.say("#Work is #work")
    await client.say("#work for friends", visibility="private")
    tag = await client.get("/api/v1/tags/WORK/")
    assert set(tag) == {"id", "name", "url", "history", "following", "featuring"}
    assert [set(day) for day in tag["history"]] == [{"day", "accounts", "uses"}] * 7
    assert tag["id"].isdecimal()
    today = tag["history"][0]
    assert (today["uses"], today["accounts"]) == ("1", "1")
    assert all(isinstance(value, str) for day in tag["history"] for value in day.values())


async def test_the_instance_says_what_it_is_and_does_not_promise_more(home: RunningHub) -> None:
    owner = await home.member("owner", role=HubRole.OWNER)
    nobody = ApiClient(home, None)
    first, second = await nobody.get("/api/v1/instance"), await nobody.get("/api/v2/instance")
    assert set(first) == keys(
        "uri title short_description description email version urls stats thumbnail languages "
        "registrations approval_required invites_enabled configuration contact_account rules"
    )
    assert set(second) == keys(
        "domain title version source_url description usage thumbnail icon languages configuration "
        "registrations api_versions contact rules"
    )
    assert first["uri"] == second["domain"] == "hub.test"
    assert re.fullmatch(r"4\.2\.0 \(compatible; FediHub \d+\.\d+\.\d+\)", first["version"])
    assert first["version"] == second["version"]
    assert first["contact_account"]["id"] == second["contact"]["account"]["id"] == str(owner.id)
    assert first["stats"] == {"user_count": 1, "status_count": 0, "domain_count": 0}
    assert second["api_versions"] == {"mastodon": 1}
    assert second["configuration"]["statuses"] == {
        "max_characters": 5000,
        "max_media_attachments": 0,
        "characters_reserved_per_url": 23,
    }
    assert second["configuration"]["media_attachments"]["supported_mime_types"] == []
    assert second["configuration"]["translation"] == {"enabled": False}
    assert "streaming" not in second["configuration"]["urls"]


async def test_what_came_from_elsewhere_is_as_complete(home: RunningHub, peer: Peer) -> None:
    client = await client_for(home, await home.member("ada"))
    eve = peer.add_actor("eve")
    note = peer.note(eve, "<p>from afar</p>")
    found = await client.get("/api/v2/search", params={"q": note["id"], "resolve": "true"})
    (status,) = found["statuses"]
    assert set(status) == STATUS | FOR_VIEWER
    check_values(status)
    assert (status["account"]["acct"], status["uri"]) == ("eve@peer.test", note["id"])
