"""What is kept when a log is found wrong: a folder that others can check without the log.

finding.json       which log, what was found, when, and in which of the files below
older.checkpoint   signed notes, byte for byte as they were served
newer.checkpoint
proof.txt          hashes in base64, one on each line: the newer log's own way from the
                   older size to the newer one (`SignedTree.growth_proof`)
*.tlog-proof       entries, with the proof that the log holds them
served/…           other files as they were served
"""

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.errors import EvoteError
from evote.tlog.note import VerifierKey

OLDER = "older.checkpoint"
NEWER = "newer.checkpoint"
PROOF = "proof.txt"
PROMISE = "promise.note"


class Kind(StrEnum):
    """What can be wrong with a log."""

    FORK = "fork"  # two signed checkpoints that cannot both be true
    ENTRY = "entry"  # an entry that breaks the log's own rules
    MALFORMED = "malformed"  # signed by the log, and no checkpoint
    SHRUNK = "shrunk"  # shorter than it was shown before
    WITHHELD = "withheld"  # shorter than others are shown
    UNSIGNED = "unsigned"  # not signed by the log's key, or not by enough witnesses
    STALE = "stale"  # cosigned, but too long ago
    MISSING = "missing"  # a file that the signed size promises is not served
    TAMPERED = "tampered"  # a file that is served is not the one that was signed
    GARBAGE = "garbage"  # an answer that no log gives
    PROMISE = "promise"  # a signed promise that was not kept


# These rest on the log's own signature; the others may be a passing fault.
CONCLUSIVE = frozenset({Kind.FORK, Kind.ENTRY, Kind.MALFORMED})


class Finding(EvoteError):
    """Something is wrong with a log. `files` is what shows it: name -> bytes."""

    def __init__(
        self, kind: Kind, message: str, *, files: Mapping[str, bytes] | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.files = dict(files or {})

    @property
    def is_conclusive(self) -> bool:
        """Say whether the log's own signature proves it, so that no second look is needed."""
        return self.kind in CONCLUSIVE


def keep_finding(finding: Finding, *, keys: list[VerifierKey], folder: Path, at: datetime) -> Path:
    """Write a finding into a new folder inside `folder`, whole or not at all. Returns it.

    Raises:
        CommandFailed: it cannot be written.
    """
    moment = at.astimezone(UTC)
    place = folder / f"{moment:%Y%m%dT%H%M%SZ}-{finding.kind}-{secrets.token_hex(3)}"
    summary = {
        "version": 1,
        "finding": finding.kind,
        "message": finding.message,
        "found_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "log": keys[0].name,
        "keys": [key.encode() for key in keys],
        "files": sorted(finding.files),
    }
    text = json.dumps(summary, ensure_ascii=False, indent=2) + "\n"
    draft = place.with_name(f".{place.name}")
    try:
        for name, content in {"finding.json": text.encode(), **finding.files}.items():
            _write(draft / name, content)
        draft.rename(place)
    except OSError as error:
        msg = f"{place}: {error.strerror or error}. The finding was: {finding.message}"
        raise CommandFailed(msg) from error
    return place


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_finding_file(folder: Path, name: str, *, limit_bytes: int) -> bytes:
    """Read one file of a folder of evidence.

    Raises:
        CommandFailed: it is not there, or too large.
    """
    path = folder / name
    with contextlib.suppress(OSError):
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
        if len(data) <= limit_bytes:
            return data
    msg = f"{path} is missing or too large; is {folder} a whole folder of evidence?"
    raise CommandFailed(msg)
