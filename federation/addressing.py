"""Who a post is for.

On the wire an audience is hidden in the lists `to` and `cc`; Mastodon's convention (its spec pages, and
`app/lib/activitypub/tag_manager.rb` of 4.6) is what every peer follows:

    audience    to                  cc
    PUBLIC      Public              followers, the mentioned
    QUIET       followers           Public, the mentioned       (open to all, but in no public list)
    FOLLOWERS   followers           the mentioned
    MENTIONED   the mentioned       -

Reading is the reverse. Whatever is not understood counts as the most private: a doubtful post is shown to nobody who
was not named in it.
"""

import enum
from collections.abc import Iterable, Sequence

from federation.identifiers import ActorUri
from federation.vocabulary.terms import PUBLIC, is_public


class Audience(enum.StrEnum):
    """For whom a post is; the values are what is stored."""

    PUBLIC = "public"
    QUIET = "quiet"
    FOLLOWERS = "followers"
    MENTIONED = "mentioned"


def audience_of(to: Iterable[str], cc: Iterable[str], *, followers_uri: str | None) -> Audience:
    """The audience that `to` and `cc` spell; `followers_uri` is the followers collection of the post's author."""
    primary, secondary = list(to), list(cc)
    if any(map(is_public, primary)):
        return Audience.PUBLIC
    if any(map(is_public, secondary)):
        return Audience.QUIET
    if followers_uri is not None and followers_uri in (*primary, *secondary):
        return Audience.FOLLOWERS
    return Audience.MENTIONED


def address(
    audience: Audience, followers: str | None, *, mentioned: Sequence[ActorUri | str] = ()
) -> tuple[list[str], list[str]]:
    """`to` and `cc` for an audience: `followers` is the author's collection, `mentioned` the actors named in it."""
    circle = [followers] if followers else []
    named = list(dict.fromkeys(mentioned))
    match audience:
        case Audience.PUBLIC:
            return [PUBLIC], [*circle, *named]
        case Audience.QUIET:
            return circle, [PUBLIC, *named]
        case Audience.FOLLOWERS:
            return circle, named
        case Audience.MENTIONED:
            return named, []
