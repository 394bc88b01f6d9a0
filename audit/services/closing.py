"""Closing the log for ever and following on it with a new one: the last resort.

For a log that cannot go on: what the world saw of it is not in the database and in no copy, or its
key is lost. In this order, and each step may be the last one before a crash:

1. The new log's key is made, in a file beside the old one, and what is to be published with the
   statement is put aside.
2. One transaction adds the entry that closes the old log and begins the new one. Before it nothing
   happened; from then on nobody signs for the old log (`sequencing.refuse_closed_log`).
3. The old log's public files go to a folder of their own as they are, and the final statement, the
   keys, the policy and the last checkpoint join them.
4. The mark file is put aside.
5. The old key's public half is kept, and the new key takes the place of the old one, which is gone.

Entries keep their places: nothing is ever sequenced anew. The rest is the sequencer's.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from audit.models import Checkpoint, LogEntry, TreeHead
from audit.models.entry import log_time
from audit.selectors.closed_logs import (
    CHECKPOINT_FILE,
    EXPLANATION_FILE,
    closed_folder,
    folder_name,
)
from audit.selectors.key import (
    LogKeyMissing,
    closed_log_keys,
    next_key_file,
    read_signing_key,
    signing_key,
    successions,
    successor_key_file,
)
from audit.selectors.policy import PolicyUnusable, current_policy
from audit.selectors.tree import latest_head
from audit.services.growing import add_entries, add_head, identity_of
from audit.services.log import encode_entry
from audit.services.marks import LogHalted, Mark, mark_file, refuse_mark
from audit.services.publishing import log_folder, write_durably
from audit.services.recovery import (
    LogCopy,
    Loss,
    Lost,
    RecoveryRefused,
    missing_rows,
    rehearse_recovery,
)
from audit.services.rotating import remember_earlier_key
from audit.services.sequencing import only_sequencer, refuse_other_root
from audit.services.signing import KeyExists, make_durable, write_new_key
from audit.services.witness_marks import seen_marks
from evote.errors import EvoteError
from evote.tlog import merkle
from evote.tlog.checkpoint import decode_checkpoint, verify_checkpoint
from evote.tlog.merkle import EMPTY_ROOT
from evote.tlog.note import SigningKey, VerifierKey, decode_note
from evote.tlog.policy import Policy, PolicyLog
from evote.tlog.succession import KIND, Closing, Reason, Succession, Tree, sign_closing
from evote.tlog.tiles import BundleAddress, TileAddress

EXPLANATION_LIMIT_CHARACTERS = 2_000
POLICY_FILE, STATEMENT_FILE, KEYS_FILE = "policy", "statement", "keys"
_YEAR_AND_LETTER = re.compile(r"/[0-9]{4}[b-z]")

Tell = Callable[[str], None]


class ClosingRefused(Exception):
    """Nothing was changed. The message says why, for operators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingPlan:
    """What closing the log would do. `marks` are all that were seen of it outside the database.

    `unheard` are the addresses of witnesses that gave no checkpoint of it.
    """

    old: VerifierKey
    new_origin: str
    reason: Reason
    obstacle: str
    marks: tuple[Mark, ...]
    unheard: tuple[str, ...]
    kept: Tree

    @property
    def final(self) -> Mark:
        """The furthest of what was seen."""
        return max(self.marks, key=lambda mark: mark.checkpoint.size)


# --- Whether, and with what -----------------------------------------------------------------------


def plan_closing(
    *, copies: Iterable[LogCopy], new_origin: str | None, now: datetime
) -> ClosingPlan:
    """See that the log is halted for good, and say what closing it would do. It changes nothing.

    `copies` are what is at hand of the old log: while one of them can bring it back, it is not
    closed.

    Raises:
        ClosingRefused: the log need not be closed, or cannot be.
    """
    try:
        old, marks, head = signing_key().verifier, seen_marks().seen, latest_head()
        kept = _kept_tree(head)
    except LogKeyMissing as error:
        msg = f"{error} If it is lost for good, name its public half with --lost-key."
        raise ClosingRefused(msg) from error
    except LogHalted as error:
        msg = f"{error} Set that right first (docs/operations.md, “When the log halts”)."
        raise ClosingRefused(msg) from error
    _refuse_closed(old.name)
    obstacle = _obstacle(head, marks=marks)
    _refuse_recoverable(copies, marks=marks, now=now)
    furthest = max(mark.checkpoint.size for mark in marks)
    return ClosingPlan(
        old=old,
        new_origin=_new_origin(old.name, wanted=new_origin, now=now),
        reason=Reason.BEHIND if furthest > kept.size else Reason.CONTRADICTED,
        obstacle=obstacle,
        marks=marks,
        unheard=tuple(_unheard(marks)),
        kept=kept,
    )


