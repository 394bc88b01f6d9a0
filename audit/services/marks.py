"""Marks outside the database: what the world, or another disk, has seen of the log.

A database that was set back to an older copy is consistent in itself and still a lie; only what
lies elsewhere can tell. The marks are the published file, a file on another path that is written
after each signature, and the copies that the witnesses keep. The log goes on only while it
continues every one of them.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from audit.models import TreeHead
from audit.selectors.key import own_keys
from audit.selectors.tree import stored_tree
from audit.services import publishing
from evote.errors import EvoteError
from evote.tlog.checkpoint import Checkpoint, check_origin
from evote.tlog.note import NOTE_LIMIT_BYTES, VerifierKey, decode_note, verify_note

LOGGER = logging.getLogger(__name__)
DOUBTS_REMEMBERED = 1_000
_reported: set["Doubt"] = set()


class LogHalted(Exception):
    """The log must not go on. It stays readable; docs/operations.md says how to recover it."""


class ForeignMark(Exception):
    """A checkpoint that none of the log's keys signed. It says nothing about the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A checkpoint of ours, and where it was found, in words that follow on "as".

    `note` is what lay there, byte for byte; the anchor has none.
    """

    place: str
    checkpoint: Checkpoint
    note: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something in the place of a mark that is not believed. It halts nothing."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Everything that was found outside the database."""

    seen: tuple[Mark, ...]
    doubts: tuple[Doubt, ...]


def local_marks() -> Marks:
    """Read the marks of this machine: the published file and the mark file.

    Raises:
        LogHalted: one of them is ours and cannot be read, or a foreign checkpoint is published.
    """
    published, kept = _published_mark(), None
    doubts: list[Doubt] = []
    try:
        kept = _kept_mark()
    except ForeignMark as error:
        doubts.append(Doubt(place="the mark file", reason=str(error)))
    return Marks(
        seen=tuple(mark for mark in (published, kept) if mark is not None), doubts=tuple(doubts)
    )


def report_doubts(marks: Marks) -> None:
    """Tell operators what was not believed: each thing once, in the diary of this process."""
    for doubt in set(marks.doubts) - _reported:
        LOGGER.warning("Not believed: %s: %s", doubt.place, doubt.reason)
    if len(_reported) > DOUBTS_REMEMBERED:  # a witness may say something else each time
        _reported.clear()
    _reported.update(marks.doubts)


def read_mark(data: bytes, *, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Read a checkpoint that claims to be ours.

    Raises:
        ForeignMark: none of the keys signed it.
        evote.errors.EvoteError: it is no checkpoint of this log, or one of the keys should have
            signed it and did not.
    """
    note = decode_note(data)
    ours = list(keys)
    known = {(key.name, key.key_id) for key in ours}
    if known.isdisjoint((line.name, line.key_id) for line in note.signatures):
        msg = "none of this log's keys signed it"
        raise ForeignMark(msg)
    verify_note(data, keys=ours)
    return check_origin(note, key=ours[0])


def _published_mark() -> Mark | None:
    try:
        checkpoint = publishing.published_checkpoint()
    except EvoteError as error:
        msg = f"The published checkpoint is not one of this log's key: {error}."
        raise LogHalted(msg) from error
    if checkpoint is None:
        return None
    note = (publishing.log_folder() / "checkpoint").read_bytes()
    return Mark(place="the published checkpoint", checkpoint=checkpoint, note=note)


# --- The file on another path -------------------------------------------------------------------


def mark_file() -> Path:
    """Return where the mark is kept: best on another disk than database and public files."""
    return Path(settings.LOG_MARK_FILE)


def write_mark(note: bytes) -> None:
    """Remember the newest checkpoint that was signed. It never gives way to a shorter one.

    What is there and was signed by somebody else is put aside, not lost.

    Raises:
        LogHalted: what is there is ours and cannot be read, or ours and longer.
    """
    signed = read_mark(note, keys=own_keys())
    try:
        kept = _kept_mark()
    except ForeignMark:
        _put_aside(mark_file())
        kept = None
    if kept is not None and kept.checkpoint == signed:
        return
    if kept is not None and kept.checkpoint.size >= signed.size:
        msg = f"The mark file covers {kept.checkpoint.size} entries, and {signed.size} were signed."
        raise LogHalted(msg)
    publishing.write_durably(mark_file(), note)


def _kept_mark() -> Mark | None:
    try:
        with mark_file().open("rb") as file:
            data = file.read(NOTE_LIMIT_BYTES + 1)
    except FileNotFoundError:
        return None
    try:
        checkpoint = read_mark(data, keys=own_keys())
    except EvoteError as error:
        msg = f"The mark file is not one of this log's keys: {error}."
        raise LogHalted(msg) from error
    return Mark(place="the mark file", checkpoint=checkpoint, note=data)


def _put_aside(path: Path) -> None:
    name = f"{path.name}.foreign-{sha256(path.read_bytes()).hexdigest()[:12]}"
    path.replace(path.with_name(name))


# --- Comparing ------------------------------------------------------------------------------------


def refuse_contradiction(*, head: TreeHead | None, marks: Marks) -> None:
    """Compare the database with everything that was seen of the log.

    Raises:
        LogHalted: the database is behind one of the marks, or is another log.
    """
    for mark in marks.seen:
        refuse_mark(head=head, mark=mark)


def refuse_mark(*, head: TreeHead | None, mark: Mark) -> None:
    """Compare the database with one mark.

    Raises:
        LogHalted: the database is behind it, or is another log.
    """
    size = mark.checkpoint.size
    place = mark.place[0].upper() + mark.place[1:]
    if size == 0:
        return
    if head is None:
        msg = f"{place} covers {size} entries, and the database holds none."
        raise LogHalted(msg)
    if size > head.size:
        msg = (
            f"{place} covers {size} entries and the database holds {head.size}: it was restored "
            "from an older copy."
        )
        raise LogHalted(msg)
    if stored_tree(size).root() != mark.checkpoint.root:
        msg = f"The database does not continue {mark.place} of {size}."
        raise LogHalted(msg)
