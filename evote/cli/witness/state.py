"""A witness's memory: one SQLite file with the last checkpoint of each log.

A witness that forgets can be made to cosign a fork. So a transaction reads the record, decides
and stores, and has reached the disk before anybody is answered; triggers refuse a record that
shrinks. `synchronous=EXTRA` and not FULL: with FULL, the deletion of SQLite's journal, which is
what commits, could be lost with the power, after the answer.
"""

import base64
import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.tlog.checkpoint import Checkpoint
from evote.tlog.refused import RefusedCheckpoint
from evote.tlog.witness import Finding

BUSY_TIMEOUT_SECONDS = 5.0
# Of each log. A proof of a lie can only come from the log; a suspicion anybody can send in, with
# an old checkpoint of the log and no proof, so that each kind has its own room.
LIES_LIMIT = 100
SUSPICIONS_LIMIT = 100

_APPLICATION_ID = 0x70776974  # "pwit"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS recorded (
    origin TEXT NOT NULL PRIMARY KEY,
    size INTEGER NOT NULL CHECK (size >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    note BLOB NOT NULL,
    cosigned BLOB NOT NULL,
    cosigned_at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS recorded_only_grows BEFORE UPDATE ON recorded
WHEN NEW.origin <> OLD.origin OR NEW.size < OLD.size
    OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
BEGIN SELECT RAISE(ABORT, 'a recorded log only grows'); END;
CREATE TRIGGER IF NOT EXISTS recorded_stays BEFORE DELETE ON recorded
BEGIN SELECT RAISE(ABORT, 'a record stays'); END;
CREATE TABLE IF NOT EXISTS refused (
    number INTEGER PRIMARY KEY,
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    finding TEXT NOT NULL,
    status INTEGER NOT NULL,
    refused_at INTEGER NOT NULL,
    recorded BLOB,
    checkpoint BLOB NOT NULL,
    proof TEXT NOT NULL,
    UNIQUE (origin, size, root, finding)
) STRICT;
CREATE TRIGGER IF NOT EXISTS refused_does_not_change BEFORE UPDATE ON refused
BEGIN SELECT RAISE(ABORT, 'evidence does not change'); END;
CREATE TRIGGER IF NOT EXISTS refused_stays BEFORE DELETE ON refused
BEGIN SELECT RAISE(ABORT, 'evidence stays'); END;
"""

# Opens the file. Tests pass a connection that dies at a chosen statement.
Connect = Callable[[Path], sqlite3.Connection]


class StateChanged(Exception):
    """The record moved while a checkpoint was being compared with it: nothing was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is recorded of a log: `note` as the log signed it, `cosigned` with our lines too."""

    checkpoint: Checkpoint
    note: bytes
    cosigned: bytes
    cosigned_at: int


def connect(path: Path) -> sqlite3.Connection:
    """Open the file for threads that take turns; transactions are begun by hand."""
    return sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
    )


class State:
    """The file, opened by one process at a time. Callers take turns: it has no lock of its own."""

    def __init__(self, path: Path, *, connect: Connect = connect) -> None:
        self._lock_file = _locked(path)
        try:
            self._connection = connect(path)
            application_id = self._connection.execute("PRAGMA application_id").fetchone()[0]
            is_empty = not self._connection.execute(
                "SELECT count(*) FROM sqlite_schema"
            ).fetchone()[0]
            if not is_empty and application_id != _APPLICATION_ID:
                msg = f"{path} is a database, but not a witness's"
                raise CommandFailed(msg)
            self._connection.execute("PRAGMA journal_mode=DELETE")
            self._connection.execute("PRAGMA synchronous=EXTRA")
            self._connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            msg = f"{path}: {error}"
            raise CommandFailed(msg) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
        os.close(self._lock_file)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that happens inside, or nothing; everybody else waits."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def record_of(self, origin: str) -> Record | None:
        """Read what is recorded of a log."""
        row = self._connection.execute(
            "SELECT size, root, note, cosigned, cosigned_at FROM recorded WHERE origin = ?",
            (origin,),
        ).fetchone()
        if row is None:
            return None
        size, root, note, cosigned, cosigned_at = row
        checkpoint = Checkpoint(origin=origin, size=size, root=root)
        return Record(checkpoint=checkpoint, note=note, cosigned=cosigned, cosigned_at=cosigned_at)

    def replace(self, *, old: Record | None, new: Record) -> None:
        """Store `new` if the record still is `old`.

        Raises:
            StateChanged: it is not.
        """
        checkpoint = new.checkpoint
        values = (checkpoint.size, checkpoint.root, new.note, new.cosigned, new.cosigned_at)
        if old is None:
            cursor = self._connection.execute(
                "INSERT INTO recorded (size, root, note, cosigned, cosigned_at, origin)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (*values, checkpoint.origin),
            )
        else:
            cursor = self._connection.execute(
                "UPDATE recorded SET size = ?, root = ?, note = ?, cosigned = ?, cosigned_at = ?"
                " WHERE origin = ? AND size = ? AND root = ?",
                (*values, checkpoint.origin, old.checkpoint.size, old.checkpoint.root),
            )
        if cursor.rowcount != 1:
            raise StateChanged

    def keep_refused(self, refused: RefusedCheckpoint, *, checkpoint: Checkpoint) -> None:
        """Keep a refused checkpoint, once, while there is room for its kind."""
        is_lie = refused.finding is not Finding.UNPROVEN
        (count,) = self._connection.execute(
            "SELECT count(*) FROM refused WHERE origin = ? AND (finding <> ?) = ?",
            (checkpoint.origin, Finding.UNPROVEN.value, is_lie),
        ).fetchone()
        if count >= (LIES_LIMIT if is_lie else SUSPICIONS_LIMIT):
            return
        self._connection.execute(
            "INSERT INTO refused (origin, size, root, finding, status, refused_at, recorded,"
            " checkpoint, proof) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                checkpoint.origin,
                checkpoint.size,
                checkpoint.root,
                refused.finding.value,
                refused.status,
                refused.refused_at,
                refused.recorded,
                refused.checkpoint,
                " ".join(base64.b64encode(hash_).decode() for hash_ in refused.proof),
            ),
        )

    def refused_of(self, origin: str) -> tuple[RefusedCheckpoint, ...]:
        """List the refused checkpoints of a log, the first one first."""
        rows = self._connection.execute(
            "SELECT finding, status, refused_at, recorded, checkpoint, proof FROM refused"
            " WHERE origin = ? ORDER BY number",
            (origin,),
        )
        return tuple(
            RefusedCheckpoint(
                finding=Finding(finding),
                status=status,
                refused_at=refused_at,
                recorded=recorded,
                checkpoint=checkpoint,
                proof=tuple(map(base64.b64decode, proof.split())),
            )
            for finding, status, refused_at, recorded, checkpoint, proof in rows
        )


def _locked(path: Path) -> int:
    """Take the file that says who uses the state; the system frees it with the process."""
    lock_path = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(lock_path, os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError as error:
        msg = f"{lock_path}: {error.strerror or error}"
        raise CommandFailed(msg) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        msg = f"another witness runs on {path}; two on one state cannot be"
        raise CommandFailed(msg) from error
    return descriptor
