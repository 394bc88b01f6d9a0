"""The tables of audit, one module per noun."""