def plan_without_key(
    *, lost_key: VerifierKey, new_origin: str | None, now: datetime
) -> ClosingPlan:
    """Say what closing a log would do whose key is lost. Checkpoints show that it was this key.

    Witnesses are not asked: without a key no policy holds.

    Raises:
        ClosingRefused: there is a key, or this is not the lost one's public half.
    """
    with suppress(LogKeyMissing):
        name = signing_key().name
        msg = f"There is a key, of {name}: a log whose key can still sign is not closed as lost."
        raise ClosingRefused(msg)
    try:
        kept = _kept_tree(latest_head())
    except LogHalted as error:
        raise ClosingRefused(str(error)) from error
    marks = tuple(_marks_by(lost_key))
    if not marks:
        msg = (
            f"{lost_key.encode()} signed neither the published checkpoint, nor the mark file, nor "
            "the newest checkpoint of the database. See /log/key in any copy of the site."
        )
        raise ClosingRefused(msg)
    _refuse_closed(lost_key.name)
    return ClosingPlan(
        old=lost_key,
        new_origin=_new_origin(lost_key.name, wanted=new_origin, now=now),
        reason=Reason.KEY_LOST,
        obstacle="The log's key is lost, and nothing can be signed with it.",
        marks=marks,
        unheard=(),
        kept=kept,
    )


def lost_entries(copies: Iterable[LogCopy], *, plan: ClosingPlan) -> tuple[Loss, ...]:
    """Name what the remains of the old log's files hold and the database does not.

    Nobody vouches for those files any more, and they may end early: it is a hint for operators.
    """
    lost = Lost()
    start = plan.kept.size if plan.reason is Reason.BEHIND else 0
    for copy in copies:
        with suppress(EvoteError):
            size = decode_checkpoint(decode_note(copy.checkpoint())).size
            for rows in missing_rows(copy, start=start, end=size):
                known = {
                    bytes(identity)
                    for identity in LogEntry.objects.filter(
                        identity__in=[row.identity for row in rows]
                    ).values_list("identity", flat=True)
                }
                lost.note([row for row in rows if row.identity not in known])
    return lost.losses()


def _refuse_closed(origin: str) -> None:
    folder = closed_folder(folder_name(origin))
    if folder.exists():
        msg = f"{origin} was closed before: {folder}. Put the key of the log that follows in place."
        raise ClosingRefused(msg)


def _kept_tree(head: TreeHead | None) -> Tree:
    if head is None:
        return Tree(size=0, root=EMPTY_ROOT)
    refuse_other_root(head=head)
    return Tree(size=head.size, root=bytes(head.root))


def _obstacle(head: TreeHead | None, *, marks: Iterable[Mark]) -> str:
    """Say why the log cannot go on.

    Raises:
        ClosingRefused: it can.
    """
    for mark in marks:
        try:
            refuse_mark(head=head, mark=mark)
        except LogHalted as error:
            return str(error)
    msg = (
        "The log is not halted: the database continues everything that was seen of it outside. A "
        "key that was stolen or grew old is changed with manage.py rotate_log_key."
    )
    raise ClosingRefused(msg)


@dataclass(slots=True)
class _UnderMark:
    """A copy, read under a checkpoint that lies elsewhere: its own may be older than its tiles."""

    copy: LogCopy
    note: bytes
    name: str

    def checkpoint(self) -> bytes:
        return self.note

    def tile(self, address: TileAddress) -> bytes | None:
        return self.copy.tile(address)

    def bundle(self, address: BundleAddress) -> bytes | None:
        return self.copy.bundle(address)


def _refuse_recoverable(copies: Iterable[LogCopy], *, marks: Iterable[Mark], now: datetime) -> None:
    """See that no copy brings the log back, as it is or under one of the marks.

    Raises:
        ClosingRefused: one does.
    """
    for copy in copies:
        ways = [(copy, f"manage.py recover_log {copy.name}")]
        ways += [
            (
                _UnderMark(copy, mark.note, copy.name),
                f"put {mark.place} there as the file `checkpoint`, then recover_log",
            )
            for mark in marks
            if mark.note is not None
        ]
        for way, words in ways:
            with suppress(RecoveryRefused):
                rehearse_recovery(copy=way, today=now.date(), progress=lambda *_: None)
                msg = f"{copy.name} holds what is missing: {words}"
                raise ClosingRefused(msg)


