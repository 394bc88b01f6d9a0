"""`evote hints`: make the hints with which the ballots of a record are checked faster."""

import argparse
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.large_files import hints_beside, open_record_source
from evote.cli.progress import ProgressBar
from evote.cli.workers import bounded_map, worker_count
from evote.election import decode_election
from evote.errors import EvoteError
from evote.group import BACKEND
from evote.hints import HintTask, encode_hints, encode_hints_header, make_hints_of_task
from evote.record import IndexedRecord, RecordBytes, cut_record, read_piece
from evote.verify import ParallelMap
from evote.verify.ballots import answered

_DESCRIPTION = """\
Make the file of hints for a record: with it, `evote verify` needs about a
third of the time for each ballot. It takes a little longer than to verify the
record once, so it pays where a record is verified again and again.

Hints hold nothing but what anybody can compute from the record, and nobody is
trusted for them: a false one can only fail, and the ballot is then checked as
without. Beside the record, as <uuid>.hints, they are found by themselves.
"""
_EPILOG = """\
examples:
  evote hints make hfd19JUwUteUwr.bel
  evote hints make hfd19JUwUteUwr.bel -o elsewhere.hints

Ballots that are not valid, and those of questions with lists, get no hints.
"""
_READING, _MAKING = 1, 2


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the command."""
    parser = subparsers.add_parser("hints", help="make hints for faster verification")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    make = actions.add_parser(
        "make",
        help="make the hints for a record",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    make.add_argument("record", metavar="FILE|URL", help="the record")
    make.add_argument(
        "-o", "--output", metavar="FILE", help="where to write them; default: beside the record"
    )
    make.set_defaults(handler=_make)


def _make(arguments: argparse.Namespace) -> int:
    if BACKEND != "native":
        msg = "hints are made and used by evote's C extension only, which does not run here"
        raise CommandFailed(msg)
    output = arguments.output or hints_beside(arguments.record)
    if output is None:
        msg = f"{arguments.record}: say with -o where the hints are to be written"
        raise CommandFailed(msg)
    data = open_record_source(arguments.record)
    workers = worker_count()
    progress = ProgressBar({_READING: "Reading the record", _MAKING: "Making hints"})
    try:
        with ProcessPoolExecutor(workers) as pool:
            using = bounded_map(pool, workers=workers)
            record = _read_record(data, using=using, progress=progress)
            election = record.of_type("Setup")[0].objects[0]
            tasks = (
                HintTask(election, tuple(body for _, body in ballots))
                for ballots in record.ballots_in_turn()
            )
            hinted = _write(
                Path(output),
                header=encode_hints_header(fingerprint=decode_election(election).fingerprint),
                hints=_counted(using(make_hints_of_task, tasks), record.ballot_count, progress),
            )
    except (EvoteError, OSError) as error:
        msg = f"{arguments.record}: {error}"
        raise CommandFailed(msg) from error
    finally:
        progress.clear()
    print(f"hints for {hinted} of {record.ballot_count} ballots are in {output}")
    return 0


def _read_record(data: RecordBytes, *, using: ParallelMap, progress: ProgressBar) -> IndexedRecord:
    """Read a record's form; whether it is valid is not asked."""
    record = IndexedRecord(data)
    for piece, read in answered(using, read_piece, cut_record(data)):
        record.add(piece, read)
        progress(_READING, piece.offset + len(piece.data), len(data))
    record.check_chain()
    return record


def _counted(
    answers: Iterator[list[bytes]], total: int, progress: ProgressBar
) -> Iterator[list[bytes]]:
    done = 0
    for hints in answers:
        yield hints
        done += len(hints)
        progress(_MAKING, done, total)


def _write(path: Path, *, header: bytes, hints: Iterator[list[bytes]]) -> int:
    """Write the file at once or not at all; give how many hints are in it."""
    count = 0
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        msg = f"{path}: {error.strerror or error}"
        raise CommandFailed(msg) from error
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o644)
            file.write(header)
            for some in hints:
                file.write(encode_hints(some))
                count += sum(map(bool, some))
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    except OSError as error:
        msg = f"{path}: {error.strerror or error}"
        raise CommandFailed(msg) from error
    finally:
        fresh.unlink(missing_ok=True)
    return count
