"""Report: what a member told the operator about somebody."""

from collections.abc import Sequence

from federation.uris import LocalUris
from fedihub.api.entities.account import Account, account
from fedihub.api.entities.base import Entity, Id, Moment
from fedihub.services.reports import Filed


class Report(Entity):
    """A report, as its reporter sees it; lists of ids are texts."""

    id: Id
    action_taken: bool
    action_taken_at: Moment | None
    category: str
    comment: str
    forwarded: bool
    created_at: Moment
    status_ids: list[str]
    rule_ids: list[str]
    target_account: Account


def report(filed: Filed, uris: LocalUris, *, category: str, status_ids: Sequence[int]) -> Report:
    """The report as clients see it, with those of the statuses that it really holds."""
    row = filed.report
    return Report(
        id=row.id,
        action_taken=row.closed_at is not None,
        action_taken_at=row.closed_at,
        category=category,
        comment=row.comment,
        forwarded=filed.forwarded,
        created_at=row.created_at,
        status_ids=[str(each) for each in status_ids],
        rule_ids=[],
        target_account=account(filed.target, uris),
    )
