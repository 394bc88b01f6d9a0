"""Changes to the rows of audit: one function per verb."""
