"""The hub's home and its lists."""

from fedihub.hub_api.table import OPERATIONS
from storage.posts import Audience, PostKind
from storage.projects import Stage
from tests.support.hub import RunningHub
from tests.support.visitor import Visitor


async def test_an_empty_hub_has_kind_words(visitor: Visitor) -> None:
    page = await visitor.get("/")
    assert page.status == 200
    assert "Alster Makers" in page.text
    assert "No projects yet." in page.text
    assert "Nobody yet." in page.text


async def test_the_home_shows_who_is_here_what_they_build_and_what_they_say(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    bench = await home.project("bench", founder=ana, stage=Stage.BUILDING, needs=["A trailer"])
    await home.say(bench, "The first bench stands.", kind=PostKind.UPDATE, writer_id=ana.id)
    page = await visitor.get("/")
    for words in ("ana", "bench", "Building", "Looking for A trailer", "The first bench stands.", "by ana"):
        assert words in page.text
    assert "/@ana" in page.links
    assert "/@bench" in page.links


async def test_only_what_is_for_everybody_stands_on_the_home(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    public = await home.say(ana, "for everybody")
    for audience in (Audience.QUIET, Audience.FOLLOWERS, Audience.MENTIONED):
        await home.say(ana, f"secret-{audience}", audience=audience)
    await home.say(ana, "an answer", in_reply_to_id=public.id)
    page = await visitor.get("/")
    assert "for everybody" in page.text
    assert "secret" not in page.html
    assert "an answer" not in page.html


async def test_the_lists_go_on_where_they_end(home: RunningHub, visitor: Visitor) -> None:
    members = [await home.member(f"m{number:02}") for number in range(4)]
    before = (await visitor.get(f"/members?before={members[2].id}")).text
    assert "m01" in before
    assert "m03" not in before
    assert (await visitor.get("/members?before=rubbish")).status == 404
    assert (await visitor.get("/projects")).status == 200


async def test_pages_carry_what_keeps_visitors_safe(visitor: Visitor) -> None:
    headers = (await visitor.get("/")).answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Set-Cookie" not in headers


async def test_a_page_loads_nothing_from_elsewhere(home: RunningHub, visitor: Visitor) -> None:
    page = await visitor.get("/")
    assert "<script" not in page.html
    assert "<img" not in page.html
    assert 'src="http' not in page.html


async def test_the_style_sheet_is_small_and_kept_for_ever(visitor: Visitor) -> None:
    page = await visitor.get("/")
    address = page.html.partition('rel="stylesheet" href="')[2].partition('"')[0]
    style = await visitor.get(address)
    assert style.status == 200
    assert len(style.answer.body) < 20_000
    assert "immutable" in style.answer.headers["Cache-Control"]
    again = await visitor.get(address, headers={"If-None-Match": style.answer.headers["ETag"]})
    assert again.status == 304


async def test_no_file_but_ours_is_served(visitor: Visitor) -> None:
    for name in ("style.py", "..%2fsessions.py", "%2e%2e%2frendering.py", "..%5cfeeds.py"):
        assert (await visitor.get(f"/static/{name}")).status == 404


async def test_a_hashtag_leads_to_all_that_was_said_under_it(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    first = await home.say(ana, "I like #Oak")
    await home.say(ana, "a whisper about #oak", audience=Audience.FOLLOWERS)
    post = await visitor.get(f"/@ana/{first.id}")
    (link,) = (link for link in post.links if "/tags/" in link)
    page = await visitor.get(link)
    assert "I like #Oak" in page.text
    assert "whisper" not in page.html
    assert "Nobody has used this hashtag" in (await visitor.get("/tags/nothing")).text


async def test_developers_find_every_call_of_the_hub_api(visitor: Visitor) -> None:
    home = await visitor.get("/")
    assert "/developers" in home.links
    page = await visitor.get("/developers")
    for operation in OPERATIONS:
        assert f"{operation.method} {operation.path}" in page.text
    for link in ("/api/hub/v1/openapi.json", "/api/v2/instance", "/.well-known/oauth-authorization-server"):
        assert link in page.links
        assert (await visitor.get(link)).status == 200
