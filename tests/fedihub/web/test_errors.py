"""What goes wrong is a page like the others, and says nothing that a stranger should not know."""

from collections.abc import AsyncIterator

from sqlalchemy import text

from tests.support.hub import RunningHub
from tests.support.visitor import Visitor


async def test_a_wrong_method_is_a_page(home: RunningHub, visitor: Visitor) -> None:
    answer = await home.request("DELETE", "/sign-in")
    assert answer.status == 405
    assert "Allow" in answer.headers
    assert "That is not how this page works" in answer.text


async def test_what_is_too_large_is_a_page(home: RunningHub) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 100_000

    answer = await home.request(
        "POST", "/sign-in", data=endless(), headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status == 413
    assert "That was too much" in answer.text


async def test_what_breaks_inside_stays_inside(home: RunningHub, visitor: Visitor) -> None:
    """The page of a broken hub looks at no session, because the database may be just what broke."""
    await home.member("ana")
    await visitor.sign_in("ana")
    await home.hub.database.write(lambda session: session.execute(text("DROP TABLE web_sessions")))
    page = await visitor.get("/@ana")
    assert page.status == 500
    assert "Something broke on our side" in page.text
    assert "web_sessions" not in page.html
    assert "Sign in" in page.text


async def test_a_form_with_nul_is_refused(home: RunningHub, visitor: Visitor) -> None:
    await visitor.get("/sign-in")
    answer = await visitor.sign_in("a\0b")
    assert answer.status == 422
    assert "NUL" in answer.text
