"""Follows a log from key to key: it says so in its entries, which both keys sign.

A log that follows on one that was closed holds the closed one's entries too, changes of keys
included, and then an entry that leads to its own first key.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from evote.cli.findings import Finding, Kind
from evote.cli.log_history import Shown, fetch_shown
from evote.cli.log_source import LogSource, LogUnreachable
from evote.cli.log_trust import with_keys
from evote.errors import EvoteError, InvalidProof
from evote.tlog import rotation, succession
from evote.tlog.checkpoint import decode_checkpoint
from evote.tlog.entries import read_members
from evote.tlog.note import VerifierKey, decode_note
from evote.tlog.policy import Policy
from evote.tlog.tiles import TILE_WIDTH, BundleAddress, decode_bundle

# How far a change of keys is looked for before anything vouches for what is read.
_UNPROVEN_LIMIT_BUNDLES = 4096


class KeyChain:
    """The keys that were given, and those of which the log's entries tell, oldest first."""

    def __init__(self, policy: Policy, *, told: Sequence[VerifierKey] = ()) -> None:
        self.policy = policy
        self.trusted = [log.key for log in policy.logs]
        self.told = list(told)

    @property
    def is_reached(self) -> bool:
        """Say whether the keys that the log told of include one that was given."""
        return any(key in self.told for key in self.trusted)

    @property
    def in_force(self) -> list[VerifierKey]:
        """The keys that may sign now: those given, or what the log changed them to."""
        return [self.told[-1]] if self.is_reached else self.trusted

    @property
    def known(self) -> list[VerifierKey]:
        """Every key that was ever the log's: older checkpoints still bear theirs."""
        return [key for key in self.promising if key.name == self.trusted[0].name]

    @property
    def promising(self) -> list[VerifierKey]:
        """Those keys, and those of closed logs on which this one follows: it keeps their word."""
        return self.trusted + [key for key in self.told if key not in self.trusted]

    @property
    def policy_of_all(self) -> Policy:
        """The policy, for checkpoints of any time."""
        return with_keys(self.policy, self.known)

    def follow(self, entry: Mapping[str, object]) -> list[VerifierKey]:
        """Take a proven entry that changes the key; return the keys that are new by it.

        Raises:
            DecodeError, InvalidProof: it may not change the key so.
        """
        old, later = self._read_change(entry)
        if self.told and self.told[-1] != old:
            msg = (
                f"the log changed the key {old.key_id.hex()}, and its key was "
                f"{self.told[-1].key_id.hex()}"
            )
            raise InvalidProof(msg)
        new = [later] if self.told else [old, later]
        self.told += new
        return new

    def _read_change(self, entry: Mapping[str, object]) -> tuple[VerifierKey, VerifierKey]:
        if entry.get("kind") != succession.KIND:
            change = rotation.decode_rotation(entry)
            return change.old, change.new
        closing = succession.decode_succession(entry).closing
        if closing.old.name == self.trusted[0].name:
            msg = f"the log says of itself that it was closed, and goes on: {closing.old.name}"
            raise InvalidProof(msg)
        return closing.old, closing.new

    def follow_among(self, entries: Iterable[bytes]) -> list[VerifierKey]:
        """Take those of some proven entries that change the key as it may be changed.

        What else they say is for monitors to judge. Returns the keys that are new by them.
        """
        new: list[VerifierKey] = []
        for data in entries:
            if may_change_keys(data):
                with contextlib.suppress(EvoteError):
                    new += self.follow(read_members(data))
        return new

    def fetch(self, log: LogSource, *, last: Shown | None, start: int) -> Shown:
        """Read the newest checkpoint under the key that is in force when it is read.

        A log that has changed its key meanwhile says so in an entry from index `start` on.

        Raises:
            LogUnreachable: it cannot be read now.
            Finding: what is served is not a checkpoint that the log signed.
        """
        try:
            return fetch_shown(log, policy=with_keys(self.policy, self.in_force))
        except Finding as finding:
            if finding.kind is not Kind.UNSIGNED:
                raise
            if last is not None:  # The one that was signed last by the old key, refreshed.
                shown = _signed_or_none(log, policy=self.policy_of_all)
                if shown is not None and shown.checkpoint == last.checkpoint:
                    return shown
            later = find_later_keys(log, key=self.in_force[-1], start=start)
            if not later:
                raise
            return fetch_shown(log, policy=with_keys(self.policy, [later[-1]]))


def _signed_or_none(log: LogSource, *, policy: Policy) -> Shown | None:
    try:
        return fetch_shown(log, policy=policy)
    except Finding:
        return None


def find_later_keys(log: LogSource, *, key: VerifierKey, start: int) -> list[VerifierKey]:
    """Look for changes of the key in entries that nobody vouches for yet.

    They need nobody to: the key that is known signed each change. Empty where there is none.

    Raises:
        LogUnreachable: the log cannot be read now.
    """
    found: list[VerifierKey] = []
    for data in _unproven_entries(log, start=start):
        try:
            change = rotation.decode_rotation(read_members(data))
        except EvoteError:
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
                entry for entry in decode_bundle(data, width=width) if may_change_keys(entry)
            )
    except LogUnreachable:
        raise
    except EvoteError:
        return


def may_change_keys(entry: bytes) -> bool:
    """Say quickly of most entries that they do not change the log's key."""
    return b'"key-rotation"' in entry or b'"log-succession"' in entry
