"""`evote trustee keygen`: make the key of a trustee who stands alone."""

import argparse
import sys

from evote.cli.trustee.keys import write_new_key
from evote.election import encode_trustee, make_trustee
from evote.group import encode_secret_scalar, random_scalar

_KEYGEN = """\
Make a trustee's key. The private key is written to a new file that only you
can read; without it the election cannot be counted, so keep a copy in a safe
place, and give it to nobody. The public part is printed: hand it in.
"""
_KEYGEN_EPILOG = """\
example:
  evote trustee keygen --output my-key.json --name "Ada" > my-public-key.json
"""


def add_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "keygen",
        help="make a trustee's key",
        description=_KEYGEN,
        epilog=_KEYGEN_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--output", required=True, metavar="FILE", help="where to write the private key"
    )
    parser.add_argument("--name", help="your name, as it will stand in the election's record")
    parser.add_argument(
        "--passphrase", action="store_true", help="ask for a passphrase that protects the file"
    )
    parser.set_defaults(handler=_keygen)


def _keygen(arguments: argparse.Namespace) -> int:
    secret_key = random_scalar()
    trustee = make_trustee(secret_key=secret_key, name=arguments.name)
    public = encode_trustee(trustee)
    write_new_key(
        arguments.output,
        key=encode_secret_scalar(secret_key),
        has_passphrase=arguments.passphrase,
    )
    print(public.decode())
    print(f"The private key is in {arguments.output}. Keep it.", file=sys.stderr)
    return 0
