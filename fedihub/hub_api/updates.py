"""Updates: what a project tells its followers, and who wrote it."""

from fedihub.hub_api.models import NewUpdate, Page, UpdateList, UpdateShown
from fedihub.hub_api.operations import Call
from fedihub.hub_api.problems import Refused
from fedihub.hub_api.projects import further, shown
from fedihub.hub_api.shown import update
from fedihub.services.posting import publish_post
from storage.views.member_page import newest_posts
from storage.views.posts import load_posts


async def publish(call: Call) -> UpdateShown:
    """Publish as the project. Everybody in its team may; the member who asks is named as the writer."""
    project_id, said = call.path_id("id"), call.said(NewUpdate)
    writer_id = call.member_for(project_id)
    await shown(call, project_id)
    post_id = await publish_post(
        call.hub,
        author_id=project_id,
        writer_id=writer_id,
        text=said.text,
        audience=said.audience,
        content_warning=said.content_warning,
        language=said.language,
        kind=said.kind,
        format=said.format,
        idempotency_key=call.request.headers.get("Idempotency-Key"),
        app_name=call.caller.app_name if call.caller else None,
        app_website=call.caller.app_website if call.caller else None,
    )
    posts = await call.hub.database.read(lambda session: load_posts(session, [post_id], viewer_id=project_id))
    if not posts:
        raise Refused(404, "The update was deleted meanwhile.")
    return update(posts[0], call.hub.uris)


async def show_all(call: Call) -> UpdateList:
    """List what a project has told, newest first, as far as the token's account may see it."""
    project_id, page = call.path_id("id"), call.asked(Page)
    await shown(call, project_id)
    before = int(page.before) if page.before else None
    posts, older = await call.hub.database.read(
        lambda db: newest_posts(db, project_id, viewer_id=call.viewer_id, before=before, limit=page.limit)
    )
    items = [update(post, call.hub.uris) for post in posts]
    return UpdateList(items=items, next=further(call, f"/projects/{project_id}/updates", older))
