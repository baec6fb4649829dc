"""The unmodified PyPI package Mastodon.py, from registering to paging, as its programs use it.

It is synchronous, so each of its calls runs in a thread, while the hub answers in this one.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from mastodon import Mastodon, MastodonAPIError, MastodonNotFoundError, MastodonUnauthorizedError

from storage.actors import Actor
from tests.support.client import challenge, query_of, requests_session
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.pictures import picture
from tests.support.visitor import Visitor

T = TypeVar("T")
CALLBACK = "https://app.example/callback"
SCOPES = ["read", "write", "follow", "push"]


async def run(call: Callable[..., T], *arguments: Any, **options: Any) -> T:
    return await asyncio.to_thread(call, *arguments, **options)


async def sign_in(home: RunningHub, member: Actor, **options: Any) -> Mastodon:
    """Register an app, go through the pages in a browser, exchange the code: as the package's documentation has it."""
    session = requests_session(home)
    client_id, secret = await run(
        Mastodon.create_app,
        "Story teller",
        scopes=SCOPES,
        redirect_uris=CALLBACK,
        website="https://app.example",
        api_base_url=home.url,
        session=session,
    )
    client = await run(
        Mastodon, client_id, secret, api_base_url=home.url, session=session, ratelimit_method="throw", **options
    )
    address = await run(client.auth_request_url, redirect_uris=CALLBACK, scopes=SCOPES, allow_http=True)
    sent_to = (await Visitor(home).authorize(address, name=member.username)).location
    code = query_of(sent_to)["code"]
    await run(client.log_in, code=code, redirect_uri=CALLBACK, scopes=SCOPES, allow_http=True)
    return client


async def test_it_signs_in_and_knows_who_it_is(home: RunningHub) -> None:
    ada = await home.member("ada")
    client = await sign_in(home, ada)
    me = await run(client.account_verify_credentials)
    assert (str(me.id), me.username, me.acct, me.source.privacy) == (str(ada.id), "ada", "ada", "public")
    assert (await run(client.app_verify_credentials)).name == "Story teller"
    assert (await run(client.instance)).domain == "hub.test"
    assert (await run(client.instance_v1)).uri == "hub.test"
    await run(client.revoke_access_token, allow_http=True)
    with pytest.raises(MastodonUnauthorizedError):
        await run(Mastodon(access_token="gone", api_base_url=home.url, session=requests_session(home)).timeline_home)


async def test_it_signs_in_with_pkce(home: RunningHub) -> None:
    ada = await home.member("ada")
    session = requests_session(home)
    make = {"scopes": SCOPES, "redirect_uris": CALLBACK, "api_base_url": home.url, "session": session}
    client_id, secret = await run(Mastodon.create_app, "Careful", **make)
    client = await run(Mastodon, client_id, secret, api_base_url=home.url, session=session)
    verifier, made = challenge()
    address = await run(client.auth_request_url, redirect_uris=CALLBACK, scopes=SCOPES, state="abc", allow_http=True)
    address += f"&code_challenge={made}&code_challenge_method=S256"
    sent_to = (await Visitor(home).authorize(address, name="ada")).location
    assert query_of(sent_to)["state"] == "abc"
    form = {"grant_type": "authorization_code", "code": query_of(sent_to)["code"], "redirect_uri": CALLBACK}
    who = {"client_id": client_id, "client_secret": secret, "code_verifier": verifier}
    issued = (await run(session.post, f"{home.url}/oauth/token", data=form | who)).json()
    signed_in = await run(Mastodon, access_token=issued["access_token"], api_base_url=home.url, session=session)
    assert str((await run(signed_in.account_verify_credentials)).id) == str(ada.id)


