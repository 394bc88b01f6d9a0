"""`evote ballot`: make and cast a ballot without a browser, check one without a server."""

import argparse
import sys

from evote.ballot import (
    BALLOT_LIMIT_BYTES,
    Ballot,
    InvalidChoice,
    PlainAnswer,
    create_ballot,
    decode_ballot,
    verify_ballot,
)
from evote.cli.cast import add_cast
from evote.cli.challenge import print_challenge_check
from evote.cli.elections import KnownElection, find_election
from evote.cli.errors import CommandFailed
from evote.cli.sources import read_source, warn_if_readable_by_others, write_new_file
from evote.cli.text import printable
from evote.credential import derive_public_credential
from evote.encoding import b64_digest, decode_json, read_integer, read_list
from evote.errors import DecodeError, InvalidBallot

_CREATE = """\
Encrypt, prove and sign a ballot, as the page in the browser does. The ballot
is printed or written to --output; nothing is sent, and it does not count until
`evote ballot cast`. Its tracker is printed on standard error: keep it, it is
how you find your ballot in the record.
"""
_CREATE_EPILOG = """\
The answers are a list with one list for each question, and in it a 1 for each
answer chosen and a 0 for each other; where a question has a blank vote, its
number comes first. For a ranked question it has the rank or the grade of each
answer instead, from 0 to 255. The credential and the answers are read from
files, or from standard input for -, so that they do not show in the list of
processes.

example, for one question with three answers of which the second is chosen:
  echo '[[0,1,0]]' > answers.json
  evote ballot create hfd19JUwUteUwr.bel --credential credential.txt \\
      --answers answers.json --output ballot.json

and for one that ranks three answers, the second first and the first last:
  echo '[[3,1,2]]' > answers.json
"""
_CHECK = """\
Check one ballot: that it is in its one canonical form, belongs to this
election, is signed by its credential, and proves that its choices are
permitted. With a record, also that the credential is on the list, and whether
the ballot is in the box. What it chooses stays secret.

Or check a ballot that the booth opened because you challenged it: that it
could have been cast, and holds the answers that the file names and no others.
It prints them, and compares the tracker that you saw before.
"""
_CHECK_EPILOG = """\
examples:
  evote ballot check ballot.json --election hfd19JUwUteUwr.bel
  evote ballot check challenge.json --election hfd19JUwUteUwr.bel \\
      --tracker cqJLsAZtdfZI9GN4sejYQ90NwTs7nMCATtAc7ADv1Vc

exit status:
  0  valid
  1  invalid
  2  unreadable or wrong usage
"""
_SMALL_FILE_BYTES = 1_000_000


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the commands."""
    parser = subparsers.add_parser("ballot", help="make, cast or check one ballot")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    create = commands.add_parser(
        "create",
        help="encrypt, prove and sign a ballot",
        description=_CREATE,
        epilog=_CREATE_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    election_help = "the election's record (FILE or URL), or its election.json"
    create.add_argument("election", metavar="RECORD", help=election_help)
    create.add_argument(
        "--credential", required=True, metavar="FILE", help="a file with your private credential"
    )
    create.add_argument(
        "--answers", required=True, metavar="FILE", help="a file with the answers as JSON"
    )
    create.add_argument("--output", metavar="FILE", help="where to write the ballot")
    create.set_defaults(handler=_create)

    add_cast(commands)
    check = commands.add_parser(
        "check",
        help="check one ballot",
        description=_CHECK,
        epilog=_CHECK_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument(
        "ballot", metavar="BALLOT", help="the file of the ballot, or of the opened one"
    )
    check.add_argument("--election", required=True, metavar="RECORD", help=election_help)
    check.add_argument(
        "--tracker", help="the tracker that you saw before you challenged the ballot"
    )
    check.set_defaults(handler=_check)


# --- create ------------------------------------------------------------------------------


def _create(arguments: argparse.Namespace) -> int:
    if arguments.credential == "-" and arguments.answers == "-":
        msg = "only one of --credential and --answers can come from standard input"
        raise CommandFailed(msg)
    known = find_election(arguments.election)
    credential = _read_credential(arguments.credential)
    answers = _read_answers(arguments.answers)
    _check_is_listed(known, credential=credential, source=arguments.credential)
    try:
        data = create_ballot(election=known.election, credential=credential, answers=answers)
    except InvalidChoice as error:
        msg = f"{arguments.answers}: {error}"
        raise CommandFailed(msg) from error
    if arguments.output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_new_file(arguments.output, data, mode=0o644)
    print(f"tracker: {b64_digest(data)}", file=sys.stderr)
    return 0


def _read_credential(source: str) -> str:
    text = read_source(source, limit_bytes=_SMALL_FILE_BYTES).decode(errors="replace").strip()
    warn_if_readable_by_others(source)
    return text


def _read_answers(source: str) -> list[PlainAnswer]:
    data = read_source(source, limit_bytes=_SMALL_FILE_BYTES)
    try:
        value = decode_json(data, source="answers", limit_bytes=_SMALL_FILE_BYTES)
        return [
            _read_answer(answer, place=f"[{number}]")
            for number, answer in enumerate(read_list(value, place=""))
        ]
    except DecodeError as error:
        msg = f"{source}: {error}"
        raise CommandFailed(msg) from error


def _read_answer(value: object, *, place: str) -> PlainAnswer:
    """Take numbers, or a list of numbers for each list of candidates."""
    items = read_list(value, place=place)
    if items and isinstance(items[0], list):
        return [_read_numbers(item, place=f"{place}[{i}]") for i, item in enumerate(items)]
    return _read_numbers(items, place=place)


def _read_numbers(value: object, *, place: str) -> list[int]:
    return [
        read_integer(number, place=f"{place}[{index}]")
        for index, number in enumerate(read_list(value, place=place))
    ]


def _check_is_listed(known: KnownElection, *, credential: str, source: str) -> None:
    try:
        public = derive_public_credential(uuid=known.election.uuid, credential=credential)
    except DecodeError as error:
        msg = f"{source}: {error}"
        raise CommandFailed(msg) from error
    credentials = known.credentials()
    if credentials is not None and public not in credentials:
        msg = f"{source}: this credential is not on the election's list"
        raise CommandFailed(msg)


# --- check -------------------------------------------------------------------------------


def _check(arguments: argparse.Namespace) -> int:
    known = find_election(arguments.election)
    # Far more than a ballot may have, so that it is the ballot's own check that refuses it.
    data = read_source(arguments.ballot, limit_bytes=100 * BALLOT_LIMIT_BYTES)
    if _is_challenge(data):
        tracker = None if arguments.tracker is None else "".join(arguments.tracker.split())
        return print_challenge_check(data, source=arguments.ballot, known=known, tracker=tracker)
    if arguments.tracker is not None:
        msg = "--tracker is compared with an opened ballot only, and this file is none"
        raise CommandFailed(msg)
    try:
        ballot = decode_ballot(data, election=known.election)
        verify_ballot(ballot=ballot, election=known.election)
        _check_credential(ballot, known=known)
    except (DecodeError, InvalidBallot) as error:
        print(f"{arguments.ballot}: INVALID ({error.code}): {printable(str(error))}")
        return 1
    print(f"{arguments.ballot}: valid")
    print(f"  tracker     {ballot.tracker}")
    print(f"  credential  {ballot.credential}")
    if known.record is not None:
        print(f"  in the box  {_place_in_box(ballot, known=known)}")
    return 0


def _is_challenge(data: bytes) -> bool:
    """Say whether this is meant to be an opened ballot: no ballot has a field `randomness`."""
    try:
        value = decode_json(data, source="ballot", limit_bytes=100 * BALLOT_LIMIT_BYTES)
    except DecodeError:
        return False
    return isinstance(value, dict) and "randomness" in value


def _check_credential(ballot: Ballot, *, known: KnownElection) -> None:
    credentials = known.credentials()
    if credentials is not None and ballot.credential not in credentials:
        msg = "the credential is not on the election's list"
        raise InvalidBallot("unknown_credential", msg, place="credential")


def _place_in_box(ballot: Ballot, *, known: KnownElection) -> str:
    assert known.record is not None
    mine = [
        recorded
        for recorded in known.record.of_type("Ballot")
        if f'"credential":"{ballot.credential}"'.encode() in recorded.objects[0]
    ]
    for recorded in mine:
        if recorded.objects[0] == ballot.archived:
            counts = "and counts" if recorded is mine[-1] else "but a later ballot replaced it"
            return f"event {recorded.event.height} of the record, {counts}"
    return "no: this ballot is not in the record"
