"""`evote witness refused`: check the refused checkpoints that a witness publishes."""

import argparse

from evote.cli.errors import CommandFailed
from evote.cli.sources import read_source
from evote.cli.text import printable
from evote.errors import EvoteError, InvalidProof
from evote.tlog.note import VerifierKey
from evote.tlog.refused import REFUSED_LIMIT_BYTES, decode_refused, verify_refused

_DESCRIPTION = """\
Check what a witness keeps of a log that it refused to cosign: whether two
signed checkpoints prove that the log lied. No network is used but for the
file itself, which may be an address. Take the log's key from somewhere else
than the file.
"""
_EPILOG = """\
example:
  evote witness refused https://witness.example.net/<SHA-256 of the origin>/refused \\
      --key vote.example.org/log+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k

exit status:
  0  the file convicts the log of nothing
  1  at least one checkpoint in it proves that the log lied
  2  unreadable or wrong usage
"""


def add_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "refused",
        help="check the refused checkpoints that a witness publishes",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="the file or its address")
    parser.add_argument(
        "--key",
        required=True,
        action="append",
        metavar="KEY",
        help="the log's verifier key, name+id+base64; once for each key that it had",
    )
    parser.set_defaults(handler=_check)


def _check(arguments: argparse.Namespace) -> int:
    try:
        keys = [VerifierKey.decode(text) for text in arguments.key]
    except EvoteError as error:
        msg = f"--key: {error}"
        raise CommandFailed(msg) from error
    data = read_source(arguments.file, limit_bytes=REFUSED_LIMIT_BYTES)
    convicting = 0
    refused = decode_refused(data)
    for number, one in enumerate(refused, 1):
        try:
            checkpoint = verify_refused(one, keys=keys)
        except InvalidProof as error:
            print(printable(f"{number}. {one.finding.value}: proves nothing: {error}"))
        else:
            convicting += 1
            text = f"{number}. {one.finding.value}: PROVEN at {checkpoint.size} entries"
            print(printable(f"{text}: {checkpoint.origin} signed what cannot be true"))
    print(f"{len(refused)} refused checkpoints, {convicting} of them prove that the log lied.")
    return 1 if convicting else 0
