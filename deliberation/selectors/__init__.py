"""Questions about deliberation, one module per asker."""
