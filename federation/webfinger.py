"""Handles <-> actors (RFC 7033).

`resolve_handle` goes from `@name@host` to an actor's URI, `confirm_handle` from an actor back to the handle that may
be shown. Both ask the host *in* the handle, because only that host can say whose it is; a handle is believed when both
directions agree. Handle and actor may live on different hosts (`@ada@hub.example`, whose actor is on
`ap.hub.example`): one step along the `subject` is allowed, as in Mastodon.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypeVar
from urllib.parse import quote

from federation.errors import BadUri, DereferenceFailed, ProtocolError, ResolveFailed, Unreachable
from federation.identifiers import ActorUri, Host, host_of, parse_host
from federation.media_types import is_activity_type
from federation.patience import Patience
from federation.transport import Response, Transport
from federation.vocabulary.actors import RemoteActor
from federation.vocabulary.base import as_list, string_of, uri_of
from federation.vocabulary.parse import Json, parse_document
from federation.vocabulary.terms import JRD_JSON

T = TypeVar("T")

SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
INTENT = "https://w3id.org/fep/3b86/"


class Intent(StrEnum):
    """The relations of FEP-3b86 that are known here: an activity, or whatever one may do with an object."""

    FOLLOW = f"{INTENT}Follow"
    CREATE = f"{INTENT}Create"
    ANNOUNCE = f"{INTENT}Announce"
    LIKE = f"{INTENT}Like"
    OBJECT = f"{INTENT}Object"


PLACES_FOR_URI = ("uri", "object", "inReplyTo")
"""How templates call the place for what is acted on: OStatus, FEP-3b86, and the latter's Create."""


