"""`evote witness`: cosign logs while they only grow, and keep proof of those that did not."""

import argparse

from evote.cli.witness import keys, refused, serve

# Each module has add_arguments(commands), which names its handler(arguments) -> exit status.
_COMMANDS = (keys, serve, refused)


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the commands."""
    parser = subparsers.add_parser("witness", help="cosign logs while they only grow")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_arguments(commands)
