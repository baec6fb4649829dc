"""What GoToSocial, Takahē and Mastodon really send, from the corpus: signed, sent, and judged by its effect."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedihub.services.polls import NewPoll
from fedihub.services.posting import edit_post
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor, find_actor_by_uri
from storage.blocks import is_blocked
from storage.follows import Follow, FollowState, find_follow
from storage.notifications import NotificationKind
from storage.polls import find_options
from storage.posts import Audience, Post
from storage.received import ReceivedState
from storage.reports import list_reports
from tests.support import corpus
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.stories import post_of, tell, told, verdict

_INSTANT = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")
_FIRST = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


class SlashedActor(PeerActor):
    """Takahē's kind of id, with a second @ and a slash at its end."""

    @property
    def uri(self) -> str:
        return f"{self.server.base}/@{self.name}@{self.server.host}/"

    @property
    def inbox(self) -> str:
        return f"{self.server.base}/users/{self.name}/inbox"

    @property
    def followers(self) -> str:
        return f"{self.uri}followers/"


@dataclass(frozen=True)
class Dialect:
    """A software's folder in the corpus; its actor, and what its notes are called there."""

    software: str
    host: str
    actor: str
    note: str


DIALECTS = {
    "gotosocial": Dialect(
        "gotosocial",
        "https://gts.example",
        "https://gts.example/users/ada",
        "https://gts.example/users/ada/statuses/01HUBNOTE0000000000000000A",
    ),
    "takahe": Dialect(
        "takahe",
        "https://takahe.example",
        "https://takahe.example/@bob@takahe.example/",
        "https://takahe.example/@bob@takahe.example/posts/6474/",
    ),
    "mastodon": Dialect(
        "mastodon",
        "https://m.example",
        "https://m.example/users/alice",
        "https://m.example/users/alice/statuses/116001",
    ),
}
ALL = pytest.mark.parametrize("software", DIALECTS)
REPLY = {"gotosocial": "create-note-reply", "takahe": "create-note-reply", "mastodon": "create-note"}


class Stage:
    """Our member, a post of hers, and somebody who speaks a dialect."""

    def __init__(self, home: RunningHub, peer: Peer, dialect: Dialect, *, ada: Actor, post: Post) -> None:
        self.home, self.peer, self.dialect, self.ada, self.post = home, peer, dialect, ada, post
        if dialect.software == "takahe":
            self.speaker: PeerActor = SlashedActor(peer, "bob", key_number=3)
            peer.actors["bob"] = self.speaker
        else:
            self.speaker = peer.add_actor(
                dialect.actor.rpartition("/")[2], key_style="path" if dialect.software == "gotosocial" else "fragment"
            )
        self.follow_uri = f"{home.url}/ap/activities/9001"

    def document(self, name: str) -> dict[str, Any]:
        """A document of the corpus, with the names of this stage, as of now."""
        text = json.dumps(corpus.document(f"{self.dialect.software}/{name}"))
        for old, new in (
            (self.dialect.actor, self.speaker.uri),
            (self.dialect.host, self.peer.base),
            (self.dialect.host.removeprefix("https://"), self.peer.host),
            ("https://hub.example/ap/actors/7", self.ada.uri),
            ("https://hub.example/ap/posts/42", self.post.uri),
            ("https://hub.example/ap/posts/43", self.post.uri),
            ("https://hub.example/ap/activities/9001", self.follow_uri),
            ("@acme@hub.example", "@ada@hub.test"),
        ):
            text = text.replace(old, new)
        loaded: dict[str, Any] = json.loads(_INSTANT.sub(_recent, text))
        return loaded

    async def hears(self, *names: str, by: PeerActor | None = None) -> None:
        """These documents arrive, one after another."""
        for name in names:
            await tell(self.peer, by or self.speaker, self.home, self.document(name))

    async def note(self) -> Post | None:
        """The note of the corpus, as the hub has it."""
        uri = self.dialect.note.replace(self.dialect.actor, self.speaker.uri)
        return await post_of(self.home, uri.replace(self.dialect.host, self.peer.base))

    async def our_follow(self) -> Follow | None:
        """Our member's follow of the speaker, asked for before if it is not there."""

        async def unit(session: Any) -> Follow | None:
            them = await find_actor_by_uri(session, self.speaker.uri)
            if them is None:
                return None
            return await find_follow(session, follower_id=self.ada.id, followed_id=them.id)

        return await self.home.hub.database.read(unit)

    async def follow_them(self) -> None:
        """Our member asks to follow the speaker."""
        await self.home.follow(self.ada, await resolve_handle(self.home.hub, self.speaker.handle))
        follow = await self.our_follow()
        assert follow is not None
        self.follow_uri = follow.uri or ""

    async def likes_and_boosts(self) -> tuple[int, int]:
        """What our member's post counts."""
        post = await self.home.post(self.post.id)
        return post.likes_count, post.boosts_count