def _unheard(marks: Iterable[Mark]) -> Iterable[str]:
    try:
        policy = current_policy()
    except PolicyUnusable:
        return
    heard = {mark.place.rsplit(" ", 1)[-1] for mark in marks}
    for url in sorted({witness.url or "" for witness in policy.witnesses} if policy else ()):
        if url and url not in heard:
            yield url


def _marks_by(key: VerifierKey) -> Iterable[Mark]:
    newest = Checkpoint.objects.order_by("-head_id").first()
    found: list[tuple[str, bytes]] = []
    for place, path in (
        ("the published checkpoint", log_folder() / "checkpoint"),
        ("the mark file", mark_file()),
    ):
        with suppress(FileNotFoundError):
            found.append((place, path.read_bytes()))
    if newest is not None:
        found.append(("the newest checkpoint of the database", bytes(newest.note)))
    for place, note in found:
        with suppress(EvoteError):
            checkpoint = verify_checkpoint(note, key=key)
            yield Mark(place=place, checkpoint=checkpoint, note=note)


def _new_origin(old: str, *, wanted: str | None, now: datetime) -> str:
    """Name the new log: the old one's address with the year and a letter, if nobody names it."""
    taken = {old, *(found.closing.old.name for found in successions())}
    if wanted is not None:
        if wanted in taken or folder_name(wanted) in map(folder_name, taken):
            msg = f"{wanted} is, or was, the name of a log already."
            raise ClosingRefused(msg)
        return wanted
    base = _YEAR_AND_LETTER.sub("", old) if _YEAR_AND_LETTER.search(old) else old
    names = (f"{base}/{now.year}{letter}" for letter in "bcdefghijklmnopqrstuvwxyz")
    return next(name for name in names if name not in taken)


# --- Doing it -------------------------------------------------------------------------------------


def close_log(plan: ClosingPlan, *, explanation: str, now: datetime, tell: Tell) -> VerifierKey:
    """Close the log as planned; return the key of the one that follows.

    `tell` hears of each step that is done.

    Raises:
        ClosingRefused: the sequencer is at work, the database changed meanwhile, the new log cannot
            have this name, or there is no explanation that could be published.
    """
    words = explanation.strip()
    if not words or len(words) > EXPLANATION_LIMIT_CHARACTERS:
        msg = f"Say why, in at most {EXPLANATION_LIMIT_CHARACTERS} characters."
        raise ClosingRefused(msg)
    with only_sequencer() as is_ours:
        if not is_ours:
            msg = "The sequencer is at work: stop web, worker and beat first."
            raise ClosingRefused(msg)
        new = _new_key(plan.new_origin)
        tell(f"made the key of {new.name}, in {successor_key_file()}")
        _put_aside(plan, words=words)
        tell(f"put aside what is published with the statement, in {_aside(plan.old.name)}")
        closing = Closing(
            old=plan.old,
            final=Tree(size=plan.final.checkpoint.size, root=plan.final.checkpoint.root),
            new=new.verifier,
            kept=plan.kept,
            reason=plan.reason,
            explanation=hashlib.sha256(f"{words}\n".encode()).digest(),
            at=log_time(now),
        )
        old = None if plan.reason is Reason.KEY_LOST else signing_key()
        _enter(sign_closing(closing, old=old, new=new))
        tell(f"entered the closing in the log, as entry {plan.kept.size}")
        _finish(tell=tell)
    return new.verifier


def unfinished_closing() -> Succession | None:
    """Return the closing that was entered in the log and did not come to its end; else None."""
    found = successions()
    if not found or not successor_key_file().exists():
        return None
    # Another key there is that of an attempt which never came to its entry.
    waits = read_signing_key(successor_key_file()).verifier == found[-1].closing.new
    return found[-1] if waits else None


def finish_closing(*, tell: Tell) -> VerifierKey:
    """Go on where a closing was cut off.

    Raises:
        ClosingRefused: the sequencer is at work, or the new log's key is another one.
    """
    with only_sequencer() as is_ours:
        if not is_ours:
            msg = "The sequencer is at work: stop web, worker and beat first."
            raise ClosingRefused(msg)
        _finish(tell=tell)
    return signing_key().verifier


