"""The command `evote` and its list of subcommands."""

import argparse
import sys
import textwrap
from collections.abc import Sequence

from evote import __version__, group, transcript
from evote.cli import (
    ballot,
    count,
    credential,
    finding,
    hints,
    mirror,
    monitor,
    receipt,
    registrar,
    trustee,
    verify,
    witness,
)
from evote.cli.errors import CommandFailed
from evote.cli.text import printable
from evote.errors import EvoteError
from evote.group.backend import SLOWER
from evote.tlog import merkle

# Each module has add_arguments(subparsers), which names its handler(arguments) -> exit status.
_COMMANDS = (
    verify,
    hints,
    count,
    credential,
    ballot,
    trustee,
    registrar,
    receipt,
    witness,
    monitor,
    mirror,
    finding,
)

# Wrong usage, or something that cannot be read; argparse uses the same number.
_UNREADABLE = 2

_DESCRIPTION = """\
Make, cast, count and check end-to-end verifiable ballots.

To check an election you need nothing but its record, one file that ends in
.bel and that the election's page offers for download:

  evote verify https://vote.example.org/elections/hfd19JUwUteUwr/
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give the exit status."""
    parser = _parser()
    arguments = parser.parse_args(mirror.spell_out(sys.argv[1:] if argv is None else argv))
    try:
        for self_test in (group.self_test, transcript.self_test, merkle.self_test):
            self_test()
        status: int = arguments.handler(arguments)
    except (CommandFailed, EvoteError) as error:
        print(f"evote: {printable(str(error))}", file=sys.stderr)
        return _UNREADABLE
    except BrokenPipeError:
        sys.stderr.close()  # Whoever read our output has gone; say nothing more.
        return _UNREADABLE
    except KeyboardInterrupt:
        print("evote: interrupted", file=sys.stderr)
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="evote",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=_version())
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_arguments(subparsers)
    return parser


def _version() -> str:
    line = f"evote {__version__} ({group.BACKEND})"
    return f"{line}\n{textwrap.fill(SLOWER, 79)}" if SLOWER else line


if __name__ == "__main__":
    sys.exit(main())
