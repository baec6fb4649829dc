"""Timelines: what stands in them, and turning their pages by the Link header alone, as clients do."""

import random
import re
from typing import Any

import pytest

from tests.support.client import ApiClient, client_for
from tests.support.hub import RunningHub
from tests.support.peer import Peer

_LINK = re.compile(r'<([^>]+)>; rel="(next|prev)"')


async def turn(client: ApiClient, path: str, direction: str, *, between: Any = None) -> list[list[str]]:
    """The ids on each page, as long as there is one in this direction."""
    pages: list[list[str]] = []
    address: str | None = path
    while address is not None:
        answer = await client.call("GET", address)
        assert answer.status == 200, answer.text
        pages.append([each["id"] for each in answer.json()])
        header = answer.headers.get("Link", "")
        links = {rel: url for url, rel in _LINK.findall(header)}
        assert header.count(",") == max(0, len(links) - 1)
        assert all(url.startswith(f"{client.home.url}/api/") for url in links.values())
        address = links.get(direction) if pages[-1] else None
        if between:
            await between()
        assert len(pages) < 50, "a walk without an end"
    return pages


def flat(pages: list[list[str]]) -> list[str]:
    return [each for page in pages for each in page]


@pytest.mark.parametrize("seed", [1, 2])
async def test_posts_and_boosts_of_an_account_make_one_list(home: RunningHub, seed: int) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    client, other, chance = await client_for(home, ada), await client_for(home, bob), random.Random(seed)
    made = []
    for number in range(20):
        theirs = await other.say(f"theirs {number}")
        if chance.random() < 0.5:
            made.append((await client.post(f"/api/v1/statuses/{theirs['id']}/reblog"))["id"])
        if chance.random() < 0.6:
            made.append((await client.say(f"mine {number}"))["id"])
    path = f"/api/v1/accounts/{ada.id}/statuses?limit=3"
    down = await turn(other, path, "next")
    assert flat(down) == sorted(made, key=int, reverse=True)
    assert {len(page) for page in down[:-1]} == {3}
    up = await turn(other, f"{path}&min_id=0", "prev")
    assert flat([page[::-1] for page in up]) == sorted(made, key=int)
    said = await client.get(f"/api/v1/accounts/{ada.id}/statuses?exclude_reblogs=true&limit=40")
    assert [each["id"] for each in said] == [each for each in flat(down) if each in {one["id"] for one in said}]
    assert all(each["reblog"] is None for each in said)


async def test_what_comes_in_meanwhile_disturbs_no_walk_through_home(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    client, other = await client_for(home, ada), await client_for(home, bob)
    await home.follow(ada, bob)
    before = [(await other.say(f"before {number}"))["id"] for number in range(7)]

    async def more() -> None:
        status = await other.say("meanwhile")
        await client.post(f"/api/v1/statuses/{status['id']}/reblog")

    walked = flat(await turn(client, "/api/v1/timelines/home?limit=2", "next", between=more))
    assert walked == before[::-1]


async def test_home_has_what_one_follows_and_what_one_says_oneself(home: RunningHub) -> None:
    ada, bob, carol = [await home.member(name) for name in ("ada", "bob", "carol")]
    a, b, c = [await client_for(home, each) for each in (ada, bob, carol)]
    await home.follow(ada, bob)
    own, theirs, hers = await a.say("own"), await b.say("theirs"), await c.say("hers")
    boost = await b.post(f"/api/v1/statuses/{hers['id']}/reblog")
    shown = await a.get("/api/v1/timelines/home")
    assert [each["id"] for each in shown] == [boost["id"], theirs["id"], own["id"]]
    assert shown[0]["reblog"]["id"] == hers["id"]
    await a.post(f"/api/v1/accounts/{carol.id}/block")
    assert [each["id"] for each in await a.get("/api/v1/timelines/home")] == [theirs["id"], own["id"]]


async def test_favourites_are_turned_by_when_they_were_given(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    client, other = await client_for(home, ada), await client_for(home, bob)
    said = [(await other.say(f"number {number}"))["id"] for number in range(5)]
    order = [said[3], said[0], said[4], said[1]]
    for each in order:
        await client.post(f"/api/v1/statuses/{each}/favourite")
    assert flat(await turn(client, "/api/v1/favourites?limit=2", "next")) == order[::-1]


async def test_followers_are_turned_by_their_follows(home: RunningHub) -> None:
    ada = await home.member("ada")
    followers = [await home.member(f"member{number}") for number in range(5)]
    for follower in reversed(followers):
        await home.follow(follower, ada)
    client = await client_for(home, ada)
    walked = flat(await turn(client, f"/api/v1/accounts/{ada.id}/followers?limit=2", "next"))
    assert walked == [str(each.id) for each in followers]
    (following,) = await client.get(f"/api/v1/accounts/{followers[0].id}/following")
    assert following["id"] == str(ada.id)


async def test_notifications_are_turned_like_everything_else(home: RunningHub) -> None:
    ada, bob = await home.member("ada"), await home.member("bob")
    client, other = await client_for(home, ada), await client_for(home, bob)
    for number in range(5):
        await other.say(f"@ada {number}")
    walked = flat(await turn(client, "/api/v1/notifications?limit=2&types[]=mention", "next"))
    assert len(set(walked)) == len(walked) == 5
    assert walked == sorted(walked, key=int, reverse=True)
    assert await other.get("/api/v1/notifications") == []


async def test_the_public_timeline_is_cut_as_asked(home: RunningHub, peer: Peer) -> None:
    ada = await home.member("ada")
    client, eve = await client_for(home, ada), peer.add_actor("eve")
    local = await client.say("#Work here")
    reply = await client.say("#work to myself", in_reply_to_id=local["id"])
    note = peer.note(
        eve, "<p>afar</p>", tag=[{"type": "Hashtag", "name": "#Work", "href": "http://peer.test/tags/work"}]
    )
    found = await client.get("/api/v2/search", params={"q": note["id"], "resolve": "true"})
    remote = found["statuses"][0]
    answer = await client.say("@eve@peer.test no #play", in_reply_to_id=remote["id"])

    async def ids(path: str) -> set[str]:
        return {each["id"] for each in await ApiClient(home, None).get(path)}

    assert await ids("/api/v1/timelines/public") == {local["id"], reply["id"], remote["id"]}
    assert await ids("/api/v1/timelines/public?local=true") == {local["id"], reply["id"]}
    assert await ids("/api/v1/timelines/public?remote=1") == {remote["id"]}
    assert await ids("/api/v1/timelines/public?only_media=true") == set()
    assert await ids("/api/v1/timelines/tag/WORK") == {local["id"], reply["id"], remote["id"]}
    assert await ids("/api/v1/timelines/tag/work?any[]=play") == {local["id"], reply["id"], remote["id"], answer["id"]}
    assert await ids("/api/v1/timelines/tag/work?all[]=play") == set()
    assert await ids("/api/v1/timelines/tag/work?local=true&none[]=play") == {local["id"], reply["id"]}
    assert await ids("/api/v1/timelines/tag/nobody") == set()
