"""Runs the verification with every core of the machine, for the commands that need it."""

import os
from concurrent.futures import ProcessPoolExecutor

from evote.cli.errors import CommandFailed
from evote.cli.progress import ProgressBar
from evote.cli.sources import check_is_election_asked_for
from evote.errors import NotSupported
from evote.verify import Report, verify_record
from evote.verify.steps import STEPS

# Below this, starting processes costs more time than they save.
_POOL_FROM_BYTES = 500_000


def verify_with_all_cores(data: bytes, *, source: str) -> Report:
    """Verify a record, showing progress on a terminal.

    Raises:
        CommandFailed: the record uses what this version cannot check, or is of another election
            than the address names.
    """
    report = _verify(data, source=source)
    if report.election is not None:
        check_is_election_asked_for(report.election.uuid, source=source)
    return report


def _verify(data: bytes, *, source: str) -> Report:
    progress = ProgressBar({step.number: step.title for step in STEPS})
    try:
        if len(data) < _POOL_FROM_BYTES or (os.cpu_count() or 1) == 1:
            return verify_record(data, progress=progress)
        with ProcessPoolExecutor() as pool:
            return verify_record(data, progress=progress, parallel_map=pool.map)
    except NotSupported as error:
        msg = f"{source}: {error}. Nothing in this record was confirmed"
        raise CommandFailed(msg) from error
    finally:
        progress.clear()
