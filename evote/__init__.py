"""The ballot protocol: make, cast, count and check. No Django, no database, no clock."""

__version__ = "0.1.0"
