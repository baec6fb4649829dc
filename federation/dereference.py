"""URI -> document, in a form that may be believed.

A document proves something only about URIs of the origin that served it. So (FEP-fe34; CVE-2024-23832 is what happens
otherwise) a fetched document counts when its `id` is the address that it came from. If the `id` is another one *on the
same origin* (a page's address, GoToSocial's key address), that id is fetched once more and must then name itself;
anything else is refused. Redirects may lead anywhere, but what counts is where they end: on the origin that was asked,
or whoever wrote the address would speak for whoever it leads to. Only what people paste may lead to another origin;
then it is that document that was found. No way leads to our own.

All fetches are signed, by the server's own actor unless the caller has somebody for whom the document is. A host that
answers 400 or 401 gets the same request again, signed in the other ways that there are ("double-knock"); what it took
is remembered. An address that took nothing is asked only once for a while; that says nothing of its host, where one
page may be closed to everybody.
"""

from federation import limits
from federation.alternate import find_alternate
from federation.bounded import BoundedMap
from federation.errors import BadDocument, BadUri, DereferenceFailed, OriginMismatch, Unreachable
from federation.identifiers import Host, SignatureKind, host_of, parse_uri, same_origin, without_fragment
from federation.media_types import is_activity_type
from federation.patience import Patience
from federation.ports import LocalSigners
from federation.signatures.signer import Signer
from federation.transport import GetSigning, Response, Transport
from federation.uris import LocalUris
from federation.vocabulary.base import uri_of
from federation.vocabulary.parse import Json, parse_document
from federation.vocabulary.terms import ACCEPT_ACTIVITY

ACCEPT_PAGE = f"{ACCEPT_ACTIVITY}, text/html;q=0.1"
"""What Mastodon asks for when somebody searches for an address."""

_TEMPORARY = frozenset({401, 408, 425, 429})
_KNOCK_AGAIN = frozenset({400, 401})
_WAYS = (GetSigning(), GetSigning(SignatureKind.RFC9421), GetSigning(with_query=False))


