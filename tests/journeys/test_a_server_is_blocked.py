"""Two hubs fall out: one reports, then blocks the other; and in the end they make it up."""

import pytest

from fedihub.errors import Missing
from fedihub.services.host_policies import Decision, decide
from fedihub.services.reports import close_report, file_report
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.host_policies import HostLevel
from storage.paging import Window
from storage.reports import list_reports
from storage.views.timelines import list_home
from tests.journeys.conftest import both
from tests.support.hub import RunningHub
from tests.support.stories import post_of


async def read(home: RunningHub, reader: Actor) -> list[str]:
    """What stands in somebody's home timeline."""
    views = await home.hub.database.read(lambda session: list_home(session, reader.id, window=Window()))
    return [view.uri for view in views]


async def test_a_server_is_reported_blocked_and_opened_again(home: RunningHub, away: RunningHub) -> None:
    ada, zoe = await home.member("ada"), await away.member("zoe")
    zoe_here = await resolve_handle(home.hub, "@zoe@away.test")
    ada_there = await resolve_handle(away.hub, "@ada@hub.test")
    await home.follow(ada, zoe_here)
    await away.follow(zoe, ada_there)
    await both(home, away)

    # Zoe advertises. Ada reports her, and wants her own server to know.
    advert = await away.say(zoe, "Buy my things!")
    await both(home, away)
    assert await read(home, ada) == [advert.uri]
    known = await post_of(home, advert.uri)
    assert known is not None
    filed = await file_report(
        home.hub, reporter_id=ada.id, target_id=zoe_here.id, post_ids=[known.id], comment="Adverts", forward=True
    )
    await both(home, away)
    [(there, about)] = await away.hub.database.read(lambda session: list_reports(session, with_closed=False, limit=9))
    assert (about.id, there.comment, [each["uri"] for each in there.posts]) == (zoe.id, "Adverts", [advert.uri])
    assert there.reporter_uri == home.hub.uris.actor(str(await home.hub.signers.server_id()))

    # Nobody there minds, so Ada's operator has nothing to do with that server any more.
    reach = await decide(home.hub, "away.test", Decision(HostLevel.BLOCKED, reason="Adverts"))
    await close_report(home.hub, report_id=filed.report.id, by="ada", outcome="blocked")
    ended = {(each.follower, each.followed) for each in reach.follows}
    assert ended == {("@ada@hub.test", "@zoe@away.test"), ("@zoe@away.test", "@ada@hub.test")}
    assert await read(home, ada) == []

    # Their server hears that nobody follows anybody any more, and nothing after that.
    await both(home, away)
    zoe = await away.actor(zoe)
    assert (zoe.followers_count, zoe.following_count) == (0, 0)

    # Neither hears of the other.
    hers, his = await home.say(ada, "Peace and quiet"), await away.say(zoe, "Buy more!")
    await both(home, away)
    assert await post_of(away, hers.uri) is None
    assert await post_of(home, his.uri) is None
    with pytest.raises(Missing):
        await resolve_handle(home.hub, "@zoe@away.test")

    # They make it up: what was said before can be read again, and whoever wants to hear of the other follows anew.
    await decide(home.hub, "away.test", Decision(HostLevel.OPEN))
    again = await resolve_handle(home.hub, "@zoe@away.test")
    assert not (await home.actor(again)).is_hidden
    assert await read(home, ada) == [hers.uri]
    await home.follow(ada, again)
    await both(home, away)
    sorry = await away.say(zoe, "Sorry for that")
    await both(home, away)
    assert sorry.uri in await read(home, ada)
