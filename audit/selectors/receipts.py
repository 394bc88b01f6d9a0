"""What proves that an entry is in the log."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from audit.models import Checkpoint, LogEntry, PendingEntry
from audit.selectors.checkpoints import latest_checkpoint, signed_checkpoint
from audit.selectors.cosignatures import cosigned_note, is_cosigned
from audit.selectors.entries import entry_at, entry_by_identity
from audit.selectors.tree import latest_head, stored_tree
from audit.selectors.witnesses import WitnessOfCheckpoint, witnesses_of
from evote.tlog.merkle import inclusion_sides, node_hash
from evote.tlog.receipt import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """One step of a proof: a neighbouring hash, the side it comes from, and what the two give."""

    neighbour: bytes
    is_left: bool
    result: bytes


@dataclass(frozen=True, kw_only=True)
class EntryProof:
    """An entry with the checkpoint that covers it, and the hashes between the two.

    `note` is the checkpoint with the lines of those witnesses who cosigned it by now. Until
    `is_cosigned`, these are too few for the policy: the receipt is provisional.
    """

    entry: LogEntry
    checkpoint: Checkpoint
    hashes: list[bytes]
    note: bytes
    is_cosigned: bool

    @property
    def size(self) -> int:
        """How many entries the checkpoint covers."""
        return self.checkpoint.head_id

    @property
    def root(self) -> bytes:
        """The root that the checkpoint signs."""
        return bytes(self.checkpoint.head.root)

    @property
    def signed_date(self) -> date:
        """The day on which the log signed it."""
        return self.checkpoint.signed_date

    @property
    def entry_hash(self) -> str:
        """The entry's own hash, in hexadecimal."""
        return bytes(self.entry.leaf_hash).hex()

    @property
    def signers(self) -> list[WitnessOfCheckpoint]:
        """The witnesses of the policy, and what each said of this checkpoint."""
        return witnesses_of(self.checkpoint)

    @cached_property
    def joins(self) -> list[Join]:
        """The steps from the entry's hash to the root."""
        sides = inclusion_sides(index=self.entry.index, size=self.size)
        joins: list[Join] = []
        result = bytes(self.entry.leaf_hash)
        for neighbour, is_left in zip(self.hashes, sides, strict=True):
            left, right = (neighbour, result) if is_left else (result, neighbour)
            result = node_hash(left, right)
            joins.append(Join(neighbour=neighbour, is_left=is_left, result=result))
        return joins

    def encode(self) -> bytes:
        """Write the receipt. It carries the entry, so that it needs no other file."""
        return Receipt(
            index=self.entry.index,
            proof=tuple(self.hashes),
            checkpoint=self.note,
            extra=bytes(self.entry.body),
        ).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """How long the log is, how much of it is signed and public, and how much waits for a place."""

    size: int
    signed_size: int
    published_size: int
    waiting: int


def log_state() -> LogState:
    """Return the figures of the log."""
    head = latest_head()
    signed, published = signed_checkpoint(), latest_checkpoint()
    return LogState(
        size=head.size if head else 0,
        signed_size=signed.head_id if signed else 0,
        published_size=published.head_id if published else 0,
        waiting=PendingEntry.objects.count(),
    )


def proof_of(entry: LogEntry, *, checkpoint: Checkpoint | None = None) -> EntryProof | None:
    """Return the proof under the newest public checkpoint that covers the entry.

    If there is none, under the newest signed one: then the proof is provisional. None: no
    checkpoint covers the entry yet. Another public checkpoint may be asked for: the one that
    has a timestamp.
    """
    checkpoint = checkpoint or latest_checkpoint()
    if checkpoint is None or checkpoint.head_id <= entry.index:
        checkpoint = signed_checkpoint()
    if checkpoint is None or checkpoint.head_id <= entry.index:
        return None
    return EntryProof(
        entry=entry,
        checkpoint=checkpoint,
        hashes=stored_tree(checkpoint.head_id).inclusion_proof(entry.index),
        note=cosigned_note(checkpoint),
        is_cosigned=is_cosigned(checkpoint),
    )


def receipt_of(*, identity: bytes | None = None, index: int | None = None) -> bytes | None:
    """Return the receipt of the entry with this identity or index.

    None while there is none: the entry waits for its place or for the next checkpoint, a
    matter of seconds, or it never was appended. While witnesses are missing it is provisional.
    """
    entry = None
    if identity is not None:
        entry = entry_by_identity(identity)
    elif index is not None:
        entry = entry_at(index)
    proof = proof_of(entry) if entry is not None else None
    return proof.encode() if proof is not None else None