def _new_key(origin: str) -> SigningKey:
    try:
        with suppress(KeyExists):  # An earlier attempt made it.
            write_new_key(SigningKey.generate(name=origin), path=successor_key_file())
    except EvoteError as error:
        msg = f"A log cannot be called {origin!r}: {error}."
        raise ClosingRefused(msg) from error
    key = read_signing_key(successor_key_file())
    if key.name != origin:
        msg = (
            f"{successor_key_file()} holds a key of {key.name}, which an earlier attempt made. "
            "Give --origin with that name, or take the file away."
        )
        raise ClosingRefused(msg)
    return key


def _aside(origin: str) -> Path:
    folder = closed_folder(folder_name(origin))
    return folder.with_name(f".{folder.name}")


def _put_aside(plan: ClosingPlan, *, words: str) -> None:
    """Keep what the next steps, or the same steps after a crash, cannot find out again."""
    folder = _aside(plan.old.name)
    write_durably(folder / EXPLANATION_FILE, f"{words}\n".encode())
    write_durably(folder / POLICY_FILE, _policy(plan.old))
    if plan.final.note is not None:
        write_durably(folder / CHECKPOINT_FILE, plan.final.note)


def _policy(old: VerifierKey) -> bytes:
    """Give the policy under which the old log's receipts are checked."""
    with suppress(OSError):
        if settings.LOG_POLICY_FILE:
            return Path(settings.LOG_POLICY_FILE).read_bytes()
    return Policy(
        logs=(PolicyLog(key=old, url=None),), witnesses=(), groups=(), quorum=None
    ).encode()


@transaction.atomic(durable=True)
def _enter(succession: Succession) -> None:
    closing = succession.closing
    head = latest_head()
    if (head.size if head is not None else 0) != closing.kept.size:
        msg = "The database grew meanwhile: stop web, worker and beat, and begin again."
        raise ClosingRefused(msg)
    body = encode_entry(kind=KIND, body=succession.body())
    entry = LogEntry(
        index=closing.kept.size,
        identity=identity_of(body),
        kind=KIND,
        body=body,
        leaf_hash=merkle.leaf_hash(body),
        subject=None,
        about="",
    )
    add_entries([entry])
    add_head(closing.kept.size + 1)


# --- After the entry: each of these may be done twice ---------------------------------------------


def _finish(*, tell: Tell) -> None:
    succession = successions()[-1]
    closing = succession.closing
    new = read_signing_key(successor_key_file())
    if new.verifier != closing.new:
        msg = f"{successor_key_file()} is not the key that the log names, {closing.new.encode()}."
        raise ClosingRefused(msg)
    folder = closed_folder(folder_name(closing.old.name))
    _move_public_files(folder)
    tell(f"moved the public files of {closing.old.name} to {folder}")
    _join(folder, succession=succession)
    tell("put the final statement, the explanation, the keys and the policy beside them")
    _put_mark_aside(folder.name)
    remember_earlier_key(closing.old)
    next_key_file().unlink(missing_ok=True)  # A change of the old log's key ends here too.
    path = Path(settings.LOG_KEY_FILE)
    successor_key_file().replace(path)
    make_durable(path.parent)
    tell(f"put the key of {closing.new.name} in the place of the old one, which is gone")


def _move_public_files(folder: Path) -> None:
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    if log_folder().exists():
        log_folder().rename(folder)
        make_durable(log_folder().parent)
    else:
        folder.mkdir()
    make_durable(folder.parent)


def _join(folder: Path, *, succession: Succession) -> None:
    closing = succession.closing
    aside = _aside(closing.old.name)
    for name in (EXPLANATION_FILE, POLICY_FILE, CHECKPOINT_FILE):
        with suppress(FileNotFoundError):
            write_durably(folder / name, (aside / name).read_bytes())
    keys = [key for key in closed_log_keys() if key.name == closing.old.name]
    write_durably(folder / KEYS_FILE, "".join(f"{key.encode()}\n" for key in keys).encode())
    write_durably(folder / STATEMENT_FILE, succession.statement().encode())
    if aside.exists():
        for path in aside.iterdir():
            path.unlink()
        aside.rmdir()


def _put_mark_aside(name: str) -> None:
    with suppress(FileNotFoundError):
        mark_file().replace(mark_file().with_name(f"{mark_file().name}.closed-{name}"))
