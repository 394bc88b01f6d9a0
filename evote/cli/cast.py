"""`evote ballot cast`: sign that a ballot shall count, and hand it in.

Making a ballot and casting it are two steps (PROTOCOL 2.5): whoever has made one may still
challenge it instead. Only here does the credential sign which ballot it replaces (2.2).
"""

import argparse
import sys

from evote.ballot import BALLOT_LIMIT_BYTES, Ballot, decode_ballot, verify_ballot
from evote.cli.elections import KnownElection, find_election
from evote.cli.errors import CommandFailed
from evote.cli.sources import (
    election_address,
    post_json,
    read_source,
    warn_if_readable_by_others,
    write_new_file,
)
from evote.cli.text import printable
from evote.credential import derive_public_credential, derive_secret_key
from evote.encoding import encode_json
from evote.errors import DecodeError, InvalidBallot
from evote.proofs.statements import NO_PREVIOUS_TRACKER, sign_cast

_CAST = """\
Sign with your credential that this ballot shall count, and which one it
replaces, and hand it in with --submit, or write what is to be sent to --output.
A ballot that you have opened by a challenge can never be cast.
"""
_EPILOG = """\
example:
  evote ballot cast ballot.json --credential credential.txt --submit \\
      --election https://vote.example.org/elections/hfd19JUwUteUwr/
"""
_SMALL_FILE_BYTES = 1_000_000


def add_cast(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    cast = commands.add_parser(
        "cast",
        help="sign that a ballot shall count, and hand it in",
        description=_CAST,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cast.add_argument("ballot", metavar="BALLOT", help="the file that `evote ballot create` wrote")
    cast.add_argument(
        "--election", required=True, metavar="RECORD", help="the election's record (FILE or URL)"
    )
    cast.add_argument(
        "--credential", required=True, metavar="FILE", help="a file with your private credential"
    )
    cast.add_argument(
        "--prev",
        metavar="TRACKER",
        help="the tracker of the ballot that this one replaces, where the record has it not yet",
    )
    cast.add_argument(
        "--permit", metavar="FILE", help="a file with your account's permit, where one is asked for"
    )
    target = cast.add_mutually_exclusive_group(required=True)
    target.add_argument("--output", metavar="FILE", help="where to write what is to be sent")
    target.add_argument("--submit", action="store_true", help="send it to the election's server")
    cast.set_defaults(handler=_cast)


def _cast(arguments: argparse.Namespace) -> int:
    known = find_election(arguments.election)
    ballot = _read_ballot(arguments.ballot, known=known)
    credential = _read_line(arguments.credential)
    _check_is_own(ballot, known=known, credential=credential, source=arguments.credential)
    prev = arguments.prev or _newest_in_record(ballot, known=known)
    body: dict[str, object] = {"ballot": ballot.archived.decode(), "prev": prev}
    if known.election.has_companion:
        proof = sign_cast(
            secret_key=derive_secret_key(uuid=known.election.uuid, credential=credential),
            fingerprint=known.election.fingerprint,
            tracker=ballot.tracker,
            prev=prev,
        )
        body["proof"] = proof.to_json()
    if arguments.permit:
        body["permit"] = _read_line(arguments.permit)
    if arguments.output:
        write_new_file(arguments.output, encode_json(body), mode=0o600)
    else:
        address = election_address(arguments.election)
        if address is None:
            msg = "--submit: --election must be the address of the election's page or record"
            raise CommandFailed(msg)
        answer = post_json(address.ballots, body=encode_json(body))
        print(printable(answer.decode(errors="replace")))
    print(f"tracker: {ballot.tracker}", file=sys.stderr)
    return 0


def _read_line(source: str) -> str:
    text = read_source(source, limit_bytes=_SMALL_FILE_BYTES).decode(errors="replace").strip()
    warn_if_readable_by_others(source)
    return text


def _read_ballot(source: str, *, known: KnownElection) -> Ballot:
    data = read_source(source, limit_bytes=100 * BALLOT_LIMIT_BYTES)
    try:
        ballot = decode_ballot(data, election=known.election)
        verify_ballot(ballot=ballot, election=known.election)
    except (DecodeError, InvalidBallot) as error:
        msg = f"{source}: {error}"
        raise CommandFailed(msg) from error
    return ballot


def _check_is_own(ballot: Ballot, *, known: KnownElection, credential: str, source: str) -> None:
    try:
        public = derive_public_credential(uuid=known.election.uuid, credential=credential)
    except DecodeError as error:
        msg = f"{source}: {error}"
        raise CommandFailed(msg) from error
    if public != ballot.credential:
        msg = f"{source}: the ballot was made with another credential"
        raise CommandFailed(msg)


def _newest_in_record(ballot: Ballot, *, known: KnownElection) -> str:
    """Find the tracker of the credential's last ballot in the record."""
    newest = NO_PREVIOUS_TRACKER
    for recorded in known.record.of_type("Ballot") if known.record else ():
        earlier = decode_ballot(recorded.objects[0], election=known.election)
        if earlier.credential == ballot.credential:
            newest = earlier.tracker
    return newest
