"""`evote trustee`: everything that a trustee does, on the trustee's own computer."""

import argparse

from evote.cli.trustee import ceremony, complaint, decrypt, keygen, shuffle, sign

# Each module has add_arguments(commands), which names its handler(arguments) -> exit status.
_COMMANDS = (keygen, ceremony, complaint, sign, shuffle, decrypt)


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the commands."""
    parser = subparsers.add_parser("trustee", help="make a trustee's key, decrypt a tally")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_arguments(commands)
