"""Compares what several addresses are shown: mirrors, witnesses, the same log from elsewhere."""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from evote.cli.findings import NEWER, OLDER, Finding, Kind
from evote.cli.log_history import Shown, check_continues, fetch_shown, open_tree, read_shown
from evote.cli.log_source import LogAnswerRefused, LogSource, LogUnreachable
from evote.cli.monitor.state import MonitorState
from evote.errors import DecodeError
from evote.tlog.policy import Policy
from evote.tlog.refused import REFUSED_LIMIT_BYTES, decode_refused
from evote.tlog.signed_tree import SignedTree

T = TypeVar("T")

_REMEMBERED_LIMIT = 10_000


class Others:
    """The other addresses. What was compared once is not compared again."""

    def __init__(
        self,
        sources: Sequence[LogSource],
        *,
        state: MonitorState,
        lag_limit_seconds: int,
        say: Callable[[str], None],
    ) -> None:
        self.sources = sources
        self.state = state
        self.lag_limit_seconds = lag_limit_seconds
        self.say = say
        self._compared: set[bytes] = set()

    def compare(self, shown: Shown, *, tree: SignedTree, policy: Policy, now: int) -> None:
        """Ask every other address, and see that all are shown one log.

        An address that is behind proves nothing: copies come later. One that is ahead is
        remembered until the log is as long; for longer than the limit the log may not hide what
        others see.

        Raises:
            Finding: the log signed two histories, or shows others more than us.
        """
        self._compare_remembered(shown, tree=tree, policy=policy)
        for other in self.sources:
            theirs = self._ask(partial(fetch_shown, other, policy=policy))
            if theirs is not None:
                self._compare(theirs, shown=shown, tree=tree, other=other, now=now)
            for note in self._ask(partial(_refused_notes, other)) or ():
                self._compare_refused(note, shown=shown, tree=tree, policy=policy, now=now)
        self._check_nothing_is_withheld(shown, now=now)

    def _ask(self, question: Callable[[], T]) -> T | None:
        """Ask something of another address; None: there is no answer that can be compared."""
        try:
            return question()
        except LogUnreachable as error:
            self.say(f"not compared: {error}")
        except Finding as finding:
            if finding.is_conclusive:
                raise
            self.say(f"not compared: {finding}")
        return None

    def explain_shorter(self, shown: Shown, *, policy: Policy) -> None:
        """See whether anybody still shows a log that does not begin with this shorter one.

        Raises:
            Finding: somebody does.
        """
        for other in self.sources:
            try:
                theirs = fetch_shown(other, policy=policy)
                if theirs.checkpoint.size >= shown.checkpoint.size:
                    check_continues(theirs, tree=open_tree(other, theirs), older=shown)
            except LogUnreachable:
                continue
            except Finding as finding:
                if finding.is_conclusive:
                    raise

    def _compare(
        self, theirs: Shown, *, shown: Shown, tree: SignedTree, other: LogSource, now: int
    ) -> None:
        if theirs.checkpoint.size <= shown.checkpoint.size:
            check_continues(shown, tree=tree, older=theirs)
            return
        self.state.add_ahead(address=other.name, note=theirs.note, since=now)
        try:  # Their tiles, where they have any, tell at once.
            check_continues(theirs, tree=open_tree(other, theirs), older=shown)
        except LogUnreachable:
            return
        except Finding as finding:
            if finding.is_conclusive:
                raise

    def _compare_refused(
        self, note: bytes, *, shown: Shown, tree: SignedTree, policy: Policy, now: int
    ) -> None:
        """Compare a checkpoint that the log signed and a witness did not cosign.

        The witness may have been unable to prove a fork; whoever reads the log can.
        """
        digest = hashlib.sha256(note).digest()
        if digest in self._compared:
            return
        where = f"a witness, refused, {digest.hex()[:16]}"
        try:
            theirs = read_shown(note, policy=policy, where=where)
        except Finding as finding:
            if finding.is_conclusive:
                raise
            return
        if theirs.checkpoint.size > shown.checkpoint.size:
            self.state.add_ahead(address=where, note=note, since=now)
            return
        check_continues(shown, tree=tree, older=theirs)
        if len(self._compared) < _REMEMBERED_LIMIT:
            self._compared.add(digest)

    def _compare_remembered(self, shown: Shown, *, tree: SignedTree, policy: Policy) -> None:
        """Compare the checkpoints that were larger than ours and are so no longer."""
        for address, note, _ in self.state.ahead():
            theirs = read_shown(note, policy=policy, where=address)
            if theirs.checkpoint.size <= shown.checkpoint.size:
                check_continues(shown, tree=tree, older=theirs)
                self.state.drop_ahead(address)

    def _check_nothing_is_withheld(self, shown: Shown, *, now: int) -> None:
        for address, note, since in self.state.ahead():
            if now - since > self.lag_limit_seconds:
                msg = (
                    f"{address} was shown a longer log {now - since} seconds ago than "
                    f"{shown.where} shows now, {shown.checkpoint.size} entries"
                )
                raise Finding(Kind.WITHHELD, msg, files={OLDER: shown.note, NEWER: note})


def _refused_notes(other: LogSource) -> list[bytes]:
    """Read what a witness refused to cosign; mirrors and logs have no such file."""
    try:
        data = other.read("refused", limit_bytes=REFUSED_LIMIT_BYTES)
        return [] if data is None else [one.checkpoint for one in decode_refused(data)]
    except (DecodeError, LogAnswerRefused) as error:
        msg = f"{other.name}/refused: {error}"
        raise Finding(Kind.GARBAGE, msg) from error
