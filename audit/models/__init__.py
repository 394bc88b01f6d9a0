"""Tables of the log, one module per noun."""

from audit.models.checkpoint import Checkpoint
from audit.models.cosignature import Cosignature, Publication, WitnessHealth
from audit.models.entry import LogEntry, PendingEntry
from audit.models.evidence import Evidence, EvidenceCount, EvidenceKey, EvidenceRequest
from audit.models.timestamp import Timestamp, TimestampAuthority
from audit.models.tree import Tile, TreeHead

__all__ = [
    "Checkpoint",
    "Cosignature",
    "Evidence",
    "EvidenceCount",
    "EvidenceKey",
    "EvidenceRequest",
    "LogEntry",
    "PendingEntry",
    "Publication",
    "Tile",
    "Timestamp",
    "TimestampAuthority",
    "TreeHead",
    "WitnessHealth",
]
