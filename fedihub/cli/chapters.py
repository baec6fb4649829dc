"""`fedihub chapter …`: communities that pass on a few good openings. What waits in them is in
`fedihub.cli.openings`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fedihub.cli.actors import ActorEntry, NewActor, bare, get_chapter, get_member, print_actor
from fedihub.cli.failures import Failure
from fedihub.cli.help import branch, examples
from fedihub.cli.output import AsJson, Limit, counted, print_json, print_list
from fedihub.cli.running import acting, reading, run

if TYPE_CHECKING:
    from fedihub.services.lives import End
    from storage import chapters as rows
    from storage.actors import Actor
    from storage.database import Session

app = branch(
    "Communities that pass on a few good openings.",
    "fedihub chapter create pune --founder ada --name 'Hub Pune' --place Pune",
    "fedihub chapter queue pune",
    "fedihub chapter approve pune 3375019612016640",
)

ChapterName = Annotated[str, typer.Argument(metavar="CHAPTER", help="Username of the chapter, with or without @.")]
MemberName = Annotated[str, typer.Argument(metavar="MEMBER", help="Username of a member, with or without @.")]
ShownName = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="The name that is shown.")]
Description = Annotated[str | None, typer.Option(metavar="TEXT", help="What it is for, in a few sentences.")]
Place = Annotated[str | None, typer.Option(metavar="TEXT", help="Where it is, if it is somewhere.")]
Rules = Annotated[str | None, typer.Option(metavar="TEXT", help="What may be submitted, and how.")]
Trust = Annotated[
    bool | None,
    typer.Option("--trust-members/--ask-moderators", help="Whether posts by members of the hub pass at once."),
]
Part = Literal["moderator", "owner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterEntry(ActorEntry):
    """A chapter: where it is, and what holds in it."""

    place: str
    rules: str
    trusts_members: bool

    @classmethod
    def of(cls, actor: "Actor", chapter: "rows.Chapter") -> "ChapterEntry":
        """From the two rows of a chapter."""
        own = {"place": chapter.place, "rules": chapter.rules, "trusts_members": chapter.trusts_members}
        return cls.of_actor(actor, created_at=chapter.created_at, **own)


@dataclass(frozen=True, slots=True)
class ModeratorEntry:
    """Somebody who runs a chapter."""

    username: str
    role: "rows.ChapterRole"

    def __str__(self) -> str:
        return f"{self.username} ({self.role.value})"


@dataclass(frozen=True, slots=True)
class ChapterShown:
    """A chapter, who runs it, and how many posts wait for them."""

    chapter: ChapterEntry
    moderators: list[ModeratorEntry]
    waiting: int


@app.command(
    "create",
    epilog=examples(
        "fedihub chapter create pune --founder ada --name 'Hub Pune' --place Pune",
        "fedihub chapter create repair --founder ada --rules 'Offers and asks, no adverts.' --trust-members",
    ),
)
def create(
    username: ChapterName,
    *,
    founder: Annotated[str, typer.Option(metavar="MEMBER", help="The member who founds it and becomes its owner.")],
    display_name: ShownName = None,
    description: Description = None,
    place: Place = None,
    rules: Rules = None,
    trusts_members: Trust = None,
    as_json: AsJson = False,
) -> None:
    """Found a chapter in a member's name."""
    told = {"display_name": display_name, "description": description, "place": place, "rules": rules}
    chapter = run(_create(username, founder, trusts_members=trusts_members, **told))
    if as_json:
        print_json(chapter)
    else:
        typer.echo(f"@{chapter.handle} is a chapter now: {chapter.url}")


