"""Benchmarks: each prints its ratio against a peer or an earlier path, measured in one run."""
