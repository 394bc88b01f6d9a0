"""`evote receipt`: check that an entry is in a log, with its receipt and the log's key alone."""

import argparse
import hashlib
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.sources import read_source
from evote.encoding import hash_of_b64
from evote.errors import EvoteError
from evote.tlog.note import VerifierKey
from evote.tlog.receipt import (
    ENTRY_LIMIT_BYTES,
    RECEIPT_LIMIT_BYTES,
    ReceiptReport,
    Step,
    check_receipt,
)

_CHECK = """\
Check a receipt: that it belongs to the log whose key you give, that the log
signed the checkpoint in it, and that the entry is under that checkpoint. No
network is used. Take the key from somewhere else than the receipt: from a
newspaper, from the election's sealed description, from a friend.
"""
_CHECK_EPILOG = """\
A receipt of Pnyx carries its entry. Give the entry with --entry when it does
not, or when you have it from elsewhere. With --ballot or --tracker it is also
checked that the entry is of your ballot.

example:
  evote receipt check receipt-741.tlog-proof \\
      --key vote.example.org/log+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k \\
      --tracker cqJLsAZtdfZI9GN4sejYQ90NwTs7nMCATtAc7ADv1Vc

exit status:
  0  every check held
  1  a check failed: the receipt proves nothing, or the log has lied
  2  unreadable or wrong usage
"""
_TEXTS = {True: "yes", False: "NO", None: "not run"}
_KEY_LIMIT_BYTES = 10_000
_BALLOT_LIMIT_BYTES = 256_000


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the commands."""
    parser = subparsers.add_parser("receipt", help="check a receipt of the log")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = commands.add_parser(
        "check",
        help="check that an entry is in the log",
        description=_CHECK,
        epilog=_CHECK_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument("receipt", metavar="RECEIPT", help="the file that ends in .tlog-proof")
    check.add_argument(
        "--key",
        required=True,
        metavar="KEY",
        help="the log's verifier key, name+id+base64, or a file with it",
    )
    check.add_argument("--entry", metavar="FILE", help="the entry, byte for byte")
    ballot = check.add_mutually_exclusive_group()
    ballot.add_argument("--ballot", metavar="FILE", help="your ballot, byte for byte")
    ballot.add_argument("--tracker", metavar="TRACKER", help="your ballot's tracker, 43 characters")
    check.set_defaults(handler=_check)


def _check(arguments: argparse.Namespace) -> int:
    report = check_receipt(
        read_source(arguments.receipt, limit_bytes=RECEIPT_LIMIT_BYTES + 1),
        key=_read_key(arguments.key),
        entry=_read_entry(arguments.entry),
        tracker=_read_tracker(arguments),
    )
    _print_report(report, source=arguments.receipt)
    if report.failure is None:
        return 0
    return 2 if report.failure.step is Step.READABLE else 1


def _read_key(text: str) -> VerifierKey:
    source = "--key"
    if text.count("+") < 2 and Path(text).is_file():
        source = text
        text = read_source(text, limit_bytes=_KEY_LIMIT_BYTES).decode(errors="replace").strip()
    try:
        return VerifierKey.decode(text)
    except EvoteError as error:
        msg = f"{source}: {error}"
        raise CommandFailed(msg) from error


def _read_entry(source: str | None) -> bytes | None:
    return None if source is None else read_source(source, limit_bytes=ENTRY_LIMIT_BYTES)


def _read_tracker(arguments: argparse.Namespace) -> bytes | None:
    if arguments.ballot is not None:
        ballot = read_source(arguments.ballot, limit_bytes=_BALLOT_LIMIT_BYTES)
        return hashlib.sha256(ballot).digest()
    if arguments.tracker is None:
        return None
    try:
        return hash_of_b64("".join(arguments.tracker.split()))
    except EvoteError as error:
        msg = f"--tracker: {error}"
        raise CommandFailed(msg) from error


def _print_report(report: ReceiptReport, *, source: str) -> None:
    for number, check in enumerate(report.checks, 1):
        print(f"{number}. {check.step.value}: {_TEXTS[check.held]}")
        print(f"   {check.detail}")
    failure = report.failure
    if failure is not None:
        print(f"{source}: REFUSED. {failure.step.value}: no. Keep the file: it may be evidence.")
    elif report.receipt is not None and report.checkpoint is not None:
        print(
            f"{source}: entry {report.receipt.index} is in the log {report.checkpoint.origin}, "
            f"under its signed checkpoint of {report.checkpoint.size} entries."
        )