def _recent(match: re.Match[str]) -> str:
    """The same moment of its minute, but some minutes ago: old posts are treated differently."""
    written = datetime.fromisoformat(match[0])
    minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=10)
    moved = minute + (written - _FIRST) % timedelta(minutes=8)
    return moved.isoformat(timespec="milliseconds" if "." in match[0] else "seconds").replace("+00:00", "Z")


@pytest.fixture
async def stage(home: RunningHub, peer: Peer, software: str) -> Stage:
    ada = await home.member("ada")
    return Stage(home, peer, DIALECTS[software], ada=ada, post=await home.say(ada, "Hello"))


@ALL
async def test_follow_and_undo(stage: Stage) -> None:
    await stage.hears("follow")
    assert (await stage.home.actor(stage.ada)).followers_count == 1
    await stage.home.drain()
    assert [each["object"]["id"] for each in stage.peer.received] == [stage.document("follow")["id"]]
    await stage.hears("undo-follow")
    assert (await stage.home.actor(stage.ada)).followers_count == 0


@ALL
async def test_accept_of_our_follow(stage: Stage) -> None:
    await stage.follow_them()
    await stage.hears("accept-follow")
    follow = await stage.our_follow()
    assert follow is not None
    assert follow.state is FollowState.ACCEPTED


@pytest.mark.parametrize("software", ["gotosocial", "mastodon"])
async def test_reject_of_our_follow(stage: Stage) -> None:
    await stage.follow_them()
    await stage.hears("reject-follow")
    assert await stage.our_follow() is None


@ALL
async def test_like_and_undo(stage: Stage) -> None:
    await stage.hears("like")
    assert await stage.likes_and_boosts() == (1, 0)
    assert await told(stage.home, stage.ada) == [NotificationKind.LIKE]
    await stage.hears("undo-like")
    assert await stage.likes_and_boosts() == (0, 0)


@ALL
async def test_announce_and_undo(stage: Stage) -> None:
    await stage.hears("announce")
    assert await stage.likes_and_boosts() == (0, 1)
    assert await told(stage.home, stage.ada) == [NotificationKind.BOOST]
    await stage.hears("undo-announce")
    assert await stage.likes_and_boosts() == (0, 0)


@ALL
async def test_a_reply_is_stored_edited_and_deleted(stage: Stage) -> None:
    await stage.hears(REPLY[stage.dialect.software])
    reply = await stage.note()
    assert reply is not None
    assert (reply.in_reply_to_id, reply.conversation_id) == (stage.post.id, stage.post.conversation_id)
    assert (reply.audience, reply.edited_at) == (Audience.PUBLIC, None)
    assert await told(stage.home, stage.ada) == [NotificationKind.MENTION]
    edit = stage.document("update-note")
    await stage.hears("update-note")
    edited = await stage.note()
    assert edited is not None
    assert edited.content_html != reply.content_html
    assert edited.edited_at == datetime.fromisoformat(edit["object"]["updated"])
    await stage.hears("delete-note")
    assert await stage.note() is None
    assert (await stage.home.post(stage.post.id)).replies_count == 0


@pytest.mark.parametrize("software", ["gotosocial"])
async def test_a_second_edit_in_the_same_second_under_the_same_id(stage: Stage) -> None:
    await stage.hears("create-note-reply", "update-note", "update-note-second-edit")
    note = await stage.note()
    assert note is not None
    assert "Bridges, best" in note.content_html
    await stage.hears("update-note-second-edit")
    assert await verdict(stage.home) in {(ReceivedState.APPLIED, None), (ReceivedState.IGNORED, "not_newer")}


@pytest.mark.parametrize("software", ["gotosocial", "mastodon"])
async def test_a_vote_is_no_reply(stage: Stage) -> None:
    await stage.hears("create-poll-vote")
    assert await verdict(stage.home) == (ReceivedState.IGNORED, "no_such_poll")
    assert (await stage.home.post(stage.post.id)).replies_count == 0
    assert await told(stage.home, stage.ada) == []


@pytest.mark.parametrize("software", ["gotosocial", "mastodon"])
async def test_a_vote_is_counted(stage: Stage) -> None:
    poll = NewPoll(["Red", "blue"], timedelta(hours=1))
    await edit_post(stage.home.hub, post_id=stage.post.id, by_actor_id=stage.ada.id, text="Which?", poll=poll)
    await stage.hears("create-poll-vote")
    assert await verdict(stage.home) == (ReceivedState.APPLIED, None)
    options = await stage.home.hub.database.read(lambda session: find_options(session, stage.post.id))
    assert sum(option.votes_count or 0 for option in options) == 1
    assert (await stage.home.post(stage.post.id)).replies_count == 0
    assert await told(stage.home, stage.ada) == []


@pytest.mark.parametrize("software", ["gotosocial", "mastodon"])
async def test_block_and_undo(stage: Stage) -> None:
    await stage.hears("follow", "block")

    async def blocked(session: Any) -> bool:
        them = await find_actor_by_uri(session, stage.speaker.uri)
        return them is not None and await is_blocked(session, stage.ada.id, them.id)

    assert (await stage.home.actor(stage.ada)).followers_count == 0
    assert await stage.home.hub.database.read(blocked)
    await stage.hears("undo-block")
    assert not await stage.home.hub.database.read(blocked)


