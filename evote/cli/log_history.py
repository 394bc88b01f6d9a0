"""Compares what a log shows with what it showed before: what monitor and mirror have in common."""

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from evote.cli.findings import NEWER, OLDER, PROOF, Finding, Kind
from evote.cli.log_source import LogAnswerRefused, LogSource
from evote.errors import DecodeError, InvalidProof
from evote.tlog.checkpoint import Checkpoint, decode_checkpoint
from evote.tlog.note import Note, VerifierKey, decode_note, verify_note
from evote.tlog.policy import CosignedCheckpoint, Policy, read_under_policy
from evote.tlog.signed_tree import SignedTree, WrongFile
from evote.tlog.tiles import NotServed


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A checkpoint that the log signed, as it was shown: where, and byte for byte."""

    note: bytes
    cosigned: CosignedCheckpoint
    where: str

    @property
    def checkpoint(self) -> Checkpoint:
        """What it says."""
        return self.cosigned.checkpoint


def fetch_shown(source: LogSource, *, policy: Policy) -> Shown:
    """Ask for the newest checkpoint and check who signed it; the quorum is not asked for.

    Raises:
        LogUnreachable: it cannot be read now.
        Finding: what is served is not a checkpoint that the log signed.
    """
    try:
        note = source.checkpoint()
    except LogAnswerRefused as error:
        raise Finding(Kind.GARBAGE, str(error)) from error
    return read_shown(note, policy=policy, where=source.name)


def accepted_before(note: bytes, *, where: str) -> Shown:
    """Read a checkpoint that was verified when it was kept, under the keys of that time."""
    checkpoint = decode_checkpoint(decode_note(note))
    cosigned = CosignedCheckpoint(checkpoint=checkpoint, cosignatures=(), is_quorum_met=False)
    return Shown(note=note, cosigned=cosigned, where=where)


def read_shown(note: bytes, *, policy: Policy, where: str) -> Shown:
    """Check that the policy's log signed this checkpoint, and whatever known witnesses added.

    Raises:
        Finding: it did not, or what it signed is no checkpoint.
    """
    keys = [log.key for log in policy.logs]
    files = {NEWER: note}
    try:
        decoded = decode_note(note)
    except DecodeError as error:
        msg = f"{where}: the checkpoint is none: {error}"
        raise Finding(Kind.GARBAGE, msg, files=files) from error
    _refuse_successor(decoded, keys=keys, where=where, files=files)
    try:
        verify_note(note, keys=keys)
        _check_is_of_log(decoded, keys=keys, where=where, files=files)
        cosigned = read_under_policy(note, policy)
    except (InvalidProof, DecodeError) as error:
        msg = f"{where}: {error}"
        raise Finding(Kind.UNSIGNED, msg, files=files) from error
    return Shown(note=note, cosigned=cosigned, where=where)


def _refuse_successor(
    note: Note, *, keys: Sequence[VerifierKey], where: str, files: dict[str, bytes]
) -> None:
    """Say what it may mean that another log stands where this one was."""
    origin = note.text.split("\n", 1)[0]
    known = {(key.name, key.key_id) for key in keys}
    if origin == keys[0].name or any((one.name, one.key_id) in known for one in note.signatures):
        return
    msg = (
        f"{where}: this is {origin!r:.200}, and not the log {keys[0].name}. If that one was "
        "closed, its final statement lies under closed/ at the log's address: check it, compare "
        "the new log's key over another way, and follow the new log with that key and a folder "
        "of its own"
    )
    raise Finding(Kind.UNSIGNED, msg, files=files)


def _check_is_of_log(
    note: Note, *, keys: Sequence[VerifierKey], where: str, files: dict[str, bytes]
) -> None:
    """Tell a checkpoint with a wrong form, which no log signs, from other texts of the key."""
    if note.text.split("\n", 1)[0] != keys[0].name:
        msg = f"what the log {keys[0].name} signed here is no checkpoint of it"
        raise InvalidProof(msg)
    try:
        decode_checkpoint(note)
    except DecodeError as error:
        msg = f"{where}: the log signed a checkpoint that is none: {error}"
        raise Finding(Kind.MALFORMED, msg, files=files) from error


def check_quorum(shown: Shown, *, policy: Policy, now: int, age_limit_seconds: int) -> None:
    """Ask for the quorum of the policy, by cosignatures of at most this age. 0: of any age.

    Raises:
        Finding: too few witnesses cosigned, or too long ago.
    """
    files = {NEWER: shown.note}
    cosignatures = shown.cosigned.cosignatures
    if not shown.cosigned.is_quorum_met:
        names = ", ".join(cosignature.name for cosignature in cosignatures) or "nobody"
        msg = f"{shown.where}: the quorum {policy.quorum} is not met: cosigned by {names}"
        raise Finding(Kind.UNSIGNED, msg, files=files)
    fresh = {
        cosignature.name
        for cosignature in cosignatures
        if now - cosignature.cosigned_at <= age_limit_seconds
    }
    if age_limit_seconds and not policy.quorum_met(fresh):
        newest = max((cosignature.cosigned_at for cosignature in cosignatures), default=0)
        msg = (
            f"{shown.where}: the newest cosignature is {now - newest} seconds old, and the quorum "
            f"is to be met by cosignatures of at most {age_limit_seconds} seconds"
        )
        raise Finding(Kind.STALE, msg, files=files)


@contextmanager
def served(note: bytes, *, where: str) -> Iterator[None]:
    """Turn what is wrong with the files under a signed checkpoint into a finding."""
    try:
        yield
    except NotServed as error:
        raise Finding(Kind.MISSING, f"{where}: {error}", files={NEWER: note}) from error
    except WrongFile as error:
        files = {NEWER: note} | {f"served/{path}": content for path, content in error.files.items()}
        raise Finding(Kind.TAMPERED, f"{where}: {error}", files=files) from error
    except LogAnswerRefused as error:
        raise Finding(Kind.GARBAGE, str(error), files={NEWER: note}) from error


def open_tree(source: LogSource, shown: Shown) -> SignedTree:
    """Open the tree of a checkpoint by the tiles that `source` serves.

    Raises:
        Finding: they are not there, or do not lead to the signed root.
        LogUnreachable: they cannot be read now.
    """
    with served(shown.note, where=source.name):
        return SignedTree(
            size=shown.checkpoint.size, root=shown.checkpoint.root, read_tile=source.tile
        )


def check_continues(newer: Shown, *, tree: SignedTree, older: Shown) -> None:
    """Check that the log of the newer checkpoint, which `tree` reads, begins with the older one.

    Raises:
        Finding: the log signed two histories.
    """
    old = older.checkpoint
    assert old.size <= tree.size
    check_same_root(newer, older=older)
    with served(newer.note, where=newer.where):
        if tree.root_at(old.size) == old.root:
            return
        proof = tree.growth_proof(old.size)
    msg = (
        f"the log of {tree.size} entries at {newer.where} does not begin with the log of "
        f"{old.size} entries that was shown by {older.where}: the log signed two histories"
    )
    files = {OLDER: older.note, NEWER: newer.note, PROOF: encode_proof(proof)}
    raise Finding(Kind.FORK, msg, files=files)


def check_same_root(shown: Shown, *, older: Shown) -> None:
    """Check that two checkpoints of one size have one root: for that no tile is needed.

    Raises:
        Finding: the log signed two histories.
    """
    new, old = shown.checkpoint, older.checkpoint
    if new.size == old.size and new.root != old.root:
        msg = (
            f"{shown.where} shows another log of {new.size} entries than {older.where}: "
            "the log signed two histories"
        )
        raise Finding(Kind.FORK, msg, files={OLDER: older.note, NEWER: shown.note, PROOF: b""})


def shrunk(shown: Shown, *, known: Shown) -> Finding:
    """Say that a log is shorter than it was. That it was shown later is the observer's word."""
    msg = (
        f"{shown.where} shows {shown.checkpoint.size} entries and had shown "
        f"{known.checkpoint.size}: the log has shrunk"
    )
    return Finding(Kind.SHRUNK, msg, files={OLDER: shown.note, NEWER: known.note})


def encode_proof(proof: Sequence[bytes]) -> bytes:
    """Write hashes in base64, one on each line."""
    return b"".join(base64.b64encode(hash_) + b"\n" for hash_ in proof)
