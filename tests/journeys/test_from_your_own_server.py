"""A visitor reads on our pages, and acts from their own server, which is another hub: four buttons, no account here."""

from storage.actors import Actor
from storage.notifications import NotificationKind
from tests.journeys.conftest import both
from tests.support.hub import RunningHub
from tests.support.stories import told
from tests.support.visitor import Page, Visitor


async def at_home(zoe: Visitor, page: Page, away: RunningHub) -> Page:
    """Where the button led: on the visitor's own hub, by its address there."""
    assert page.status == 303
    assert page.location.startswith(f"{away.url}/")
    return await zoe.open(page.location.removeprefix(away.url))


async def test_following_answering_boosting_and_liking(
    home: RunningHub, away: RunningHub, bridge: Actor, ada: Actor
) -> None:
    await away.member("zoe")
    update = await home.say(bridge, "The first pillar stands!", writer_id=ada.id)
    here, there = Visitor(home), Visitor(away)
    await there.sign_in("zoe")

    # She follows the project from its page, where she has no account.
    button = (await here.get("/@bridge")).form("/@bridge/follow")
    page = await at_home(there, await here.send(button, handle="@zoe@away.test"), away)
    assert "Follow bridge?" in page.text
    await there.send(page.form("/authorize_interaction"), act="follow")
    await both(home, away)
    assert (await home.actor(bridge)).followers_count == 1

    # On the page of the update she finds three buttons more; each leads to what it says.
    path = f"/@bridge/{update.id}"
    for act, headline in (("like", "Like a post by"), ("boost", "Boost a post by"), ("reply", "A post by")):
        button = (await here.get(path)).form(f"{path}/reply")
        button.action = f"{path}/{act}"
        page = await at_home(there, await here.send(button, handle="zoe@away.test"), away)
        assert headline in page.text
        await there.send(page.form("/authorize_interaction"), act=act, text="Congratulations!")
    await both(home, away)

    # All of it has come home.
    counted = await home.post(update.id)
    assert (counted.likes_count, counted.boosts_count, counted.replies_count) == (1, 1, 1)
    assert "Congratulations!" in (await here.get(path)).text
    kinds = {NotificationKind.FOLLOW, NotificationKind.LIKE, NotificationKind.BOOST, NotificationKind.MENTION}
    assert set(await told(home, bridge)) == kinds
