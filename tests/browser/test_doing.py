"""What people do on the pages, with a real browser that keeps to the pages' own rules: forms, redirects, policies."""

from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Browser, expect

from federation.webfinger import SUBSCRIBE
from fedihub.services.apps import register_app
from fedihub.services.profiles import ProfileChanges, update_profile
from tests.browser.audit import complaints
from tests.browser.conftest import LONG_WORD, World
from tests.browser.test_pages import opened, picture
from tests.support.hub import PASSWORD
from tests.support.stories import follows

CALLBACK = "http://peer.test/callback"


async def test_following_from_ones_own_server(world: World, chromium: Browser) -> None:
    """The policy of the page must let the form lead to another server: only a browser knows whether it does."""
    link = {"rel": SUBSCRIBE, "template": "http://peer.test/authorize_interaction?uri={uri}"}
    jrd = {"subject": "acct:mia@peer.test", "links": [link]}
    world.peer.serve("/.well-known/webfinger", jrd, content_type="application/jrd+json")
    world.peer.serve("/authorize_interaction", "<h1>Follow riverbench?</h1>", content_type="text/html")
    async with await opened(chromium, width=390) as context:
        page = await context.new_page()
        await page.goto("/@riverbench")
        await page.get_by_text("Follow", exact=True).first.click()
        await page.get_by_label("Your own address in the fediverse").fill("@mia@peer.test")
        await picture(world, page, "project-follow")
        await page.get_by_role("button", name="Follow").click()
        await expect(page.get_by_role("heading", name="Follow riverbench?")).to_be_visible()
        assert parse_qs(urlsplit(page.url).query)["uri"] == [world.bench.uri]


async def test_a_wrong_address_is_explained_where_it_was_typed(world: World, chromium: Browser) -> None:
    async with await opened(chromium, width=390) as context:
        page = await context.new_page()
        await page.goto("/@riverbench/follow")
        await page.get_by_label("Your own address in the fediverse").fill("somebody@nowhere.test")
        await page.get_by_role("button", name="Follow").click()
        await expect(page.get_by_role("alert")).to_contain_text("does not answer")
        await picture(world, page, "follow-wrong")
        assert await complaints(page) == []


async def test_signing_in_and_letting_an_app_speak_for_a_project(world: World, chromium: Browser) -> None:
    made = await register_app(world.home.hub, name="Tusky", redirect_uris=[CALLBACK], scopes=("read", "write", "push"))
    world.peer.serve("/callback", "<h1>Welcome to the app</h1>", content_type="text/html")
    asked = f"response_type=code&client_id={made.app.client_id}&redirect_uri={CALLBACK}&scope=read+write+push&state=xyz"
    async with await opened(chromium, width=390) as context:
        page = await context.new_page()
        await page.goto(f"/oauth/authorize/?{asked}")
        await page.get_by_label("E-mail or handle").fill("ana")
        await page.get_by_label("Password").fill("not this one")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await picture(world, page, "sign-in-wrong")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", name="Connect Tusky?")).to_be_visible()
        await picture(world, page, "authorize")
        assert await complaints(page) == []
        await page.get_by_role("radio", name="riverbench").check()
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_role("heading", name="Welcome to the app")).to_be_visible()
        told = parse_qs(urlsplit(page.url).query)
        assert told["state"] == ["xyz"]
        assert len(told["code"]) == 1


async def test_an_author_writes_an_update_and_a_few_words_about_herself(world: World, chromium: Browser) -> None:
    async with await opened(chromium, width=390) as context:
        page = await context.new_page()
        await page.goto("/sign-in?next=/@riverbench")
        await page.get_by_label("E-mail or handle").fill("ana")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.get_by_role("link", name="Post an update").click()
        await page.get_by_label("What is new?").fill("The fourth bench stands, and it rocks.")
        await page.get_by_label("It is").select_option(label="Victory")
        await picture(world, page, "write")
        assert await complaints(page) == []
        await page.get_by_role("button", name="Post", exact=True).click()
        await expect(page.get_by_role("article")).to_contain_text("The fourth bench stands, and it rocks.")
        await page.goto("/you")
        await page.get_by_role("link", name="Change your profile").click()
        await page.get_by_label("About you").fill("I plane oak.")
        await picture(world, page, "edit-profile")
        assert await complaints(page) == []
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("I plane oak.")).to_be_visible()


