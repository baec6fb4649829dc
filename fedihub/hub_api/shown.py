"""Rows as this API shows them."""

from federation.uris import LocalUris
from fedihub.hub_api.models import Link, Person, ProjectShown, UpdateShown
from storage.actors import Actor
from storage.projects import Project, Stage
from storage.views.actors import ActorRef
from storage.views.posts import PostView


def person(actor: Actor | ActorRef, uris: LocalUris) -> Person:
    """A member."""
    return Person(
        id=str(actor.id),
        username=actor.username,
        handle=f"@{uris.handle(actor.username)}",
        name=actor.display_name or actor.username,
        url=uris.page(actor.username),
    )


def project(actor: Actor, row: Project, uris: LocalUris) -> ProjectShown:
    """A project."""
    return ProjectShown(
        id=str(actor.id),
        username=actor.username,
        handle=f"@{uris.handle(actor.username)}",
        name=actor.display_name or actor.username,
        uri=actor.uri,
        url=uris.page(actor.username),
        description=actor.bio_source or "",
        description_html=actor.bio_html,
        stage=Stage(row.stage),
        needs=row.needs,
        links=[Link(name=link["name"], url=link["url"]) for link in row.links],
        created_at=row.created_at,
        last_update_at=actor.last_post_at,
    )


def update(post: PostView, uris: LocalUris) -> UpdateShown:
    """What a project told."""
    return UpdateShown(
        id=str(post.id),
        uri=post.uri,
        url=uris.post_page(post.author.username, str(post.id)),
        kind=post.kind,
        audience=post.audience,
        content_html=post.content_html,
        content_warning=post.content_warning,
        language=post.language,
        writer=person(post.writer, uris) if post.writer else None,
        replies_count=post.replies_count,
        published_at=post.published_at,
        edited_at=post.edited_at,
    )
