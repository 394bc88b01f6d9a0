"""A mirror's copy of one log, on disk: every file whole and durable, or not there.

checkpoint            the newest one of which all entries are here, cosigned by this mirror
tile/…                as the log served them, each verified before it was written
checkpoints/<size>    every checkpoint that the log showed this mirror, also those that it
                      was still copying when it stopped
keys                  the log's keys that its entries told of, oldest first
.unfinished/          what was being written; emptied at the start
"""

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.log_source import LogFolder
from evote.tlog.note import NOTE_LIMIT_BYTES, VerifierKey

_KEYS_LIMIT_BYTES = 1_000_000


class Copy(LogFolder):
    """The folder of one log, held by one mirror at a time."""

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep other mirrors away, and clear what a killed one left unfinished.

        Raises:
            CommandFailed: another one is at work here, or the folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / ".lock").open("w")
        except OSError as error:
            raise _not_written(self.folder, error) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                msg = f"another mirror is at work on {self.folder}"
                raise CommandFailed(msg) from error
            shutil.rmtree(self._unfinished, ignore_errors=True)
            yield

    @property
    def _unfinished(self) -> Path:
        return self.folder / ".unfinished"

    def write(self, path: str, content: bytes) -> None:
        """Put a file in its place, whole and on the disk, or leave what was there.

        Raises:
            CommandFailed: it cannot be written, for example because the disk is full.
        """
        place = self.folder / path
        draft = self._unfinished / secrets.token_hex(8)
        try:
            self._unfinished.mkdir(parents=True, exist_ok=True)
            _make_durable_folder(place.parent)
            try:
                with draft.open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                draft.rename(place)
            finally:
                draft.unlink(missing_ok=True)
            _sync_folder(place.parent)
        except OSError as error:
            raise _not_written(place, error) from error

    def remove_partial(self, path: str) -> None:
        """Remove the partial files of a tile or bundle of which the full one is here."""
        shutil.rmtree(self.folder / f"{path}.p", ignore_errors=True)

    # --- Checkpoints --------------------------------------------------------------------------

    def complete_note(self) -> bytes | None:
        """Give the checkpoint of which all entries are here; None before the first."""
        return self.read("checkpoint", limit_bytes=NOTE_LIMIT_BYTES)

    def last_seen_note(self) -> bytes | None:
        """Give the checkpoint that the log showed last; None before the first."""
        return self.read("seen", limit_bytes=NOTE_LIMIT_BYTES)

    def keep_seen(self, note: bytes, *, size: int) -> None:
        """Keep what the log shows, before any of its entries is here."""
        self.write(f"checkpoints/{size}", note)
        self.write("seen", note)

    def kept_sizes(self) -> list[int]:
        """List the sizes of all checkpoints that were kept, smallest first."""
        folder = self.folder / "checkpoints"
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        return sorted(int(name) for name in names if name.isdecimal())

    # --- Keys ---------------------------------------------------------------------------------

    def told_keys(self) -> list[VerifierKey]:
        """Give the keys that the log's entries told of, oldest first."""
        data = self.read("keys", limit_bytes=_KEYS_LIMIT_BYTES)
        return [VerifierKey.decode(line) for line in (data or b"").decode().split("\n") if line]

    def write_told_keys(self, keys: list[VerifierKey]) -> None:
        """Keep them."""
        self.write("keys", "".join(f"{key.encode()}\n" for key in keys).encode())


def _make_durable_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_durable_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_written(place: Path, error: OSError) -> CommandFailed:
    return CommandFailed(f"{place} cannot be written: {error.strerror or error}")
