"""The pages of members and projects."""

import pytest

from fedihub.services.projects import Link
from storage.posts import Audience, PostKind
from storage.projects import Stage
from tests.support.hub import ACTIVITY_JSON, RunningHub
from tests.support.peer import Peer
from tests.support.visitor import Visitor

MASTODON_SEARCH = (
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json, text/html;q=0.1'
)


async def test_a_member_has_a_page_with_projects_and_public_posts(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    await home.project("bench", founder=ana)
    await home.say(ana, "hello world")
    await home.say(ana, "a quiet word", audience=Audience.QUIET)
    for audience in (Audience.FOLLOWERS, Audience.MENTIONED):
        await home.say(ana, f"secret-{audience}", audience=audience)
    page = await visitor.get("/@ana")
    assert page.status == 200
    for words in ("@ana@hub.test", "hello world", "a quiet word", "bench", "Owner"):
        assert words in page.text
    assert "secret" not in page.html


async def test_followers_see_more_when_they_are_signed_in(home: RunningHub, visitor: Visitor) -> None:
    ana, ben = await home.member("ana"), await home.member("ben")
    await home.say(ana, "for friends", audience=Audience.FOLLOWERS)
    await home.follow(ben, ana)
    await visitor.sign_in("ben")
    page = await visitor.get("/@ana")
    assert "for friends" in page.text
    assert page.answer.headers["Cache-Control"] == "private, no-store"


async def test_a_page_says_what_it_is_to_machines(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    page = await visitor.get("/@ana")
    assert page.alternates[ACTIVITY_JSON] == ana.uri
    assert page.alternates["application/atom+xml"] == "http://hub.test/@ana/feed.atom"
    assert page.alternates["canonical"] == "http://hub.test/@ana"
    assert page.meta["fediverse:creator"] == "@ana@hub.test"
    assert page.meta["og:type"] == "profile"
    assert page.meta["og:title"] == "ana"
    assert page.meta["og:url"] == "http://hub.test/@ana"
    picture = page.meta["og:image"]
    assert picture.startswith("http://hub.test/static/")
    assert (await home.get(picture)).headers["Content-Type"] == page.meta["og:image:type"]
    assert "Accept" in page.answer.headers["Vary"]


@pytest.mark.parametrize("accept", [ACTIVITY_JSON, MASTODON_SEARCH])
async def test_other_servers_get_the_document_at_the_same_address(home: RunningHub, accept: str) -> None:
    ana = await home.member("ana")
    post = await home.say(ana, "hello")
    actor = await home.get("/@ana", accept=accept)
    assert actor.json()["id"] == ana.uri
    assert "Accept" in actor.headers["Vary"]
    assert (await home.get(f"/@ana/{post.id}", accept=accept)).json()["id"] == post.uri


async def test_a_name_in_other_letters_leads_to_the_page(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    page = await visitor.get("/@ANA")
    assert (page.status, page.location) == (303, "/@ana")


async def test_who_is_not_here_has_a_friendly_404(visitor: Visitor) -> None:
    for path in ("/@nobody", "/@hub.test", "/@nobody/feed.atom", "/@nobody/123", "/nothing"):
        page = await visitor.get(path)
        assert page.status == 404, path
        assert "There is nothing here" in page.text
        assert "Content-Security-Policy" in page.answer.headers


async def test_a_project_shows_stage_needs_links_and_team(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    links = [Link("Web site", "https://bench.example/")]
    await home.project(
        "bench", founder=ana, description="Benches.", stage=Stage.GROWING, needs=["A trailer"], links=links
    )
    page = await visitor.get("/@bench")
    for words in ("Benches.", "Growing", "A trailer", "ana", "Owner", "bench.example", "The story has not begun."):
        assert words in page.text
    assert "https://bench.example/" in page.links


async def test_the_story_shows_the_answers_of_the_fediverse_under_each_update(
    home: RunningHub, peer: Peer, visitor: Visitor
) -> None:
    ana = await home.member("ana")
    bench = await home.project("bench", founder=ana)
    update = await home.say(bench, "The first bench stands.", kind=PostKind.UPDATE, writer_id=ana.id)
    mia = peer.add_actor("mia")
    photo = {"type": "Document", "mediaType": "image/png", "url": f"{peer.base}/x.png", "name": "A bench"}
    answer = peer.note(mia, "<p>Wonderful!</p>", inReplyTo=update.uri, attachment=[photo])
    assert (await peer.send(home.shared_inbox, peer.create(answer, by=mia), by=mia)).status == 202
    await home.drain()
    page = await visitor.get("/@bench")
    for words in ("Wonderful!", "@mia@peer.test", "Open the conversation", "A bench", "Picture on peer.test"):
        assert words in page.text
    assert answer["url"] in page.links
    assert "<img" not in page.html


async def test_the_story_can_be_read_from_the_beginning(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    bench = await home.project("bench", founder=ana)
    for number in range(18):
        await home.say(bench, f"chapter-{number:02}")
    newest = await visitor.get("/@bench")
    assert newest.text.index("chapter-17") < newest.text.index("chapter-16")
    assert "chapter-00" not in newest.text
    older = await visitor.get(next(link for link in newest.links if "before=" in link))
    assert "chapter-00" in older.text
    oldest = await visitor.get("/@bench?order=story")
    assert oldest.text.index("chapter-00") < oldest.text.index("chapter-01")
    onwards = await visitor.get(next(link for link in oldest.links if "after=" in link))
    assert "chapter-17" in onwards.text
    assert "chapter-14" not in onwards.text


async def test_numbers_stay_folded_away(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    page = await visitor.get("/@ana")
    assert "<summary>Numbers, if you must</summary>" in page.html
    assert "<details open" not in page.html


async def test_what_strangers_write_is_only_text(home: RunningHub, peer: Peer, visitor: Visitor) -> None:
    """Every place on a page where a stranger's words stand, with something that would run if it could."""
    attack = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    ana = await home.member("ana")
    post = await home.say(ana, "hello")
    mia = peer.add_actor("mia", extra={"name": attack, "summary": attack, "url": "javascript:alert(1)"})
    file = {"type": "Document", "mediaType": "image/png", "url": f"{peer.base}/x.png", "name": attack}
    note = peer.note(mia, attack, inReplyTo=post.uri, summary=attack, name=attack, attachment=[file])
    await peer.send(home.shared_inbox, peer.create(note, by=mia), by=mia)
    await home.drain()
    page = await visitor.get(f"/@ana/{post.id}")
    assert "mia@peer.test" in page.text
    for dangerous in ("<script", "<img", "onerror=alert(1)>\n", "javascript:"):
        assert dangerous not in page.html


@pytest.mark.parametrize("stage", list(Stage))
async def test_a_project_shows_how_far_it_is(home: RunningHub, visitor: Visitor, stage: Stage) -> None:
    ana = await home.member("ana")
    await home.project("bench", founder=ana, stage=stage)
    html = (await visitor.get("/@bench")).html
    on_its_way = f'<li aria-current="step">{stage.capitalize()}</li>' in html
    beside_it = f'<span class="pill {stage}">{stage.capitalize()}</span>' in html
    rests = stage in (Stage.PAUSED, Stage.ARCHIVED)
    assert (on_its_way, beside_it) == (not rests, rests)
