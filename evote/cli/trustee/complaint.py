"""`evote trustee complaint`: check who was at fault in a ceremony, without a network."""

import argparse
import sys

from evote.cli.errors import CommandFailed
from evote.cli.sources import read_source
from evote.errors import DecodeError, EvoteError
from evote.threshold import certificates_fingerprint
from evote.threshold.complaints import EVIDENCE_LIMIT_BYTES, judge_evidence

_COMPLAINT = """\
Check a complaint about a share that a trustee sent. The file holds everything:
the certificates, what the accused had published, and the key of the one message
that the complaint is about. Nothing is read from the network.
"""
_COMPLAINT_EPILOG = """\
example:
  evote trustee complaint evidence.json

exit status:
  0  the complaint is founded: the trustee named sent a wrong share
  1  it is not: the evidence does not show what it claims
  2  unreadable, or wrong usage
"""


def add_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "complaint",
        help="check who sent a wrong share",
        description=_COMPLAINT,
        epilog=_COMPLAINT_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("evidence", metavar="FILE", help="the evidence")
    parser.set_defaults(handler=_complaint)


def _complaint(arguments: argparse.Namespace) -> int:
    data = read_source(arguments.evidence, limit_bytes=EVIDENCE_LIMIT_BYTES)
    try:
        ceremony, verdict = judge_evidence(data)
    except DecodeError as error:
        msg = f"{arguments.evidence}: {error}"
        raise CommandFailed(msg) from error
    except EvoteError as error:
        print(f"{arguments.evidence}: the complaint is not founded: {error}", file=sys.stderr)
        return 1
    print(f"Member {verdict.about} sent member {verdict.by} a wrong share: {verdict.reason}.")
    print(f"Election {ceremony.uuid}, {ceremony.threshold} of {ceremony.size} trustees.")
    fingerprint = certificates_fingerprint(ceremony.signed_certificates)
    print(f"The members' certificates have the fingerprint {fingerprint}.")
    return 0