async def test_a_member_asks_and_another_votes(world: World, chromium: Browser) -> None:
    async with await opened(chromium, width=390) as anas, await opened(chromium, width=320) as bens:
        page, other = await anas.new_page(), await bens.new_page()
        for each, who in ((page, "ana"), (other, "ben")):
            await each.goto("/sign-in?next=/@ana")
            await each.get_by_label("E-mail or handle").fill(who)
            await each.get_by_label("Password").fill(PASSWORD)
            await each.keyboard.press("Enter")
            await expect(each.get_by_role("heading", name="ana", exact=True).first).to_be_visible()
        await page.goto("/@ana/write")
        await page.get_by_label("What is new?").fill("Which wood for the fifth bench?")
        await page.get_by_text("Ask people to choose").click()
        await page.get_by_label("Answer 1").fill("Oak")
        await page.get_by_label("Answer 2").fill(f"Ash {LONG_WORD}"[:100])
        await picture(world, page, "write-poll")
        assert await complaints(page) == []
        await page.get_by_role("button", name="Post", exact=True).click()
        await expect(page.get_by_text("0 people voted")).to_be_visible()
        await other.goto(page.url)
        await other.get_by_role("radio", name="Oak").check()
        await picture(world, other, "ballot")
        assert await complaints(other) == []
        await other.get_by_role("button", name="Vote").click()
        await expect(other.get_by_text("your vote")).to_be_visible()
        await picture(world, other, "poll")
        assert await complaints(other) == []


async def test_a_member_follows_and_signs_out_again(world: World, chromium: Browser) -> None:
    async with await opened(chromium) as context:
        page = await context.new_page()
        await page.goto("/sign-in")
        await page.get_by_label("E-mail or handle").fill("ben")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Your place")).to_be_visible()
        await picture(world, page, "you")
        assert await complaints(page) == []
        await page.goto("/@ana")
        await page.get_by_role("button", name="Follow").click()
        await expect(page.get_by_role("button", name="Following: stop")).to_be_visible()
        await page.goto(f"/authorize_interaction?uri={world.update.uri}")
        await page.get_by_label("Your answer").fill("I have a trailer.")
        await picture(world, page, "answer")
        assert await complaints(page) == []
        await page.get_by_role("button", name="Answer").click()
        await expect(page.get_by_role("status")).to_contain_text("on its way")
        await page.goto(f"/@riverbench/{world.update.id}")
        await expect(page.get_by_text("I have a trailer.")).to_be_visible()
        await page.goto("/you")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("link", name="Sign in")).to_be_visible()


async def test_a_member_lets_somebody_follow_and_changes_the_password(world: World, chromium: Browser) -> None:
    changes = ProfileChanges(approves_followers=True)
    await update_profile(world.home.hub, actor_id=world.ana.id, by_member_id=world.ana.id, changes=changes)
    await follows(world.peer, world.peer.add_actor("otto"), world.home, world.ana)
    async with await opened(chromium, width=390) as context:
        page = await context.new_page()
        await page.goto("/sign-in")
        await page.get_by_label("E-mail or handle").fill("ana")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.get_by_role("link", name="Who wants to follow you").click()
        await picture(world, page, "follow-requests")
        assert await complaints(page) == []
        await page.get_by_role("button", name="Let them follow").click()
        await expect(page.get_by_text("Nobody asks.")).to_be_visible()
        await page.goto("/you")
        await page.get_by_role("link", name="Change your password").click()
        await page.get_by_label("The one that you have").fill("not this one")
        await page.get_by_label("The new one", exact=True).fill("battery staple horse")
        await page.get_by_label("The new one once more").fill("battery staple horse")
        await page.get_by_role("button", name="Change it").click()
        await expect(page.get_by_role("alert")).to_contain_text("wrong")
        await picture(world, page, "password-wrong")
        assert await complaints(page) == []
