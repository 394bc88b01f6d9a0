"""Changes to the rows of voting: one function per verb."""
