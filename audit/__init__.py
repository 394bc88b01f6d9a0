"""The append-only log: entries, checkpoints, receipts, the bulletin board."""