ACCEPT_JRD = f"{JRD_JSON}, application/json"
_HANDLE = re.compile(r"@?([A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*)@([^@\s/]{1,260})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Handle:
    """`username@host`. The host is in its one spelling; usernames are compared without regard to case."""

    username: str
    host: Host

    def __str__(self) -> str:
        return f"{self.username}@{self.host}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """`@ada@hub.example`, `ada@hub.example` or `acct:ada@hub.example`. Raises `ResolveFailed`."""
        match = _HANDLE.fullmatch(text.strip().removeprefix("acct:")) if len(text) <= 600 else None
        if match is None:
            raise ResolveFailed("not a handle like @name@host", reason="not_a_handle", private=text[:200])
        try:
            return cls(match[1], parse_host(match[2]))
        except BadUri as error:
            raise ResolveFailed("the host of the handle is no host name", reason="not_a_handle") from error

    def is_same(self, other: "Handle") -> bool:
        """Whether both name the same account."""
        return self.host == other.host and self.username.lower() == other.username.lower()


@dataclass(frozen=True, slots=True)
class _Answer:
    subject: Handle
    actor: ActorUri


class WebFinger:
    """Asks hosts who their handles are."""

    def __init__(self, transport: Transport, *, patience: Patience | None = None) -> None:
        self._transport = transport
        self._patience = patience or Patience()

    async def resolve_handle(self, handle: str) -> ActorUri:
        """The actor that the host of a handle names. Fetch its document, then `confirm_handle` it.

        Raises `ResolveFailed`; `temporary` where the host did not answer.
        """
        return (await self._canonical(Handle.parse(handle))).actor

    async def confirm_handle(self, actor: RemoteActor, *, patiently: bool = False) -> Handle:
        """The handle that an actor may be shown under: the one it claims, if that handle's host names this actor.

        An actor claims its `webfinger` property (FEP-2c59), or its `preferredUsername` on the host of its id. With
        `patiently` somebody else's activity is the cause: then the hosts get only so much of our patience.
        Raises `ResolveFailed`.
        """
        claimed = Handle(actor.username, host_of(actor.uri))
        if actor.webfinger is not None:
            claimed = Handle.parse(actor.webfinger)
        answer = await self._canonical(claimed, patiently=patiently)
        if answer.actor != actor.uri:
            raise ResolveFailed(
                "the handle belongs to another actor", reason="handle_of_another", private=f"{claimed}: {answer.actor}"
            )
        return answer.subject

    async def intents(self, handle: str) -> dict[str, str]:
        """Where the host of a handle takes its people to act on something: its templates, by their relation.

        `SUBSCRIBE` has a place for `{uri}`, an `Intent` for `{object}` or others. Raises `ResolveFailed`.
        """
        return await self._read(Handle.parse(handle), _templates)

    async def _canonical(self, handle: Handle, *, patiently: bool = False) -> _Answer:
        """The answer for a handle, or for the subject that its host sends us to; that one must confirm itself."""
        answer = await self._read(handle, _read, patiently=patiently)
        if answer.subject.is_same(handle):
            return answer
        confirmed = await self._read(answer.subject, _read, patiently=patiently)
        if not confirmed.subject.is_same(answer.subject) or confirmed.actor != answer.actor:
            raise ResolveFailed("the hosts of the handle disagree", reason="handle_disputed", private=str(handle))
        return confirmed

    async def _read(self, handle: Handle, read: Callable[[Json, Handle], T], *, patiently: bool = False) -> T:
        path = f"/.well-known/webfinger?resource=acct:{quote(handle.username)}@{handle.host}"
        try:
            response = await (self._get_in_turn if patiently else self._get)(handle.host, path)
            if response.status != 200:
                raise _refused(response, handle)
            return read(parse_document(response.body), handle)
        except ResolveFailed:
            raise
        except Unreachable as error:
            raise ResolveFailed(error.public, temporary=True, reason=error.reason, private=error.private) from error
        except ProtocolError as error:
            temporary = isinstance(error, DereferenceFailed) and error.temporary
            raise ResolveFailed(
                error.public, temporary=temporary, reason=error.reason, private=error.private
            ) from error

    async def _get_in_turn(self, host: Host, path: str) -> Response:
        """One of the few requests to a host that strangers may cause at a time."""
        async with self._patience.turn(host):
            try:
                return await self._get(host, path)
            except Unreachable as error:  # Patience knows a host that is down by this
                raise DereferenceFailed(
                    error.public, temporary=True, reason=error.reason, private=error.private
                ) from error

    async def _get(self, host: Host, path: str) -> Response:
        """Handles do not say http or https: it is https, and in development the other if nobody answers that."""
        try:
            return await self._transport.get(f"https://{host}{path}", ACCEPT_JRD)
        except Unreachable:
            if not self._transport.allow_loopback:
                raise
            return await self._transport.get(f"http://{host}{path}", ACCEPT_JRD)


def _refused(response: Response, handle: Handle) -> ResolveFailed:
    status = response.status
    return ResolveFailed(
        f"the host does not know this handle ({status})",
        temporary=status in (408, 425, 429) or status >= 500,
        reason=f"http_{status}",
        private=str(handle),
    )


def _templates(document: Json, _handle: Handle) -> dict[str, str]:
    """FEP-3b86 says `href`, Mastodon 4.6 `template`."""
    links = [link for link in as_list(document.get("links"))[:100] if isinstance(link, Mapping)]
    pairs = [
        (string_of(link.get("rel"), limit=600), string_of(link.get("template", link.get("href")), limit=2000))
        for link in links
    ]
    return {rel: template for rel, template in pairs if rel and template and "{" in template}


def _read(document: Json, handle: Handle) -> _Answer:
    subject = string_of(document.get("subject"), limit=600)
    if subject is None or not subject.startswith("acct:"):
        subject = str(
            handle
        )  # some servers repeat a URL, or nothing; the host asked has then answered for what was asked
    for link in as_list(document.get("links"))[:100]:
        if isinstance(link, Mapping) and link.get("rel") == "self" and is_activity_type(string_of(link.get("type"))):
            actor = uri_of(link.get("href"))
            if actor is not None:
                return _Answer(Handle.parse(subject), ActorUri(actor))
    raise ResolveFailed("the handle has no ActivityPub actor", reason="no_actor_link", private=str(handle))
