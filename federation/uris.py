"""The only place that spells our own paths, and reads them back.

Ids are opaque and permanent (`/ap/actors/<key>`): a handle may change, an id never. They have no fragment, because
Mastodon cuts the URIs of actors and objects at `#`, and exactly one spelling, so that nobody can follow an alias.
Pages for people live beside them under `/@name`. They serve the same documents to other servers, so who names one of
them means what has the id, and is understood (`page_username`, `by_post_id`); what is kept and said is the id.
"""

import re
from urllib.parse import quote

from federation.errors import BadUri
from federation.identifiers import (
    ActivityUri,
    ActorUri,
    Host,
    InboxUrl,
    KeyId,
    ObjectUri,
    host_of,
    parse_host,
    parse_uri,
)

KEY = "[1-9][0-9]{0,17}"
"""What a key looks like, as a regular expression: every such number fits into the 64 bits of a row's id."""
_USERNAME = "([A-Za-z0-9_]{1,64})"


class LocalUris:
    """Our URIs. `base_url` is what the world calls us (scheme and host), `handle_domain` what stands behind the @ of
    handles.

    A key is the decimal id of a row, as text. Readers (`actor_key`, `post_key` …) take a URI in its exact spelling and
    give its key, or None for everything else.
    """

    def __init__(self, base_url: str, handle_domain: str | None = None) -> None:
        base = parse_uri(base_url.rstrip("/"), http_allowed=True)
        if base.count("/") != 2 or "?" in base or "#" in base:
            raise BadUri("the base URL must be a scheme and a host, without a path", private=base_url)
        self.base_url = base
        self.host: Host = host_of(base)
        self.handle_domain: Host = parse_host(handle_domain) if handle_domain else self.host
        self._readers = {
            kind: re.compile(re.escape(f"{base}/ap/{kind}/") + f"({KEY})")
            for kind in ("actors", "posts", "contexts", "activities", "quotes")
        }
        page = re.escape(f"{base}/@") + _USERNAME
        self._page, self._post_page = re.compile(page), re.compile(f"{page}/({KEY})")

    def is_local(self, uri: str) -> bool:
        """Whether a URI, in whatever spelling or scheme, names something on our host. False for what is no URI."""
        try:
            return host_of(uri) == self.host
        except BadUri:
            return False

    # Actors.

    def actor(self, key: str) -> ActorUri:
        """The id of an actor."""
        return ActorUri(f"{self.base_url}/ap/actors/{key}")

    def actor_key(self, uri: str) -> str | None:
        """The key in an actor's id."""
        return self._read("actors", uri)

    def inbox(self, key: str) -> InboxUrl:
        """An actor's own inbox."""
        return InboxUrl(f"{self.actor(key)}/inbox")

    def outbox(self, key: str) -> str:
        """What an actor published."""
        return f"{self.actor(key)}/outbox"

    def followers(self, key: str) -> str:
        """Who follows an actor."""
        return f"{self.actor(key)}/followers"

    def followers_synchronization(self, key: str) -> str:
        """Who follows an actor from the host that asks (FEP-8fcf)."""
        return f"{self.followers(key)}/synchronization"

    def following(self, key: str) -> str:
        """Whom an actor follows."""
        return f"{self.actor(key)}/following"

    def featured(self, key: str) -> str:
        """An actor's pinned posts."""
        return f"{self.actor(key)}/featured"

    def moderators(self, key: str) -> str:
        """Who moderates a group (FEP-1b12)."""
        return f"{self.actor(key)}/moderators"

    def shared_inbox(self) -> InboxUrl:
        """The inbox for everybody here."""
        return InboxUrl(f"{self.base_url}/ap/inbox")

    def rsa_key_id(self, key: str) -> KeyId:
        """The id of an actor's RSA key, with the fragment that Mastodon's look-ups expect."""
        return KeyId(f"{self.actor(key)}#main-key")

    def ed25519_key_id(self, key: str) -> KeyId:
        """The id of an actor's Ed25519 key (FEP-521a)."""
        return KeyId(f"{self.actor(key)}#ed25519-key")

    # Posts, conversations and activities.

    def post(self, key: str) -> ObjectUri:
        """The id of a post."""
        return ObjectUri(f"{self.base_url}/ap/posts/{key}")

    def post_key(self, uri: str) -> str | None:
        """The key in a post's id."""
        return self._read("posts", uri)

    def replies(self, post_key: str) -> str:
        """The replies to a post."""
        return f"{self.post(post_key)}/replies"

    def likes(self, post_key: str) -> str:
        """The likes of a post."""
        return f"{self.post(post_key)}/likes"

    def shares(self, post_key: str) -> str:
        """The boosts of a post."""
        return f"{self.post(post_key)}/shares"

    def context(self, key: str) -> ObjectUri:
        """The id of a conversation (FEP-7888)."""
        return ObjectUri(f"{self.base_url}/ap/contexts/{key}")

    def context_key(self, uri: str) -> str | None:
        """The key in a conversation's id."""
        return self._read("contexts", uri)

    def activity(self, key: str) -> ActivityUri:
        """The id of an activity."""
        return ActivityUri(f"{self.base_url}/ap/activities/{key}")

    def activity_key(self, uri: str) -> str | None:
        """The key in an activity's id."""
        return self._read("activities", uri)

    def vote(self, key: str) -> ObjectUri:
        """The id of a vote in somebody's poll; it is for nobody else, so nothing is served there."""
        return ObjectUri(f"{self.base_url}/ap/votes/{key}")

    # Consent.

    def quote_stamp(self, key: str) -> str:
        """The id of the consent to one quote (FEP-044f)."""
        return f"{self.base_url}/ap/quotes/{key}"

    def quote_stamp_key(self, uri: str) -> str | None:
        """The key in a stamp's id."""
        return self._read("quotes", uri)

    def feature_stamp(self, key: str) -> str:
        """The id of the consent to stand in one collection (FEP-7aa9)."""
        return f"{self.base_url}/ap/features/{key}"

    # What people see.

    def page(self, username: str) -> str:
        """The page of a member, project or chapter."""
        return f"{self.base_url}/@{username}"

    def post_page(self, username: str, post_id: str) -> str:
        """The page of a post."""
        return f"{self.page(username)}/{post_id}"

    def page_username(self, uri: str) -> str | None:
        """Whose page this is; None for any other address."""
        match = self._page.fullmatch(uri)
        return match[1] if match else None

    def by_post_id(self, uri: str) -> str:
        """The id of the post whose page this is, which serves the post's document whatever name stands in it; any other
        address as it is.
        """
        match = self._post_page.fullmatch(uri)
        return self.post(match[2]) if match else uri

    def tag_page(self, name: str) -> str:
        """The page of a hashtag, given without its #."""
        return f"{self.base_url}/tags/{quote(name, safe='')}"

    def interaction(self, hole: str, *, wish: str = "") -> str:
        """The template of the page where our people act on what stands elsewhere; `hole` is what its host fills in,
        `wish` what they want to do there.
        """
        return f"{self.base_url}/authorize_interaction?uri={{{hole}}}" + (f"&wish={wish}" if wish else "")

    def share(self) -> str:
        """The template of the page where our people write a post about what stands elsewhere, or an answer to it."""
        return f"{self.base_url}/share?text={{content}}&in_reply_to={{inReplyTo}}"

    def handle(self, username: str) -> str:
        """`name@handle_domain`, without a leading @."""
        return f"{username}@{self.handle_domain}"

    def _read(self, kind: str, uri: str) -> str | None:
        match = self._readers[kind].fullmatch(uri)
        return match[1] if match else None
