"""Following and answering from another server, and our own members doing so from theirs, which is here."""

from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Select, select
from sqlmodel import col

from federation.webfinger import SUBSCRIBE, Intent
from storage.database import Session
from storage.follows import Follow
from storage.posts import Post
from storage.reactions import Like
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.resolver import TestResolver
from tests.support.visitor import Visitor

JRD = "application/jrd+json"


def templates(peer: Peer, **by_relation: str) -> None:
    """What the peer's WebFinger says of mia."""
    links = [{"rel": relation, "template": template} for relation, template in by_relation.items()]
    peer.serve("/.well-known/webfinger", {"subject": "acct:mia@peer.test", "links": links}, content_type=JRD)


async def test_follow_leads_to_the_visitors_own_server(home: RunningHub, peer: Peer, visitor: Visitor) -> None:
    ana = await home.member("ana")
    templates(peer, **{SUBSCRIBE: "http://peer.test/authorize_interaction?uri={uri}"})
    form = (await visitor.get("/@ana")).form("/@ana/follow")
    page = await visitor.send(form, handle="@mia@peer.test")
    assert page.status == 303
    assert page.location == f"http://peer.test/authorize_interaction?uri=http%3A%2F%2Fhub.test%2Fap%2Factors%2F{ana.id}"
    assert peer.seen("/.well-known/webfinger")


async def test_the_newer_intents_come_first(home: RunningHub, peer: Peer, visitor: Visitor) -> None:
    ana = await home.member("ana")
    post = await home.say(ana, "hello")
    templates(
        peer,
        **{
            SUBSCRIBE: "http://peer.test/old?uri={uri}",
            Intent.FOLLOW: "http://peer.test/follow/{object}",
            Intent.OBJECT: "http://peer.test/object?id={object}",
        },
    )
    follow = await visitor.send((await visitor.get("/@ana")).form("/@ana/follow"), handle="mia@peer.test")
    assert follow.location.startswith("http://peer.test/follow/http%3A%2F%2Fhub.test%2Fap%2Factors%2F")
    form = (await visitor.get(f"/@ana/{post.id}")).form(f"/@ana/{post.id}/reply")
    answer = await visitor.send(form, handle="mia@peer.test")
    assert answer.location == f"http://peer.test/object?id=http%3A%2F%2Fhub.test%2Fap%2Fposts%2F{post.id}"


async def test_a_post_is_boosted_and_liked_from_there_too(home: RunningHub, peer: Peer, visitor: Visitor) -> None:
    """One form with a button for each; the newer way where there is one, the older one otherwise."""
    ana = await home.member("ana")
    page = f"/@ana/{(await home.say(ana, 'hello')).id}"
    templates(
        peer,
        **{
            SUBSCRIBE: "http://peer.test/old?uri={uri}",
            Intent.LIKE: "http://peer.test/like?id={object}&back={on-success}&x={unknown}",
        },
    )
    form = (await visitor.get(page)).form(f"{page}/reply")
    assert f'formaction="{page}/like"' in (await visitor.get(page)).html
    form.action = f"{page}/like"
    liked = await visitor.send(form, handle="mia@peer.test")
    assert liked.location.startswith("http://peer.test/like?id=http%3A%2F%2Fhub.test%2Fap%2Fposts%2F")
    assert liked.location.endswith(f"&back={quote(home.url + page, safe='')}&x=")
    form.action = f"{page}/boost"
    boosted = await visitor.send(form, handle="mia@peer.test")
    assert boosted.location.startswith("http://peer.test/old?uri=http%3A%2F%2Fhub.test%2Fap%2Fposts%2F")
    assert "Boost a post by ana" in (await visitor.get(f"{page}/boost")).text


async def test_a_server_that_only_takes_new_posts_is_told_what_is_answered(
    home: RunningHub, peer: Peer, visitor: Visitor
) -> None:
    """The template stands in `href`, as the FEP has it."""
    ana = await home.member("ana")
    page = f"/@ana/{(await home.say(ana, 'hello')).id}"
    link = {"rel": Intent.CREATE, "href": "http://peer.test/new?text={content}&to={inReplyTo}"}
    peer.serve("/.well-known/webfinger", {"subject": "acct:mia@peer.test", "links": [link]}, content_type=JRD)
    form = (await visitor.get(page)).form(f"{page}/reply")
    answer = await visitor.send(form, handle="mia@peer.test")
    assert answer.location.startswith("http://peer.test/new?text=&to=http%3A%2F%2Fhub.test%2Fap%2Fposts%2F")


@pytest.mark.parametrize(
    "template",
    ["javascript:alert('{uri}')", "http://peer.test/no-hole", "//peer.test/{uri}", "http://a@peer.test/{uri}"],
)
async def test_a_template_that_leads_nowhere_good_is_not_followed(
    home: RunningHub, peer: Peer, visitor: Visitor, template: str
) -> None:
    await home.member("ana")
    templates(peer, **{SUBSCRIBE: template})
    page = await visitor.send((await visitor.get("/@ana")).form("/@ana/follow"), handle="mia@peer.test")
    assert page.status == 422
    assert "no such shortcut" in page.text
    assert "@ana@hub.test" in page.text


