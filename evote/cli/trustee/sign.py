"""`evote trustee sign`: sign the setup of an election, after looking at it (PROTOCOL 2.4)."""

import argparse
import sys
from collections.abc import Sequence

from evote.cli.errors import CommandFailed
from evote.cli.sources import (
    ElectionAddress,
    election_address,
    post_json,
    read_source,
    write_new_file,
)
from evote.cli.text import printable
from evote.cli.trustee.keys import read_key_file
from evote.cli.trustee.slot import OwnCommit, find_slot, state_source
from evote.election import (
    ELECTION_LIMIT_BYTES,
    TRUSTEES_LIMIT_BYTES,
    Election,
    Trustees,
    decode_election,
    decode_trustees,
    verify_trustees,
)
from evote.encoding import decode_json, encode_json, read_hash, read_list, read_object
from evote.errors import EvoteError, InvalidProof
from evote.proofs.statements import sign_transcript
from evote.record import check_all_commits
from evote.threshold import certificates_fingerprint
from evote.threshold.transcript import transcript_hash

_SIGN = """\
Sign that you have seen the sealed election and found your own key in it. What
is signed, and by whom, becomes part of the election's second file; voting opens
when all trustees have signed. Look at what is printed before you sign: nothing
can be changed afterwards.

This looks for your key among the trustees, checks all proofs and signatures of
theirs, that the election's key is made of them, and that every member of a group
revealed what they had committed to.
"""
_SIGN_EPILOG = """\
examples:
  evote trustee sign https://vote.example.org/elections/hfd19JUwUteUwr/ \\
      --key my-key.json
  evote trustee sign https://vote.example.org/elections/hfd19JUwUteUwr/ \\
      --key my-key.json --fingerprint 53KNlIhNVc/QsIVMKYREKvJsWfjn6oyi5NZ922v7qNo \\
      --submit

exit status:
  0  signed; without --fingerprint: shown, and nothing signed
  2  unreadable, not your election, or something in it does not hold
"""
_TRANSCRIPT_LIMIT_BYTES = 16_000_000


def add_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "sign",
        help="sign the setup of an election",
        description=_SIGN,
        epilog=_SIGN_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("election", metavar="URL", help="the address of the election's page")
    parser.add_argument("--key", required=True, metavar="FILE", help="your key file")
    parser.add_argument(
        "--fingerprint", help="the election's fingerprint: what you have seen and want to sign"
    )
    parser.add_argument(
        "--ceremony", metavar="FILE", help="the state of your ceremony, where you have saved it"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--output", metavar="FILE", help="write the signature here")
    where.add_argument("--submit", action="store_true", help="send it to the server")
    parser.set_defaults(handler=_sign)


def _sign(arguments: argparse.Namespace) -> int:
    address = election_address(arguments.election)
    if address is None:
        msg = f"{arguments.election} is not the address of an election's page"
        raise CommandFailed(msg)
    file = read_key_file(arguments.key)
    election, trustees, archived = _read_setup(address)
    slot = find_slot(
        file,
        trustees=trustees,
        uuid=election.uuid,
        state_source=state_source(
            arguments.ceremony, address=address, file=file, trustees=trustees
        ),
    )
    commits = _read_commits(address)
    transcript = _transcript(
        election, trustees=trustees, archived=archived, commits=commits, own=slot.commit
    )
    _show(election, trustees=trustees, owner=slot.owner)
    if arguments.fingerprint is None:
        print("\nNothing is signed yet. If this is the election that you want, run again with")
        print(f"  --fingerprint {election.fingerprint}")
        return 0
    if arguments.fingerprint != election.fingerprint:
        msg = f"the election's fingerprint is {election.fingerprint}: nothing was signed"
        raise CommandFailed(msg)
    proof = sign_transcript(
        secret_key=slot.secret_key, fingerprint=election.fingerprint, transcript=transcript
    )
    body = encode_json({"slot": slot.owner, "proof": proof.to_json()})
    if arguments.submit:
        post_json(address.transcript, body=body)
        print(f"The server took it: {address.transcript}", file=sys.stderr)
    elif arguments.output is not None:
        write_new_file(arguments.output, body, mode=0o644)
    else:
        print(body.decode())
    return 0


def _read_setup(address: ElectionAddress) -> tuple[Election, Trustees, bytes]:
    try:
        election = decode_election(read_source(address.election, limit_bytes=ELECTION_LIMIT_BYTES))
        if election.uuid != address.uuid:
            msg = f"{address.election}: this is another election, {election.uuid}"
            raise CommandFailed(msg)
        archived = read_source(address.trustees, limit_bytes=TRUSTEES_LIMIT_BYTES)
        trustees = decode_trustees(archived, group=election.group)
        verify_trustees(trustees)
        if trustees.public_key != election.public_key:
            msg = "the election's public key is not the product of the trustees' keys"
            raise InvalidProof(msg)
    except CommandFailed:
        raise
    except EvoteError as error:
        msg = f"{address.page}: {error}"
        raise CommandFailed(msg) from error
    return election, trustees, archived


def _read_commits(address: ElectionAddress) -> list[list[str]]:
    data = read_source(address.transcript, limit_bytes=_TRANSCRIPT_LIMIT_BYTES)
    try:
        value = decode_json(data, source="transcript", limit_bytes=_TRANSCRIPT_LIMIT_BYTES)
        ceremony = _field(value, "ceremony")
        lists = read_list(_field(ceremony, "commits"), place="ceremony.commits")
        return [
            [
                read_hash(commit, place=f"ceremony.commits[{number}][{index}]")
                for index, commit in enumerate(
                    read_list(commits, place=f"ceremony.commits[{number}]")
                )
            ]
            for number, commits in enumerate(lists)
        ]
    except EvoteError as error:
        msg = f"{address.transcript}: {error}"
        raise CommandFailed(msg) from error


def _field(value: object, name: str) -> object:
    known = frozenset(value) if isinstance(value, dict) else frozenset()
    return read_object(value, place="", fields=(name,), optional=known)[name]


def _transcript(
    election: Election,
    *,
    trustees: Trustees,
    archived: bytes,
    commits: Sequence[Sequence[str]],
    own: OwnCommit | None,
) -> str:
    try:
        check_all_commits(commits, uuid=election.uuid, trustees=trustees)
    except EvoteError as error:
        msg = f"{error}: nothing was signed"
        raise CommandFailed(msg) from error
    if own is not None and commits[own.ceremony][own.member - 1] != own.commit:
        msg = "what is said to be your commit is not yours: nothing was signed"
        raise CommandFailed(msg)
    return transcript_hash(
        fingerprint=election.fingerprint,
        trustees=archived,
        ceremonies=trustees.ceremonies,
        commits=commits,
    )


def _show(election: Election, *, trustees: Trustees, owner: int) -> None:
    print(f"{printable(election.name)}\n")
    for number, question in enumerate(election.questions, start=1):
        print(f"{number}. {printable(question.text)}")
    print(f"\nfingerprint  {election.fingerprint}")
    print(f"you are      trustee {owner} of {len(trustees.slots)}")
    for item in trustees.ceremonies:
        certificates = certificates_fingerprint(item.signed_certificates)
        print(f"a group      any {item.threshold} of {item.size}, certificates {certificates}")
