"""Hints beside a record: with them a ballot is checked in a third of the time (docs/hints.md).

Anybody can make them, of public data alone, and nobody is trusted for them. Whatever a hint is,
a ballot gets the verdict that it has without one, with the same place and the same words: what does
not fit is put aside, and the ballot is checked exactly.
"""

from evote.hints.check import HintedAnswers, check_bodies
from evote.hints.file import HintBytes, HintReader, encode_hints, encode_hints_header
from evote.hints.make import HintTask, make_hints, make_hints_of_task

__all__ = [
    "HintBytes",
    "HintReader",
    "HintTask",
    "HintedAnswers",
    "check_bodies",
    "encode_hints",
    "encode_hints_header",
    "make_hints",
    "make_hints_of_task",
]
