"""`evote finding`: check offline what a monitor or a mirror found wrong with a log."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.findings import NEWER, OLDER, PROMISE, PROOF, Finding, Kind, read_finding_file
from evote.cli.log_history import read_shown
from evote.cli.log_trust import read_key
from evote.cli.schemas import load_schemas
from evote.cli.text import printable
from evote.errors import EvoteError, InvalidProof
from evote.tlog import rotation
from evote.tlog.checkpoint import Checkpoint, decode_hash
from evote.tlog.contradiction import verify_contradiction
from evote.tlog.entries import ElectionProgress, Entry, check_entry, follow_election, progress_after
from evote.tlog.note import NOTE_LIMIT_BYTES, VerifierKey, verify_note
from evote.tlog.policy import Policy, PolicyLog
from evote.tlog.receipt import RECEIPT_LIMIT_BYTES, decode_receipt, verify_receipt

_DESCRIPTION = """\
Check a folder of evidence that evote monitor, evote mirror or a witness kept.
No network is used, and the log is not asked. Take the log's key from somewhere
else than the folder; where the log changed its key, give all of them.
"""
_EPILOG = """\
example:
  evote finding 20261121T090000Z-fork-1f0c22 --key log.vkey

exit status:
  0  proven: the log's own signatures show it
  3  what the log signed is as it says, the rest is the observer's word
  1  the folder does not show what it says
  2  unreadable or wrong usage
"""
_SUMMARY_LIMIT_BYTES = 100_000
_PROVEN, _SHOWS_NOTHING, _OBSERVED = 0, 1, 3


class _NotShown(EvoteError):
    """The files do not show what the folder says."""


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "finding",
        help="check the evidence that a log was wrong",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="FOLDER", help="the folder that was kept")
    parser.add_argument(
        "--key",
        action="append",
        required=True,
        metavar="KEY",
        help="the log's verifier key, name+id+base64, or a file with it; repeatable",
    )
    parser.set_defaults(handler=_check)


def _check(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.folder)
    keys = [read_key(text) for text in arguments.key]
    summary = _read_summary(folder)
    print(f"{summary['found_at']}: {printable(summary['message'])}")
    try:
        kind = Kind(summary["finding"])
        proven = _CHECKS.get(kind, _check_observed)(folder, keys)
    except CommandFailed:
        raise
    except (EvoteError, ValueError) as error:
        print(f"{folder}: NOT SHOWN: {printable(str(error))}")
        return _SHOWS_NOTHING
    print(f"{folder}: {printable(proven)}")
    return _OBSERVED if proven.startswith("OBSERVED") else _PROVEN


def _read_summary(folder: Path) -> dict[str, str]:
    data = read_finding_file(folder, "finding.json", limit_bytes=_SUMMARY_LIMIT_BYTES)
    try:
        value = json.loads(data)
        return {name: str(value[name]) for name in ("finding", "message", "found_at")}
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{folder / 'finding.json'} is not the summary of a finding"
        raise CommandFailed(msg) from error


def _checkpoint(folder: Path, name: str, *, keys: Sequence[VerifierKey]) -> Checkpoint:
    note = read_finding_file(folder, name, limit_bytes=NOTE_LIMIT_BYTES)
    logs = tuple(PolicyLog(key=key, url=None) for key in keys)
    policy = Policy(logs=logs, witnesses=(), groups=(), quorum=None)
    checkpoint = read_shown(note, policy=policy, where=name).checkpoint
    print(f"  {name}: signed by the log; {checkpoint.size} entries, {checkpoint.root.hex()}")
    return checkpoint


# --- Each kind: gives the verdict, or raises ----------------------------------------------------


def _check_fork(folder: Path, keys: Sequence[VerifierKey]) -> str:
    lines = read_finding_file(folder, PROOF, limit_bytes=10_000).decode("ascii").split()
    verify_contradiction(
        older=_checkpoint(folder, OLDER, keys=keys),
        newer=_checkpoint(folder, NEWER, keys=keys),
        proof=[decode_hash(line, source=PROOF) for line in lines],
    )
    return "PROVEN: the log signed two histories. No log can be what both checkpoints say."


def _check_malformed(folder: Path, keys: Sequence[VerifierKey]) -> str:
    try:
        _checkpoint(folder, NEWER, keys=keys)
    except Finding as finding:
        if finding.kind is Kind.MALFORMED:
            return f"PROVEN: {finding}"
        raise
    msg = "the checkpoint is well formed"
    raise _NotShown(msg)


def _check_entry(folder: Path, keys: Sequence[VerifierKey]) -> str:
    earlier = _logged_entries(folder, "earlier", keys=keys)
    faulty = _logged_entries(folder, "entry", keys=keys)
    if len(faulty) != 1 or len(earlier) > 1:
        msg = "the folder holds no receipt of one entry, with at most one earlier"
        raise _NotShown(msg)
    index, data = faulty[0]
    schemas = load_schemas()
    try:
        entry = check_entry(data, schemas=schemas)
        _check_alone(entry)
    except EvoteError as error:
        return f"PROVEN: the log holds entry {index}, which may not stand in it: {error}"
    if not earlier:
        return f"OBSERVED: the log holds entry {index}; read it, and the message above."
    return _compare(earlier[0], index=index, entry=entry)


def _check_alone(entry: Entry) -> None:
    """Check what needs no other entry: both keys' signatures, what an election begins with."""
    if entry["kind"] == rotation.KIND:
        rotation.decode_rotation(entry)
    elif entry["kind"] == "election-event" and entry["height"] == 0:
        follow_election(ElectionProgress(), entry=entry, index=0)


