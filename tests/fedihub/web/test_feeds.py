"""Atom feeds."""

from datetime import timedelta
from xml.etree.ElementTree import Element, fromstring

import pytest

from fedihub.services.polls import NewPoll
from storage.posts import Audience, update_post
from tests.support.chapters import approve, chapter, mention
from tests.support.hub import Answer, RunningHub
from tests.support.peer import Peer
from tests.support.stories import post_of, tell

NS = {"a": "http://www.w3.org/2005/Atom"}


def parsed(answer: Answer) -> Element:
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    return fromstring(answer.body)  # noqa: S314 - we wrote it ourselves


def texts(feed: Element, path: str) -> list[str]:
    return [element.text or "" for element in feed.findall(path, NS)]


async def test_a_feed_has_what_a_reader_needs(home: RunningHub) -> None:
    ana = await home.member("ana")
    post = await home.say(ana, "Tom & Jerry <3 oak", language="en")
    feed = parsed(await home.get("/@ana/feed.atom"))
    assert texts(feed, "a:id") == [ana.uri]
    assert texts(feed, "a:author/a:name") == ["ana"]
    assert len(texts(feed, "a:updated")) == 1
    assert texts(feed, "a:entry/a:id") == [post.uri]
    assert texts(feed, "a:entry/a:title") == ["Tom & Jerry <3 oak"]
    assert texts(feed, "a:entry/a:content") == ["<p>Tom &amp; Jerry &lt;3 oak</p>"]
    links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", NS)}
    assert links == {"self": "http://hub.test/@ana/feed.atom", "alternate": "http://hub.test/@ana"}


async def test_a_poll_shows_what_can_be_chosen(home: RunningHub) -> None:
    poll = NewPoll(["Oak", "<Ash>"], timedelta(hours=1))
    await home.say(await home.member("ana"), "Which wood?", poll=poll)
    feed = parsed(await home.get("/@ana/feed.atom"))
    shown = "<p>Which wood?</p><ul><li>Oak</li><li>&lt;Ash&gt;</li></ul>"
    assert texts(feed, "a:entry/a:content") == [shown]


async def test_only_public_posts_that_answer_nobody_are_in_it(home: RunningHub) -> None:
    ana = await home.member("ana")
    for audience in Audience:
        await home.say(ana, f"for {audience}", audience=audience)
    first = await home.say(ana, "first")
    await home.say(ana, "answer", in_reply_to_id=first.id)
    feed = parsed(await home.get("/@ana/feed.atom"))
    assert texts(feed, "a:entry/a:title") == ["first", "for public"]


async def test_what_stands_behind_a_warning_is_not_told(home: RunningHub) -> None:
    ana = await home.member("ana")
    await home.say(ana, "the butler did it", content_warning="Spoiler")
    answer = await home.get("/@ana/feed.atom")
    assert texts(parsed(answer), "a:entry/a:title") == ["Spoiler"]
    assert b"butler" not in answer.body


async def test_characters_that_xml_cannot_carry_are_left_out(home: RunningHub) -> None:
    ana = await home.member("ana")
    await home.say(ana, "a\x0cb\ufffec")
    assert texts(parsed(await home.get("/@ana/feed.atom")), "a:entry/a:title") == ["abc"]


@pytest.mark.parametrize("media_type", ["image/\u0001png", "image/png\uffff", '">'])
async def test_what_a_file_from_elsewhere_is_called_breaks_no_feed(
    home: RunningHub, peer: Peer, media_type: str
) -> None:
    """The feed of a chapter, where others' posts are: as it came, and as it may lie in the database from before."""
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    pune = await chapter(home, "pune", founder=ada)
    file = {"type": "Document", "mediaType": media_type, "url": "http://peer.test/a.png"}
    note = mention(peer, rosa, pune, "We need a welder", attachment=[file])
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    post = await post_of(home, note["id"])
    assert post is not None
    await approve(home, pune, post, by=ada)
    assert await enclosures(home) == [("http://peer.test/a.png", None)]
    before = [post.attachments[0] | {"media_type": media_type}]
    await home.hub.database.write(lambda session: update_post(session, post.id, {"attachments": before}))
    ((address, _),) = await enclosures(home)
    assert address == "http://peer.test/a.png"


async def enclosures(home: RunningHub) -> list[tuple[str | None, str | None]]:
    """The addresses and types of the files in the feed of Pune."""
    links = parsed(await home.get("/@pune/feed.atom")).findall("a:entry/a:link[@rel='enclosure']", NS)
    return [(link.get("href"), link.get("type")) for link in links]


async def test_a_reader_that_has_it_already_gets_304(home: RunningHub) -> None:
    ana = await home.member("ana")
    await home.say(ana, "one")
    first = await home.get("/@ana/feed.atom")
    again = await home.get("/@ana/feed.atom", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    await home.say(ana, "two")
    later = await home.get("/@ana/feed.atom", headers={"If-None-Match": first.headers["ETag"]})
    assert later.status == 200


async def test_an_empty_feed_is_a_feed(home: RunningHub) -> None:
    await home.member("ana")
    assert texts(parsed(await home.get("/@ana/feed.atom")), "a:entry") == []
