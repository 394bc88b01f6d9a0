"""Reads the new entries of a log, each once, and checks whether they may stand there."""

from collections.abc import Iterator, Mapping

from evote.cli.findings import NEWER, Finding, Kind
from evote.cli.log_history import Shown, served
from evote.cli.log_keys import KeyChain
from evote.cli.log_source import LogSource, LogUnreachable
from evote.cli.monitor.state import MonitorState
from evote.errors import EvoteError, NotSupported
from evote.tlog import rotation, succession
from evote.tlog.entries import Entry, RuleBroken, check_entry, follow_election
from evote.tlog.receipt import Receipt
from evote.tlog.schema import Check
from evote.tlog.signed_tree import SignedTree
from evote.tlog.tiles import TILE_WIDTH

# One transaction of the state for so many bundles: a kill costs this much work again.
_BUNDLES_PER_CHANGE = 16


def check_entries(
    shown: Shown,
    *,
    tree: SignedTree,
    log: LogSource,
    schemas: Mapping[str, Check],
    state: MonitorState,
    chain: KeyChain,
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
                _check(
                    data,
                    index=index,
                    shown=shown,
                    tree=tree,
                    log=log,
                    context=(schemas, state, chain),
                )
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
    context: tuple[Mapping[str, Check], MonitorState, KeyChain],
) -> None:
    schemas, state, chain = context
    earlier: int | None = None
    try:
        entry = check_entry(data, schemas=schemas)
        _follow(entry, index=index, state=state, chain=chain)
        if entry["kind"] == succession.KIND:
            _check_kept(entry, index=index, shown=shown, tree=tree)
    except (Finding, LogUnreachable):
        raise
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


def _check_kept(entry: Entry, *, index: int, shown: Shown, tree: SignedTree) -> None:
    """Check that a log that follows on a closed one keeps the entries of which it speaks."""
    closing = succession.decode_succession(entry).closing
    with served(shown.note, where=shown.where):
        root = tree.root_at(index)
    succession.check_place(closing, index=index, root=root)


def _receipt(
    name: str, index: int, data: bytes, *, shown: Shown, tree: SignedTree
) -> dict[str, bytes]:
    with served(shown.note, where=shown.where):
        proof = tuple(tree.inclusion_proof(index))
    receipt = Receipt(index=index, proof=proof, checkpoint=shown.note, extra=data)
    return {f"{name}-{index}.tlog-proof": receipt.encode()}


def _follow(entry: Entry, *, index: int, state: MonitorState, chain: KeyChain) -> None:
    """Compare an entry with those before it that are about the same thing."""
    if entry["kind"] in {"election-event", "election-outcome"}:
        uuid = str(entry["election"])
        progress = follow_election(state.election(uuid), entry=entry, index=index)
        state.set_election(uuid, progress)
    elif entry["kind"] in {rotation.KIND, succession.KIND}:
        for key in chain.follow(entry):
            state.add_key(key)
