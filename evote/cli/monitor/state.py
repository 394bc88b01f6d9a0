"""What a monitor remembers between two looks: a small database in one file.

In it is what the next entry of each election is compared with, so that memory does not grow with
the log. A look's changes are stored together or not at all.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.tlog.entries import ElectionProgress
from evote.tlog.note import VerifierKey

_VERSION = 1
_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE elections (
    uuid TEXT PRIMARY KEY, next_height INTEGER NOT NULL, last_type TEXT, last_index INTEGER,
    outcome_index INTEGER
) WITHOUT ROWID;
CREATE TABLE keys (place INTEGER PRIMARY KEY, vkey TEXT NOT NULL);
CREATE TABLE others (address TEXT PRIMARY KEY, note BLOB NOT NULL, since INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE promises (
    hash BLOB PRIMARY KEY, note BLOB NOT NULL, since INTEGER NOT NULL,
    searched INTEGER NOT NULL, found_index INTEGER
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedPromise:
    """A promise, since when it is watched, and up to where the log was searched for its entry."""

    hash: bytes
    note: bytes
    since: int
    searched: int
    found_index: int | None


class MonitorState:
    """The state file, held by one monitor at a time."""

    def __init__(self, path: Path, *, origin: str) -> None:
        """Open or begin the file.

        Raises:
            CommandFailed: it is of another log, not ours, or in use.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None, timeout=1)
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA synchronous = FULL")
            self._begin(origin=origin)
        except (sqlite3.Error, OSError) as error:
            msg = f"{path}: {error}; is it a monitor's state, and no other monitor at work on it?"
            raise CommandFailed(msg) from error

    def close(self) -> None:
        """Let another monitor have it."""
        self._database.close()

    def _begin(self, *, origin: str) -> None:
        with self.changes():
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _TABLES.split(";")[:-1]:
                    self._database.execute(statement)
                self._database.execute(f"PRAGMA user_version = {_VERSION}")
                self._set("origin", origin)
            elif version != _VERSION or self._get("origin") != origin:
                msg = f"{self.path} is the state of another log or of another version of evote"
                raise CommandFailed(msg)

    @contextlib.contextmanager
    def changes(self) -> Iterator[None]:
        """Store what changes inside, all of it or nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:  # a full disk may have ended it already
                self._database.execute("ROLLBACK")
            raise

    # --- The checkpoint ---------------------------------------------------------------------

    @property
    def note(self) -> bytes | None:
        """The last checkpoint that was accepted; None before the first."""
        note = self._get("note")
        assert note is None or isinstance(note, bytes)
        return note

    def accept(self, note: bytes) -> None:
        """Remember a checkpoint, and leave a copy beside the state for people."""
        with self.changes():
            self._set("note", note)
        copy = self.path.with_name(f"{self.path.name}.checkpoint")
        draft = copy.with_name(f"{copy.name}.new")
        with draft.open("wb") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(copy)

    @property
    def checked(self) -> int:
        """How many entries have been checked."""
        checked = self._get("checked")
        assert checked is None or isinstance(checked, int)
        return checked or 0

    @checked.setter
    def checked(self, size: int) -> None:
        self._set("checked", size)

    # --- Keys of the log --------------------------------------------------------------------

    @property
    def keys(self) -> list[VerifierKey]:
        """The log's keys, oldest first, as its entries tell them; empty: it never changed one."""
        rows = self._database.execute("SELECT vkey FROM keys ORDER BY place")
        return [VerifierKey.decode(vkey) for (vkey,) in rows]

    def add_key(self, key: VerifierKey) -> None:
        """Remember a key after those before."""
        self._database.execute("INSERT INTO keys (vkey) VALUES (?)", (key.encode(),))

    # --- Elections --------------------------------------------------------------------------

    def election(self, uuid: str) -> ElectionProgress:
        """Give what the entries so far say of an election."""
        row = self._database.execute(
            "SELECT next_height, last_type, last_index, outcome_index FROM elections "
            "WHERE uuid = ?",
            (uuid,),
        ).fetchone()
        if row is None:
            return ElectionProgress()
        next_height, last_type, last_index, outcome_index = row
        return ElectionProgress(
            next_height=next_height,
            last_type=last_type,
            last_index=last_index,
            outcome_index=outcome_index,
        )

    def set_election(self, uuid: str, progress: ElectionProgress) -> None:
        """Remember it."""
        self._database.execute(
            "INSERT OR REPLACE INTO elections VALUES (?, ?, ?, ?, ?)",
            (
                uuid,
                progress.next_height,
                progress.last_type,
                progress.last_index,
                progress.outcome_index,
            ),
        )

    # --- What others were shown, for as long as we were not shown as much ----------------------

    def ahead(self) -> list[tuple[str, bytes, int]]:
        """Give the checkpoints larger than ours: address, note, since when they are known."""
        rows = self._database.execute("SELECT address, note, since FROM others ORDER BY address")
        return list(rows)

    def add_ahead(self, *, address: str, note: bytes, since: int) -> None:
        """Remember the first one of an address that is larger than ours."""
        self._database.execute(
            "INSERT OR IGNORE INTO others VALUES (?, ?, ?)", (address, note, since)
        )

    def drop_ahead(self, address: str) -> None:
        """Forget it: we have been shown as much."""
        self._database.execute("DELETE FROM others WHERE address = ?", (address,))

    # --- Promises -----------------------------------------------------------------------------

    def add_promise(self, *, hash_: bytes, note: bytes, since: int) -> None:
        """Watch for the entry that a promise is about."""
        self._database.execute(
            "INSERT OR IGNORE INTO promises VALUES (?, ?, ?, 0, NULL)", (hash_, note, since)
        )

    def promises(self) -> list[WatchedPromise]:
        """Give the promises that were not kept yet."""
        rows = self._database.execute(
            "SELECT hash, note, since, searched, found_index FROM promises "
            "WHERE found_index IS NULL ORDER BY hash"
        )
        return [
            WatchedPromise(
                hash=hash_, note=note, since=since, searched=searched, found_index=found_index
            )
            for hash_, note, since, searched, found_index in rows
        ]

    def set_searched(self, hash_: bytes, *, searched: int, found_index: int | None) -> None:
        """Remember how far the log was searched, and whether the entry was found."""
        self._database.execute(
            "UPDATE promises SET searched = ?, found_index = ? WHERE hash = ?",
            (searched, found_index, hash_),
        )

    # --- Single facts ---------------------------------------------------------------------------

    def _get(self, name: str) -> object:
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def _set(self, name: str, value: object) -> None:
        self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))
