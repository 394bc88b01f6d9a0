"""Compares what several addresses are shown: mirrors, witnesses, the same log from elsewhere."""

from collections.abc import Callable, Sequence

from evote.cli.findings import NEWER, OLDER, Finding, Kind
from evote.cli.log_history import (
    Shown,
    check_continues,
    fetch_shown,
    open_tree,
    read_shown,
)
from evote.cli.log_source import LogSource, LogUnreachable
from evote.cli.monitor.state import MonitorState
from evote.tlog.policy import Policy
from evote.tlog.signed_tree import SignedTree


def compare_others(
    shown: Shown,
    *,
    tree: SignedTree,
    others: Sequence[LogSource],
    policy: Policy,
    state: MonitorState,
    now: int,
    lag_limit_seconds: int,
    say: Callable[[str], None],
) -> None:
    """Ask every other address, and see that all are shown one log.

    An address that is behind proves nothing: copies come later. One that is ahead is remembered
    until the log is as long; for longer than the limit the log may not hide what others see.

    Raises:
        Finding: the log signed two histories, or shows others more than us.
    """
    _compare_remembered(shown, tree=tree, policy=policy, state=state)
    for other in others:
        try:
            theirs = fetch_shown(other, policy=policy)
        except LogUnreachable as error:
            say(f"not compared: {error}")
            continue
        except Finding as finding:
            if finding.is_conclusive:
                raise
            say(f"not compared: {finding}")
            continue
        if theirs.checkpoint.size <= shown.checkpoint.size:
            check_continues(shown, tree=tree, older=theirs)
            continue
        state.add_ahead(address=other.name, note=theirs.note, since=now)
        _compare_by_their_tiles(shown, theirs=theirs, other=other)
    _check_nothing_is_withheld(shown, state=state, now=now, lag_limit_seconds=lag_limit_seconds)


def _compare_remembered(
    shown: Shown, *, tree: SignedTree, policy: Policy, state: MonitorState
) -> None:
    """Compare the checkpoints that were larger than ours and are so no longer."""
    for address, note, _ in state.ahead():
        theirs = read_shown(note, policy=policy, where=address)
        if theirs.checkpoint.size <= shown.checkpoint.size:
            check_continues(shown, tree=tree, older=theirs)
            state.drop_ahead(address)


def _compare_by_their_tiles(shown: Shown, *, theirs: Shown, other: LogSource) -> None:
    """See at once whether a larger log begins with ours, where its tiles can be read."""
    try:
        their_tree = open_tree(other, theirs)
        check_continues(theirs, tree=their_tree, older=shown)
    except LogUnreachable:
        return
    except Finding as finding:
        if finding.is_conclusive:
            raise


def _check_nothing_is_withheld(
    shown: Shown, *, state: MonitorState, now: int, lag_limit_seconds: int
) -> None:
    for address, note, since in state.ahead():
        if now - since > lag_limit_seconds:
            msg = (
                f"{address} was shown a longer log {now - since} seconds ago than "
                f"{shown.where} shows now, {shown.checkpoint.size} entries"
            )
            raise Finding(Kind.WITHHELD, msg, files={OLDER: shown.note, NEWER: note})
