"""Questions to the log."""

from audit.selectors.checkpoints import checkpoint_of, latest_checkpoint, signed_checkpoint
from audit.selectors.cosignatures import cosigned_note, is_cosigned
from audit.selectors.entries import (
    EntryPage,
    EntryQuery,
    entries_by_identities,
    entries_matching,
    entry_at,
    entry_by_identity,
    entry_page,
)
from audit.selectors.growth import DayOfLog, first_signed_dates, growth
from audit.selectors.key import (
    LogKeyMissing,
    LogKeyUnsafe,
    key_of_note,
    log_origin,
    verifier_key,
    verifier_keys,
)
from audit.selectors.policy import PolicyUnusable, current_policy, published_policy
from audit.selectors.receipts import (
    EntryProof,
    log_state,
    proof_of,
    receipt_of,
)
from audit.selectors.schemas import (
    ABOUT_MEMBERS,
    ENTRY_KINDS,
    KindDescription,
    entry_schema,
    kind_descriptions,
)
from audit.selectors.witnesses import (
    Standing,
    WitnessOfCheckpoint,
    WitnessState,
    is_quorum_in_reach,
    witnesses,
    witnesses_of,
)

__all__ = [
    "ABOUT_MEMBERS",
    "ENTRY_KINDS",
    "DayOfLog",
    "EntryPage",
    "EntryProof",
    "EntryQuery",
    "KindDescription",
    "LogKeyMissing",
    "LogKeyUnsafe",
    "PolicyUnusable",
    "Standing",
    "WitnessOfCheckpoint",
    "WitnessState",
    "checkpoint_of",
    "cosigned_note",
    "current_policy",
    "entries_by_identities",
    "entries_matching",
    "entry_at",
    "entry_by_identity",
    "entry_page",
    "entry_schema",
    "first_signed_dates",
    "growth",
    "is_cosigned",
    "is_quorum_in_reach",
    "key_of_note",
    "kind_descriptions",
    "latest_checkpoint",
    "log_origin",
    "log_state",
    "proof_of",
    "published_policy",
    "receipt_of",
    "signed_checkpoint",
    "verifier_key",
    "verifier_keys",
    "witnesses",
    "witnesses_of",
]
