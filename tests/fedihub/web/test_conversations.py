"""The page of a conversation."""

from fedihub.services.posting import delete_post
from storage.posts import Audience
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.visitor import Visitor


async def test_a_conversation_shows_the_whole_thread_and_who_is_from_where(
    home: RunningHub, peer: Peer, visitor: Visitor
) -> None:
    ana, ben = await home.member("ana"), await home.member("ben")
    root = await home.say(ana, "Who knows about oak?")
    mia = peer.add_actor("mia")
    answer = peer.note(mia, "<p>I do.</p>", inReplyTo=root.uri)
    await peer.send(home.shared_inbox, peer.create(answer, by=mia), by=mia)
    await home.drain()
    thanks = await home.say(ben, "Thank you both", in_reply_to_id=root.id)
    page = await visitor.get(f"/@ana/{root.id}")
    for words in ("Who knows about oak?", "I do.", "@mia@peer.test", "Thank you both", "2 servers"):
        assert words in page.text
    assert "@ben@hub.test" not in page.text  # only who is from elsewhere needs a host
    assert answer["url"] in page.links
    assert f"/@ben/{thanks.id}" in page.links


async def test_the_page_of_an_answer_shows_the_same_thread(home: RunningHub, visitor: Visitor) -> None:
    ana, ben = await home.member("ana"), await home.member("ben")
    root = await home.say(ana, "the question")
    answer = await home.say(ben, "the answer", in_reply_to_id=root.id)
    page = await visitor.get(f"/@ben/{answer.id}")
    assert "the question" in page.text
    assert page.html.count('class="chosen"') == 1
    assert page.meta["og:title"] == "ben: the answer"


async def test_a_very_deep_thread_is_still_a_page(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    post = root = await home.say(ana, "level-0")
    for level in range(1, 30):
        post = await home.say(ana, f"level-{level}", in_reply_to_id=post.id)
    page = await visitor.get(f"/@ana/{root.id}")
    assert page.status == 200
    positions = [page.text.index(f"level-{level}") for level in range(30)]
    assert positions == sorted(positions)
    assert "answering ana" in page.text


async def test_what_is_not_for_everybody_is_not_there(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    root = await home.say(ana, "public")
    secret = await home.say(ana, "secret", audience=Audience.FOLLOWERS, in_reply_to_id=root.id)
    missing = await visitor.get(f"/@ana/{secret.id + 1}")
    hidden = await visitor.get(f"/@ana/{secret.id}")
    assert (hidden.status, hidden.html) == (404, missing.html)
    assert "secret" not in (await visitor.get(f"/@ana/{root.id}")).html
    await visitor.sign_in("ana")
    assert "secret" in (await visitor.get(f"/@ana/{secret.id}")).text


async def test_a_post_is_only_on_its_authors_page(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    await home.member("ben")
    post = await home.say(ana, "mine")
    assert (await visitor.get(f"/@ben/{post.id}")).status == 404


async def test_a_deleted_post_is_gone(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    post = await home.say(ana, "oops")
    await delete_post(home.hub, post_id=post.id, by_actor_id=ana.id)
    page = await visitor.get(f"/@ana/{post.id}")
    assert page.status == 410
    assert "This is gone" in page.text


async def test_behind_a_warning_only_the_warning_is_told(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    post = await home.say(ana, "the butler did it", content_warning="Spoiler")
    page = await visitor.get(f"/@ana/{post.id}")
    assert ">Spoiler</summary>" in page.html
    assert page.meta["og:description"] == "Spoiler"
    assert "butler" not in page.meta["og:title"]


async def test_the_language_of_a_post_is_said(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    post = await home.say(ana, "Moin", language="de")
    assert 'class="prose" dir="auto" lang="de"' in (await visitor.get(f"/@ana/{post.id}")).html


async def test_who_opened_the_conversation_is_marked_among_the_answers(home: RunningHub, visitor: Visitor) -> None:
    ana, ben = await home.member("ana"), await home.member("ben")
    bench = await home.project("bench", founder=ana)
    root = await home.say(bench, "the question")
    answer = await home.say(ben, "first-answer", in_reply_to_id=root.id)
    page = await visitor.get(f"/@bench/{root.id}")
    assert "Project" not in page.text.partition("first-answer")[0].partition("1 reply")[2]
    await home.say(bench, "second-answer", in_reply_to_id=answer.id)
    page = await visitor.get(f"/@bench/{root.id}")
    assert "bench Project" in page.text.partition("first-answer")[2].partition("second-answer")[0]


async def test_where_a_narrow_screen_shows_no_more_levels_an_answer_says_whom_it_answers(
    home: RunningHub, visitor: Visitor
) -> None:
    ana, ben = await home.member("ana"), await home.member("ben")
    post = root = await home.say(ana, "level-0")
    for level in range(1, 5):
        post = await home.say(ben, f"level-{level}", in_reply_to_id=post.id)
    html = (await visitor.get(f"/@ana/{root.id}")).html
    assert html.count("when-narrow") == 1
    assert html.index("level-3") < html.index("when-narrow") < html.index("level-4")
