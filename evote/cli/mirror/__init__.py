"""`evote mirror`: keep a full copy of a log, verify it, and feed it back."""

import argparse
from collections.abc import Sequence

from evote.cli.mirror import checking, keeping

_COMMANDS = frozenset({"keep", "check", "restore", "-h", "--help"})


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the commands."""
    parser = subparsers.add_parser(
        "mirror", help="keep a full copy of a log, verify it, and feed it back"
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    keeping.add_arguments(commands)
    checking.add_check_arguments(commands)
    checking.add_restore_arguments(commands)


def spell_out(argv: Sequence[str]) -> list[str]:
    """Write `evote mirror URL DIR` as `evote mirror keep URL DIR`, which is what argparse reads."""
    if list(argv[:1]) == ["mirror"] and len(argv) > 1 and argv[1] not in _COMMANDS:
        return ["mirror", "keep", *argv[1:]]
    return list(argv)
