"""Computations without Django: arrays in, results out."""