def _compare(earlier: tuple[int, bytes], *, index: int, entry: Entry) -> str:
    earlier_index, data = earlier
    before = json.loads(data)
    if earlier_index >= index or before.get("election") != entry.get("election"):
        msg = "the two entries are not of one election, the faulty one later"
        raise _NotShown(msg)
    try:
        follow_election(progress_after(before, index=earlier_index), entry=entry, index=index)
    except EvoteError as error:
        both = f"the log holds entry {earlier_index} and entry {index}: {error}"
        is_gap = before["kind"] == entry["kind"] == "election-event" and (
            int(str(entry["height"])) > int(before["height"]) + 1
        )
        if is_gap:
            return (
                f"OBSERVED: {both}. That no entry of this election stands between them, "
                "any copy of the log shows."
            )
        return f"PROVEN: {both}"
    msg = "the later entry may follow the earlier one"
    raise _NotShown(msg)


def _logged_entries(
    folder: Path, name: str, *, keys: Sequence[VerifierKey]
) -> list[tuple[int, bytes]]:
    found = []
    for path in sorted(folder.glob(f"{name}-*.tlog-proof")):
        receipt = decode_receipt(
            read_finding_file(folder, path.name, limit_bytes=RECEIPT_LIMIT_BYTES)
        )
        if receipt.extra is None:
            msg = f"{path.name} does not carry its entry"
            raise _NotShown(msg)
        signer = _signer(receipt.checkpoint, keys=keys)
        checkpoint = verify_receipt(receipt, entry=receipt.extra, key=signer)
        print(f"  {path.name}: entry {receipt.index} of the log of {checkpoint.size} entries")
        print(f"    {printable(receipt.extra.decode(errors='replace'))}")
        found.append((receipt.index, receipt.extra))
    return found


def _signer(note: bytes, *, keys: Sequence[VerifierKey]) -> VerifierKey:
    for key in keys:
        try:
            verify_note(note, keys=[key])
        except InvalidProof:
            continue
        return key
    msg = "no key that was given signed the receipt's checkpoint"
    raise InvalidProof(msg)


def _check_promise(folder: Path, keys: Sequence[VerifierKey]) -> str:
    note = read_finding_file(folder, PROMISE, limit_bytes=NOTE_LIMIT_BYTES)
    text = verify_note(note, keys=keys).text
    print(f"  {PROMISE}: signed by the log:")
    for line in text.rstrip("\n").split("\n"):
        print(f"    {printable(line)}")
    size = _checkpoint(folder, NEWER, keys=keys).size
    return (
        f"OBSERVED: the log promised this entry. That the log of {size} entries does not hold it, "
        "any copy of the log shows."
    )


def _check_observed(folder: Path, keys: Sequence[VerifierKey]) -> str:
    for name in (OLDER, NEWER):
        if (folder / name).exists():
            try:
                _checkpoint(folder, name, keys=keys)
            except Finding as finding:
                print(f"  {printable(str(finding))}")
    return "OBSERVED: what was served, and when, is the word of whoever kept this folder."


_CHECKS: dict[Kind, Callable[[Path, Sequence[VerifierKey]], str]] = {
    Kind.FORK: _check_fork,
    Kind.MALFORMED: _check_malformed,
    Kind.ENTRY: _check_entry,
    Kind.PROMISE: _check_promise,
}
