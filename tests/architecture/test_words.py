"""Each world keeps its words: Mastodon's stay in the client API, ActivityPub's in the protocol and its translation."""

from tests.support.source import Module, identifiers, modules, texts, words

CLIENT_API = ("fedihub/api",)
PROTOCOL = ("federation", "fedihub/translate", "fedihub/inbox")

MASTODON = {"reblog", "reblogs", "reblogged", "favourite", "favourites", "favourited", "acct"}
ACTIVITYPUB = {
    "Announce",
    "Note",
    "attributedTo",
    "inReplyTo",
    "orderedItems",
    "preferredUsername",
    "sharedInbox",
}
REMEMBERS_WIRE_TYPES = (
    "storage/posts.py",  # what a remote post was called where it came from
    "storage/deliveries.py",  # and what we said, of which one thing may take back another
    "storage/keeping_back.py",
)
NO_PERSON = {"user_agent", "_user_agent", "USER_AGENT"}  # an HTTP header


def named(module: Module, forbidden: set[str]) -> list[str]:
    """Where a module's names use one of these words."""
    return [
        f"{module.name}:{line} {name}"
        for name, line in identifiers(module.tree)
        if name not in NO_PERSON and forbidden & set(words(name))
    ]


def test_nobody_is_a_user() -> None:
    """A person here is a member, a machine elsewhere is a host: "user" would hide which."""
    assert [place for module in modules() for place in named(module, {"user", "users"})] == []


def test_mastodons_words_stay_in_the_client_api() -> None:
    outside = [module for module in modules() if not module.inside(*CLIENT_API)]
    assert [place for module in outside for place in named(module, MASTODON)] == []


def test_the_protocols_words_stay_in_the_protocol_and_its_translation() -> None:
    outside = [module for module in modules() if not module.inside(*PROTOCOL, *REMEMBERS_WIRE_TYPES)]
    found = [
        f"{module.name}:{line} {text}" for module in outside for text, line in texts(module.tree) if text in ACTIVITYPUB
    ]
    assert found == []


def test_the_words_of_a_name_are_found() -> None:
    assert words("remoteUser_id") == ["remote", "user", "id"]
    assert words("HTTPStatus") == ["http", "status"]
    assert words("username") == ["username"]
