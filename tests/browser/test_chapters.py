"""Those who run a chapter decide about openings with a phone, a keyboard and no scripts."""

from playwright.async_api import Browser, expect

from tests.browser.audit import complaints
from tests.browser.conftest import World
from tests.browser.test_pages import WIDTHS, opened, picture
from tests.support.hub import PASSWORD


async def test_a_moderator_passes_something_on_with_a_phone(world: World, chromium: Browser) -> None:
    async with await opened(chromium, width=WIDTHS["phone"]) as context:
        page = await context.new_page()
        await page.goto("/@alster/openings")
        await page.get_by_label("E-mail or handle").fill("ana")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", name="Openings", exact=True)).to_be_visible()
        await picture(world, page, "openings-phone")
        assert await complaints(page) == []
        await page.get_by_text("Leave it aside…").first.click()
        await page.get_by_label("Why").first.fill("an attack")
        await picture(world, page, "openings-decline")
        await page.get_by_role("button", name="Leave it aside", exact=True).first.press("Enter")
        await expect(page.get_by_text("Storm wood to give away.")).to_be_visible()
        await page.get_by_role("button", name="Pass it on").press("Enter")
        await expect(page.get_by_text("Nothing waits.")).to_be_visible()
        await page.goto("/@alster")
        await expect(page.get_by_text("Storm wood to give away.")).to_be_visible()
        await picture(world, page, "chapter-moderator")


async def test_the_moderators_page_can_be_read_by_everybody(world: World, chromium: Browser) -> None:
    found = {}
    for width, pixels in WIDTHS.items():
        async with await opened(chromium, width=pixels, scheme="dark") as context:
            page = await context.new_page()
            await page.goto("/sign-in")
            await page.get_by_label("E-mail or handle").fill("ana")
            await page.get_by_label("Password").fill(PASSWORD)
            await page.get_by_role("button", name="Sign in").click()
            for shown in ("submitted", "approved"):
                await page.goto(f"/@alster/openings?show={shown}")
                await picture(world, page, f"openings-{shown}-{width}")
                await page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")
                if problems := await complaints(page):
                    found[f"{shown} {width}"] = problems
    assert found == {}


async def test_on_a_phone_the_ways_on_stand_on_one_line(world: World, chromium: Browser) -> None:
    async with await opened(chromium, width=360) as context:
        page = await context.new_page()
        await page.goto("/sign-in?next=/@alster/openings")
        await page.get_by_label("E-mail or handle").fill("ana")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", name="Openings", exact=True)).to_be_visible()
        for links in (".top nav li", ".tabs li"):
            tops = await page.locator(links).evaluate_all("all => all.map(each => each.offsetTop)")
            assert len(tops) == 4
            assert len(set(tops)) == 1, links
