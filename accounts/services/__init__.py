"""Changes to the rows of accounts: one function per verb."""