@app.command("edit", epilog=examples("fedihub chapter edit pune --rules 'Offers and asks, no adverts.'"))
def edit(
    username: ChapterName,
    *,
    display_name: ShownName = None,
    description: Description = None,
    place: Place = None,
    rules: Rules = None,
    trusts_members: Trust = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given and leave the rest; followers everywhere are told."""
    told = {"display_name": display_name, "description": description, "place": place, "rules": rules}
    entry = run(_edit(username, trusts_members=trusts_members, **told))
    if as_json:
        print_json(entry)
    else:
        typer.echo(f"{entry.username} is changed: {entry.url}")


@app.command("list", epilog=examples("fedihub chapter list", "fedihub chapter list --json"))
def list_(*, limit: Limit = 1000, as_json: AsJson = False) -> None:
    """The chapters, the newest first."""
    columns = {
        "username": "USERNAME",
        "display_name": "NAME",
        "place": "PLACE",
        "followers": "FOLLOWERS",
        "created_at": "SINCE",
    }
    nothing = "There are no chapters yet: fedihub chapter create CHAPTER --founder MEMBER"
    print_list(run(_list(limit)), columns, nothing=nothing, as_json=as_json)


@app.command("show", epilog=examples("fedihub chapter show pune", "fedihub chapter show pune --json"))
def show(username: ChapterName, *, as_json: AsJson = False) -> None:
    """One chapter: place, rules, moderators, and how much waits for them."""
    found = run(_show(username))
    entry = found.chapter
    own = {
        "place": entry.place,
        "rules": entry.rules,
        "trusts members": entry.trusts_members,
        "moderators": found.moderators,
        "waiting": found.waiting,
    }
    print_actor(found, entry, own, as_json=as_json)


@app.command("add-moderator", epilog=examples("fedihub chapter add-moderator pune ben"))
def add_moderator(
    username: ChapterName,
    member: MemberName,
    *,
    role: Annotated[
        Part, typer.Option(help="An owner also edits the chapter and chooses its moderators.")
    ] = "moderator",
    as_json: AsJson = False,
) -> None:
    """Let a member run a chapter, or change the part that they have in it."""
    found = run(_add_moderator(username, member, role))
    if as_json:
        print_json(found)
    else:
        typer.echo(f"{found.username} is {role} of {bare(username)} now")


@app.command("remove-moderator", epilog=examples("fedihub chapter remove-moderator pune ben"))
def remove_moderator(username: ChapterName, member: MemberName, *, as_json: AsJson = False) -> None:
    """A member runs the chapter no longer; apps with which they act as the chapter are signed out."""
    run(_remove_moderator(username, member))
    if as_json:
        print_json({"username": bare(member), "role": None})
        return
    typer.echo(f"{bare(member)} does not run {bare(username)} any more")


@app.command("delete", epilog=examples("fedihub chapter delete pune", "fedihub chapter delete pune --yes"))
def delete(
    username: ChapterName,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this, it is only said what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """End a chapter for good, and tell every server that we know. The posts in it stay where they are."""
    end = run(_delete(username, yes=yes))
    if as_json:
        print_json(end)
        return
    followers, servers = counted(end.followers, "follower", "followers"), counted(end.servers, "server", "servers")
    if not yes:
        raise Failure(
            f"{bare(username)} has {followers}; {servers} would be told. Nothing comes back: add --yes to do it"
        )
    typer.echo(f"{bare(username)} is gone; {servers} will be told")


async def _create(username: str, founder: str, **told: Any) -> NewActor:
    from fedihub.services.chapters import ChapterTexts, create_chapter

    async with acting() as hub:
        maker, _ = await hub.database.read(lambda session: get_member(session, founder))
        texts = ChapterTexts(**told)
        actor = await create_chapter(hub, founder_id=maker.id, username=username, texts=texts, by_operator=True)
        return NewActor.of(hub, actor)


async def _edit(username: str, **told: Any) -> ChapterEntry:
    from fedihub.services.chapters import ChapterTexts, update_chapter

    async with acting() as hub:
        actor, _ = await hub.database.read(lambda session: get_chapter(session, username))
        await update_chapter(hub, chapter_id=actor.id, by_member_id=None, texts=ChapterTexts(**told))
        return ChapterEntry.of(*await hub.database.read(lambda session: get_chapter(session, username)))


async def _list(limit: int) -> list[ChapterEntry]:
    from storage.chapters import list_chapters

    async with reading() as database:
        found = await database.read(lambda session: list_chapters(session, limit=limit))
        return [ChapterEntry.of(actor, chapter) for actor, chapter in found]


async def _show(username: str) -> ChapterShown:
    from storage.chapters import moderators_of
    from storage.views.chapter_page import count_waiting

    async def unit(session: "Session") -> ChapterShown:
        actor, chapter = await get_chapter(session, username)
        moderators = [ModeratorEntry(member.username, role) for member, role in await moderators_of(session, actor.id)]
        return ChapterShown(ChapterEntry.of(actor, chapter), moderators, await count_waiting(session, actor.id))

    async with reading() as database:
        return await database.read(unit)


async def _add_moderator(username: str, member: str, role: Part) -> ModeratorEntry:
    from fedihub.services import chapters
    from storage.chapters import ChapterRole

    async with acting() as hub:
        chapter, _ = await hub.database.read(lambda session: get_chapter(session, username))
        joining, _ = await hub.database.read(lambda session: get_member(session, member))
        await chapters.add_moderator(hub, chapter_id=chapter.id, member_id=joining.id, role=ChapterRole(role))
        return ModeratorEntry(joining.username, ChapterRole(role))


async def _remove_moderator(username: str, member: str) -> None:
    from fedihub.services import chapters

    async with acting() as hub:
        chapter, _ = await hub.database.read(lambda session: get_chapter(session, username))
        leaving, _ = await hub.database.read(lambda session: get_member(session, member))
        await chapters.remove_moderator(hub, chapter_id=chapter.id, member_id=leaving.id)


async def _delete(username: str, *, yes: bool) -> "End":
    from fedihub.services.lives import end_actor, foresee_end

    async with acting() as hub:
        chapter, _ = await hub.database.read(lambda session: get_chapter(session, username))
        return await (end_actor if yes else foresee_end)(hub, actor_id=chapter.id)
