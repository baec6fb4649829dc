"""Our acts as peers hear of them.

Each has an id of its own (`/ap/activities/<key>`), never a fragment of another. Undo, Accept and Reject carry the
activity they speak of as a whole, but with plain ids in it: GoToSocial ignores an Undo that only names an id, Takahē
an Accept whose Follow has its actor embedded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.addressing import Audience, address
from federation.uris import LocalUris
from federation.vocabulary.context import PLAIN_CONTEXT, POST_CONTEXT
from federation.vocabulary.terms import PUBLIC
from fedihub.translate.actors import actor_document
from fedihub.translate.posts import PostParts, embedded_post
from fedihub.translate.times import wire_time
from storage.actors import Actor, ActorKey
from storage.reactions import Boost

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FollowParts:
    """A follow as the wire names it: `uri` is the id of its Follow activity, as it was sent or received."""

    uri: str | None
    follower: str
    followed: str


def create(uri: str, parts: PostParts, uris: LocalUris) -> Json:
    """A new post."""
    note = embedded_post(parts, uris)
    head = {"@context": POST_CONTEXT, "id": uri, "type": "Create", "actor": parts.author.uri}
    return head | {"published": note["published"]} | _addressed(note) | {"object": note}


def update(uri: str, parts: PostParts, uris: LocalUris) -> Json:
    """A changed post, whole."""
    note = embedded_post(parts, uris)
    head = {"@context": POST_CONTEXT, "id": uri, "type": "Update", "actor": parts.author.uri}
    return head | {"published": note.get("updated", note["published"])} | _addressed(note) | {"object": note}


def delete(uri: str, actor: str, object_uri: str, *, to: Sequence[str], cc: Sequence[str]) -> Json:
    """A post is no more."""
    tombstone = {"id": object_uri, "type": "Tombstone"}
    return _activity(uri, "Delete", actor) | {"to": list(to), "cc": list(cc), "object": tombstone}


def takes_back(said: Json) -> bool:
    """Whether something that we said of a post ended it: a Delete, the Undo of a boost, a Delete that a chapter passed
    on. Of what is forgotten nobody can say.
    """
    inner = said.get("object")
    if said.get("type") == "Announce" and isinstance(inner, dict):
        return inner.get("type") == "Delete"
    return said.get("type") in ("Delete", "Undo")


def flag(uri: str, server_actor: str, objects: Sequence[str], *, content: str) -> Json:
    """A report to another server: about an actor there (first) and some of their posts. It comes from the server's own
    actor, as Mastodon 4.6 sends it, so that who reported stays here.
    """
    return _activity(uri, "Flag", server_actor) | {"content": content, "object": list(objects)}


def update_actor(uri: str, actor: Actor, *, keys: ActorKey, uris: LocalUris) -> Json:
    """A changed profile: the complete actor, since peers replace what they have."""
    document = actor_document(actor, keys, uris)
    context = document.pop("@context")
    head = {"@context": context, "id": uri, "type": "Update", "actor": actor.uri}
    return head | {"to": [PUBLIC], "cc": [actor.followers_url], "object": document}


def delete_actor(uri: str, actor: str) -> Json:
    """An actor is no more."""
    return _activity(uri, "Delete", actor) | {"to": [PUBLIC], "object": actor}


def move(uri: str, actor: Actor, target: str) -> Json:
    """An actor has moved to another account (FEP-7628), which names it in its `alsoKnownAs`."""
    to = [actor.followers_url] if actor.followers_url else []
    return _activity(uri, "Move", actor.uri) | {"to": to, "cc": [PUBLIC], "object": actor.uri, "target": target}


def follow(parts: FollowParts) -> Json:
    """One actor wants to follow another."""
    return {"@context": PLAIN_CONTEXT} | _follow(parts)


def accept_follow(uri: str, parts: FollowParts) -> Json:
    """The followed actor agrees. `to` is for GoToSocial, which adds it itself."""
    return _activity(uri, "Accept", parts.followed) | {"to": [parts.follower], "object": _follow(parts)}


def reject_follow(uri: str, parts: FollowParts) -> Json:
    """The followed actor refuses, or no longer agrees."""
    return _activity(uri, "Reject", parts.followed) | {"to": [parts.follower], "object": _follow(parts)}


def undo_follow(uri: str, parts: FollowParts) -> Json:
    """The follower leaves."""
    return _activity(uri, "Undo", parts.follower) | {"to": [parts.followed], "object": _follow(parts)}


def like(uri: str, actor: str, post_uri: str, *, to: str) -> Json:
    """An actor likes a post; only its author (`to`) hears of it."""
    return _activity(uri, "Like", actor) | {"to": [to], "object": post_uri}


def undo_like(uri: str, actor: str, post_uri: str, *, like_uri: str | None, to: str) -> Json:
    """The like is taken back."""
    return _undo(uri, _without_context(like(like_uri or f"{uri}/like", actor, post_uri, to=to)))


def announce(uri: str, booster: Actor, post_uri: str, *, author: str, audience: Audience, published: datetime) -> Json:
    """A boost: to the booster's followers, and to the author of the post."""
    to, cc = address(audience, booster.followers_url, mentioned=[author])
    addressed = {"published": wire_time(published), "to": to, "cc": cc}
    return _activity(uri, "Announce", booster.uri) | addressed | {"object": post_uri}


