"""Reports: telling the operator about somebody."""

from fedihub.api.endpoint import Call
from fedihub.api.entities.report import Report, report
from fedihub.api.errors import not_found
from fedihub.api.forms import Form, RowId
from fedihub.services.reports import file_report

_CATEGORIES = {"spam", "legal", "violation", "other"}


class _ReportForm(Form):
    account_id: RowId | None = None
    status_ids: tuple[RowId, ...] = ()
    comment: str = ""
    forward: bool = False
    category: str = "other"


async def create_report(call: Call) -> Report:
    """`POST /api/v1/reports`. With `forward` the account's own server is told as well, but not by whom. The hub keeps
    no categories: they are given back as they came.
    """
    form = call.form(_ReportForm)
    if form.account_id is None:
        raise not_found()
    filed = await file_report(
        call.hub,
        reporter_id=call.actor_id,
        target_id=form.account_id,
        post_ids=form.status_ids,
        comment=form.comment,
        forward=form.forward,
    )
    category = form.category if form.category in _CATEGORIES else "other"
    return report(filed, call.hub.uris, category=category, status_ids=filed.post_ids)
