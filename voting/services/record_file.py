"""The public `.bel` files. They grow by appending and heal from the database's rows."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from voting.models.election import Election
from voting.selectors.record import (
    event_bytes,
    last_whole_event,
    record_chunks,
    record_length_bytes,
)


class RecordFileAhead(Exception):
    """The public file is longer than the database's record: the database was set back."""


class RecordFileDiffers(Exception):
    """The public file is not what the database's rows say."""


def record_file(*, election: Election) -> Path:
    """Return where the public file of an election lies."""
    return Path(settings.DATA_DIR) / "records" / f"{election.uuid}.bel"


def grow_record_file(*, election: Election) -> Path:
    """Append to the public file what the database has more, and flush it to the disk.

    A missing file is made, a torn one is cut back to its last whole event first. Called after
    every commit and before every download, so that no crash leaves it behind for long.

    Raises:
        RecordFileAhead: the file is longer than the record. It is left alone: after a
            database is restored, it is the evidence of what was published (SECURITY A-84).
    """
    path = record_file(election=election)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _exclusive(path.with_suffix(".lock")), path.open("ab+") as file:
        end = record_length_bytes(election=election)
        size = file.seek(0, os.SEEK_END)
        if size > end:
            msg = f"{path.name} has {size} bytes, but the record in the database has {end}"
            raise RecordFileAhead(msg)
        start = _sound_length(election=election, path=path, size=size)
        if start == end:
            return path
        file.truncate(start)
        for chunk in record_chunks(election=election, from_byte=start, to_byte=end):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if start == 0:
        _flush_folder(path.parent)
    return path


def check_record_file(*, election: Election) -> None:
    """Compare the whole public file with the database's rows.

    Raises:
        RecordFileDiffers: with the first byte that differs.
    """
    place = 0
    with record_file(election=election).open("rb") as file:
        end = record_length_bytes(election=election)
        for chunk in record_chunks(election=election, from_byte=0, to_byte=end):
            found = file.read(len(chunk))
            if found != chunk:
                differing = next(
                    (index for index, pair in enumerate(zip(found, chunk, strict=False))
                     if pair[0] != pair[1]),
                    len(found),
                )  # fmt: skip
                msg = f"{election.uuid}.bel differs from byte {place + differing} on"
                raise RecordFileDiffers(msg)
            place += len(chunk)
        if file.read(1):
            msg = f"{election.uuid}.bel goes on after byte {place}"
            raise RecordFileDiffers(msg)


def rebuild_record_file(*, election: Election) -> Path:
    """Write the public file anew from the database's rows, beside the old one, then replace it."""
    path = record_file(election=election)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with _exclusive(path.with_suffix(".lock")):
        with fresh.open("wb") as file:
            end = record_length_bytes(election=election)
            for chunk in record_chunks(election=election, from_byte=0, to_byte=end):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        _flush_folder(path.parent)
    return path


def _sound_length(*, election: Election, path: Path, size: int) -> int:
    """Return where the last event ends that the file holds whole and as the rows say.

    A crash of the machine can leave a tail of the right length and the wrong bytes.
    """
    while (event := last_whole_event(election=election, size_bytes=size)) is not None:
        expected = event_bytes(event=event)
        with path.open("rb") as file:
            file.seek(event.begins_at_byte)
            if file.read(len(expected)) == expected:
                return event.ends_at_byte
        size = event.ends_at_byte - 1
    return 0


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    """Let one process at a time write the file."""
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
