"""Questions to the rows of voting, by asker."""
