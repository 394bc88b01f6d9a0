"""`evote credential generate`: make the voters' credentials away from the server."""

import argparse
import re

from evote.cli.errors import CommandFailed
from evote.cli.sources import write_new_file
from evote.credential import (
    BASE58,
    derive_public_credential,
    encode_credentials,
    generate_credential,
)

_DESCRIPTION = """\
Make the credentials of an election. Two files are written:

  --private  one credential a line, one for each voter: hand each line to one
             voter, then destroy the file. Whoever has a line can vote with it.
  --public   the list of public credentials, which becomes part of the
             election's record. Its order says nothing about the voters.
"""
_EPILOG = """\
example:
  evote credential generate --election hfd19JUwUteUwr --count 204 \\
      --private private-credentials.txt --public credentials.json
"""
_COUNT_LIMIT = 10_000_000


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the command."""
    parser = subparsers.add_parser("credential", help="make the voters' credentials")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    generate = commands.add_parser(
        "generate",
        help="make credentials for an election",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    generate.add_argument(
        "--election", required=True, metavar="UUID", help="the election's identifier"
    )
    generate.add_argument("--count", required=True, type=int, help="how many voters there are")
    generate.add_argument(
        "--private", required=True, metavar="FILE", help="where to write the secret credentials"
    )
    generate.add_argument(
        "--public", required=True, metavar="FILE", help="where to write the public list"
    )
    generate.set_defaults(handler=_generate)


def _generate(arguments: argparse.Namespace) -> int:
    uuid: str = arguments.election
    if not re.fullmatch(f"[{BASE58}]{{14,64}}", uuid):
        msg = f"--election: {uuid!r} is not the identifier of an election"
        raise CommandFailed(msg)
    if not 1 <= arguments.count <= _COUNT_LIMIT:
        msg = f"--count: from 1 to {_COUNT_LIMIT} credentials can be made, not {arguments.count}"
        raise CommandFailed(msg)
    private = [generate_credential() for _ in range(arguments.count)]
    public = [derive_public_credential(uuid=uuid, credential=item) for item in private]
    lines = "".join(f"{item}\n" for item in private)
    write_new_file(arguments.private, lines.encode(), mode=0o600)
    write_new_file(arguments.public, encode_credentials(public), mode=0o644)
    print(f"{arguments.count} credentials: secret in {arguments.private}, ", end="")
    print(f"public in {arguments.public}")
    return 0
