"""`fedihub delivery …`: what an operator sees and does when a post did not arrive."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from storage.actors import Actor, find_local_by_username
from storage.conversations import Conversation, insert_conversation
from storage.database import Session
from storage.deliveries import Delivery, DeliveryState, OutgoingActivity, enqueue
from storage.hosts import HostFailure, store_failures
from storage.posts import Audience, Post
from storage.statements import insert_row
from tests.fedihub.cli.conftest import CommandLine

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = datetime(2126, 5, 1, tzinfo=UTC)
POST_ID = 3411002233445566
HOSTS = ("dead.example", "slow.example", "live.example")


@pytest.fixture
def hub(cli: CommandLine) -> CommandLine:
    """A hub that has said two things to three hosts: one was given up, one is held, one has heard everything."""

    async def unit(session: Session) -> None:
        maya = await find_local_by_username(session, "maya")
        assert maya is not None
        await insert_conversation(session, Conversation(id=1, created_at=NOON))
        for number in (1, 2):
            await insert_row(session, post_by(maya, number))
            deliveries = [(number * 10 + place, f"https://{host}/inbox", host) for place, host in enumerate(HOSTS)]
            await enqueue(session, said(maya, number), deliveries, now=NOON, order_key=None)
        await set_state(session, (10, 20), DeliveryState.DEAD, error="http_410 Gone")
        await set_state(session, (12, 22), DeliveryState.DELIVERED)
        await store_failures(session, {"slow.example": HostFailure(LATER, "timed_out")}, now=NOON)

    cli.change(unit)
    return cli


def post_by(author: Actor, number: int) -> Post:
    """The post of which is said something."""
    return Post(
        id=POST_ID + number,
        uri=f"http://localhost:8080/ap/posts/{number}",
        author_id=author.id,
        is_local=True,
        audience=Audience.PUBLIC,
        conversation_id=1,
        published_at=NOON,
        created_at=NOON,
    )


def said(author: Actor, number: int) -> OutgoingActivity:
    """An activity about a post."""
    return OutgoingActivity(
        id=number,
        uri=f"http://localhost:8080/ap/activities/{number}",
        actor_id=author.id,
        activity_type="Create",
        object_uri=f"http://localhost:8080/ap/posts/{number}",
        post_id=POST_ID + number,
        body=b"what is said",
        created_at=NOON,
    )


async def set_state(session: Session, ids: Sequence[int], state: DeliveryState, *, error: str | None = None) -> None:
    """Let deliveries have ended like this."""
    for delivery_id in ids:
        delivery = await session.get(Delivery, delivery_id)
        assert delivery is not None
        delivery.state, delivery.last_error, delivery.attempts = state, error, 1
        delivery.finished_at = NOON


def states(cli: CommandLine) -> dict[str, str]:
    """What the command line says of each delivery."""
    return {entry["id"]: entry["state"] for entry in cli.json("delivery", "list")}


BEFORE = {"22": "delivered", "21": "waiting", "20": "dead", "12": "delivered", "11": "waiting", "10": "dead"}


def test_deliveries_are_listed_newest_first_with_what_went_wrong(hub: CommandLine) -> None:
    listed = hub.json("delivery", "list")
    assert {entry["id"]: entry["state"] for entry in listed} == BEFORE
    assert [entry["id"] for entry in listed] == list(BEFORE)
    dead = listed[2]
    assert (dead["sender"], dead["host"], dead["activity_type"]) == ("maya", "dead.example", "Create")
    assert (dead["last_error"], dead["attempts"], dead["post_id"]) == ("http_410 Gone", 1, str(POST_ID + 2))
    assert [entry["held_until"] for entry in listed if entry["host"] == "slow.example"] == [
        "2126-05-01T00:00:00.000Z"
    ] * 2


def test_status_tells_of_what_waits_and_of_who_does_not_answer(hub: CommandLine) -> None:
    counts = hub.json("status")["counts"]
    assert counts["outbound"] == {"waiting": 2, "oldest_due_at": "2026-05-01T12:00:00.000Z"}
    assert (counts["dead_deliveries"], counts["held_hosts"]) == (2, 1)
    assert [(host["host"], host["last_error"]) for host in counts["failing_hosts"]] == [("slow.example", "timed_out")]
    said_so = hub.ok("status")
    assert re.search(r"^to deliver +2 waiting, the oldest due for \d+ d$", said_so, re.MULTILINE)
    assert re.search(r"^slow\.example +1 +1 +- +2126-05-01 00:00:00  timed_out$", said_so, re.MULTILINE)


def test_the_table_is_for_people(hub: CommandLine) -> None:
    assert hub.ok("delivery", "list", "--host", "dead.example") == (
        "ID  STATE  TYPE    FROM  TO            TRIES  NEXT TRY  STATUS  LAST ERROR\n"
        "20  dead   Create  maya  dead.example  1      -         -       http_410 Gone\n"
        "10  dead   Create  maya  dead.example  1      -         -       http_410 Gone\n"
    )
    assert hub.ok("delivery", "list", "--host", "other.example") == "There are no such deliveries\n"


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--state", "dead"], ["20", "10"]),
        (["--host", "Slow.Example"], ["21", "11"]),
        (["--post", str(POST_ID + 1)], ["12", "11", "10"]),
        (["--post", f"http://localhost:8080/@maya/{POST_ID + 1}"], ["12", "11", "10"]),
        (["--state", "waiting", "--host", "dead.example"], []),
        (["--limit", "2"], ["22", "21"]),
    ],
)
def test_the_list_can_be_narrowed(options: list[str], ids: list[str], hub: CommandLine) -> None:
    assert [entry["id"] for entry in hub.json("delivery", "list", *options)] == ids


def test_what_was_given_up_is_tried_again_at_once(hub: CommandLine) -> None:
    assert hub.ok("delivery", "retry", "--host", "dead.example") == "2 deliveries will be tried at once\n"
    assert states(hub) == BEFORE | {"20": "waiting", "10": "waiting"}


def test_a_retry_asks_a_held_host_again(hub: CommandLine) -> None:
    assert hub.json("delivery", "retry", "11") == {"retried": 1}
    held = {entry["id"]: entry["held_until"] for entry in hub.json("delivery", "list", "--host", "slow.example")}
    assert held["11"] is None


def test_what_has_arrived_is_not_sent_again(hub: CommandLine) -> None:
    assert hub.json("delivery", "retry", "--host", "live.example") == {"retried": 0}
    assert states(hub) == BEFORE


def test_dropping_is_rehearsed_first(hub: CommandLine) -> None:
    said_so = hub.ok("delivery", "drop", "--host", "slow.example", "--dry-run")
    assert said_so == "would be dropped: 2 deliveries\n"
    assert states(hub) == BEFORE
    assert hub.ok("delivery", "drop", "--host", "slow.example", "--yes") == "dropped: 2 deliveries\n"
    assert states(hub) == BEFORE | {"21": "dropped", "11": "dropped"}
    assert hub.json("delivery", "retry", "--state", "dropped") == {"retried": 2}
    assert states(hub) == BEFORE


def test_a_delivery_that_does_not_exist_is_named_and_nothing_happens(hub: CommandLine) -> None:
    for command in (["retry"], ["drop", "--yes"], ["drop", "--dry-run"]):
        line = hub.fails("delivery", *command, "11", "98", "99")
        assert line == "fedihub: there is no delivery 98, 99: fedihub delivery list shows all"
    assert states(hub) == BEFORE


def test_what_has_ended_cannot_be_dropped(hub: CommandLine) -> None:
    assert hub.json("delivery", "drop", "10", "12", "--yes") == {"dropped": 0, "would_be_dropped": 0}
    assert states(hub) == BEFORE


@pytest.mark.parametrize(
    ("command", "said_so"),
    [
        (["retry"], "say which deliveries: by ID, or with one of the options"),
        (["drop", "--yes"], "say which deliveries: by ID, or with one of the options"),
        (["drop", "9223372036854775808", "--yes"], "must be less than or equal to 9223372036854775807"),
        (["list", "--host", "two words"], "must be a host name, like peer.example"),
        (["drop", "--host", "slow.example"], "give either --dry-run, to see what would be dropped, or --yes"),
        (["drop", "--host", "slow.example", "--yes", "--dry-run"], "give either --dry-run"),
        (["list", "--state", "lost"], "'lost'"),
        (["list", "--post", "the first"], "must be a post's id, or its address"),
    ],
)
def test_a_command_that_could_mean_everything_is_refused(command: list[str], said_so: str, hub: CommandLine) -> None:
    assert said_so in hub.fails("delivery", *command, code=2)
    assert states(hub) == BEFORE


def test_a_host_for_which_nothing_new_is_written_is_named_as_such(hub: CommandLine) -> None:
    given_up = {"dead.example": HostFailure(LATER, "timed_out", failed_days=7, unavailable_at=NOON)}
    hub.change(lambda session: store_failures(session, given_up, now=NOON))
    said_so = "since 2026-05-01 12:00:00 nothing new is written for it"
    assert said_so in hub.ok("delivery", "list", "--host", "dead.example")
    assert said_so not in hub.ok("delivery", "list", "--host", "slow.example")
