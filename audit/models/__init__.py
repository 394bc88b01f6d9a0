"""Tables of the log, one module per noun."""

from audit.models.checkpoint import Checkpoint
from audit.models.cosignature import Cosignature, Publication, WitnessHealth
from audit.models.entry import LogEntry, PendingEntry
from audit.models.tree import Tile, TreeHead

__all__ = [
    "Checkpoint",
    "Cosignature",
    "LogEntry",
    "PendingEntry",
    "Publication",
    "Tile",
    "TreeHead",
    "WitnessHealth",
]
