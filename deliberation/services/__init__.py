"""Changes to the rows of deliberation: one function per verb."""
