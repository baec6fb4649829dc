"""Quotes on pages."""

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
