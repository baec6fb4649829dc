"""How others find us: WebFinger, host-meta, NodeInfo."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.hub import RunningHub, running_hub
from tests.support.resolver import TestResolver


async def webfinger(home: RunningHub, resource: str, **more: Any) -> Any:
    return await home.get(f"/.well-known/webfinger?resource={resource}", **more)


@pytest.mark.parametrize(
    "resource",
    [
        "acct:ada@hub.test",
        quote("acct:ada@hub.test", safe=""),
        "acct:ADA@HUB.test",
        "ada@hub.test",
        "ID",
        "http://hub.test/@ada",
        "HTTP://hub.test/@ada",
    ],
)
async def test_an_actor_is_found_by_handle_id_and_page(home: RunningHub, resource: str) -> None:
    ada = await home.member("ada")
    answer = await webfinger(home, ada.uri if resource == "ID" else resource)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/jrd+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    found = answer.json()
    assert found["subject"] == "acct:ada@hub.test"
    assert {"rel": "self", "type": "application/activity+json", "href": ada.uri} in found["links"]


@pytest.mark.parametrize("resource", ["acct:eve@hub.test", "acct:ada@evil.test", "http://evil.test/@ada", "acct:@"])
async def test_who_is_not_here(home: RunningHub, resource: str) -> None:
    await home.member("ada")
    answer = await webfinger(home, resource)
    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("query", ["", "?resource=", "?resource=a&resource=b", "?resource=" + "x" * 3000])
async def test_a_question_without_one_resource(home: RunningHub, query: str) -> None:
    assert (await home.get(f"/.well-known/webfinger{query}")).status == 400


async def test_the_server_itself(home: RunningHub) -> None:
    found = (await webfinger(home, "acct:hub.test@hub.test")).json()
    actor = next(link["href"] for link in found["links"] if link["rel"] == "self")
    document = await home.document(actor)
    assert (document["type"], document["preferredUsername"], document["hub:kind"]) == (
        "Application",
        "hub.test",
        "server",
    )


async def test_a_handle_domain_of_its_own(database_url: str, resolver: TestResolver) -> None:
    """Both hosts answer, with one subject."""
    async with running_hub(database_url, resolver, host="ap.hub.test", handle_domain="hub.test") as home:
        resolver.add("hub.test", home.port)
        ada = await home.member("ada")
        for place in ("http://ap.hub.test", "http://hub.test"):
            for handle in ("ada@ap.hub.test", "ada@hub.test"):
                found = (await home.get(f"{place}/.well-known/webfinger?resource=acct:{handle}")).json()
                assert found["subject"] == "acct:ada@hub.test"
        assert (await home.document(ada.uri))["webfinger"] == "ada@hub.test"
        assert (await home.get("http://hub.test/@ada")).status == 421


@pytest.mark.parametrize("path", ["webfinger", "host-meta", "host-meta.json", "nodeinfo", "../nodeinfo/2.0"])
async def test_any_page_may_ask_whether_it_may_ask(home: RunningHub, path: str) -> None:
    answer = await home.request("OPTIONS", f"/.well-known/{path}", headers={"Origin": "https://client.example"})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


async def test_host_meta_in_both_shapes(home: RunningHub) -> None:
    template = "http://hub.test/.well-known/webfinger?resource={uri}"
    as_xml = await home.get("/.well-known/host-meta")
    assert as_xml.headers["Content-Type"].startswith("application/xrd+xml")
    assert f'template="{template}"' in as_xml.text
    for as_json in (
        await home.get("/.well-known/host-meta.json"),
        await home.get("/.well-known/host-meta", accept="application/json"),
    ):
        assert as_json.json()["links"] == [{"rel": "lrdd", "template": template}]


@pytest.mark.parametrize("version", ["2.0", "2.1"])
async def test_nodeinfo(home: RunningHub, version: str) -> None:
    ada = await home.member("ada")
    await home.say(ada, "Hello")
    links = (await home.get("/.well-known/nodeinfo")).json()["links"]
    href = next(link["href"] for link in links if link["rel"].endswith(f"/{version}"))
    answer = await home.get(href)
    document = answer.json()
    assert f"schema/{version}#" in answer.headers["Content-Type"]
    assert document["version"] == version
    assert document["software"]["name"] == "fedihub"
    assert document["protocols"] == ["activitypub"]
    assert document["usage"]["users"]["total"] == 1
    assert document["usage"]["localPosts"] == 1
    assert json.dumps(document).count("mail.example") == 0


async def test_an_unknown_version_of_nodeinfo(home: RunningHub) -> None:
    assert (await home.get("/nodeinfo/9.9")).status == 404
