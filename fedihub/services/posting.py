"""Posting: what members and projects say, change and take back.

What the network is needed for (an unknown handle) happens before the transaction, and never fails it: then the handle
stays text. The post, its place in the conversation, the notifications and everything that goes out are one unit.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from fedihub.errors import Missing, NotAllowed
from fedihub.hub import Hub
from fedihub.outbox import Outgoing, new_activity, publish
from fedihub.services.acting import get_acting
from fedihub.services.attaching import CannotAttach, Files, attach_files, change_files, choose_files
from fedihub.services.drafts import Draft, check_says_something, make_draft
from fedihub.services.groups import choose_groups
from fedihub.services.media import KEPT_LOOSE, remove_superfluous
from fedihub.services.openings import hear_end, hear_post
from fedihub.services.polls import NewPoll, change_poll, check_poll, open_poll, poll_parts
from fedihub.services.projects import may_act_as
from fedihub.services.quoting import Quoted, ask_author, begin_quote, choose_quoted
from fedihub.services.readers import reached, readers_of, tell_mentioned
from fedihub.services.threads import want_rest
from fedihub.text.render import Format
from fedihub.translate import activities
from fedihub.translate.posts import PostParts, recipients_of
from storage.actors import Actor, find_actor, find_actors
from storage.blocks import is_blocked
from storage.conversations import Conversation, get_conversation, insert_conversation
from storage.database import Session
from storage.forgetting import delete_with_words
from storage.groups import find_groups_of
from storage.home import add_post_to_homes
from storage.media import detach_media
from storage.polls import find_titles
from storage.posts import (
    OPEN,
    Audience,
    Post,
    PostKey,
    PostKind,
    find_mentioned,
    find_post,
    find_post_key,
    insert_post,
    insert_post_key,
    update_post,
)
from storage.quotes import QuotePolicy, load_quote_links
from storage.recipients import inboxes_of, inboxes_of_followers
from storage.revisions import keep_revision
from storage.visibility import is_visible


class _SaidBeforeError(Exception):
    """Another request with the same key was stored while this one was on its way: roll back."""


async def publish_post(
    hub: Hub,
    *,
    author_id: int,
    text: str,
    audience: Audience,
    writer_id: int | None = None,
    in_reply_to_id: int | None = None,
    quoted_id: int | None = None,
    quote_policy: QuotePolicy | None = None,
    local_only: bool = False,
    content_warning: str = "",
    sensitive: bool = False,
    language: str | None = None,
    kind: PostKind = PostKind.TALK,
    idempotency_key: str | None = None,
    app_name: str | None = None,
    app_website: str | None = None,
    format: Format = "plain",
    poll: NewPoll | None = None,
    media_ids: Sequence[int] = (),
) -> int:
    """Say something as a member or a project; gives the post's id. The same `idempotency_key` gives the same post.

    `media_ids` are uploaded files of the author's, which it is to show; with them it needs no text. `writer_id` is the
    member who writes for a project, and must still be in its team. A `local_only` post never leaves this hub; neither
    does what answers or quotes such a one.
    Raises Invalid, Missing (no such author, or no such post to answer or quote), NotAllowed.
    """
    said_before = _said_before(author_id, idempotency_key)
    earlier = await hub.database.read(said_before)
    if earlier is not None:
        return earlier
    asked = check_poll(poll)
    draft = await make_draft(
        hub, text=text, content_warning=content_warning, sensitive=sensitive, language=language, format=format
    )
    check_says_something(draft, has_files=bool(media_ids))

    async def unit(session: Session) -> int:
        earlier = await said_before(session)
        if earlier is not None:
            return earlier
        author = await _author(session, author_id, writer_id=writer_id)
        parent = await _parent(session, in_reply_to_id, author_id=author_id)
        quoted = await choose_quoted(session, quoted_id, author=author, audience=audience)
        thread_id = parent.conversation_id if parent is not None else await _begin_conversation(session, hub)
        post = _row(hub, draft, author=author, audience=audience, conversation_id=thread_id)
        post.kind, post.writer_id = kind, writer_id if writer_id != author_id else None
        post.app_name, post.app_website, post.quote_policy = app_name, app_website, quote_policy
        post.is_local_only = local_only or _is_about_local_only(parent, quoted)
        post.attachments = await choose_files(session, hub, media_ids, post=post, with_poll=asked is not None)
        if parent is not None:
            await _answer(session, hub, post, parent=parent)
        parts = await _store(session, hub, post, draft=draft, author=author, parent=parent, quoted=quoted, poll=asked)
        if idempotency_key is not None and not await insert_post_key(session, _key(hub, idempotency_key, post)):
            raise _SaidBeforeError
        await _publish_create(session, hub, parts, parent=parent, quoted=quoted)
        await hear_post(session, hub, post, author=author, mentions=parts.mentions)
        return post.id

    try:
        post_id = await hub.database.write(unit)
    except (_SaidBeforeError, CannotAttach):  # a twin request was faster, with the same files; this one stored nothing
        post_id = await hub.database.write(unit)
    hub.wake.outbound.set()
    return post_id


async def edit_post(
    hub: Hub,
    *,
    post_id: int,
    by_actor_id: int,
    text: str,
    content_warning: str = "",
    sensitive: bool = False,
    language: str | None = None,
    format: Format = "plain",
    poll: NewPoll | Literal["keep"] | None = "keep",
    files: Files | Literal["keep"] = "keep",
) -> None:
    """Change what a post says (and, where `poll` or `files` are given, what it asks and shows); for whom it is never
    changes. Raises Missing, NotAllowed, Invalid.
    """
    asked = check_poll(poll) if poll != "keep" else poll
    draft = await make_draft(
        hub, text=text, content_warning=content_warning, sensitive=sensitive, language=language, format=format
    )

    check_says_something(draft, has_files=files != "keep" and bool(files.ids))

    async def unit(session: Session) -> None:
        post, author = await _own(session, post_id, by_actor_id)
        before = {actor.id for actor in await find_mentioned(session, post.id)}
        changes = _changes(post, draft, now=hub.clock.now())
        await keep_revision(session, post, id=hub.ids.next(), poll_options=await find_titles(session, post.id))
        if files != "keep":
            with_poll = asked not in (None, "keep")
            changes["attachments"] = await change_files(session, hub, post, files=files, with_poll=with_poll)
        parent = await find_post(session, post.in_reply_to_id) if post.in_reply_to_id else None
        named = _named_ids(draft, author, parent=parent)
        await update_post(session, post.id, changes, mentioned_ids=named, tags=draft.rendered.tags)
        if asked != "keep":
            await change_poll(session, post.id, asked, now=hub.clock.now())
        post = Post(**post.model_dump() | changes)
        parts = await _parts(session, hub, post, author=author, named=named, tags=draft.rendered.tags)
        await tell_mentioned(session, hub, post, actors=[each for each in parts.mentions if each.id not in before])
        await _publish_update(session, hub, parts, formerly=before)
        await hear_post(session, hub, post, author=author, mentions=parts.mentions)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def delete_post(hub: Hub, *, post_id: int, by_actor_id: int, keep_files: bool = False) -> None:
    """Take a post back, here and wherever it went. Its files are gone as well; with `keep_files` they can become part
    of another post for a day, though nobody is shown them until then. Raises Missing and NotAllowed.
    """

    async def unit(session: Session) -> None:
        post, author = await _own(session, post_id, by_actor_id)
        mentions = await find_mentioned(session, post.id)
        to, cc = recipients_of(post, author, mentions=mentions, groups=await find_groups_of(session, post))
        inboxes = await reached(session, post, author=author, mentions=mentions)
        key, uri = new_activity(hub)
        document = activities.delete(uri, author.uri, post.uri, to=to, cc=cc)
        if not post.is_local_only:
            await hear_end(session, hub, post, author=author, document=document)
        if keep_files:
            await detach_media(session, post.id, keep_until=hub.clock.now() + KEPT_LOOSE)
        await delete_with_words(session, post, now=hub.clock.now())
        outgoing = Outgoing(key, author.id, document, post.uri, post_id=post.id, is_public=post.audience in OPEN)
        if not post.is_local_only:
            await publish(session, hub, outgoing, inboxes=inboxes)

    await hub.database.write(unit)
    hub.wake.outbound.set()
    if not keep_files:
        await remove_superfluous(hub)


def _row(hub: Hub, draft: Draft, *, author: Actor, audience: Audience, conversation_id: int) -> Post:
    key, now = hub.ids.next(), hub.clock.now()
    return Post(
        id=key,
        uri=hub.uris.post(str(key)),
        url=hub.uris.post_page(author.username, str(key)),
        author_id=author.id,
        is_local=True,
        content_html=draft.rendered.html,
        source_text=draft.text,
        content_warning=draft.content_warning,
        sensitive=draft.sensitive,
        language=draft.language,
        links=draft.links,
        audience=audience,
        conversation_id=conversation_id,
        published_at=now,
        created_at=now,
    )


async def _author(session: Session, author_id: int, *, writer_id: int | None) -> Actor:
    author = await get_acting(session, author_id)
    if writer_id is not None and not await may_act_as(session, member_id=writer_id, actor_id=author_id):
        raise NotAllowed("you may not post as this account")
    return author


async def _own(session: Session, post_id: int, by_actor_id: int) -> tuple[Post, Actor]:
    author, post = await get_acting(session, by_actor_id, even_suspended=True), await find_post(session, post_id)
    if post is None or not await is_visible(session, post, viewer_id=by_actor_id):
        raise Missing("there is no such post")
    if post.author_id != by_actor_id:
        raise NotAllowed("only its author may do that to a post")
    return post, author


async def _parent(session: Session, parent_id: int | None, *, author_id: int) -> Post | None:
    """The post that is answered, if any: the author must be able to see it, and be welcome to its own author."""
    if parent_id is None:
        return None
    parent = await find_post(session, parent_id)
    if parent is None or not await is_visible(session, parent, viewer_id=author_id):
        raise Missing("the post that you answer does not exist")
    if await is_blocked(session, author_id, parent.author_id):
        raise NotAllowed("the author of this post does not want to hear from you")
    return parent


def _is_about_local_only(parent: Post | None, quoted: Quoted | None) -> bool:
    """Whether it answers or quotes what never leaves this hub."""
    about = (parent, quoted.post if quoted is not None else None)
    return any(each is not None and each.is_local_only for each in about)


async def _answer(session: Session, hub: Hub, post: Post, *, parent: Post) -> None:
    """Set a post that is about to be stored under what it answers."""
    post.in_reply_to_id, post.in_reply_to_uri = parent.id, parent.uri
    post.in_reply_to_author_id = parent.author_id
    await want_rest(session, hub, parent.id)


async def _begin_conversation(session: Session, hub: Hub) -> int:
    key = hub.ids.next()
    thread = Conversation(id=key, uri=hub.uris.context(str(key)), created_at=hub.clock.now())
    await insert_conversation(session, thread)
    return key


async def _store(
    session: Session,
    hub: Hub,
    post: Post,
    *,
    draft: Draft,
    author: Actor,
    parent: Post | None,
    quoted: Quoted | None,
    poll: NewPoll | None,
) -> PostParts:
    named = _named_ids(draft, author, parent=parent)
    groups = set(await choose_groups(session, post, author=author)) - set(named)
    await insert_post(session, post, mentioned_ids=named, silent_ids=groups, tags=draft.rendered.tags)
    await attach_files(session, hub, post)
    if poll is not None:
        await open_poll(session, post.id, poll, now=post.published_at)
    if quoted is not None:
        await begin_quote(session, hub, post, author=author, quoted=quoted)
    await add_post_to_homes(session, post)
    parts = await _parts(session, hub, post, author=author, named=named, tags=draft.rendered.tags)
    await tell_mentioned(session, hub, post, actors=parts.mentions)
    return parts


def _named_ids(draft: Draft, author: Actor, *, parent: Post | None) -> list[int]:
    """Whom the text names and whom it answers: GoToSocial 0.20 drops an answer to a stranger that does not mention
    them.
    """
    answered = [parent.author_id] if parent is not None and parent.author_id != author.id else []
    return list(dict.fromkeys([*answered, *draft.rendered.mentioned_ids]))


async def _parts(
    session: Session, hub: Hub, post: Post, *, author: Actor, named: Sequence[int], tags: Sequence[tuple[str, str]]
) -> PostParts:
    conversation = await get_conversation(session, post.conversation_id)
    writer = await find_actor(session, post.writer_id) if post.writer_id else None
    return PostParts(
        post=post,
        author=author,
        conversation_uri=conversation.uri or hub.uris.context(str(conversation.id)),
        mentions=await find_actors(session, named),
        groups=await find_groups_of(session, post),
        tags=tags,
        writer_uri=writer.uri if writer else None,
        poll=await poll_parts(session, post.id, now=hub.clock.now()),
        quote=(await load_quote_links(session, [post.id])).get(post.id),
    )


async def _publish_create(
    session: Session, hub: Hub, parts: PostParts, *, parent: Post | None, quoted: Quoted | None
) -> None:
    """To the followers (not of a post for the mentioned alone), to everyone mentioned, and to whoever is answered or
    quoted.
    """
    addressed = [actor.id for actor in (*parts.mentions, *parts.groups)]
    inboxes = await inboxes_of(session, addressed, sender_id=parts.author.id)
    if parts.post.audience is not Audience.MENTIONED:
        inboxes += await inboxes_of_followers(session, parts.author.id)
    if parent is not None and parts.post.audience in OPEN and parent.is_local and parent.audience in OPEN:
        inboxes += await inboxes_of_followers(session, parent.author_id)  # who follows the conversation there
    if quoted is not None and parts.post.audience in OPEN:
        inboxes += await inboxes_of(session, [quoted.author.id], sender_id=parts.author.id)
    key, uri = new_activity(hub)
    document = activities.create(uri, parts, hub.uris)
    await publish(session, hub, _outgoing(key, document, parts), inboxes=inboxes)
    if quoted is not None:
        await ask_author(session, hub, parts, quoted=quoted)


async def _publish_update(session: Session, hub: Hub, parts: PostParts, *, formerly: set[int]) -> None:
    inboxes = await readers_of(session, parts.post, author=parts.author, mentions=parts.mentions)
    inboxes += await inboxes_of(session, formerly, sender_id=parts.author.id)
    key, uri = new_activity(hub)
    document = activities.update(uri, parts, hub.uris)
    await publish(session, hub, _outgoing(key, document, parts), inboxes=inboxes)


def _outgoing(key: int, document: activities.Json, parts: PostParts) -> Outgoing:
    post = parts.post
    is_public = post.audience in OPEN
    return Outgoing(key, parts.author.id, document, post.uri, post_id=post.id, is_public=is_public)


def _changes(post: Post, draft: Draft, *, now: datetime) -> dict[str, Any]:
    """The time of an edit rises strictly, or peers would take it for old news."""
    earliest = (post.edited_at or post.published_at) + timedelta(milliseconds=1)
    return {
        "edited_at": max(now, earliest),
        "content_html": draft.rendered.html,
        "source_text": draft.text,
        "content_warning": draft.content_warning,
        "sensitive": draft.sensitive,
        "language": draft.language or post.language,
        "links": draft.links,
    }


def _said_before(author_id: int, key: str | None) -> Callable[[Session], Awaitable[int | None]]:
    """Finds the post that was written under this key."""

    async def unit(session: Session) -> int | None:
        return await find_post_key(session, actor_id=author_id, key=key[:255]) if key is not None else None

    return unit


def _key(hub: Hub, key: str, post: Post) -> PostKey:
    return PostKey(
        id=hub.ids.next(), actor_id=post.author_id, key=key[:255], post_id=post.id, created_at=hub.clock.now()
    )
