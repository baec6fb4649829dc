"""Where a browser may be sent with a code."""

import pytest

from fedihub.errors import Invalid
from fedihub.services.redirects import OUT_OF_BAND, check_redirect_uri, with_answer


@pytest.mark.parametrize(
    "uri",
    [
        OUT_OF_BAND,
        "https://app.example/callback",
        "https://app.example:8443/callback?from=hub",
        "http://localhost:3000/",
        "http://127.0.0.1:9999/cb",
        "http://[::1]:9999/cb",
        "tuba://auth_code",
        "oauth2redirect://com.keylesspalace.tusky/",
        "icecubesapp://",
        "com.example.app:/oauth",
    ],
)
def test_apps_may_be_returned_to(uri: str) -> None:
    assert check_redirect_uri(uri, plain_http=False) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://hub.example/x",
        "about:blank",
        "view-source:https://app.example",
        "//app.example/callback",
        "/callback",
        "app.example",
        "",
        "https:///callback",
        "https://name:secret@app.example/",
        "https://app.example/#fragment",
        "https://app.example\\@evil.example/",
        "https://app.example/a b",
        "https://app.example/\r\nSet-Cookie: a=b",
        "http://app.example/callback",
        "http://127.0.0.1.evil.example/",
        "https://[app.example/",
        "https://app.example/" + "a" * 2000,
    ],
)
def test_browsers_are_sent_nowhere_else(uri: str) -> None:
    with pytest.raises(Invalid):
        check_redirect_uri(uri, plain_http=False)


def test_plain_http_is_for_development() -> None:
    assert check_redirect_uri("http://app.test/cb", plain_http=True) == "http://app.test/cb"


def test_the_answer_is_added_and_nothing_in_it_is_lost() -> None:
    assert (
        with_answer("app://back", {"code": "c", "state": "a b/+&=é", "iss": None})
        == "app://back?code=c&state=a%20b%2F%2B%26%3D%C3%A9"
    )
    assert with_answer("https://app.example/cb?x=1", {"code": "c"}) == "https://app.example/cb?x=1&code=c"