@pytest.mark.parametrize(
    ("handle", "said"),
    [
        ("rubbish", (422, "An address looks like")),
        ("@x@y@z", (422, "An address looks like")),
        ("mia@nowhere.test", (503, "does not answer")),
        ("nobody@peer.test", (422, "does not know this name")),
    ],
)
async def test_what_goes_wrong_is_said_and_the_form_stays(
    home: RunningHub, peer: Peer, visitor: Visitor, handle: str, said: tuple[int, str]
) -> None:
    await home.member("ana")
    page = await visitor.send((await visitor.get("/@ana")).form("/@ana/follow"), handle=handle)
    status, words = said
    assert page.status == status
    assert words in page.text
    assert page.form("/@ana/follow").fields["handle"] == handle


@pytest.mark.parametrize("handle", ["mia@10.0.0.1", "mia@[fd00::1]", "mia@169.254.169.254", "mia@inside.test"])
async def test_nobody_makes_us_look_at_machines_inside(
    home: RunningHub, resolver: TestResolver, visitor: Visitor, handle: str
) -> None:
    await home.member("ana")
    resolver.add("inside.test", 80, address="10.0.0.5")
    page = await visitor.send((await visitor.get("/@ana")).form("/@ana/follow"), handle=handle)
    assert page.status in (422, 503)
    assert "does not answer" in page.text or "does not know" in page.text


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}, {"Referer": "http://hub.test.evil.example/"}],
)
async def test_a_link_from_elsewhere_leads_only_to_the_form(
    home: RunningHub, peer: Peer, visitor: Visitor, headers: dict[str, str]
) -> None:
    """Else our name in a link would lead wherever its maker wants."""
    await home.member("ana")
    templates(peer, **{SUBSCRIBE: "http://peer.test/trap?uri={uri}"})
    page = await visitor.get("/@ana/follow", params={"handle": "mia@peer.test"}, headers=headers)
    assert page.status == 200
    assert page.form("/@ana/follow").fields["handle"] == "mia@peer.test"
    assert not peer.seen("/.well-known/webfinger")


async def test_an_older_browser_says_by_its_referer_where_the_form_was(
    home: RunningHub, peer: Peer, visitor: Visitor
) -> None:
    await home.member("ana")
    templates(peer, **{SUBSCRIBE: "http://peer.test/authorize?uri={uri}"})
    headers = {"Referer": f"{home.url}/@ana"}
    page = await visitor.get("/@ana/follow", params={"handle": "mia@peer.test"}, headers=headers)
    assert page.location.startswith("http://peer.test/authorize?")


async def test_our_own_members_are_asked_before_anything_happens(
    home: RunningHub, peer: Peer, visitor: Visitor
) -> None:
    ana, mia = await home.member("ana"), peer.add_actor("mia")
    address = f"/authorize_interaction?uri={quote(mia.uri, safe='')}"
    page = await visitor.get(address)
    assert page.location.startswith("/sign-in?next=%2Fauthorize_interaction")
    await visitor.sign_in("ana")
    page = await visitor.get(address)
    assert "Follow Mia?" in page.text
    assert await follows(home, ana.id) == []
    done = await visitor.follow_redirects(await visitor.send(page.form("/authorize_interaction"), act="follow"))
    assert "they have been asked" in done.text
    assert len(await follows(home, ana.id)) == 1
    await home.drain()
    assert (await peer.wait_for(lambda activity: activity["type"] == "Follow"))["object"] == mia.uri


async def test_other_servers_are_told_where_to_send_our_members(home: RunningHub) -> None:
    ana = await home.member("ana")
    await home.project("bench", founder=ana)
    found = (await home.get("/.well-known/webfinger?resource=acct:ana@hub.test")).json()
    offered = {link["rel"]: link["template"] for link in found["links"] if "template" in link}
    assert offered[SUBSCRIBE] == "http://hub.test/authorize_interaction?uri={uri}"
    assert offered[Intent.FOLLOW] == "http://hub.test/authorize_interaction?uri={object}&wish=follow"
    assert {Intent.OBJECT, Intent.LIKE, Intent.ANNOUNCE, Intent.CREATE} <= set(offered)
    assert all(link["template"] == link.get("href", link["template"]) for link in found["links"] if "template" in link)
    project = (await home.get("/.well-known/webfinger?resource=acct:bench@hub.test")).json()
    assert not any("template" in link for link in project["links"])  # nobody signs in as a project