@pytest.mark.parametrize("software", ["gotosocial", "mastodon"])
async def test_the_end_of_an_account(stage: Stage) -> None:
    await stage.hears("follow", REPLY[stage.dialect.software], "delete-actor")
    assert await stage.note() is None
    assert (await stage.home.actor(stage.ada)).followers_count == 0


@pytest.mark.parametrize("software", ["gotosocial"])
async def test_a_profile_is_replaced(stage: Stage) -> None:
    await stage.hears("follow", "update-actor")
    them = await stage.home.hub.database.read(lambda session: find_actor_by_uri(session, stage.speaker.uri))
    assert them is not None
    assert (them.display_name, them.fields[0]["name"]) == ("Ada of Bridges", "Plans")


@pytest.mark.parametrize(
    ("software", "name", "audience", "warning"),
    [
        ("gotosocial", "create-note", Audience.PUBLIC, ""),
        ("gotosocial", "create-note-quiet", Audience.QUIET, ""),
        ("gotosocial", "create-note-followers-only", Audience.FOLLOWERS, ""),
        ("gotosocial", "create-note-direct", Audience.MENTIONED, ""),
        ("gotosocial", "create-note-content-warning", Audience.PUBLIC, "a broken bridge"),
        ("gotosocial", "create-note-image", Audience.PUBLIC, ""),
        ("takahe", "create-note", Audience.PUBLIC, ""),
        ("takahe", "create-note-followers-only", Audience.FOLLOWERS, ""),
    ],
)
async def test_for_whom_a_post_is(stage: Stage, name: str, audience: Audience, warning: str) -> None:
    await stage.follow_them()
    await stage.hears("accept-follow", name)
    stored = await post_of(stage.home, stage.document(name)["object"]["id"])
    assert stored is not None
    assert (stored.audience, stored.content_warning) == (audience, warning)
    assert stored.sensitive is bool(warning)


@pytest.mark.parametrize("software", ["gotosocial"])
async def test_a_poll_is_kept_and_its_votes_are_no_edit(stage: Stage) -> None:
    await stage.follow_them()
    await stage.hears("accept-follow", "create-question")
    uri = stage.document("create-question")["object"]["id"]
    poll = await post_of(stage.home, uri)
    assert poll is not None
    assert "arch" not in poll.content_html
    counted = stage.document("create-question") | {"type": "Update", "id": f"{uri}/activity#Update"}
    counted["object"]["oneOf"][0]["replies"]["totalItems"] = 1
    await tell(stage.peer, stage.speaker, stage.home, counted)
    assert await verdict(stage.home) == (ReceivedState.APPLIED, None)
    options = await stage.home.hub.database.read(lambda session: find_options(session, poll.id))
    assert [(option.title, option.votes_count) for option in options[:1]] == [("arch", 1)]
    assert (await stage.home.post(poll.id)).edited_at is None
    await tell(stage.peer, stage.speaker, stage.home, counted | {"id": f"{uri}/activity#Update-again"})
    assert await verdict(stage.home) == (ReceivedState.IGNORED, "not_newer")


@pytest.mark.parametrize("software", ["gotosocial"])
async def test_a_move_takes_our_followers_along(stage: Stage) -> None:
    new = stage.peer.add_actor("new", extra={"alsoKnownAs": [stage.speaker.uri]})
    await stage.follow_them()
    await stage.hears("accept-follow")
    await tell(stage.peer, stage.speaker, stage.home, stage.document("move") | {"target": new.uri})
    assert await verdict(stage.home) == (ReceivedState.APPLIED, None)
    moved = await resolve_handle(stage.home.hub, new.handle)
    known = await stage.home.hub.database.read(
        lambda session: find_follow(session, follower_id=stage.ada.id, followed_id=moved.id)
    )
    assert known is not None
    assert known.state is FollowState.REQUESTED


@pytest.mark.parametrize("software", ["gotosocial"])
async def test_what_has_no_effect_yet_is_taken_all_the_same(stage: Stage) -> None:
    await stage.hears("accept-reply")
    assert await verdict(stage.home) == (ReceivedState.IGNORED, "nothing_was_asked")
    assert await told(stage.home, stage.ada) == []


@pytest.mark.parametrize("software", ["gotosocial"])
async def test_a_report_comes_from_the_servers_own_actor_and_reaches_the_operator_alone(stage: Stage) -> None:
    await stage.hears("flag", by=stage.peer.add_actor(stage.peer.host))
    found = await stage.home.hub.database.read(lambda session: list_reports(session, with_closed=True, limit=9))
    assert [(report.comment, len(report.posts), about.id) for report, about in found] == [
        ("please look at this", 1, stage.ada.id)
    ]
    assert await told(stage.home, stage.ada) == []