def add_pin(uri: str, actor: Actor, post_uri: str) -> Json:
    """An actor pins a post to its profile."""
    return _pin(uri, "Add", actor, post_uri)


def remove_pin(uri: str, actor: Actor, post_uri: str) -> Json:
    """The pin is taken away."""
    return _pin(uri, "Remove", actor, post_uri)


def embedded_create(parts: PostParts, uris: LocalUris) -> Json:
    """A post in our outbox. It has no id of its own there: the activity that was once sent may be remembered no
    longer.
    """
    note = embedded_post(parts, uris)
    head = {"type": "Create", "actor": parts.author.uri, "published": note["published"]}
    return head | _addressed(note) | {"object": note}


def embedded_announce(boost: Boost, booster: Actor, post_uri: str, *, author: str) -> Json:
    """A boost in our outbox."""
    audience = Audience(boost.audience.value)
    uri = boost.uri or ""
    return _without_context(
        announce(uri, booster, post_uri, author=author, audience=audience, published=boost.published_at)
    )


def undo_announce(uri: str, announced: Json) -> Json:
    """The boost is taken back; `announced` is what `announce` made."""
    return _undo(uri, _without_context(announced))


def block(uri: str, actor: str, blocked: str) -> Json:
    """An actor wants nothing to do with another."""
    return _activity(uri, "Block", actor) | {"to": [blocked], "object": blocked}


def undo_block(uri: str, actor: str, blocked: str, *, block_uri: str | None) -> Json:
    """The block is lifted."""
    return _undo(uri, _without_context(block(block_uri or f"{uri}/block", actor, blocked)))


def _addressed(note: Json) -> Json:
    """An activity has the addressees of its post."""
    return {name: note[name] for name in ("to", "cc", "audience") if name in note}


def _pin(uri: str, type_: str, actor: Actor, post_uri: str) -> Json:
    """`target` is what tells peers that this is a pin: exactly the `featured` of the actor's document."""
    addressed = {"to": [PUBLIC], "cc": [actor.followers_url]}
    return _activity(uri, type_, actor.uri) | addressed | {"object": post_uri, "target": actor.featured_url}


def _activity(uri: str, type_: str, actor: str) -> Json:
    return {"@context": PLAIN_CONTEXT, "id": uri, "type": type_, "actor": actor}


def _follow(parts: FollowParts) -> Json:
    named = {"id": parts.uri} if parts.uri else {}
    return named | {"type": "Follow", "actor": parts.follower, "object": parts.followed}


def _undo(uri: str, done: Json) -> Json:
    addressed = {name: done[name] for name in ("to", "cc") if name in done}
    return _activity(uri, "Undo", done["actor"]) | addressed | {"object": done}


def _without_context(document: Json) -> Json:
    return {name: value for name, value in document.items() if name != "@context"}
