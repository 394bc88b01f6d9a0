"""`evote trustee shuffle`: shuffle ranked answers on one's own computer (PROTOCOL 1.8, 2.8)."""

import argparse
import sys
import time
from dataclasses import dataclass

from evote.cli.errors import CommandFailed
from evote.cli.progress import ProgressBar
from evote.cli.sources import (
    ANSWER_LIMIT_BYTES,
    election_address,
    post_json,
    read_record_source,
    read_source,
    write_new_file,
)
from evote.cli.text import printable
from evote.cli.trustee.keys import read_key_file
from evote.cli.trustee.slot import Slot, find_slot, state_source
from evote.cli.verification import verify_with_all_cores
from evote.cli.verify import print_report
from evote.election import Election, Trustees
from evote.encoding import decode_json, encode_json, read_integer, read_text, sha256_hex
from evote.errors import DecodeError
from evote.proofs.statements import sign_shuffle_statement, verify_shuffle_statement
from evote.record import Record, decode_owned, read_record
from evote.tally import (
    EncryptedTally,
    has_ranked_question,
    make_shuffle,
    ranked_questions,
    verify_shuffle,
)
from evote.verify import Report, Verdict

_SHUFFLE = """\
Shuffle the ranked answers of a finished election, so that nobody can tell any
more whose is whose. The record is verified first, with every shuffle before
yours, and the answers are collected anew from the ballots on this computer.
The secret order is drawn here, and forgotten when the command ends. Your key
signs that the shuffle is yours.
"""
_SHUFFLE_EPILOG = """\
examples:
  evote trustee shuffle https://vote.example.org/elections/hfd19JUwUteUwr/ \\
      --key my-key.json --submit
  evote trustee shuffle hfd19JUwUteUwr.bel --key my-key.json --output shuffle.json

exit status:
  0  shuffled; with --submit also: the server checked the proof and took it
  1  the record is invalid: nothing was shuffled
  2  unreadable, not yet or no longer possible, not this key's election, or
     wrong usage
"""
_BAR = 1
_BEING_CHECKED = "being-checked"
_SECONDS_BETWEEN_QUESTIONS = 2


