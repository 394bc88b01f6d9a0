"""`evote mirror check` and `evote mirror restore`: verify a whole copy, and hand it on."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.findings import Finding
from evote.cli.log_history import (
    Shown,
    accepted_before,
    check_continues,
    open_tree,
    read_shown,
    served,
)
from evote.cli.log_keys import KeyChain
from evote.cli.log_trust import add_trust_arguments, origin_of, read_trust
from evote.cli.mirror.copy import Copy
from evote.cli.progress import ProgressBar
from evote.cli.text import printable
from evote.errors import EvoteError
from evote.tlog.policy import Policy
from evote.tlog.signed_tree import SignedTree
from evote.tlog.tiles import TILE_WIDTH, bundle_addresses, tile_addresses
from evote.tlog.witness import origin_hash

_CHECK = """\
Verify a whole copy of a log, without network: that every entry is the one of
its hash, that the hashes lead to the root that the log signed, and that every
checkpoint that was ever kept is one of this log.
"""
_CHECK_EPILOG = """\
example:
  evote mirror check /srv/mirror --key log.vkey

exit status:
  0  the copy is whole
  1  it is not; the message says where
  2  unreadable or wrong usage
"""
_RESTORE = """\
Feed a copy back: verify it whole as `check` does, then write it to a new
folder in the form in which logs are published. The operator of the log gives
that folder, on a disk or served from somewhere, to
  python manage.py recover_log FOLDER
which takes the entries that the database has lost, each at its own place.
"""
_RESTORE_EPILOG = """\
example:
  evote mirror restore /srv/mirror /media/disk/log --key log.vkey
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A copy that was verified whole."""

    copy: Copy
    shown: Shown
    kept: tuple[int, ...]


def add_check_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `check`."""
    parser = commands.add_parser(
        "check",
        help="verify a whole copy, offline",
        description=_CHECK,
        epilog=_CHECK_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="DIR", help="the mirror's folder")
    add_trust_arguments(parser)
    parser.set_defaults(handler=_check)


def add_restore_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `restore`."""
    parser = commands.add_parser(
        "restore",
        help="write a verified copy for the log that lost its own",
        description=_RESTORE,
        epilog=_RESTORE_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="DIR", help="the mirror's folder")
    parser.add_argument("target", metavar="NEW", help="the folder to write, which must be new")
    add_trust_arguments(parser)
    parser.set_defaults(handler=_restore)


def _check(arguments: argparse.Namespace) -> int:
    try:
        whole = _verify(arguments)
    except Finding as finding:
        print(f"{arguments.folder}: NOT WHOLE. {printable(str(finding))}")
        return 1
    print(f"{whole.copy.name}: {_summary(whole)}")
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    target = Path(arguments.target)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        msg = f"{target} exists already; evote does not overwrite it"
        raise CommandFailed(msg)
    try:
        whole = _verify(arguments)
    except Finding as finding:
        print(f"{arguments.folder}: NOT WHOLE, nothing written. {printable(str(finding))}")
        return 1
    _write(whole, target=Copy(target))
    print(f"{target}: {_summary(whole)}")
    print(f"The log takes it back with: python manage.py recover_log {target}")
    return 0


def _summary(whole: Whole) -> str:
    checkpoint = whole.shown.checkpoint
    return (
        f"the log {checkpoint.origin}, {checkpoint.size} entries, whole; "
        f"kept checkpoints: {len(whole.kept)}; root {checkpoint.root.hex()}"
    )


# --- Verifying ----------------------------------------------------------------------------------


def _verify(arguments: argparse.Namespace) -> Whole:
    policy = read_trust(key=arguments.key, policy=arguments.policy)
    copy = find_copy(Path(arguments.folder), origin=origin_of(policy))
    return verify_copy(copy, policy=policy)


def find_copy(folder: Path, *, origin: str) -> Copy:
    """Find the copy of a log in a mirror's folder, or take the folder that is one.

    Raises:
        CommandFailed: there is none.
    """
    for place in (folder / origin_hash(origin), folder):
        if (place / "checkpoint").is_file():
            return Copy(place)
    msg = f"{folder} holds no copy of the log {origin}"
    raise CommandFailed(msg)


def verify_copy(copy: Copy, *, policy: Policy) -> Whole:
    """Verify every entry, tile and checkpoint of a copy.

    Raises:
        Finding: something is missing, or not as it was signed.
    """
    note = copy.checkpoint()
    claimed = _claimed(note, name=copy.name, policy=policy)
    tree = open_tree(copy, claimed)
    chain = _walk(claimed, tree=tree, copy=copy, policy=policy)
    # Only now every key is known that the log ever had.
    shown = read_shown(note, policy=chain.policy_of_all, where=copy.name)
    kept = tuple(copy.kept_sizes())
    for size in kept:
        data = copy.kept_checkpoint(size)
        assert data is not None, "it was listed"
        older = read_shown(data, policy=chain.policy_of_all, where=f"{copy.name}/{size}")
        _check_kept(older, size=size, tree=tree, shown=shown)
    return Whole(copy=copy, shown=shown, kept=kept)


def _claimed(note: bytes, *, name: str, policy: Policy) -> Shown:
    try:
        return accepted_before(note, where=name)
    except EvoteError:  # it is none: say so as everywhere
        return read_shown(note, policy=policy, where=name)


def _walk(shown: Shown, *, tree: SignedTree, copy: Copy, policy: Policy) -> KeyChain:
    chain = KeyChain(policy)
    bar = ProgressBar({1: "entries"})
    bundles = (tree.size + TILE_WIDTH - 1) // TILE_WIDTH
    for index in range(bundles):
        with served(shown.note, where=copy.name):
            entries = tree.entries(index, read_bundle=copy.bundle)
        chain.follow_among(entries)
        bar(1, index + 1, bundles)
    return chain


def _check_kept(older: Shown, *, size: int, tree: SignedTree, shown: Shown) -> None:
    if older.checkpoint.size != size:
        msg = f"{older.where} is of {older.checkpoint.size} entries"
        raise CommandFailed(msg)
    if size <= tree.size:  # a larger one was still being copied
        check_continues(shown, tree=tree, older=older)


# --- Handing on ---------------------------------------------------------------------------------


def _write(whole: Whole, *, target: Copy) -> None:
    """Write what a log publishes, the checkpoint last."""
    size = whole.shown.checkpoint.size
    source = whole.copy
    with target.held():
        for bundle in bundle_addresses(old_size=0, new_size=size):
            target.write(bundle.path, _held(source.bundle(bundle)))
        for tile in tile_addresses(old_size=0, new_size=size):
            target.write(tile.path, _held(source.tile(tile)))
        for kept in whole.kept:
            if kept <= size:
                target.write(f"checkpoints/{kept}", _held(source.kept_checkpoint(kept)))
        target.write("checkpoint", whole.shown.note)


def _held(content: bytes | None) -> bytes:
    assert content is not None, "it was verified a moment ago"
    return content
