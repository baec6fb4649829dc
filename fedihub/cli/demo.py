"""`fedihub demo`: the product's story, played by two hubs on this machine."""

from typing import Annotated

import typer

from fedihub.cli.running import run


def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="End after the story, with exit code 0 if all went well.")
    ] = False,
) -> None:
    """Play the story of a project with two hubs on this machine.

    A member founds a project, a stranger on the other hub follows it, it posts an update, the stranger answers, and
    the answer appears on the project's page. Shows what goes over the wire, checks each step by its effect, and
    leaves both hubs running to look around, until Ctrl-C. Needs no settings and touches no data: everything is in a
    temporary folder. Exit code 1 names the step that failed.
    """
    from fedihub.demo.play import play

    run(play(once=once))
