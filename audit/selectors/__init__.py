"""Questions to the log."""

from audit.selectors.checkpoints import latest_checkpoint, signed_checkpoint
from audit.selectors.entries import (
    EntryPage,
    EntryQuery,
    entries_by_identities,
    entries_matching,
    entry_at,
    entry_by_identity,
    entry_page,
)
from audit.selectors.key import LogKeyMissing, LogKeyUnsafe, log_origin, verifier_key
from audit.selectors.receipts import (
    EntryProof,
    log_state,
    proof_of,
    receipt_of,
)
from audit.selectors.schemas import ENTRY_KINDS, entry_schema
from audit.selectors.witnesses import Standing, WitnessState, witnesses

__all__ = [
    "ENTRY_KINDS",
    "EntryPage",
    "EntryProof",
    "EntryQuery",
    "LogKeyMissing",
    "LogKeyUnsafe",
    "Standing",
    "WitnessState",
    "entries_by_identities",
    "entries_matching",
    "entry_at",
    "entry_by_identity",
    "entry_page",
    "entry_schema",
    "latest_checkpoint",
    "log_origin",
    "log_state",
    "proof_of",
    "receipt_of",
    "signed_checkpoint",
    "verifier_key",
    "witnesses",
]
