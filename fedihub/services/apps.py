"""Apps: anybody may register one, and a member then decides what it may do for them (`authorizations`, `tokens`)."""

from collections.abc import Iterable
from dataclasses import dataclass

from fedihub.errors import Invalid
from fedihub.hub import Hub
from fedihub.services import scopes as words
from fedihub.services.redirects import MOST, check_redirect_uri
from fedihub.services.secret_texts import hash_secret, make_secret
from storage import access as rows
from storage.access import App

LONGEST_APP_NAME = 60
LONGEST_WEBSITE = 2000


@dataclass(frozen=True, slots=True)
class RegisteredApp:
    """An app as it has just been registered; the secret is shown here and never again."""

    app: App
    client_secret: str


async def register_app(
    hub: Hub, *, name: str, redirect_uris: Iterable[str], scopes: tuple[str, ...], website: str | None = None
) -> RegisteredApp:
    """Anybody may register an app; raises Invalid for a missing name, a bad redirect URI or an unknown scope."""
    uris = list(dict.fromkeys(uri for uri in redirect_uris if uri))
    if not name.strip() or len(name) > LONGEST_APP_NAME:
        raise Invalid(f"Application name must have 1 to {LONGEST_APP_NAME} characters", field="client_name")
    if website and (len(website) > LONGEST_WEBSITE or not website.startswith(("https://", "http://"))):
        raise Invalid("Application website must be a valid URL", field="website")
    if not uris or len(uris) > MOST:
        raise Invalid("Redirect URI can't be blank", field="redirect_uris")
    plain_http = hub.settings.allow_loopback or hub.settings.base_url.startswith("http:")
    for uri in uris:
        check_redirect_uri(uri, plain_http=plain_http)
    if words.unknown(scopes):
        raise Invalid("Scopes doesn't match configured on the server.", field="scopes")
    secret = make_secret()
    app = App(
        id=hub.ids.next(),
        client_id=make_secret(),
        client_secret_hash=hash_secret(secret),
        name=name,
        website=website or None,
        redirect_uris=uris,
        scopes=list(scopes),
        created_at=hub.clock.now(),
    )
    await hub.database.write(lambda db: rows.insert_app(db, app))
    return RegisteredApp(app=app, client_secret=secret)


async def find_app(hub: Hub, client_id: str) -> App | None:
    """The app with this client id."""
    return await hub.database.read(lambda db: rows.find_app(db, client_id=client_id))


async def find_app_by_id(hub: Hub, app_id: int) -> App | None:
    """The app with this key."""
    return await hub.database.read(lambda db: rows.find_app_by_id(db, app_id))
