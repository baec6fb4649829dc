"""Somebody with a browser that has no scripts: keeps cookies, reads pages, fills in their forms and sends them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from tests.support.hub import PASSWORD, Answer, RunningHub


@dataclass
class PageForm:
    """A form as it stands on a page: where it goes, how, and what its fields hold."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


_INLINE = {"a", "b", "bdi", "code", "span", "strong", "time", "wbr"}


class _Reader(HTMLParser):
    """Collects what tests ask about: forms, links, metadata, headings, and the text that is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[dict[str, str]] = []
        self.meta: dict[str, str] = {}
        self.alternates: dict[str, str] = {}
        self.words: list[str] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in _INLINE:
            self.words.append(" ")
        match tag:
            case "form":
                self.forms.append(PageForm(given.get("action", ""), given.get("method", "get").lower()))
            case "input" | "textarea" if self.forms and "name" in given:
                if given.get("type") not in ("radio", "checkbox") or "checked" in given:
                    self.forms[-1].fields[given["name"]] = given.get("value", "")
            case "select" if self.forms:
                self._select = given["name"]
            case "option" if "selected" in given or self._select not in self.forms[-1].fields:
                self.forms[-1].fields[self._select] = given["value"]
            case "a":
                self.links.append(given)
            case "meta":
                self.meta[given.get("name") or given.get("property") or ""] = given.get("content", "")
            case "link" if given.get("rel") in ("alternate", "canonical"):
                self.alternates[given.get("type") or given["rel"]] = given["href"]
            case _:
                pass

    def handle_data(self, data: str) -> None:
        self.words.append(data)


class Page:
    """A page that came: its status and headers, and what stands on it."""

    def __init__(self, answer: Answer, url: str) -> None:
        self.answer = answer
        self.url = url
        self._reader = _Reader()
        if "html" in answer.headers.get("Content-Type", ""):
            self._reader.feed(answer.text)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.answer.status

    @property
    def html(self) -> str:
        """The source."""
        return self.answer.text

    @property
    def text(self) -> str:
        """All words of the page, on one line."""
        return " ".join("".join(self._reader.words).split())

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        return self.answer.headers["Location"]

    @property
    def meta(self) -> dict[str, str]:
        """The metadata, by name or property."""
        return self._reader.meta

    @property
    def alternates(self) -> dict[str, str]:
        """What else the page is, by media type; `canonical` too."""
        return self._reader.alternates

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return [link.get("href", "") for link in self._reader.links]

    @property
    def asks_for_password(self) -> bool:
        """It is the sign-in page."""
        return any("password" in form.fields for form in self._reader.forms)

    def form(self, action: str) -> PageForm:
        """The form that goes to a path."""
        return self.forms(action)[0]

    def forms(self, action: str) -> list[PageForm]:
        """All forms that go to a path."""
        return [form for form in self._reader.forms if urlsplit(form.action).path == action]


class Visitor:
    """One browser. Redirects are followed only when asked."""

    def __init__(self, home: RunningHub, *, address: str = "") -> None:
        """`address` is where it is, for a hub that trusts its proxy to tell."""
        self.home = home
        self.cookies: dict[str, str] = {}
        self._forwarded = {"X-Forwarded-For": address} if address else {}

    async def get(self, path: str, **options: Any) -> Page:
        """Open a page."""
        return await self._send("GET", path, **options)

    async def send(self, form: PageForm, *, headers: dict[str, str] | None = None, **changes: str) -> Page:
        """Fill in a form and send it as a browser does, saying where it comes from."""
        fields = form.fields | changes
        if form.method == "get":
            return await self._send("GET", form.action, params=fields, headers={"Sec-Fetch-Site": "same-origin"})
        given = {"Origin": self.home.url} | (headers or {})
        return await self._send("POST", form.action, data=fields, headers=given)

    async def sign_in(self, name: str, *, password: str = PASSWORD, following: str = "") -> Page:
        """Sign in through the page."""
        page = await self.get("/sign-in", params={"next": following} if following else None)
        return await self.send(page.form("/sign-in"), name=name, password=password)

    async def follow_redirects(self, page: Page) -> Page:
        """Go where the page sends the browser, as long as that is here."""
        while 300 <= page.status < 400 and page.location.startswith("/"):
            page = await self.get(page.location)
        return page

    async def open(self, path: str) -> Page:
        """Open a page, wherever it is by now."""
        return await self.follow_redirects(await self.get(path))

    async def authorize(self, address: str, *, name: str, act_as: str = "", allow: bool = True) -> Page:
        """Go through sign-in and consent as a member would; gives what comes then, the way to the app or a page."""
        page = await self.open(address.removeprefix(self.home.url))
        if page.asks_for_password:
            signed_in = await self.send(page.form("/sign-in"), name=name, password=PASSWORD)
            page = await self.follow_redirects(signed_in)
        form = page.form("/oauth/authorize")
        form.fields |= {"actor_id": act_as} if act_as else {}
        return await self.follow_redirects(await self.send(form, answer="allow" if allow else "deny"))

    async def _send(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Page:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        given = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"} | ({"Cookie": cookies} if cookies else {})
        given |= self._forwarded | (headers or {})
        answer = await self.home.request(method, path, headers=given, **options)
        for line in answer.headers.getall("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return Page(answer, path)
