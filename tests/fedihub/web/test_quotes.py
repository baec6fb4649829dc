"""Quotes and pins on pages."""

from fedihub.services.pins import pin
from fedihub.services.quotes import revoke_quote
from tests.support.hub import RunningHub
from tests.support.visitor import Visitor


async def test_a_quoted_post_stands_in_a_frame_until_its_author_takes_that_back(
    home: RunningHub, visitor: Visitor
) -> None:
    ana, ben = await home.member("ana"), await home.member("ben")
    said = await home.say(ana, "Oak lasts longest")
    quoting = await home.say(ben, "I think so too", quoted_id=said.id)
    page = await visitor.get(f"/@ben/{quoting.id}")
    assert page.html.count('<blockquote class="quoted">') == 1
    assert 'class="prose quoting"' in page.html
    assert "Oak lasts longest" in page.text

    await revoke_quote(home.hub, post_id=said.id, quoting_id=quoting.id, by_actor_id=ana.id)
    page = await visitor.get(f"/@ben/{quoting.id}")
    assert 'class="quoted"' not in page.html
    assert "Oak lasts longest" not in page.text
    assert said.url in page.links


async def test_what_is_pinned_stands_first_on_the_first_page(home: RunningHub, visitor: Visitor) -> None:
    ana = await home.member("ana")
    bridge = await home.project("bridge", founder=ana)
    for author in (ana, bridge):
        first = await home.say(author, "Read me first")
        await home.say(author, "Something newer")
        await pin(home.hub, actor_id=author.id, post_id=first.id)
        page = await visitor.get(f"/@{author.username}")
        assert page.text.index("Read me first") < page.text.index("Something newer")
        assert page.html.count(f'id="post-{first.id}"') == 1
        older = await visitor.get(f"/@{author.username}?before={first.id}")
        assert "Read me first" not in older.text
