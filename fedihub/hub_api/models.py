"""What goes over the wire, both ways. Ids are strings, because some programs read numbers of that size wrongly."""

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from federation.uris import KEY
from storage.posts import Audience, PostKind
from storage.projects import Stage, TeamRole

T = TypeVar("T")

Id = Annotated[str, Field(pattern=f"^{KEY}$", examples=["3375019612016640"])]
Line = Annotated[str, Field(max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class Wire(BaseModel):
    """The base of everything here: no field that is not named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# What is asked.


class Link(Wire):
    """Where else something can be found."""

    name: Annotated[str, Field(min_length=1, max_length=200, examples=["Web site"])]
    url: Annotated[
        str,
        Field(
            max_length=2048,
            examples=["https://riverbench.example/"],
            json_schema_extra={"format": "uri", "pattern": "^https?://"},
        ),
    ]


class NewProject(Wire):
    """A project as it is founded. Whoever asks becomes its first owner."""

    username: Annotated[
        str,
        Field(
            min_length=1,
            max_length=31,
            description="Its handle: a-z, 0-9 and _. It can't be changed.",
            examples=["riverbench"],
            json_schema_extra={"pattern": "^@?[A-Za-z0-9_]{1,30}$"},
        ),
    ]
    name: Name
    description: Annotated[str, Field(max_length=5000, description="Plain text; links and hashtags become links.")] = ""
    stage: Stage = Stage.IDEA
    needs: Annotated[list[Line], Field(max_length=20, description="What would help, each in a line.")] = []
    links: Annotated[list[Link], Field(max_length=8)] = []


class ProjectChanges(Wire):
    """What is to be changed; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    # Defaults that the schema does not show: there is no value that means "unchanged", only silence does.
    name: Name = Field(default_factory=str)
    description: Annotated[str, Field(max_length=5000)] = Field(default_factory=str)
    stage: Stage = Field(default_factory=lambda: Stage.IDEA)
    needs: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list)
    links: Annotated[list[Link], Field(max_length=8)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _says_something(self) -> "ProjectChanges":
        if not self.model_fields_set:
            raise ValueError("nothing is to be changed")
        return self


class RoleChange(Wire):
    """The part that a member has from now on."""

    role: TeamRole


class NewUpdate(Wire):
    """Something that a project tells its followers."""

    text: Annotated[str, Field(min_length=1)]
    format: Literal["plain", "markdown"] = "plain"
    kind: PostKind = PostKind.UPDATE
    audience: Literal[Audience.PUBLIC, Audience.QUIET, Audience.FOLLOWERS] = Audience.PUBLIC
    content_warning: Annotated[str, Field(max_length=500)] = ""
    language: Annotated[str | None, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$", examples=["en"])] = None


class Page(Wire):
    """Which part of a list is wanted; `next` in the answer leads on."""

    before: Annotated[Id | None, Field(description="Only what is older than this.")] = None
    limit: Annotated[int, Field(ge=1, le=50)] = 20


# What is answered.


class Person(Wire):
    """A member, in short."""

    id: Id
    username: str
    handle: Annotated[str, Field(examples=["@ana@hub.example"])]
    name: str
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]


class ProjectShown(Wire):
    """A project. `uri` is its name in the fediverse for ever, `url` its page."""

    model_config = ConfigDict(title="Project")

    id: Id
    username: str
    handle: Annotated[str, Field(examples=["@riverbench@hub.example"])]
    name: str
    uri: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    description: Annotated[str, Field(description="As it was written.")]
    description_html: Annotated[str, Field(description="As it is shown; only harmless HTML.")]
    stage: Stage
    needs: list[str]
    links: list[Link]
    created_at: datetime
    last_update_at: datetime | None


class TeamPart(Wire):
    """A member of a team. An author posts, a maintainer also edits the project, an owner also chooses the team."""

    member: Person
    role: TeamRole


class UpdateShown(Wire):
    """An update. `writer` is the member who wrote it for the project."""

    model_config = ConfigDict(title="Update")

    id: Id
    uri: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    kind: PostKind
    audience: Audience
    content_html: str
    content_warning: str
    language: str | None
    writer: Person | None
    replies_count: int
    published_at: datetime
    edited_at: datetime | None


class ConversationShown(Wire):
    """How complete a conversation is. `posts` are those that the token's account may see."""

    model_config = ConfigDict(title="Conversation")

    posts: int
    hosts: Annotated[list[str], Field(description="The other servers on which parts of it were written.")]
    complete: Annotated[bool, Field(description="Whether nothing is missing of which this hub knows.")]
    missing: Annotated[
        int | None,
        Field(description="Posts that exist, but could not be had; null while nobody has looked."),
    ]
    checked_at: Annotated[datetime | None, Field(description="When the rest was last looked for elsewhere.")]
    check_after: Annotated[datetime | None, Field(description="When that may be done again; null for at once.")]


class Listing(Wire, Generic[T]):
    """A part of a list, newest first. `next` is the address of what comes after, null at the end."""

    items: list[T]
    next: Annotated[str | None, Field(json_schema_extra={"format": "uri"})]


class ProjectList(Listing[ProjectShown]):
    """A part of the list of projects."""


class UpdateList(Listing[UpdateShown]):
    """A part of what a project has told."""


class Team(Wire):
    """The whole team, owners first."""

    items: list[TeamPart]


class Fault(Wire):
    """One thing that is wrong with a request, and where."""

    field: Annotated[
        str,
        Field(
            description="The field, dots between levels; empty when it is about the whole.", examples=["links.0.url"]
        ),
    ]
    message: str


class Problem(Wire):
    """Why a request was refused (RFC 9457)."""

    type: str = "about:blank"
    title: Annotated[str, Field(examples=["Unprocessable Entity"])]
    status: int
    detail: str
    reason: Annotated[str, Field(description="A short code for programs.", examples=["invalid"])]
    errors: list[Fault] = []
