"""Template tags for every page of the house."""
