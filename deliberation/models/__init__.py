"""The tables of deliberation, one module per noun."""
