"""What others make of our posts, as they are stored here and as they are sent."""

import pytest

from fedihub.errors import Missing, Unreachable
from fedihub.services.preview import NEVER_LEAVES, preview_elsewhere, preview_own
from fedihub.translate.readings import PeerKind
from storage.posts import Audience
from tests.support.chapters import approve, chapter
from tests.support.hub import RunningHub
from tests.support.peer import Peer


async def test_a_post_for_followers_is_previewed_too(home: RunningHub) -> None:
    ada = await home.member("ada")
    post = await home.say(ada, "Between us", audience=Audience.FOLLOWERS, content_warning="gossip")
    found = await preview_own(home.hub, post.id, PeerKind.GOTOSOCIAL)
    assert (found.reading.audience, found.reading.warning, found.reading.text) == (
        "followers-only",
        "gossip",
        "Between us",
    )
    assert (await preview_own(home.hub, post.id, PeerKind.LEMMY)).reading.shown_as == "nothing"


async def test_what_is_for_members_only_is_shown_nowhere(home: RunningHub) -> None:
    post = await home.say(await home.member("ada"), "Among us", local_only=True)
    found = (await preview_own(home.hub, post.id, PeerKind.MASTODON)).reading
    assert (found.shown_as, found.notes[0]) == ("nothing", NEVER_LEAVES)


async def test_in_a_chapter_lemmy_hears_of_a_page_with_a_title(home: RunningHub) -> None:
    ada = await home.member("ada")
    pune = await chapter(home, "pune", founder=ada, display_name="Hub Pune")
    post = await home.say(ada, "@pune Who has varnish?\n\nA litre would do.")
    await approve(home, pune, post, by=ada)
    found = (await preview_own(home.hub, post.id, PeerKind.LEMMY)).reading
    assert (found.shown_as, found.title, found.audience) == ("post in a community", "Who has varnish?", "everybody")
    assert (await preview_own(home.hub, post.id, PeerKind.MASTODON)).document["type"] == "Note"


async def test_lemmy_takes_what_is_for_a_community_and_not_what_names_a_person(home: RunningHub, peer: Peer) -> None:
    ada = await home.member("ada")
    for name, type_ in (("rosa", "Person"), ("boats", "Group")):
        peer.add_actor(name, type=type_)
    taken = {}
    for name in ("rosa", "boats"):
        post = await home.say(ada, f"Hello @{name}@peer.test")
        taken[name] = (await preview_own(home.hub, post.id, PeerKind.LEMMY)).reading.shown_as
    assert taken == {"rosa": "nothing", "boats": "post in a community"}


@pytest.mark.parametrize(("type_", "shown_as"), [("Person", "nothing"), ("Group", "post in a community")])
async def test_whether_a_post_elsewhere_is_for_a_community_is_asked(
    home: RunningHub, peer: Peer, type_: str, shown_as: str
) -> None:
    rosa, named = peer.add_actor("rosa"), peer.add_actor("boats", type=type_)
    note = peer.note(rosa, cc=[rosa.followers, named.uri])
    assert (await preview_elsewhere(home.hub, note["id"], PeerKind.LEMMY)).reading.shown_as == shown_as


async def test_a_post_elsewhere(home: RunningHub, peer: Peer) -> None:
    rosa = peer.add_actor("rosa")
    note = peer.note(rosa, "<p>Hello</p>", to=[rosa.followers], cc=[])
    found = await preview_elsewhere(home.hub, note["id"], PeerKind.MISSKEY)
    assert (found.reading.audience, found.reading.text) == ("followers", "Hello")
    with pytest.raises(Missing) as missing:
        await preview_elsewhere(home.hub, f"{peer.base}/nothing", PeerKind.MISSKEY)
    assert f"{missing.value.public} ({missing.value.private})".count("the host answered 404") == 1
    with pytest.raises(Unreachable):
        await preview_elsewhere(home.hub, "http://nowhere.test/1", PeerKind.MISSKEY)
