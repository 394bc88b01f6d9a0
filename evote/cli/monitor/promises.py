"""Waits for the entries that the server promised by its signature."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from evote.cli.errors import CommandFailed
from evote.cli.findings import NEWER, PROMISE, Finding, Kind
from evote.cli.log_history import Shown
from evote.cli.log_source import LogSource
from evote.cli.monitor.entries import read_entries
from evote.cli.monitor.state import MonitorState, WatchedPromise
from evote.cli.sources import read_source
from evote.encoding import hash_of_b64
from evote.errors import DecodeError, EvoteError
from evote.tlog.entries import read_members
from evote.tlog.note import NOTE_LIMIT_BYTES, VerifierKey, decode_note, verify_note
from evote.tlog.signed_tree import SignedTree
from evote.tlog.tiles import TILE_WIDTH

_FIRST_LINE = "pnyx promise 1"
_BUNDLES_PER_CHANGE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What was promised: an entry, or the entry of a ballot, and perhaps by when."""

    entry: bytes | None
    election: str | None
    tracker: bytes | None
    before: int | None

    def is_kept_by(self, data: bytes) -> bool:
        """Say whether this entry is the promised one."""
        if self.entry is not None:
            return hashlib.sha256(data).digest() == self.entry
        assert self.tracker is not None
        if self.tracker.hex().encode() not in data:  # most entries; they need not be read
            return False
        value = read_members(data)
        promised = {
            "kind": "election-event",
            "type": "Ballot",
            "election": self.election,
            "payload": self.tracker.hex(),
        }
        return all(value.get(name) == member for name, member in promised.items())


def decode_promise(text: str) -> Promise:
    """Read the text of a promise: of a ballot (docs/api.md) or of evidence.

    Raises:
        DecodeError: it is none, or of a kind that is not known here.
    """
    first, *lines = text.rstrip("\n").split("\n")
    members = dict(line.partition(" ")[::2] for line in lines)
    if first != _FIRST_LINE or len(members) != len(lines):
        msg = "this is not a promise"
        raise DecodeError(msg)
    try:
        before = members.get("before")
        return Promise(
            entry=bytes.fromhex(members["entry"]) if "entry" in members else None,
            election=members.get("election"),
            tracker=None if "entry" in members else hash_of_b64(members["tracker"]),
            before=None if before is None else _seconds(before),
        )
    except (KeyError, ValueError) as error:
        msg = "the promise names neither an entry nor a tracker, or no time"
        raise DecodeError(msg) from error


def _seconds(moment: str) -> int:
    return int(datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


def watch_promise(
    source: str, *, keys: Sequence[VerifierKey], state: MonitorState, now: int
) -> None:
    """Take a promise from a file, as a note or in the JSON in which it was given.

    Raises:
        CommandFailed: it is none, or the log did not sign it.
    """
    note = read_source(source, limit_bytes=NOTE_LIMIT_BYTES)
    try:
        if note.lstrip().startswith(b"{"):
            note = _inside_json(note)
        decode_promise(verify_note(note, keys=keys).text)
    except EvoteError as error:
        msg = f"{source}: {error}"
        raise CommandFailed(msg) from error
    state.add_promise(hash_=hashlib.sha256(note).digest(), note=note, since=now)


def _inside_json(data: bytes) -> bytes:
    try:
        value = json.loads(data)["promise"]
    except (ValueError, KeyError, TypeError) as error:
        msg = "the JSON has no member 'promise'"
        raise DecodeError(msg) from error
    return str(value).encode()


def check_promises(
    shown: Shown,
    *,
    tree: SignedTree,
    log: LogSource,
    state: MonitorState,
    now: int,
    limit_seconds: int,
    say: Callable[[str], None],
) -> None:
    """Look for the promised entries, and complain of one that is not there in time.

    Raises:
        Finding: a promise was not kept.
        LogUnreachable: the log cannot be read now.
    """
    for watched in state.promises():
        promise = decode_promise(decode_note(watched.note).text)
        found = _search(promise, watched=watched, shown=shown, tree=tree, log=log, state=state)
        if found is not None:
            say(f"the promised entry is there: {found}")
            continue
        deadline = promise.before or watched.since + limit_seconds
        if now > deadline:
            msg = (
                f"{log.name}: the log of {tree.size} entries does not hold what its server "
                f"promised, {now - deadline} seconds after it had to"
            )
            files = {PROMISE: watched.note, NEWER: shown.note}
            raise Finding(Kind.PROMISE, msg, files=files)


def _search(
    promise: Promise,
    *,
    watched: WatchedPromise,
    shown: Shown,
    tree: SignedTree,
    log: LogSource,
    state: MonitorState,
) -> int | None:
    searched = watched.searched
    while searched < tree.size:
        first = searched // TILE_WIDTH
        last = min(first + _BUNDLES_PER_CHANGE, (tree.size + TILE_WIDTH - 1) // TILE_WIDTH)
        entries = read_entries(
            shown, tree=tree, log=log, start=searched, bundles=range(first, last)
        )
        found = next((index for index, data in entries if promise.is_kept_by(data)), None)
        searched = min(last * TILE_WIDTH, tree.size)
        state.set_searched(watched.hash, searched=searched, found_index=found)
        if found is not None:
            return found
    return None
