"""Questions about registered documents: whose they are, how far they came, what proves them."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from django.db.models import QuerySet

from audit.models import Evidence, EvidenceKey, LogEntry, Timestamp
from audit.selectors.checkpoints import latest_checkpoint
from audit.selectors.entries import entries_by_identities, entry_by_identity
from audit.selectors.receipts import EntryProof, proof_of
from audit.selectors.timestamps import timestamp_covering
from evote.encoding import canonical_json, decode_json
from evote.tlog.receipt import ENTRY_LIMIT_BYTES, Receipt


class Progress(Enum):
    """How far a registered document has come."""

    WAITING = "waiting"  # promised, without a place in the log
    RECORDED = "recorded"  # it has its place; the witnesses have not cosigned yet
    PROVEN = "proven"  # anyone can check the receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceState:
    """What can be shown of a registered document by now.

    The receipt rests on the earliest checkpoint that has a timestamp, if there is one, so that
    both speak of the same checkpoint; else on the newest.
    """

    evidence: Evidence
    entry: LogEntry | None
    proof: EntryProof | None
    timestamp: Timestamp | None

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        if self.proof is not None and self.proof.is_cosigned:
            return Progress.PROVEN
        return Progress.WAITING if self.entry is None else Progress.RECORDED

    @property
    def receipt(self) -> bytes | None:
        """The receipt's bytes, with the salt of a private one; None while there is none.

        Provisional while witnesses are missing.
        """
        if self.proof is None or self.entry is None:
            return None
        return Receipt(
            index=self.entry.index,
            proof=tuple(self.proof.hashes),
            checkpoint=self.proof.note,
            extra=receipt_extra(entry=bytes(self.entry.body), salt=self.salt),
        ).encode()

    @property
    def complete_receipt(self) -> bytes | None:
        """The receipt once enough witnesses have cosigned; None until then."""
        return self.receipt if self.progress is Progress.PROVEN else None

    @property
    def complete_receipt_text(self) -> str | None:
        """The same as text."""
        receipt = self.complete_receipt
        return None if receipt is None else receipt.decode()

    @property
    def salt(self) -> bytes | None:
        """The salt of a private one that was made here or sent along."""
        return None if self.evidence.salt is None else bytes(self.evidence.salt)


def receipt_extra(*, entry: bytes, salt: bytes | None) -> bytes:
    """Return what a receipt carries: the entry, or the entry and the salt beside it."""
    if salt is None:
        return entry
    content = decode_json(entry, source="the entry", limit_bytes=ENTRY_LIMIT_BYTES)
    return canonical_json({"entry": content, "salt": salt.hex()})


def evidence_of(owner: str) -> QuerySet[Evidence]:
    """Return what an owner registered, the latest first."""
    return Evidence.objects.filter(owner=owner).order_by("-filed_at", "pk")


def find_evidence(*, owner: str, pk: uuid.UUID) -> Evidence | None:
    """Return one of an owner's; None: it is another's, or there is none."""
    return Evidence.objects.filter(owner=owner, pk=pk).first()


def state_of(evidence: Evidence) -> EvidenceState:
    """Say how far a registered document has come."""
    entry = entry_by_identity(bytes(evidence.entry))
    timestamp = None if entry is None else timestamp_covering(entry.index)
    proof = None
    if entry is not None:
        checkpoint = None if timestamp is None else timestamp.checkpoint
        proof = proof_of(entry, checkpoint=checkpoint)
    return EvidenceState(evidence=evidence, entry=entry, proof=proof, timestamp=timestamp)


def progress_of(rows: Sequence[Evidence]) -> list[tuple[Evidence, Progress]]:
    """Say of each how far it has come, without making its proof."""
    entries = entries_by_identities([bytes(evidence.entry) for evidence in rows])
    public = latest_checkpoint()
    public_size = 0 if public is None else public.head_id
    found: list[tuple[Evidence, Progress]] = []
    for evidence in rows:
        entry = entries.get(bytes(evidence.entry))
        progress = Progress.WAITING
        if entry is not None:
            progress = Progress.PROVEN if entry.index < public_size else Progress.RECORDED
        found.append((evidence, progress))
    return found


def keys_of(owner: str) -> QuerySet[EvidenceKey]:
    """Return an owner's keys, the latest first."""
    return EvidenceKey.objects.filter(owner=owner).order_by("-made_at", "-pk")


def working_key(secret: str) -> EvidenceKey | None:
    """Return the key with this secret; None: there is none, or it was revoked."""
    return EvidenceKey.objects.filter(digest=digest_of_key(secret), revoked_at=None).first()


def digest_of_key(secret: str) -> bytes:
    """Return what is kept of a key. It has 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
