"""Records and second files that are too large to be held in memory."""

import os
import tempfile
from pathlib import Path

from evote.cli.errors import CommandFailed, NotThere
from evote.cli.sources import (
    RECORD_LIMIT_BYTES,
    check_size,
    companion_of,
    download,
    is_address,
    read_source,
    record_address,
)
from evote.errors import EvoteError
from evote.record import NotReadable, RecordBytes, last_height


class FileBytes:
    """The bytes of an open file, read where they are asked for.

    Whoever reads the same place twice has to expect that the file was changed.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._length = os.fstat(descriptor).st_size

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> bytes:
        start, stop, step = part.indices(self._length)
        assert step == 1
        pieces = []
        while start < stop:
            # Linux reads at most 2 GB at once.
            try:
                piece = os.pread(self._descriptor, stop - start, start)
            except OSError as error:
                msg = f"the file cannot be read: {error.strerror}"
                raise NotReadable(msg) from error
            if not piece:
                msg = "the file became shorter while it was read"
                raise OSError(msg)
            pieces.append(piece)
            start += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def __del__(self) -> None:
        os.close(self._descriptor)


def open_record_source(source: str) -> RecordBytes:
    """Open a record: a file, its address, or the address of the election's page.

    What comes from elsewhere is kept in a file without a name until it is verified.

    Raises:
        CommandFailed: it cannot be read, with the name of the file or address.
    """
    if is_address(source):
        return _downloaded(record_address(source))
    return _opened(source)


def open_companion_source(source: str, *, record: RecordBytes) -> RecordBytes | None:
    """Open the second file that stands beside a record; None where there is none.

    Whether the election needs one, the verifier says: to leave it away helps nobody. While an
    election is open both files grow: a server is asked for the one up to the last event of the
    record at hand.

    Raises:
        CommandFailed: it is there and cannot be read.
    """
    beside = companion_of(source)
    if beside is None:
        return None
    try:
        if not is_address(beside):
            return _opened(beside)
        height = _last_height(record)
        return _downloaded(beside if height is None else f"{beside}?height={height}")
    except NotThere:
        return None


def open_hints_source(source: str, *, named: str | None) -> RecordBytes | None:
    """Open the hints for a record: the file that is named, or the one beside it if there is one.

    One beside it that cannot be read is none: nothing depends on it.

    Raises:
        CommandFailed: the file that is named cannot be read.
    """
    if named is not None:
        return _opened(named)
    beside = hints_beside(source)
    try:
        return None if beside is None or not Path(beside).is_file() else _opened(beside)
    except CommandFailed:
        return None


def hints_beside(source: str) -> str | None:
    """Give the name of the file of hints beside a record; None where it has none."""
    if is_address(source) or not source.endswith(".bel"):
        return None
    return f"{source.removesuffix('.bel')}.hints"


def _last_height(record: RecordBytes) -> int | None:
    """Give the height of the record's last event; None of what is no record."""
    try:
        return last_height(record)
    except EvoteError:
        return None


def _opened(source: str) -> RecordBytes:
    try:
        if source != "-" and Path(source).is_file():
            data = FileBytes(os.open(source, os.O_RDONLY))
            check_size(len(data), source=source, limit_bytes=RECORD_LIMIT_BYTES)
            return data
    except OSError as error:
        msg = f"{source}: {error.strerror or error}"
        raise CommandFailed(msg) from error
    return read_source(source, limit_bytes=RECORD_LIMIT_BYTES)


def _downloaded(address: str) -> RecordBytes:
    try:
        with tempfile.TemporaryFile() as file:
            for chunk in download(address, limit_bytes=RECORD_LIMIT_BYTES):
                file.write(chunk)
            file.flush()
            return FileBytes(os.dup(file.fileno()))
    except OSError as error:
        msg = f"{address}: it cannot be kept while it is verified: {error.strerror or error}"
        raise CommandFailed(msg) from error