def add_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "shuffle",
        help="shuffle the ranked answers of an election",
        description=_SHUFFLE,
        epilog=_SHUFFLE_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "record", metavar="FILE|URL", help="the record, or the address of the election's page"
    )
    parser.add_argument("--key", required=True, metavar="FILE", help="your private key")
    parser.add_argument(
        "--ceremony", metavar="FILE", help="the state of your ceremony, where you have saved it"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--output", metavar="FILE", help="write the shuffle here")
    where.add_argument(
        "--submit", action="store_true", help="send it to the server the record came from"
    )
    parser.set_defaults(handler=_shuffle)


def _shuffle(arguments: argparse.Namespace) -> int:
    address = election_address(arguments.record)
    if arguments.submit and address is None:
        msg = "--submit needs the address of the election's page, not a file"
        raise CommandFailed(msg)
    file = read_key_file(arguments.key)
    data = read_record_source(arguments.record)
    report = verify_with_all_cores(data, source=arguments.record)
    if report.verdict == Verdict.INVALID:
        print_report(report)
        print("Nothing was shuffled.", file=sys.stderr)
        return 1
    election, trustees, tally = _shufflable(report, source=arguments.record)
    slot = find_slot(
        file,
        trustees=trustees,
        uuid=election.uuid,
        state_source=state_source(
            arguments.ceremony, address=address, file=file, trustees=trustees
        ),
    )
    record = read_record(data)
    _check_has_not_shuffled(slot.owner, record=record, source=arguments.record)
    body = _body(slot=slot, election=election, tally=tally, parent=record.events[-1].hash)
    count = sum(len(tally.questions[number]) for number in ranked_questions(election))
    print(
        f"Trustee {slot.owner} shuffled {count} ranked answers of "
        f"“{printable(election.name)}”, collected on this computer.",
        file=sys.stderr,
    )
    _hand_over(body, arguments=arguments, has_companion=election.has_companion)
    return 0


def _shufflable(report: Report, *, source: str) -> tuple[Election, Trustees, EncryptedTally]:
    """Give what a verified report says is to be shuffled next."""
    election, trustees, tally = report.election, report.trustees, report.shuffled
    if election is not None and not has_ranked_question(election):
        msg = f"{source}: no question of this election is ranked; there is nothing to shuffle"
        raise CommandFailed(msg)
    if election is None or trustees is None or tally is None:
        msg = f"{source}: there is no encrypted tally in the record yet"
        raise CommandFailed(msg)
    if report.decryptable is not None:
        msg = f"{source}: the shuffles are over; there is nothing to do"
        raise CommandFailed(msg)
    return election, trustees, tally


def _check_has_not_shuffled(owner: int, *, record: Record, source: str) -> None:
    for recorded in record.of_type("Shuffle"):
        if decode_owned(recorded.objects[1]).owner == owner:
            msg = f"{source}: trustee {owner} has shuffled already; there is nothing to do"
            raise CommandFailed(msg)


def _body(
    *, slot: Slot, election: Election, tally: EncryptedTally, parent: str
) -> dict[str, object]:
    """Make the shuffle and the statement that it is this slot's, and verify both."""
    bar = ProgressBar({_BAR: "Shuffling"})
    try:
        data = make_shuffle(
            election=election, tally=tally, progress=lambda done, total: bar(_BAR, done, total)
        )
    finally:
        bar.clear()
    verify_shuffle(data=data, election=election, tally=tally)
    payload = sha256_hex(data)
    proof = sign_shuffle_statement(
        secret_key=slot.secret_key,
        fingerprint=election.fingerprint,
        parent=parent,
        payload=payload,
    )
    verify_shuffle_statement(
        proof=proof,
        fingerprint=election.fingerprint,
        public_key=slot.trustee.public_key,
        parent=parent,
        payload=payload,
    )
    return {"owner": slot.owner, "shuffle": data.decode(), "proof": proof.to_json()}


def _hand_over(
    body: dict[str, object], *, arguments: argparse.Namespace, has_companion: bool
) -> None:
    # Where the election has statements the file is the whole message; else the object alone.
    text = encode_json(body) if has_companion else str(body["shuffle"]).encode()
    if arguments.submit:
        address = election_address(arguments.record)
        assert address is not None
        post_json(address.shuffles, body=encode_json(body))
        owner = body["owner"]
        assert isinstance(owner, int)
        _wait_for_verdict(address.shuffle(owner))
        print(f"The server took it: {address.shuffles}", file=sys.stderr)
    elif arguments.output is not None:
        write_new_file(arguments.output, text, mode=0o644)
    else:
        print(text.decode())


def _wait_for_verdict(address: str) -> None:
    """Ask the server, which checks the proof in parts, until it says what came of it.

    Raises:
        CommandFailed: it refused the shuffle, with its reason, or cannot be understood.
    """
    bar = ProgressBar({_BAR: "The server checks the proof"})
    try:
        while True:
            state = _read_state(address)
            if state.name != _BEING_CHECKED:
                break
            bar(_BAR, state.parts_checked, state.parts)
            time.sleep(_SECONDS_BETWEEN_QUESTIONS)
    finally:
        bar.clear()
    if state.name != "accepted":
        msg = f"{address}: the server did not take the shuffle. {printable(state.detail)}"
        raise CommandFailed(msg.rstrip())


@dataclass(frozen=True, slots=True)
class _State:
    """What the server says of a shuffle."""

    name: str
    parts_checked: int
    parts: int
    detail: str


def _read_state(address: str) -> _State:
    data = read_source(address, limit_bytes=ANSWER_LIMIT_BYTES)
    try:
        item = decode_json(data, source=address, limit_bytes=ANSWER_LIMIT_BYTES)
        if not isinstance(item, dict):
            msg = "this is not an object"
            raise DecodeError(msg)
        return _State(
            name=read_text(item.get("state"), place="state"),
            parts_checked=read_integer(item.get("parts_checked"), place="parts_checked"),
            parts=read_integer(item.get("parts"), place="parts"),
            detail=read_text(item.get("detail"), place="detail"),
        )
    except DecodeError as error:
        msg = f"{address}: the server's answer cannot be read: {error}"
        raise CommandFailed(msg) from error
