"""`fedihub`, and `python -m fedihub`: the command line."""

from fedihub.cli.app import app


def main() -> None:
    """Run the command that the arguments ask for."""
    app(prog_name="fedihub")


if __name__ == "__main__":
    main()
