"""One look at a log: whether it only grew, and whether all that is new may stand in it."""

from collections.abc import Callable, Mapping, Sequence

from evote.cli.findings import OLDER, Finding, Kind
from evote.cli.log_history import (
    Shown,
    accepted_before,
    check_continues,
    check_quorum,
    check_same_root,
    open_tree,
    shrunk,
)
from evote.cli.log_keys import KeyChain
from evote.cli.log_source import LogSource
from evote.cli.log_trust import origin_of
from evote.cli.monitor.entries import check_entries
from evote.cli.monitor.others import Others
from evote.cli.monitor.promises import check_promises
from evote.cli.monitor.state import MonitorState
from evote.tlog.policy import Policy
from evote.tlog.schema import Check
from evote.tlog.signed_tree import SignedTree

# Called with a sentence for whoever watches the monitor.
Say = Callable[[str], None]


class Watch:
    """Looks at one log again and again."""

    def __init__(
        self,
        *,
        log: LogSource,
        others: Sequence[LogSource],
        policy: Policy,
        schemas: Mapping[str, Check],
        state: MonitorState,
        age_limit_seconds: int,
        lag_limit_seconds: int,
        promise_limit_seconds: int,
        say: Say,
    ) -> None:
        self.log = log
        self.others = Others(others, state=state, lag_limit_seconds=lag_limit_seconds, say=say)
        self.policy = policy
        self.schemas = schemas
        self.state = state
        self.age_limit_seconds = age_limit_seconds
        self.promise_limit_seconds = promise_limit_seconds
        self.say = say
        self.chain = KeyChain(policy, told=state.keys)
        self._tree: SignedTree | None = None

    def look(self, *, now: int) -> None:
        """Look once. `now` is in seconds since 1970.

        Raises:
            LogUnreachable: the log cannot be read now; that proves nothing.
            Finding: something is wrong with the log.
        """
        last = self._last_shown()
        # From the state, for an entry that was taken and then not stored is no longer known.
        self.chain = KeyChain(self.policy, told=self.state.keys)
        shown = self.chain.fetch(self.log, last=last, start=self.state.checked)
        check_quorum(shown, policy=self.policy, now=now, age_limit_seconds=self.age_limit_seconds)
        tree = self._accept(shown, last=last)
        checked, told = self.state.checked, len(self.chain.told)
        check_entries(
            shown,
            tree=tree,
            log=self.log,
            schemas=self.schemas,
            state=self.state,
            chain=self.chain,
        )
        self._check_key_is_reached()
        if self.state.checked > checked:
            root = shown.checkpoint.root.hex()
            self.say(f"{shown.checkpoint.size} entries, all checked; root {root}")
        if len(self.chain.told) > told:
            self.say(f"the log changed its key, now {self.chain.told[-1].encode()}")
        self.others.compare(shown, tree=tree, policy=self.chain.policy_of_all, now=now)
        check_promises(
            shown,
            tree=tree,
            log=self.log,
            state=self.state,
            now=now,
            limit_seconds=self.promise_limit_seconds,
            say=self.say,
        )

    # --- The checkpoint -----------------------------------------------------------------------

    def _last_shown(self) -> Shown | None:
        """Give the checkpoint that was accepted last."""
        note = self.state.note
        if note is None:
            return None
        return accepted_before(note, where=f"{self.log.name} before")

    def _accept(self, shown: Shown, *, last: Shown | None) -> SignedTree:
        if last is not None and shown.checkpoint.size < last.checkpoint.size:
            self._explain_shorter(shown, last=last)
            raise shrunk(shown, known=last)
        if last is not None:
            check_same_root(shown, older=last)
        is_same = last is not None and shown.checkpoint == last.checkpoint
        if self._tree is None or not is_same:
            try:
                self._tree = open_tree(self.log, shown)
                if last is not None:
                    check_continues(shown, tree=self._tree, older=last)
            except Finding as finding:
                if last is not None:
                    finding.files.setdefault(OLDER, last.note)
                raise
        if last is None or shown.note != last.note:
            self.state.accept(shown.note)
        return self._tree

    def _explain_shorter(self, shown: Shown, *, last: Shown) -> None:
        """See whether the shorter log is at least what the longer one began with.

        Whoever went back may serve the longer one's tiles no longer; others do.
        """
        try:
            check_continues(last, tree=open_tree(self.log, last), older=shown)
        except Finding as finding:
            if finding.is_conclusive:
                raise
        self.others.explain_shorter(shown, policy=self.chain.policy_of_all)

    def _check_key_is_reached(self) -> None:
        told = self.chain.told
        if told and not self.chain.is_reached:
            msg = (
                f"the log {origin_of(self.policy)} changed its key to {told[-1].encode()}, and "
                "no change leads to the key that was given"
            )
            raise Finding(Kind.UNSIGNED, msg)
