"""Compares a record with the log that its events must stand in (PROTOCOL 2.1)."""

import hashlib
from collections.abc import Iterator

from evote.cli.findings import Finding
from evote.cli.log_history import Shown, check_quorum, fetch_shown, open_tree, served
from evote.cli.log_keys import find_later_keys
from evote.cli.log_source import LogSource
from evote.cli.log_trust import with_keys
from evote.election import Election
from evote.errors import InvalidRecord
from evote.record import CHANGED, Cast, NotReadable, RecordBytes, events_in_turn
from evote.record.companion_pieces import CastPieces, open_companion, read_casts
from evote.tlog.policy import Policy
from evote.tlog.signed_tree import SignedTree
from evote.tlog.tiles import TILE_WIDTH
from evote.verify import Problem, Report, Verdict
from evote.verify.companion_steps import COMPANION
from evote.verify.log_step import (
    compare_entries,
    entries_of,
    with_log_step,
    without_log_step,
)
from evote.verify.report import BytesRead


def compare_with_log(
    report: Report,
    *,
    data: RecordBytes,
    companion: RecordBytes | None,
    log: LogSource,
    policy: Policy,
) -> Report:
    """Add to a report the step that compares the record with a log.

    What is wrong with the log itself, a missing signature too, is a problem of the step: such a
    log vouches for nothing.

    Raises:
        LogUnreachable: the log cannot be read now. It proves nothing.
        NotReadable: `data` or `companion` cannot be read now.
    """
    election = report.election
    if election is None or report.read is None or report.verdict == Verdict.INVALID:
        return without_log_step(report)
    try:
        expected = _expected(data, companion=companion, election=election, read=report.read)
    except NotReadable:
        raise
    except Exception:  # noqa: BLE001 — these files were valid before, whatever is wrong now
        return with_log_step(report, problems=[Problem("", CHANGED)], comparisons=())
    try:
        shown = _fetch(log, policy=policy)
        tree = open_tree(log, shown)
        problems, indexes = compare_entries(
            expected, uuid=election.uuid, entries=_entries(log, tree=tree, shown=shown)
        )
    except Finding as finding:
        problem = Problem(str(finding.kind), str(finding))
        return with_log_step(report, problems=[problem], comparisons=())
    origin = shown.checkpoint.origin
    bound = election.context.get("log")
    if isinstance(bound, str) and bound != origin:
        msg = f"the election binds the log {bound}, but this is {origin}"
        problems.append(Problem("", msg))
    return with_log_step(
        report, problems=problems, comparisons=_comparisons(shown, count=len(indexes))
    )


def _expected(
    data: RecordBytes, *, companion: RecordBytes | None, election: Election, read: BytesRead
) -> list[bytes]:
    """Give the entries of a record that was verified, without holding it in memory.

    It raises where the files are not the ones that were verified, whatever comes of that.
    """
    assert read.last is not None, "a record without events is invalid"
    events = events_in_turn(data, last=read.last)
    if not election.has_companion:
        return entries_of(events, election=election, companion=None, casts=())
    assert companion is not None, "a record without its second file is invalid"
    small, pieces = open_companion(companion, election=election)
    digest = hashlib.sha256()
    entries = entries_of(
        events, election=election, companion=small, casts=_casts(pieces, digest=digest)
    )
    if small != read.companion or digest.hexdigest() != read.casts_sha256:
        raise InvalidRecord(COMPANION, "companion", CHANGED)
    return entries


def _casts(pieces: CastPieces, *, digest: "hashlib._Hash") -> Iterator[Cast]:
    for piece in pieces.in_turn():
        digest.update(piece.data + b",")
        yield from read_casts(piece)


def _comparisons(shown: Shown, *, count: int) -> list[str]:
    checkpoint = shown.checkpoint
    witnesses = ", ".join(one.name for one in shown.cosigned.cosignatures)
    cosigned = f" and cosigned by {witnesses}" if witnesses else ""
    heights = f"heights 0 to {count - 1} without a gap in the order of their indexes"
    return [
        f"the log {checkpoint.origin} of {checkpoint.size} entries, signed with its key{cosigned}",
        f"{count} entries of this election, {heights}",
        "each names its event, payload and element of the second file; there is none besides",
    ]


def _fetch(log: LogSource, *, policy: Policy) -> Shown:
    """Read the newest checkpoint; where the log changed its key, follow the change.

    Raises:
        Finding: it is not signed as the policy asks.
        LogUnreachable: it cannot be read now.
    """
    try:
        shown = fetch_shown(log, policy=policy)
    except Finding:
        keys = [one.key for one in policy.logs]
        later = find_later_keys(log, key=keys[-1], start=0)
        if not later:
            raise
        policy = with_keys(policy, [*keys, *later])
        shown = fetch_shown(log, policy=policy)
    check_quorum(shown, policy=policy, now=0, age_limit_seconds=0)
    return shown


def _entries(log: LogSource, *, tree: SignedTree, shown: Shown) -> Iterator[tuple[int, bytes]]:
    """Give every entry of the log, each proven to be the signed one."""
    for bundle in range((tree.size + TILE_WIDTH - 1) // TILE_WIDTH):
        with served(shown.note, where=log.name):
            entries = tree.entries(bundle, read_bundle=log.bundle)
        for number, data in enumerate(entries):
            yield bundle * TILE_WIDTH + number, data
