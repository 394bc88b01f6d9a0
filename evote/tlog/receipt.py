"""Receipts: the offline proof that an entry is in a log (c2sp.org/tlog-proof), `.tlog-proof`.

    c2sp.org/tlog-proof@v1
    extra <base64>                  (optional, vouched for by nobody)
    index <decimal>
    <base64 of a hash>              (none or more, the leaf's sibling first)
    <empty line>
    <the checkpoint, as signed>

Pnyx puts the entry itself in `extra`: a receipt is then one file that needs no other. The entry
is believed only because its hash leads to the signed root.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from evote.encoding import canonical_json, decode_json
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.tlog.checkpoint import (
    Checkpoint,
    check_origin,
    decode_decimal,
    decode_hash,
    verify_checkpoint,
)
from evote.tlog.merkle import leaf_hash, verify_inclusion
from evote.tlog.note import VerifierKey, decode_base64, decode_note

RECEIPT_LIMIT_BYTES = 1_200_000
PROOF_LIMIT_HASHES = 63
ENTRY_LIMIT_BYTES = 0xFFFF
_VERSION_LINE = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a receipt says. Only `verify_receipt` vouches for it."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """Write the file."""
        lines = [_VERSION_LINE]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines.extend(base64.b64encode(hash_).decode() for hash_ in self.proof)
        return "\n".join([*lines, "", ""]).encode() + self.checkpoint


def decode_receipt(data: bytes) -> Receipt:
    """Take a receipt apart. Its checkpoint is only seen to be a note.

    Raises:
        DecodeError: it is not a receipt, or not in its one spelling.
    """
    if len(data) > RECEIPT_LIMIT_BYTES:
        msg = f"the receipt has {len(data)} bytes; at most {RECEIPT_LIMIT_BYTES} are allowed"
        raise DecodeError(msg, code="too_large")
    head, separator, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        msg = "the receipt does not begin with lines of ASCII"
        raise DecodeError(msg) from error
    if lines.pop(0) != _VERSION_LINE:
        msg = f"the file is not a receipt: its first line is not {_VERSION_LINE}"
        raise DecodeError(msg)
    if not separator:
        msg = "the receipt ends before its checkpoint"
        raise DecodeError(msg)
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "), source="the line 'extra'")
    if not lines or not lines[0].startswith("index "):
        msg = "the receipt has no line 'index' where it should be"
        raise DecodeError(msg)
    index = decode_decimal(lines.pop(0).removeprefix("index "), source="the line 'index'")
    if len(lines) > PROOF_LIMIT_HASHES:
        msg = f"the receipt has {len(lines)} hashes; at most {PROOF_LIMIT_HASHES} make sense"
        raise DecodeError(msg)
    proof = tuple(
        decode_hash(line, source=f"hash {number} of the proof")
        for number, line in enumerate(lines, 1)
    )
    decode_note(checkpoint)
    return Receipt(index=index, proof=proof, checkpoint=checkpoint, extra=extra)


def verify_receipt(receipt: Receipt, *, entry: bytes, key: VerifierKey) -> Checkpoint:
    """Check that the log to which the key belongs holds this entry at the receipt's index.

    `key` comes from somewhere else than the receipt. Returns the checkpoint that proves it.

    Raises:
        DecodeError: the receipt's checkpoint is none.
        InvalidProof: another log's, not signed, or the entry is not under it.
    """
    checkpoint = verify_checkpoint(receipt.checkpoint, key=key)
    _verify_entry(receipt, entry=entry, checkpoint=checkpoint)
    return checkpoint


def _verify_entry(receipt: Receipt, *, entry: bytes, checkpoint: Checkpoint) -> None:
    verify_inclusion(
        leaf=leaf_hash(entry),
        index=receipt.index,
        size=checkpoint.size,
        proof=receipt.proof,
        root=checkpoint.root,
    )


def verify_entry_is_of_ballot(entry: bytes, *, tracker: bytes) -> None:
    """Check that an entry records the ballot with this tracker (32 bytes).

    Raises:
        DecodeError: the entry is not one of our logs.
        InvalidProof: it records something else, or another ballot.
    """
    value = decode_json(entry, source="the entry", limit_bytes=ENTRY_LIMIT_BYTES)
    if not isinstance(value, dict) or canonical_json(value) != entry:
        msg = "the entry is not an object in canonical JSON"
        raise DecodeError(msg)
    if value.get("kind") != "election-event" or value.get("type") != "Ballot":
        msg = "the entry records no ballot"
        raise InvalidProof(msg)
    if value.get("payload") != tracker.hex():
        msg = "the entry records another ballot"
        raise InvalidProof(msg)


# --- The same for people: numbered checks ----------------------------------------------------


class Step(Enum):
    """What is checked, in this order. A step runs only when all before it held."""

    READABLE = "The file is a receipt"
    ORIGIN = "The receipt belongs to this log"
    SIGNATURE = "The log signed the checkpoint"
    INCLUSION = "The entry is under that checkpoint"
    BALLOT = "The entry is of this ballot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One step. `held` is None when an earlier step failed, so that this one was not run."""

    step: Step
    held: bool | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptReport:
    """All steps, and what was read on the way."""

    checks: tuple[Check, ...]
    receipt: Receipt | None
    checkpoint: Checkpoint | None
    entry: bytes | None

    @property
    def is_valid(self) -> bool:
        """Say whether every step held."""
        return all(check.held for check in self.checks)

    @property
    def failure(self) -> Check | None:
        """The step that failed, if one did."""
        return next((check for check in self.checks if check.held is False), None)


