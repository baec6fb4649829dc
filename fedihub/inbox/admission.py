"""Who is heard at all, asked before any handler.

Of somebody hidden (`storage.standing`) four verbs still count, because they take away or put right what we have of
them (Mastodon 4.6 hears the same four). Of a blocked host nothing does: `federation.receive` has refused it at the
door, so what is found here came in before the host was blocked.
"""

from federation.identifiers import host_of
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Ignored, Refused, Result

STILL_HEARD = frozenset({"Delete", "Reject", "Undo", "Update"})


async def objection(at: Gathering, received: In) -> Result | None:
    """Why an activity has no effect, whatever it says; None if it may have one."""
    if await at.hub.host_gate.is_blocked_host(host_of(received.actor)):
        return Refused("host_blocked", received.actor)
    sender = at.senders.get(received.actor)
    if sender is not None and sender.is_hidden and received.activity.type not in STILL_HEARD:
        return Ignored("sender_suspended")
    return None
