"""Tables of the log, one module per noun."""

from audit.models.checkpoint import Checkpoint
from audit.models.entry import LogEntry, PendingEntry
from audit.models.tree import Tile, TreeHead

__all__ = ["Checkpoint", "LogEntry", "PendingEntry", "Tile", "TreeHead"]
