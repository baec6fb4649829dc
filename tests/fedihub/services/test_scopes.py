"""What a granted scope includes."""

import pytest

from fedihub.services import scopes


@pytest.mark.parametrize(
    ("granted", "wanted", "covered"),
    [
        ("read", "read:statuses", True),
        ("read", "read", True),
        ("read:statuses", "read:statuses", True),
        ("read:statuses", "read", False),
        ("read:statuses", "read:accounts", False),
        ("read", "write:statuses", False),
        ("write", "read:statuses", False),
        ("follow", "write:follows", True),
        ("follow", "read:mutes", True),
        ("follow", "write:statuses", False),
        ("profile", "read:accounts", False),
        ("read write follow push", "write:blocks", True),
        ("", "read", False),
    ],
)
def test_a_scope_covers_itself_and_its_parts(granted: str, wanted: str, covered: bool) -> None:  # noqa: FBT001
    assert scopes.covers(granted.split(), wanted) is covered


def test_scopes_are_counted_once_and_read_is_meant_without_any() -> None:
    assert scopes.split("write  read write:statuses read") == ("write", "read", "write:statuses")
    assert scopes.split("") == ("read",)


def test_unknown_scopes_are_told_apart() -> None:
    asked = ["read", "read:everything", "admin:read", "write:statuses"]
    assert scopes.unknown(asked) == ["read:everything", "admin:read"]


def test_everything_wanted_must_be_granted() -> None:
    assert scopes.within(["read:statuses", "write"], ["read", "write"])
    assert not scopes.within(["read:statuses", "write"], ["read", "write:statuses"])
