"""Drills: whole installations of their own, parts of which are killed while they work."""
