"""Signing in and out: sessions, forged forms, and guessing."""

from datetime import timedelta

from sqlmodel import select

from fedihub.clock import ManualClock
from fedihub.hub import open_hub
from fedihub.settings import Settings
from fedihub.web.sessions import SessionStore
from storage.access import WebSession
from storage.database import Session
from tests.support.hub import PASSWORD, RunningHub, running_hub
from tests.support.resolver import TestResolver
from tests.support.visitor import Visitor

COOKIE = "fedihub"


async def sessions(home: RunningHub) -> list[WebSession]:
    async def unit(session: Session) -> list[WebSession]:
        return list(await session.scalars(select(WebSession)))

    return await home.hub.database.read(unit)


async def test_a_member_signs_in_and_out(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    page = await visitor.sign_in("ana")
    assert (page.status, page.location) == (303, "/you")
    place = await visitor.get("/you")
    assert "This is you" in place.text
    signed_in = dict(visitor.cookies)
    out = await visitor.send(place.form("/sign-out"))
    assert (out.status, out.location) == (303, "/")
    visitor.cookies = signed_in  # a cookie that somebody kept is worth nothing
    assert (await visitor.get("/you")).status == 303
    assert await sessions(home) == []


async def test_name_handle_and_address_will_do(home: RunningHub) -> None:
    await home.member("ana")
    for name in ("ana", "@ANA", "ana@mail.example"):
        assert (await Visitor(home).sign_in(name)).status == 303


async def test_a_wrong_password_and_an_unknown_name_look_the_same(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    wrong = await visitor.sign_in("ana", password="wrong password")
    unknown = await visitor.sign_in("ann", password="wrong password")
    assert wrong.status == unknown.status == 422
    assert "don't go together" in wrong.text
    assert wrong.html.replace('value="ana"', "") == unknown.html.replace('value="ann"', "")
    assert await sessions(home) == []


async def test_only_a_hash_of_the_cookie_is_kept(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    page = await visitor.sign_in("ana")
    (row,) = await sessions(home)
    assert visitor.cookies[COOKIE] not in (row.token_hash, str(row.data))
    cookie = page.answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


async def test_looking_costs_no_session(home: RunningHub, visitor: Visitor) -> None:
    for _ in range(3):
        await visitor.get("/sign-in")
        visitor.cookies.clear()
    assert await sessions(home) == []


async def test_a_planted_cookie_is_replaced_at_sign_in(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    planted = "A" * 43
    visitor.cookies[COOKIE] = planted
    await visitor.sign_in("ana")
    assert visitor.cookies[COOKIE] != planted
    thief = Visitor(home)
    thief.cookies[COOKIE] = planted
    assert (await thief.get("/you")).status == 303


async def test_a_form_without_our_token_does_nothing(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    form = (await visitor.get("/sign-in")).form("/sign-in")
    for token in ("", "0" * 64, form.fields["csrf"][:-1] + "x"):
        page = await visitor.send(form, name="ana", password=PASSWORD, csrf=token)
        assert page.status == 403
    stranger = Visitor(home)  # another browser, with a token that is good elsewhere
    await stranger.get("/sign-in")
    assert (await stranger.send(form, name="ana", password=PASSWORD)).status == 403
    assert await sessions(home) == []


async def test_a_form_from_another_site_does_nothing(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    form = (await visitor.get("/sign-in")).form("/sign-in")
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        page = await visitor.send(form, headers=headers, name="ana", password=PASSWORD)
        assert page.status == 403, headers
    assert await sessions(home) == []


async def test_signing_out_takes_our_own_form(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    await visitor.sign_in("ana")
    form = (await visitor.get("/you")).form("/sign-out")
    assert (await visitor.send(form, csrf="x")).status == 403
    assert (await visitor.get("/you")).status == 200


async def test_after_signing_in_one_is_where_one_wanted_to_go(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    assert (await visitor.sign_in("ana", following="/@ana?before=5")).location == "/@ana?before=5"


async def test_and_never_somewhere_else(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    for following in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert (await Visitor(home).sign_in("ana", following=following)).location == "/you"
    await visitor.sign_in("ana")
    assert (await visitor.get("/sign-in", params={"next": "//evil.example"})).location == "/you"


async def test_a_session_ends_after_its_days(home: RunningHub, visitor: Visitor, clock: ManualClock) -> None:
    await home.member("ana")
    await visitor.sign_in("ana")
    clock.advance(timedelta(days=30, seconds=-1))
    assert (await visitor.get("/you")).status == 200
    clock.advance(timedelta(seconds=2))
    page = await visitor.get("/you")
    assert (page.status, page.location) == (303, "/sign-in?next=%2Fyou")


async def test_guessing_ends_soon_but_not_for_others(home: RunningHub, visitor: Visitor, clock: ManualClock) -> None:
    await home.member("ana")
    await home.member("ben")
    statuses = [(await visitor.sign_in("ana", password=f"guess number {number}")).status for number in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    page = await visitor.sign_in(" ANA ")  # not even the right one helps now, however it is spelled
    assert page.status == 429
    assert int(page.answer.headers["Retry-After"]) > 0
    assert (await Visitor(home).sign_in("ben")).status == 303
    clock.advance(timedelta(minutes=16))
    assert (await visitor.sign_in("ana")).status == 303


async def test_nobody_can_keep_a_member_out_by_guessing_from_elsewhere(
    database_url: str, resolver: TestResolver, clock: ManualClock
) -> None:
    async with running_hub(database_url, resolver, clock=clock, trusted_proxies="127.0.0.1") as home:
        await home.member("ana")
        stranger = Visitor(home, address="198.51.100.9")
        for number in range(12):
            last = await stranger.sign_in("ana", password=f"guess number {number}")
        assert last.status == 429
        assert (await Visitor(home, address="203.0.113.7").sign_in("ana")).status == 303


async def test_good_attempts_are_no_guesses(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    for _ in range(15):
        assert (await visitor.sign_in("ana")).status == 303
        visitor.cookies.clear()


async def test_absurd_input_is_refused(home: RunningHub, visitor: Visitor) -> None:
    form = (await visitor.get("/sign-in")).form("/sign-in")
    assert (await visitor.send(form, name="a" * 1000, password="x")).status == 422
    assert (await visitor.send(form, name="ana", password="x" * 100_000)).status == 422
    page = await home.request("POST", "/sign-in", json={"name": "ana"})
    assert page.status == 422


async def test_the_sign_in_page_lets_apps_back_in(visitor: Visitor) -> None:
    headers = (await visitor.get("/sign-in")).answer.headers
    assert "Cross-Origin-Opener-Policy" not in headers
    assert "form-action" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


async def test_over_https_no_other_host_can_set_the_cookie(database_url: str) -> None:
    url = database_url.replace("postgresql+asyncpg://", "postgresql://", 1)
    async with open_hub(Settings(base_url="https://hub.example", database_url=url)) as hub:
        store = SessionStore(hub)
        assert store.cookie_name == "__Host-fedihub"
        assert store.cookie_params["secure"]
        assert store.cookie_params["httponly"]
        assert (store.cookie_params["path"], store.cookie_params["domain"]) == ("/", None)
