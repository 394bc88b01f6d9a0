"""What a witness does with a request, apart from HTTP.

The record and the cosignatures are stored in the transaction that read the old record; then the
published copy is replaced; then, and only then, is there an answer. Whoever kills the process
between any two of these steps has taken an answer away, and nothing else.
"""

import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evote.cli.text import printable
from evote.cli.witness.state import Record, State, StateChanged
from evote.errors import DecodeError
from evote.tlog.cosignature import CosigningKey
from evote.tlog.note import Note, NoteSignature, VerifierKey, decode_note
from evote.tlog.refused import RefusedCheckpoint, encode_refused
from evote.tlog.witness import (
    SIZE_CONTENT_TYPE,
    AddCheckpoint,
    Status,
    Submission,
    Verdict,
    admit,
    encode_cosignatures,
    encode_size,
    judge_growth,
    origin_hash,
)

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back to whoever asked."""

    status: int
    body: bytes
    content_type: str = TEXT


class Witness:
    """Cosigns the logs whose keys it has. Requests take turns."""

    def __init__(
        self,
        *,
        keys: Sequence[CosigningKey],
        logs: Mapping[str, Sequence[VerifierKey]],
        state: State,
        published: Path,
        now: Callable[[], int],
    ) -> None:
        self.keys = tuple(keys)
        self.logs = logs
        self._state = state
        self._published = published
        self._now = now
        self._turn = threading.Lock()
        self._origins = {origin_hash(origin): origin for origin in logs}

    # --- Requests ----------------------------------------------------------------------------

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer a request to cosign."""
        try:
            request = AddCheckpoint.decode(body)
        except DecodeError as error:
            return _refusal(Verdict(status=Status.MALFORMED, reason=str(error)))
        submission = admit(request, keys=self.logs)
        if isinstance(submission, Verdict):
            return _refusal(submission)
        try:
            with self._turn:
                return self._decide(submission)
        except (sqlite3.Error, OSError, StateChanged) as error:
            return _unavailable(error)

    def cosigned_checkpoint(self, folder: str) -> Answer:
        """Answer a question for the last cosigned checkpoint of a log."""
        origin = self._origins.get(folder)
        try:
            with self._turn:
                record = None if origin is None else self._state.record_of(origin)
        except sqlite3.Error as error:
            return _unavailable(error)
        if record is None:
            return Answer(status=404, body=b"No checkpoint of this log was cosigned here.\n")
        return Answer(status=200, body=record.cosigned)

    def refused_checkpoints(self, folder: str) -> Answer:
        """Answer a question for the refused checkpoints of a log."""
        origin = self._origins.get(folder)
        if origin is None:
            return Answer(status=404, body=b"This witness does not watch that log.\n")
        try:
            with self._turn:
                refused = self._state.refused_of(origin)
        except sqlite3.Error as error:
            return _unavailable(error)
        return Answer(status=200, body=encode_refused(origin, refused), content_type=JSON)

    def introduction(self) -> Answer:
        """Say who this is. Nobody should take a key from here alone."""
        lines = ["A witness of transparency logs (c2sp.org/tlog-witness). Its keys:", ""]
        lines += [key.verifier.encode() for key in self.keys]
        lines += ["", "It watches:", ""]
        for folder, origin in self._origins.items():
            lines += [origin, f"  {folder}/checkpoint", f"  {folder}/refused"]
        return Answer(status=200, body="\n".join([*lines, ""]).encode())

    # --- What is recorded --------------------------------------------------------------------

    def record_of(self, origin: str) -> Record | None:
        """Read what is recorded of a log."""
        with self._turn:
            return self._state.record_of(origin)

    def published_path(self, origin: str) -> Path:
        """Say where the copy of a log's last cosigned checkpoint lies."""
        return self._published / origin_hash(origin) / "checkpoint"

    def publish(self, record: Record) -> None:
        """Replace the copy of a log's last cosigned checkpoint, and see it on the disk."""
        path = self.published_path(record.checkpoint.origin)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name("checkpoint.new")
        with draft.open("wb") as file:
            file.write(record.cosigned)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _decide(self, submission: Submission) -> Answer:
        origin = submission.checkpoint.origin
        with self._state.transaction():
            old = self._state.record_of(origin)
            verdict = judge_growth(submission, recorded=None if old is None else old.checkpoint)
            new = None
            if verdict.status is Status.COSIGNED:
                new = self._cosigned(submission, old=old)
                if new is not old:
                    self._state.replace(old=old, new=new)
            elif verdict.finding is not None:
                self._state.keep_refused(
                    _refused(submission, verdict=verdict, old=old, at=self._now()),
                    checkpoint=submission.checkpoint,
                )
        _say(verdict, origin=origin, size=submission.checkpoint.size)
        if new is None:
            return _refusal(verdict)
        self.publish(new)
        return Answer(status=200, body=encode_cosignatures(self._own_lines(new)))

    def _cosigned(self, submission: Submission, *, old: Record | None) -> Record:
        """Cosign; but what was cosigned in this very second already is not signed again."""
        at = self._now()
        note = submission.note.encode()
        if old is not None and (old.note, old.cosigned_at) == (note, at):
            return old
        lines = [key.cosign(submission.checkpoint, at=at) for key in self.keys]
        signatures = (*submission.note.signatures, *lines)
        cosigned = Note(text=submission.note.text, signatures=signatures).encode()
        return Record(
            checkpoint=submission.checkpoint, note=note, cosigned=cosigned, cosigned_at=at
        )

    def _own_lines(self, record: Record) -> list[NoteSignature]:
        own = {(key.name, key.verifier.key_id) for key in self.keys}
        lines = decode_note(record.cosigned).signatures
        return [line for line in lines if (line.name, line.key_id) in own]


def _refused(
    submission: Submission, *, verdict: Verdict, old: Record | None, at: int
) -> RefusedCheckpoint:
    assert verdict.finding is not None
    return RefusedCheckpoint(
        finding=verdict.finding,
        status=verdict.status,
        refused_at=at,
        recorded=None if old is None else old.note,
        checkpoint=submission.note.encode(),
        proof=submission.request.proof,
    )


def _refusal(verdict: Verdict) -> Answer:
    if verdict.status is Status.OTHER_SIZE:
        assert verdict.recorded_size is not None
        return Answer(
            status=409, body=encode_size(verdict.recorded_size), content_type=SIZE_CONTENT_TYPE
        )
    return Answer(status=verdict.status, body=f"{printable(verdict.reason)}\n".encode())


def _unavailable(error: Exception) -> Answer:
    """Answer when nothing could be stored: nothing was cosigned either. Ask again later."""
    print(f"503 {printable(str(error)) or type(error).__name__}", file=sys.stderr, flush=True)
    return Answer(status=503, body=b"The witness cannot store anything now. Ask again later.\n")


def _say(verdict: Verdict, *, origin: str, size: int) -> None:
    finding = "" if verdict.finding is None else f" ({verdict.finding.value.upper()}, kept)"
    line = f"{verdict.status:d} {origin} {size}: {verdict.reason}{finding}"
    print(printable(line), file=sys.stderr, flush=True)
