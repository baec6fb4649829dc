"""What a chapter passes on to servers that read FEP-1b12, where a group announces the activities of a conversation
themselves.

Lemmy 1.0 (`crates/apub`) takes an announced activity as it stands inside the Announce, without fetching it, and demands
of it: an `id` and an object on the host of its actor, the actor as its author, Public among its recipients. A thread
begins with a Page and has a title; what answers something is a Note. Lemmy 0.19 takes a Note for the beginning as
well, PieFed and Mbin do. So what our own people say becomes a Page here, and what others said goes on as it came.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.vocabulary.attachments import read_attachments
from federation.vocabulary.base import media_url_of, type_of
from federation.vocabulary.context import POST_CONTEXT
from federation.vocabulary.terms import AS_CONTEXT, POST_TYPES, PUBLIC
from fedihub.text.clean import clean_name, plain_text
from fedihub.text.render import MOST_READ, render_strangers
from fedihub.translate.times import wire_time
from storage.actors import Actor
from storage.posts import Post

Json = dict[str, Any]

LONGEST_TITLE = 200
"""What Lemmy's database has room for."""


SAYINGS = ("Create", "Update")
"""The activities that carry what a post says."""


def in_chapter(activity: Json, chapter: Actor, post: Post, *, author: Actor) -> Json:
    """An activity as the chapter passes it on: what is ours in the words that communities take, what others said as
    they said it.
    """
    if not author.is_local:
        return _as_seen(activity)
    if activity["type"] in SAYINGS and post.in_reply_to_uri is None:
        return beginning(activity, chapter, title=title_of(post, author))
    return within(activity, chapter)


def like_of(uri: str, by_uri: str, *, post_uri: str) -> Json:
    """Somebody's like by names alone: there is nothing else that others could want to know of it."""
    return {"@context": AS_CONTEXT, "id": uri, "type": "Like", "actor": by_uri, "object": post_uri}


def unlike_of(uri: str, by_uri: str, *, like_uri: str, post_uri: str) -> Json:
    """The end of it; some name only the like's id, but communities want to see what it was for."""
    like = like_of(like_uri, by_uri, post_uri=post_uri)
    return {"@context": AS_CONTEXT, "id": uri, "type": "Undo", "actor": by_uri, "object": like}


def of_ours(said: Sequence[Json]) -> list[Json]:
    """How a post of ours is shown now, of all that we said: its Create, with what it says by now."""
    return [said[0] | {"object": said[-1]["object"]}] if said else []


@dataclass(frozen=True, slots=True)
class Saying:
    """A Create or Update by the author of a post elsewhere. `is_shown`: it says what is shown here; `was_applied`: it
    did once.
    """

    activity: Json
    is_shown: bool
    was_applied: bool


def of_others(said: Sequence[Saying]) -> list[Json]:
    """How a post of somebody else is shown now, of all that they said: the last Create and the last Update that say
    what is shown here (and what its moderators have seen), or that Update after the Create that was taken before it.
    None without such, nor without a Create: nothing else shows what is new.
    """
    shown = {str(each.activity.get("type")): each.activity for each in said if each.is_shown}
    taken = [each.activity for each in said if each.was_applied and each.activity.get("type") == "Create"]
    create, update = shown.get("Create") or (taken[-1] if taken else None), shown.get("Update")
    if not shown or create is None:
        return []
    return [create] if update is None else [create, update]


def is_plain_answer(document: Json, parent_uri: str) -> bool:
    """Whether nobody can take an answer for the beginning of a thread: Mbin goes by its type, Lemmy by `inReplyTo`."""
    is_note = document.get("type") in ("Note", "Question") and not document.get("name")
    return is_note and document.get("inReplyTo") == parent_uri


def title_of(post: Post, author: Actor) -> str:
    """A title for a post that has none: its first line, without the handles that stand at either end of it."""
    if post.title:
        return clean_name(post.title, limit=LONGEST_TITLE)
    for line in plain_text(post.content_html).splitlines():
        words = line.split()
        while words and words[0].startswith("@"):
            words.pop(0)
        while words and words[-1].startswith("@"):
            words.pop()
        if words:
            return _short(clean_name(" ".join(words), limit=4 * LONGEST_TITLE))
    return clean_name(f"By {author.display_name or author.username}", limit=LONGEST_TITLE)


