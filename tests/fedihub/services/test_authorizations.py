"""Authorizations: an app that asks wrongly is told so, and nobody is sent where it did not register."""

import pytest

from fedihub.errors import Invalid
from fedihub.services.authorizations import AuthorizationRefused, begin_authorization
from tests.support.client import CALLBACK, ask, query_of, register
from tests.support.hub import RunningHub


@pytest.mark.parametrize(
    "asked",
    [
        {"code_challenge": "x" * 43, "code_challenge_method": "plain"},
        {"code_challenge": "x" * 43},
        {"code_challenge": "too-short", "code_challenge_method": "S256"},
        {"code_challenge": "", "code_challenge_method": "S256"},
        {"response_type": "token"},
        {"response_type": ""},
        {"scope": "read write admin:read"},
        {"scope": "read:everything"},
    ],
)
async def test_an_app_is_told_what_it_asked_wrongly(home: RunningHub, asked: dict[str, str]) -> None:
    app = await register(home)
    with pytest.raises(AuthorizationRefused) as refusal:
        await begin_authorization(home.hub, await ask(app, state="a b&c", **asked))
    assert refusal.value.location is not None
    assert refusal.value.location.startswith(f"{CALLBACK}?error=")
    assert query_of(refusal.value.location)["state"] == "a b&c"
    assert query_of(refusal.value.location)["iss"] == f"{home.url}/"


@pytest.mark.parametrize(
    "near",
    [
        "",
        f"{CALLBACK}/",
        f"{CALLBACK}?",
        f"{CALLBACK}?x=1",
        f"{CALLBACK}#",
        f"{CALLBACK}/..",
        f" {CALLBACK}",
        f"{CALLBACK}\n",
        "https://app.example/Callback",
        "https://APP.example/callback",
        "https://app.example:443/callback",
        "http://app.example/callback",
        "https://app.example.evil.example/callback",
        "https://app.example@evil.example/callback",
        "https://evil.example/callback",
        "https://app.example/%63allback",
        "//app.example/callback",
        "urn:ietf:wg:oauth:2.0:oob",
        "javascript:alert(1)",
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_nearly_right(home: RunningHub, near: str) -> None:
    app = await register(home)
    with pytest.raises(Invalid):
        await begin_authorization(home.hub, await ask(app, redirect_uri=near))


async def test_nobody_is_sent_anywhere_for_an_app_that_is_not_known(home: RunningHub) -> None:
    app = await register(home)
    with pytest.raises(Invalid):
        await begin_authorization(home.hub, await ask(app, client_id="nobody"))