async def test_it_posts_to_every_audience_replies_edits_and_deletes(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    client, other = await sign_in(home, ada), await sign_in(home, bob)
    for visibility in ("public", "unlisted", "private", "direct"):
        status = await run(client.status_post, f"to {visibility}", visibility=visibility, spoiler_text="careful")
        assert (status.visibility, status.spoiler_text, status.sensitive) == (visibility, "careful", True)
        if visibility in ("private", "direct"):
            with pytest.raises(MastodonNotFoundError):
                await run(other.status, status.id)
        else:
            assert (await run(other.status, status.id)).content == status.content
    first = await run(client.status_post, "first", idempotency_key="once")
    assert (await run(client.status_post, "first", idempotency_key="once")).id == first.id
    reply = await run(other.status_reply, first, "second @ada")
    context = await run(client.status_context, first.id)
    assert [each.id for each in context.descendants] == [reply.id]
    assert [each.id for each in (await run(client.status_context, reply.id)).ancestors] == [first.id]
    edited = await run(client.status_update, first.id, status="first, better")
    assert "better" in edited.content
    assert edited.edited_at is not None
    assert (await run(client.status_source, first.id)).text == "first, better"
    assert [each.content for each in await run(client.status_history, first.id)] == ["<p>first</p>", edited.content]
    assert (await run(client.status_delete, first.id)).text == "first, better"
    with pytest.raises(MastodonNotFoundError):
        await run(client.status, first.id)
    with pytest.raises(MastodonNotFoundError):
        await run(client.status_delete, reply.id)
    assert (await run(other.status, reply.id)).in_reply_to_id is None


async def test_it_favourites_boosts_and_is_told_so(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    client, other = await sign_in(home, ada), await sign_in(home, bob)
    status = await run(client.status_post, "hello @bob")
    liked = await run(other.status_favourite, status.id)
    assert (liked.favourited, liked.favourites_count) == (True, 1)
    wrapper = await run(other.status_reblog, status.id)
    assert wrapper.id != status.id
    assert (wrapper.reblog.id, wrapper.reblog.reblogged, wrapper.reblog.reblogs_count) == (status.id, True, 1)
    assert [str(each.id) for each in await run(client.status_favourited_by, status.id)] == [str(bob.id)]
    assert [str(each.id) for each in await run(client.status_reblogged_by, status.id)] == [str(bob.id)]
    assert [each.id for each in await run(other.favourites)] == [status.id]
    told = await run(client.notifications)
    assert [(each.type, each.account.username, each.status.id) for each in told] == [
        ("reblog", "bob", status.id),
        ("favourite", "bob", status.id),
    ]
    assert (await run(client.notifications, id=told[0].id)).type == "reblog"
    assert [each.type for each in await run(client.notifications, types=["favourite"])] == ["favourite"]
    assert [each.type for each in await run(client.notifications, exclude_types=["favourite"])] == ["reblog"]
    assert (await run(client.notifications_unread_count)).count == 2
    assert [each.type for each in await run(other.notifications)] == ["mention"]
    await run(client.notifications_dismiss, told[0].id)
    await run(client.notifications_clear)
    assert await run(client.notifications) == []
    assert (await run(other.status_unreblog, status.id)).id == status.id
    back = await run(other.status_unfavourite, status.id)
    assert (back.favourited, back.reblogged, back.favourites_count, back.reblogs_count) == (False, False, 0, 0)


async def test_it_follows_somebody_elsewhere_by_handle(home: RunningHub, peer: Peer) -> None:
    ada = await home.member("ada")
    client = await sign_in(home, ada)
    peer.add_actor("eve")
    found = await run(client.account_search, "@eve@peer.test", resolve=True)
    assert [(each.acct, each.uri.startswith("http://peer.test/")) for each in found] == [("eve@peer.test", True)]
    assert (await run(client.account_lookup, "eve@peer.test")).id == found[0].id
    relationship = await run(client.account_follow, found[0].id)
    assert (relationship.following, relationship.requested) == (False, True)
    await home.drain()
    follow = await peer.wait_for(lambda activity: activity["type"] == "Follow")
    assert follow["actor"] == ada.uri
    again = await run(client.account_relationships, [found[0].id, ada.id])
    assert [(str(each.id), each.requested) for each in again] == [(str(found[0].id), True), (str(ada.id), False)]
    assert (await run(client.account_unfollow, found[0].id)).requested is False


async def test_it_pages_through_the_home_timeline_and_back(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    client, other = await sign_in(home, ada), await sign_in(home, bob)
    await run(client.account_follow, bob.id)
    said = [(await run(other.status_post, f"number {number}")).id for number in range(7)]
    first = await run(client.timeline_home, limit=3)
    assert [each.id for each in first] == said[:3:-1]
    second = await run(client.fetch_next, first) or []
    assert [each.id for each in second] == said[3:0:-1]
    everything = await run(client.fetch_remaining, first)
    assert [each.id for each in everything] == said[::-1]
    assert [each.id for each in await run(client.fetch_previous, second) or []] == said[:3:-1]


async def test_it_reads_what_the_hub_does_not_have_without_an_error(home: RunningHub) -> None:
    client = await sign_in(home, await home.member("ada"))
    for nothing in (
        client.lists,
        client.mutes,
        client.bookmarks,
        client.filters_v2,
        client.custom_emojis,
        client.announcements,
        client.conversations,
        client.followed_tags,
        client.featured_tags,
        client.trending_tags,
        client.trending_statuses,
        client.trending_links,
        client.suggestions,
        client.scheduled_statuses,
        client.blocks,
        client.follow_requests,
        client.domain_blocks,
    ):
        assert await run(nothing) == [], nothing
    assert (await run(client.preferences))["posting:default:visibility"] == "public"
    with pytest.raises(MastodonNotFoundError):
        await run(client.status_bookmark, 1)


async def test_it_changes_the_profile_and_remembers_where_it_read(home: RunningHub) -> None:
    client = await sign_in(home, await home.member("ada"))
    changed = await run(
        client.account_update_credentials,
        display_name="Ada L.",
        note="I write <programs>\n\nand more",
        locked=True,
        fields=[("Site", "https://ada.example"), ("Mood", "<fine>")],
    )
    assert (changed.display_name, changed.locked, changed.source.note) == (
        "Ada L.",
        True,
        "I write <programs>\n\nand more",
    )
    assert "&lt;programs&gt;" in changed.note
    assert [(each.name, each.value) for each in changed.source.fields] == [
        ("Site", "https://ada.example"),
        ("Mood", "<fine>"),
    ]
    assert 'href="https://ada.example"' in changed.fields[0].value
    assert changed.fields[1].value == "&lt;fine&gt;"
    await run(client.markers_set, ["home", "notifications"], [5, 7])
    again = await run(client.markers_set, ["home"], [9])
    assert (str(again.home.last_read_id), again.home.version) == ("9", 2)
    assert str((await run(client.markers_get, ["notifications"])).notifications.last_read_id) == "7"


async def test_it_makes_polls_and_votes(home: RunningHub) -> None:
    ada = await sign_in(home, await home.member("ada"))
    ben = await sign_in(home, await home.member("ben"))
    poll = ada.make_poll(["Tea", "Coffee"], 3600, multiple=True)
    asked = await run(ada.status_post, "Which?", poll=poll)
    assert [option.title for option in asked.poll.options] == ["Tea", "Coffee"]
    voted = await run(ben.poll_vote, asked.poll.id, [0, 1])
    assert (voted.voted, voted.own_votes, voted.voters_count) == (True, [0, 1], 1)
    assert (await run(ada.poll, asked.poll.id)).votes_count == 2
    with pytest.raises(MastodonAPIError, match="already voted"):
        await run(ben.poll_vote, asked.poll.id, 0)


async def test_it_shows_pictures(home: RunningHub) -> None:
    client = await sign_in(home, await home.member("ada"))
    said = {"mime_type": "image/jpeg", "file_name": "x.jpg", "description": "A flag", "focus": (0.5, -0.5)}
    first = await run(client.media_post, picture(size=(640, 480)), synchronous=True, **said)
    assert (first.type, first.description, first.meta.focus.x) == ("image", "A flag", 0.5)
    assert (first.meta.original.width, first.meta.original.height) == (640, 480)
    assert (await run(client.media, first.id)).url == first.url
    assert (await run(client.media_update, first, description="The flag", focus=(0, 1))).meta.focus.y == 1
    status = await run(client.status_post, "Look", media_ids=[first], sensitive=True)
    assert [(each.id, each.description) for each in status.media_attachments] == [(first.id, "The flag")]
    changes = [client.generate_media_edit_attributes(first.id, description="Our flag")]
    edited = await run(client.status_update, status.id, "Look!", media_attributes=changes)
    assert [(each.id, each.description) for each in edited.media_attachments] == [(first.id, "Our flag")]
    assert len(await run(client.account_statuses, status.account.id, only_media=True)) == 1
    with pytest.raises(MastodonAPIError, match="kind of file"):
        await run(client.media_post, b"<svg/>", mime_type="image/svg+xml", file_name="x.svg")
