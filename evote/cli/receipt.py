"""`evote receipt`: check that an entry is in a log, with its receipt and the log's key alone."""

import argparse
import hashlib
from datetime import UTC, datetime
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.sources import read_source
from evote.cli.text import printable
from evote.encoding import hash_of_b64
from evote.errors import EvoteError
from evote.tlog.note import VerifierKey
from evote.tlog.policy import POLICY_LIMIT_BYTES, Policy, decode_policy
from evote.tlog.receipt import (
    ENTRY_LIMIT_BYTES,
    RECEIPT_LIMIT_BYTES,
    ReceiptReport,
    Step,
    check_receipt,
)

_CHECK = """\
Check a receipt: that it belongs to the log whose key you give, that the log
signed the checkpoint in it, and that the entry is under that checkpoint. With
a policy also that enough of the witnesses which it names cosigned the same
checkpoint. No network is used. Take the key or the policy from somewhere else
than the receipt: from a newspaper, from the election's sealed description,
from a friend.
"""
_CHECK_EPILOG = """\
A receipt of Pnyx carries its entry. Give the entry with --entry when it does
not, or when you have it from elsewhere. With --ballot or --tracker it is also
checked that the entry is of your ballot, with --document that it registers
your document, whether openly or privately. Of both it is the file itself that
counts, to the last byte.

examples:
  evote receipt check receipt-741.tlog-proof \\
      --key vote.example.org/log+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k \\
      --tracker cqJLsAZtdfZI9GN4sejYQ90NwTs7nMCATtAc7ADv1Vc
  evote receipt check receipt-802.tlog-proof --policy consortium.policy \\
      --document lease.pdf

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
        "--key", metavar="KEY", help="the log's verifier key, name+id+base64, or a file with it"
    )
    check.add_argument(
        "--policy",
        metavar="FILE",
        help="which logs and witnesses you trust (c2sp.org/tlog-policy); needed if there is no key",
    )
    check.add_argument("--entry", metavar="FILE", help="the entry, byte for byte")
    about = check.add_mutually_exclusive_group()
    about.add_argument("--ballot", metavar="FILE", help="your ballot, byte for byte")
    about.add_argument("--tracker", metavar="TRACKER", help="your ballot's tracker, 43 characters")
    about.add_argument("--document", metavar="FILE", help="the document that was registered")
    check.set_defaults(handler=_check)


def _check(arguments: argparse.Namespace) -> int:
    if arguments.key is None and arguments.policy is None:
        msg = "give the log's key with --key, or a policy with --policy"
        raise CommandFailed(msg)
    report = check_receipt(
        read_source(arguments.receipt, limit_bytes=RECEIPT_LIMIT_BYTES + 1),
        key=None if arguments.key is None else _read_key(arguments.key),
        policy=None if arguments.policy is None else _read_policy(arguments.policy),
        entry=_read_entry(arguments.entry),
        tracker=_read_tracker(arguments),
        document=None if arguments.document is None else _hash_document(arguments.document),
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


def _read_policy(source: str) -> Policy:
    try:
        return decode_policy(read_source(source, limit_bytes=POLICY_LIMIT_BYTES))
    except EvoteError as error:
        msg = f"{source}: {error}"
        raise CommandFailed(msg) from error


def _hash_document(path: str) -> bytes:
    """Hash a file of any size, piece by piece."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        msg = f"{path}: {error.strerror or error}"
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
        print(printable(f"   {check.detail}"))
        if check.step is Step.COSIGNATURES and check.held:
            _print_cosignatures(report)
    failure = report.failure
    if failure is not None:
        print(f"{source}: REFUSED. {failure.step.value}: no. Keep the file: it may be evidence.")
    elif report.receipt is not None and report.checkpoint is not None:
        print(
            f"{source}: entry {report.receipt.index} is in the log "
            f"{printable(report.checkpoint.origin)}, "
            f"under its signed checkpoint of {report.checkpoint.size} entries."
        )


def _print_cosignatures(report: ReceiptReport) -> None:
    if report.cosigned is None:
        return
    for cosignature in report.cosigned.cosignatures:
        moment = _moment(cosignature.cosigned_at)
        algorithm = cosignature.key.algorithm.title
        print(printable(f"   {cosignature.name}: {cosignature.key.name}, {algorithm}, {moment}"))


def _moment(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{seconds} seconds after 1970"  # A witness's clock may say anything.
