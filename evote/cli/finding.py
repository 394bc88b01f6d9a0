"""`evote finding`: check offline what a monitor or a mirror found wrong with a log."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from evote.cli.absence import check_none
from evote.cli.errors import CommandFailed
from evote.cli.findings import NEWER, OLDER, PROMISE, PROOF, Finding, Kind, read_finding_file
from evote.cli.log_history import read_shown
from evote.cli.log_source import LogSource, open_log
from evote.cli.log_trust import read_key
from evote.cli.monitor.promises import decode_promise
from evote.cli.schemas import load_schemas
from evote.cli.text import printable
from evote.errors import EvoteError, InvalidProof, NotSupported
from evote.tlog import rotation, succession
from evote.tlog.checkpoint import Checkpoint, decode_hash
from evote.tlog.contradiction import verify_contradiction
from evote.tlog.entries import (
    ElectionProgress,
    Entry,
    RuleBroken,
    check_entry,
    follow_election,
    progress_after,
    read_members,
)
from evote.tlog.merkle import root_before
from evote.tlog.note import NOTE_LIMIT_BYTES, VerifierKey, verify_note
from evote.tlog.policy import Policy, PolicyLog
from evote.tlog.receipt import RECEIPT_LIMIT_BYTES, decode_receipt, verify_receipt

_DESCRIPTION = """\
Check a folder of evidence that evote monitor or evote mirror kept. No network
is used, and the log is not asked. Take the log's key from somewhere
else than the folder; where the log changed its key, give all of them.
"""
_EPILOG = """\
That something is *not* in the log needs all of its entries: give a mirror's
copy with --copy.

examples:
  evote finding 20261121T090000Z-fork-1f0c22 --key log.vkey
  evote finding 20261121T090000Z-promise-77ab01 --key log.vkey --copy /srv/mirror/5638a4…

exit status:
  0  proven: the log's own signatures show it
  3  what the log signed is as it says, the rest is the observer's word
  1  the folder does not show what it says
  2  unreadable or wrong usage
"""
_SUMMARY_LIMIT_BYTES = 100_000
_PROVEN, _SHOWS_NOTHING, _OBSERVED = 0, 1, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """A folder, the log's keys, and a copy of the log, if one was given."""

    folder: Path
    keys: Sequence[VerifierKey]
    copy: LogSource | None


class _Logged(NamedTuple):
    """An entry that the log holds at an index, and the root of those before it."""

    entry_index: int
    data: bytes
    root_before: bytes


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
    parser.add_argument(
        "--copy",
        metavar="FOLDER",
        help="a copy of the log, or its address: to see what is not in it",
    )
    parser.set_defaults(handler=_check)


def _check(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.folder)
    evidence = _Evidence(
        folder=folder,
        keys=[read_key(text) for text in arguments.key],
        copy=None if arguments.copy is None else open_log(arguments.copy),
    )
    summary = _read_summary(folder)
    print(f"{summary['found_at']}: {printable(summary['message'])}")
    try:
        kind = Kind(summary["finding"])
        proven = _CHECKS.get(kind, _check_observed)(evidence)
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


def _checkpoint(evidence: _Evidence, name: str) -> Checkpoint:
    note = read_finding_file(evidence.folder, name, limit_bytes=NOTE_LIMIT_BYTES)
    logs = tuple(PolicyLog(key=key, url=None) for key in evidence.keys)
    policy = Policy(logs=logs, witnesses=(), groups=(), quorum=None)
    checkpoint = read_shown(note, policy=policy, where=name).checkpoint
    print(f"  {name}: signed by the log; {checkpoint.size} entries, {checkpoint.root.hex()}")
    return checkpoint


# --- Each kind: gives the verdict, or raises ----------------------------------------------------


def _check_fork(evidence: _Evidence) -> str:
    lines = read_finding_file(evidence.folder, PROOF, limit_bytes=10_000).decode("ascii").split()
    verify_contradiction(
        older=_checkpoint(evidence, OLDER),
        newer=_checkpoint(evidence, NEWER),
        proof=[decode_hash(line, source=PROOF) for line in lines],
    )
    return "PROVEN: the log signed two histories. No log can be what both checkpoints say."


def _check_malformed(evidence: _Evidence) -> str:
    try:
        _checkpoint(evidence, NEWER)
    except Finding as finding:
        if finding.kind is Kind.MALFORMED:
            return f"PROVEN: {finding}"
        raise
    msg = "the checkpoint is well formed"
    raise _NotShown(msg)


def _check_entry(evidence: _Evidence) -> str:
    earlier = _logged_entries(evidence, "earlier")
    faulty = _logged_entries(evidence, "entry")
    if len(faulty) != 1 or len(earlier) > 1:
        msg = "the folder holds no receipt of one entry, with at most one earlier"
        raise _NotShown(msg)
    index, data, root = faulty[0]
    try:
        entry = check_entry(data, schemas=load_schemas())
        _check_alone(entry, index=index, root=root)
    except NotSupported as error:
        return f"OBSERVED: the log holds entry {index}, and {error}"
    except EvoteError as error:
        return f"PROVEN: the log holds entry {index}, which may not stand in it: {error}"
    if entry["kind"] in {rotation.KIND, succession.KIND}:
        return f"OBSERVED: the log holds entry {index}; compare it with its changes of keys before."
    if earlier:
        return _compare(earlier[0], index=index, entry=entry, evidence=evidence)
    if entry["kind"] == "election-event" and _height(entry) > 0:
        return _judge_gap(
            f"the log holds entry {index}, of height {entry['height']}",
            evidence=evidence,
            between=range(index),
            entry=entry,
        )
    msg = f"entry {index} may stand in the log"
    raise _NotShown(msg)


