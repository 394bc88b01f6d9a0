"""`evote trustee`: make a trustee's key, and decrypt the tally with it on one's own computer."""

import argparse
import sys

from evote.cli.errors import CommandFailed
from evote.cli.sources import (
    election_address,
    post_json,
    read_record_source,
    read_source,
    warn_if_readable_by_others,
    write_new_file,
)
from evote.cli.text import printable
from evote.cli.verification import verify_with_all_cores
from evote.cli.verify import print_report
from evote.election import Trustee, encode_trustee, make_trustee
from evote.encoding import decode_json, encode_json, read_text
from evote.errors import DecodeError
from evote.group import (
    GENERATOR,
    SecretScalar,
    decode_secret_scalar,
    encode_secret_scalar,
    random_scalar,
)
from evote.record import decode_owned, read_record
from evote.tally import decrypt_partially
from evote.verify import Report, Verdict

_KEYGEN = """\
Make a trustee's key. The private key is written to a new file that only you
can read; without it the election cannot be counted, so keep a copy in a safe
place, and give it to nobody. The public part is printed: hand it in.
"""
_KEYGEN_EPILOG = """\
example:
  evote trustee keygen --output my-key.json --name "Ada" > my-public-key.json
"""
_DECRYPT = """\
Decrypt the tally of a finished election with your key. The record is verified
first, and the tally added up anew from the ballots on this computer: nothing
else is ever decrypted, and no single ballot. Your key does not leave this
computer.
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
_KEY_LIMIT_BYTES = 1_000


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the commands."""
    parser = subparsers.add_parser("trustee", help="make a trustee's key, decrypt a tally")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    keygen = commands.add_parser(
        "keygen",
        help="make a trustee's key",
        description=_KEYGEN,
        epilog=_KEYGEN_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    keygen.add_argument(
        "--output", required=True, metavar="FILE", help="where to write the private key"
    )
    keygen.add_argument("--name", help="your name, as it will stand in the election's record")
    keygen.set_defaults(handler=_keygen)

    decrypt = commands.add_parser(
        "decrypt",
        help="decrypt the tally of an election",
        description=_DECRYPT,
        epilog=_DECRYPT_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    decrypt.add_argument(
        "record", metavar="FILE|URL", help="the record, or the address of the election's page"
    )
    decrypt.add_argument("--key", required=True, metavar="FILE", help="your private key")
    where = decrypt.add_mutually_exclusive_group()
    where.add_argument("--output", metavar="FILE", help="write the partial decryption here")
    where.add_argument(
        "--submit", action="store_true", help="send it to the server the record came from"
    )
    decrypt.set_defaults(handler=_decrypt)


# --- keygen ------------------------------------------------------------------------------


def _keygen(arguments: argparse.Namespace) -> int:
    secret_key = random_scalar()
    trustee = make_trustee(secret_key=secret_key, name=arguments.name)
    public = encode_trustee(trustee)
    write_new_file(arguments.output, encode_json(encode_secret_scalar(secret_key)), mode=0o600)
    print(public.decode())
    print(f"The private key is in {arguments.output}. Keep it.", file=sys.stderr)
    return 0


# --- decrypt -----------------------------------------------------------------------------


def _decrypt(arguments: argparse.Namespace) -> int:
    address = election_address(arguments.record)
    if arguments.submit and address is None:
        msg = "--submit needs the address of the election's page, not a file"
        raise CommandFailed(msg)
    secret_key = _read_key(arguments.key)
    data = read_record_source(arguments.record)
    report = verify_with_all_cores(data, source=arguments.record)
    if report.verdict == Verdict.INVALID:
        print_report(report)
        print("Nothing was decrypted.", file=sys.stderr)
        return 1
    if report.election is None or report.tally is None or report.trustees is None:
        msg = f"{arguments.record}: there is no encrypted tally in the record yet"
        raise CommandFailed(msg)
    if report.decryptable is None:
        msg = f"{arguments.record}: the ranked answers have to be shuffled first"
        raise CommandFailed(msg)
    owner = _owner(secret_key, report.trustees.slots, source=arguments.key)
    _check_has_not_decrypted(owner, data=data, source=arguments.record)
    partial_decryption = decrypt_partially(
        secret_key=secret_key, election=report.election, tally=report.decryptable
    )
    _say_what_was_decrypted(report, owner=owner)
    if arguments.submit:
        assert address is not None
        body = encode_json({"owner": owner, "partial_decryption": partial_decryption.decode()})
        post_json(address.partial_decryptions, body=body)
        print(f"The server took it: {address.partial_decryptions}", file=sys.stderr)
    elif arguments.output is not None:
        write_new_file(arguments.output, partial_decryption, mode=0o644)
    else:
        print(partial_decryption.decode())
    return 0


def _read_key(source: str) -> SecretScalar:
    data = read_source(source, limit_bytes=_KEY_LIMIT_BYTES)
    warn_if_readable_by_others(source)
    try:
        value = decode_json(data, source="private key", limit_bytes=_KEY_LIMIT_BYTES)
        return decode_secret_scalar(read_text(value, place=""))
    except DecodeError as error:
        # The reason may quote the content, and the content may be nearly a key.
        msg = f"{source}: this is not a private key made by `evote trustee keygen`"
        raise CommandFailed(msg) from error


def _owner(secret_key: SecretScalar, trustees: tuple[Trustee, ...], *, source: str) -> int:
    public_key = GENERATOR**secret_key
    for owner, trustee in enumerate(trustees, start=1):
        if trustee.public_key == public_key:
            return owner
    msg = f"{source}: this key is not among the {len(trustees)} trustees of the election"
    raise CommandFailed(msg)


def _check_has_not_decrypted(owner: int, *, data: bytes, source: str) -> None:
    for recorded in read_record(data).of_type("PartialDecryption"):
        if decode_owned(recorded.objects[1]).owner == owner:
            msg = f"{source}: trustee {owner} has decrypted already; there is nothing to do"
            raise CommandFailed(msg)


def _say_what_was_decrypted(report: Report, *, owner: int) -> None:
    assert report.election is not None
    assert report.sized_tally is not None
    print(
        f"Trustee {owner} decrypted the sum of {report.sized_tally.num_tallied} ballots of "
        f"“{printable(report.election.name)}”, added up on this computer.",
        file=sys.stderr,
    )