class Budget:
    """How many documents, and bytes, may still be fetched because of one cause; whoever fetches on its behalf shares
    it.
    """

    def __init__(self, limit: int = limits.FETCH_BUDGET) -> None:
        self.left = limit
        self.bytes_left = limit * limits.FETCH_BYTES // limits.FETCH_BUDGET

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be fetched."""
        return self.left <= 0 or self.bytes_left <= 0

    def spend(self) -> None:
        """Raises `DereferenceFailed` when nothing is left."""
        if self.is_spent:
            raise DereferenceFailed("too many documents would have to be fetched", reason="budget_spent")
        self.left -= 1

    def weigh(self, body: bytes) -> None:
        """Count what came. The last one may be too much, by no more than one document."""
        self.bytes_left -= len(body)


class Dereferencer:
    """Fetches documents, signed. Returns values, stores nothing."""

    def __init__(
        self, transport: Transport, signers: LocalSigners, *, uris: LocalUris, patience: Patience | None = None
    ) -> None:
        self._transport = transport
        self._signers = signers
        self._uris = uris
        self._ways: BoundedMap[Host, GetSigning] = BoundedMap(limits.REMEMBERED_HOSTS)
        self._patience = patience or Patience()
        self._unmoved: BoundedMap[tuple[str, str], bool] = BoundedMap(limits.REMEMBERED_HOSTS, limits.UNMOVED)

    async def document(self, uri: str, *, budget: Budget | None = None, signer: Signer | None = None) -> Json:
        """The document behind a URI, whose `id` is proved by its origin (and may differ from `uri`, see above).

        A `budget` says that somebody else's activity is the cause: then it is spent, and the host gets only so much of
        our patience. `signer` is who asks, if not the server's own actor: for what is shown to few.

        Raises `DereferenceFailed` (`.gone`, `.temporary`), `OriginMismatch`, `BadDocument`, `TooLarge`, `BadUri`,
        `BlockedAddress`, `HostBlocked`.
        """
        document = await self._proved(uri, await self._answer(uri, budget, signer=signer), budget, signer=signer)
        if not same_origin(_id(document), uri):
            raise OriginMismatch(
                "the address leads to the document of another host",
                reason="id_elsewhere",
                private=f"{uri} is {_id(document)}",
            )
        return document

    async def document_of_page(self, url: str, *, budget: Budget | None = None) -> Json:
        """The document behind what people paste: the same as `document`, or the one that a page there names as its
        other form (one more fetch, and no further). Raises as `document` does.
        """
        response = await self._answer(url, budget, accept=ACCEPT_PAGE)
        is_page = not is_activity_type(response.headers.get("Content-Type"))
        alternate = find_alternate(response) if is_page else None
        if alternate is not None:
            return await self._proved(alternate, await self._answer(alternate, budget), budget)
        return await self._proved(url, response, budget)

    async def _proved(
        self, uri: str, response: Response, budget: Budget | None, *, signer: Signer | None = None
    ) -> Json:
        document = _read(response)
        own_id = _id(document)
        if self._uris.is_local(own_id) or self._uris.is_local(response.url):
            raise OriginMismatch("the address leads to us", reason="uri_is_local", private=f"{uri} is {own_id}")
        requested = without_fragment(uri_of(uri) or "")
        if own_id == response.url or (own_id == requested and same_origin(own_id, response.url)):
            return document
        if not same_origin(own_id, response.url):
            raise OriginMismatch("the document names an id on another host", private=f"{response.url} says {own_id}")
        response = await self._answer(own_id, budget, signer=signer)
        document = _read(response)
        if _id(document) != own_id or not same_origin(own_id, response.url):
            raise OriginMismatch("the document's id does not lead to it", private=f"{own_id} says {_id(document)}")
        return document

    async def _answer(
        self, uri: str, budget: Budget | None, *, accept: str = ACCEPT_ACTIVITY, signer: Signer | None = None
    ) -> Response:
        if self._uris.is_local(uri):
            raise OriginMismatch("our own documents are not fetched", reason="uri_is_local", private=uri)
        if budget is None:
            response = await self._ask(uri, accept, signer)
        else:
            budget.spend()
            async with self._patience.turn(host_of(uri)):
                response = await self._ask(uri, accept, signer)
            budget.weigh(response.body)
        _check_answer(response)
        return response

    async def _ask(self, uri: str, accept: str, signer: Signer | None) -> Response:
        signer = signer or await self._signers.server_signer()
        try:
            return await self._knock(uri, accept, signer)
        except Unreachable as error:
            raise DereferenceFailed(error.public, temporary=True, reason=error.reason, private=error.private) from error

    async def _knock(self, uri: str, accept: str, signer: Signer) -> Response:
        """The answer of a host to whichever signature it reads, or its first refusal."""
        host = host_of(uri)
        known = self._ways.get(host) or _WAYS[0]
        first = await self._transport.get(uri, accept, signer=signer, way=known)
        if first.status not in _KNOCK_AGAIN or self._unmoved.get((uri, signer.key_id)):
            return first
        for way in _WAYS:
            if way == known or ("?" not in uri and not way.with_query):
                continue
            response = await self._transport.get(uri, accept, signer=signer, way=way)
            if response.status not in _KNOCK_AGAIN:
                self._ways.put(host, way)
                return response
        self._unmoved.put((uri, signer.key_id), value=True)
        return first


def _check_answer(response: Response) -> None:
    status = response.status
    if status != 200:
        temporary = status in _TEMPORARY or (status >= 500 and status != 501)
        raise DereferenceFailed(
            f"the host answered {status}",
            temporary=temporary,
            status=status,
            reason=f"http_{status}",
            private=response.url,
        )


def _read(response: Response) -> Json:
    if not is_activity_type(response.headers.get("Content-Type")):
        raise BadDocument(
            "the document is not served as ActivityPub", reason="wrong_content_type", private=response.url
        )
    return parse_document(response.body)


def _id(document: Json) -> str:
    try:
        return parse_uri(document.get("id"), http_allowed=True)
    except BadUri as error:
        raise BadDocument("the document has no id") from error
