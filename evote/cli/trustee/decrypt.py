"""`evote trustee decrypt`: decrypt the tally with one's key on one's own computer."""

import argparse
import sys

from evote.cli.errors import CommandFailed
from evote.cli.sources import (
    election_address,
    post_json,
    read_record_source,
    write_new_file,
)
from evote.cli.text import printable
from evote.cli.trustee.keys import read_key_file, remember_tally
from evote.cli.trustee.slot import Slot, find_slot, state_source
from evote.cli.verification import verify_with_all_cores
from evote.cli.verify import print_report
from evote.election import Election, Trustees
from evote.encoding import decode_json, encode_json, sha256_hex
from evote.record import Record, decode_owned, read_record
from evote.tally import (
    TALLY_LIMIT_BYTES,
    EncryptedTally,
    SizedTally,
    decode_strong_proofs,
    decrypt_partially,
    decrypt_strongly,
    encode_encrypted_tally,
    verify_partial_decryption,
    verify_strong_decryptions,
)
from evote.verify import Report, Verdict

_DECRYPT = """\
Decrypt the tally of a finished election with your key. The record is verified
first, and the tally added up anew from the ballots on this computer: nothing
else is ever decrypted, and no single ballot. Your key does not leave this
computer.

Which tally it was is written into the key file before anything leaves: the key
never decrypts a second, different tally of the same election, and never one of
fewer ballots than the election's own minimum.
"""
_DECRYPT_EPILOG = """\
examples:
  evote trustee decrypt https://vote.example.org/elections/hfd19JUwUteUwr/ \\
      --key my-key.json --submit
  evote trustee decrypt hfd19JUwUteUwr.bel --key my-key.json \\
      --output partial-decryption.json

exit status:
  0  decrypted
  1  the record is invalid: nothing was decrypted
  2  unreadable, not yet possible, not this key's election, or wrong usage
"""


def add_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "decrypt",
        help="decrypt the tally of an election",
        description=_DECRYPT,
        epilog=_DECRYPT_EPILOG,
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
    where.add_argument("--output", metavar="FILE", help="write the partial decryption here")
    where.add_argument(
        "--submit", action="store_true", help="send it to the server the record came from"
    )
    parser.set_defaults(handler=_decrypt)


def _decrypt(arguments: argparse.Namespace) -> int:
    address = election_address(arguments.record)
    if arguments.submit and address is None:
        msg = "--submit needs the address of the election's page, not a file"
        raise CommandFailed(msg)
    file = read_key_file(arguments.key)
    data = read_record_source(arguments.record)
    report = verify_with_all_cores(data, source=arguments.record)
    if report.verdict == Verdict.INVALID:
        print_report(report)
        print("Nothing was decrypted.", file=sys.stderr)
        return 1
    election, trustees, tally, sizes = _decryptable(report, source=arguments.record)
    slot = find_slot(
        file,
        trustees=trustees,
        uuid=election.uuid,
        state_source=state_source(
            arguments.ceremony, address=address, file=file, trustees=trustees
        ),
    )
    record = read_record(data)
    _check_has_not_decrypted(slot.owner, record=record, source=arguments.record)
    _check_is_allowed(election, sizes=sizes, source=arguments.record)
    closing = closing_event(record)
    archived_tally = encode_encrypted_tally(tally, election=election)
    remember_tally(file, uuid=election.uuid, tally=sha256_hex(archived_tally))
    body = _body(slot=slot, election=election, tally=tally, closing=closing)
    print(
        f"Trustee {slot.owner} decrypted the sum of {sizes.num_tallied} ballots of "
        f"“{printable(election.name)}”, added up on this computer.",
        file=sys.stderr,
    )
    _hand_over(body, arguments=arguments, has_companion=election.has_companion)
    return 0


def _decryptable(
    report: Report, *, source: str
) -> tuple[Election, Trustees, EncryptedTally, SizedTally]:
    """Give what a verified report says is to be decrypted."""
    found = (report.election, report.trustees, report.tally, report.sized_tally)
    election, trustees, tally, sizes = found
    if election is None or trustees is None or tally is None or sizes is None:
        msg = f"{source}: there is no encrypted tally in the record yet"
        raise CommandFailed(msg)
    if report.decryptable is None:
        msg = f"{source}: the ranked answers have to be shuffled first"
        raise CommandFailed(msg)
    return election, trustees, report.decryptable, sizes


def _check_has_not_decrypted(owner: int, *, record: Record, source: str) -> None:
    for recorded in record.of_type("PartialDecryption"):
        if decode_owned(recorded.objects[1]).owner == owner:
            msg = f"{source}: trustee {owner} has decrypted already; there is nothing to do"
            raise CommandFailed(msg)


def _check_is_allowed(election: Election, *, sizes: SizedTally, source: str) -> None:
    """Refuse what would tell too much about too few (PROTOCOL 2.7)."""
    if sizes.num_tallied < election.minimum_ballots:
        msg = (
            f"{source}: {sizes.num_tallied} ballots are counted, and this election is decrypted "
            f"from {election.minimum_ballots} on: nothing was decrypted"
        )
        raise CommandFailed(msg)


def closing_event(record: Record) -> str:
    """Give the hash of the last event before the first PartialDecryption (PROTOCOL 2.3)."""
    before = [
        recorded.hash
        for recorded in record.events
        if recorded.event.type not in ("PartialDecryption", "Result")
    ]
    return before[-1]


def _body(
    *, slot: Slot, election: Election, tally: EncryptedTally, closing: str
) -> dict[str, object]:
    """Make the partial decryption with its proofs, and verify it before it leaves."""
    data = decrypt_partially(secret_key=slot.secret_key, election=election, tally=tally)
    decryption = verify_partial_decryption(
        data=data, election=election, trustee=slot.trustee, tally=tally
    )
    body: dict[str, object] = {"owner": slot.owner, "partial_decryption": data.decode()}
    if not election.has_companion:
        return body
    proofs = decrypt_strongly(
        secret_key=slot.secret_key, election=election, tally=tally, closing=closing
    )
    verify_strong_decryptions(
        proofs=decode_strong_proofs(proofs),
        election=election,
        trustee=slot.trustee,
        tally=tally,
        decryption=decryption,
        closing=closing,
    )
    nesting = decode_json(proofs, source="proofs", limit_bytes=TALLY_LIMIT_BYTES)
    return body | {"proofs": nesting}


def _hand_over(
    body: dict[str, object], *, arguments: argparse.Namespace, has_companion: bool
) -> None:
    # With strong proofs the file is the whole message; without them, as ever, the object alone.
    text = encode_json(body) if has_companion else str(body["partial_decryption"]).encode()
    if arguments.submit:
        address = election_address(arguments.record)
        assert address is not None
        post_json(address.partial_decryptions, body=encode_json(body))
        print(f"The server took it: {address.partial_decryptions}", file=sys.stderr)
    elif arguments.output is not None:
        write_new_file(arguments.output, text, mode=0o644)
    else:
        print(text.decode())
