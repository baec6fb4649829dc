"""What an incoming activity means here: the table of what we act on, one file a verb.

A handler gathers first (it may read and fetch, but not write) and answers with a change to be applied in one
transaction, or with the reason why there is none. What is not in the table is ignored with a reason, never an error:
peers send many things (EmojiReact, View, Listen …).
"""

from federation.dispatch import Dispatcher
from federation.forwarding import FORWARD
from fedihub.inbox.announce import on_announce
from fedihub.inbox.answer import on_accept, on_reject
from fedihub.inbox.block import on_block
from fedihub.inbox.create import on_create
from fedihub.inbox.delete import on_delete
from fedihub.inbox.feature_request import on_feature_request
from fedihub.inbox.featured import on_add, on_remove
from fedihub.inbox.flag import on_flag
from fedihub.inbox.follow import on_follow
from fedihub.inbox.forward import on_forward
from fedihub.inbox.forwarding import forwards
from fedihub.inbox.gathering import Gathering
from fedihub.inbox.like import on_like
from fedihub.inbox.move import on_move
from fedihub.inbox.openings import ends_openings, learns_software, likes_openings, may_submit, unlikes_openings
from fedihub.inbox.quote_request import on_quote_request
from fedihub.inbox.results import Change, Result
from fedihub.inbox.undo import on_undo
from fedihub.inbox.update import on_update

INBOX: Dispatcher[Gathering, Change | Result] = (
    Dispatcher[Gathering, Change | Result]()
    .on("Follow", learns_software(on_follow))
    .on("Accept", on_accept)
    .on("Reject", on_reject)
    .on("Undo", unlikes_openings(on_undo))
    .on("Create", forwards(may_submit(on_create)))
    .on("Update", forwards(may_submit(on_update)))
    .on("Delete", forwards(ends_openings(on_delete)))
    .on("Like", likes_openings(on_like))
    .on("Announce", on_announce)
    .on("Block", on_block)
    .on("QuoteRequest", on_quote_request)
    .on("FeatureRequest", on_feature_request)
    .on("Add", on_add)
    .on("Remove", on_remove)
    .on("Move", on_move)
    .on("Flag", on_flag)
    .on(FORWARD, ends_openings(on_forward))
)