def beginning(activity: Json, chapter: Actor, *, title: str) -> Json:
    """A Create or Update of ours that begins a conversation: its post as a Page with a title, in the chapter."""
    page = activity["object"] | {"type": "Page", "name": title, "audience": chapter.uri}
    page.pop("inReplyTo", None)  # Lemmy takes whatever has this word for a comment
    return _bare(activity) | {"audience": chapter.uri, "object": page}


def within(activity: Json, chapter: Actor) -> Json:
    """Any other activity of ours, said in the chapter."""
    inner = activity.get("object")
    named = _bare(activity) | {"audience": chapter.uri}
    if isinstance(inner, dict) and activity["type"] in ("Create", "Update"):
        named["object"] = inner | {"audience": chapter.uri}
    return named


def deletion(uri: str, by: Actor, chapter: Actor, *, post_uri: str) -> Json:
    """One of ours deletes a post of theirs."""
    return {
        "id": uri,
        "type": "Delete",
        "actor": by.uri,
        "to": [PUBLIC],
        "cc": [chapter.uri],
        "audience": chapter.uri,
        "object": post_uri,
    }


def removal(uri: str, moderator: Actor, chapter: Actor, *, post_uri: str, reason: str) -> Json:
    """A moderator takes a post out of the chapter. To Lemmy a Delete with a `summary` is that, be it empty."""
    return deletion(uri, moderator, chapter, post_uri=post_uri) | {"summary": reason}


def announce_activity(uri: str, chapter: Actor, activity: Json, *, published: datetime) -> Json:
    """The chapter passes an activity on, whole, to everybody who follows it."""
    return {
        "@context": POST_CONTEXT,
        "id": uri,
        "type": "Announce",
        "actor": chapter.uri,
        "published": wire_time(published),
        "to": [PUBLIC],
        "cc": [chapter.followers_url],
        "object": activity,
    }


def _as_seen(activity: Json) -> Json:
    """What somebody else signed, without what moderators don't see: a `source` that says something else than the
    content beside it (Lemmy 0.19, PieFed and Mbin show the source, where there is one), an `image` beside other files
    (the thumbnail of Lemmy 0.19 and PieFed).
    """
    document = activity.get("object")
    if not isinstance(document, dict):
        return activity
    unseen = {name for name, is_seen in _ADDED.items() if name in document and not is_seen(document)}
    if not unseen:
        return activity
    rest = {name: value for name, value in document.items() if name not in unseen}
    return {name: value for name, value in activity.items() if name != "proof"} | {"object": rest}


def _is_of_one_text(document: Json) -> bool:
    source, content = document["source"], document.get("content")
    text = source.get("content") if isinstance(source, dict) else None
    if not isinstance(text, str) or not isinstance(content, str):
        return False
    # Word for word as HTML: pictures and addresses of links count, too.
    return len(text) <= MOST_READ and render_strangers(text, format="markdown").split() == content.split()


def _is_shown_picture(document: Json) -> bool:
    shown = read_attachments(document, type_=type_of(document, POST_TYPES) or "")
    is_one = not isinstance(document["image"], list)
    return is_one and media_url_of(document["image"]) in {each.url for each in shown}


_ADDED: dict[str, Callable[[Json], bool]] = {"source": _is_of_one_text, "image": _is_shown_picture}
"""What a document may say beside what is shown of it here, and how one sees whether it is the same."""


def _bare(activity: Json) -> Json:
    """Without its `@context`, which stands outside, and without its proof, which was made of other words: a proof that
    does not verify makes a document invalid (FEP-8b32). The Announce around it has one.
    """
    return {name: value for name, value in activity.items() if name not in ("@context", "proof")}


def _short(line: str) -> str:
    if len(line) <= LONGEST_TITLE:
        return line
    cut = line[: LONGEST_TITLE - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:.") + "…"
