"""Reads numbers of seconds from the command line."""

import argparse


def seconds(text: str) -> int:
    """Take a whole number of seconds, 0 or more: a type for argparse.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        msg = f"{text!r:.40} is not a number of seconds"
        raise argparse.ArgumentTypeError(msg)
    return int(text)
