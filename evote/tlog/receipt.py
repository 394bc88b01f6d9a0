"""Receipts: the offline proof that an entry is in a log (c2sp.org/tlog-proof), `.tlog-proof`.

    c2sp.org/tlog-proof@v1
    extra <base64>                  (optional, vouched for by nobody)
    index <decimal>
    <base64 of a hash>              (none or more, the leaf's sibling first)
    <empty line>
    <the checkpoint, as signed>

Pnyx puts the entry itself in `extra`: a receipt is then one file that needs no other. The entry
is believed only because its hash leads to the signed root. Of a document that was registered
privately, `extra` also has the salt, without which the entry says nothing about the document.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.tlog.checkpoint import (
    Checkpoint,
    decode_checkpoint,
    decode_decimal,
    decode_hash,
    verify_checkpoint,
)
from evote.tlog.contents import (
    decode_extra,
    verify_entry_is_of_ballot,
    verify_entry_is_of_document,
)
from evote.tlog.merkle import leaf_hash, verify_inclusion
from evote.tlog.note import VerifierKey, decode_base64, decode_note, verify_note
from evote.tlog.policy import CosignedCheckpoint, Policy, PolicyLog, verify_under_policy

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


def verify_receipt(
    receipt: Receipt, *, entry: bytes, key: VerifierKey, policy: Policy | None = None
) -> Checkpoint:
    """Check that the log to which the key belongs holds this entry at the receipt's index.

    `key` and `policy` come from somewhere else than the receipt; with a policy, its witnesses
    must have cosigned. Returns the checkpoint that proves it.

    Raises:
        DecodeError: the receipt's checkpoint is none.
        InvalidProof: another log's, not signed, not cosigned as the policy asks, or the entry is
            not under it.
    """
    checkpoint = verify_checkpoint(receipt.checkpoint, key=key)
    if policy is not None:
        verify_under_policy(receipt.checkpoint, _naming_logs(policy, keys=[key]))
    _verify_entry(receipt, entry=entry, checkpoint=checkpoint)
    return checkpoint


def _naming_logs(policy: Policy, *, keys: Sequence[VerifierKey]) -> Policy:
    """Have a policy that names no log, only witnesses, believe the log whose key is at hand."""
    if policy.logs:
        return policy
    return replace(policy, logs=tuple(PolicyLog(key=key, url=None) for key in keys))


def _verify_entry(receipt: Receipt, *, entry: bytes, checkpoint: Checkpoint) -> None:
    verify_inclusion(
        leaf=leaf_hash(entry),
        index=receipt.index,
        size=checkpoint.size,
        proof=receipt.proof,
        root=checkpoint.root,
    )


# --- The same for people: numbered checks ----------------------------------------------------


class Step(Enum):
    """What is checked, in this order. A step runs only when all before it held."""

    READABLE = "The file is a receipt"
    ORIGIN = "The receipt belongs to this log"
    SIGNATURE = "The log signed the checkpoint"
    COSIGNATURES = "The witnesses of the policy cosigned it"
    INCLUSION = "The entry is under that checkpoint"
    BALLOT = "The entry is of this ballot"
    DOCUMENT = "The entry is of this document"


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
    cosigned: CosignedCheckpoint | None
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
    data: bytes,
    *,
    key: VerifierKey | None = None,
    policy: Policy | None = None,
    entry: bytes | None,
    tracker: bytes | None,
    document: bytes | None = None,
) -> ReceiptReport:
    """Run every step on a receipt and say what each found. Never raises on bad input.

    The log is the one whose `key` is given, or without it one of the policy's. Without `entry`
    the one that the receipt carries is taken. With `tracker` the entry must be that of the ballot
    with this tracker, with `document` that of the document with this SHA-256.
    """
    inspection = _Inspection(
        data=data, key=key, policy=policy, entry=entry, tracker=tracker, document=document
    )
    checks: list[Check] = []
    has_failed = False
    for step, run in inspection.steps():
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
        cosigned=inspection.cosigned,
        entry=inspection.entry,
    )


class _Inspection:
    """The steps, each relying on what the ones before it found."""

    def __init__(
        self,
        *,
        data: bytes,
        key: VerifierKey | None,
        policy: Policy | None,
        entry: bytes | None,
        tracker: bytes | None,
        document: bytes | None,
    ) -> None:
        self.data = data
        self.key = key
        self.policy = policy
        self.entry = entry
        self.tracker = tracker
        self.document = document
        self.salt: bytes | None = None
        self.receipt: Receipt | None = None
        self.checkpoint: Checkpoint | None = None
        self.cosigned: CosignedCheckpoint | None = None

    def steps(self) -> list[tuple[Step, Callable[[], str]]]:
        steps = [
            (Step.READABLE, self.read),
            (Step.ORIGIN, self.compare_origin),
            (Step.SIGNATURE, self.verify_signature),
        ]
        if self.policy is not None:
            steps.append((Step.COSIGNATURES, self.verify_cosignatures))
        steps.append((Step.INCLUSION, self.verify_inclusion))
        if self.tracker is not None:
            steps.append((Step.BALLOT, self.compare_tracker))
        if self.document is not None:
            steps.append((Step.DOCUMENT, self.compare_document))
        return steps

    @property
    def keys(self) -> list[VerifierKey]:
        """The keys of the logs that may be believed."""
        if self.key is not None:
            return [self.key]
        return [] if self.policy is None else [log.key for log in self.policy.logs]

    def read(self) -> str:
        self.receipt = decode_receipt(self.data)
        if self.receipt.extra is not None:
            extra = decode_extra(self.receipt.extra)
            self.salt = extra.salt
            self.entry = self.entry if self.entry is not None else extra.entry
        return f"entry {self.receipt.index}, {len(self.receipt.proof)} hashes"

    def compare_origin(self) -> str:
        assert self.receipt is not None
        self.checkpoint = decode_checkpoint(decode_note(self.receipt.checkpoint))
        names = dict.fromkeys(key.name for key in self.keys)
        if self.checkpoint.origin not in names:
            known = ", ".join(names) or "one that a key or the policy names"
            msg = f"this is the log {self.checkpoint.origin}, not {known}"
            raise InvalidProof(msg)
        return self.checkpoint.origin

    def verify_signature(self) -> str:
        assert self.receipt is not None
        assert self.checkpoint is not None
        keys = [key for key in self.keys if key.name == self.checkpoint.origin]
        note = verify_note(self.receipt.checkpoint, keys=keys)
        ids = {(line.name, line.key_id) for line in note.signatures}
        signer = next(key for key in keys if (key.name, key.key_id) in ids)
        return f"{self.checkpoint.size} entries; Ed25519, key {signer.key_id.hex()}"

    def verify_cosignatures(self) -> str:
        assert self.receipt is not None
        assert self.policy is not None
        policy = _naming_logs(self.policy, keys=self.keys)
        self.cosigned = verify_under_policy(self.receipt.checkpoint, policy)
        names = [cosignature.name for cosignature in self.cosigned.cosignatures]
        return ", ".join(names) or "the policy asks for none"

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

    def compare_document(self) -> str:
        assert self.entry is not None
        assert self.document is not None
        verify_entry_is_of_document(self.entry, digest=self.document, salt=self.salt)
        return f"SHA-256 {self.document.hex()}"
