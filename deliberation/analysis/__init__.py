"""Texts in, results out: no Django, no clock, no chance."""
