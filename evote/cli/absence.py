"""Sees that something is not in a log, which only all of its entries can show."""

from collections.abc import Callable

from evote.cli.log_history import accepted_before, open_tree, served
from evote.cli.log_source import LogSource
from evote.errors import InvalidProof
from evote.tlog.checkpoint import Checkpoint
from evote.tlog.tiles import TILE_WIDTH


def check_none(
    copy: LogSource,
    *,
    checkpoint: Checkpoint,
    indexes: range,
    is_wanted: Callable[[bytes], bool],
) -> None:
    """Read the entries at these indexes from a copy, and see that none of them is wanted.

    `checkpoint` has been verified. The copy's own is not: it need only be of a log that begins
    with that one, so a mirror that has gone on since then will do.

    Raises:
        InvalidProof: the copy is of another log or too short, or a wanted entry is there.
        Finding: the copy is not whole.
    """
    note = copy.checkpoint()
    claimed = accepted_before(note, where=copy.name)
    if claimed.checkpoint.size < checkpoint.size:
        msg = f"{copy.name} has {claimed.checkpoint.size} entries; {checkpoint.size} are needed"
        raise InvalidProof(msg)
    tree = open_tree(copy, claimed)
    with served(note, where=copy.name):
        if tree.root_at(checkpoint.size) != checkpoint.root:
            msg = f"{copy.name} is a copy of another log"
            raise InvalidProof(msg)
        for bundle in range(indexes.start // TILE_WIDTH, -(-indexes.stop // TILE_WIDTH)):
            entries = tree.entries(bundle, read_bundle=copy.bundle)
            for index, entry in enumerate(entries, bundle * TILE_WIDTH):
                if index in indexes and is_wanted(entry):
                    msg = f"the log holds it: entry {index}"
                    raise InvalidProof(msg)
