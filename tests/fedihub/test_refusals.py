"""What strangers are refused is kept for the operator, within bounds that no stranger can stretch."""

from federation.ports import Refusal
from fedihub.refusals import MOST_AT_ONCE, MOST_OF_A_HOST, Refusals
from storage.received import list_refused
from tests.support.hub import RunningHub


def refusal(host: str) -> Refusal:
    return Refusal(
        status=401,
        reason="signature_wrong",
        detail="The signature does not fit the key",
        key_id=f"https://{host}/users/a#main-key",
        actor=f"https://{host}/users/a",
        type="Create",
    )


async def test_of_one_host_a_few_are_kept_and_the_rest_is_counted(home: RunningHub) -> None:
    for _ in range(MOST_OF_A_HOST + 30):
        home.hub.inbox_log.refuse(refusal("noisy.example"))
    home.hub.inbox_log.refuse(refusal("quiet.example"))
    await home.hub.inbox_log.close()
    rows = await home.hub.database.read(lambda session: list_refused(session, limit=100))
    assert [row.host for row in rows] == ["quiet.example"] + ["noisy.example"] * MOST_OF_A_HOST
    assert rows[0].detail == "The signature does not fit the key"
    assert rows[1].detail == "The signature does not fit the key (and 30 more of this host at that moment)"


async def test_invented_hosts_take_no_more_room(home: RunningHub) -> None:
    refusals = Refusals(home.hub.ids, home.hub.clock)
    for number in range(2 * MOST_AT_ONCE):
        refusals.add(refusal(f"h{number}.example"))
    assert len(refusals.take()) == MOST_AT_ONCE


async def test_the_next_moment_begins_anew(home: RunningHub) -> None:
    refusals = Refusals(home.hub.ids, home.hub.clock)
    for _ in range(2):
        for _ in range(MOST_OF_A_HOST + 1):
            refusals.add(refusal("noisy.example"))
        assert len(refusals.take()) == MOST_OF_A_HOST
    assert not refusals
    assert refusals.take() == []


async def test_a_refusal_is_written_without_anybody_asking(home: RunningHub) -> None:
    """Nobody closes the log: it writes when the moment is over."""
    home.hub.inbox_log.refuse(refusal("noisy.example"))
    while not (rows := await home.hub.database.read(lambda session: list_refused(session, limit=1))):
        pass
    assert rows[0].host == "noisy.example"
