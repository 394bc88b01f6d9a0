"""The sequencer: gives entries their places, signs the head and keeps it. One at a time.

These steps, in this order and never in another: commit the entries and the unsigned head; sign
the head, after reading it back; put tiles and bundles on the disk; keep the checkpoint; write the
mark outside the database; publish. The last step waits for the witnesses where the policy asks
for them (`cosigning`), and the sequencer goes on meanwhile. A crash between any two leaves
nothing that the next run does not repair: Ed25519 is deterministic, so the same head gets the
same signature. Nothing is signed inside the transaction that makes it: a rollback would leave a
signed statement about a log that does not exist.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from django.db import connection, transaction

from audit.models import Checkpoint, LogEntry, PendingEntry, TreeHead
from audit.selectors.checkpoints import signed_checkpoint
from audit.selectors.closed_logs import closed_folder, folder_name
from audit.selectors.key import signing_key, successions
from audit.selectors.policy import is_published_at_once
from audit.selectors.tree import latest_head, stored_entries, stored_leaf_hashes, stored_tree
from audit.services import publishing, rotating
from audit.services.growing import add_entries, add_head, entry_of
from audit.services.marks import (
    LogHalted,
    Marks,
    local_marks,
    refuse_contradiction,
    report_doubts,
    write_mark,
)
from audit.services.witness_marks import idle_marks, seen_marks
from evote.tlog import merkle
from evote.tlog.checkpoint import sign_checkpoint, verify_checkpoint

BATCH_LIMIT_ENTRIES = 1_000
BATCHES_PER_HEAD = 20
HEADS_PER_RUN = 10
# Under load a head is signed this often, whatever waits behind it.
TAKE_IN_SECONDS = 1.0
# Any number will do, as long as nothing else in this database locks the same one.
SEQUENCER_LOCK = 0x706E7978_6C6F67


def sequence(*, today: date) -> int:
    """Take in what waits, sign, and publish if no witness has to be asked first.

    Returns how many entries got their place.

    Does nothing while another sequencer is at work. `today` is the day written beside the
    checkpoint.

    Raises:
        LogHalted: the database contradicts what was seen of the log outside it, or itself.
    """
    with only_sequencer() as is_ours:
        if not is_ours:
            return 0
        sequenced = 0
        for _ in range(HEADS_PER_RUN):
            size, is_behind = _sequence_one_head(today=today)
            sequenced += size
            if not is_behind:
                break
        return sequenced


def _sequence_one_head(*, today: date) -> tuple[int, bool]:
    """Go through all the steps once. Returns the number of entries, and whether more wait."""
    # Before anything gets a place: places that were given cannot be taken back, and would be
    # in the way when the database is set right again.
    refuse_closed_log()
    marks = _marks()
    report_doubts(marks)
    refuse_contradiction(head=latest_head(), marks=marks)
    rotating.take_over_if_due()
    if rotating.must_wait_for_publication():
        finish_head(today=today)
        return 0, False
    size, is_behind = _take_in_for_a_while()
    finish_head(today=today)
    rotating.take_over_if_due()
    return size, is_behind


def _take_in_for_a_while() -> tuple[int, bool]:
    """Take in batches, but never so long that who waits for a checkpoint waits for all of them."""
    ends_at = time.monotonic() + TAKE_IN_SECONDS
    sequenced = 0
    for _ in range(BATCHES_PER_HEAD):
        size = take_in_pending()
        sequenced += size
        if size < BATCH_LIMIT_ENTRIES:
            return sequenced, False
        if time.monotonic() >= ends_at:
            break
    return sequenced, True


def _marks() -> Marks:
    head = latest_head()
    checkpoint = signed_checkpoint()
    is_signed = (head.size if head else 0) == (checkpoint.head_id if checkpoint else 0)
    if is_signed and not PendingEntry.objects.exists():
        return idle_marks()
    return seen_marks()


def refuse_halted_log() -> None:
    """Notice a halted log without running the sequencer: what /health asks.

    Reads the marks of this machine and the newest root, not the entries: those are hashed again
    before signing. What the witnesses saw is the sequencer's to ask; the pages hear of it.

    Raises:
        LogHalted: the sequencer would refuse to go on.
    """
    refuse_closed_log()
    head = latest_head()
    refuse_contradiction(head=head, marks=local_marks())
    if head is not None:
        refuse_other_root(head=head)


def refuse_closed_log() -> None:
    """See that the key is not that of a log that was closed, by the log's entries and by its files.

    Raises:
        LogHalted: it is: nobody signs for that log any more.
    """
    name = signing_key().name
    if closed_folder(folder_name(name)).exists():
        msg = f"The log {name} was closed for ever, and its key is in place again."
        raise LogHalted(msg)
    closed = successions()
    if closed and name != closed[-1].closing.new.name:
        closing = closed[-1].closing
        msg = (
            f"The log {closing.old.name} was closed, and the key in place is not that of "
            f"{closing.new.name}: run manage.py close_log again, or put that key back."
        )
        raise LogHalted(msg)


def finish_head(*, today: date) -> None:
    """Sign the newest head, keep it, and publish it, as far as that has not been done yet."""
    head = latest_head()
    refuse_contradiction(head=head, marks=local_marks())
    if head is None:
        return
    sign_and_keep(head=head, today=today)
    checkpoint = signed_checkpoint()
    assert checkpoint is not None, "the checkpoint was kept just now"
    write_mark(bytes(checkpoint.note))
    published = publishing.published_checkpoint()
    if is_published_at_once() and not publishing.is_published(checkpoint, file=published):
        publishing.publish(checkpoint=checkpoint, note=bytes(checkpoint.note))


def sign_and_keep(*, head: TreeHead, today: date) -> None:
    """Sign a head, put what it stands for on the disk, and keep the checkpoint.

    After this the log has spoken: witnesses may be asked, and receipts made.
    """
    complete_size = publishing.complete_size(signed_checkpoint())
    if complete_size == head.size:
        return
    note = sign_head(head=head, signed_size=complete_size)
    publishing.publish_tiles(old_size=complete_size, new_size=head.size)
    keep_checkpoint(head=head, note=note, today=today)


# --- Step 1: entries and the unsigned head ----------------------------------------------------


@transaction.atomic(durable=True)
def take_in_pending() -> int:
    """Give the oldest pending entries their places. Return how many rows left the outbox."""
    rows = list(PendingEntry.objects.order_by("id")[:BATCH_LIMIT_ENTRIES])
    if not rows:
        return 0
    logged = {
        bytes(identity)
        for identity in LogEntry.objects.filter(
            identity__in=[bytes(row.identity) for row in rows]
        ).values_list("identity", flat=True)
    }
    new = [row for row in rows if bytes(row.identity) not in logged]
    if new:
        _append(new)
    PendingEntry.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _append(rows: Sequence[PendingEntry]) -> None:
    head = latest_head()
    start = head.size if head is not None else 0
    add_entries([entry_of(row, index=index) for index, row in enumerate(rows, start)])
    add_head(start + len(rows))


# --- Step 2: sign -------------------------------------------------------------------------------


def sign_head(*, head: TreeHead, signed_size: int) -> bytes:
    """Sign a head, after reading from the database what it stands for.

    `signed_size` is the size of the newest checkpoint: what came since is hashed again.

    Raises:
        LogHalted: what is stored does not have this root, or the signature does not verify.
    """
    refuse_closed_log()
    _recompute_leaves(start=signed_size, end=head.size)
    refuse_other_root(head=head)
    key = signing_key()
    note = sign_checkpoint(size=head.size, root=bytes(head.root), key=key)
    verify_checkpoint(note, key=key.verifier)
    return note


def refuse_other_root(*, head: TreeHead) -> None:
    """Compare the stored tree with the root that was committed with its last entry.

    Raises:
        LogHalted: they differ.
    """
    if stored_tree(head.size).root() != bytes(head.root):
        msg = f"The stored tree of {head.size} entries does not have the root that was committed."
        raise LogHalted(msg)


def _recompute_leaves(*, start: int, end: int) -> None:
    for first in range(start, end, BATCH_LIMIT_ENTRIES):
        last = min(first + BATCH_LIMIT_ENTRIES, end)
        entries = stored_entries(first, last)
        hashes = [merkle.leaf_hash(entry) for entry in entries]
        if hashes != stored_leaf_hashes(first, last) or len(entries) != last - first:
            msg = f"The entries from {first} to {last} do not have the hashes that were committed."
            raise LogHalted(msg)


def keep_checkpoint(*, head: TreeHead, note: bytes, today: date) -> None:
    """Keep a signed checkpoint for ever. Its tiles are published already: receipts may use it."""
    Checkpoint.objects.bulk_create(
        [Checkpoint(head=head, note=note, signed_date=today)], ignore_conflicts=True
    )


# --- One at a time ------------------------------------------------------------------------------


@contextmanager
def only_sequencer() -> Iterator[bool]:
    """Hold PostgreSQL's advisory lock over all steps; it goes with the connection.

    Gives whether it is ours: nobody waits for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [SEQUENCER_LOCK])
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [SEQUENCER_LOCK])
