"""Audiences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.addressing import Audience, address, audience_of

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
FOLLOWERS = "https://peer.example/users/ada/followers"
BOB, EVE = "https://peer.example/users/bob", "https://peer.example/users/eve"


@pytest.mark.parametrize(
    ("audience", "to", "cc"),
    [
        (Audience.PUBLIC, [PUBLIC], [FOLLOWERS, BOB]),
        (Audience.QUIET, [FOLLOWERS], [PUBLIC, BOB]),
        (Audience.FOLLOWERS, [FOLLOWERS], [BOB]),
        (Audience.MENTIONED, [BOB], []),
    ],
)
def test_an_audience_is_written_and_read(audience: Audience, to: list[str], cc: list[str]) -> None:
    assert address(audience, FOLLOWERS, mentioned=[BOB, BOB]) == (to, cc)
    assert audience_of(to, cc, followers_uri=FOLLOWERS) is audience


@pytest.mark.parametrize("public", [PUBLIC, "as:Public", "Public"])
def test_everybody_has_three_names(public: str) -> None:
    assert audience_of([public], [], followers_uri=None) is Audience.PUBLIC
    assert audience_of([BOB], [public], followers_uri=FOLLOWERS) is Audience.QUIET


@pytest.mark.parametrize(
    "name", ["public", "as:public", "PUBLIC", PUBLIC + "/", PUBLIC.lower(), "https://evil.example/#Public"]
)
def test_and_no_others(name: str) -> None:
    assert audience_of([name], [name], followers_uri=FOLLOWERS) is Audience.MENTIONED


def test_somebody_elses_followers_are_not_the_authors() -> None:
    assert audience_of([f"{BOB}/followers"], [], followers_uri=FOLLOWERS) is Audience.MENTIONED
    assert audience_of([], [], followers_uri=None) is Audience.MENTIONED
    assert audience_of([BOB], [FOLLOWERS], followers_uri=FOLLOWERS) is Audience.FOLLOWERS


@given(st.lists(st.sampled_from([PUBLIC, FOLLOWERS, BOB, EVE])), st.lists(st.sampled_from([PUBLIC, FOLLOWERS, BOB])))
def test_order_means_nothing(to: list[str], cc: list[str]) -> None:
    expected = audience_of(to, cc, followers_uri=FOLLOWERS)
    assert audience_of(reversed(to), reversed(cc), followers_uri=FOLLOWERS) is expected
    assert (expected is Audience.PUBLIC) == (PUBLIC in to)
