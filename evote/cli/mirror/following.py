"""Copies what a log has added since the last time, and says by its signature what it holds."""

from collections.abc import Callable, Sequence

from evote.cli.findings import OLDER, Finding
from evote.cli.log_history import (
    Shown,
    accepted_before,
    check_continues,
    check_quorum,
    check_same_root,
    open_tree,
    served,
    shrunk,
)
from evote.cli.log_keys import KeyChain
from evote.cli.log_source import LogSource
from evote.cli.mirror.copy import Copy
from evote.tlog.cosignature import CosigningKey
from evote.tlog.note import Note, decode_note
from evote.tlog.policy import Policy
from evote.tlog.signed_tree import SignedTree, WrongFile, check_bundle
from evote.tlog.tiles import (
    TILE_WIDTH,
    BundleAddress,
    bundle_addresses,
    encode_bundle,
    encode_tile,
    tile_addresses,
)

# An unchanged checkpoint is cosigned anew after this time: cosignatures grow old.
_COSIGN_AGAIN_SECONDS = 600


class Follower:
    """Keeps one copy of one log."""

    def __init__(
        self,
        *,
        log: LogSource,
        copy: Copy,
        policy: Policy,
        cosigners: Sequence[CosigningKey],
        say: Callable[[str], None],
    ) -> None:
        self.log = log
        self.copy = copy
        self.policy = policy
        self.cosigners = cosigners
        self.say = say
        self.chain = KeyChain(policy, told=copy.told_keys())
        self._cosigned_at = 0

    def follow(self, *, now: int) -> None:
        """Copy what is new; `now` is in seconds since 1970.

        Nothing of what is here changes before the new log has been proven to continue it, and
        the mirror signs nothing before all of it is on the disk.

        Raises:
            LogUnreachable: the log cannot be read now.
            CommandFailed: the copy cannot be written now.
            Finding: something is wrong with the log: it is not followed.
        """
        last = self._last_seen()
        complete = self._complete()
        size = complete.checkpoint.size if complete is not None else 0
        shown = self.chain.fetch(self.log, last=last, start=size)
        check_quorum(shown, policy=self.policy, now=now, age_limit_seconds=0)
        if last is not None and shown.checkpoint.size < last.checkpoint.size:
            self._explain_shorter(shown, complete=complete)
            raise shrunk(shown, known=last)
        if complete is not None and shown.checkpoint == complete.checkpoint:
            self._cosign_again(shown, now=now)
            return
        tree = self._prove(shown, last=last)
        self.copy.keep_seen(shown.note, size=tree.size)
        self._copy_entries(shown, tree=tree, old_size=size)
        self._copy_tiles(shown, tree=tree, old_size=size)
        # What is signed is what can be read back.
        SignedTree(size=tree.size, root=tree.root, read_tile=self.copy.tile)
        self._publish(shown, now=now)
        self._remove_superseded(old_size=size, new_size=tree.size)
        self.say(f"{tree.size} entries, all copied; root {tree.root.hex()}")

    def _explain_shorter(self, shown: Shown, *, complete: Shown | None) -> None:
        """See by the copy whether the shorter log is at least what the longer one began with."""
        if complete is not None and shown.checkpoint.size <= complete.checkpoint.size:
            check_continues(complete, tree=open_tree(self.copy, complete), older=shown)

    def _last_seen(self) -> Shown | None:
        note = self.copy.last_seen_note()
        return None if note is None else accepted_before(note, where=f"{self.log.name} before")

    def _complete(self) -> Shown | None:
        note = self.copy.complete_note()
        return None if note is None else accepted_before(note, where=self.copy.name)

    def _prove(self, shown: Shown, *, last: Shown | None) -> SignedTree:
        """Prove that the log only grew since it was seen last, however far it was copied."""
        if last is not None:
            check_same_root(shown, older=last)
        try:
            tree = open_tree(self.log, shown)
            if last is not None:
                check_continues(shown, tree=tree, older=last)
        except Finding as finding:
            if last is not None:
                finding.files.setdefault(OLDER, last.note)
            raise
        return tree

    # --- Files --------------------------------------------------------------------------------

    def _copy_entries(self, shown: Shown, *, tree: SignedTree, old_size: int) -> None:
        """Copy bundles, each with its tile of level 0, unless they are here from a former try."""
        for address in bundle_addresses(old_size=old_size, new_size=tree.size):
            with served(shown.note, where=self.log.name):
                leaves = tree.tile(0, address.index)
                entries = self._held_entries(address, leaves=leaves)
                if entries is None:
                    entries = tree.entries(address.index, read_bundle=self.log.bundle)
                    self.copy.write(address.path, encode_bundle(entries))
            self._follow_keys(entries)

    def _held_entries(self, address: BundleAddress, *, leaves: list[bytes]) -> list[bytes] | None:
        data = self.copy.bundle(address)
        if data is None:
            return None
        try:
            return check_bundle(data, leaves=leaves, address=address)
        except WrongFile:  # ours is damaged: take the log's anew
            return None

    def _copy_tiles(self, shown: Shown, *, tree: SignedTree, old_size: int) -> None:
        for address in tile_addresses(old_size=old_size, new_size=tree.size):
            with served(shown.note, where=self.log.name):
                content = encode_tile(tree.tile(address.level, address.index))
            if self.copy.tile(address) != content:
                self.copy.write(address.path, content)

    def _remove_superseded(self, *, old_size: int, new_size: int) -> None:
        for bundle in bundle_addresses(old_size=old_size, new_size=new_size):
            if bundle.width == TILE_WIDTH:
                self.copy.remove_partial(bundle.path)
        for tile in tile_addresses(old_size=old_size, new_size=new_size):
            if tile.width == TILE_WIDTH:
                self.copy.remove_partial(tile.path)

    def _follow_keys(self, entries: Sequence[bytes]) -> None:
        if self.chain.follow_among(entries):
            self.copy.write_told_keys(self.chain.told)
            self.say(f"the log changed its key, now {self.chain.told[-1].encode()}")

    # --- The mirror's own word ------------------------------------------------------------------

    def _cosign_again(self, shown: Shown, *, now: int) -> None:
        if now - self._cosigned_at >= _COSIGN_AGAIN_SECONDS:
            self._publish(shown, now=now)

    def _publish(self, shown: Shown, *, now: int) -> None:
        """Say that all of this is here, by a cosignature of the mirror's own keys."""
        note = decode_note(shown.note)
        own = {(key.name, key.verifier.key_id) for key in self.cosigners}
        others = tuple(line for line in note.signatures if (line.name, line.key_id) not in own)
        lines = tuple(key.cosign(shown.checkpoint, at=now) for key in self.cosigners)
        content = Note(text=note.text, signatures=others + lines).encode()
        self.copy.write(f"checkpoints/{shown.checkpoint.size}", content)
        self.copy.write("checkpoint", content)
        self._cosigned_at = now