async def test_every_way_that_is_offered_leads_somewhere(home: RunningHub, peer: Peer, visitor: Visitor) -> None:
    """What other servers fill in is what the page then shows; nothing happens before the member says so."""
    ana, mia = await home.member("ana"), peer.add_actor("mia")
    note = peer.note(mia, "<p>Who knows about oak?</p>")
    await visitor.sign_in("ana")
    found = (await home.get("/.well-known/webfinger?resource=acct:ana@hub.test")).json()
    offered = {link["rel"]: link["template"] for link in found["links"] if "template" in link}
    expected = {
        Intent.FOLLOW: (mia.uri, "Follow Mia?"),
        Intent.OBJECT: (note["id"], "A post by Mia"),
        Intent.LIKE: (note["id"], "Like a post by Mia?"),
        Intent.ANNOUNCE: (note["id"], "Boost a post by Mia?"),
        Intent.CREATE: (note["id"], "Answer a post by Mia?"),
    }
    for intent, (uri, headline) in expected.items():
        filled = offered[intent].replace("{content}", "I%20do")
        for hole in ("{object}", "{inReplyTo}"):
            filled = filled.replace(hole, quote(uri, safe=""))
        page = await visitor.open(filled.removeprefix(home.url))
        assert headline in page.text, intent
        assert ("I do" in page.html) is (intent == Intent.CREATE)
    assert await follows(home, ana.id) == []
    assert await rows(home, select(Like)) == []
    assert len(await rows(home, select(Post))) == 1


async def test_another_page_may_propose_a_text(home: RunningHub, visitor: Visitor) -> None:
    await home.member("ana")
    page = await visitor.get("/share?text=Look%3A+https%3A%2F%2Fx.example&in_reply_to={inReplyTo}")
    assert page.location.startswith("/sign-in?next=%2Fshare%3Ftext")
    await visitor.sign_in("ana")
    page = await visitor.open("/share?text=Look%3A+https%3A%2F%2Fx.example&in_reply_to={inReplyTo}")
    assert "Look: https://x.example</textarea>" in page.html
    assert await rows(home, select(Post)) == []


async def test_a_handle_will_do_as_well(home: RunningHub, peer: Peer, visitor: Visitor) -> None:
    await home.member("ana")
    peer.add_actor("mia")
    await visitor.sign_in("ana")
    page = await visitor.get("/authorize_interaction", params={"uri": "acct:mia@peer.test"})
    assert "Follow Mia?" in page.text


async def test_a_post_from_elsewhere_is_answered_and_liked(home: RunningHub, peer: Peer, visitor: Visitor) -> None:
    ana, mia = await home.member("ana"), peer.add_actor("mia")
    note = peer.note(mia, "<p>Who knows about oak?</p>")
    await visitor.sign_in("ana")
    page = await visitor.get("/authorize_interaction", params={"uri": note["id"]})
    assert "Who knows about oak?" in page.text
    form = page.form("/authorize_interaction")
    assert (await visitor.send(form, act="reply", text="I do.")).status == 303
    assert (await visitor.send(form, act="like")).status == 303
    await home.drain()
    create = await peer.wait_for(lambda activity: activity["type"] == "Create")
    assert create["object"]["inReplyTo"] == note["id"]
    assert (await peer.wait_for(lambda activity: activity["type"] == "Like"))["object"] == note["id"]
    assert len(await rows(home, select(Like).where(col(Like.actor_id) == ana.id))) == 1


async def test_an_empty_answer_says_nothing(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    post = await home.say(ana, "hello")
    await visitor.sign_in("ana")
    page = await visitor.get("/authorize_interaction", params={"uri": post.uri})
    refused = await visitor.send(page.form("/authorize_interaction"), act="reply", text="  ")
    assert refused.status == 422
    assert len(await rows(home, select(Post))) == 1


async def test_forged_forms_do_nothing(home: RunningHub, visitor: Visitor) -> None:
    ana, ben = await home.member("ana"), await home.member("ben")
    await visitor.sign_in("ana")
    form = (await visitor.get("/@ben")).form("/authorize_interaction")
    assert form.fields["uri"] == ben.uri
    assert (await visitor.send(form, act="follow", csrf="x")).status == 403
    assert (await visitor.send(form, act="follow", headers={"Origin": "https://evil.example"})).status == 403
    assert await follows(home, ana.id) == []
    page = await visitor.send(form, act="follow")
    assert page.location == "/@ben"
    assert "Following: stop" in (await visitor.get("/@ben")).text


async def test_what_leads_nowhere_is_a_404(home: RunningHub, peer: Peer, visitor: Visitor) -> None:
    await home.member("ana")
    await visitor.sign_in("ana")
    for uri in ("", "rubbish", "http://peer.test/nothing", "http://hub.test/@nobody", "x" * 3000):
        assert (await visitor.get("/authorize_interaction", params={"uri": uri})).status == 404, uri


async def follows(home: RunningHub, follower_id: int) -> list[Follow]:
    return await rows(home, select(Follow).where(col(Follow.follower_id) == follower_id))


async def rows(home: RunningHub, statement: Select[Any]) -> list[Any]:
    async def unit(session: Session) -> list[Any]:
        return list(await session.scalars(statement))

    return await home.hub.database.read(unit)
