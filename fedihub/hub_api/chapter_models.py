"""Chapters over the wire: communities that pass on openings."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from fedihub.hub_api.models import Id, Listing, Name, Page, Person, Wire
from storage.chapters import ChapterRole
from storage.openings import OpeningState

_Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]
_Description = Annotated[str, Field(max_length=5000, description="Plain text; links and hashtags become links.")]
_Place = Annotated[str, Field(max_length=100, examples=["Pune"])]
_Rules = Annotated[str, Field(max_length=2000, description="What may be submitted, and how. Plain text.")]
_Trust = Annotated[bool, Field(description="Whether posts by members of this hub pass without a moderator.")]
_Why = Annotated[str, Field(max_length=500, description="For the moderators; communities elsewhere see it, too.")]


# What is asked.


class NewChapter(Wire):
    """A chapter as it is founded. Whoever asks becomes its first owner."""

    username: Annotated[
        str,
        Field(
            min_length=1,
            max_length=31,
            description="Its handle: a-z, 0-9 and _. It can't be changed.",
            examples=["pune"],
            json_schema_extra={"pattern": "^@?[A-Za-z0-9_]{1,30}$"},
        ),
    ]
    name: Name
    description: _Description = ""
    place: _Place = ""
    rules: _Rules = ""
    trusts_members: _Trust = False


class ChapterChanges(Wire):
    """What is to be changed; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    # Defaults that the schema does not show: there is no value that means "unchanged", only silence does.
    name: Name = Field(default_factory=str)
    description: _Description = Field(default_factory=str)
    place: _Place = Field(default_factory=str)
    rules: _Rules = Field(default_factory=str)
    trusts_members: _Trust = Field(default_factory=bool)

    @model_validator(mode="after")
    def _says_something(self) -> "ChapterChanges":
        if not self.model_fields_set:
            raise ValueError("nothing is to be changed")
        return self


class PartChange(Wire):
    """The part that a member has from now on."""

    role: ChapterRole


class Decision(Wire):
    """Why something is declined, removed or kept out."""

    reason: _Why = ""


class QueuePage(Page):
    """Which part of the list is wanted, and of what."""

    state: Literal["submitted", "approved", "declined", "removed"] = "submitted"


# What is answered.


class ChapterShown(Wire):
    """A chapter. `uri` is its name in the fediverse for ever, `url` its page."""

    model_config = ConfigDict(title="Chapter")

    id: Id
    username: str
    handle: Annotated[str, Field(examples=["@pune@hub.example"])]
    name: str
    uri: _Url
    url: _Url
    description: Annotated[str, Field(description="As it was written.")]
    description_html: Annotated[str, Field(description="As it is shown; only harmless HTML.")]
    place: str
    rules: str
    trusts_members: bool
    created_at: datetime


class ModeratorShown(Wire):
    """Who runs a chapter. A moderator decides about openings and people, an owner also edits it and chooses them."""

    model_config = ConfigDict(title="Moderator")

    member: Person
    role: ChapterRole


class Author(Wire):
    """Who wrote an opening, here or elsewhere."""

    id: Id
    handle: Annotated[str, Field(examples=["@rosa@peer.example"])]
    name: str
    uri: _Url


class OpeningPost(Wire):
    """The post that an opening is. `title` is there when its author gave it one."""

    id: Id
    uri: _Url
    url: _Url
    author: Author
    title: str | None
    content_html: str
    content_warning: str
    published_at: datetime
    edited_at: datetime | None


class OpeningShown(Wire):
    """A post in a chapter. Why something was declined or removed only its moderators see."""

    model_config = ConfigDict(title="Opening")

    id: Id
    state: OpeningState
    reason: str
    submitted_at: datetime
    decided_at: datetime | None
    post: OpeningPost


class BanShown(Wire):
    """Somebody who may take no part in a chapter."""

    model_config = ConfigDict(title="Ban")

    actor: Author
    reason: str
    since: datetime


class ChapterList(Listing[ChapterShown]):
    """A part of the list of chapters."""


class OpeningList(Listing[OpeningShown]):
    """A part of what is in a chapter."""


class Moderators(Wire):
    """All who run a chapter, owners first."""

    items: list[ModeratorShown]


class Bans(Wire):
    """All who may take no part in a chapter."""

    items: list[BanShown]
