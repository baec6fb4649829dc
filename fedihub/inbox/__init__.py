"""What an incoming activity means here: the table of what we act on, one file a verb.

A handler gathers first (it may read and fetch, but not write) and answers with a change to be applied in one
transaction, or with the reason why there is none. What is not in the table is ignored with a reason, never an error:
peers send many things (EmojiReact, View, Flag, Move, Add …).
"""

from federation.dispatch import Dispatcher
from federation.forwarding import FORWARD
from fedihub.inbox.announce import on_announce
from fedihub.inbox.answer import on_accept, on_reject
from fedihub.inbox.block import on_block
from fedihub.inbox.create import on_create
from fedihub.inbox.delete import on_delete
from fedihub.inbox.follow import on_follow
from fedihub.inbox.forward import on_forward
from fedihub.inbox.gathering import Gathering
from fedihub.inbox.like import on_like
from fedihub.inbox.results import Change, Result
from fedihub.inbox.undo import on_undo
from fedihub.inbox.update import on_update

INBOX: Dispatcher[Gathering, Change | Result] = (
    Dispatcher[Gathering, Change | Result]()
    .on("Follow", on_follow)
    .on("Accept", on_accept)
    .on("Reject", on_reject)
    .on("Undo", on_undo)
    .on("Create", on_create)
    .on("Update", on_update)
    .on("Delete", on_delete)
    .on("Like", on_like)
    .on("Announce", on_announce)
    .on("Block", on_block)
    .on(FORWARD, on_forward)
)
