"""Who asks for a document? Nobody in particular, until a signature is proved.

Most of what we serve is for everybody, and nearly every server that asks for it signs. To prove that costs a key fetch
for each server that we never met, and would change nothing; after a popular post, thousands ask within a minute. So a
signature is only proved where the answer depends on it: whoever serves a document looks at it first, and asks for the
reader's name if it must know it.

A signature that is wrong makes its sender nobody, not an error: what is open stays open (Mastodon 4.6 does the same).
Where everybody must give their name (authorized fetch), `demand` says what was wrong.
"""

from datetime import datetime

from federation.errors import BadRequest, BadUri, HostBlocked, ProtocolError, WrongHost
from federation.identifiers import ActorUri, Host, host_of, parse_host
from federation.receive import Gate
from federation.requests import InboundRequest
from federation.signatures.claim import Claim
from federation.signatures.verify import prove, read_claim


class SignedReader:
    """Whoever sent this GET. Implements `federation.ports.Reader`; remembers what it found out."""

    def __init__(self, request: InboundRequest, gate: Gate, *, now: datetime) -> None:
        self._request = request
        self._gate = gate
        self._now = now
        self._claim: Claim | ProtocolError | None = None
        self._actor: ActorUri | None = None

    @property
    def host(self) -> Host | None:
        """The host of the key that is said to have signed: not proved, so good for refusals only."""
        claim = self._read()
        return None if isinstance(claim, ProtocolError) else host_of(claim.key_id)

    async def identify(self) -> ActorUri | None:
        """The actor who signed; None for everybody else. Raises `HostBlocked`."""
        try:
            return await self.demand()
        except HostBlocked:
            raise
        except ProtocolError:
            return None

    async def demand(self) -> ActorUri:
        """The actor who signed. Raises a `ProtocolError` that says why there is none: 400, 401, 403 or 503."""
        if self._actor is None:
            await self.check_host()
            claim = self._read()
            if isinstance(claim, ProtocolError):
                raise claim
            self._actor = (await prove(claim, self._gate.keys)).actor
        return self._actor

    async def check_host(self) -> None:
        """Who says to come from a blocked host is believed. Raises `HostBlocked`."""
        if self.host is not None and await self._gate.hosts.is_blocked_host(self.host):
            raise HostBlocked("this server gives nothing to your host", private=self.host)

    def _read(self) -> Claim | ProtocolError:
        if self._claim is None:
            try:
                self._claim = self._checked_claim()
            except ProtocolError as error:
                self._claim = error
        return self._claim

    def _checked_claim(self) -> Claim:
        base_url = self._gate.uris.base_url
        if not self._request.target.startswith("/"):
            raise BadRequest("the request target must be a path", reason="bad_target")
        try:
            host = parse_host(self._request.headers.get("host") or "", scheme=base_url.partition(":")[0])
        except BadUri:
            host = None
        if host != self._gate.uris.host:
            raise WrongHost("the request is not for this host")
        return read_claim(self._request, base_url=base_url, now=self._now, window=self._gate.window)