def check_receipt(
    data: bytes, *, key: VerifierKey, entry: bytes | None, tracker: bytes | None
) -> ReceiptReport:
    """Run every step on a receipt and say what each found. Never raises on bad input.

    Without `entry` the one that the receipt carries is taken. With `tracker` the entry must
    be that of the ballot with this tracker.
    """
    inspection = _Inspection(data=data, key=key, entry=entry, tracker=tracker)
    steps: list[tuple[Step, Callable[[], str]]] = [
        (Step.READABLE, inspection.read),
        (Step.ORIGIN, inspection.compare_origin),
        (Step.SIGNATURE, inspection.verify_signature),
        (Step.INCLUSION, inspection.verify_inclusion),
    ]
    if tracker is not None:
        steps.append((Step.BALLOT, inspection.compare_tracker))
    checks: list[Check] = []
    has_failed = False
    for step, run in steps:
        held: bool | None = None
        detail = "not run"
        if not has_failed:
            try:
                detail = run()
                held = True
            except EvoteError as error:
                detail = str(error)
                held = False
                has_failed = True
        checks.append(Check(step=step, held=held, detail=detail))
    return ReceiptReport(
        checks=tuple(checks),
        receipt=inspection.receipt,
        checkpoint=inspection.checkpoint,
        entry=inspection.entry,
    )


class _Inspection:
    """The steps, each relying on what the ones before it found."""

    def __init__(
        self, *, data: bytes, key: VerifierKey, entry: bytes | None, tracker: bytes | None
    ) -> None:
        self.data = data
        self.key = key
        self.entry = entry
        self.tracker = tracker
        self.receipt: Receipt | None = None
        self.checkpoint: Checkpoint | None = None

    def read(self) -> str:
        self.receipt = decode_receipt(self.data)
        if self.entry is None:
            self.entry = self.receipt.extra
        return f"entry {self.receipt.index}, {len(self.receipt.proof)} hashes"

    def compare_origin(self) -> str:
        assert self.receipt is not None
        self.checkpoint = check_origin(decode_note(self.receipt.checkpoint), key=self.key)
        return self.checkpoint.origin

    def verify_signature(self) -> str:
        assert self.receipt is not None
        checkpoint = verify_checkpoint(self.receipt.checkpoint, key=self.key)
        return f"{checkpoint.size} entries; Ed25519, key {self.key.key_id.hex()}"

    def verify_inclusion(self) -> str:
        assert self.receipt is not None
        assert self.checkpoint is not None
        if self.entry is None:
            msg = "the receipt does not carry the entry; give it beside the receipt"
            raise InvalidProof(msg)
        _verify_entry(self.receipt, entry=self.entry, checkpoint=self.checkpoint)
        hashes = len(self.receipt.proof)
        return f"{hashes} hashes lead from entry {self.receipt.index} to the root"

    def compare_tracker(self) -> str:
        assert self.entry is not None
        assert self.tracker is not None
        verify_entry_is_of_ballot(self.entry, tracker=self.tracker)
        return f"its payload is {self.tracker.hex()}"
