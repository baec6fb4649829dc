"""Every page in a real browser: on a phone and a desktop, by day and by night, without JavaScript."""

from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.audit import complaints
from tests.browser.conftest import World

Scheme = Literal["light", "dark"]
WIDTHS = {"tiny": 320, "phone": 390, "desktop": 1280}


async def opened(chromium: Browser, *, width: int = 1280, scheme: Scheme = "light") -> BrowserContext:
    """A browser window of somebody who has scripts switched off."""
    return await chromium.new_context(
        base_url="http://hub.test",
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=False,
        reduced_motion="reduce",
    )


async def picture(world: World, page: Page, name: str) -> None:
    """A picture of the page, where somebody asked for pictures."""
    if world.folder is not None:
        await page.screenshot(path=world.folder / f"{name}.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_can_be_read_and_used_by_everybody(world: World, chromium: Browser, scheme: Scheme) -> None:
    """Landmarks, headings, labels, contrast, and nothing that sticks out; see `audit.py`."""
    found = {}
    for width, pixels in WIDTHS.items():
        async with await opened(chromium, width=pixels, scheme=scheme) as context:
            page = await context.new_page()
            for name, path in world.paths().items():
                await page.goto(path)
                await picture(world, page, f"{name}-{width}-{scheme}")
                await page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")
                if problems := await complaints(page):
                    found[f"{name} {width}"] = problems
    assert found == {}


async def test_no_page_speaks_to_anybody_else_or_breaks_its_own_rules(world: World, chromium: Browser) -> None:
    """With scripts on: nothing of a stranger runs, no other host is asked, the policy has nothing to refuse."""
    context = await chromium.new_context(base_url="http://hub.test")
    page = await context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in world.paths().values():
        await page.goto(path)
        assert await page.evaluate("() => window.pwned === undefined && document.scripts.length === 0"), path
    assert [url for url in asked if not url.startswith("http://hub.test/")] == []
    # On plain http Chromium leaves the opener policy out, and says so; a 404 that we asked for is no complaint either.
    real = [text for text in said if "Cross-Origin-Opener-Policy" not in text and "404" not in text]
    assert real == []


async def test_the_keyboard_finds_everything(world: World, chromium: Browser) -> None:
    async with await opened(chromium) as context:
        page = await context.new_page()
        await page.goto("/@riverbench")
        await page.keyboard.press("Tab")
        skip = page.locator("a.skip")
        assert await skip.evaluate("link => link === document.activeElement && link.getBoundingClientRect().top >= 0")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        focused = page.locator(":focus")
        assert await focused.evaluate("each => each.closest('main') !== null")
        assert await focused.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"


async def test_a_story_reads_like_one(world: World, chromium: Browser) -> None:
    async with await opened(chromium, width=390) as context:
        page = await context.new_page()
        await page.goto("/@riverbench")
        story = page.get_by_role("region", name="The story so far")
        first = story.get_by_role("listitem").first
        assert "The first three benches stand." in await first.inner_text()
        assert "Wonderful! Where does the next one go?" in await first.inner_text()
        assert "Building" in await page.get_by_role("main").inner_text()
        await first.get_by_role("link", name="Open the conversation").click()
        assert await page.get_by_role("heading", name="2 replies", exact=True).is_visible()
