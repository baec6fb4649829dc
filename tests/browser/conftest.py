"""A hub full of life, a server elsewhere, and a real browser that knows no other host in the world."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from fedihub.services.posting import edit_post
from fedihub.services.projects import Link, add_role
from storage.actors import Actor
from storage.posts import Post, PostKind
from storage.projects import Stage, TeamRole
from tests.support.chapters import approve, chapter, mention
from tests.support.database import DatabaseFarm
from tests.support.hub import RunningHub, running_hub
from tests.support.peer import Peer
from tests.support.resolver import TestResolver

CHROMIUM = os.environ.get("FEDIHUB_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
SWITCHES = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ATTACK = "\"><script>window.pwned=1</script><img src=x onerror='window.pwned=1'>"
PICTURE = files("fedihub.web").joinpath("static", "avatar.png").read_bytes()
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2


@dataclass(frozen=True)
class World:
    """Who and what there is."""

    home: RunningHub
    peer: Peer
    ana: Actor
    bench: Actor
    update: Post
    folder: Path | None
    """Where pictures of the pages are put, if somebody wants to look at them."""

    def paths(self) -> dict[str, str]:
        """Every page that anybody may see, by a name for it."""
        return {
            "home": "/",
            "members": "/members",
            "projects": "/projects",
            "chapters": "/chapters",
            "member": "/@ana",
            "project": "/@riverbench",
            "chapter": "/@alster",
            "conversation": f"/@riverbench/{self.update.id}",
            "versions": f"/versions/{self.update.id}",
            "tag": "/tags/oak",
            "follow": "/@riverbench/follow",
            "sign-in": "/sign-in",
            "developers": "/developers",
            "code": "/oauth/authorize/native?code=pQ3kZb0dU2Zc1m8yZ6l9n5vWcX7s4tR2aE1fG3hJ5kL",
            "missing": "/@nobody",
        }


@pytest.fixture
async def world(database_farm: DatabaseFarm) -> AsyncIterator[World]:
    """Ana and Ben build benches; Mia, elsewhere, answers, kindly and otherwise."""
    resolver, folder = TestResolver(), os.environ.get("FEDIHUB_TEST_SCREENSHOTS")
    url = database_farm.of("sqlite").fresh()
    about = "Small businesses around the Alster who would rather help each other than shout."
    async with (
        Peer.running("peer.test", resolver=resolver) as peer,
        running_hub(url, resolver, hub_name="Alster Makers", hub_description=about) as home,
    ):
        ana, bench = await _settle(home)
        update = await _tell(home, ana, bench)
        await _answer(home, peer, bench, update=update)
        await _meet(home, peer, ana)
        yield World(home, peer, ana, bench, update, Path(folder) if folder else None)


async def _settle(home: RunningHub) -> tuple[Actor, Actor]:
    ana, ben = await home.member("ana"), await home.member("ben")
    bench = await home.project(
        "riverbench",
        founder=ana,
        description="A bench for every two hundred metres of river bank, built from storm wood. https://bench.example/",
        stage=Stage.BUILDING,
        needs=["A trailer on Saturday", "Somebody who can weld"],
        links=[Link("Web site", "https://bench.example/"), Link("Plans", "https://git.example/riverbench/plans")],
    )
    await add_role(home.hub, project_id=bench.id, member_id=ben.id, role=TeamRole.AUTHOR)
    await home.project("soap", founder=ben, description="Soap from what kitchens throw away.", stage=Stage.IDEA)
    await home.project(
        "bikes", founder=ana, description="Cargo bikes, repaired.", stage=Stage.GROWING, needs=["A room"]
    )
    return ana, bench


async def _tell(home: RunningHub, ana: Actor, bench: Actor) -> Post:
    await home.say(
        bench, "An idea: why is there nowhere to sit along the river?", kind=PostKind.UPDATE, writer_id=ana.id
    )
    await home.say(bench, "We need a trailer on Saturday.", kind=PostKind.ASK, writer_id=ana.id)
    text = f"The first three benches stand. #oak\n\n{LONG_WORD}\n\nhttps://bench.example/{'very-long-' * 20}"
    first = await home.say(bench, f"The frist benches stand. {LONG_WORD}", kind=PostKind.UPDATE, writer_id=ana.id)
    await edit_post(home.hub, post_id=first.id, by_actor_id=bench.id, text=text, language="en")
    update = await home.post(first.id)
    await home.say(ana, "Good morning, everybody.")
    return update


async def _answer(home: RunningHub, peer: Peer, bench: Actor, *, update: Post) -> None:
    picture = peer.serve("/oak.png", PICTURE, content_type="image/png")
    emoji = {"type": "Emoji", "name": ":oak:", "icon": {"type": "Image", "url": picture}}
    mia = peer.add_actor("mia", extra={"name": "Mia Lindqvist :oak:", "tag": [emoji]})
    eve = peer.add_actor("eve", extra={"name": ATTACK})
    file = {"type": "Document", "mediaType": "image/png", "url": f"{peer.base}/x.png", "name": "A bench in the sun"}
    kind = peer.note(
        mia, "<p>Wonderful! Where does the next one go? :oak:</p>", inReplyTo=update.uri, attachment=[file], tag=[emoji]
    )
    named = {"tag": [{"type": "Mention", "href": bench.uri, "name": "@riverbench@hub.test"}], "cc": [bench.uri]}
    warning = f"{ATTACK} {LONG_WORD}"
    mean = peer.note(eve, f"<p>{ATTACK}{LONG_WORD}</p>", inReplyTo=kind["id"], summary=warning, **named)
    for note, author in ((kind, mia), (mean, eve)):
        await peer.send(home.shared_inbox, peer.create(note, by=author), by=author)
        await home.drain()


async def _meet(home: RunningHub, peer: Peer, ana: Actor) -> None:
    """A chapter that Ana runs: one opening is passed on, two wait, one of them from somebody who means no good."""
    about = {"description": "Openings around the Alster.", "place": "Hamburg", "rules": "Asks and offers, no adverts."}
    alster = await chapter(home, "alster", founder=ana, display_name="Alster Chapter", **about)
    first = await home.say(ana, "@alster We look for a workshop with a lathe, two evenings a week.", kind=PostKind.ASK)
    await approve(home, alster, first, by=ana)
    await home.say(ana, "@alster Storm wood to give away.", kind=PostKind.OFFER)
    eve = peer.actors["eve"]
    await peer.send(home.shared_inbox, peer.create(mention(peer, eve, alster, f"{ATTACK}{LONG_WORD}"), by=eve), by=eve)
    await home.drain()


@pytest.fixture
async def chromium(world: World) -> AsyncIterator[Browser]:
    """The browser."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    rules = f"MAP hub.test 127.0.0.1:{world.home.port}, MAP peer.test 127.0.0.1:{world.peer.port}, MAP * ~NOTFOUND"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*SWITCHES, f"--host-resolver-rules={rules}"]
        )
        yield browser
        await browser.close()
