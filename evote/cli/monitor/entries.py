"""Reads the new entries of a log, each once, and checks whether they may stand there."""

import json
from collections.abc import Iterator, Mapping

from evote.cli.findings import NEWER, Finding, Kind
from evote.cli.log_history import Shown, served
from evote.cli.log_source import LogSource, LogUnreachable
from evote.cli.monitor.state import MonitorState
from evote.errors import EvoteError, NotSupported
from evote.tlog import rotation
from evote.tlog.checkpoint import decode_checkpoint
from evote.tlog.entries import Entry, RuleBroken, check_entry, follow_election
from evote.tlog.note import VerifierKey, decode_note
from evote.tlog.receipt import Receipt
from evote.tlog.schema import Check
from evote.tlog.signed_tree import SignedTree
from evote.tlog.tiles import TILE_WIDTH, BundleAddress, decode_bundle

# One transaction of the state for so many bundles: a kill costs this much work again.
_BUNDLES_PER_CHANGE = 16
# How far a change of keys is looked for before anything vouches for what is read.
_UNPROVEN_LIMIT_BUNDLES = 4096


def check_entries(
    shown: Shown,
    *,
    tree: SignedTree,
    log: LogSource,
    schemas: Mapping[str, Check],
    state: MonitorState,
) -> None:
    """Check every entry that was not checked yet, and remember what the next are compared with.

    Raises:
        Finding: an entry is not served, not the signed one, or may not stand there.
        LogUnreachable: the log cannot be read now; what was checked so far stays checked.
    """
    while state.checked < tree.size:
        first = state.checked // TILE_WIDTH
        last = min(first + _BUNDLES_PER_CHANGE, (tree.size + TILE_WIDTH - 1) // TILE_WIDTH)
        with state.changes():
            for index, data in read_entries(
                shown, tree=tree, log=log, start=state.checked, bundles=range(first, last)
            ):
                _check(data, index=index, shown=shown, tree=tree, log=log, context=(schemas, state))
            state.checked = min(last * TILE_WIDTH, tree.size)


def read_entries(
    shown: Shown, *, tree: SignedTree, log: LogSource, start: int, bundles: range
) -> Iterator[tuple[int, bytes]]:
    """Give the entries of these bundles from index `start` on, each proven to be the signed one."""
    for bundle in bundles:
        with served(shown.note, where=log.name):
            entries = tree.entries(bundle, read_bundle=log.bundle)
        for number, data in enumerate(entries):
            index = bundle * TILE_WIDTH + number
            if index >= start:
                yield index, data


def _check(
    data: bytes,
    *,
    index: int,
    shown: Shown,
    tree: SignedTree,
    log: LogSource,
    context: tuple[Mapping[str, Check], MonitorState],
) -> None:
    schemas, state = context
    earlier: int | None = None
    try:
        entry = check_entry(data, schemas=schemas)
        _follow(entry, index=index, state=state)
    except RuleBroken as error:
        reason, earlier = str(error), error.earlier
    except NotSupported as error:
        reason = f"{error}; update evote, or read the kind's schema and give it with --schemas"
    except EvoteError as error:
        reason = str(error)
    else:
        return
    files = {NEWER: shown.note}
    files |= _receipt("entry", index, data, shown=shown, tree=tree)
    if earlier is not None:
        bundle = earlier // TILE_WIDTH
        with served(shown.note, where=log.name):
            before = tree.entries(bundle, read_bundle=log.bundle)[earlier % TILE_WIDTH]
        files |= _receipt("earlier", earlier, before, shown=shown, tree=tree)
    msg = f"{log.name}: entry {index}: {reason}"
    raise Finding(Kind.ENTRY, msg, files=files)


def _receipt(
    name: str, index: int, data: bytes, *, shown: Shown, tree: SignedTree
) -> dict[str, bytes]:
    with served(shown.note, where=shown.where):
        proof = tuple(tree.inclusion_proof(index))
    receipt = Receipt(index=index, proof=proof, checkpoint=shown.note, extra=data)
    return {f"{name}-{index}.tlog-proof": receipt.encode()}


def _follow(entry: Entry, *, index: int, state: MonitorState) -> None:
    """Compare an entry with those before it that are about the same thing."""
    if entry["kind"] in {"election-event", "election-outcome"}:
        uuid = str(entry["election"])
        progress = follow_election(state.election(uuid), entry=entry, index=index)
        state.set_election(uuid, progress)
    elif entry["kind"] == rotation.KIND:
        change = rotation.decode_rotation(entry)
        known = state.keys
        rotation.later_keys(known[-1] if known else change.old, rotations=[change])
        for key in (change.new,) if known else (change.old, change.new):
            state.add_key(key)


# --- Keys that come later ---------------------------------------------------------------------


def find_later_keys(log: LogSource, *, key: VerifierKey, start: int) -> list[VerifierKey]:
    """Look for changes of the key in entries that nobody vouches for yet.

    They need nobody to: the key that is known signed each change. Empty where there is none.

    Raises:
        LogUnreachable: the log cannot be read now.
    """
    found: list[VerifierKey] = []
    for data in _unproven_entries(log, start=start):
        try:
            change = rotation.decode_rotation(json.loads(data))
        except (EvoteError, ValueError, AttributeError):
            continue
        if change.old == (found[-1] if found else key):
            found.append(change.new)
    return found


def _unproven_entries(log: LogSource, *, start: int) -> Iterator[bytes]:
    try:
        size = decode_checkpoint(decode_note(log.checkpoint())).size
        first, end = start // TILE_WIDTH, (size + TILE_WIDTH - 1) // TILE_WIDTH
        for index in range(first, min(end, first + _UNPROVEN_LIMIT_BUNDLES)):
            width = min(TILE_WIDTH, size - index * TILE_WIDTH)
            data = log.bundle(BundleAddress(index=index, width=width))
            if data is None:
                return
            yield from (
                entry for entry in decode_bundle(data, width=width) if b'"key-rotation"' in entry
            )
    except LogUnreachable:
        raise
    except EvoteError:
        return
