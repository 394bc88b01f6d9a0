"""One look at a log: whether it only grew, and whether all that is new may stand in it."""

from collections.abc import Callable, Mapping, Sequence

from evote.cli.findings import OLDER, Finding, Kind
from evote.cli.log_history import (
    Shown,
    check_continues,
    check_quorum,
    check_same_root,
    fetch_shown,
    open_tree,
    read_shown,
    shrunk,
)
from evote.cli.log_source import LogSource, LogUnreachable
from evote.cli.log_trust import origin_of, with_keys
from evote.cli.monitor.entries import check_entries, find_later_keys
from evote.cli.monitor.others import compare_others
from evote.cli.monitor.promises import check_promises
from evote.cli.monitor.state import MonitorState
from evote.tlog.note import VerifierKey
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
        self.others = others
        self.policy = policy
        self.schemas = schemas
        self.state = state
        self.age_limit_seconds = age_limit_seconds
        self.lag_limit_seconds = lag_limit_seconds
        self.promise_limit_seconds = promise_limit_seconds
        self.say = say
        self._tree: SignedTree | None = None

    def look(self, *, now: int) -> None:
        """Look once. `now` is in seconds since 1970.

        Raises:
            LogUnreachable: the log cannot be read now; that proves nothing.
            Finding: something is wrong with the log.
        """
        shown = self._fetch()
        check_quorum(shown, policy=self.policy, now=now, age_limit_seconds=self.age_limit_seconds)
        tree = self._accept(shown)
        checked, keys = self.state.checked, self.state.keys
        check_entries(shown, tree=tree, log=self.log, schemas=self.schemas, state=self.state)
        self._check_key_is_reached()
        if self.state.checked > checked:
            root = shown.checkpoint.root.hex()
            self.say(f"{shown.checkpoint.size} entries, all checked; root {root}")
        if self.state.keys != keys:
            self.say(f"the log changed its key, now {self.state.keys[-1].encode()}")
        compare_others(
            shown,
            tree=tree,
            others=self.others,
            policy=with_keys(self.policy, self.known_keys()),
            state=self.state,
            now=now,
            lag_limit_seconds=self.lag_limit_seconds,
            say=self.say,
        )
        check_promises(
            shown,
            tree=tree,
            log=self.log,
            state=self.state,
            now=now,
            limit_seconds=self.promise_limit_seconds,
            say=self.say,
        )

    def known_keys(self) -> list[VerifierKey]:
        """Give every key that was ever the log's: older checkpoints still bear theirs."""
        known = self._trusted_keys()
        return known + [key for key in self.state.keys if key not in known]

    # --- The checkpoint -----------------------------------------------------------------------

    def last_shown(self) -> Shown | None:
        """Give the checkpoint that was accepted last."""
        note = self.state.note
        if note is None:
            return None
        policy = with_keys(self.policy, self.known_keys())
        return read_shown(note, policy=policy, where=f"{self.log.name}, before")

    def _fetch(self) -> Shown:
        """Read the checkpoint under the key that is in force now.

        A log that has changed its key meanwhile says so in an entry that both keys signed.
        """
        current = with_keys(self.policy, self._keys_in_force())
        try:
            return fetch_shown(self.log, policy=current)
        except Finding as finding:
            if finding.kind is not Kind.UNSIGNED:
                raise
            known = with_keys(self.policy, self.known_keys())
            last = self.last_shown()
            if last is not None:  # The one that was signed last by the old key, refreshed.
                shown = _signed_or_none(self.log, policy=known)
                if shown is not None and shown.checkpoint == last.checkpoint:
                    return shown
            later = find_later_keys(
                self.log, key=self._keys_in_force()[-1], start=self.state.checked
            )
            if not later:
                raise
            return fetch_shown(self.log, policy=with_keys(self.policy, [later[-1]]))

    def _accept(self, shown: Shown) -> SignedTree:
        last = self.last_shown()
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

        Whoever went back may serve the longer one's tiles no longer; a mirror does.
        """
        for source in (self.log, *self.others):
            try:
                check_continues(last, tree=open_tree(source, last), older=shown)
            except LogUnreachable:
                continue
            except Finding as finding:
                if finding.is_conclusive:
                    raise

    # --- The keys ---------------------------------------------------------------------------------

    def _trusted_keys(self) -> list[VerifierKey]:
        return [log.key for log in self.policy.logs]

    def _keys_in_force(self) -> list[VerifierKey]:
        """Give the keys that may sign now: those given, or what the log changed them to."""
        trusted, told = self._trusted_keys(), self.state.keys
        return [told[-1]] if any(key in told for key in trusted) else trusted

    def _check_key_is_reached(self) -> None:
        told = self.state.keys
        if told and not any(key in told for key in self._trusted_keys()):
            msg = (
                f"the log {origin_of(self.policy)} changed its key to {told[-1].encode()}, and "
                "no change leads to the key that was given"
            )
            raise Finding(Kind.UNSIGNED, msg)


def _signed_or_none(log: LogSource, *, policy: Policy) -> Shown | None:
    try:
        return fetch_shown(log, policy=policy)
    except Finding:
        return None
