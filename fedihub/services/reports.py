"""Reports: what members tell the operator about somebody, what other servers tell, and how an operator closes one.

Nothing happens by itself, and whoever is reported is not told. A member's report about somebody elsewhere may go to
that server as well: then it comes from the hub's own actor, so that nobody there learns who reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fedihub.errors import Invalid, Missing
from fedihub.hub import Hub
from fedihub.outbox import Outgoing, new_activity, publish
from fedihub.services.acting import get_acting
from fedihub.text.clean import clean_text
from fedihub.translate import activities
from storage.actors import Actor, find_actor
from storage.database import Session
from storage.posts import Post, find_post
from storage.reports import Report, copy_of, find_report, insert_report
from storage.reports import close_report as note_closed
from storage.rows import new_row
from storage.visibility import is_visible

LONGEST_COMMENT = 1_000
LONGEST_OUTCOME = 500
MOST_POSTS = 50


@dataclass(frozen=True, slots=True)
class Filed:
    """A report that was written down, and the posts that it holds. `forwarded`: the target's own server is told."""

    report: Report
    target: Actor
    post_ids: list[int]
    forwarded: bool


async def file_report(
    hub: Hub,
    *,
    reporter_id: int,
    target_id: int,
    post_ids: Sequence[int] = (),
    comment: str = "",
    forward: bool = False,
) -> Filed:
    """Tell the operator about somebody, with some of their posts; those of others, and what the reporter may not see,
    are left out.

    Raises Missing for who is not there, and Invalid for oneself and for a comment that is too long.
    """
    if len(comment) > LONGEST_COMMENT:
        raise Invalid(f"a report's comment has at most {LONGEST_COMMENT} characters", field="comment")
    if reporter_id == target_id:
        raise Invalid("one cannot report oneself", field="account_id")
    server = await hub.signers.server_id()

    async def unit(session: Session) -> Filed:
        reporter, target = await get_acting(session, reporter_id), await find_actor(session, target_id)
        if target is None or target.gone_at is not None:
            raise Missing("there is no such account")
        posts = await _posts(session, post_ids, author=target, viewer_id=reporter_id)
        key, uri = new_activity(hub)
        row = _row(hub, key, reporter, target, posts=posts, comment=comment)
        await insert_report(session, row)
        if not forward or target.is_local:
            return Filed(row, target, [post.id for post in posts], forwarded=False)
        named = [target.uri, *(post.uri for post in posts)]
        document = activities.flag(uri, hub.uris.actor(str(server)), named, content=row.comment)
        await publish(session, hub, Outgoing(key, server, document, uri), inboxes=[target.inbox_url])
        return Filed(row, target, [post.id for post in posts], forwarded=True)

    filed = await hub.database.write(unit)
    hub.log.warning("somebody was reported", report=filed.report.id, about=filed.target.uri)
    hub.wake.outbound.set()
    return filed


async def close_report(hub: Hub, *, report_id: int, by: str, outcome: str = "") -> Report:
    """Note that a report has been dealt with, by whom and how. Raises Missing where there is no open one."""

    async def unit(session: Session) -> Report:
        text = clean_text(outcome, limit=LONGEST_OUTCOME)
        if not await note_closed(session, report_id, by=by, outcome=text, now=hub.clock.now()):
            raise Missing(f"there is no open report {report_id}: fedihub report list shows all")
        report = await find_report(session, report_id)
        assert report is not None  # noqa: S101 - it was changed just now
        return report

    return await hub.database.write(unit)


async def _posts(session: Session, post_ids: Sequence[int], *, author: Actor, viewer_id: int) -> list[Post]:
    posts = [await find_post(session, post_id) for post_id in list(dict.fromkeys(post_ids))[:MOST_POSTS]]
    theirs = [post for post in posts if post is not None and post.author_id == author.id]
    return [post for post in theirs if await is_visible(session, post, viewer_id=viewer_id)]


def _row(hub: Hub, key: int, reporter: Actor, target: Actor, *, posts: Sequence[Post], comment: str) -> Report:
    return new_row(
        Report,
        id=key,
        reporter_uri=reporter.uri,
        actor_id=target.id,
        comment=clean_text(comment, limit=LONGEST_COMMENT),
        posts=[copy_of(post) for post in posts],
        created_at=hub.clock.now(),
    )
