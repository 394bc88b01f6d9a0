"""Strict verification of an election record (PROTOCOL 3.1).

`verify_record` needs nothing but the bytes of the record. It trusts no one: not the server, not
the trustees, not whoever handed over the file.
"""

from evote.verify.ballots import ParallelMap
from evote.verify.report import Problem, Report, Step, StepStatus, Verdict
from evote.verify.run import verify_record
from evote.verify.state import Progress

__all__ = [
    "ParallelMap",
    "Problem",
    "Progress",
    "Report",
    "Step",
    "StepStatus",
    "Verdict",
    "verify_record",
]