def _check_alone(entry: Entry, *, index: int, root: bytes) -> None:
    """Check what needs no other entry: both keys' signatures, what an election begins with.

    `root` is the one of the entries before `index`.
    """
    if entry["kind"] == rotation.KIND:
        rotation.decode_rotation(entry)
    elif entry["kind"] == succession.KIND:
        closing = succession.decode_succession(entry).closing
        succession.check_place(closing, index=index, root=root)
    elif entry["kind"] == "election-event" and entry["height"] == 0:
        follow_election(ElectionProgress(), entry=entry, index=0)


def _compare(earlier: _Logged, *, index: int, entry: Entry, evidence: _Evidence) -> str:
    earlier_index, data, _ = earlier
    before = check_entry(data, schemas=load_schemas())
    is_of = _is_of(entry)
    if earlier_index >= index or not is_of(data):
        msg = "the two entries are not of one election and one kind, the faulty one later"
        raise _NotShown(msg)
    try:
        follow_election(progress_after(before, index=earlier_index), entry=entry, index=index)
    except RuleBroken as error:
        both = f"the log holds entry {earlier_index} and entry {index}: {error}"
    else:
        msg = "the later entry may follow the earlier one"
        raise _NotShown(msg)
    if entry["kind"] == "election-event" and _height(entry) > _height(before) + 1:
        between = range(earlier_index + 1, index)
        return _judge_gap(both, evidence=evidence, between=between, entry=entry)
    return f"PROVEN: {both}"


def _judge_gap(what: str, *, evidence: _Evidence, between: range, entry: Entry) -> str:
    """Say that events of an election are missing: proven, if a copy shows no others there."""
    if evidence.copy is None:
        return (
            f"OBSERVED: {what}. That no entry of this election stands before it or between them, "
            "any copy of the log shows: give one with --copy."
        )
    checkpoint = _checkpoint(evidence, NEWER)
    check_none(evidence.copy, checkpoint=checkpoint, indexes=between, is_wanted=_is_of(entry))
    return f"PROVEN: {what}, and no other entry of this election before it or between them"


def _height(entry: Entry) -> int:
    height = entry["height"]
    assert isinstance(height, int)
    return height


def _is_of(entry: Entry) -> Callable[[bytes], bool]:
    """Say of which entries to ask: events of the same election."""

    def is_of(data: bytes) -> bool:
        other = read_members(data)
        return all(other.get(name) == entry[name] for name in ("kind", "election"))

    return is_of


def _logged_entries(evidence: _Evidence, name: str) -> list[_Logged]:
    found = []
    for path in sorted(evidence.folder.glob(f"{name}-*.tlog-proof")):
        receipt = decode_receipt(
            read_finding_file(evidence.folder, path.name, limit_bytes=RECEIPT_LIMIT_BYTES)
        )
        if receipt.extra is None:
            msg = f"{path.name} does not carry its entry"
            raise _NotShown(msg)
        signer = _signer(receipt.checkpoint, keys=evidence.keys)
        checkpoint = verify_receipt(receipt, entry=receipt.extra, key=signer)
        print(f"  {path.name}: entry {receipt.index} of the log of {checkpoint.size} entries")
        print(f"    {printable(receipt.extra.decode(errors='replace'))}")
        root = root_before(index=receipt.index, size=checkpoint.size, proof=receipt.proof)
        found.append(_Logged(receipt.index, receipt.extra, root))
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


def _check_promise(evidence: _Evidence) -> str:
    note = read_finding_file(evidence.folder, PROMISE, limit_bytes=NOTE_LIMIT_BYTES)
    text = verify_note(note, keys=evidence.keys).text
    print(f"  {PROMISE}: signed by the log:")
    for line in text.rstrip("\n").split("\n"):
        print(f"    {printable(line)}")
    checkpoint = _checkpoint(evidence, NEWER)
    size = checkpoint.size
    if evidence.copy is None:
        return (
            f"OBSERVED: the log promised this entry. That the log of {size} entries does not hold "
            "it, any copy of the log shows: give one with --copy."
        )
    promise = decode_promise(text)
    check_none(
        evidence.copy, checkpoint=checkpoint, indexes=range(size), is_wanted=promise.is_kept_by
    )
    return (
        f"PROVEN: the log promised this entry, and the log of {size} entries does not hold it. "
        "When it had to, the promise says, or the observer's word."
    )


def _check_observed(evidence: _Evidence) -> str:
    for name in (OLDER, NEWER):
        if (evidence.folder / name).exists():
            try:
                _checkpoint(evidence, name)
            except Finding as finding:
                print(f"  {printable(str(finding))}")
    return "OBSERVED: what was served, and when, is the word of whoever kept this folder."


_CHECKS: dict[Kind, Callable[[_Evidence], str]] = {
    Kind.FORK: _check_fork,
    Kind.MALFORMED: _check_malformed,
    Kind.ENTRY: _check_entry,
    Kind.PROMISE: _check_promise,
}
